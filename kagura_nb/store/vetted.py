"""Lines of training files in which nothing private was found, so that nobody looks at them twice.

A line is known by its hash, together with the code that looked at it. What is known of the lines of
a conversation goes when it is forgotten, and when a text of it changes (`changes`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    insert,
    select,
)

from kagura_nb.store.schema import ORDERED, conversations

metadata = MetaData()
vetted = Table(
    "vetted",
    metadata,
    Column("conversation_id", ORDERED, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("code", Text, nullable=False),
    Column("tokens", Integer, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Vetted:
    """What is known of a line.

    Args:
        digest: 16 bytes that no other line has.
        tokens: of its row.
        signature: of its row, see `datasets.duplicates`.
    """

    digest: bytes
    tokens: int
    signature: bytes


def find(connection: Connection, ids: Sequence[str], code: str) -> dict[bytes, Vetted]:
    """What some code knows of the lines of so many conversations as a statement takes."""
    of = vetted.c
    query = select(of.digest, of.tokens, of.signature)
    query = query.where(of.conversation_id.in_(ids), of.code == code)
    return {row[0]: Vetted(*row) for row in connection.execute(query).all()}


def add(connection: Connection, code: str, lines: Iterable[tuple[Sequence[str], Vetted]]) -> None:
    """Remember lines, each with the conversations that it is made of.

    Args:
        connection: a transaction that writes.
        code: what looked at them.
        lines: so many as a statement takes; those of conversations that are gone are passed over.
    """
    of = vetted.c
    rows = {
        (one, line.digest): (one, line.digest, code, line.tokens, line.signature)
        for ids, line in lines
        for one in ids
    }
    ids, digests = {one for one, _ in rows}, {digest for _, digest in rows}
    query = select(conversations.c.id).where(conversations.c.id.in_(ids))
    there = set(connection.scalars(query))
    known = of.conversation_id.in_(ids), of.digest.in_(digests)
    connection.execute(delete(vetted).where(*known))
    names = vetted.columns.keys()
    kept = [dict(zip(names, row, strict=True)) for row in rows.values() if row[0] in there]
    if kept:
        connection.execute(insert(vetted), kept)


def remove(connection: Connection, ids: Sequence[str]) -> None:
    """Forget the lines of so many conversations as a statement takes."""
    connection.execute(delete(vetted).where(vetted.c.conversation_id.in_(ids)))
