"""Jobs of fine-tuning as they are known on disk. What may follow what is in `tuning.jobs`.

A job changes state only from the one that its mover believes it to be in, so of two who press at
once one learns that the other was first. The database itself holds that a backend has at most one
job that is under way.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    RowMapping,
    Select,
    Table,
    Text,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError

from kagura_nb.records import Job, JobEvent, State
from kagura_nb.store import datasets
from kagura_nb.store.rows import to_text
from kagura_nb.store.schema import ORDERED

metadata = MetaData()
jobs = Table(
    "jobs",
    metadata,
    Column("id", ORDERED, primary_key=True),
    Column("dataset", Text, nullable=False),
    Column("backend", Text, nullable=False),
    Column("base_model", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("epochs", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", ORDERED, nullable=False),
    Column("options", JSON, nullable=False),
    Column("remote_id", Text),
    Column("files", JSON, nullable=False),
    Column("model", Text),
    Column("tokens", Integer),
    Column("cost", Text),
    Column("estimate", Text),
    Column("share", Float, nullable=False),
    Column("problem", Text),
    Column("seen", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("remains", Text, nullable=False),
)
SOUGHT_FOR = timedelta(days=7)
"""How long a job that its vendor does not list is looked for unasked."""
UNDER_WAY: tuple[State, ...] = ("approved", "uploading", "submitting", "queued", "running")
ACTIVE = text(f"state IN {UNDER_WAY}")
Index("one_active_job", jobs.c.backend, unique=True, sqlite_where=ACTIVE, postgresql_where=ACTIVE)
job_events = Table(
    "job_events",
    metadata,
    Column("job_id", ORDERED, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", ORDERED, nullable=False),
    Column("state", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("step", Integer),
    Column("steps", Integer),
    Column("loss", Float),
    Column("validation_loss", Float),
    Column("tokens", Integer),
    Column("memory", BigInteger),
)

SUCCEEDED = select(jobs.c.dataset).where(jobs.c.state == "succeeded")
"""The datasets that a model was trained on."""


def add(connection: Connection, job: Job) -> None:
    """Record a job that is planned."""
    connection.execute(insert(jobs), {**_to_row(asdict(job)), "seen": ""})


def get(connection: Connection, reference: str) -> Job | None:
    """The newest job whose id ends so, `last` meaning the newest one; None where there is none."""
    wanted = reference.strip().upper()
    query = select(jobs).order_by(jobs.c.id.desc()).limit(1)
    if wanted != "LAST":
        query = query.where(jobs.c.id.endswith(wanted, autoescape=True))
    return next(iter(_read(connection, query)), None)


def latest(connection: Connection, count: int = 100) -> list[Job]:
    """The latest jobs, newest first."""
    return _read(connection, select(jobs).order_by(jobs.c.id.desc()).limit(count))


def under_way(connection: Connection) -> list[Job]:
    """The jobs that somebody must go on with, oldest first."""
    return _read(connection, select(jobs).where(jobs.c.state.in_(UNDER_WAY)).order_by(jobs.c.id))


def unfinished(connection: Connection) -> list[Job]:
    """Those, and the ended ones of which something is left at the vendor, oldest first."""
    wanted = jobs.c.state.in_(UNDER_WAY) | (jobs.c.remains != "")
    return _read(connection, select(jobs).where(wanted).order_by(jobs.c.id))


def lost(connection: Connection) -> list[Job]:
    """The jobs that their vendor did not list and that may still appear there, oldest first."""
    since = to_text(datetime.now(UTC) - SOUGHT_FOR)
    of = jobs.c
    query = select(jobs).where(of.state == "failed", of.remote_id == "", of.created_at >= since)
    return _read(connection, query.order_by(of.id))


def promised(connection: Connection) -> Decimal:
    """USD that the jobs under way, and those that may be, are estimated at; those without a price
    are left out.
    """
    open = [*under_way(connection), *lost(connection)]
    return sum((one.estimate for one in open if one.estimate), Decimal(0))


def trained_on(connection: Connection, versions: Sequence[str]) -> list[Job]:
    """Jobs that have brought any of these datasets to a model or to a vendor."""
    touched = jobs.c.state.not_in(("planned", "approved"))
    return _read(connection, select(jobs).where(jobs.c.dataset.in_(versions), touched))


def move(connection: Connection, job: Job, state: State, **changes: Any) -> bool:
    """Change a job's state and other columns; False where it is no longer as `job` says.

    That a backend has another job under way makes it False too.
    """
    query = update(jobs).where(jobs.c.id == job.id, jobs.c.state == job.state)
    try:
        with connection.begin_nested():
            moved = connection.execute(query.values(state=state, **_to_row(changes)))
    except IntegrityError:
        return False
    return moved.rowcount == 1


def seen(connection: Connection, job_id: str) -> str:
    """How far the backend's events are recorded, in the backend's own terms."""
    return connection.scalar(select(jobs.c.seen).where(jobs.c.id == job_id)) or ""


def append(connection: Connection, job_id: str, happened: Iterable[JobEvent]) -> None:
    """Record events behind those there are."""
    last = select(func.max(job_events.c.number)).where(job_events.c.job_id == job_id)
    first = (connection.scalar(last) or 0) + 1
    rows = [
        {"job_id": job_id, "number": number, **asdict(one), "at": to_text(one.at)}
        for number, one in enumerate(happened, first)
    ]
    if rows:
        connection.execute(insert(job_events), rows)


def events(connection: Connection, job_id: str, after: int = 0) -> list[tuple[int, JobEvent]]:
    """Events behind a number, each with its own, oldest first."""
    names = [one.name for one in fields(JobEvent)]
    of = job_events.c
    query = select(job_events).where(of.job_id == job_id, of.number > after).order_by(of.number)
    found = []
    for row in connection.execute(query).mappings():
        values = {name: row[name] for name in names}
        at = datetime.fromisoformat(values.pop("at"))
        found.append((row["number"], JobEvent(at, **values)))
    return found


def models(connection: Connection) -> list[str]:
    """What the latest succeeded jobs have made, as `provider:model`, newest first."""
    query = select(jobs.c.model).where(jobs.c.state == "succeeded", jobs.c.model.is_not(None))
    return list(connection.scalars(query.order_by(jobs.c.id.desc()).limit(100)))


def steps(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """How many steps each of so many jobs as a statement takes has done, and of how many."""
    of = job_events.c
    query = select(of.job_id, func.max(of.step), func.max(of.steps)).where(of.job_id.in_(ids))
    found = connection.execute(query.group_by(of.job_id))
    return {job: (done, all) for job, done, all in found if done and all}


def pace(connection: Connection, job: Job) -> float | None:
    """Seconds that a token of the dataset took, each time it was seen, in the latest succeeded job
    like this one; None where there is none. What a trainer counts itself is another unit.
    """
    of, happened = jobs.c, job_events.c
    like = [of[name] == getattr(job, name) for name in ("backend", "base_model", "method")]
    query = select(of.dataset, of.epochs, func.min(happened.at), func.max(happened.at))
    query = query.join(job_events, happened.job_id == of.id).where(*like, of.state == "succeeded")
    query = query.where(happened.state.in_(("running", "succeeded"))).group_by(of.id)
    found = connection.execute(query.order_by(of.id.desc())).first()
    known = found and datasets.get(connection, found[0])
    if not found or not known:
        return None
    _, epochs, first, last = found
    taken = datetime.fromisoformat(last) - datetime.fromisoformat(first)
    return float(taken.total_seconds() / (known.train_tokens * epochs))


def used(connection: Connection) -> int:
    """Number of conversations that a model was trained on."""
    of = datasets.lineage.c
    query = select(func.count(of.conversation_id.distinct()))
    return connection.scalar(query.where(of.version.in_(SUCCEEDED), of.part != datasets.OUT)) or 0


def _read(connection: Connection, query: Select[Any]) -> list[Job]:
    return [_to_job(row) for row in connection.execute(query).mappings()]


def _to_job(row: RowMapping) -> Job:
    values = {one.name: row[one.name] for one in fields(Job)}
    for name in ("cost", "estimate"):
        values[name] = None if values[name] is None else Decimal(values[name])
    values["created_at"] = datetime.fromisoformat(values["created_at"])
    return Job(**{**values, "files": tuple(values["files"])})


def _to_row(values: dict[str, Any]) -> dict[str, Any]:
    kinds: dict[type, Any] = {Decimal: str, datetime: to_text, tuple: list}
    return {
        name: kinds.get(type(value), lambda same: same)(value) for name, value in values.items()
    }
