"""The tables as they are after the last of `steps`, for those who read and write them.

Timestamps are ISO 8601 text in UTC, so that they sort as text on every database. What the indexer
must still do is a table of its own, written in the transaction that causes the work.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Computed,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)

from kagura_nb.records import GOOD_RATING

metadata = MetaData()

ORDERED = Text().with_variant(Text(collation="C"), "postgresql")
"""Ids and times: their order is that of their characters, in every country's database."""

conversations = Table(
    "conversations",
    metadata,
    Column("id", ORDERED, primary_key=True),
    Column("session", Text, nullable=False),
    Column("created_at", ORDERED, nullable=False),
    Column("messages", JSON, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("response", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("prompt_tokens", Integer),
    Column("completion_tokens", Integer),
    Column("cached_tokens", Integer),
    Column("written_tokens", Integer),
    Column("usage_estimated", Boolean),
    Column("cost", Text),
    Column("rating", Integer),
    Column("comment", Text),
    Column("correction", Text),
    Column("excluded", Text),
    Column("metadata", JSON, nullable=False),
    Column(
        "good",
        Boolean,
        Computed(
            "complete AND excluded IS NULL AND response <> ''"
            f" AND (correction IS NOT NULL OR COALESCE(rating, 0) >= {GOOD_RATING})",
            persisted=True,
        ),
    ),
    Column("length", Integer, nullable=False, server_default="0"),
    Column("reasoning", Text, nullable=False, server_default=""),
)
"""`length` is in characters, of the prompt and the reply to learn from."""

Index("by_session", conversations.c.session, conversations.c.id)
Index("by_time", conversations.c.created_at, conversations.c.model, conversations.c.rating)
FACTS = ("id", "session", "created_at", "model", "complete", "rating", "length")
USAGE = ("prompt_tokens", "completion_tokens")
Index("by_facts", *(conversations.c[name] for name in (*FACTS, *USAGE)))
"""All that conversations are filtered and sorted by, so that no text is read for it."""


def _partial(name: str, where: str, *columns: Column[Any]) -> None:
    Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


_partial("by_rating", "rating IS NOT NULL", conversations.c.rating, conversations.c.id)
_partial("the_good", "good", conversations.c.id)
_partial("the_excluded", "excluded IS NOT NULL", conversations.c.id)
_partial("the_corrected", "correction IS NOT NULL", conversations.c.id)

tags = Table(
    "tags",
    metadata,
    Column(
        "conversation_id",
        ORDERED,
        ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("tag", Text, primary_key=True),
)

Index("by_tag", tags.c.tag, tags.c.conversation_id)

pending_index = Table(
    "pending_index",
    metadata,
    Column("conversation_id", ORDERED, primary_key=True),
)

search_text = Table(
    "search_text",
    metadata,
    Column(
        "conversation_id",
        ORDERED,
        ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("folded", Text, nullable=False),
)
"""All that was said in a conversation, as `rows.folded` makes it."""
