"""Files that were written out of the store, so that forgetting can reach them.

A file is on record before it appears. Here are no texts, and no ids but the first and the last.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, MetaData, Table, Text, delete, insert, select

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
    """

    path: str
    format: str
    at: datetime
    oldest: str = ""
    newest: str = ""


def add(connection: Connection, one: Export) -> None:
    """Record a file; what was at its place before is no more."""
    remove(connection, one.path)
    connection.execute(insert(exports), {**asdict(one), "at": to_text(one.at)})


def holding(connection: Connection, first: str, last: str) -> list[Export]:
    """The files that may have conversations from one id to another in them, by their paths."""
    of = exports.c
    query = select(exports).where(of.oldest <= last, of.newest >= first).order_by(of.path)
    return [
        Export(row.path, row.format, datetime.fromisoformat(row.at), row.oldest, row.newest)
        for row in connection.execute(query)
    ]


def of(connection: Connection, format: str) -> list[str]:
    """The paths of the files that were written so."""
    return list(connection.scalars(select(exports.c.path).where(exports.c.format == format)))


def remove(connection: Connection, path: str) -> None:
    """Forget that a file was written."""
    connection.execute(delete(exports).where(exports.c.path == path))
