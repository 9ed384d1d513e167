"""What a job would take, before anybody approves it: rows, tokens, money, time, warnings.

    billed tokens = tokens of the rows to learn from x epochs
    cost          = billed tokens x price of training a token, None where that is unknown
    time          = billed tokens x the seconds a token took in the last job like it

An unknown price is none, not zero; so is an unknown time.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from kagura_nb import costs, pricing
from kagura_nb.pricing import Price
from kagura_nb.records import Dataset, Job
from kagura_nb.store import Database, jobs
from kagura_nb.tuning.base import Backend

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
        ends_on: the day from which the vendor trains or serves the model no more.
        warnings: what its owner should know, a line each.
    """

    rows: int
    epochs: int
    tokens: int
    cost: Decimal | None
    price: Price | None
    seconds: float | None
    left: Decimal | None
    ends_on: date | None
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
        if self.left is None:
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
        pace = jobs.pace(connection, job.backend, job.base_model)
    ends_on = backend.ends_on(job.base_model)
    return Estimate(
        rows=dataset.train_rows,
        epochs=job.epochs,
        tokens=billed,
        cost=pricing.training_cost(job.backend, job.base_model, billed, settings),
        price=pricing.training_price(job.backend, job.base_model, settings),
        seconds=None if pace is None else pace * billed,
        left=costs.left(database),
        ends_on=ends_on,
        warnings=(*_shutdown(job, ends_on), *dataset.warnings),
    )


def _shutdown(job: Job, ends_on: date | None) -> tuple[str, ...]:
    if ends_on is None or (ends_on - datetime.now(UTC).date()).days > SOON:
        return ()
    when = f"{ends_on:%Y-%m-%d}"
    return (f"{job.backend} ends {job.base_model} on {when}: a model tuned now ends with it.",)
