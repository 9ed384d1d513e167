"""A step of training beside a bare loop of torch and peft, and beside trl's SFTTrainer.

All train the practice model on the same rows in batches of the same size, on one thread. A step is
the processor time of a whole run, with all that a trainer does beside its steps, divided by their
number: the machine does other things as well.
"""

import json
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from kagura_nb.practice import owner
from kagura_nb.prompt import SYSTEM
from kagura_nb.providers.practice import MODEL
from kagura_nb.tuning.lora import batches, checkpoint, training
from kagura_nb.tuning.lora.examples import Example, length
from kagura_nb.tuning.lora.task import Task
from tests.bench.table import Row, show

TRL = str(Path(__file__).with_name("trl_adapter.py"))
ROUNDS = 5
"""Both loops take turns; the median of the rounds' ratios counts."""
TASK = Task("practice", "sft", epochs=2, train="rows.jsonl", batch_size=8)


def rows() -> Iterator[Row]:
    """Both ratios."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        _write(folder / TASK.train)
        pairs = [(_ours(folder), _bare(folder)) for _ in range(ROUNDS)]
        ratio = statistics.median(ours / bare for ours, bare in pairs)
        ours, bare = (min(one) for one in zip(*pairs, strict=True))
        note = f"{1000 * ours:.0f} against {1000 * bare:.0f} ms, batches of {TASK.batch_size}"
        yield Row("a step of LoRA beside a bare loop", ratio, "x", 1.2, note=note)
        theirs = _trl(folder)
    note = f"{1000 * ours:.0f} against {1000 * theirs:.0f} ms"
    yield Row("the same beside trl's SFTTrainer", ours / theirs, "x", 1, note=note)


def _ours(folder: Path) -> float:
    """Seconds of a step."""
    (folder / checkpoint.FILE).unlink(missing_ok=True)
    prepared = training.prepare(folder, TASK)
    begun = time.process_time()
    prepared.run()
    return (time.process_time() - begun) / prepared.steps


def _bare(folder: Path) -> float:
    """Seconds of a step of the least that trains the same."""
    prepared = training.prepare(folder, TASK)
    lengths = [length(sample) for sample in prepared.samples]
    plan = list(batches.epochs(lengths, prepared.size, TASK.epochs, TASK.seed))
    network = AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32)
    config = LoraConfig(r=TASK.rank, lora_alpha=TASK.alpha, target_modules="all-linear")
    network = get_peft_model(network, config).train()
    optimizer = torch.optim.AdamW([one for one in network.parameters() if one.requires_grad], 1e-3)
    begun = time.process_time()
    for batch in plan:
        tokens, labels = _padded([prepared.samples[row][0] for row in batch])
        network(input_ids=tokens, attention_mask=tokens > 0, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return (time.process_time() - begun) / len(plan)


def _padded(examples: list[Example]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(len(one.tokens) for one in examples)
    tokens = torch.zeros(len(examples), longest, dtype=torch.long)
    labels = torch.full((len(examples), longest), -100)
    for row, one in enumerate(examples):
        end = len(one.tokens)
        tokens[row, :end] = torch.tensor(one.tokens)
        labels[row, one.prompt : end] = tokens[row, one.prompt : end]
    return tokens, labels


def _trl(folder: Path) -> float:
    """Seconds of a step of trl, installed aside in an environment that sees this one's packages."""
    _run(sys.executable, "-m", "venv", str(folder / "aside"))
    there = str(folder / "aside" / "bin" / "python")
    packages = _run(there, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    Path(packages, "here.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    _run(there, "-m", "pip", "install", "--quiet", "trl")
    said = _run(there, "-P", TRL, str(folder / TASK.train), str(MODEL), str(TASK.epochs))
    return float(said.split()[-1])


def _write(path: Path) -> None:
    who = {"role": "system", "content": SYSTEM}
    with path.open("w", encoding="utf-8") as file:
        for one in owner.liked():
            said = (
                {"role": "user", "content": one.prompt},
                {"role": "assistant", "content": one.reply},
            )
            file.write(json.dumps({"messages": [who, *said]}) + "\n")


def _run(*command: str) -> str:
    alone = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=alone, capture_output=True, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    show(rows())
