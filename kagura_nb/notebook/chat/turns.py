"""Conversations as the panel shows them: what a browser is sent, every value text but `blocks`."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from kagura_nb.notebook.rendering import html_blocks
from kagura_nb.notebook.views import excerpt, local, stars, usd
from kagura_nb.records import Conversation
from kagura_nb.screen import printable
from kagura_nb.store import ConversationCollector
from kagura_nb.store.sessions import Session

LONGEST = 20_000
"""Characters of a prompt that are shown."""
EXCERPT = 200
UNANSWERED = "No reply came."


def shown(one: Conversation) -> dict[str, Any]:
    """A conversation with its reply, HTML block by HTML block."""
    return {
        **facts(one),
        "prompt": cut(one.prompt),
        "blocks": html_blocks(one.reply),
        "original": html_blocks(one.response) if one.correction is not None else None,
    }


def facts(one: Conversation) -> dict[str, Any]:
    """What is known about a conversation, without what was said."""
    return {
        "turn": one.id,
        "time": local(one.created_at),
        "model": printable(one.model),
        "cost": price(one.cost) if one.usage else "",
        "rating": one.rating,
        "comment": printable(one.comment or ""),
        "corrected": one.correction is not None,
        "complete": one.complete,
        "error": "" if one.response else UNANSWERED,
        "basis": len(_ids(one)),
        "reasoning": cut(one.reasoning),
        "live": False,
    }


def basis(store: ConversationCollector, one: Conversation) -> list[dict[str, str]]:
    """What a reply was based on, as far as it has not been forgotten since."""
    known = store.get_many(identifier for _, identifier in _ids(one))
    return [
        {
            "why": why,
            "time": local(known[identifier].created_at),
            "stars": stars(known[identifier].rating),
            "prompt": printable(excerpt(known[identifier].prompt, EXCERPT)),
            "reply": printable(excerpt(known[identifier].reply, EXCERPT)),
        }
        for why, identifier in _ids(one)
        if identifier in known
    ]


def found(why: str, one: Conversation) -> dict[str, str]:
    """A line of the results of a search."""
    return {
        "why": why,
        "turn": one.id,
        "session": one.session,
        "time": local(one.created_at),
        "prompt": printable(excerpt(one.prompt)),
        "reply": printable(excerpt(one.reply)),
    }


def listed(one: Session) -> dict[str, str]:
    """A session in the list of them."""
    return {"name": one.name, "title": f"{printable(excerpt(one.opening, 40))} ({one.count})"}


def cut(text: str) -> str:
    """A text as it is shown, not endlessly long."""
    plain = printable(text)
    return plain if len(plain) <= LONGEST else f"{plain[:LONGEST]}…"


def price(cost: Decimal | None) -> str:
    """What a reply cost; an unknown price is no zero."""
    return "unpriced" if cost is None else usd(cost) if cost else "free"


def transcript(conversations: Sequence[Conversation], written: Callable[[str], str] = str) -> str:
    """What was said, as Markdown.

    Args:
        conversations: in their order.
        written: makes Markdown of what was said that ends where it ends.
    """
    said = []
    for one in conversations:
        marks = [one.model, stars(one.rating), "" if one.complete else "cut"]
        facts = written(" · ".join(mark for mark in marks if mark))
        said.append(f"**You** · {local(one.created_at)}\n\n{written(one.prompt)}")
        said.append(f"**Assistant** · {facts}\n\n{written(one.reply or UNANSWERED)}")
    return "\n\n".join(said)


def _ids(one: Conversation) -> list[tuple[str, str]]:
    """Why and which: what was recalled and shown, if that was recorded as a turn records it."""
    kinds: Mapping[str, Any] = one.metadata
    return [
        (why, identifier)
        for name, why in (("recalled", "recalled"), ("examples", "example"))
        if isinstance(kinds.get(name), list)
        for identifier in kinds[name]
        if isinstance(identifier, str)
    ]
