"""A dialogue as other programs keep it, and how it becomes conversations of one session.

    Said Said Skip Said …   ──►   (prompts, replies)   ──►   Conversation, Conversation, Skip …

As in a session that was held here, each conversation keeps its own prompt and reply: what was said
before is in the session, so nothing is kept twice.

The id of a conversation is made of its time and of what names it in its origin, so the same
exchange always gets the same id. What has no time stands in 1970, before everything else (see
`DATED_FROM`), in the order in which it was imported: `Undated` gives it its place. What carries the
id of a store like this one keeps it, and its time with it.
"""

import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ulid import ULID

from kagura_nb.exchange.skips import (
    EMPTY,
    NO_PROMPT,
    NO_REPLY,
    NOBODY,
    NOTHING_RATED,
    REASONING,
    Skip,
)
from kagura_nb.reasoning import split
from kagura_nb.records import DATED_FROM, Conversation, Message, Role
from kagura_nb.store.rows import storable

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STEP = timedelta(milliseconds=1)
"""Between exchanges whose times do not tell them apart: ids know no less."""
TIME_LENGTH, TIME_BYTES = 10, 6
"""Of an id, the characters and bytes that are its time."""
AHEAD = timedelta(days=1)
"""How far a clock elsewhere may be ahead; what is later has no time that can be trusted."""
IN_MILLISECONDS = 1e11
"""Seconds from which on a number can only be milliseconds: they would be the year 5138."""
IN_MICROSECONDS = 1e14
"""The same of milliseconds."""
SECONDS = re.compile(r"\d{9,16}(?:\.\d{1,9})?")
"""A number in quotation marks; shorter ones are dates."""
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a dialogue.

    Args:
        role: who speaks.
        text: what is said.
        id: names it in its origin; empty where nothing does.
        at: when, aware; None where unknown.
        name: the speaker's own name.
        model: that spoke, empty where unknown.
        kept: the id that its conversation had in a store; `at` is the time in it.
        complete: False where it was cut short.
    """

    role: Role
    text: str
    id: str = ""
    at: datetime | None = None
    name: str | None = None
    model: str = ""
    kept: str = ""
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody thought of the reply before it, or of all that came before.

    Args:
        rating: 1 to 5 stars.
        comment: the words that came with it.
        correction: the reply as it should have been.
        tags: labels.
        excluded: why it never trains.
    """

    rating: int | None = None
    comment: str | None = None
    correction: str | None = None
    tags: tuple[str, ...] = ()
    excluded: str | None = None


Spoken = Said | Note | Skip
"""A message, or what belongs to the one before it."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A run of messages.

    Args:
        origin: what it comes from, a name of `reading.READERS`.
        said: its messages, what was thought of them and what is left out, in order; read once.
        id: names it in its origin; empty where nothing does.
        at: when it began, for messages without a time.
        tags: labels of all of it.
        metadata: what else is known of it.
    """

    origin: str
    said: Iterable[Spoken]
    id: str = ""
    at: datetime | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Exchange:
    """What was asked, and what was answered to it."""

    asked: list[Said] = field(default_factory=list)
    answered: list[Said] = field(default_factory=list)
    note: Note = field(default_factory=Note)

    @property
    def texts(self) -> tuple[str, str]:
        return _joined(self.asked), _joined(self.answered)

    @property
    def at(self) -> datetime | None:
        return next((one.at for one in (*self.asked, *self.answered) if one.at), None)

    @property
    def kept(self) -> str:
        return self.asked[0].kept


def conversations(dialogue: Dialogue) -> Iterator[Conversation | Skip]:
    """The exchanges of a dialogue as conversations of one session, and what was left out."""
    systems: list[Message] = []
    name, key, last, told = dialogue.id, b"", None, False
    for one in _exchanges(dialogue.said, systems):
        told = True
        if isinstance(one, Skip):
            yield one
            continue
        key = _digest(key, *(system.content for system in systems), *one.texts)
        name = name or key.hex()
        at = one.at or (None if last else dialogue.at)
        last = at if at and one.kept else _after(last, at)
        yield _conversation(dialogue, name, systems, one, last, one.answered[-1].id or key.hex())
    if not told:
        yield NOBODY


class Undated:
    """Gives conversations without a time their place: behind those that are there, in the order in
    which they come. One that is there keeps its place.

    Args:
        known: the ids of the store's conversations without a time.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._ids = {one[TIME_LENGTH:]: one for one in known}
        latest = max((ULID.from_str(one).milliseconds for one in self._ids.values()), default=-1)
        self._next = latest + 1

    def place(self, one: Conversation) -> Conversation:
        """The conversation with its place for a time; as it was if it has a time."""
        if one.dated:
            return one
        name = one.id[TIME_LENGTH:]
        if name not in self._ids:
            at = EPOCH + STEP * self._next
            self._ids[name] = _identifier(at, ULID.from_str(one.id).bytes[TIME_BYTES:])
            self._next += 1
        placed = ULID.from_str(self._ids[name])
        return replace(one, id=str(placed), created_at=EPOCH + STEP * placed.milliseconds)


def moment(value: object) -> datetime | None:
    """A time as files have it: seconds, or thousandths or millionths of them, since 1970, or
    ISO 8601; UTC if they do not say. None where there is none, and where it lies in the future.
    """
    try:
        found = _parsed(value)
    except (ValueError, OverflowError, OSError):
        return None
    trusted = found is not None and DATED_FROM <= found <= datetime.now(UTC) + AHEAD
    return found if trusted else None


def as_kept(said: Said, identifier: object) -> Said:
    """A prompt with the id that its conversation had in a store; as it was if that is none."""
    try:
        one = ULID.from_str(str(identifier))
        at = EPOCH + timedelta(milliseconds=one.milliseconds)
    except (ValueError, OverflowError):
        return said
    return replace(said, kept=str(one), at=at) if at <= datetime.now(UTC) + AHEAD else said


def _parsed(value: object) -> datetime | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and SECONDS.fullmatch(value):
        value = float(value)
    if isinstance(value, int | float) and value and math.isfinite(value):
        unit = 1e6 if value > IN_MICROSECONDS else 1e3 if value > IN_MILLISECONDS else 1
        return datetime.fromtimestamp(value / unit, UTC)
    if isinstance(value, str) and value:
        found = datetime.fromisoformat(value.removesuffix(" UTC"))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    return None


def _exchanges(said: Iterable[Spoken], systems: list[Message]) -> Iterator[_Exchange | Skip]:
    """Prompts with the replies to them; the system's words are added to `systems` as they come."""
    now = _Exchange()
    for one in _without_reasoning(said):
        if isinstance(one, Skip):
            yield one
        elif isinstance(one, Note):
            if now.answered:
                now.note = _both(now.note, one)
            else:
                yield NOTHING_RATED
        elif not one.text.strip():
            yield EMPTY
        elif one.role == "system":
            systems.append(Message("system", one.text))
        elif one.role == "assistant":
            now.answered.append(one)
        else:
            if now.answered:
                yield from _whole(now)
                now = _Exchange()
            now.asked.append(one)
    yield from _whole(now)


def _without_reasoning(said: Iterable[Spoken]) -> Iterator[Spoken]:
    """Replies and corrections without what was thought before them, which is counted."""
    for one in said:
        text = ""
        if isinstance(one, Note):
            text = one.correction or ""
        elif isinstance(one, Said) and one.role == "assistant":
            text = one.text
        thought, reply = split(text)
        if thought:
            yield REASONING
        if reply == text:
            yield one
        elif isinstance(one, Note):
            yield replace(one, correction=reply)
        elif isinstance(one, Said):
            yield replace(one, text=reply)


def _both(first: Note, second: Note) -> Note:
    """What was thought of a reply, the later word of each kind."""
    return Note(
        second.rating or first.rating,
        second.comment or first.comment,
        second.correction or first.correction,
        tuple(dict.fromkeys((*first.tags, *second.tags))),
        second.excluded or first.excluded,
    )


def _whole(one: _Exchange) -> Iterator[_Exchange | Skip]:
    if one.asked and one.answered:
        yield one
    elif one.asked:
        yield NO_REPLY
    elif one.answered:
        yield NO_PROMPT


def _after(last: datetime | None, at: datetime | None) -> datetime:
    """When an exchange was, later than the one before it."""
    if last is None:
        return at or EPOCH
    return at if at is not None and at - last >= STEP else last + STEP


def _conversation(
    dialogue: Dialogue,
    name: str,
    systems: list[Message],
    one: _Exchange,
    at: datetime,
    key: str,
) -> Conversation:
    origin, (prompt, reply) = dialogue.origin, one.texts
    named = {"dialogue": storable(dialogue.id)} if dialogue.id else {}
    return Conversation(
        id=one.kept or _identifier(at, _digest(b"", origin, name, key)),
        session=f"{origin}-{_digest(b'', origin, name).hex()[:10]}",
        created_at=at,
        messages=(*systems, Message("user", prompt, one.asked[-1].name)),
        response=reply,
        model=f"{origin}:{one.answered[-1].model or UNKNOWN}",
        complete=all(said.complete for said in one.answered),
        rating=one.note.rating,
        comment=one.note.comment,
        correction=one.note.correction,
        tags=(*dialogue.tags, *one.note.tags),
        excluded=one.note.excluded,
        metadata={"imported": origin, **named, **dialogue.metadata},
    )


def _identifier(at: datetime, digest: bytes) -> str:
    milliseconds = (at - EPOCH) // timedelta(milliseconds=1)
    return str(ULID.from_bytes(milliseconds.to_bytes(6) + digest[:10]))


def _digest(before: bytes, *texts: str) -> bytes:
    """16 bytes that stand for texts in their order, and for what came before them."""
    digest = hashlib.blake2b(before, digest_size=16)
    for text in texts:
        raw = text.encode("utf-8", "replace")
        digest.update(len(raw).to_bytes(8) + raw)
    return digest.digest()


def _joined(said: Iterable[Said]) -> str:
    return "\n\n".join(one.text.strip("\n") for one in said)
