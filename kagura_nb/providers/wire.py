"""What servers that speak OpenAI's chat API really send, read without trust in its form.

    data: {…}            an event of the stream; comments and other fields are passed over
    {…}                  the whole completion, or an error, in place of a stream
    reasoning_content    and the other names under which reasoning stands beside the reply
    null                 in place of choices, of a delta, of a part of the usage

The SDK's types stand for the contract and raise what they like where a server breaks it, and its
stream passes over whatever is no event; so the lines are read here.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]
END = "[DONE]"
REASONING = ("reasoning_content", "reasoning", "thinking", "thought", "reasoning_details")
"""Where reasoning stands, the first that has any: DeepSeek and vLLM, OpenRouter and newer vLLM,
Ollama, and OpenRouter's list of parts (their documentation, read 2026-11)."""
FIELDS = ("event:", "id:", "retry:", ":")


class Refused(Exception):
    """An error of the server's inside an answer that says 200.

    Attributes:
        body: `message`, and the server's `code` where it gives one.
    """

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__(body["message"])
        self.body = body


def events(lines: Iterable[str]) -> Iterator[Json]:
    """The events of a stream; a whole completion is one event.

    Raises:
        Refused: the server tells of an error.
        ValueError: something that is neither an event nor JSON.
    """
    data: list[str] = []
    other: list[str] = []
    for line in lines:
        if line.startswith("data:"):
            data.append(line[5:].strip())
        elif line.strip():
            other += [] if line.startswith(FIELDS) else [line]
            continue
        if data and (not line.strip() or _whole(data)):
            if data == [END]:
                return
            yield _checked(json.loads("\n".join(data)))
            data = []
    rest = data or other
    if rest and rest != [END]:
        yield _checked(json.loads("\n".join(rest)))


def _whole(data: list[str]) -> bool:
    """Whether an event stands on one line; some servers leave out the empty line behind it."""
    return len(data) == 1 and (data[0] == END or data[0][-1:] == "}")


def _checked(value: Any) -> Json:
    if not isinstance(value, dict):
        raise ValueError("no event")
    error = value.get("error")
    if not error and "choices" not in value:
        error = value if value.get("object") == "error" else value.get("detail")
    if error:
        told = error if isinstance(error, dict) else {"message": error}
        said = told.get("message") or told
        raise Refused({**told, "message": said if isinstance(said, str) else json.dumps(said)})
    return value


def choices(event: Json) -> Iterator[tuple[str, str, str | None]]:
    """Of each choice of an event: the next of reply and reasoning, and the finish reason."""
    for choice in event.get("choices") or ():
        if not isinstance(choice, dict):
            continue
        said = choice.get("delta") or choice.get("message") or {}
        reply, reasoning = _content(said.get("content") or said.get("refusal") or "")
        beside = next((said[name] for name in REASONING if said.get(name)), "")
        whole = "stop" if "message" in choice and "delta" not in choice else None
        yield (
            reply,
            reasoning + _text(beside),
            choice.get("finish_reason") or whole,
        )


def _content(content: Any) -> tuple[str, str]:
    """The reply and the reasoning in a content: text, or a list of parts (Mistral, gateways)."""
    if not isinstance(content, list):
        return _text(content), ""
    thought = [one for one in content if _is_thought(one)]
    return _text([one for one in content if not _is_thought(one)]), _text(thought)


def _is_thought(part: Any) -> bool:
    kind = part.get("type") if isinstance(part, dict) else None
    return isinstance(kind, str) and ("think" in kind or "reason" in kind)


def _text(value: Any) -> str:
    """The text in a string, a part or a list of parts."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(_text, value))
    if isinstance(value, dict):
        return next(
            (
                _text(value[one])
                for one in ("text", "thinking", "summary", "content")
                if value.get(one)
            ),
            "",
        )
    return ""
