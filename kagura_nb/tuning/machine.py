"""One step of a job, so that it is paid for once, whatever crashes in between.

    approved, uploading   the rows are handed over, then the job is submitted by one request
    submitting            the request was made, or was about to be: only looked for from now on
    failed, not found     as before: whoever looks again goes on with it if it has appeared
    queued, running       the vendor's news are written down
    succeeded             cost, deployment and state are written down together
    any end               what was uploaded is deleted, until nothing of it is left

A state is on disk before the remote call that it stands for, and what came of the call is on disk
before the next one. What the vendor or the store cannot do just now is told and done again. A
refusal ends a job as long as it has cost nothing; from then on only the vendor's own word does. The
caller sees to it that nobody else takes a step at the same time.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from kagura_nb import pricing
from kagura_nb.datasets import Datasets
from kagura_nb.errors import (
    ExchangeError,
    KaguraError,
    OutcomeUnknown,
    ProviderError,
    StoreError,
    TuningError,
)
from kagura_nb.privacy import consent
from kagura_nb.records import Dataset, Job, JobEvent, State, Usage, short
from kagura_nb.store import ConversationCollector, deployments, jobs, ledger
from kagura_nb.store.datasets import TRAIN, VALIDATION
from kagura_nb.tuning.base import Backend, Report

SUBMITTED = ("submitting", "queued", "running")
"""The states in which a job may be paid for already."""
LOST_AFTER = 120.0
"""Seconds after which a job that the vendor does not list is waited for no more. It may appear
there later: lists lag behind, and a request may be taken late."""
NOT_LISTED = "The vendor does not list the job yet. It is looked for again."
UPLOADED = "They are deleted once the job has ended."


class Machine:
    """Takes the steps of a user's jobs.

    Args:
        store: of the user.
        backends: who trains, by name.
    """

    def __init__(self, store: ConversationCollector, backends: Mapping[str, Backend]) -> None:
        self._store = store
        self._database = store.database
        self._datasets = Datasets(store)
        self._backends = backends

    def step(self, job: Job) -> None:
        """Take the next step; a job without one is left as it is."""
        if job.state not in STEPS:
            return
        try:
            STEPS[job.state](self, job)
        except OutcomeUnknown as error:
            self._note(self._now(job), str(error))
        except (KaguraError, OSError) as error:
            passes = isinstance(error, ProviderError | StoreError | OSError)
            if passes or job.state in SUBMITTED:
                self._note(self._now(job), f"{str(error).rstrip('.')}. It is tried again.")
            else:
                self._end(self._now(job), "failed", problem=str(error))
        except Exception as error:  # ours to mend; its text may hold what was said
            self._note(self._now(job), f"The next step fails with {type(error).__name__}.")
            raise

    def _upload(self, job: Job) -> None:
        """Hand the rows over; what is at the vendor already is not sent again."""
        trainer = self._backends[job.backend]
        if trainer.consent:
            consent.require(self._database, trainer.consent, self._store.settings)
        dataset = self._datasets.get(job.dataset)
        begun = job.state == "uploading" or self.move(
            job, "uploading", "Uploading the rows.", remains=UPLOADED
        )
        if not begun:
            return
        sizes = {TRAIN: dataset.train_rows, VALIDATION: dataset.validation_rows}
        files: list[str] = []
        for part in (part for part, rows in sizes.items() if rows):
            with self._datasets.draft() as folder:
                path = folder / f"{part}.jsonl"
                self._write(dataset, part, trainer.formats[job.method], path)
                files.append(trainer.upload(job, path))
            self._change(job, files=files)
        self._submit(self._now(job), trainer)

    def _write(self, dataset: Dataset, part: str, format: str, path: Path) -> None:
        try:
            self._datasets.write(dataset, part, format, path)
        except ExchangeError as error:
            raise TuningError(
                error.problem, "Make room on the disk, then train again with `%kagura train`"
            ) from error

    def _submit(self, job: Job, trainer: Backend) -> None:
        """The one request that is paid for."""
        if not self.move(job, "submitting", "Submitting the job."):
            return
        submitting = self._now(job)
        try:
            remote = trainer.submit(submitting, submitting.files)
        except ProviderError:
            self.move(submitting, "uploading")
            raise
        self.move(submitting, "queued", "The job is accepted.", remote_id=remote)

    def _look(self, job: Job) -> None:
        """Whether a job whose submission was cut off reached the vendor."""
        remote = self._backends[job.backend].find(job)
        if remote is not None:
            self.move(job, "queued", "The job is found at the vendor.", remote_id=remote)
            return
        self._note(job, NOT_LISTED)  # the time in which it could not be asked does not count
        if self._age(job) > LOST_AFTER:
            self._give_up(job)

    def _give_up(self, job: Job) -> None:
        """End a job that was not found; one of a vendor's may still appear there."""
        if self._backends[job.backend].consent is None:
            gone = TuningError("The training was not begun", "Begin it again with `%kagura train`")
            self._end(job, "failed", problem=str(gone))
            return
        lost = TuningError(
            f"The job was not found at {job.address or job.backend}, where it may still appear and"
            " be paid for",
            f"`%kagura jobs {short(job.id)}` goes on with it then, and with --cancel ends it; look"
            " there before you train again",
        )
        self._end(job, "failed", problem=str(lost), remote_id="")

    def _look_again(self, job: Job) -> bool:
        """Go on with a job that was given up as not found, if it has appeared; say whether."""
        remote = self._backends[job.backend].find(job)
        if remote is None:
            return False
        told = "The job has appeared at the vendor."
        if self.move(job, "queued", told, remote_id=remote, problem=None):
            return True
        self._note(job, f"{told} It is {remote} there, and another one is under way here.")
        return False

    def _poll(self, job: Job) -> None:
        with self._database.read() as connection:
            seen = jobs.seen(connection, job.id)
        report = self._backends[job.backend].poll(job, seen)
        if report.state in ("queued", "running"):
            with self._database.write(durable=True) as connection:
                jobs.append(connection, job.id, report.events)
                jobs.move(connection, job, report.state, seen=report.seen)
        else:
            self._end_with(job, report)

    def _end_with(self, job: Job, report: Report) -> None:
        self._end(
            job,
            report.state,
            report,
            model=report.model,
            problem=report.problem,
            tokens=report.tokens,
            cost=self._cost(job, report),
        )

    def _cost(self, job: Job, report: Report) -> Decimal | None:
        """USD, by the tokens billed; of a success whose vendor does not tell them, the estimate."""
        if report.tokens is None:
            return job.estimate if report.state == "succeeded" or not job.estimate else None
        settings = self._store.settings
        return pricing.training_cost(job.backend, job.base_model, report.tokens, settings)

    def _end(self, job: Job, state: State, report: Report | None = None, **changes: Any) -> None:
        """End a job: cost, deployment and state are on disk together."""
        with self._database.write(durable=True) as connection:
            if not jobs.move(connection, job, state, **changes):
                return
            ended = replace(job, state=state, **changes)
            last = JobEvent(datetime.now(UTC), state, _last_words(ended))
            jobs.append(connection, job.id, [*(report.events if report else ()), last])
            if ended.tokens is not None or (job.state in SUBMITTED and state != "failed"):
                usage = None if ended.tokens is None else Usage(ended.tokens, 0)
                made = f"{job.backend}:{job.base_model}"
                ledger.add(connection, "training", made, usage=usage, cost=ended.cost)
            if ended.model and job.share:
                deployments.push(connection, ended.model, job.share, ended)
        self._clean_up(self._now(job))

    def _clean_up(self, job: Job) -> None:
        """Delete what was uploaded for a job that has ended, unless nothing is left of it."""
        if job.lost and self._look_again(job):
            return
        if not job.remains:
            return
        remains = ""
        try:
            self._backends[job.backend].clean_up(job)
        except (KaguraError, OSError) as error:
            remains = f"They are not deleted yet; it is tried again. {error}"
        self._change(job, remains=remains)

    def cancel(self, job: Job) -> None:
        """Ask for the end of a job; one that has ended is left as it is.

        Raises:
            TuningError: it is not known yet whether the vendor has it, or the backend refuses.
        """
        if job.lost:
            self._cancel_lost(job)
            return
        if job.ended:
            return
        if job.state == "submitting":
            self._look(job)
            job = self._now(job)
            if job.ended:
                return
            if job.state == "submitting":
                raise TuningError(
                    "It is not known yet whether the vendor has the job", "Try again in two minutes"
                )
        if job.state in ("queued", "running"):
            self._backends[job.backend].cancel(job)
            self._note(job, "Asked for its end.")
        else:
            self._end(job, "cancelled")

    def _cancel_lost(self, job: Job) -> None:
        """End a job that was not found if it has appeared, also beside another one."""
        trainer = self._backends[job.backend]
        if remote := trainer.find(job):
            trainer.cancel(replace(job, remote_id=remote))
            self._look_again(job)
            self._note(self._now(job), "Asked for its end.")

    def abandon(self, job: Job) -> None:
        """Let go of a job, or of what is left of one, that its vendor cannot be asked about, which
        counts as paid if it may be; one that no vendor has heard of is cancelled.
        """
        place = job.address or job.backend
        if self._backends[job.backend].consent is None or job.state in ("planned", "approved"):
            self.cancel(job)
        elif job.state in SUBMITTED:
            left = f"Abandoned: {place} may go on with it, bill it and keep its rows."
            self._end(job, "cancelled", problem=left, remains="", cost=job.estimate)
        elif not job.ended:
            left = f"Abandoned: {place} may keep its rows."
            self._end(job, "cancelled", problem=left, remains="")
        elif job.remains or job.lost:
            self._note(job, f"What is left at {place} is abandoned.")
            self._change(job, remains="", **({"remote_id": None} if job.lost else {}))

    def move(self, job: Job, state: State, message: str = "", **changes: Any) -> bool:
        """Change a job's state and tell that; False where it is no longer as `job` says."""
        with self._database.write(durable=True) as connection:
            return move(connection, job, state, message, **changes)

    def _change(self, job: Job, **changes: Any) -> None:
        current = self._now(job)
        with self._database.write(durable=True) as connection:
            jobs.move(connection, current, current.state, **changes)

    def _note(self, job: Job, message: str) -> None:
        """Tell the same thing once, however often it happens in a row; a store that cannot take it
        costs the line alone.
        """
        known = self._told(job)
        if not known or known[-1].message != message:
            with suppress(StoreError), self._database.write() as connection:
                event = JobEvent(datetime.now(UTC), job.state, message)
                jobs.append(connection, job.id, [event])

    def _age(self, job: Job) -> float:
        """Seconds since the last news of a job in its state: that it is submitted, that no answer
        came, or why it could not be looked for.
        """
        began = max(one.at for one in self._told(job) if one.state == job.state)
        return (datetime.now(UTC) - began).total_seconds()

    def _now(self, job: Job) -> Job:
        with self._database.read() as connection:
            return jobs.get(connection, job.id) or job

    def _told(self, job: Job) -> list[JobEvent]:
        with self._database.read() as connection:
            return [event for _, event in jobs.events(connection, job.id)]


def move(connection: Connection, job: Job, state: State, message: str = "", **changes: Any) -> bool:
    """Change a job's state and tell that; False where it is no longer as `job` says."""
    moved = jobs.move(connection, job, state, **changes)
    if moved and message:
        jobs.append(connection, job.id, [JobEvent(datetime.now(UTC), state, message)])
    return moved


def _last_words(job: Job) -> str:
    if job.state == "succeeded":
        return f"Done: {job.model}."
    return job.problem or "Cancelled."


STEPS: Mapping[State, Callable[[Machine, Job], None]] = {
    "approved": Machine._upload,
    "uploading": Machine._upload,
    "submitting": Machine._look,
    "queued": Machine._poll,
    "running": Machine._poll,
    "succeeded": Machine._clean_up,
    "failed": Machine._clean_up,
    "cancelled": Machine._clean_up,
}
"""What is done next in each state that has a next one."""
