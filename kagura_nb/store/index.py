"""The memory index's rows: what retrieval needs, derived from the conversations."""

from collections.abc import Sequence

from sqlalchemy import Connection

from kagura_nb.store.database import Database


def remove(connection: Connection, ids: Sequence[str]) -> None:
    """Forget conversations in the caller's transaction."""


def erase_traces(database: Database) -> None:
    """Leave no byte of what was removed in the database's files."""
    with database.maintain() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
