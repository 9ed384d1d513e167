"""When training was offered, so that one offer is made for every so many new good conversations.

Offers are numbered, and a number is given once: of two kernels that are about to make the same one,
the second finds its number taken.
"""

from datetime import UTC, datetime

from sqlalchemy import Column, Connection, Integer, MetaData, Table, func, insert, select
from sqlalchemy.exc import IntegrityError

from kagura_nb.store.datasets import lineage
from kagura_nb.store.jobs import SUCCEEDED
from kagura_nb.store.rows import to_text
from kagura_nb.store.schema import ORDERED, conversations
from kagura_nb.store.selection import Selection

metadata = MetaData()
offers = Table(
    "offers",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", ORDERED, nullable=False),
    Column("fresh", Integer, nullable=False),
    Column("trainings", Integer, nullable=False),
)


def latest(connection: Connection) -> tuple[int, int, int]:
    """Number of the latest offer, and the counts at it; zeros where there was none.

    Returns:
        Its number from 1, the fresh conversations then, and the trainings that had succeeded.
    """
    of = offers.c
    query = select(of.number, of.fresh, of.trainings).order_by(of.number.desc()).limit(1)
    found = connection.execute(query).first()
    return (0, 0, 0) if found is None else (found.number, found.fresh, found.trainings)


def add(connection: Connection, number: int, fresh: int, trainings: int) -> bool:
    """Record an offer; False where its number is taken."""
    row = {"number": number, "fresh": fresh, "trainings": trainings}
    try:
        with connection.begin_nested():
            connection.execute(insert(offers), {**row, "at": to_text(datetime.now(UTC))})
    except IntegrityError:
        return False
    return True


def fresh(connection: Connection, selection: Selection) -> int:
    """How many selected conversations were in front of no training that succeeded."""
    seen = select(lineage.c.conversation_id).where(lineage.c.version.in_(SUCCEEDED))
    query = select(func.count()).select_from(conversations)
    query = query.where(*selection.where(), conversations.c.id.not_in(seen))
    return connection.scalar(query) or 0


def trainings(connection: Connection) -> int:
    """How many trainings have succeeded."""
    query = select(func.count()).select_from(SUCCEEDED.subquery())
    return connection.scalar(query) or 0
