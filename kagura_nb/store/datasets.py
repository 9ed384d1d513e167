"""Which datasets there are, and which conversations went into each: their lineage.

What the rows say is in files, see `kagura_nb.datasets`; here are no texts.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Row,
    Select,
    SelectBase,
    Table,
    Text,
    delete,
    func,
    insert,
    intersect,
    select,
    update,
)

from kagura_nb.records import Dataset
from kagura_nb.store.rows import to_text
from kagura_nb.store.schema import ORDERED

metadata = MetaData()
datasets = Table(
    "datasets",
    metadata,
    Column("version", Text, primary_key=True),
    Column("created_at", ORDERED, nullable=False),
    Column("facts", JSON, nullable=False),
)
lineage = Table(
    "lineage",
    metadata,
    Column("version", Text, primary_key=True),
    Column("conversation_id", ORDERED, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("tokens", Integer),
    Column("reason", Text),
)
Index("by_conversation", lineage.c.conversation_id)

TRAIN, VALIDATION, OUT = "train", "validation", "out"
"""The parts: to learn from, to measure on, left out."""
BATCH = 500
"""Ids looked up by one statement."""
WRITTEN = 5000
"""Rows written by one: a sixth faster than a tenth of them."""


@dataclass(frozen=True, slots=True)
class Line:
    """What became of a conversation in a dataset.

    Args:
        conversation_id: which one.
        part: where it is.
        number: of its line in the part's file, from 0; 0 where it was left out.
        tokens: of its row, None where it was left out.
        reason: why it was left out, None where it was not.
    """

    conversation_id: str
    part: str
    number: int = 0
    tokens: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What one dataset has of another, in conversations.

    Args:
        added: only in the later one.
        removed: only in the earlier one.
        kept: in both.
    """

    added: int
    removed: int
    kept: int


def add(connection: Connection, dataset: Dataset, lines: Iterable[Line]) -> None:
    """Record a dataset. One of the same version gets its facts, and what is left out; whoever was
    in it stays in it beside those that say the same now.
    """
    facts = asdict(dataset)
    row = {"version": facts.pop("version"), "created_at": to_text(facts.pop("created_at"))}
    row |= {"facts": facts}
    if get(connection, dataset.version) is None:
        connection.execute(insert(datasets), row)
    else:
        connection.execute(update(datasets).where(datasets.c.version == dataset.version), row)
        lines = _new(connection, dataset.version, lines)
    left = iter(lines)
    while batch := [_from_line(dataset.version, one) for one in islice(left, WRITTEN)]:
        connection.execute(insert(lineage), batch)


def _new(connection: Connection, version: str, lines: Iterable[Line]) -> Iterator[Line]:
    """The lines that a known dataset lacks, once those of what was left out are gone."""
    of = lineage.c
    connection.execute(delete(lineage).where(of.version == version, of.part == OUT))
    query = select(of.conversation_id, of.part, of.number).where(of.version == version)
    known = {(*row,) for row in connection.execute(query)}
    members = {one for one, *_ in known}
    for one in lines:
        out = one.part == OUT and one.conversation_id in members
        if not out and (one.conversation_id, one.part, one.number) not in known:
            yield one


def versions(connection: Connection) -> set[str]:
    """Every dataset's."""
    return set(connection.scalars(select(datasets.c.version)))


def get(connection: Connection, version: str) -> Dataset | None:
    """The dataset of a version, None where there is none."""
    found = connection.execute(select(datasets).where(datasets.c.version == version)).first()
    return None if found is None else _to_dataset(found)


def latest(connection: Connection, count: int = 100) -> list[Dataset]:
    """The latest datasets, newest first."""
    query = select(datasets).order_by(datasets.c.created_at.desc(), datasets.c.version)
    return [_to_dataset(row) for row in connection.execute(query.limit(count))]


def beginning(connection: Connection, version: str) -> list[Dataset]:
    """The datasets whose versions begin so, two at most."""
    same = datasets.c.version.startswith(version, autoescape=True)
    return [_to_dataset(row) for row in connection.execute(select(datasets).where(same).limit(2))]


def first(connection: Connection, version: str, count: int) -> list[Line]:
    """The first lines of what is learned from, and then of what is measured on."""
    of = lineage.c
    query = _lines().where(of.version == version, of.part != OUT)
    query = query.order_by(of.part, of.number, of.conversation_id)
    return [Line(*row) for row in connection.execute(query.limit(count))]


def find(connection: Connection, version: str, ids: Sequence[str]) -> dict[str, Line]:
    """What became of so many conversations as a statement takes; of several rows the first one."""
    of = lineage.c
    query = _lines().where(of.version == version, of.conversation_id.in_(ids))
    query = query.order_by(of.part.desc(), of.number.desc())
    return {row.conversation_id: Line(*row) for row in connection.execute(query)}


def spread(connection: Connection, version: str) -> list[tuple[int, int]]:
    """How many rows have how many tokens: (tokens, rows), the fewest tokens first."""
    of = lineage.c
    rows = select(of.part, of.number, of.tokens).where(of.version == version, of.part != OUT)
    one = rows.distinct().subquery().c  # several conversations may be one row
    query = select(one.tokens, func.count()).group_by(one.tokens).order_by(one.tokens)
    return [(tokens, number) for tokens, number in connection.execute(query)]


def difference(connection: Connection, before: str, after: str) -> Difference:
    """Which conversations to train or measure on two datasets share."""
    old, new = (_members(version) for version in (before, after))
    had, has, kept = (_count(connection, one) for one in (old, new, intersect(new, old)))
    return Difference(added=has - kept, removed=had - kept, kept=kept)


def holding(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Versions that any of these conversations went into."""
    found: set[str] = set()
    for start in range(0, len(ids), BATCH):
        wanted = lineage.c.conversation_id.in_(ids[start : start + BATCH])
        query = select(lineage.c.version).distinct().where(wanted, lineage.c.part != OUT)
        found.update(connection.scalars(query))
    return found


def remove(connection: Connection, version: str) -> None:
    """Forget a dataset and its lineage."""
    connection.execute(delete(lineage).where(lineage.c.version == version))
    connection.execute(delete(datasets).where(datasets.c.version == version))


def _lines() -> Select[tuple[Any, ...]]:
    of = lineage.c
    return select(of.conversation_id, of.part, of.number, of.tokens, of.reason)


def _members(version: str) -> Select[tuple[str]]:
    of = lineage.c
    return select(of.conversation_id).distinct().where(of.version == version, of.part != OUT)


def _count(connection: Connection, query: SelectBase) -> int:
    return connection.scalar(select(func.count()).select_from(query.subquery())) or 0


def _from_line(version: str, one: Line) -> dict[str, Any]:
    return {
        "version": version,
        "conversation_id": one.conversation_id,
        "part": one.part,
        "number": one.number,
        "tokens": one.tokens,
        "reason": one.reason,
    }


def _to_dataset(row: Row[tuple[object, ...]]) -> Dataset:
    made = Dataset(
        version=row.version, created_at=datetime.fromisoformat(row.created_at), **row.facts
    )
    return replace(made, warnings=tuple(made.warnings))
