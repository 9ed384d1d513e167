"""The rows of a training file as each trainer wants them, written and read back.

A reader takes what its writer makes, and what people have in such files: unknown keys are left
alone. Sources: OpenAI, "Supervised fine-tuning" and "Direct preference optimization"; Google,
"Tune Gemini models: supervised" and "preference" on Vertex AI; all as of 2026-11.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

from kagura_nb.errors import DatasetError
from kagura_nb.records import Message, Row

Json = dict[str, Any]
GEMINI_ROLES = {"user": "user", "assistant": "model", "model": "assistant"}


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of training file with one JSON object a line.

    Args:
        write: makes the object of a row.
        read: makes the row of an object; a wrong one raises LookupError, TypeError or ValueError.
    """

    write: Callable[[Row], Json]
    read: Callable[[Json], Row]

    def line(self, row: Row) -> bytes:
        """The line of a row."""
        return orjson.dumps(self.write(row), option=orjson.OPT_APPEND_NEWLINE)


def write(rows: Iterable[Row], format: str, path: Path) -> int:
    """Write rows to a file and return how many there were.

    Raises:
        DatasetError: an unknown format.
    """
    count = 0
    line = format_of(format).line
    with path.open("wb") as file:
        for row in rows:
            count += 1
            file.write(line(row))
    return count


def read(format: str, path: Path) -> Iterator[Row]:
    """The rows of a file.

    Raises:
        DatasetError: an unknown format, or a line that is not of it, and which.
    """
    made = format_of(format).read
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    yield made(json.loads(line))
                except (LookupError, TypeError, ValueError, AttributeError):
                    raise DatasetError(
                        f"Line {number} of {path.name} is no row of the format {format!r}",
                        f"Correct it, or name its format: {', '.join(FORMATS)}",
                    ) from None


def pick(format: str, path: Path, numbers: Collection[int]) -> dict[int, Row]:
    """The rows of some lines of a file that this program wrote, by number from 0."""
    made = format_of(format).read
    with path.open("rb") as file:
        lines = islice(enumerate(file), max(numbers, default=-1) + 1)
        return {number: made(json.loads(line)) for number, line in lines if number in numbers}


def format_of(name: str) -> Format:
    """The format of a name.

    Raises:
        DatasetError: there is none.
    """
    if name not in FORMATS:
        raise DatasetError(f"There is no format {name!r}", f"Use one of {', '.join(FORMATS)}")
    return FORMATS[name]


def _chat(messages: Iterable[Message]) -> list[Json]:
    return [{"role": one.role, "content": one.content} for one in messages]


def _said(messages: Sequence[Mapping[str, str]]) -> tuple[Message, ...]:
    return tuple(Message(one["role"], _text(one["content"])) for one in messages)  # type: ignore[arg-type]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _write_messages(row: Row) -> Json:
    return {"messages": _chat([*row.messages, Message("assistant", row.reply)])}


def _write_openai(row: Row) -> Json:
    """Earlier replies are no examples: left alone, OpenAI would train on them too."""
    before = [
        {**one, "weight": 0} if one["role"] == "assistant" else one for one in _chat(row.messages)
    ]
    return {"messages": [*before, *_chat([Message("assistant", row.reply)])]}


def _read_messages(value: Json) -> Row:
    *before, last = _said(value["messages"])
    if last.role != "assistant" or not before:
        raise ValueError
    return Row(tuple(before), last.content)


def _write_openai_dpo(row: Row) -> Json:
    return {
        "input": {"messages": _chat(row.messages), "tools": [], "parallel_tool_calls": True},
        "preferred_output": _chat([Message("assistant", row.reply)]),
        "non_preferred_output": _chat([Message("assistant", row.rejected or "")]),
    }


def _read_openai_dpo(value: Json) -> Row:
    (better,) = _said(value["preferred_output"])
    (worse,) = _said(value["non_preferred_output"])
    return Row(_said(value["input"]["messages"]), better.content, worse.content)


def _write_preference(row: Row) -> Json:
    return {"messages": _chat(row.messages), "chosen": row.reply, "rejected": row.rejected or ""}


def _read_preference(value: Json) -> Row:
    return Row(_said(value["messages"]), _text(value["chosen"]), _text(value["rejected"]))


def _write_kto(row: Row) -> Json:
    return {"messages": _chat(row.messages), "completion": row.reply, "label": row.good}


def _read_kto(value: Json) -> Row:
    return Row(_said(value["messages"]), _text(value["completion"]), good=value["label"] is True)


def _content(role: str, text: str) -> Json:
    return {"role": role, "parts": [{"text": text}]}


def _contents(messages: Iterable[Message]) -> Json:
    """Gemini's form: the system text apart, and roles that take turns."""
    said = list(messages)
    system = "\n\n".join(one.content for one in said if one.role == "system")
    turns = groupby((one for one in said if one.role != "system"), key=lambda one: one.role)
    contents = [
        _content(GEMINI_ROLES[role], "\n\n".join(one.content for one in run)) for role, run in turns
    ]
    head = {"systemInstruction": _content("system", system)} if system else {}
    return {**head, "contents": contents}


def _from_contents(value: Json) -> tuple[Message, ...]:
    system = value.get("systemInstruction")
    first = (Message("system", _part(system)),) if system else ()
    roles = (GEMINI_ROLES[one["role"]] for one in value["contents"])
    texts = map(_part, value["contents"])
    return (*first, *(Message(*one) for one in zip(roles, texts, strict=True)))  # type: ignore[arg-type]


def _part(content: Json) -> str:
    return "".join(_text(one["text"]) for one in content["parts"])


def _write_vertex(row: Row) -> Json:
    return _contents([*row.messages, Message("assistant", row.reply)])


def _read_vertex(value: Json) -> Row:
    *before, last = _from_contents(value)
    if last.role != "assistant" or not before:
        raise ValueError
    return Row(tuple(before), last.content)


def _write_vertex_preference(row: Row) -> Json:
    replies = ((1, row.reply), (0, row.rejected or ""))
    scored = [{"score": score, "completion": _content("model", text)} for score, text in replies]
    return {**_contents(_without_system(row.messages)), "completions": scored}


def _without_system(messages: Sequence[Message]) -> list[Message]:
    """The system's words as the beginning of the first other message: Google's description of a
    preference row (`GeminiPreferenceExample`, 2026-11) has no place of their own for them.
    """
    first, *rest = (one for one in messages if one.role != "system")
    words = [one.content for one in messages if one.role == "system"]
    return [replace(first, content="\n\n".join([*words, first.content])), *rest]


def _read_vertex_preference(value: Json) -> Row:
    scored = {one["score"]: _part(one["completion"]) for one in value["completions"]}
    return Row(_from_contents(value), scored[1], scored[0])


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "messages": Format(_write_messages, _read_messages),
        "preference": Format(_write_preference, _read_preference),
        "kto": Format(_write_kto, _read_kto),
        "openai": Format(_write_openai, _read_messages),
        "openai-dpo": Format(_write_openai_dpo, _read_openai_dpo),
        "vertex": Format(_write_vertex, _read_vertex),
        "vertex-preference": Format(_write_vertex_preference, _read_vertex_preference),
    }
)
"""Every kind of training file, once."""
FITTING: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sft": ("messages", "openai", "vertex"),
        "dpo": ("preference", "openai-dpo", "vertex-preference"),
        "kto": ("kto",),
    }
)
"""The formats that say all that a method's rows say."""
METHOD_FORMATS: Mapping[str, str] = MappingProxyType(
    {method: names[0] for method, names in FITTING.items()}
)
"""The format in which a dataset keeps its own rows."""
