"""Bringing a database to its present form, by an append-only list of steps (`steps`).

Each step runs in one transaction together with its own record, so a crash leaves it done or not
begun. A database that records a step this list lacks was written by a later version and is refused.
"""

from datetime import UTC, datetime

from sqlalchemy import Column, Connection, MetaData, Table, Text, inspect, select

from kagura_nb.errors import StoreTooNew
from kagura_nb.store.steps import STEPS

records = Table(
    "migrations",
    MetaData(),
    Column("name", Text, primary_key=True),
    Column("applied_at", Text, nullable=False),
)


def migrate(connection: Connection) -> None:
    """Bring a database to its present form; the caller holds the write transaction.

    Raises:
        StoreTooNew: the database records a step that this version does not know.
    """
    records.create(connection, checkfirst=True)
    done = set(connection.scalars(select(records.c.name)))
    unknown = done - {step.__name__ for step in STEPS}
    if unknown:
        raise StoreTooNew(
            f"The store was written by a later version of kagura-nb ({', '.join(sorted(unknown))})",
            "Upgrade with `pip install -U kagura-nb`; nothing was changed",
        )
    for step in STEPS:
        if step.__name__ not in done:
            step(connection)
            now = datetime.now(UTC).isoformat()
            connection.execute(records.insert().values(name=step.__name__, applied_at=now))


def is_current(connection: Connection) -> bool:
    """Whether every step, and no unknown one, is recorded."""
    if not inspect(connection).has_table(records.name):
        return False
    done = set(connection.scalars(select(records.c.name)))
    return done == {step.__name__ for step in STEPS}
