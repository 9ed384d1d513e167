"""PostgreSQL: one schema for each user, in a database that many may share.

A reader sees one snapshot. A writer takes its user's lock at once and waits for its turn, as on
SQLite: what it has read stays true until it commits. Every commit is as durable as the server is
configured. Words are stemmed arrays with a GIN index.

After forgetting, the user's tables and indexes are written anew, for which everybody else waits.
PostgreSQL keeps removed rows that a transaction begun earlier may still see. The server's logs, its
replicas and backups, and freed blocks of its disk are out of reach from here.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from sqlalchemy import (
    ARRAY,
    URL,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    delete,
    event,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateSchema

from kagura_nb.errors import StoreUnavailable
from kagura_nb.store.dialect import Positions, Use

CONNECT_TIMEOUT = "10"
"""Seconds a server has to answer, unless the address says otherwise (`?connect_timeout=`)."""
LOCK_TIMEOUT = "30s"
"""How long a writer waits for its turn."""
LONGEST_NAME = 63
"""Bytes of a name that PostgreSQL keeps."""

CURES = {
    "password authentication failed": "Correct user or password in KAGURA_STORE",
    "no password supplied": "Write KAGURA_STORE as postgresql://user:password@host/database",
    "Connection refused": "Start the server, or correct host and port in KAGURA_STORE",
    "resolve host": "Correct the host in KAGURA_STORE",
    "timeout expired": "Correct the host in KAGURA_STORE, or let the server's firewall admit you",
    "lock timeout": "Close the program that holds it and repeat",
    "does not exist": "Create it on the server, or correct KAGURA_STORE",
    "permission denied for database": "Let its owner `GRANT CREATE ON DATABASE` to your role",
    "read-only transaction": "Point KAGURA_STORE at the primary server",
    "No space left": "Free some space on the server's disk and repeat; nothing was lost",
    "": "Check that the server runs and that KAGURA_STORE names it",
}

TYPES = {
    "ordered": 'TEXT COLLATE "C"',
    "counted": "SERIAL",
    "counting": "",
    "bytes": "BYTEA",
}

ISOLATION: dict[Use, str] = {
    "read": "REPEATABLE READ",
    "write": "READ COMMITTED",  # a snapshot taken before the lock would be outdated
    "durable": "READ COMMITTED",
    "maintain": "AUTOCOMMIT",
}

words = Table(
    "memory_text",
    MetaData(),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("body", ARRAY(Text), nullable=False),
    Column("label", ARRAY(Text), nullable=False),
)
WORDS = (
    "CREATE TABLE memory_text"
    " (position INTEGER PRIMARY KEY, body TEXT[] NOT NULL, label TEXT[] NOT NULL)",
    # A list of recent ones (fastupdate) would be read at each recall.
    "CREATE INDEX words_by_term ON memory_text USING gin (body, label) WITH (fastupdate = off)",
)

STEMMED = """
ARRAY(SELECT coalesce((ts_lexize('english_stem', word))[1], word)
  FROM unnest(CAST({} AS text[])) WITH ORDINALITY AS given(word, number) ORDER BY number)
"""
WRITE = text(
    f"""INSERT INTO memory_text(position, body, label)
    VALUES (:position, {STEMMED.format(":body")}, {STEMMED.format(":label")})"""
)
POSTINGS = text(
    f"""SELECT
      ARRAY(SELECT position FROM memory_text WHERE body @> ARRAY[term] LIMIT :most),
      ARRAY(SELECT position FROM memory_text WHERE label @> ARRAY[term] LIMIT :most)
    FROM unnest({STEMMED.format(":terms")}) WITH ORDINALITY AS asked(term, place) ORDER BY place"""
)


def place(url: URL) -> str:
    """Database and server."""
    return f"{url.database or url.username} on {url.host or 'this machine'}"


def connect(url: URL, user: str, **common: Any) -> Engine:
    """An engine whose every connection is in the user's schema, which is made if there is none.

    Raises:
        StoreUnavailable: no driver, or a database that cannot hold every language.
    """
    schema = schema_of(user)
    engine = _engine(url, **common)
    event.listen(engine, "connect", partial(_configure, schema))
    event.listen(engine, "begin", partial(_begin, schema))
    with engine.execution_options(**options("durable")).begin() as connection:
        _check_encoding(connection, url)
        if not inspect(connection).has_schema(schema):
            connection.execute(CreateSchema(schema))
    return engine


def schema_of(user: str) -> str:
    """The name of a user's schema; ids too long for one end in a hash of the whole id."""
    name = f"kagura_{user}"
    digest = hashlib.sha256(user.encode()).hexdigest()[:16]
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 17]}_{digest}"


def options(use: Use) -> dict[str, Any]:
    """Execution options that make a connection fit for a use."""
    return {"isolation_level": ISOLATION[use], "kagura_use": use}


@contextmanager
def exclusive(engine: Engine, name: str) -> Iterator[bool]:
    """Whether nobody else does what has this name; the server ends it with the connection."""
    key = func.hashtext(func.current_schema().concat(name))
    with engine.connect() as connection:
        connection = connection.execution_options(**options("maintain"))
        held = bool(connection.scalar(select(func.pg_try_advisory_lock(key))))
        try:
            yield held
        finally:
            if held:
                try:
                    connection.scalar(select(func.pg_advisory_unlock(key)))
                except DBAPIError:  # the server has dropped the lock with the connection
                    connection.invalidate()


def unsample(connection: Connection, table: str, columns: Sequence[str]) -> None:
    """Keep columns out of the planner's samples, where no user can clean."""
    for column in columns:
        connection.exec_driver_sql(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")


def create_words(connection: Connection) -> None:
    """Make the table of words."""
    for statement in WORDS:
        connection.exec_driver_sql(statement)
    unsample(connection, "memory_text", ("body", "label"))


def write_words(connection: Connection, rows: Sequence[tuple[int, str, str]]) -> None:
    """Keep (position, body, label) of positions that have no words yet."""
    connection.execute(
        WRITE,
        [
            {"position": position, "body": body.split(), "label": label.split()}
            for position, body, label in rows
        ],
    )


def delete_words(connection: Connection, positions: Sequence[int]) -> bool:
    """Remove the words of these positions; return whether all were there."""
    done = connection.execute(delete(words).where(words.c.position.in_(positions)))
    return done.rowcount == len(positions)


def clear_words(connection: Connection) -> None:
    """Remove all words."""
    connection.execute(delete(words))


def postings(
    connection: Connection, terms: Sequence[str], most: int
) -> list[tuple[Positions, Positions]]:
    """Up to `most` positions with each term in the body, and those with it in the label."""
    rows = connection.execute(POSTINGS, {"terms": list(terms), "most": most})
    return [(np.array(body, np.int64), np.array(label, np.int64)) for body, label in rows]


def erase_traces(connection: Connection, _patience: float) -> bool:
    """Write the user's tables and indexes anew without removed rows, outside any transaction."""
    tables = ", ".join(inspect(connection).get_table_names())
    connection.exec_driver_sql(f"VACUUM FULL {tables}")
    return True


def _engine(url: URL, **common: Any) -> Engine:
    url = url.set(drivername="postgresql+psycopg")
    url = url.set(query={"connect_timeout": CONNECT_TIMEOUT, **url.query})
    try:
        return create_engine(url, pool_pre_ping=True, **common)
    except ImportError as error:
        raise StoreUnavailable(
            f"The store {place(url)} needs a driver that is not installed ({error})",
            "Install it with `pip install 'kagura-nb[postgres]'`",
        ) from None


def _check_encoding(connection: Connection, url: URL) -> None:
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding != "UTF8":
        raise StoreUnavailable(
            f"The store {place(url)} has encoding {encoding}",
            "Create the database with `ENCODING 'UTF8' TEMPLATE template0`",
        )


def _configure(schema: str, connection: Any, _record: Any) -> None:
    connection.autocommit = True  # or the settings would go with the first transaction undone
    connection.execute(f'SET search_path TO "{schema}"')
    connection.execute(f"SET lock_timeout TO '{LOCK_TIMEOUT}'")
    connection.autocommit = False


def _begin(schema: str, connection: Connection) -> None:
    if connection.get_execution_options().get("kagura_use") in ("write", "durable"):
        lock = text("SELECT pg_advisory_xact_lock(hashtext(:schema))")
        connection.execute(lock, {"schema": schema})
