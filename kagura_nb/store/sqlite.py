"""SQLite: one file for each user, readable by its owner only.

It runs in WAL mode, so readers never wait. A writer takes the lock at once (BEGIN IMMEDIATE) and
waits for its turn instead of failing half-way. A commit survives a killed process; a durable one
is also on disk when it returns, together with all commits before it. Deleted rows are overwritten
with zeros. Words are in FTS5.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError

from kagura_nb.store.dialect import Positions, Use

LOCK_TIMEOUT = 30.0
"""Seconds a writer waits for its turn."""

CURES = {
    "readonly": "Make it writable, or point KAGURA_HOME at a folder that is",
    "disk is full": "Free some space on the disk and repeat; nothing was lost",
    "disk I/O": "Free some space on the disk and repeat; nothing was lost",
    "locked": "Close the program that holds it and repeat",
    "not a database": "Restore it from a backup, or move it away to start a new one",
    "malformed": "Restore it from a backup, or move it away to start a new one",
    "": "Check that the folder exists and belongs to you, or set KAGURA_HOME",
}

TYPES = {
    "ordered": "TEXT",
    "counted": "INTEGER",
    "counting": " AUTOINCREMENT",
    "bytes": "BLOB",
}

SYNCHRONOUS: dict[Use, str] = {"write": "NORMAL", "durable": "FULL"}

WORDS = """
CREATE VIRTUAL TABLE memory_text
USING fts5(body, label, tokenize = 'porter ascii', detail = column, columnsize = 0)
"""
# What is not ASCII is left as it comes: the words have been prepared before they get here.

DAMAGED = (
    "malformed", "fts5: corrupt", "no such table: ", "vtable constructor failed", "SQL logic error",
)  # fmt: skip
PEND_ALL = "INSERT OR IGNORE INTO pending_index SELECT id FROM conversations"

POSTINGS = """
SELECT
  (SELECT group_concat(rowid) FROM (SELECT rowid FROM memory_text
    WHERE memory_text MATCH 'body : "' || value || '"' LIMIT :most)),
  (SELECT group_concat(rowid) FROM (SELECT rowid FROM memory_text
    WHERE memory_text MATCH 'label : "' || value || '"' LIMIT :most))
FROM json_each(:terms) ORDER BY key
"""


def place(url: URL) -> str:
    """The file."""
    return str(url.database)


def connect(url: URL, user: str, **common: Any) -> Engine:
    """An engine on the file, which is made if there is none; it is this user's already."""
    if not place(url).startswith("file:"):
        _make_private(Path(place(url)))
    engine = create_engine(url, connect_args={"timeout": LOCK_TIMEOUT}, **common)
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def options(use: Use) -> dict[str, Any]:
    """Execution options that make a connection fit for a use."""
    return {"kagura_use": use}


@contextmanager
def exclusive(engine: Engine, name: str) -> Iterator[bool]:
    """Whether nobody else does what has this name; the system ends it with the process."""
    from filelock import FileLock, Timeout

    lock = FileLock(Path(str(engine.url.database)).with_name(f"{name}.lock"), mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def unsample(connection: Connection, table: str, columns: Sequence[str]) -> None:
    """Nothing to do: samples are taken when asked for only, and nobody does."""


def create_words(connection: Connection) -> None:
    """Make the full-text table."""
    connection.exec_driver_sql(WORDS)


def write_words(connection: Connection, rows: Sequence[tuple[int, str, str]]) -> None:
    """Keep (position, body, label) of positions that have no words yet."""
    connection.exec_driver_sql(
        "INSERT INTO memory_text(rowid, body, label) VALUES (?, ?, ?)", list(rows)
    )


def delete_words(connection: Connection, positions: Sequence[int]) -> bool:
    """Remove the words of these positions; return whether all were there and could be removed."""
    rows = [(one,) for one in positions]
    try:
        done = connection.exec_driver_sql("DELETE FROM memory_text WHERE rowid = ?", rows)
        connection.exec_driver_sql("SAVEPOINT words")  # writes what else only a commit would
        connection.exec_driver_sql("RELEASE words")
    except DatabaseError as error:
        if not _tells_of_damage(error):
            raise
        return False  # the transaction goes on
    return done.rowcount == len(rows)


def clear_words(connection: Connection) -> None:
    """Remove all words; a table that is damaged or gone is made anew."""
    try:
        connection.exec_driver_sql("DROP TABLE IF EXISTS memory_text")
    except DatabaseError:
        _drop_damaged_words(connection)
    create_words(connection)


def postings(
    connection: Connection, terms: Sequence[str], most: int
) -> list[tuple[Positions, Positions]]:
    """Up to `most` positions with each term in the body, and those with it in the label."""
    rows = connection.exec_driver_sql(POSTINGS, {"terms": json.dumps(list(terms)), "most": most})
    return [(_positions(body), _positions(label)) for body, label in rows]


def erase_traces(connection: Connection, patience: float) -> bool:
    """Leave no byte of removed rows in the file or its log, outside any transaction.

    Returns:
        False where somebody went on reading what the log alone still has.
    """
    try:  # full text keeps deleted words in its older segments until they are merged into one
        connection.exec_driver_sql("INSERT INTO memory_text(memory_text) VALUES ('optimize')")
    except DatabaseError as error:
        if not _tells_of_damage(error):
            raise
        clear_words(connection)
        connection.exec_driver_sql(PEND_ALL)
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(patience * 1000)}")
    try:
        busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(LOCK_TIMEOUT * 1000)}")
    return not busy


def _tells_of_damage(error: DatabaseError) -> bool:
    """Whether the full-text table cannot be used, while the rest of the database can."""
    said = str(error.orig)
    return any(sign in said for sign in DAMAGED)


def _drop_damaged_words(connection: Connection) -> None:
    """Drop a full-text table that SQLite cannot open any more: its name, then its parts."""
    parts = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'memory_text_*'"
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql("DELETE FROM sqlite_schema WHERE name = 'memory_text'")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")
    for (name,) in connection.exec_driver_sql(parts).all():
        connection.exec_driver_sql(f"DROP TABLE {name}")


def _positions(joined: str | None) -> Positions:
    return np.fromstring(joined or "", dtype=np.int64, sep=",")


def _make_private(path: Path) -> None:
    """Create the folder and the file before SQLite does, readable by their owner only."""
    for folder in reversed(path.parents):
        folder.mkdir(exist_ok=True, mode=0o700)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def _configure(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    for pragma in ("journal_mode = WAL", "foreign_keys = ON", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    use = connection.get_execution_options().get("kagura_use", "read")
    if use == "maintain":
        return
    mode = SYNCHRONOUS.get(use)
    if mode and connection.info.get("synchronous") != mode:
        connection.exec_driver_sql(f"PRAGMA synchronous = {mode}")
        connection.info["synchronous"] = mode
    connection.exec_driver_sql("BEGIN IMMEDIATE" if mode else "BEGIN")
