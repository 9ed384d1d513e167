"""Sessions as a person knows them, and their conversations a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from kagura_nb.records import Conversation
from kagura_nb.store.database import Database
from kagura_nb.store.queries import WHOLE, read
from kagura_nb.store.rows import storable
from kagura_nb.store.schema import conversations

ROW = conversations.c


@dataclass(frozen=True, slots=True)
class Session:
    """A run of conversations.

    Args:
        name: what it is called.
        count: how many conversations it has.
        latest: id of the newest one.
        opening: the first thing that was said in it.
    """

    name: str
    count: int
    latest: str
    opening: str


def latest(database: Database, limit: int) -> list[Session]:
    """The sessions that were talked in last, the latest first."""
    newest = func.max(ROW.id).label("newest")
    query = (
        select(ROW.session, func.count().label("count"), newest, func.min(ROW.id).label("oldest"))
        .group_by(ROW.session)
        .order_by(newest.desc())
        .limit(limit)
    )
    with database.read() as connection:
        found = [tuple(row) for row in connection.execute(query)]
        wanted = select(ROW.id, ROW.prompt).where(ROW.id.in_([oldest for *_, oldest in found]))
        openings = {row.id: row.prompt for row in connection.execute(wanted)}
    return [
        Session(name, count, latest, openings.get(oldest, ""))
        for name, count, latest, oldest in found
    ]


def page(
    database: Database,
    session: str,
    limit: int,
    *,
    before: str | None = None,
    since: str | None = None,
) -> Sequence[Conversation]:
    """Conversations of a session next to one of them, oldest first.

    Args:
        database: the user's store.
        session: its name.
        limit: how many at most.
        before: the nearest ones before this id; without any id, the newest ones.
        since: this one, and the nearest ones after it.
    """
    query = WHOLE.where(ROW.session == storable(session))
    if since is not None:
        with database.read() as connection:
            return read(connection, query.where(ROW.id >= since).order_by(ROW.id).limit(limit))
    if before is not None:
        query = query.where(ROW.id < before)
    with database.read() as connection:
        return read(connection, query.order_by(ROW.id.desc()).limit(limit))[::-1]
