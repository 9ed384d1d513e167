"""Rows of a prompt and its reply, as instruction datasets have them.

    Alpaca        instruction, input, output; system; history: [[prompt, reply], …]
    pairs         prompt and completion, question and answer, …; texts or lists of messages
    preferences   prompt, chosen, rejected: the rejected reply, corrected to the chosen one

Where chosen and rejected are whole dialogues, what they begin with alike is the prompt.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any

from kagura_nb.exchange.chat import SPEAKERS, began, listed, named, spoken, told
from kagura_nb.exchange.dialogue import Dialogue, Note, Said, Spoken
from kagura_nb.exchange.notes import Scales, notes, tags
from kagura_nb.exchange.parts import beside, joined
from kagura_nb.exchange.skips import EMPTY
from kagura_nb.records import Role

Json = Mapping[str, Any]
PROMPTS = (
    "instruction", "prompt", "question", "query", "user", "input", "human", "inputs", "input_text",
    "質問", "指示",
)  # fmt: skip
GIVEN = ("input", "context")
"""What an instruction is about, behind it."""
REPLIES = (
    "output", "completion", "response", "answer", "reply", "assistant", "chosen", "targets",
    "target", "output_text", "回答", "出力",
)  # fmt: skip
PREFERRED = (("chosen", "rejected"), ("preferred_output", "non_preferred_output"))
SYSTEMS = ("system", "system_prompt")
TURNS = re.compile(r"(?:\A|\n\n)(Human|Assistant): ?")
"""How a dialogue begins its messages where it is one text."""


def fits_alpaca(value: Json) -> bool:
    """Whether an entry is a row as Alpaca has it."""
    return value.get("instruction") is not None and "output" in value


def fits_pairs(value: Json) -> bool:
    """Whether an entry is a prompt with its reply."""
    prompt, reply = _key(value, PROMPTS), _key(value, REPLIES)
    return prompt is not None and reply is not None


def fits_preferences(value: Json) -> bool:
    """Whether an entry has a reply that is better than another."""
    return any(good in value and bad in value for good, bad in PREFERRED)


def alpaca(value: Json, scales: Scales) -> Dialogue:
    """A row with instruction and output."""
    return _dialogue("alpaca", value, _pair(value, scales), scales)


def pairs(value: Json, scales: Scales) -> Dialogue:
    """A row with a prompt and a reply."""
    return _dialogue("pairs", value, _pair(value, scales), scales)


def preferences(value: Json, scales: Scales) -> Dialogue:
    """A row with a chosen and a rejected reply."""
    return _dialogue("preferences", value, _preference(value, scales), scales)


def _dialogue(origin: str, value: Json, said: Iterator[Spoken], scales: Scales) -> Dialogue:
    def all_of_it() -> Iterator[Spoken]:
        yield from _before(value, scales)
        yield from said
        yield from notes(value, scales)

    labels = tags(value.get("tags"))
    return Dialogue(origin, all_of_it(), at=began(value), tags=labels, metadata=told(value))


def _before(value: Json, scales: Scales) -> Iterator[Spoken]:
    """The system's words, and earlier prompts with their replies."""
    system = _key(value, SYSTEMS)
    if system and (text := joined(value[system])[0]).strip():
        yield Said("system", text)
    history = value.get("history")
    for one in history if isinstance(history, list) else ():
        if isinstance(one, list) and len(one) == 2:
            yield from (*_said("user", one[0], scales), *_said("assistant", one[1], scales))
        elif isinstance(one, Mapping):
            yield from spoken(one, named(value.get("model")), scales)


def _pair(value: Json, scales: Scales) -> Iterator[Spoken]:
    prompt, reply = _key(value, PROMPTS), _key(value, REPLIES)
    yield from beside(value)
    yield from _prompt(value, prompt, scales) if prompt else ()
    yield from _said("assistant", value[reply], scales, named(value.get("model"))) if reply else ()


def _preference(value: Json, scales: Scales) -> Iterator[Spoken]:
    good, bad = next((good, bad) for good, bad in PREFERRED if good in value and bad in value)
    wished = list(_said("assistant", value[good], scales, named(value.get("model"))))
    given = list(_said("assistant", value[bad], scales, named(value.get("model"))))
    alike = [
        one for one, _ in takewhile(lambda two: two[0] == two[1], zip(wished, given, strict=False))
    ]
    prompt = _key(value, PROMPTS)
    if any(isinstance(one, Said) and one.role == "user" for one in alike):
        yield from alike
        wished, given = wished[len(alike) :], given[len(alike) :]
    elif prompt:
        yield from _prompt(value, prompt, scales)
    else:
        for one in listed(value) or ():
            yield from spoken(one, "", scales)
    text = "\n\n".join(one.text for one in wished if isinstance(one, Said))
    rejected = any(isinstance(one, Said) and one.text.strip() for one in given)
    yield from given if rejected else wished
    if rejected and text.strip():
        yield Note(correction=text)
    elif not rejected or not text.strip():
        yield EMPTY


def _prompt(value: Json, key: str, scales: Scales) -> Iterator[Spoken]:
    about = [joined(value.get(name))[0] for name in GIVEN if name != key]
    said = list(_said("user", value[key], scales))
    if len(said) == 1 and isinstance(said[0], Said) and said[0].role == "user":
        text = "\n\n".join(one for one in (said[0].text, *about) if one.strip())
        said = [Said("user", text)]
    yield from said


def _said(role: Role, content: object, scales: Scales, model: str = "") -> Iterator[Spoken]:
    """What stands for one or more messages: a text, a whole dialogue as a text, or messages."""
    if isinstance(content, Mapping) and isinstance(content.get("messages"), list):
        content = content["messages"]
    parts = content if isinstance(content, list) else [content]
    messages = [one for one in parts if isinstance(one, Mapping) and _is_spoken(one)]
    if messages and len(messages) == len(parts):
        for one in messages:
            yield from spoken(one, model, scales)
        return
    text, skipped = joined(content)
    yield from skipped
    turns = TURNS.split(text)
    if len(turns) < 3 or turns[0].strip():
        yield Said(role, text, model=model)
        return
    for who, words in zip(turns[1::2], turns[2::2], strict=True):
        yield from spoken({"role": who, "content": words}, model, scales)


def _is_spoken(one: Json) -> bool:
    return any(name in one for name in SPEAKERS)


def _key(value: Json, names: tuple[str, ...]) -> str | None:
    return next((name for name in names if value.get(name) is not None), None)
