"""Which models answer in front of the base one, and which sessions each of them was given.

    deployments    a stack: the newest that has not ended is on top, and going back ends it
    assignments    whether a session is in the share of a model, drawn once and kept

A deployment without a model puts the base one in front again.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Double,
    ForeignKey,
    MetaData,
    RowMapping,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from kagura_nb.records import GOOD_RATING, Arm, Job
from kagura_nb.store.rows import new_id, storable, to_text
from kagura_nb.store.schema import ORDERED, conversations

metadata = MetaData()
deployments = Table(
    "deployments",
    metadata,
    Column("id", ORDERED, primary_key=True),
    Column("since", ORDERED, nullable=False),
    Column("model", Text),
    Column("share", Double, nullable=False),
    Column("job", ORDERED),
    Column("dataset", Text),
    Column("ended_at", ORDERED),
)
assignments = Table(
    "assignments",
    metadata,
    Column("session", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("deployment", ORDERED, ForeignKey("deployments.id"), nullable=False),
    Column("tuned", Boolean, nullable=False),
)

SEEN_BY = (
    select(deployments, assignments.c.tuned)
    .outerjoin(
        assignments,
        and_(
            assignments.c.model == deployments.c.model,
            assignments.c.session == bindparam("session"),
        ),
    )
    .where(deployments.c.ended_at.is_(None))
    .order_by(deployments.c.id.desc())
)
ASSIGNED = select(assignments.c.tuned).where(
    assignments.c.session == bindparam("session"), assignments.c.model == bindparam("model")
)
"""Both are made once, because every turn asks them."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """A model in front of what answered before.

    Args:
        id: sortable identifier (ULID).
        model: `provider:model`.
        share: of the sessions, above 0 and up to 1.
        since: from when on, aware, in UTC.
        job: id of the job that made the model, where one did.
        dataset: version of what that job was trained on.
        ended_at: when it was taken back, None while it stands.
    """

    id: str
    model: str
    share: float
    since: datetime
    job: str | None = None
    dataset: str | None = None
    ended_at: datetime | None = None

    @property
    def whole(self) -> bool:
        """Whether it answers every session."""
        return self.share == 1


@dataclass(frozen=True, slots=True)
class Ratings:
    """How the replies of one arm were judged.

    Args:
        conversations: number of conversations.
        rated: how many of them have stars or a correction.
        good: how many have good stars and needed no correction.
        starred: how many have stars.
        stars: their sum.
    """

    conversations: int = 0
    rated: int = 0
    good: int = 0
    starred: int = 0
    stars: int = 0


def push(connection: Connection, model: str, share: float, job: Job | None) -> Rollout:
    """Put a model in front from now on."""
    now = datetime.now(UTC)
    row = {
        "id": new_id(now),
        "since": to_text(now),
        "model": storable(model),
        "share": share,
        "job": job and job.id,
        "dataset": job and job.dataset,
        "ended_at": None,
    }
    connection.execute(insert(deployments), row)
    return _to_rollout(row)


def end(connection: Connection, identifier: str) -> None:
    """Take a deployment back."""
    query = update(deployments).where(deployments.c.id == identifier)
    connection.execute(query.values(ended_at=to_text(datetime.now(UTC))))


def history(connection: Connection) -> list[Rollout]:
    """Every deployment, newest first."""
    return _read(connection, select(deployments))


def standing(connection: Connection) -> list[Rollout]:
    """The deployments that have not ended, the one in front first."""
    return _read(connection, select(deployments).where(deployments.c.ended_at.is_(None)))


def seen_by(connection: Connection, session: str) -> list[tuple[Rollout, bool | None]]:
    """What stands, and whether the session is in the share of it; None where it was not drawn."""
    rows = connection.execute(SEEN_BY, {"session": session}).mappings()
    return [(_to_rollout(row), row["tuned"]) for row in rows]


def assign(connection: Connection, session: str, arm: Arm) -> None:
    """Keep what was drawn for a session; what was kept before stays."""
    key = {"session": session, "model": arm.model}
    if connection.scalar(ASSIGNED, key) is None:
        row = {**key, "deployment": arm.deployment, "tuned": arm.tuned}
        connection.execute(insert(assignments), row)


def prune(connection: Connection) -> None:
    """Forget the sessions of which no conversation is left."""
    left = exists().where(conversations.c.session == assignments.c.session)
    connection.execute(delete(assignments).where(~left))


def ratings(connection: Connection, model: str) -> dict[bool, Ratings]:
    """How replies were judged while a model had a share: those in the share, and the others."""
    row = conversations.c
    tuned = (row.metadata["arm"].as_string() == "tuned").label("tuned")
    shared = select(deployments.c.id).where(deployments.c.model == model, deployments.c.share < 1)
    sessions = select(assignments.c.session).where(assignments.c.model == model)
    rated = or_(row.rating.is_not(None), row.correction.is_not(None))
    good = and_(row.rating >= GOOD_RATING, row.correction.is_(None))
    query = select(
        tuned,
        func.count(),
        _count(rated),
        _count(good),
        func.count(row.rating),
        func.coalesce(func.sum(row.rating), 0),
    )
    query = query.where(row.session.in_(sessions))
    query = query.where(row.metadata["deployment"].as_string().in_(shared)).group_by("tuned")
    return {bool(arm): Ratings(*map(int, sums)) for arm, *sums in connection.execute(query)}


def _count(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _read(connection: Connection, query: Select[Any]) -> list[Rollout]:
    rows = connection.execute(query.order_by(deployments.c.id.desc())).mappings()
    return [_to_rollout(row) for row in rows]


def _to_rollout(row: RowMapping | dict[str, Any]) -> Rollout:
    return Rollout(
        row["id"],
        row["model"],
        row["share"],
        datetime.fromisoformat(row["since"]),
        row["job"],
        row["dataset"],
        row["ended_at"] and datetime.fromisoformat(row["ended_at"]),
    )
