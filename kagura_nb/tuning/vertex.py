"""Tuning of Gemini at Google's Vertex AI, the only place where Gemini models are tuned.

    upload     an object `kagura/<job's id>/<file>` in the owner's bucket, unless it is there
    submit     one POST without retries; the job's id travels in a label, in lower case
    find       the job with that label
    poll       the job; there are no events, so what changes in it is told as one

Whoever asks is known by the Google Cloud credentials of this machine.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kagura_nb import keys
from kagura_nb.errors import KaguraError, TuningError, translator
from kagura_nb.providers.vertex import (
    SIGN_IN,
    VENDOR,
    connect,
    credentials,
    place,
    place_of,
)
from kagura_nb.records import Dataset, Job, Method
from kagura_nb.redirects import Redirected
from kagura_nb.settings import Settings
from kagura_nb.tuning.base import Ending, Report, require_place, unless_ended, usual_epochs
from kagura_nb.tuning.bucket import Bucket, bucket_of
from kagura_nb.tuning.faults import Stage, TuningFaults, never_sent
from kagura_nb.tuning.vertex_news import read

if TYPE_CHECKING:
    from google import genai

CONSENT = "gemini"
LABEL = "kagura_job"
METHODS = {"sft": "SUPERVISED_FINE_TUNING", "dpo": "PREFERENCE_TUNING"}
OPTIONS = {
    "sft": ("learning_rate_multiplier", "adapter_size"),
    "dpo": ("learning_rate_multiplier", "adapter_size", "beta"),
}
"""What `Job.options` may set, by the names of `CreateTuningJobConfig`."""
LONGEST_ROW = 131_072
MOST_VALIDATION_ROWS = 5_000
"""Tokens of a row, and rows to measure on (Google's "About supervised fine-tuning", 2026-11)."""
PAGE = 100


@dataclass(frozen=True, slots=True)
class VertexBackend:
    """Trains at Vertex AI. See `Backend` for what it promises."""

    settings: Settings

    @property
    def formats(self) -> Mapping[Method, str]:
        """Supervised, and preferences."""
        return {"sft": "vertex", "dpo": "vertex-preference"}

    @property
    def default_model(self) -> str:
        """The smallest of gemini-3.5-flash, gemini-3.5-flash-lite and gemini-3.1-flash-lite, which
        are those that can be tuned (Google's list of models for tuning, 2026-11-22)."""
        return "gemini-3.1-flash-lite"

    @property
    def address(self) -> str:
        """The project's in the region."""
        region = keys.address(VENDOR, self.settings)
        return f"{region}/projects/{self._named_project()}"

    @property
    def consent(self) -> str | None:
        """Always needed."""
        return CONSENT

    def epochs(self, dataset: Dataset, model: str) -> int:
        """As OpenAI counts them."""
        return usual_epochs(dataset.train_rows)

    def ends_on(self, model: str) -> Ending:
        """Google has named no day for the models that can be tuned (2026-11-22)."""
        return Ending()

    def check(self, job: Job, dataset: Dataset) -> None:
        """Refuse where project, bucket or credentials are missing, or a limit is passed."""
        self._bucket(self._bucket_name()).open()
        for refused, cure in _unusable(job, dataset):
            raise TuningError(f"{refused} cannot be used at Vertex AI", cure)

    def upload(self, job: Job, path: Path) -> str:
        """Put a file into the bucket unless it is there."""
        return self._bucket(self._bucket_name()).put(path, f"{_folder(job)}{path.name}")

    def submit(self, job: Job, files: Sequence[str]) -> str:
        """Start the job: one POST."""
        from google.genai import types

        config = _config(job, files)
        rows = types.TuningDataset(gcs_uri=files[0])
        with _told(self._faults, "start"):
            # `tune` would show a link of its own in the notebook, and print it elsewhere.
            begun = self._client(job).tunings._tune(
                base_model=job.base_model, training_dataset=rows, config=config
            )
        if not begun.name:
            raise self._faults.unanswered("start")
        return begun.name

    def find(self, job: Job) -> str | None:
        """Look through all jobs of the region."""
        with _told(self._faults):
            jobs = self._client(job).tunings.list(config={"page_size": PAGE})
            ours = (one.name for one in jobs if (one.labels or {}).get(LABEL) == _label(job))
            return next(ours, None)

    def poll(self, job: Job, seen: str) -> Report:
        """Read the job."""
        with _told(self._faults):
            # `get` would show a link of its own, as `tune` does.
            now = self._client(job).tunings._get(name=job.remote_id or "")
        if not now.name:
            raise self._faults.unanswered("look")
        return read(now, job.epochs, seen, self._faults)

    def cancel(self, job: Job) -> None:
        """Ask for the end; Google refuses where the job has ended, which is no error."""
        with unless_ended(self, job), _told(self._faults):
            self._client(job).tunings.cancel(name=job.remote_id or "")

    def clean_up(self, job: Job) -> None:
        """Delete the job's objects from where they were put, and from the settings' bucket."""
        for name in {bucket_of(one) for one in (*job.files, self.settings.vertex_bucket)} - {""}:
            self._bucket(name).clear(_folder(job))

    @property
    def _faults(self) -> TuningFaults:
        return TuningFaults(VENDOR, keys.address(VENDOR, self.settings), SIGN_IN)

    def _named_project(self) -> str:
        return self.settings.vertex_project or credentials()[1]

    def _project(self) -> str:
        project = self._named_project()
        if not project:
            raise TuningError(
                "There is no Google Cloud project to train in",
                "Name one with `%kagura config vertex_project PROJECT`",
            )
        return project

    def _bucket_name(self) -> str:
        name = bucket_of(self.settings.vertex_bucket)
        if not name:
            raise TuningError(
                "There is no bucket to put the training data into",
                "Name one of the project with `%kagura config vertex_bucket BUCKET`",
            )
        return name

    def _bucket(self, name: str) -> Bucket:
        return Bucket(name, self._project(), self.settings.timeout, self._faults)

    def _client(self, job: Job) -> "genai.Client":
        """The client for where the job is by its full name, else for the place of the settings."""
        if there := place_of(job.remote_id or "", self.settings):
            return connect(there)
        back = "Set `vertex_project` and `vertex_location` back with `%kagura config`"
        require_place(job.address, self.address, back)
        return connect(place(self._project(), self.settings.vertex_location, self.settings))


def _label(job: Job) -> str:
    """The job's id in the letters that a label may have."""
    return job.id.lower()


def _folder(job: Job) -> str:
    return f"kagura/{job.id}/"


def _unusable(job: Job, dataset: Dataset) -> Iterator[tuple[str, str]]:
    """What is wrong, and how it would be right."""
    if job.method not in METHODS:
        yield f"The method {job.method}", f"Use one of {', '.join(METHODS)}"
    known = OPTIONS.get(job.method, ())
    for name in job.options.keys() - known:
        yield f"The option {name}", f"Use one of {', '.join(known)}"
    if job.method in METHODS and not _fits(job):
        yield (
            f"One of {dict(job.options)}",
            "Use numbers, and for adapter_size a name like ADAPTER_SIZE_FOUR",
        )
    if dataset.longest > LONGEST_ROW:
        yield (
            f"A conversation of {dataset.longest} tokens",
            f"Exclude those of more than {LONGEST_ROW}",
        )
    if dataset.validation_rows > MOST_VALIDATION_ROWS:
        yield (
            f"{dataset.validation_rows} conversations to measure on",
            f"Keep at most {MOST_VALIDATION_ROWS}",
        )


def _fits(job: Job) -> bool:
    """Whether the SDK takes the options; it hands on any name of a size."""
    from google.genai import types

    size = job.options.get("adapter_size", types.AdapterSize.ADAPTER_SIZE_ONE.value)
    if str(size).upper() not in types.AdapterSize.__members__:
        return False
    try:
        _config(job, [""])
    except ValueError:
        return False
    return True


def _config(job: Job, files: Sequence[str]) -> Any:
    from google.genai import types

    measured = types.TuningValidationDataset(gcs_uri=files[1]) if len(files) > 1 else None
    return types.CreateTuningJobConfig(
        http_options=types.HttpOptions(retry_options=types.HttpRetryOptions(attempts=1)),
        method=types.TuningMethod(METHODS[job.method]),
        validation_dataset=measured,
        tuned_model_display_name=f"kagura-{job.id}",
        epoch_count=job.epochs,
        labels={LABEL: _label(job)},
        **{name: job.options[name] for name in OPTIONS[job.method] if name in job.options},
    )


@translator
def _told(faults: TuningFaults, stage: Stage = "look") -> Iterator[None]:
    """Raise our error for the SDKs', without it: its text may repeat what was sent."""
    import httpx2
    from google.auth.exceptions import GoogleAuthError, TransportError
    from google.genai import errors

    try:
        yield
    except KaguraError:
        raise
    except Redirected as elsewhere:
        raise faults.redirected(elsewhere, stage) from None
    except TransportError:
        raise faults.unsent() from None
    except GoogleAuthError:
        connect.cache_clear()
        raise faults.refused(401, "", "look") from None  # before anything was sent
    except httpx2.TransportError as error:
        unsent = isinstance(error, never_sent())
        raise (faults.unsent() if unsent else faults.unanswered(stage)) from None
    except errors.APIError as error:
        raise faults.refused(error.code or 500, error.message or "", stage) from None
    except Exception:
        raise faults.unanswered(stage) from None  # an answer of another form than the API's
