"""Reasoning that a model writes into its reply, told apart from the reply itself.

Servers that know a model send its reasoning in a field of its own. The others pass on what the
model writes, in the marks of its family:

    <think>…</think>                            DeepSeek R1, Qwen 3, QwQ and most others
    <thinking>, <thought>, <reasoning>          models that were told to, older fine-tunes
    [THINK]…[/THINK]                            Mistral's Magistral
    <|channel|>analysis<|message|>…             gpt-oss (harmony), whose reply has its own channel
    …</think>                                   chat templates that open the thinking themselves

Reasoning stands before the reply. Marks anywhere else are text: somebody writes about them. A
closing mark without an opening one tells that all before it was reasoning, although it has been
passed on as the reply (`Part.restarts`); not so in code, or amid a sentence.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

NAMES = ("think", "thinking", "thought", "reasoning")
FINAL = re.compile(r"(?:<\|end\|>)?(?:<\|start\|>assistant)?<\|channel\|>final<\|message\|>")
CLOSINGS = {
    **{f"<{name}>": re.compile(f"</{name}>", re.IGNORECASE) for name in NAMES},
    "[think]": re.compile(r"\[/think\]", re.IGNORECASE),
    "<|begin_of_thought|>": re.compile(r"<\|end_of_thought\|>"),
    "<|channel|>analysis<|message|>": FINAL,
}
"""What ends the reasoning, by what begins it in lower case."""
ANY = "|".join(NAMES)
LONE = re.compile(rf"</(?:{ANY})>(?P<after>\s*[^\s.,;:!?)\"'`。、」）])", re.IGNORECASE)
UNFINISHED = re.compile(r"[<\[][^<\[]{0,40}(?:<[^<]{0,20}){0,3}\Z")
"""The end of a piece that may become a mark with what comes next."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what a model wrote.

    Args:
        text: what it says.
        reasoning: whether it is reasoning and not the reply.
        restarts: whether all that was passed on as the reply before it was reasoning as well.
    """

    text: str
    reasoning: bool = False
    restarts: bool = False


def split(text: str) -> tuple[str, str]:
    """Return the reasoning and the reply of a whole text."""
    reasoning = reply = ""
    for part in parts([text]):
        if part.restarts:
            reasoning, reply = reasoning + reply, ""
        if part.reasoning:
            reasoning += part.text
        else:
            reply += part.text
    return reasoning.strip(), reply


def parts(pieces: Iterable[str]) -> Iterator[Part]:
    """Tell reasoning from the reply while a text arrives, in pieces cut anywhere."""
    rest, begun = iter(pieces), ""
    for piece in rest:
        begun += piece
        said = begun.lstrip()
        opening = next((mark for mark in CLOSINGS if said.lower().startswith(mark)), None)
        if opening:
            yield from _thinking(_joined(said[len(opening) :], rest), CLOSINGS[opening])
            return
        if not any(mark.startswith(said.lower()) for mark in CLOSINGS):
            break
    yield from _replying(_joined(begun, rest))


def _joined(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _thinking(pieces: Iterator[str], closing: re.Pattern[str]) -> Iterator[Part]:
    """The reasoning up to its closing mark, then the reply without the empty lines before it."""
    held = ""
    for piece in pieces:
        held += piece
        if match := closing.search(held):
            yield Part(held[: match.start()], reasoning=True)
            yield from _trimmed(_joined(held[match.end() :], pieces))
            return
        mark = UNFINISHED.search(held)
        ready = mark.start() if mark else len(held)
        yield Part(held[:ready], reasoning=True)
        held = held[ready:]
    yield Part(held, reasoning=True)


def _trimmed(pieces: Iterator[str]) -> Iterator[Part]:
    begun = False
    for piece in pieces:
        text = piece if begun else piece.lstrip()
        if text:
            begun = True
            yield Part(text)


def _replying(pieces: Iterator[str]) -> Iterator[Part]:
    """A reply without an opening mark, until a closing one tells that it was reasoning so far."""
    said: list[str] = []
    held = ""
    for piece in pieces:
        held += piece
        match = LONE.search(held)
        if match and _closes("".join(said) + held[: match.start()], match["after"]):
            yield Part(held[: match.start()], reasoning=True, restarts=True)
            yield from _trimmed(_joined(held[match.start("after") :], pieces))
            return
        mark = re.search(r"<(?:/[a-z]{0,9}>?\s*)?\Z", held, re.IGNORECASE)
        ready = mark.start() if mark else len(held)
        if ready:
            yield Part(held[:ready])
        said.append(held[:ready])
        held = held[ready:]
    if held:
        yield Part(held)


def _closes(before: str, after: str) -> bool:
    """Whether a closing mark between these is one, and not something that is written about."""
    line = before.rpartition("\n")[2]
    amid = line[-1:] in (" ", "\t") and after[0] in (" ", "\t") and bool(line.strip())
    in_code = before.count("```") % 2 == 1 or line.count("`") % 2 == 1
    opened = any(mark in before.lower() for mark in CLOSINGS)
    return not (amid or in_code or opened)
