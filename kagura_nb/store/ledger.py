"""What was spent: a line for every turn, every training and every request for vectors.

No line says what was said or in which conversation, so it stays when conversations are forgotten.
Amounts are whole picodollars (USD 1e-12), in which prices per million tokens with up to six
decimals are exact, so that every database sums them exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    case,
    func,
    insert,
    select,
)

from kagura_nb.records import Usage
from kagura_nb.store.rows import storable, to_text
from kagura_nb.store.schema import ORDERED

Purpose = Literal["chat", "training", "embedding"]

PICODOLLARS = 10**12

ledger = Table(
    "ledger",
    MetaData(),
    Column("at", ORDERED, nullable=False),
    Column("model", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("prompt_tokens", Integer),
    Column("completion_tokens", Integer),
    Column("picodollars", BigInteger),
    Column("estimated", Boolean, nullable=False),
)
Index("ledger_by_time", ledger.c.at)

ADD = insert(ledger)


@dataclass(frozen=True, slots=True)
class Sum:
    """Several lines together.

    Args:
        entries: how many.
        unpriced: how many of them have no price; they add nothing to `cost`.
        estimated: of how many the tokens are our estimate.
        prompt_tokens: tokens sent, or trained on.
        completion_tokens: tokens received.
        cost: USD of those that have a price.
    """

    entries: int = 0
    unpriced: int = 0
    estimated: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: Decimal = Decimal(0)

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(
            self.entries + other.entries,
            self.unpriced + other.unpriced,
            self.estimated + other.estimated,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cost + other.cost,
        )


@dataclass(frozen=True, slots=True)
class Total:
    """What one model was paid for one purpose in one period.

    Args:
        period: number of the period, from 0.
        model: `provider:model`.
        purpose: what it was used for.
        sum: of those lines.
    """

    period: int
    model: str
    purpose: str
    sum: Sum


def add(
    connection: Connection,
    purpose: Purpose,
    model: str,
    *,
    at: datetime | None = None,
    usage: Usage | None = None,
    cost: Decimal | None = None,
) -> None:
    """Write a line.

    Args:
        connection: a transaction that writes.
        purpose: what was paid for.
        model: `provider:model` that was used or made.
        at: when, aware; now by default.
        usage: tokens, where known; what was trained on counts as prompt.
        cost: price in USD; None where unknown.
    """
    row = {
        "at": to_text(at or datetime.now(UTC)),
        "model": storable(model),
        "purpose": purpose,
        "prompt_tokens": usage and usage.prompt_tokens,
        "completion_tokens": usage and usage.completion_tokens,
        "picodollars": None if cost is None else round(cost * PICODOLLARS),
        "estimated": usage is not None and usage.estimated,
    }
    connection.execute(ADD, row)


def totals(connection: Connection, bounds: Sequence[datetime]) -> list[Total]:
    """Sums by period, model and purpose, in one pass.

    Args:
        connection: an open connection.
        bounds: where each period begins and, last, where the last one ends; aware, ascending.
    """
    of, limits = ledger.c, [to_text(one) for one in bounds]
    ends = (of.at < end for _, end in pairwise(limits))
    period = case(*((before, number) for number, before in enumerate(ends))).label("period")
    query = (
        select(
            period,
            of.model,
            of.purpose,
            func.count(),
            func.count() - func.count(of.picodollars),
            func.count().filter(of.estimated),
            func.coalesce(func.sum(of.prompt_tokens), 0),
            func.coalesce(func.sum(of.completion_tokens), 0),
            func.coalesce(func.sum(of.picodollars), 0),
        )
        .where(of.at >= limits[0], of.at < limits[-1])
        .group_by("period", of.model, of.purpose)
        .order_by("period", of.model, of.purpose)
    )
    return [_total(*row) for row in connection.execute(query)]


def _total(period: int, model: str, purpose: str, *sums: int) -> Total:
    entries, unpriced, estimated, sent, received, picodollars = map(int, sums)
    cost = Decimal(picodollars) / PICODOLLARS
    return Total(period, model, purpose, Sum(entries, unpriced, estimated, sent, received, cost))
