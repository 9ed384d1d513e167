"""What every backend can do. None of these calls is repeated by a backend on its own account.

A job is paid for by `submit` alone, so it makes exactly one request. Whoever does not know what
became of it looks with `find`, never submits again.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Protocol

from kagura_nb.errors import ServerFailed, ServerUnreachable, TuningError
from kagura_nb.records import Dataset, Job, JobEvent, Method, State


@dataclass(frozen=True, slots=True)
class Report:
    """What a backend knows of a job.

    Args:
        state: `queued`, `running` or how it ended.
        events: what happened since the last report, oldest first.
        seen: what to pass to the next `poll`, so that no event is told twice.
        model: `provider:model` of the result.
        tokens: tokens billed.
        problem: one line that says what went wrong, with its cure.
    """

    state: State
    events: tuple[JobEvent, ...] = ()
    seen: str = ""
    model: str | None = None
    tokens: int | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """When a vendor gives a model up; None: not known.

    Args:
        training: the day from which it trains the model no more.
        serving: the day from which neither the model nor what was trained from it answers.
    """

    training: date | None = None
    serving: date | None = None


class Backend(Protocol):
    """Trains models. All methods may raise errors of the `KaguraError` tree only."""

    @property
    def formats(self) -> Mapping[Method, str]:
        """The methods it knows, and the name in `datasets.FORMATS` of the files each needs."""

    @property
    def default_model(self) -> str:
        """What is trained where nothing else is named."""

    @property
    def address(self) -> str:
        """Where jobs go now, as it may be shown; empty where that is this machine. A job that went
        somewhere else is not asked for here: `ServerUnreachable`.
        """

    @property
    def consent(self) -> str | None:
        """The vendor whose `privacy.consent` is needed, None where nothing leaves the machine."""

    def epochs(self, dataset: Dataset, model: str) -> int:
        """How often a model sees each row where nothing is said."""

    def ends_on(self, model: str) -> Ending:
        """The days on which the vendor ends the model."""

    def check(self, job: Job, dataset: Dataset) -> None:
        """Refuse early, before anything is prepared or sent.

        Raises:
            TuningError: and what to do about it.
        """

    def upload(self, job: Job, path: Path) -> str:
        """Hand over a file and return its name at the vendor; one that is there already stays.

        Raises:
            TuningError: refused.
            ProviderError: not reached; it may be called again.
        """

    def submit(self, job: Job, files: Sequence[str]) -> str:
        """Start the job by one request and return the vendor's name of it.

        Args:
            job: its `id` goes into the vendor's metadata.
            files: names from `upload`: the rows to learn from and, where there are any, those to
                measure on.

        Raises:
            OutcomeUnknown: no answer came; only `find` may follow.
            ProviderError: certainly not accepted; it may be called again.
            TuningError: refused for good.
        """

    def find(self, job: Job) -> str | None:
        """The vendor's name of a job that was submitted under this id, None where there is none."""

    def poll(self, job: Job, seen: str) -> Report:
        """What the backend knows now; an unknown status counts as not ended."""

    def cancel(self, job: Job) -> None:
        """Ask for the end of a job; one that has ended is left as it is."""

    def clean_up(self, job: Job) -> None:
        """Delete what was uploaded for the job; what is gone already is no error."""


@contextmanager
def unless_ended(backend: Backend, job: Job) -> Iterator[None]:
    """Let a refusal pass where the job has ended, so that there is nothing left to ask for."""
    try:
        yield
    except (TuningError, ServerFailed):
        if not replace(job, state=backend.poll(job, "").state).ended:
            raise


def require_place(there: str, here: str, cure: str) -> None:
    """See that a job is where the settings look for it: the key of now is not for another server,
    and what is trained there would not be asked there.

    Args:
        there: the backend's address when the job went, empty where not known.
        here: its address now.
        cure: how the settings name it again, an imperative sentence.

    Raises:
        ServerUnreachable: it is somewhere else.
    """
    if there not in ("", here):
        raise ServerUnreachable(f"The job is at {there}, the settings name {here} now", cure)


def usual_epochs(rows: int) -> int:
    """How often OpenAI sees each row where nothing is said.

    Three times; so often that there are 100 examples, at most 25 times; so seldom that there are
    25,000 at most ("Data preparation and analysis for chat model fine-tuning", OpenAI cookbook,
    2026-11).
    """
    if rows * 3 < 100:
        return min(25, 100 // max(rows, 1))
    return max(1, 25_000 // rows) if rows * 3 > 25_000 else 3
