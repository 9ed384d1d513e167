"""Writing what memory searches; `index_schema` draws the rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, bindparam, delete, exists, func, insert, select, update

from kagura_nb.store import dialects
from kagura_nb.store.index_schema import clock, items, pend_all, vectors
from kagura_nb.store.index_search import Vector, count_vectors, read_clock
from kagura_nb.store.index_search import dimension as read_dimension
from kagura_nb.store.schema import conversations, pending_index

PENDING = select(pending_index.c.conversation_id).limit(bindparam("most"))
"""Of every search. Made once: making it anew takes as long as running it."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is indexed of a conversation.

    Args:
        conversation_id: its id.
        session: the run of conversations it belongs to.
        created_at: ISO 8601, UTC.
        speaker: the user's own name, empty where there is none.
        prompt: what the user said.
        reply: the correction, or else the response.
    """

    conversation_id: str
    session: str
    created_at: str
    speaker: str
    prompt: str
    reply: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A conversation as it enters the index.

    Args:
        source: the texts from which the rest was made; outdated ones are not written.
        body: prepared words of prompt and reply, separated by spaces.
        label: prepared words of speaker and date.
        length: number of words of the body.
        vector: unit length; None where the embedder failed.
    """

    source: Source
    body: str
    label: str
    length: int
    vector: Vector | None


def count_pending(connection: Connection, most: int) -> int:
    """How many conversations wait to be indexed, counted up to `most`."""
    return len(connection.scalars(PENDING, {"most": most}).all())


def pending(connection: Connection, limit: int) -> list[Source]:
    """The oldest conversations that wait to be indexed."""
    ids = select(pending_index.c.conversation_id).order_by(pending_index.c.conversation_id)
    wanted = list(connection.scalars(ids.limit(limit)))
    return list(_sources(connection, wanted).values())


def without_vector(connection: Connection, embedder: str, limit: int) -> list[Source]:
    """The oldest indexed conversations that this embedder has no vector of."""
    has_vector = exists().where(
        vectors.c.position == items.c.position, vectors.c.embedder == embedder
    )
    query = select(items.c.conversation_id).where(~has_vector).order_by(items.c.position)
    return list(_sources(connection, list(connection.scalars(query.limit(limit)))).values())


def count_without_vector(connection: Connection, embedder: str) -> int:
    """How many indexed conversations this embedder has no vector of."""
    return count_items(connection) - count_vectors(connection, embedder)


def count_waiting(connection: Connection, embedder: str) -> int:
    """How many conversations wait to be indexed or lack a vector of this embedder."""
    waiting = connection.scalar(select(func.count()).select_from(pending_index)) or 0
    return waiting + max(count_without_vector(connection, embedder), 0)


def count_items(connection: Connection) -> int:
    """How many conversations are indexed."""
    return connection.scalar(select(func.count()).select_from(items)) or 0


def pend(connection: Connection, ids: Sequence[str]) -> None:
    """Let so many conversations as a statement takes wait to be indexed again."""
    connection.execute(delete(pending_index).where(pending_index.c.conversation_id.in_(ids)))
    if ids:
        connection.execute(insert(pending_index), [{"conversation_id": one} for one in ids])


def write(connection: Connection, embedder: str, entries: Sequence[Entry]) -> None:
    """Index conversations and take them off the waiting list, in the caller's transaction.

    An entry whose conversation has changed or gone since its source was read is left alone: its
    own row on the waiting list, if any, stays.
    """
    present = _sources(connection, [one.source.conversation_id for one in entries])
    current = [one for one in entries if present.get(one.source.conversation_id) == one.source]
    if not current:
        return
    _keep_one_dimension(connection, embedder, current)
    change = _tick(connection)
    positions = _place(connection, change, current)
    dialects.of(connection).write_words(
        connection,
        [(positions[one.source.conversation_id], one.body, one.label) for one in current],
    )
    _write_vectors(
        connection,
        embedder,
        change,
        {positions[one.source.conversation_id]: one for one in current},
    )
    done = [one.source.conversation_id for one in current]
    connection.execute(delete(pending_index).where(pending_index.c.conversation_id.in_(done)))


def remove(connection: Connection, ids: Sequence[str]) -> None:
    """Take conversations out of the index, in the caller's transaction."""
    query = select(items.c.position).where(items.c.conversation_id.in_(ids))
    positions = list(connection.scalars(query))
    if not positions:
        return
    if not dialects.of(connection).delete_words(connection, positions):
        clear(connection)  # a damaged table may keep what cannot be found in it
        return
    connection.execute(delete(items).where(items.c.position.in_(positions)))
    connection.execute(update(clock).values(generation=clock.c.generation + 1))


def renew(connection: Connection, embedder: str, dimension: int) -> None:
    """Drop this embedder's vectors of any other dimension: its model has changed."""
    other = (vectors.c.embedder == embedder, vectors.c.dimension != dimension)
    connection.execute(delete(vectors).where(*other))
    connection.execute(update(clock).values(generation=clock.c.generation + 1))


def clear(connection: Connection) -> None:
    """Empty the index; everything waits to be indexed again."""
    connection.execute(delete(vectors))
    connection.execute(delete(items))
    dialects.of(connection).clear_words(connection)
    connection.execute(update(clock).values(generation=clock.c.generation + 1))
    connection.execute(delete(pending_index))
    pend_all(connection)


def _sources(connection: Connection, ids: Sequence[str]) -> dict[str, Source]:
    of = conversations.c
    query = (
        select(of.id, of.session, of.created_at, of.messages, of.prompt, of.response, of.correction)
        .where(of.id.in_(ids))
        .order_by(of.id)
    )
    return {
        row.id: Source(
            conversation_id=row.id,
            session=row.session,
            created_at=row.created_at,
            speaker=row.messages[-1].get("name") or "",
            prompt=row.prompt,
            reply=row.response if row.correction is None else row.correction,
        )
        for row in connection.execute(query)
    }


def _keep_one_dimension(connection: Connection, embedder: str, entries: Sequence[Entry]) -> None:
    made = next((len(one.vector) for one in entries if one.vector is not None), None)
    if made is not None and read_dimension(connection, embedder) not in (None, made):
        renew(connection, embedder, made)


def _tick(connection: Connection) -> int:
    connection.execute(update(clock).values(change=clock.c.change + 1))
    return read_clock(connection).change


def _place(connection: Connection, change: int, entries: Sequence[Entry]) -> dict[str, int]:
    """Give every conversation its row, a new one or the one it has; return the positions."""
    ids = [one.source.conversation_id for one in entries]
    query = select(items.c.conversation_id, items.c.position).where(
        items.c.conversation_id.in_(ids)
    )
    known = {row.conversation_id: row.position for row in connection.execute(query)}
    rows = [
        {
            "conversation_id": one.source.conversation_id,
            "session": one.source.session,
            "length": one.length,
            "change": change,
        }
        for one in entries
    ]
    if known:
        dialects.of(connection).delete_words(connection, list(known.values()))
        old = [
            {"known": row["conversation_id"], **row}
            for row in rows
            if row["conversation_id"] in known
        ]
        same = items.c.conversation_id == bindparam("known")
        connection.execute(update(items).where(same), old)
    fresh = [row for row in rows if row["conversation_id"] not in known]
    if fresh:
        connection.execute(insert(items), fresh)
    return {row.conversation_id: row.position for row in connection.execute(query)}


def _write_vectors(
    connection: Connection, embedder: str, change: int, placed: Mapping[int, Entry]
) -> None:
    """Replace the vectors of these positions, another embedder's too."""
    connection.execute(delete(vectors).where(vectors.c.position.in_(list(placed))))
    rows = [
        {
            "position": position,
            "embedder": embedder,
            "dimension": len(one.vector),
            "vector": one.vector.astype(np.float16).tobytes(),
            "change": change,
        }
        for position, one in placed.items()
        if one.vector is not None
    ]
    if rows:
        connection.execute(insert(vectors), rows)
