"""LoRA on this machine: the backend that needs no vendor, no key and no consent.

    <user's folder>/jobs/<job>/    rows, task, journal, checkpoint and, in the end, the adapter

The work is done by a process of its own (`kagura_nb.tuning.lora`), which outlives the kernel; this
module starts it, reads its journal, and starts it again where it was killed.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from kagura_nb.datasets.files import Files
from kagura_nb.errors import StoreUnavailable, TuningError, UnknownModel
from kagura_nb.prompt import SYSTEM
from kagura_nb.providers import models
from kagura_nb.records import Dataset, Job, Method
from kagura_nb.settings import Settings
from kagura_nb.tuning.base import Ending, Report, usual_epochs
from kagura_nb.tuning.lora import checkpoint, journal, runner, task
from kagura_nb.tuning.lora.examples import Reader
from kagura_nb.tuning.lora.task import Task

NEEDED = ("torch", "transformers", "peft", "accelerate")
EXPOSURES = 1500
"""Rows times epochs that the practice model needs."""
MOST_EPOCHS = 30
CHECKPOINTS = 2
"""Copies of a checkpoint at a time: the one that is there and the one that is written."""
ADAM = 3
"""Numbers of a checkpoint for each of the adapter: itself, and Adam's two moments."""
FLOAT = 4
"""Bytes of a number."""


@dataclass(frozen=True, slots=True)
class LocalBackend:
    """Trains adapters here. See `Backend` for what each method promises.

    Args:
        settings: whose folder the jobs are in.
    """

    settings: Settings
    formats: ClassVar[Mapping[Method, str]] = MappingProxyType(
        {"sft": "messages", "dpo": "preference", "kto": "kto"}
    )
    default_model: ClassVar[str] = models.PRACTICE
    address: ClassVar[str] = ""
    consent: ClassVar[str | None] = None

    def epochs(self, dataset: Dataset, model: str) -> int:
        """As usual; the practice model is so small that it has to see a hundred rows 15 times."""
        usual = usual_epochs(dataset.train_rows)
        if model != models.PRACTICE:
            return usual
        return max(usual, min(MOST_EPOCHS, EXPOSURES // dataset.train_rows))

    def ends_on(self, model: str) -> Ending:
        """Never: nobody but the owner can take a model away from this machine."""
        return Ending()

    def check(self, job: Job, dataset: Dataset) -> None:
        """Refuse what cannot be trained here.

        Raises:
            MissingExtra: torch, transformers, peft or accelerate is not installed.
            TuningError: no such base model, one that cannot chat, rows longer than it reads,
                options that there are not, or too little room on the disk.
        """
        models.require("Training on this machine needs", *NEEDED)
        wanted = self._wanted(job, ("rows",))
        config = _config(wanted.base)
        self._check_length(dataset, wanted, config)
        _check_room(self._folder(job), wanted, config)

    def upload(self, job: Job, path: Path) -> str:
        """Copy a file of rows into the job's folder."""
        with self._used(job) as folder:
            draft = folder / f"{path.name}.new"
            shutil.copyfile(path, draft)
            draft.chmod(0o600)
            draft.replace(folder / path.name)
        return path.name

    def submit(self, job: Job, files: Sequence[str]) -> str:
        """Start the process; one that has been started already goes on."""
        wanted = self._wanted(job, files)
        with self._used(job) as folder:
            if not (folder / task.FILE).exists():
                wanted.write(folder)
            runner.ensure(folder)
        return job.id

    def find(self, job: Job) -> str | None:
        """The job's own id if it has been submitted."""
        return job.id if (self._folder(job) / task.FILE).exists() else None

    def poll(self, job: Job, seen: str) -> Report:
        """Read the journal from where it was read last; start the process again if need be."""
        if self.find(job) is None:
            gone = TuningError(f"There is no {self._folder(job)} any more", "Train again")
            return Report("failed", seen=seen, problem=str(gone))
        with self._used(job) as folder:
            runner.ensure(folder)
            events, position = journal.read(folder, int(seen or 0))
            latest = events[-1] if events else journal.last(folder)
        assert latest is not None  # `ensure` has written one
        made = f"local:{Task.read(folder).base}+jobs/{job.id}"
        return Report(
            latest.state,
            tuple(events),
            str(position),
            model=made if latest.state == "succeeded" else None,
            tokens=latest.tokens,
            problem=latest.message if latest.state == "failed" else None,
        )

    def cancel(self, job: Job) -> None:
        """End the process within seconds."""
        if self.find(job):
            with self._used(job) as folder:
                runner.stop(folder)

    def clean_up(self, job: Job) -> None:
        """Delete rows and checkpoint; the adapter and the journal stay."""
        with self._used(job) as folder:
            for name in (*job.files, checkpoint.FILE, f"{checkpoint.FILE}.new"):
                (folder / name).unlink(missing_ok=True)

    def _check_length(self, dataset: Dataset, wanted: Task, config: Mapping[str, Any]) -> None:
        """Count with the model's own tokenizer, which is loaded where a row may be too long."""
        read = config.get("max_position_embeddings") or models.UNKNOWN
        paths = sorted(Files(self.settings).of(dataset.version).glob("*.jsonl"))
        if any(_longest_line(path) > read for path in paths):
            tokenizer = models.load_tokenizer(models.find(wanted.base))
            reader = Reader(wanted.method, tokenizer, read, wanted.system)
            for path in paths:
                reader.check(path)

    def _wanted(self, job: Job, files: Sequence[str]) -> Task:
        """The job's task, its base model found."""
        try:
            found = models.find(job.base_model)
        except UnknownModel as error:
            raise TuningError(error.problem, error.cure) from None
        base = models.PRACTICE if job.base_model == models.PRACTICE else found
        return Task.of(job, base, files, self.settings.system or SYSTEM)

    def _folder(self, job: Job) -> Path:
        return (self.settings.user_home / "jobs" / job.id).absolute()

    @contextmanager
    def _used(self, job: Job) -> Iterator[Path]:
        """The job's folder, which nobody else can read."""
        folder = self._folder(job)
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            yield folder
        except OSError as error:  # a lock that is not to be had is one too
            raise StoreUnavailable(
                f"{folder} cannot be used ({error.strerror or error})",
                "Make it writable and see that the disk is not full",
            ) from error


def _config(base: str) -> Mapping[str, Any]:
    """What the base model says of itself."""
    try:
        config = models.config(models.find(base))
    except UnknownModel as error:
        raise TuningError(error.problem, error.cure) from error
    inner: Mapping[str, Any] = config.get("text_config", config)
    return inner


def _longest_line(path: Path) -> int:
    """Its bytes: a row has no more tokens."""
    with path.open("rb") as lines:
        return max(map(len, lines), default=0)


def _check_room(folder: Path, wanted: Task, config: Mapping[str, Any]) -> None:
    there = next(one for one in folder.parents if one.exists())
    needed, free = _bytes(wanted.rank, config), shutil.disk_usage(there).free
    if needed > free:
        raise TuningError(
            f"Adapter and checkpoints need {needed / 1e9:,.1f} GB, {free / 1e9:,.1f} are free",
            "Make room, set KAGURA_HOME to another disk, or train with a smaller rank",
        )


def _bytes(rank: int, config: Mapping[str, Any]) -> int:
    """Of an adapter at the seven matrices of every layer, and of its checkpoints."""
    width = int(config.get("hidden_size", 4096))
    inner = int(config.get("intermediate_size", 4 * width))
    sides = 4 * 2 * width + 3 * (width + inner)
    adapter = FLOAT * rank * sides * int(config.get("num_hidden_layers", 32))
    return adapter * (1 + CHECKPOINTS * ADAM)
