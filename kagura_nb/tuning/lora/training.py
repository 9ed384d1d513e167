"""The loop: batches -> steps -> validation at each epoch's end -> the finished adapter.

Which rows a step sees depends on the task alone, and a checkpoint holds everything else, so a run
that was killed goes on as if nothing had been.
"""

import math
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from kagura_nb.errors import TuningError
from kagura_nb.providers import models
from kagura_nb.records import Method
from kagura_nb.tuning.lora import batches, checkpoint, dpo, journal, kto, memory, sft
from kagura_nb.tuning.lora.examples import Reader, Sample, length
from kagura_nb.tuning.lora.learner import Learner, Loss
from kagura_nb.tuning.lora.task import LARGE, SMALL, Task

LOSSES: Mapping[Method, Callable[[Task, Sequence[Sample]], Loss]] = {
    "sft": sft.make,
    "dpo": dpo.make,
    "kto": kto.make,
}
WARM_UP = 0.05
"""Share of the steps in which the learning rate rises."""
LOWEST = 0.1
"""Share of its height at which the learning rate ends."""
LARGEST_GRADIENT = 1.0
TOLD_EVERY = 0.2
"""Seconds between two events at least."""
SAVED_EVERY = 30.0
"""Seconds between two checkpoints at most."""
SAVED_SOON = 2.0
"""Seconds after which the end of an epoch is one too."""


@dataclass(slots=True)
class Training:
    """One run under way.

    Args:
        folder: of the run.
        task: what is wanted.
        learner: the network with its adapter.
        optimizer: of the adapter's weights.
        samples: what is learnt from.
        measured: what is only measured on.
        size: rows of a step, on all devices together.
        rate: learning rate at its height.
        step: steps done.
        tokens: tokens seen, padding left out.
    """

    folder: Path
    task: Task
    learner: Learner
    optimizer: Any
    samples: list[Sample]
    measured: list[Sample]
    size: int
    rate: float
    step: int = 0
    tokens: int = 0
    _loss: Loss = field(init=False)
    _losses: list[float] = field(init=False, default_factory=list)
    _told: float = field(init=False, default=0.0)
    _saved: float = field(init=False, default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._loss = LOSSES[self.task.method](self.task, self.samples)

    @property
    def epoch_steps(self) -> int:
        """Steps of one epoch."""
        return batches.per_epoch(len(self.samples), self.size)

    @property
    def steps(self) -> int:
        """Steps in all."""
        return self.epoch_steps * self.task.epochs

    def run(self) -> None:
        """Do all steps that are left, and tell of them."""
        self._tell(f"{len(self.samples):,} rows, learning rate {self.rate:.1g}")
        lengths = [length(sample) for sample in self.samples]
        plan = batches.epochs(lengths, self.size, self.task.epochs, self.task.seed)
        for batch in islice(plan, self.step, None):
            self._learn([self.samples[row] for row in batch])
            ended = self.step % self.epoch_steps == 0
            if ended or time.monotonic() - self._told > TOLD_EVERY:
                self._tell(validation_loss=self._measure() if ended else None)
            if time.monotonic() - self._saved > (SAVED_SOON if ended else SAVED_EVERY):
                self._save()

    def keep(self) -> None:
        """Write the finished adapter, with what it was trained on."""
        if not self.learner.accelerator.is_main_process:
            return
        network = self.learner.accelerator.unwrap_model(self.learner.network)
        network.peft_config["default"].base_model_name_or_path = self.task.base
        draft, adapter = self.folder / f"{models.ADAPTER}.new", self.folder / models.ADAPTER
        network.save_pretrained(draft, save_embedding_layers=False)
        models.record(draft, self.task.base)
        shutil.rmtree(adapter, ignore_errors=True)
        draft.replace(adapter)

    def _learn(self, batch: list[Sample]) -> None:
        """One step of the optimizer."""
        accelerator = self.learner.accelerator
        loss = self._mean(batch)
        accelerator.backward(loss)
        (group,) = self.optimizer.param_groups
        accelerator.clip_grad_norm_(group["params"], LARGEST_GRADIENT)
        group["lr"] = self.rate * pace(self.step, self.steps)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        self.tokens += sum(len(one.tokens) for sample in batch for one in sample)
        self._losses.append(loss.item())
        if not math.isfinite(self._losses[-1]):
            raise TuningError(
                f"The loss is no number any more at step {self.step}",
                f"Train with a smaller learning_rate than {self.rate:.1g}",
            )

    def _mean(self, batch: list[Sample]) -> Any:
        """The mean loss over all devices, so scaled that the mean of gradients is its gradient."""
        import torch

        accelerator = self.learner.accelerator
        total, count = self._loss(self.learner, batch)
        everywhere = accelerator.reduce(torch.tensor(float(count), device=total.device), "sum")
        return total * accelerator.num_processes / everywhere

    def _measure(self) -> float | None:
        """The mean loss on the rows that are only measured on."""
        import torch

        if not self.measured:
            return None
        lengths = [length(sample) for sample in self.measured]
        sums = torch.zeros(2)
        self.learner.network.eval()
        with torch.no_grad():
            for batch in batches.epoch(lengths, self.size, "measured"):
                total, count = self._loss(self.learner, [self.measured[row] for row in batch])
                sums += torch.tensor([total.item(), count])
        self.learner.network.train()
        total, count = self.learner.accelerator.reduce(
            sums.to(self.learner.accelerator.device), "sum"
        ).tolist()
        return float(total / count)

    def _tell(self, message: str = "", validation_loss: float | None = None) -> None:
        mean = sum(self._losses) / len(self._losses) if self._losses else None
        self._losses.clear()
        self._told = time.monotonic()
        if self.learner.accelerator.is_main_process:
            journal.write(
                self.folder,
                "running",
                message,
                step=self.step,
                steps=self.steps,
                loss=mean,
                validation_loss=validation_loss,
                tokens=self.tokens,
                memory=memory.peak() or None,
            )

    def _save(self) -> None:
        self._saved = time.monotonic()
        if self.learner.accelerator.is_main_process:
            network = self.learner.accelerator.unwrap_model(self.learner.network)
            position = {"step": self.step, "tokens": self.tokens}
            checkpoint.save(self.folder, network, self.optimizer, **position)
            journal.write(self.folder, "running", saved=True)


def run(folder: Path) -> None:
    """Train what a folder's task says, from its checkpoint on.

    Raises:
        TuningError: rows that cannot be learnt from, or a loss that is no number.
        UnknownModel: a base model that cannot be loaded.
    """
    training = prepare(folder, Task.read(folder))
    training.run()
    training.keep()
    if training.learner.accelerator.is_main_process:
        peak = memory.peak() / 1e6
        journal.write(
            folder,
            "succeeded",
            f"Peak memory {peak:,.0f} MB",
            step=training.step,
            steps=training.steps,
            tokens=training.tokens,
        )


def prepare(folder: Path, task: Task) -> Training:
    """Load everything and go to where the run had come."""
    import torch
    from accelerate import Accelerator

    accelerator = Accelerator()
    torch.manual_seed(task.seed)
    network, tokenizer = models.load(models.find(task.base))
    parameters = network.num_parameters()
    reader = Reader(task.method, tokenizer, models.context(network), task.system)
    samples = reader.read(folder / task.train)
    measured = reader.read(folder / task.validation) if task.validation else []
    rate = task.rate(network.config.get_text_config().hidden_size)
    network = adapted(_placed(network, parameters, accelerator.device), task)
    optimizer = torch.optim.AdamW(
        [one for one in network.parameters() if one.requires_grad], rate, weight_decay=0.0
    )
    position = checkpoint.load(folder, network, optimizer)
    network, optimizer = accelerator.prepare(network.train(), optimizer)
    pad = tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    learner = Learner(accelerator, network, pad)
    size = task.rows(parameters) * accelerator.num_processes
    return Training(folder, task, learner, optimizer, samples, measured, size, rate, **position)


def adapted(network: Any, task: Task) -> Any:
    """The network with a fresh adapter at every linear layer."""
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=task.rank,
        lora_alpha=task.alpha,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    return get_peft_model(network, config)


def pace(step: int, steps: int) -> float:
    """The learning rate's share of its height: up in a straight line, then down as a cosine."""
    rising = max(1, round(WARM_UP * steps))
    if step < rising:
        return (step + 1) / rising
    falling = (step - rising) / max(1, steps - rising)
    return LOWEST + (1 - LOWEST) * (1 + math.cos(math.pi * falling)) / 2


def _placed(network: Any, parameters: int, device: Any) -> Any:
    """The network on its device, in single precision where that is cheap or all there is."""
    import torch

    if parameters < SMALL and device.type == "cpu" and "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(1)  # several threads only wait for each other in matrices so small
    if parameters > LARGE:
        network.gradient_checkpointing_enable()
    whole = parameters < SMALL or device.type == "cpu"
    return network.to(device, torch.float32 if whole else torch.bfloat16)
