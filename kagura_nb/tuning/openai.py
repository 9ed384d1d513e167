"""Fine-tuning at OpenAI, and at everyone who speaks its fine-tuning API (`base_url`).

    upload     a file, under a name with the job's id: one that is there already is not sent again
    submit     one POST without the SDK's retries; the job's id travels in the metadata
    find       the newest job with that metadata or that training file
    poll       the job, and its events and checkpoints since the last look

OpenAI itself is ending this: see `ENDS`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import takewhile
from pathlib import Path
from types import MappingProxyType, UnionType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from kagura_nb import keys
from kagura_nb.errors import KaguraError, TuningError, translator
from kagura_nb.providers.openai import connect, key_for, words
from kagura_nb.records import Dataset, Job, Method
from kagura_nb.redirects import Redirected
from kagura_nb.settings import Settings
from kagura_nb.tuning.base import Ending, Report, require_place, unless_ended, usual_epochs
from kagura_nb.tuning.faults import LOCALLY, Stage, TuningFaults, never_sent
from kagura_nb.tuning.openai_news import read

if TYPE_CHECKING:
    import openai
    from openai.types import FileObject
    from openai.types.fine_tuning import FineTuningJob

Listed = TypeVar("Listed", "FileObject", "FineTuningJob")
VENDOR = "openai"
PURPOSE: Literal["fine-tune"] = "fine-tune"
MARK = "kagura_job"
"""The entry of a job's metadata that holds our id."""
ENDED_FOR_YOU = "training_not_available"
"""The code of the refusal that OpenAI gives to organisations that may train no more."""

TRAINING_ENDS = date(2027, 1, 6)
ENDS: Mapping[str, date] = MappingProxyType(
    {
        "gpt-4.1-nano": date(2026, 10, 23),
        "gpt-3.5-turbo": date(2026, 10, 23),
        "o4-mini": date(2026, 10, 23),
        "gpt-4.1": date(2027, 1, 14),
        "gpt-4o": date(2027, 1, 14),
    }
)
"""When OpenAI shuts a model and those tuned from it down, by the beginning of its name, the first
that fits; and when it takes no more jobs (platform.openai.com/docs/deprecations, 2026-11-22)."""

METHODS = {"sft": "supervised", "dpo": "dpo"}
NUMBERS = {
    "sft": ("batch_size", "learning_rate_multiplier"),
    "dpo": ("batch_size", "learning_rate_multiplier", "beta"),
}
"""Hyperparameters that `Job.options` may set, by the vendor's own names."""
RANGES: Mapping[str, tuple[type | UnionType, Callable[[Any], bool], str]] = MappingProxyType(
    {
        "batch_size": (int, lambda value: 1 <= value <= 256, "a whole number from 1 to 256"),
        "learning_rate_multiplier": (int | float, lambda value: value > 0, "a number above 0"),
        "beta": (int | float, lambda value: 0 < value <= 2, "a number above 0, up to 2"),
        "seed": (int, lambda value: 0 <= value < 2**31, "a whole number from 0 to 2147483647"),
    }
)
LEAST_ROWS, MOST_EPOCHS, LONGEST_SUFFIX = 10, 50, 64
"""OpenAI's fine-tuning guide and API description, 2026-11."""


@dataclass(frozen=True, slots=True)
class OpenAIBackend:
    """Trains at OpenAI or one of its kin. See `Backend` for what it promises."""

    settings: Settings

    @property
    def formats(self) -> Mapping[Method, str]:
        """Supervised, and preferences."""
        return {"sft": "openai", "dpo": "openai-dpo"}

    @property
    def default_model(self) -> str:
        """The cheapest one that is still trained after 2026-10 and follows instructions well."""
        return "gpt-4.1-mini-2025-04-14"

    @property
    def address(self) -> str:
        """The base URL."""
        return self._address

    @property
    def consent(self) -> str | None:
        """Always asked for: a server on this machine may well hand on what it gets."""
        return VENDOR

    def epochs(self, dataset: Dataset, model: str) -> int:
        """As OpenAI counts them."""
        return usual_epochs(dataset.train_rows)

    def ends_on(self, model: str) -> Ending:
        """From when OpenAI trains a model, and serves it, no more; not known elsewhere."""
        if self._address != keys.VENDORS[VENDOR].address:
            return Ending()
        name = model.removeprefix("ft:")
        served = next((day for start, day in ENDS.items() if name.startswith(start)), None)
        return Ending(min(served or TRAINING_ENDS, TRAINING_ENDS), served)

    def check(self, job: Job, dataset: Dataset) -> None:
        """Refuse what OpenAI is known to refuse."""
        key_for(VENDOR, self._address)
        ending = self.ends_on(job.base_model).training
        if ending and ending <= datetime.now(UTC).date():
            raise TuningError(
                f"OpenAI has trained {job.base_model} no more since {ending}",
                f"Name another model or another vendor (`%kagura config base_url`), or {LOCALLY}",
            )
        if dataset.train_rows < LEAST_ROWS:
            raise TuningError(
                f"{dataset.train_rows} conversations are too few for OpenAI",
                f"Rate more of them: it takes at least {LEAST_ROWS}",
            )
        for refused, cure in self._unusable(job):
            raise TuningError(f"{refused} cannot be used at OpenAI", cure)

    def upload(self, job: Job, path: Path) -> str:
        """Send a file unless it is there."""
        name = f"{_prefix(job)}{path.name}"
        with _told(self._faults, "send"):
            there = (one.id for one in self._uploaded(job) if one.filename == name)
            if present := next(there, None):
                return present
            with path.open("rb") as rows:
                sent = (name, rows, "application/jsonl")
                return self._client(job).files.create(file=sent, purpose=PURPOSE).id

    def submit(self, job: Job, files: Sequence[str]) -> str:
        """Start the job: one POST."""
        client = self._client(job).with_options(max_retries=0)
        with _told(self._faults, "start"):
            return client.fine_tuning.jobs.create(**_request(job, files)).id

    def find(self, job: Job) -> str | None:
        """Look through all jobs, newest first."""
        with _told(self._faults):
            jobs = _once(self._client(job).fine_tuning.jobs.list(limit=100))
            return next((one.id for one in jobs if _is_of(one, job)), None)

    def poll(self, job: Job, seen: str) -> Report:
        """Read the job, its events and its checkpoints."""
        with _told(self._faults):
            jobs = self._client(job).fine_tuning.jobs
            return read(jobs, job.remote_id or "", seen, self._faults)

    def cancel(self, job: Job) -> None:
        """Ask for the end; OpenAI refuses where the job has ended, which is no error."""
        with unless_ended(self, job), _told(self._faults):
            self._client(job).fine_tuning.jobs.cancel(job.remote_id or "")

    def clean_up(self, job: Job) -> None:
        """Delete the files that are known, and those that bear the job's id."""
        import openai

        with _told(self._faults):
            client = self._client(job)
            for name in {*job.files, *(one.id for one in self._uploaded(job))}:
                with suppress(openai.NotFoundError):
                    client.files.delete(name)

    @property
    def _address(self) -> str:
        return keys.address(VENDOR, self.settings)

    @property
    def _faults(self) -> TuningFaults:
        other_key = f"Set another key: {keys.ways_to_set(VENDOR)}"
        return TuningFaults(VENDOR, self._address, other_key)

    def _client(self, job: Job) -> "openai.OpenAI":
        back = f"Set it back with `%kagura config base_url {job.address}`"
        require_place(job.address, self.address, back)
        return connect(self._address, key_for(VENDOR, self._address), self.settings.timeout)

    def _uploaded(self, job: Job) -> "Iterator[FileObject]":
        """The files of the job that are there."""
        files = _once(self._client(job).files.list(purpose=PURPOSE, order="desc"))
        return (one for one in files if one.filename.startswith(_prefix(job)))

    def _unusable(self, job: Job) -> Iterator[tuple[str, str]]:
        """What is wrong with the job, and how it would be right."""
        if job.method not in METHODS:
            yield f"The method {job.method}", f"Use one of {', '.join(METHODS)}"
        if not 1 <= job.epochs <= MOST_EPOCHS:
            yield f"{job.epochs} epochs", f"Use 1 to {MOST_EPOCHS}"
        known = (*NUMBERS.get(job.method, ()), "suffix", "seed")
        for name in job.options.keys() - known:
            yield f"The option {name}", f"Use one of {', '.join(known)}"
        for name, (kind, fits, wanted) in RANGES.items():
            value = job.options.get(name)
            if value is not None and not (isinstance(value, kind) and fits(value)):
                yield f"{name} = {value!r}", f"Use {wanted}"
        if not 1 <= len(_suffix(job)) <= LONGEST_SUFFIX:
            yield f"The suffix {_suffix(job)!r}", f"Use 1 to {LONGEST_SUFFIX} characters"


def _request(job: Job, files: Sequence[str]) -> dict[str, Any]:
    kind = METHODS[job.method]
    numbers = {name: job.options[name] for name in NUMBERS[job.method] if name in job.options}
    hyperparameters = {"n_epochs": job.epochs, **numbers}
    return {
        "model": job.base_model,
        "training_file": files[0],
        **({"validation_file": files[1]} if len(files) > 1 else {}),
        "suffix": _suffix(job),
        "seed": job.options.get("seed", 0),
        "metadata": {MARK: job.id},
        "method": {"type": kind, kind: {"hyperparameters": hyperparameters}},
    }


def _once(listing: "Iterable[Listed]") -> "Iterator[Listed]":
    """What is listed, up to its repetition: not every server knows pages, and the SDK would go on
    asking for the next one.
    """
    known: set[str] = set()
    for one in takewhile(lambda one: one.id not in known, listing):
        known.add(one.id)
        yield one


def _prefix(job: Job) -> str:
    """How the names of the job's files begin."""
    return f"kagura-{job.id}-"


def _suffix(job: Job) -> str:
    """What a tuned model's name tells of where it comes from."""
    return str(job.options.get("suffix", "kagura"))


def _is_of(remote: "FineTuningJob", job: Job) -> bool:
    """Whether it is the job: by its metadata, or, at a server that keeps none, by its file."""
    marked = (remote.metadata or {}).get(MARK) == job.id
    return marked or remote.training_file in job.files


@translator
def _told(faults: TuningFaults, stage: Stage = "look") -> Iterator[None]:
    """Raise our error for the SDK's, without it: its text may repeat what was sent, the key too."""
    import openai

    try:
        yield
    except KaguraError:
        raise
    except Redirected as elsewhere:
        raise faults.redirected(elsewhere, stage) from None
    except openai.APIConnectionError as error:
        unsent = isinstance(error.__cause__, never_sent())
        raise (faults.unsent() if unsent else faults.unanswered(stage)) from None
    except openai.APIStatusError as error:
        if error.code == ENDED_FOR_YOU:
            raise faults.ended(words(error), stage) from None
        raise faults.refused(error.status_code, words(error), stage) from None
    except Exception:  # an answer of another form than the API's
        raise faults.unanswered(stage) from None
