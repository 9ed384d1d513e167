"""Reading what memory searches; `index_schema` draws the rows."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, bindparam, func, select, tuple_

from kagura_nb.store import dialects
from kagura_nb.store.dialect import Positions
from kagura_nb.store.index_schema import clock, items, vectors

Vector = NDArray[np.float32]


LAST = 2**31 - 1
"""Behind every position."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some vectors in the order of their changes.

    Args:
        positions: shape (n,).
        vectors: shape (n, dimension).
        place: change and position of the last one.
    """

    positions: Positions
    vectors: Vector
    place: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Clock:
    """How far the index has come.

    Args:
        change: grows with every write.
        generation: grows when conversations were removed, so that copies must be thrown away.
    """

    change: int
    generation: int


CLOCK = select(clock.c.change, clock.c.generation)
ITEMS_SINCE = select(
    items.c.position, items.c.conversation_id, items.c.session, items.c.length
).where(items.c.change > bindparam("change"))
VECTORS_AT = select(vectors.c.position, vectors.c.vector, vectors.c.embedder).where(
    vectors.c.position.in_(bindparam("positions", expanding=True))
)
POSITIONS_OF = select(items.c.position, items.c.conversation_id).where(
    items.c.conversation_id.in_(bindparam("ids", expanding=True))
)
"""Of every search. Made once: making them anew takes as long as running them."""


def read_clock(connection: Connection) -> Clock:
    """How far the index has come."""
    row = connection.execute(CLOCK).one()
    return Clock(row.change, row.generation)


def count_vectors(connection: Connection, embedder: str) -> int:
    """How many vectors there are of this embedder."""
    query = select(func.count()).select_from(vectors).where(vectors.c.embedder == embedder)
    return connection.scalar(query) or 0


def items_since(connection: Connection, change: int) -> Iterable[Row[int, str, str, int]]:
    """Rows (position, conversation_id, session, length) written after a change."""
    rows = connection.execute(ITEMS_SINCE, {"change": change})
    return sorted(rows, key=lambda row: row.position)  # SQLite would walk the whole table for it


def vectors_since(
    connection: Connection, embedder: str, change: int, batch: int = 5000
) -> Iterator[tuple[Positions, Vector]]:
    """Batches of positions, shape (n,), and vectors, shape (n, dimension), after a change."""
    query = select(vectors.c.position, vectors.c.vector).where(
        vectors.c.embedder == embedder, vectors.c.change > change
    )
    result = connection.execute(query, execution_options={"yield_per": batch})
    for rows in result.partitions(batch):
        yield _matrix(rows)


def vectors_after(
    connection: Connection, embedder: str, place: tuple[int, int], limit: int
) -> Batch:
    """The next vectors behind a change and a position."""
    of = vectors.c
    query = select(of.change, of.position, of.vector).where(
        of.embedder == embedder,
        of.change >= place[0],
        tuple_(of.change, of.position) > tuple_(*place),
    )
    rows = connection.execute(query.order_by(of.change, of.position).limit(limit)).all()
    positions, matrix = _matrix([(row.position, row.vector) for row in rows])
    return Batch(positions, matrix, (rows[-1].change, rows[-1].position) if rows else place)


def dimension(connection: Connection, embedder: str) -> int | None:
    """The length of this embedder's vectors, None where it has none."""
    of = vectors.c
    newest = select(of.dimension).where(of.embedder == embedder).order_by(of.change.desc())
    return connection.scalar(newest.limit(1))


def vectors_at(
    connection: Connection, embedder: str, positions: Sequence[int]
) -> tuple[Positions, Vector]:
    """Those of the positions that have a vector, and their vectors, in any order."""
    rows = connection.execute(VECTORS_AT, {"positions": positions})
    # Asked for the embedder too, SQLite would walk through all of its vectors.
    return _matrix([(row.position, row.vector) for row in rows if row.embedder == embedder])


def sample_vectors(connection: Connection, embedder: str, count: int) -> tuple[Positions, Vector]:
    """Some vectors picked at random, shapes (n,) and (n, dimension), n at most `count`."""
    highest = connection.scalar(select(func.max(vectors.c.position))) or 0
    wanted = random.sample(range(1, highest + 1), min(count, highest))
    return vectors_at(connection, embedder, wanted)


def vectors_of(connection: Connection, embedder: str, ids: Sequence[str]) -> dict[str, Vector]:
    """Vectors by conversation id; those that lack one are left out."""
    found = connection.execute(POSITIONS_OF, {"ids": ids})
    owners = {row.position: row.conversation_id for row in found}
    places, matrix = vectors_at(connection, embedder, list(owners))
    return {owners[one]: vector for one, vector in zip(places.tolist(), matrix, strict=True)}


def postings(
    connection: Connection, terms: Sequence[str], most: int
) -> list[tuple[Positions, Positions]]:
    """Where each term occurs.

    Args:
        connection: an open connection.
        terms: prepared words, as in `Entry.body`.
        most: positions of a term are read up to this number.

    Returns:
        For each term the positions with it in the body and those with it in the label.
    """
    return dialects.of(connection).postings(connection, terms, most)


def _decode(blob: bytes) -> Vector:
    return np.frombuffer(blob, dtype=np.float16).astype(np.float32)


def _matrix(rows: Sequence[Row[int, bytes] | tuple[int, bytes]]) -> tuple[Positions, Vector]:
    positions = np.array([position for position, _ in rows], dtype=np.int64)
    joined = b"".join(blob for _, blob in rows)
    return positions, _decode(joined).reshape(len(rows), -1) if rows else np.zeros(
        (0, 0), np.float32
    )
