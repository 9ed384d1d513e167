"""What Vertex AI tells of a job, as a report of ours.

A job has a state, while it runs a finer one, and how many epochs are done; each change of them
becomes an event. Losses are not told.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from kagura_nb.records import JobEvent, State
from kagura_nb.tuning.base import Report
from kagura_nb.tuning.faults import TuningFaults

if TYPE_CHECKING:
    from google.genai import types

STATES: Mapping[str, State] = MappingProxyType(
    {
        "JOB_STATE_QUEUED": "queued",
        "JOB_STATE_PENDING": "queued",
        "JOB_STATE_RUNNING": "running",
        "JOB_STATE_UPDATING": "running",
        "JOB_STATE_CANCELLING": "running",
        "JOB_STATE_PAUSED": "running",
        "JOB_STATE_SUCCEEDED": "succeeded",
        "JOB_STATE_PARTIALLY_SUCCEEDED": "succeeded",
        "JOB_STATE_FAILED": "failed",
        "JOB_STATE_EXPIRED": "failed",
        "JOB_STATE_CANCELLED": "cancelled",
    }
)
TOLD: Mapping[str, str] = MappingProxyType(
    {
        "JOB_STATE_CANCELLING": "being cancelled",
        "JOB_STATE_PAUSED": "paused at Vertex AI",
        "JOB_STATE_PARTIALLY_SUCCEEDED": "succeeded in part: some results may be missing",
        "JOB_STATE_EXPIRED": "expired before it ended",
        "TUNING_JOB_STATE_WAITING_FOR_QUOTA": "waiting for quota",
        "TUNING_JOB_STATE_PROCESSING_DATASET": "reading the dataset",
        "TUNING_JOB_STATE_WAITING_FOR_CAPACITY": "waiting for hardware",
        "TUNING_JOB_STATE_TUNING": "training",
        "TUNING_JOB_STATE_POST_PROCESSING": "making the model ready",
    }
)
"""What a state means where its name does not say it by itself."""


def read(now: "types.TuningJob", epochs: int, seen: str, faults: TuningFaults) -> Report:
    """The report of a job.

    Args:
        now: the job as it is.
        epochs: how often each row is seen.
        seen: of the last report; empty at first.
        faults: words for what went wrong.
    """
    name = now.state.value if now.state else ""
    state = STATES.get(name, "running")
    message = _message(name, now, epochs, faults)
    steps, counted = _counts(now)
    done = epochs if state == "succeeded" else _epochs_done(now)
    step = steps * done // epochs if steps and done else None
    at = now.update_time or datetime.now(UTC)
    news = (JobEvent(at, state, message, step=step, steps=steps),) if message != seen else ()
    # The count is of the dataset; what is paid for is each row as often as it is seen.
    tokens = counted * epochs if counted is not None else None
    return _with_result(Report(state, news, message, tokens=tokens), now, faults)


def _with_result(report: Report, now: "types.TuningJob", faults: TuningFaults) -> Report:
    """What is known only in the end."""
    if report.state == "failed":
        said = now.error and now.error.message
        return replace(report, problem=faults.failed(said or report.seen))
    if report.state != "succeeded":
        return report
    endpoint = now.tuned_model and now.tuned_model.endpoint
    if not endpoint:
        return replace(report, state="failed", problem=faults.nameless(now.name or "the job"))
    return replace(report, model=f"gemini:{endpoint}")


def _message(name: str, now: "types.TuningJob", epochs: int, faults: TuningFaults) -> str:
    """How it goes, in a few words."""
    if name not in STATES:
        return f"{faults.title} says {name!r}"
    finer = now.tuning_job_state.value if now.tuning_job_state and name.endswith("RUNNING") else ""
    known = TOLD.get(finer) or TOLD.get(name) or STATES[name]
    done = _epochs_done(now)
    return f"{known}, {done} of {epochs} epochs done" if done else known


def _epochs_done(now: "types.TuningJob") -> int:
    return (now.tuning_job_metadata and now.tuning_job_metadata.completed_epoch_count) or 0


def _counts(now: "types.TuningJob") -> tuple[int | None, int | None]:
    """Steps in all, and tokens of the dataset that are billed for."""
    stats = now.tuning_data_stats
    counted = stats and (
        stats.supervised_tuning_data_stats or stats.preference_optimization_data_stats
    )
    if not counted:
        return None, None
    return counted.tuning_step_count, counted.total_billable_token_count
