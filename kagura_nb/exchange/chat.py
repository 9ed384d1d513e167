"""Lists of messages: ShareGPT's `conversations` with from and value, and OpenAI's `messages` with
role and content, as datasets and trainers everywhere have them.

They carry no times, and ids that are not theirs alone: a dialogue is known by its first words. Our
own have `ids`, one for each of the last exchanges.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from kagura_nb.exchange.dialogue import Dialogue, Said, Skip, as_kept, moment
from kagura_nb.records import Role

Json = Mapping[str, Any]
ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "chatgpt": "assistant",
    "bing": "assistant",
    "bard": "assistant",
    "model": "assistant",
}
TOOLS = {"tool", "function", "function_call", "function_response", "observation", "ipython"}
TOOL = Skip("tools: calls and what they returned")
SHAREGPT = ("conversations", "conversation")
"""Both are found."""


def fits_sharegpt(value: Json) -> bool:
    """Whether an entry is a dialogue as ShareGPT has it."""
    return any(_is_list_with(value.get(name), "from") for name in SHAREGPT)


def fits_messages(value: Json) -> bool:
    """Whether an entry is a dialogue as OpenAI has it."""
    return _is_list_with(value.get("messages"), "role")


def sharegpt(value: Json) -> Dialogue:
    """An entry with `conversations`."""
    said = value[next(name for name in SHAREGPT if name in value)]
    return Dialogue("sharegpt", _said(said, "from", "value", value))


def messages(value: Json) -> Dialogue:
    """An entry with `messages`."""
    return Dialogue("messages", _said(value["messages"], "role", "content", value))


def _is_list_with(value: object, key: str) -> bool:
    return isinstance(value, list) and all(isinstance(one, Mapping) and key in one for one in value)


def _said(said: list[Json], who: str, what: str, value: Json) -> Iterator[Said | Skip]:
    model = str(value.get("model") or "")
    if isinstance(first := value.get("system"), str) and first.strip():
        yield Said("system", first)
    ids = _ids(value.get("ids"), len(said))
    for number, one in enumerate(said):
        role, content = str(one[who]), one.get(what)
        if role in TOOLS or (content is None and one.get("tool_calls")):
            yield TOOL
        elif role not in ROLES:
            yield Skip(f"somebody else's: {role[:40]}")
        else:
            parts = content if isinstance(content, list) else [content]
            yield from (Skip("images") for part in parts if _is_picture(part))
            text = "\n".join(filter(None, map(_text, parts)))
            at = moment(one.get("timestamp") or one.get("created_at"))
            found = Said(ROLES[role], text, at=at, name=one.get("name"), model=model)
            yield as_kept(found, ids[number]) if number in ids else found


def _ids(ids: object, count: int) -> dict[int, object]:
    """The ids of our own conversations, by the numbers of the messages that they begin with."""
    listed = ids if isinstance(ids, list) and 2 * len(ids) <= count else []
    return {count - 2 * at: one for at, one in enumerate(reversed(listed), 1)}


def _text(part: object) -> str:
    found = part.get("text") if isinstance(part, Mapping) else part
    return found if isinstance(found, str) else ""


def _is_picture(part: object) -> bool:
    return isinstance(part, Mapping) and "text" not in part
