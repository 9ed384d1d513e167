"""Connections to the store: one per operation, from any thread, by any number of processes.

SQLite runs in WAL mode, so readers never wait. A writer takes the lock at once (BEGIN IMMEDIATE)
and waits for its turn instead of failing half-way. A commit survives a killed process; a `durable`
one is also on disk when it returns, together with all commits before it. Deleted rows are
overwritten with zeros.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from kagura_nb.errors import StoreError, StoreUnavailable
from kagura_nb.settings import Settings
from kagura_nb.store import migrations

LOCK_TIMEOUT = 30.0
"""Seconds a writer waits for its turn."""

CURES = {
    "readonly": "Make it writable, or point KAGURA_HOME at a folder that is",
    "disk is full": "Free some space on the disk and repeat; nothing was lost",
    "disk I/O": "Free some space on the disk and repeat; nothing was lost",
    "locked": "Close the program that holds it and repeat",
    "not a database": "Restore it from a backup, or move it away to start a new one",
    "malformed": "Restore it from a backup, or move it away to start a new one",
}
FALLBACK = "Check that the folder exists and belongs to you, or set KAGURA_HOME"


class Database:
    """One user's database, opened and migrated at first use.

    Args:
        settings: names the user and the place.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.url = make_url(settings.store_url)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent state.

        Raises:
            StoreError: the database cannot be used; the message names the cure.
        """
        with self._translated(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[Connection]:
        """A transaction: committed as a whole on return, undone on an exception.

        Args:
            durable: return only once it is on disk.

        Raises:
            StoreError: the database cannot be used; the message names the cure.
        """
        with self._translated(), self._engine.connect() as connection:
            options = {"kagura_write": True, "kagura_durable": durable}
            with connection.execution_options(**options).begin():
                yield connection

    @contextmanager
    def maintain(self) -> Iterator[Connection]:
        """A connection outside any transaction, for what the database refuses inside one."""
        with self._translated(), self._engine.connect() as connection:
            yield connection.execution_options(kagura_no_transaction=True)

    def close(self) -> None:
        """Give back every connection; the next operation opens new ones."""
        if "_engine" in self.__dict__:
            self._engine.dispose()
            del self._engine

    @cached_property
    def _engine(self) -> Engine:
        is_sqlite = self.url.get_backend_name() == "sqlite"
        if is_sqlite and not str(self.url.database).startswith("file:"):
            _make_private(Path(str(self.url.database)))
        arguments: dict[str, Any] = {"timeout": LOCK_TIMEOUT} if is_sqlite else {}
        engine = create_engine(self.url, json_serializer=_to_json, connect_args=arguments)
        if is_sqlite:
            event.listen(engine, "connect", _configure)
            event.listen(engine, "begin", _begin)
        with engine.begin() as connection:
            current = migrations.is_current(connection)
        if not current:
            writer = engine.execution_options(kagura_write=True, kagura_durable=True)
            with writer.begin() as connection:
                migrations.migrate(connection)
        return engine

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            raise _unavailable(error, self.url.database or str(self.url.host)) from None


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


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
    options = connection.get_execution_options()
    if options.get("kagura_no_transaction"):
        return
    if options.get("kagura_write"):
        level = "FULL" if options.get("kagura_durable") else "NORMAL"
        connection.exec_driver_sql(f"PRAGMA synchronous = {level}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("BEGIN")


def _unavailable(error: Exception, place: str) -> StoreError:
    reason = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    cure = next((cure for words, cure in CURES.items() if words in reason), None)
    problem = f"The store {place} cannot be used ({reason})"
    return StoreUnavailable(problem, cure or FALLBACK)
