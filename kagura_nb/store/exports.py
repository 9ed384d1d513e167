"""Files that were written out of the store, so that forgetting can reach them.

A file is on record before it appears. Here are no texts, and no ids but the first and the last.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    RowMapping,
    Table,
    Text,
    delete,
    insert,
    select,
)

from kagura_nb.store.rows import to_text
from kagura_nb.store.schema import ORDERED

metadata = MetaData()
exports = Table(
    "exports",
    metadata,
    Column("path", Text, primary_key=True),
    Column("format", Text, nullable=False),
    Column("at", ORDERED, nullable=False),
    Column("oldest", ORDERED, nullable=False),
    Column("newest", ORDERED, nullable=False),
    Column("digest", Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Export:
    """A file.

    Args:
        path: where it is, absolute.
        format: how it was written; of a trainer's file the version of its dataset.
        at: when, aware, in UTC.
        oldest: the first id in it; empty where a dataset knows better.
        newest: the last one.
        digest: of a trainer's file, which never changes (`outside.digest`).
    """

    path: str
    format: str
    at: datetime
    oldest: str = ""
    newest: str = ""
    digest: str = ""


def add(connection: Connection, one: Export) -> None:
    """Record a file; what was at its place before is no more."""
    remove(connection, one.path)
    connection.execute(insert(exports), {**asdict(one), "at": to_text(one.at)})


def holding(connection: Connection, first: str, last: str) -> list[Export]:
    """The files that may have conversations from one id to another in them, by their paths."""
    of = exports.c
    query = select(exports).where(of.oldest <= last, of.newest >= first).order_by(of.path)
    return [_export(row) for row in connection.execute(query).mappings()]


def of(connection: Connection, format: str) -> list[Export]:
    """The files that were written so, by their paths."""
    query = select(exports).where(exports.c.format == format).order_by(exports.c.path)
    return [_export(row) for row in connection.execute(query).mappings()]


def remove(connection: Connection, path: str) -> None:
    """Forget that a file was written."""
    connection.execute(delete(exports).where(exports.c.path == path))


def _export(row: RowMapping) -> Export:
    return Export(**{**row, "at": datetime.fromisoformat(row["at"])})
