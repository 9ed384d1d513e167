"""Connections to the store: one per operation, from any thread, by any number of processes.

Ctrl-C is heard between operations.

Readers see one consistent state, writers take turns; `sqlite` and `postgresql` say how.
"""

import json
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import cached_property
from typing import Any

import orjson
from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError

from kagura_nb import addresses
from kagura_nb.errors import StoreError, StoreUnavailable, translator
from kagura_nb.settings import Settings
from kagura_nb.store import migrations
from kagura_nb.store.dialect import Dialect, Use
from kagura_nb.store.dialects import DIALECTS
from kagura_nb.store.interrupts import deferred
from kagura_nb.store.rows import storable

ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
LONG = 19
TOO_LONG = re.compile(rb"[0-9]{%d}" % LONG)
"""What may be a whole number that orjson would round."""
NO_DIGITS = bytes(set(range(256)) - set(b"0123456789"))
WORDS_TABLE = "memory_text"
REBUILD = "Rebuild it with `%kagura config index rebuild`"
PATIENCE = 2.0
"""Seconds for which erasing waits for those who read."""


class Database:
    """One user's database, opened and migrated at first use.

    Args:
        settings: names the user and the place.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._to_erase = False

    def read(self) -> AbstractContextManager[Connection]:
        """A connection that sees one consistent state.

        Raises:
            StoreError: the database cannot be used; the message names the cure.
        """
        return self._transaction("read")

    def write(self, *, durable: bool = False) -> AbstractContextManager[Connection]:
        """A transaction: committed as a whole on return, undone on an exception.

        Args:
            durable: return only once it is on disk.

        Raises:
            StoreError: the database cannot be used; the message names the cure.
        """
        return self._transaction("durable" if durable else "write")

    def erase(self) -> None:
        """Leave no byte of what was removed in the database's files.

        Raises:
            StoreUnavailable: a program goes on reading some of it; the next write tries again.
        """
        if not self._erase(PATIENCE):
            raise StoreUnavailable(
                "What was removed is gone from the store, but not from its log, which another"
                " program is reading",
                "Let that program finish: the next write here erases the rest",
            )

    @contextmanager
    def maintain(self) -> Iterator[Connection]:
        """A connection outside any transaction, for what the database refuses inside one."""
        with self._translated(), self._engine.connect() as connection:
            yield connection.execution_options(**self._dialect.options("maintain"))

    @contextmanager
    def exclusive(self, name: str) -> Iterator[bool]:
        """Do something that only one at a time may do, or learn that somebody else does it.

        Args:
            name: of what is done, fit for a file's name.

        Yields:
            False where somebody else is at it, in this process or another.
        """
        with ExitStack() as held:
            with self._translated():
                mine = held.enter_context(self._dialect.exclusive(self._engine, name))
            yield mine

    def close(self) -> None:
        """Give back every connection; the next operation opens new ones."""
        if "_engine" in self.__dict__:
            self._engine.dispose()
            del self._engine

    @contextmanager
    def _transaction(self, use: Use) -> Iterator[Connection]:
        options = self._dialect.options(use)
        with (
            deferred(),
            self._translated(),
            self._engine.connect() as connection,
            connection.execution_options(**options).begin(),
        ):
            yield connection
        if self._to_erase and use != "read":
            with suppress(StoreError):  # what was written is committed
                self._erase(0)

    def _erase(self, patience: float) -> bool:
        with self.maintain() as connection:
            self._to_erase = not self._dialect.erase_traces(connection, patience)
        return not self._to_erase

    @cached_property
    def _url(self) -> URL:
        named = addresses.database(self.settings.store)
        # A folder's name may hold what means something in an address.
        return named or URL.create("sqlite", database=str(self.settings.store_file))

    @property
    def _dialect(self) -> Dialect:
        return DIALECTS[self._url.get_backend_name()]

    @cached_property
    def _engine(self) -> Engine:
        engine = self._dialect.connect(
            self._url,
            self.settings.user,
            json_serializer=_to_json,
            json_deserializer=_from_json,
            hide_parameters=True,
        )
        with engine.begin() as connection:
            current = migrations.is_current(connection)
        if not current:
            writer = engine.execution_options(**self._dialect.options("durable"))
            with writer.begin() as connection:
                migrations.migrate(connection)
        return engine

    @translator
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            raise _unavailable(error, self._dialect, self._url) from None


def _to_json(value: Any) -> str:
    return storable(ENCODE(value))


def _from_json(text: str | bytes) -> Any:
    said = text.encode() if isinstance(text, str) else text
    digits = said.translate(None, NO_DIGITS)  # counting them is ten times as fast as searching
    exact = len(digits) >= LONG and TOO_LONG.search(said)
    return (json if exact else orjson).loads(said)


def _unavailable(error: Exception, dialect: Dialect, url: URL) -> StoreError:
    reason = str(error.orig) if isinstance(error, StatementError) else str(error)
    if isinstance(error, StatementError) and not isinstance(error, DBAPIError):
        return StoreError(f"A value cannot be stored ({reason})", "Pass one of the type asked for")
    reason = reason.partition("DETAIL:")[0]  # it repeats what was to be written
    words = f"{getattr(error, 'statement', '')} {reason}"
    if WORDS_TABLE in words:
        return StoreUnavailable(f"Memory's word index is damaged ({reason})", REBUILD)
    cure = next(cure for words, cure in dialect.CURES.items() if words in reason)
    problem = f"The store {dialect.place(url)} cannot be used ({' '.join(reason.split())})"
    return StoreUnavailable(problem, cure)
