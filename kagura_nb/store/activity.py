"""How many conversations there were when, which model answered them, and how many stars they got.

One index has all three, so no conversation is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlalchemy import Connection, Integer, Text, column, func, select, values

from kagura_nb.records import DATED_FROM
from kagura_nb.store.rows import to_text
from kagura_nb.store.schema import conversations


@dataclass(frozen=True, slots=True)
class Count:
    """Conversations of one period that one model answered and that got the same stars.

    Args:
        period: number of the period, from 0.
        model: `provider:model`.
        rating: stars; None where there are none.
        conversations: how many.
    """

    period: int
    model: str
    rating: int | None
    conversations: int


def first(connection: Connection) -> datetime | None:
    """The time of the oldest conversation that has one; None where there is none."""
    at = conversations.c.created_at
    found = connection.scalar(select(func.min(at)).where(at >= to_text(DATED_FROM)))
    return None if found is None else datetime.fromisoformat(found)


def ratings(connection: Connection) -> dict[int, int]:
    """How many conversations of all times have so many stars."""
    rating = conversations.c.rating
    query = select(rating, func.count()).where(rating.is_not(None)).group_by(rating)
    return dict(connection.execute(query).tuples().all())


def counts(connection: Connection, bounds: Sequence[datetime]) -> list[Count]:
    """Numbers of conversations by period, model and stars.

    Args:
        connection: an open connection.
        bounds: where each period begins and, last, where the last one ends; aware, ascending.
    """
    row = conversations.c
    limits = [to_text(one) for one in bounds]
    spans = [(number, *span) for number, span in enumerate(pairwise(limits))]
    names = column("number", Integer), column("since", Text), column("until", Text)
    periods = values(*names, name="spans").data(spans).cte("periods")
    inside = (row.created_at >= periods.c.since) & (row.created_at < periods.c.until)
    keys = periods.c.number, row.model, row.rating
    query = select(*keys, func.count()).select_from(periods.join(conversations, inside))
    return [Count(*found) for found in connection.execute(query.group_by(*keys).order_by(*keys))]
