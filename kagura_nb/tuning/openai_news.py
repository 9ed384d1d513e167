"""What OpenAI tells of a job, as a report of ours.

A job's status says how it goes; what has happened comes as events and, at the end of each epoch, as
checkpoints with measured losses. `seen` keeps the newest of both and the status of the last look.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from kagura_nb import keys
from kagura_nb.records import JobEvent, State
from kagura_nb.tuning.base import Report
from kagura_nb.tuning.faults import TuningFaults

if TYPE_CHECKING:
    from openai.resources.fine_tuning.jobs import Jobs
    from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
    from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint

STATES: Mapping[str, State] = MappingProxyType(
    {
        "validating_files": "queued",
        "queued": "queued",
        "running": "running",
        "succeeded": "succeeded",
        "failed": "failed",
        "cancelled": "cancelled",
    }
)
PAGE = 100
Listed = TypeVar("Listed", "FineTuningJobEvent", "FineTuningJobCheckpoint")


def read(jobs: "Jobs", remote: str, seen: str, faults: TuningFaults) -> Report:
    """Ask how a job goes and what is new.

    Args:
        jobs: the SDK's door to jobs.
        remote: the vendor's name of the job.
        seen: of the last report; empty at first.
        faults: words for what went wrong.
    """
    event, checkpoint, status = seen.split("|") if seen else ("", "", "")
    now = jobs.retrieve(remote)
    state = STATES.get(now.status, "running")
    events = _since(lambda: jobs.list_events(remote, limit=PAGE), event)
    points = _since(lambda: jobs.checkpoints.list(remote, limit=PAGE), checkpoint)
    news = [_event(one, state) for one in events] + [_point(one, state) for one in points]
    news.sort(key=lambda one: one.at)
    if now.status not in STATES and now.status != status:
        news.append(JobEvent(datetime.now(UTC), state, f"{faults.title} says {now.status!r}"))
    newest = (events[-1].id if events else event, points[-1].id if points else checkpoint)
    report = Report(state, tuple(news), "|".join((*newest, now.status)))
    return _with_result(report, now, faults)


def _with_result(report: Report, now: "FineTuningJob", faults: TuningFaults) -> Report:
    """What is known only in the end. A success may carry an error that is empty."""
    report = replace(report, tokens=now.trained_tokens)
    if report.state == "failed":
        said = (now.error and now.error.message) or ""
        return replace(report, problem=faults.failed(said))
    if report.state != "succeeded":
        return report
    if not now.fine_tuned_model:
        return replace(report, state="failed", problem=faults.nameless(now.id))
    return replace(report, model=f"openai:{now.fine_tuned_model}")


def _since(listing: "Callable[[], Iterable[Listed]]", last: str) -> "list[Listed]":
    """What a listing, newest first, has that is newer than `last`; oldest first.

    Not every server has events, and fewer have checkpoints.
    """
    import openai

    try:
        return list(takewhile(lambda one: one.id != last, listing()))[::-1]
    except openai.NotFoundError:
        return []


def _event(told: "FineTuningJobEvent", state: State) -> JobEvent:
    """The numbers of a step, or a line."""
    at = datetime.fromtimestamp(told.created_at, UTC)
    if told.type != "metrics" or not isinstance(told.data, dict):
        return JobEvent(at, state, keys.redact(" ".join(told.message.split())))
    data: Mapping[str, Any] = told.data
    return JobEvent(
        at,
        state,
        step=data.get("step"),
        steps=data.get("total_steps"),
        loss=data.get("train_loss"),
        validation_loss=data.get("full_valid_loss", data.get("valid_loss")),
    )


def _point(told: "FineTuningJobCheckpoint", state: State) -> JobEvent:
    """What was measured where a copy of the model was kept."""
    measured = told.metrics
    full = measured.full_valid_loss
    return JobEvent(
        datetime.fromtimestamp(told.created_at, UTC),
        state,
        step=told.step_number,
        loss=measured.train_loss,
        validation_loss=measured.valid_loss if full is None else full,
    )
