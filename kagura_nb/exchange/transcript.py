"""Markdown transcripts, read line by line and written.

    ## You          **User:** Hello          User: Hello          ## あなた
    Hello           **Claude:** Hi           Assistant: Hi        こんにちは

The first line that names a speaker decides which of the three forms the file has; others of its
lines are text then, as are all lines in a fence of code. Our own files have a mark before every
conversation, by which forgetting finds it, and where a line of text could be mistaken, a backslash.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Literal

from kagura_nb.exchange.dialogue import Dialogue, Said, as_kept
from kagura_nb.exchange.skips import Skip
from kagura_nb.records import UNKNOWN_TIME, Conversation

USERS = "you|user|me|human|あなた|ユーザー?|私|自分"
ASSISTANTS = (
    r"assistant|ai|bot|model|chatgpt|gpt(?:-[\w.]+)?|claude|gemini|copilot|kagura|アシスタント"
)
NAME = rf"(?:(?P<user>{USERS})|(?P<assistant>{ASSISTANTS}))"
FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"#{{1,6}}\s*\**{NAME}(?:\s+said)?\s*[:：]?\**\s*[:：]?(?:\s*·.*)?()$",
        rf"(?:\*\*|__){NAME}(?:\s+said)?\s*[:：]?(?:\*\*|__)(?:\s+·.*|\s*[:：]?)\s*(.*)$",
        rf"{NAME}(?:\s+said)?\s*[:：]\s*(.*)$",
    )
)
FENCE = re.compile(r"\s{0,3}(```+|~~~+)")
MARK = "<!-- kagura {} -->"
MARKED = re.compile(r"<!-- kagura (\w+) -->$")
SESSION = "session"
"""In place of an id: here begins another dialogue."""
RULE = re.compile(r"\n\s*([-*_] ?){3,}\s*$")
"""Between messages, as many programs draw it."""
STARS = "★"


@dataclass(frozen=True, slots=True)
class _Line:
    """A line, and whose it is.

    Args:
        block: number of the message that it belongs to; 0 before the first one.
        role: who speaks; None before the first one.
        text: without the speaker's name.
        kept: the id of ours that stands before it.
    """

    block: int
    role: Literal["user", "assistant"] | None
    text: str
    kept: str = ""


def dialogues(lines: Iterable[str]) -> Iterator[Dialogue]:
    """The dialogues of a file; each is to be read to its end before the next one is asked for."""
    for _, run in groupby(_numbered(lines), itemgetter(0)):
        yield Dialogue("markdown", _said(line for _, line in run))


def has_speaker(line: str) -> bool:
    """Whether a line names one."""
    return any(form.match(line.rstrip()) for form in FORMS)


def blocks(session: str, held: Iterable[Conversation]) -> Iterator[str]:
    """Conversations of a session as Markdown, with a mark before each."""
    yield f"{MARK.format(SESSION)}\n# {' '.join(session.split())}\n\n"
    for one in held:
        stars = f" · {STARS * one.rating}" if one.rating else ""
        when = f"{one.created_at:%Y-%m-%d %H:%M} UTC" if one.dated else UNKNOWN_TIME
        yield (
            f"{MARK.format(one.id)}\n"
            f"## You · {when}\n\n{_escaped(one.prompt)}\n\n"
            f"## Assistant · {' '.join(one.model.split())}{stars}\n\n{_escaped(one.reply)}\n\n"
        )


def identifier(line: str) -> str | None:
    """What the mark on a line names: an id or `SESSION`; None where there is none."""
    match = MARKED.match(line.rstrip())
    return match and match[1]


def _numbered(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    number = 0
    for line in lines:
        number += identifier(line) == SESSION
        yield number, line


def _said(lines: Iterable[str]) -> Iterator[Said | Skip]:
    for _, run in groupby(_spoken(lines), lambda one: one.block):
        held = list(run)
        text = RULE.sub("", "\n".join(one.text for one in held)).strip()
        if held[0].role is not None:
            said = Said(held[0].role, text)
            yield as_kept(said, held[0].kept) if held[0].kept else said
        elif text and not text.startswith("# "):
            yield Skip("text before the first speaker")


def _spoken(lines: Iterable[str]) -> Iterator[_Line]:
    """Lines with their speakers."""
    block, forms, fence, kept = 0, FORMS, "", ""
    ours = False
    role: Literal["user", "assistant"] | None = None
    for line in map(str.rstrip, lines):
        if mark := MARKED.match(line):
            fence, ours, kept = "", True, mark[1]
            continue
        fence = "" if ours else _fence(line, fence)
        match = None if fence else _match(line, forms)
        if match is not None:
            block, forms = block + 1, (match.re,)
            role = "user" if match["user"] else "assistant"
            yield _Line(block, role, match[3], kept)
            kept = ""
        else:
            yield _Line(block, role, _unescaped(line) if ours else line)


def _match(line: str, forms: Iterable[re.Pattern[str]]) -> re.Match[str] | None:
    return next((match for form in forms if (match := form.match(line))), None)


def _fence(line: str, within: str) -> str:
    """The fence of code that is open behind a line; empty where none is."""
    match = FENCE.match(line)
    if match is None:
        return within
    if not within:
        return match[1]
    closes = match[1].startswith(within) and line.strip() == match[1]
    return "" if closes else within


def _escaped(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(f"\\{one}" if _is_mistaken(one.lstrip("\\")) else one for one in lines)


def _unescaped(line: str) -> str:
    return line[1:] if line.startswith("\\") and _is_mistaken(line.lstrip("\\")) else line


def _is_mistaken(line: str) -> bool:
    return has_speaker(line) or MARKED.match(line.rstrip()) is not None
