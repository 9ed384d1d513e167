"""Conversations as the browser gets them: text in pieces, each with the type of what is private in
it, so that the browser marks what it shows as text.

In a list the type stands in the place of the value; a conversation that is opened shows the value.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kagura_nb.datasets.looking import private
from kagura_nb.datasets.versions import Placed
from kagura_nb.notebook.views import local
from kagura_nb.records import Conversation, short
from kagura_nb.screen import printable
from kagura_nb.store.datasets import OUT, Line
from kagura_nb.store.looked import Look

EXCERPT = 400
"""Characters of a text in a list."""
LONGEST = 100_000
"""Characters of a text that is opened; what is cut cannot be corrected in the browser."""

Piece = tuple[str, str]
"""A text and the type of what is private in it, empty where nothing is."""
WHO = {"system": "System", "user": "You", "assistant": "Assistant"}
PARTS = {"train": "to learn from", "validation": "to measure on", OUT: "left out"}


def listed(one: Conversation, look: Look | None, line: Line | None) -> dict[str, Any]:
    """A conversation in a list.

    Args:
        one: the conversation.
        look: what was found in it, None where nobody looked.
        line: what became of it in the dataset, None where it is not of it.
    """
    texts = {"prompt": _masked(one.prompt), "reply": _masked(one.reply)}
    near = {type for pieces in texts.values() for _, type in pieces if type}
    return {
        **texts,
        "id": one.id,
        "short": short(one.id),
        "time": local(one.created_at),
        "model": printable(one.model),
        "rating": one.rating,
        "comment": printable(one.comment or ""),
        "corrected": one.correction is not None,
        "tags": [printable(name) for name in one.tags],
        "excluded": None if one.excluded is None else printable(one.excluded),
        "complete": one.complete,
        "tokens": one.usage and one.usage.prompt_tokens + one.usage.completion_tokens,
        "length": len(one.prompt) + len(one.reply),
        "types": sorted({*near, *(look.types if look else ())}),
        "part": line and PARTS[line.part],
        "reason": line and line.reason,
    }


def opened(one: Conversation, placed: Placed | None) -> dict[str, Any]:
    """A whole conversation.

    Args:
        one: the conversation.
        placed: what became of it in the dataset, None where it is not of it.
    """
    texts = (*(message.content for message in one.messages), one.response, one.correction or "")
    messages = [
        {"who": printable(message.name or WHO[message.role]), "text": _marked(message.content)}
        for message in one.messages
    ]
    return {
        "id": one.id,
        "session": printable(one.session),
        "messages": messages,
        "response": _marked(one.response),
        "correction": None if one.correction is None else _marked(one.correction),
        "editable": printable(one.reply) if len(one.reply) <= LONGEST else None,
        "comment": printable(one.comment or ""),
        "cut": max(map(len, texts)) > LONGEST,
        "leaves": _leaving(placed) if placed else None,
    }


def _leaving(placed: Placed) -> Mapping[str, Any]:
    """The row of the dataset, as it would leave the machine."""
    line, row = placed.line, placed.row
    if row is None:
        return {"part": PARTS[line.part], "reason": line.reason, "texts": []}
    reply = "Reply" if row.good else "Rather not"
    said = [("Prompt", row.messages[-1].content), (reply, row.reply)]
    said += [("Rather not", row.rejected)] if row.rejected else []
    texts = [{"who": who, "text": [(printable(text[:LONGEST]), "")]} for who, text in said]
    return {"part": PARTS[line.part], "reason": None, "tokens": line.tokens, "texts": texts}


def _masked(text: str) -> Sequence[Piece]:
    """The beginning of a text in one line, types in the place of values."""
    pieces, left = list[Piece](), EXCERPT
    for said, type in _pieces(text[: 2 * EXCERPT]):
        flat = type or " ".join(f"|{printable(said)}|".split())[1:-1]
        pieces.append((flat if len(flat) <= left else f"{flat[:left]}…", type))
        left -= len(flat)
        if left < 0:
            return pieces
    return pieces if len(text) <= 2 * EXCERPT else [*pieces, ("…", "")]


def _marked(text: str) -> Sequence[Piece]:
    return [(printable(said), type) for said, type in _pieces(text[:LONGEST])]


def _pieces(text: str) -> Iterator[Piece]:
    end = 0
    for one in private().findings(text):
        if one.start > end:
            yield text[end : one.start], ""
        yield text[one.start : one.end], one.type
        end = one.end
    if end < len(text):
        yield text[end:], ""
