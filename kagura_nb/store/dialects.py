"""The databases a store can be in, one module each.

sqlite        a file for each user; words in FTS5
postgresql    a schema for each user; words in arrays with a GIN index
"""

from sqlalchemy import Connection

from kagura_nb.store import postgresql, sqlite
from kagura_nb.store.dialect import Dialect

DIALECTS: dict[str, Dialect] = {"sqlite": sqlite, "postgresql": postgresql}


def of(connection: Connection) -> Dialect:
    """The dialect that a connection speaks."""
    return DIALECTS[connection.dialect.name]
