"""Jobs, from the plan to the deployed model. Each is paid for once, whatever crashes in between.

    planned ─ approve ─> approved ─> uploading ─> submitting ─> queued ─> running ─> succeeded
       └──────── cancel, or a refusal ───────────────────────────────────────┴> failed, cancelled

One process at a time goes on with a job, see `machine`; any other may watch.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection
from ulid import ULID

from kagura_nb import costs
from kagura_nb.datasets import Datasets
from kagura_nb.errors import SettingsError, StoreUnavailable, TuningError
from kagura_nb.privacy import consent
from kagura_nb.records import Dataset, Job, JobEvent, Method, short
from kagura_nb.store import ConversationCollector, jobs
from kagura_nb.tuning.base import Backend
from kagura_nb.tuning.machine import Machine, move
from kagura_nb.tuning.plan import Estimate, estimate

PATIENCE = 30.0
"""Seconds for which `cancel` and `abandon` wait for another process that goes on with the job."""
FIRST_PAUSE, LONGEST_PAUSE, SLOWER = 0.25, 15.0, 1.3
"""Seconds between two looks at a job in which nothing happens, and how they grow."""


class Jobs:
    """The jobs of one user. Any process may use them at any time.

    Args:
        store: of the user.
        backends: who trains, by name.
    """

    def __init__(self, store: ConversationCollector, backends: Mapping[str, Backend]) -> None:
        self._store = store
        self._database = store.database
        self._datasets = Datasets(store)
        self._backends = backends
        self._machine = Machine(store, backends)

    def plan(
        self, dataset: Dataset, backend: str, base_model: str | None = None, **given: Any
    ) -> tuple[Job, Estimate]:
        """Describe a job as `describe` does, and note it, so that it can be approved."""
        job, found = self.describe(dataset, backend, base_model, **given)
        with self._database.write(durable=True) as connection:
            jobs.add(connection, job)
        return job, found

    def describe(
        self,
        dataset: Dataset,
        backend: str,
        base_model: str | None = None,
        *,
        epochs: int | None = None,
        share: float = 1.0,
        **options: Any,
    ) -> tuple[Job, Estimate]:
        """A job, and what it would take. Nothing leaves the machine, nothing is paid or noted.

        Args:
            dataset: what it trains on; its method is the job's.
            backend: who trains.
            base_model: what is trained; None takes the backend's default.
            epochs: how often each row is seen; None takes the usual number.
            share: of the sessions that the result shall answer; 0 leaves things as they are.
            options: further hyperparameters by the backend's own names.

        Raises:
            TuningError: the backend does not know the method, or refuses.
            SettingsError: an unknown backend, or a number that cannot be.
        """
        trainer = self.backend(backend, dataset.method)
        if epochs is not None and not (isinstance(epochs, int) and epochs >= 1):
            raise SettingsError(
                f"{epochs!r} is no number of epochs", "Use a whole number from 1 on"
            )
        if not 0 <= share <= 1:
            raise SettingsError(f"{share!r} is no share of the sessions", "Use 0 to 1")
        model = base_model or trainer.default_model
        job = Job(
            id=str(ULID()),
            dataset=dataset.version,
            backend=backend,
            base_model=model,
            method=dataset.method,
            epochs=epochs or trainer.epochs(dataset, model),
            state="planned",
            created_at=datetime.now(UTC),
            options=options,
            share=share,
        )
        trainer.check(job, dataset)
        found = estimate(self._database, trainer, job, dataset)
        return replace(job, estimate=found.cost), found

    def approve(self, job: Job) -> Job:
        """Let a planned job begin; `watch` goes on with it.

        Raises:
            ConsentMissing: the owner has not agreed that data goes to the vendor.
            TuningError: it is not planned any more, another one is under way, the budget does not
                allow it, or the backend refuses.
        """
        trainer = self.backend(job.backend, job.method)
        if trainer.consent:
            consent.require(self._database, trainer.consent, self._store.settings)
        trainer.check(job, self._datasets.get(job.dataset))
        planned = replace(job, state="planned")  # whatever the caller knows: no other is approved
        with self._database.write(durable=True) as connection:
            moved = move(connection, planned, "approved", "Approved.", address=trainer.address)
            if moved and job.estimate:  # one transaction: two vendors' jobs do not both fit in
                self._require_budget(connection, job.estimate)
        if not moved:
            raise self._not_approved(job)
        return self.get(job.id)

    def _require_budget(self, connection: Connection, cost: Decimal) -> None:
        left = costs.month_in(connection, costs.budget(self._database)).left
        if left is not None and left < 0:
            raise TuningError(
                f"The job is estimated at ${cost:.2f}, and ${max(left + cost, 0):.2f} of this"
                " month's budget are left, beside what is under way",
                "Train on less, or raise it with `%kagura config monthly_budget`",
            )

    def get(self, reference: str = "last") -> Job:
        """The job of an id, or of the end of one; `last` is the newest.

        Raises:
            TuningError: there is none.
        """
        with self._database.read() as connection:
            found = jobs.get(connection, reference)
        if found is None:
            raise TuningError(f"There is no job {reference!r}", "`%kagura jobs` lists them")
        return found

    def latest(self, count: int = 100) -> list[Job]:
        """The latest jobs, newest first."""
        with self._database.read() as connection:
            return jobs.latest(connection, count)

    def under_way(self) -> list[Job]:
        """The jobs that somebody must go on with, oldest first."""
        with self._database.read() as connection:
            return jobs.under_way(connection)

    def unfinished(self) -> list[Job]:
        """Those, and the ended ones of which something is left at the vendor, oldest first."""
        with self._database.read() as connection:
            return jobs.unfinished(connection)

    def sought(self) -> list[Job]:
        """The unfinished ones, and those that their vendor did not list, which may still appear."""
        with self._database.read() as connection:
            return [*jobs.unfinished(connection), *jobs.lost(connection)]

    def used(self) -> int:
        """Number of conversations that a model was trained on."""
        with self._database.read() as connection:
            return jobs.used(connection)

    def events(self, job: Job, after: int = 0) -> list[tuple[int, JobEvent]]:
        """What happened to a job, each event with its number, oldest first."""
        with self._database.read() as connection:
            return jobs.events(connection, job.id, after)

    def steps(self, of: Sequence[Job]) -> dict[str, tuple[int, int]]:
        """Steps each job has done, and of how many; jobs that tell neither are left out."""
        with self._database.read() as connection:
            return jobs.steps(connection, [one.id for one in of])

    def watch(self, job: Job, after: int = 0) -> Iterator[JobEvent]:
        """Go on with a job and yield what happens to it, until it has ended.

        Args:
            job: approved, or further.
            after: number of the last event that is known already.
        """
        pause, problem = FIRST_PAUSE, ""
        while True:
            news: list[tuple[int, JobEvent]] = []
            try:
                job, news = self._looked(job, after)
                problem = ""
            except StoreUnavailable as error:
                if str(error) != problem:
                    problem = str(error)
                    yield JobEvent(datetime.now(UTC), job.state, f"{problem} It is tried again.")
            for number, event in news:
                yield event
                after = number
            if job.ended or job.state == "planned":
                return
            pause = FIRST_PAUSE if news else min(pause * SLOWER, LONGEST_PAUSE)
            time.sleep(pause)

    def look(self) -> None:
        """Take the next step of every job that is unfinished, or may be."""
        for job in self.sought():
            self.advance(job)

    def advance(self, job: Job) -> Job:
        """Take the next step, unless another process is at it; return the job as it is then."""
        with self._database.exclusive(f"job-{job.id}") as mine:
            if mine:
                self._machine.step(self.get(job.id))
        return self.get(job.id)

    def cancel(self, job: Job) -> Job:
        """Ask for the end of a job; return it as it is then.

        Raises:
            TuningError: it is being submitted this moment, or the backend refuses.
        """
        return self._when_free(job, self._machine.cancel)

    def abandon(self, job: Job) -> Job:
        """Let go of a job whose vendor is gone or knows it no more; nothing is ended or deleted
        there. Return it as it is then.

        Raises:
            TuningError: it is busy.
        """
        return self._when_free(job, self._machine.abandon)

    def backend(self, name: str, method: Method) -> Backend:
        """The backend of a name.

        Raises:
            SettingsError: there is none.
            TuningError: it does not know the method.
        """
        if name not in self._backends:
            known = ", ".join(self._backends)
            raise SettingsError(f"There is no backend {name!r}", f"Use one of {known}")
        found = self._backends[name]
        if method not in found.formats:
            known = " or ".join(found.formats)
            raise TuningError(f"{name} does not train by {method}", f"Use --method {known}")
        return found

    def _when_free(self, job: Job, act: Callable[[Job], None]) -> Job:
        for _ in range(int(PATIENCE / FIRST_PAUSE)):
            with self._database.exclusive(f"job-{job.id}") as mine:
                job = self.get(job.id)
                if mine:
                    act(job)
                    return self.get(job.id)
            time.sleep(FIRST_PAUSE)
        raise TuningError("The job is busy", "Try again in a minute")

    def _looked(self, job: Job, after: int) -> tuple[Job, list[tuple[int, JobEvent]]]:
        now = self.advance(job)
        return now, self.events(now, after)

    def _not_approved(self, job: Job) -> TuningError:
        now = self.get(job.id)
        if now.state != "planned":
            return TuningError(f"The job is {now.state} already", "`%kagura jobs` shows it")
        cure = "Wait for its end"
        for other in self.under_way():
            if other.backend == job.backend:
                cure += f", or `%kagura jobs {short(other.id)} --cancel`"
        return TuningError(f"Another job is under way at {job.backend}", cure)
