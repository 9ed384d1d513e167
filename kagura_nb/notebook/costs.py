"""`%kagura costs`: what a month's replies, trainings and vectors cost, as charts and a table."""

from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args

import click

from kagura_nb import costs as spending
from kagura_nb.costs import Key, Month
from kagura_nb.notebook.charts import amount, costs_image
from kagura_nb.notebook.views import Bar, View, line, table, usd
from kagura_nb.notebook.workspace import Workspace, pass_workspace
from kagura_nb.pricing import PRICE_FILE
from kagura_nb.store.ledger import Sum

FIRST_YEAR, LAST_YEAR = 2000, 2999
NAMED = 3
"""Unpriced models that are named at most."""


class MonthName(click.ParamType[date]):
    """A month as YYYY-MM, meaning its first day."""

    name = "month"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Parse it, or fail with the form that is wanted."""
        try:
            first = datetime.strptime(value, "%Y-%m").date()
        except ValueError:
            first = date.min
        if not FIRST_YEAR <= first.year <= LAST_YEAR:
            self.fail(f"{value!r} is not a month like 2026-11", param, ctx)
        return first


@click.command()
@click.option("--month", type=MonthName(), help="This month, YYYY-MM; the present one by default.")
@click.option("--by", "key", type=click.Choice(get_args(Key)), default="day", help="What is added.")
@pass_workspace
def costs(workspace: Workspace, month: date | None, key: Key) -> View:
    """Show what a month costs by day, model or purpose, its forecast, and what is left of the
    budget.
    """
    database = workspace.assistant.store.database
    return view(spending.month(database, month), key, database.settings.home / PRICE_FILE)


def view(month: Month, key: Key, price_file: Path) -> View:
    """A month's costs in sentences, as charts and as a table.

    Args:
        month: which one.
        key: what the table adds up.
        price_file: where the owner's own prices are.
    """
    name = f"{month.first:%B %Y}"
    if not month.totals:
        return line(f"Nothing was used in {name}.")
    told = [line(one) for one in _told(month, price_file)]
    heads = (key, "uses", "tokens sent", "received", "cost", "")
    sums = table(f"{name}, by {key}", heads, _rows(month, key))
    chart = costs_image(month) if month.total.cost else ""
    plain = "\n".join(one.plain for one in told)
    html = "".join(one.html for one in told)
    return View(f"{plain}\n\n{sums.plain}", html + chart + sums.html)


def _told(month: Month, price_file: Path) -> list[str]:
    """The month in sentences."""
    said = [f"Spent in {month.first:%B %Y}: {amount(month.total)}."]
    if month.budget is not None and month.left is not None:
        how = "is left" if month.left >= 0 else "too much is spent"
        beside = f", beside {usd(month.promised)} for trainings under way" * bool(month.promised)
        said.append(f"The budget is {usd(month.budget)}: {usd(abs(month.left))} {how}{beside}.")
    if month.forecast:
        so_far = f"the average of {month.begun} of {month.days} days, times {month.days}"
        said.append(f"At this rate it comes to {usd(month.forecast)}: {so_far}.")
    if models := [name for name, one in month.by("model").items() if one.unpriced]:
        named = ", ".join(models[:NAMED]) + (" and others" if len(models) > NAMED else "")
        said.append(
            f"Unpriced and in no sum: {month.total.unpriced:,} of {month.total.entries:,} uses"
            f" ({named}). A price in {price_file} counts from then on."
        )
    return said


def _rows(month: Month, key: Key) -> list[tuple[object, ...]]:
    sums = month.by(key)
    most = max(one.cost for one in sums.values())
    rows = [
        _row(name, one, Bar(float(one.cost / most)) if one.cost else "")
        for name, one in sums.items()
    ]
    return rows if len(rows) == 1 else [*rows, _row("all", month.total, "")]


def _row(name: str, one: Sum, bar: object) -> tuple[object, ...]:
    about = "~" if one.estimated else ""
    sent, received = f"{about}{one.prompt_tokens:,}", f"{about}{one.completion_tokens:,}"
    return name, f"{one.entries:,}", sent, received, amount(one), bar
