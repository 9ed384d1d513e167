"""What a job would take, before anybody approves it: rows, tokens, money, time, warnings.

    billed tokens = tokens of the rows to learn from x epochs
    cost          = billed tokens x price of training a token, None where that is unknown
    time          = the same tokens x the seconds that each took in the last job like it

Tokens are the dataset's, as OpenAI counts them, whoever trains. An unknown price is none, not zero;
so is an unknown time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from kagura_nb import costs, pricing
from kagura_nb.pricing import Price
from kagura_nb.records import Dataset, Job
from kagura_nb.store import Database, jobs
from kagura_nb.tuning.base import Backend, Ending

SOON = 90
"""Days before a vendor's shutdown from which on its owner is warned."""
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a job would take.

    Args:
        rows: to learn from.
        epochs: how often each is seen.
        tokens: billed, all epochs together.
        cost: USD, None where unknown.
        price: where the price of a token is from; None where unknown, or nothing is paid.
        seconds: None where nothing like it was trained before.
        left: USD of the month's budget that are left now; None where there is no limit.
        ending: from when the vendor trains the model, or serves it, no more.
        warnings: what its owner should know, a line each.
    """

    rows: int
    epochs: int
    tokens: int
    cost: Decimal | None
    price: Price | None
    seconds: float | None
    left: Decimal | None
    ending: Ending
    warnings: tuple[str, ...]

    def __str__(self) -> str:
        said = f"{self.rows:,} rows, {self.epochs} times = {self.tokens:,} tokens"
        if self.cost is None:
            return f"{said} at an unknown price"
        if self.cost == 0:
            return f"{said} for nothing"
        return f"{said} for " + (f"${self.cost:.2f}" if self.cost >= CENT else "less than a cent")

    @property
    def within_budget(self) -> bool:
        """Whether it is certain that the month's budget allows it."""
        if self.left is None or self.cost == 0:
            return True
        return self.cost is not None and self.cost <= self.left


def estimate(database: Database, backend: Backend, job: Job, dataset: Dataset) -> Estimate:
    """What a job would take.

    Args:
        database: the user's store: knows earlier jobs, and what was spent.
        backend: that would train.
        job: planned.
        dataset: that it would train on.
    """
    settings = database.settings
    billed = dataset.train_tokens * job.epochs
    with database.read() as connection:
        pace = jobs.pace(connection, job)
    ending, left = backend.ends_on(job.base_model), costs.left(database)
    cost = pricing.training_cost(job.backend, job.base_model, billed, settings)
    warnings = (*_shutdown(job, ending), *_money(cost, left), *_counted(dataset))
    return Estimate(
        rows=dataset.train_rows,
        epochs=job.epochs,
        tokens=billed,
        cost=cost,
        price=pricing.training_price(job.backend, job.base_model, settings),
        seconds=None if pace is None else pace * billed,
        left=left,
        ending=ending,
        warnings=(*warnings, *dataset.warnings),
    )


def so_far(estimate: Decimal, step: int | None, steps: int | None) -> Decimal:
    """USD of an estimate that so many of a job's steps took."""
    return estimate * (step or 0) / (steps or 1)


def _shutdown(job: Job, ending: Ending) -> Iterator[str]:
    if _is_soon(ending.training):
        yield f"{job.backend} trains {job.base_model} no more from {ending.training} on."
    if _is_soon(ending.serving):
        yield (
            f"{job.backend} ends {job.base_model} on {ending.serving}:"
            " a model that is trained from it ends then too."
        )


def _is_soon(day: date | None) -> bool:
    return day is not None and (day - datetime.now(UTC).date()).days <= SOON


def _money(cost: Decimal | None, left: Decimal | None) -> Iterator[str]:
    """Where the budget does not simply allow it."""
    if left is not None and cost is None:
        yield "The price is unknown: whether the month's budget allows it is yours to judge."
    elif left is not None and cost and cost > left:
        yield "It costs more than is left of the month's budget, and cannot begin."


def _counted(dataset: Dataset) -> Iterator[str]:
    if dataset.estimated:
        yield "The number of tokens is an estimate: the vocabulary of tiktoken is not here."
