"""What differs from database to database; all else is SQLAlchemy Core and the same for each.

`dialects` names the modules that have these functions.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import URL, Connection, Engine

Positions = NDArray[np.int64]

Use = Literal["read", "write", "durable", "maintain"]
"""What a connection is for: reading one consistent state; writing; writing what is on disk when it
returns; maintenance outside any transaction."""


class Dialect(Protocol):
    """A kind of database. Words come prepared, separated by spaces; both kinds stem English."""

    @property
    def CURES(self) -> Mapping[str, str]:
        """Parts of the database's own messages, the empty one last, and what the user does."""

    @property
    def TYPES(self) -> Mapping[str, str]:
        """What `steps` leave open: ordered, a text in the order of its characters; counted and
        counting, around the name of a key that is never used twice; bytes."""

    def place(self, url: URL) -> str:
        """Where the database is, without its password."""

    def connect(self, url: URL, user: str, **common: Any) -> Engine:
        """An engine on the user's own tables, and on nobody else's."""

    def options(self, use: Use) -> dict[str, Any]:
        """Execution options that make a connection fit for a use."""

    def exclusive(self, engine: Engine, name: str) -> AbstractContextManager[bool]:
        """Whether nobody else, on any machine with this database, does what has this name."""

    def unsample(self, connection: Connection, table: str, columns: Sequence[str]) -> None:
        """Keep what users say out of the samples that a planner takes."""

    def create_words(self, connection: Connection) -> None:
        """Make what keeps the words: part of a step, so it never changes."""

    def write_words(self, connection: Connection, rows: Sequence[tuple[int, str, str]]) -> None:
        """Keep (position, body, label) of positions that have no words yet."""

    def delete_words(self, connection: Connection, positions: Sequence[int]) -> bool:
        """Remove the words of these positions; return whether all were there and could be removed:
        else the table is damaged.
        """

    def clear_words(self, connection: Connection) -> None:
        """Remove all words."""

    def postings(
        self, connection: Connection, terms: Sequence[str], most: int
    ) -> list[tuple[Positions, Positions]]:
        """Up to `most` positions with each term in the body, and those with it in the label."""

    def erase_traces(self, connection: Connection, patience: float, /) -> bool:
        """Leave no byte of removed rows in the tables' files, outside any transaction.

        Args:
            connection: outside any transaction.
            patience: seconds to wait for those who read.

        Returns:
            False where somebody who reads still holds some.
        """
