"""The rows that memory searches: derived from the conversations, and only a cache of them.

    conversations ── pending_index ──▶ memory_items     one row a conversation: session, length
                                       memory_text      its words, as `dialects` keep them
                                       memory_vectors   its vector, and which embedder made it
                                       memory_clock     change: grows with every write, so that
                                                        any process loads just what it lacks
                                                        generation: grows when rows disappear

A position is a conversation's number in all of them; positions are never used twice. The vectors of
one embedder have one dimension: where a model was replaced, those of the old one are dropped.
"""

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    insert,
    select,
)

from kagura_nb.store.schema import ORDERED, conversations, pending_index

metadata = MetaData()

items = Table(
    "memory_items",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("conversation_id", ORDERED, nullable=False, unique=True),
    Column("session", Text, nullable=False),
    Column("length", Integer, nullable=False),
    Column("change", Integer, nullable=False, index=True),
    sqlite_autoincrement=True,
)

vectors = Table(
    "memory_vectors",
    metadata,
    Column(
        "position",
        Integer,
        ForeignKey("memory_items.position", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("embedder", Text, nullable=False),
    Column("dimension", Integer, nullable=False),
    Column("vector", LargeBinary, nullable=False),
    Column("change", Integer, nullable=False),
)

Index("vectors_by_change", vectors.c.embedder, vectors.c.change)

clock = Table(
    "memory_clock",
    metadata,
    Column("change", Integer, nullable=False),
    Column("generation", Integer, nullable=False),
)


def pend_all(connection: Connection) -> None:
    """Let every conversation wait to be indexed."""
    everything = select(conversations.c.id).where(
        conversations.c.id.not_in(select(pending_index.c.conversation_id))
    )
    connection.execute(insert(pending_index).from_select(["conversation_id"], everything))
