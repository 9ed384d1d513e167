"""What a run is told, as `FOLDER/task.json`: written once, read at every start.

Hyperparameters that nobody names follow from the model: the learning rate from its width, the
number of rows in a batch from its number of parameters.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from kagura_nb.errors import TuningError
from kagura_nb.records import Job, Method

FILE = "task.json"
SMALL = 100_000_000
LARGE = 2_000_000_000
"""Parameters below which a model counts as small, and above which as large."""
HIGHEST_RATE = 2e-3
"""Models much narrower than those the rule was found for forget more with it than they learn: the
practice model, at three seeds, 4 to 5 % of what it could do before instead of 2 to 3 %."""
PREFERENCE_RATE = 0.1
"""Learning rate of preferences beside that of replies; DPO's authors take even less."""


@dataclass(frozen=True, slots=True)
class Range:
    """Which values an option takes."""

    kind: Callable[[Any], Any]
    lowest: float
    highest: float


OPTIONS: Mapping[str, Range] = {
    "rank": Range(int, 1, 1024),
    "alpha": Range(float, 0.001, 10_000),
    "learning_rate": Range(float, 1e-8, 1),
    "batch_size": Range(int, 1, 4096),
    "beta": Range(float, 0.001, 10),
    "seed": Range(int, 0, 2**32 - 1),
}


@dataclass(frozen=True, slots=True)
class Task:
    """One run.

    Args:
        base: name of the model, as `providers.models.find` takes it.
        method: what is learnt from.
        epochs: how often each row is seen.
        train: file name of the rows to learn from.
        validation: file name of the rows to measure on; None where there are none.
        system: who the assistant is; goes before rows that do not say it themselves, because the
            model will be told so when it answers. Empty: nothing does.
        rank: of the adapter's matrices.
        alpha: the adapter's weight is `alpha / rank`.
        learning_rate: at its height; None: by the model's width.
        batch_size: rows of a step on each device; None: by the model's size.
        beta: how much a preference may move the model away from where it began.
        seed: of the adapter and of the order of rows.
    """

    base: str
    method: Method
    epochs: int
    train: str
    validation: str | None = None
    system: str = ""
    rank: int = 16
    alpha: float = 32.0
    learning_rate: float | None = None
    batch_size: int | None = None
    beta: float = 0.1
    seed: int = 1

    @classmethod
    def of(cls, job: Job, base: str, files: Sequence[str], system: str) -> Self:
        """What a job wants.

        Args:
            job: with its options.
            base: name of its base model, absolute where it is a folder.
            files: names of the rows to learn from and, where there are any, to measure on.
            system: as above.

        Raises:
            TuningError: an option that there is not, or of a value that cannot be.
        """
        given = {name: _option(name, value) for name, value in job.options.items()}
        if job.method == "kto" and given.get("batch_size") == 1:
            raise TuningError("kto compares the rows of a batch", "Use a batch_size of 2 or more")
        train, validation = (*files, None)[:2]
        return cls(base, job.method, job.epochs, str(train), validation, system, **given)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The task of a run's folder."""
        return cls(**json.loads((folder / FILE).read_text(encoding="utf-8")))

    def write(self, folder: Path) -> None:
        """Put it into a run's folder, as a whole or not at all."""
        draft = folder / f"{FILE}.new"
        draft.write_text(json.dumps(asdict(self), indent=2), encoding="utf-8")
        draft.replace(folder / FILE)

    def rate(self, width: int) -> float:
        """The learning rate at its height.

        5e-5 · 10 · (2000 / width) ** 0.781, whatever the rank, for an alpha of 32: what Thinking
        Machines found for Llamas ("LoRA Without Regret", 2025; tinker-cookbook,
        `hyperparam_utils`, read 2026-11-23); at most `HIGHEST_RATE`.

        Args:
            width: of the model's hidden states.
        """
        usual = min(5e-5 * 10 * (2000 / width) ** 0.781, HIGHEST_RATE)
        return self.learning_rate or usual * (1 if self.method == "sft" else PREFERENCE_RATE)

    def rows(self, parameters: int) -> int:
        """Rows of a step on each device.

        Args:
            parameters: of the model.
        """
        return self.batch_size or (8 if parameters < SMALL else 4 if parameters < LARGE else 2)


def _option(name: str, value: Any) -> Any:
    if name not in OPTIONS:
        raise TuningError(f"There is no option {name!r}", f"Use one of {', '.join(OPTIONS)}")
    allowed = OPTIONS[name]
    try:
        converted = allowed.kind(value)
        if allowed.lowest <= converted <= allowed.highest:
            return converted
    except (TypeError, ValueError):
        pass
    limits = f"from {allowed.lowest:g} to {allowed.highest:g}"
    raise TuningError(f"{name} = {value!r} is not usable", f"Use a number {limits}")
