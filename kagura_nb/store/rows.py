"""Between records and rows."""

import json
import os
import re
import time
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ulid import ULID

from kagura_nb.errors import InvalidRating, StoreError
from kagura_nb.records import Conversation, Message, Usage

USAGE = (
    "prompt_tokens", "completion_tokens", "cached_tokens", "written_tokens", "usage_estimated",
)  # fmt: skip
COLUMNS = (
    "id", "session", "created_at", "messages", "response", "model", "complete", "cost", "rating",
    "comment", "correction", "excluded", "metadata", "reasoning", *USAGE,
)  # fmt: skip
"""Of a row, all that a record is made of."""
ROLES = ("system", "user", "assistant")
ENCODE = json.JSONEncoder(allow_nan=False).encode
REWRITTEN = "rewritten"
"""In the metadata: when the texts were replaced for good."""
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def new_id(when: datetime) -> str:
    """A new id (ULID). The order of ids is that of times; of equal times, that of being stored.

    Args:
        when: the conversation's time, aware; times before 1970 count as its beginning.
    """
    milliseconds = max(int(when.timestamp() * 1000), 0)
    stored = time.time_ns() // 1000
    return str(ULID.from_bytes(milliseconds.to_bytes(6) + stored.to_bytes(7) + os.urandom(3)))


def following(identifier: str, latest: str | None, now: datetime) -> str:
    """An id that keeps the order of writing also where the clock has gone back.

    Args:
        identifier: as `new_id` made it now.
        latest: the latest id there is.
        now: the time by the clock.
    """
    if latest is None or identifier > latest:
        return identifier
    before = ULID.from_str(latest)
    if before.milliseconds <= now.timestamp() * 1000:
        return identifier  # of a conversation that began earlier and ended later
    after = int.from_bytes(before.bytes[:13]) + 1
    return str(ULID.from_bytes(after.to_bytes(13) + os.urandom(3)))


def to_messages(messages: str | Iterable[Message | Mapping[str, str]]) -> tuple[Message, ...]:
    """Accept what callers have: a prompt, `Message`s, or dictionaries with role and content.

    Raises:
        StoreError: nothing said, an unknown role, or a last message that is not the user's.
    """
    if isinstance(messages, str):
        messages = [Message("user", messages)]
    parsed = tuple(_to_message(message) for message in messages)
    if not parsed or parsed[-1].role != "user":
        raise StoreError(
            "A conversation's last message must be the user's",
            "Pass the prompt last, and the reply as `response`",
        )
    return parsed


def _to_message(message: Message | Mapping[str, str]) -> Message:
    if isinstance(message, Mapping):
        try:
            message = Message(
                message["role"],  # type: ignore[arg-type]
                message["content"],
                message.get("name"),
            )
        except KeyError as error:
            raise StoreError(f"A message lacks {error}", "Give role and content") from None
    if message.role not in ROLES or not isinstance(message.content, str):
        raise StoreError(
            f"A message has role {message.role!r} and content {type(message.content).__name__}",
            f"Use one of {', '.join(ROLES)}, and text",
        )
    return message


def folded(*texts: str | None) -> str:
    """Texts as one in which every case and width of a letter is the same, for looking up words."""
    said = storable("\n".join(one for one in texts if one))
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", said).casefold())


def fold(one: Conversation) -> str:
    """All that was said in a conversation, `folded`."""
    said = (message.content for message in one.messages)
    return folded(*said, one.response, one.correction, one.comment)


def to_metadata(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    """Accept what JSON can hold.

    Raises:
        StoreError: anything else.
    """
    try:
        ENCODE(kept := dict(metadata or {}))
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreError(
            f"The metadata cannot be kept ({error})", "Use text, numbers, lists and dictionaries"
        ) from None
    return kept


def storable(text: str) -> str:
    """Replace NUL and lone surrogates, which some databases and vendors cannot hold."""
    sound = "\0" not in text and _encodable(text)  # ten times as fast as looking for both
    return text if sound else UNSTORABLE.sub("\ufffd", text)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def from_messages(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Messages as JSON."""
    return [
        {"role": one.role, "content": storable(one.content)}
        | ({"name": storable(one.name)} if one.name else {})
        for one in messages
    ]


def to_rating(rating: object) -> int | None:
    """Accept whole stars from 1 to 5, as a number or as text, full-width too; None clears.

    Raises:
        InvalidRating: anything else.
    """
    if rating is None:
        return None
    text = unicodedata.normalize("NFKC", str(rating)).strip()
    if not isinstance(rating, bool) and text in {"1", "2", "3", "4", "5"}:
        return int(text)
    raise InvalidRating(f"{rating!r} is not a rating", "Give 1 to 5 stars")


def to_conversation(row: Sequence[Any], tags: Sequence[str]) -> Conversation:
    """The values of `COLUMNS`, and tags, as a record."""
    (
        identifier, session, created_at, messages, response, model, complete, cost, rating,
        comment, correction, excluded, metadata, reasoning, *usage,
    ) = row  # fmt: skip
    return Conversation(
        id=identifier,
        session=session,
        created_at=datetime.fromisoformat(created_at),
        messages=tuple([Message(**message) for message in messages]),
        response=response,
        model=model,
        complete=complete,
        usage=None if usage[0] is None else Usage(*usage),
        cost=None if cost is None else Decimal(cost),
        rating=rating,
        comment=comment,
        correction=correction,
        tags=tuple(sorted(tags)),
        excluded=excluded,
        metadata=metadata,
        reasoning=reasoning,
    )


def from_conversation(one: Conversation) -> dict[str, Any]:
    """A record as columns; its tags are rows of their own."""
    return {
        "id": one.id,
        "session": one.session,
        "created_at": to_text(one.created_at),
        "messages": from_messages(one.messages),
        "prompt": storable(one.prompt),
        "response": one.response,
        "model": one.model,
        "complete": one.complete,
        "cost": None if one.cost is None else str(one.cost),
        "rating": one.rating,
        "comment": one.comment,
        "correction": one.correction,
        "excluded": one.excluded,
        "metadata": one.metadata,
        "reasoning": one.reasoning,
        "length": _length(one),
        **_from_usage(one.usage),
    }


def checked(one: Conversation) -> Conversation:
    """A conversation from elsewhere without anything that databases cannot hold.

    Raises:
        StoreError: messages, a rating or metadata that are none.
        TypeError: anything else of a wrong type.
    """
    held = one.rewritten(storable)
    return replace(
        held,
        messages=to_messages(held.messages),
        session=storable(one.session),
        model=storable(one.model),
        rating=to_rating(one.rating),
        tags=tuple(sorted({storable(name) for name in one.tags})),
        excluded=one.excluded and storable(one.excluded),
        metadata=to_metadata(one.metadata),
    )


def rewritten(one: Conversation, change: Callable[[str], str]) -> dict[str, Any]:
    """The columns with text after every text was changed."""
    new = one.rewritten(lambda text: storable(change(text)))
    return {
        "messages": from_messages(new.messages),
        "prompt": new.prompt,
        "response": new.response,
        "correction": new.correction,
        "comment": new.comment,
        "reasoning": new.reasoning,
        "length": _length(new),
        "metadata": {**new.metadata, REWRITTEN: to_text(datetime.now(UTC))},
    }


def to_text(moment: datetime) -> str:
    """A time as it is stored: ISO 8601 in UTC, so that the order of texts is that of times."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _length(one: Conversation) -> int:
    return len(one.prompt) + len(one.reply)


def _from_usage(usage: Usage | None) -> dict[str, Any]:
    """Usage as columns."""
    return {
        "prompt_tokens": usage and usage.prompt_tokens,
        "completion_tokens": usage and usage.completion_tokens,
        "cached_tokens": usage and usage.cached_tokens,
        "written_tokens": usage and usage.written_tokens,
        "usage_estimated": usage and usage.estimated,
    }
