"""Our own form: a line of JSON with everything that is known of a conversation."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ulid import ULID

from kagura_nb.exchange.skips import Skip
from kagura_nb.records import Conversation, Usage
from kagura_nb.store.rows import from_messages, to_messages, to_text

Json = Mapping[str, Any]
VERSION = 1
MOST_TOKENS = 2**31 - 1
"""That every database counts."""
LATER = Skip("written by a later version of kagura-nb")


def fits(value: Json) -> bool:
    """Whether an entry is a conversation of ours."""
    return "kagura" in value and "messages" in value


def line(one: Conversation) -> str:
    """A conversation as a line."""
    kept = {
        "kagura": VERSION,
        "id": one.id,
        "session": one.session,
        "created_at": to_text(one.created_at),
        "messages": from_messages(one.messages),
        "response": one.response,
        "model": one.model,
        "complete": one.complete,
        "usage": one.usage and asdict(one.usage),
        "cost": None if one.cost is None else str(one.cost),
        "rating": one.rating,
        "comment": one.comment,
        "correction": one.correction,
        "tags": one.tags,
        "excluded": one.excluded,
        "metadata": dict(one.metadata),
        "reasoning": one.reasoning,
    }
    return json.dumps(kept, ensure_ascii=False) + "\n"


def conversations(value: Json) -> Iterator[Conversation | Skip]:
    """The conversation of a line; a wrong one raises LookupError, TypeError, ValueError or
    ArithmeticError.
    """
    if value["kagura"] != VERSION:
        yield LATER
        return
    at = datetime.fromisoformat(value["created_at"]).astimezone(UTC)
    yield Conversation(
        id=str(ULID.from_str(value["id"])),
        session=_a(str, value["session"]),
        created_at=at,
        messages=to_messages(value["messages"]),
        response=_a(str, value["response"]),
        model=_a(str, value["model"]),
        complete=_a(bool, value["complete"]),
        usage=_usage(value["usage"]),
        cost=_cost(value["cost"]),
        rating=value["rating"],
        comment=_a(str | None, value["comment"]),
        correction=_a(str | None, value["correction"]),
        tags=tuple(_a(str, one) for one in _a(list, value["tags"])),
        excluded=_a(str | None, value["excluded"]),
        metadata=_a(dict, value["metadata"]),
        reasoning=_a(str, value.get("reasoning", "")),
    )


def _a(kind: Any, value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError
    return value


def _usage(value: Json | None) -> Usage | None:
    if value is None:
        return None
    usage = Usage(**value)
    counts = (usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens)
    if not all(0 <= _a(int, one) <= MOST_TOKENS for one in (*counts, usage.written_tokens)):
        raise ValueError
    _a(bool, usage.estimated)
    return usage


def _cost(value: str | None) -> Decimal | None:
    cost = None if value is None else Decimal(_a(str, value))
    if cost is not None and not cost.is_finite():
        raise ValueError
    return cost
