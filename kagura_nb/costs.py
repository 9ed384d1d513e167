"""What was spent, what the month comes to at that rate, and what is left of its budget.

    forecast = spent so far / days so far x days of the month

Months and days are those of this machine's clock; the day that has begun counts as a whole one.
What has no price is counted as such and adds nothing: every sum is of what is priced.
"""

import calendar
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

from sqlalchemy import Connection

from kagura_nb import pricing
from kagura_nb.errors import StoreError
from kagura_nb.records import Usage
from kagura_nb.store import Database, jobs, ledger
from kagura_nb.store.ledger import Purpose, Sum, Total

Key = Literal["day", "model", "purpose"]


@dataclass(frozen=True, slots=True)
class Month:
    """What was spent in a month.

    Args:
        first: its first day.
        today: the day on which it is looked at.
        totals: sums by day, model and purpose; period 0 is the first day.
        budget: USD that may be spent in a month, None where there is no limit.
        promised: USD that trainings under way are estimated at; 0 for another month than this.
    """

    first: date
    today: date
    totals: tuple[Total, ...]
    budget: Decimal | None = None
    promised: Decimal = Decimal(0)

    @property
    def days(self) -> int:
        """How many days it has."""
        return calendar.monthrange(self.first.year, self.first.month)[1]

    @property
    def begun(self) -> int:
        """How many of its days have begun."""
        return min(max((self.today - self.first).days + 1, 0), self.days)

    @property
    def total(self) -> Sum:
        """Everything together."""
        return sum((one.sum for one in self.totals), Sum())

    @property
    def forecast(self) -> Decimal | None:
        """USD at its end if it goes on as before; None where it is over, or has not begun."""
        if not 0 < self.begun < self.days:
            return None
        return self.total.cost / self.begun * self.days

    @property
    def left(self) -> Decimal | None:
        """USD of the budget that are left, what is promised taken off; below zero where it is
        overspent.
        """
        return None if self.budget is None else self.budget - self.total.cost - self.promised

    def by(self, key: Key) -> dict[str, Sum]:
        """Sums by day in their order, or by model or purpose, the dearest first."""
        sums: dict[str, Sum] = {}
        for one in self.totals:
            name = self._name(one, key)
            sums[name] = sums.get(name, Sum()) + one.sum
        if key == "day":
            return dict(sorted(sums.items()))
        return dict(sorted(sums.items(), key=lambda one: (-one[1].cost, one[0])))

    def daily(self, model: str | None = None) -> list[Decimal]:
        """USD of every day, of all models or of one."""
        spent = [Decimal(0)] * self.days
        for one in self.totals:
            if model in (None, one.model):
                spent[one.period] += one.sum.cost
        return spent

    def _name(self, one: Total, key: Key) -> str:
        if key == "day":
            return (self.first + timedelta(one.period)).isoformat()
        return one.model if key == "model" else one.purpose


def note(database: Database, purpose: Purpose, model: str, usage: Usage | None) -> None:
    """Write a line at the present price; a store that cannot take it costs the line alone.

    Args:
        database: the user's store.
        purpose: what was paid for.
        model: `provider:model` that was used.
        usage: what it consumed; None where it was not used, so that there is no line.
    """
    if usage is None:
        return
    cost = pricing.cost(model, usage, database.settings)
    with suppress(StoreError), database.write() as connection:
        ledger.add(connection, purpose, model, usage=usage, cost=cost)


def month(database: Database, day: date | None = None) -> Month:
    """What was spent in the month of a day; None takes today."""
    with database.read() as connection:
        return month_in(connection, budget(database), day)


def month_in(connection: Connection, budget: Decimal | None, day: date | None = None) -> Month:
    """The same, as a transaction sees it."""
    today = datetime.now().astimezone().date()
    this = today.replace(day=1)
    first = this if day is None else day.replace(day=1)
    days = calendar.monthrange(first.year, first.month)[1]
    bounds = [midnight(first + timedelta(number)) for number in range(days + 1)]
    promised = jobs.promised(connection) if first == this else Decimal(0)
    return Month(first, today, tuple(ledger.totals(connection, bounds)), budget, promised)


def spent(database: Database, day: date | None = None) -> Decimal:
    """USD of what is priced in the month of a day; None takes today."""
    return month(database, day).total.cost


def left(database: Database) -> Decimal | None:
    """USD of this month's budget that are left, what the trainings under way will cost taken off;
    None where there is no limit.
    """
    return month(database).left


def budget(database: Database) -> Decimal | None:
    """USD that may be spent in a month; None where there is no limit."""
    return Decimal(database.settings.monthly_budget or 0) or None


def midnight(day: date) -> datetime:
    """When a day begins by this machine's clock, in UTC."""
    return datetime.combine(day, time()).astimezone(UTC)
