"""What owners add to many conversations at once: stars, comments, corrections, tags, exclusions.

    annotate(database, [Annotation(one, rating=5), Annotation(two, tags=("home",))])
        ──> [Annotation(one, rating=None), ...]        what it was, of what has changed

All of it is one transaction, on disk when it returns, or nothing is written. What a change does not
name stays. Saying the same again changes nothing and returns nothing. What is returned takes the
change back when it is said in turn, as long as none of the conversations was forgotten. `take_back`
does that where others change them too: it leaves alone what is not as the change had made it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from kagura_nb.errors import StoreError, UnknownConversation
from kagura_nb.records import KEEP, Annotation, short
from kagura_nb.store import changes
from kagura_nb.store.changes import SPOKEN
from kagura_nb.store.database import Database
from kagura_nb.store.rows import REWRITTEN, storable, to_rating, to_text
from kagura_nb.store.schema import conversations, tags

FIELDS = ("rating", "comment", "correction", "tags", "excluded")
BATCH = 500
"""Conversations that are read and written together."""
NAMED = 3
"""Unknown ids that a message names."""


def annotate(database: Database, given: Iterable[Annotation]) -> list[Annotation]:
    """Change what owners have added to conversations.

    Args:
        database: has them.
        given: what becomes of each; of two for the same conversation the later one counts, field by
            field. Empty texts mean that there is none.

    Returns:
        What the fields were that are different now, an annotation for each changed conversation.

    Raises:
        InvalidRating: a rating that is not a whole number of stars from 1 to 5.
        UnknownConversation: an id that no conversation has; nothing was written.
        StoreError: a text or tag that is none; nothing was written.
    """
    wanted = iter(merged(given).values())
    before: list[Annotation] = []
    with database.write(durable=True) as connection:
        while batch := list(islice(wanted, BATCH)):
            before += _annotate(connection, batch)
    return before


def merged(given: Iterable[Annotation]) -> dict[str, Annotation]:
    """One annotation for each conversation, fit to be stored; see `annotate`."""
    found: dict[str, Annotation] = {}
    for one in given:
        fit = {name: _fit(name, value) for name, value in _named(one).items()}
        found[one.id] = replace(found.get(one.id, Annotation(one.id)), **fit)
    return found


def take_back(
    database: Database, done: Iterable[tuple[Annotation, Annotation]], since: datetime
) -> tuple[list[str], int]:
    """Undo changes, field by field, where nothing else was said meanwhile.

    Args:
        database: has the conversations; those that are gone stay so.
        done: what was there, and what was said instead, of each conversation once.
        since: when that was said; no text comes back that was redacted from then on.

    Returns:
        The ids of those that are different now, and how many were left as they are.
    """
    waiting = iter(done)
    changed, left = list[str](), 0
    with database.write(durable=True) as connection:
        while batch := list(islice(waiting, BATCH)):
            ids = [was.id for was, _ in batch]
            now, masked = annotations(connection, ids), _rewritten(connection, ids, since)
            there = [pair for pair in batch if pair[0].id in now]
            still = [_still(*pair, now[pair[0].id], pair[0].id in masked) for pair in there]
            back = [one for one in still if one is not None]
            changed += [one.id for one in _annotate(connection, back)]
            left += sum(one != was for one, (was, _) in zip(still, there, strict=True))
    return changed, left


def annotations(connection: Connection, ids: Sequence[str]) -> dict[str, Annotation]:
    """All that was added to so many conversations as a statement takes; unknown ones are left out.

    It reads none of what was said, so it is quick where conversations are long.
    """
    of = conversations.c
    query = select(of.id, of.rating, of.comment, of.correction, of.excluded).where(of.id.in_(ids))
    rows = connection.execute(query).mappings().all()
    labels: dict[str, list[str]] = {row["id"]: [] for row in rows}
    for one, name in connection.execute(select(tags).where(tags.c.conversation_id.in_(labels))):
        labels[one].append(name)
    return {row["id"]: Annotation(**row, tags=tuple(sorted(labels[row["id"]]))) for row in rows}


def _annotate(connection: Connection, batch: Sequence[Annotation]) -> Iterator[Annotation]:
    now = annotations(connection, [one.id for one in batch])
    if unknown := [one.id for one in batch if one.id not in now]:
        raise _unknown(unknown)
    changed = {one.id: fields for one in batch if (fields := _changed(now[one.id], one))}
    columns = {one: {**fields} for one, fields in changed.items()}
    labels = {one: fields.pop("tags") for one, fields in columns.items() if "tags" in fields}
    changes.alter(connection, {one: fields for one, fields in columns.items() if fields})
    _tag(connection, labels)
    for one, fields in changed.items():
        yield Annotation(one, **{name: getattr(now[one], name) for name in fields})


def _changed(now: Annotation, wanted: Annotation) -> dict[str, Any]:
    """The fields that are to be different."""
    return {name: value for name, value in _named(wanted).items() if value != getattr(now, name)}


def _tag(connection: Connection, labels: dict[str, tuple[str, ...]]) -> None:
    connection.execute(delete(tags).where(tags.c.conversation_id.in_(labels)))
    rows = [
        {"conversation_id": one, "tag": name} for one, names in labels.items() for name in names
    ]
    if rows:
        connection.execute(insert(tags), rows)


def _still(
    was: Annotation, became: Annotation, now: Annotation, rewritten: bool
) -> Annotation | None:
    """What of a change can be taken back; None where none of it can."""
    fields = {
        name: value
        for name, value in _named(was).items()
        if getattr(now, name) == getattr(became, name) and not (rewritten and name in SPOKEN)
    }
    return Annotation(was.id, **fields) if fields else None


def _named(one: Annotation) -> dict[str, Any]:
    """The fields that are not to stay as they are."""
    said = {name: getattr(one, name) for name in FIELDS}
    return {name: value for name, value in said.items() if value is not KEEP}


def _rewritten(connection: Connection, ids: Sequence[str], since: datetime) -> set[str]:
    of = conversations.c
    when = of["metadata"][REWRITTEN].as_string()
    query = select(of.id).where(of.id.in_(ids), when >= to_text(since))
    return set(connection.scalars(query))


def _fit(name: str, value: Any) -> Any:
    if name == "rating":
        return to_rating(value)
    if name == "tags":
        return _fit_tags(value)
    if value is not None and not isinstance(value, str):
        kind = type(value).__name__
        raise StoreError(f"The {name} is of type {kind}", "Give text, or None for none")
    return storable(value or "") or None


def _fit_tags(names: Any) -> tuple[str, ...]:
    listed = isinstance(names, list | tuple | set | frozenset)
    if not listed or not all(isinstance(name, str) and name.strip() for name in names):
        raise StoreError(f"The tags {names!r} are no list of names", 'Write them as ["one", "two"]')
    return tuple(sorted({storable(name).strip() for name in names}))


def _unknown(ids: Sequence[str]) -> UnknownConversation:
    named = ", ".join(short(one) for one in ids[:NAMED])
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return UnknownConversation(
        f"There is no conversation {named}{more}; nothing was changed",
        "Leave them out: they were forgotten, or are another user's",
    )
