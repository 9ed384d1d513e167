"""Training on this machine, seen from outside: the process is real, and gets killed for real."""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kagura_nb.datasets.files import Files
from kagura_nb.errors import KaguraError, TuningError
from kagura_nb.providers import Sampling, open_provider
from kagura_nb.records import Dataset, Job, JobEvent, Message
from kagura_nb.settings import Settings
from kagura_nb.tuning.base import Report
from kagura_nb.tuning.local import LocalBackend
from kagura_nb.tuning.lora import checkpoint, journal, runner, training

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DATASET = Dataset("v1", "sft", NOW, 40, 0, 2_000, 0, 60, False, "label", "0", "all")
WEIGHTS = "adapter_model.safetensors"
LONG = 10_000
"""Epochs of a run that does not end by itself."""


@pytest.fixture
def backend(home: Path) -> LocalBackend:
    return LocalBackend(Settings.load())


@pytest.fixture
def job(tiny_model: Path) -> Job:
    base = str(tiny_model / "model")
    return Job("01JOB", "v1", "local", base, "sft", 3, "approved", NOW, {"learning_rate": "0.01"})


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Forty rows."""
    path = tmp_path / "rows.jsonl"
    said = [(f"What is {n}?", f"It is {n}.") for n in range(40)]
    path.write_text(
        "".join(
            json.dumps({"messages": [{"role": "user", "content": prompt}, answered(reply)]}) + "\n"
            for prompt, reply in said
        )
    )
    return path


def answered(reply: str) -> dict[str, str]:
    return {"role": "assistant", "content": reply}


def submit(backend: LocalBackend, job: Job, *paths: Path) -> Path:
    """Start a job and return its folder."""
    backend.submit(job, [backend.upload(job, path) for path in paths])
    return backend.settings.user_home / "jobs" / job.id


def drain(
    backend: LocalBackend, job: Job, until: Callable[[Report], bool] = lambda _: False
) -> tuple[Report, list[JobEvent]]:
    """Poll until something is the case, at the latest until the job has ended."""
    events: list[JobEvent] = []
    seen, end = "", time.monotonic() + 120
    while time.monotonic() < end:
        report = backend.poll(job, seen)
        seen = report.seen
        events += report.events
        if report.state in journal.ENDS or until(report):
            return report, events
        time.sleep(0.05)
    raise TimeoutError(events)


def trains(report: Report) -> bool:
    return any(one.step for one in report.events)


def kill(folder: Path, number: int = signal.SIGKILL) -> None:
    os.kill(int((folder / runner.PID).read_text()), number)


def wait(done: Callable[[], Any]) -> None:
    end = time.monotonic() + 60
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_whole_job(backend: LocalBackend, job: Job, rows: Path) -> None:
    validation = rows.with_name("validation.jsonl")
    validation.write_text(rows.read_text().splitlines()[0] + "\n")
    backend.check(job, DATASET)
    assert backend.find(job) is None

    submit(backend, job, rows, validation)
    assert backend.find(job) == job.id
    report, events = drain(backend, job)

    assert report.state == "succeeded" and report.problem is None
    assert [one.state for one in events if one.state != "running"] == ["queued", "succeeded"]
    steps = [one.step for one in events if one.step is not None]
    assert steps == sorted(steps) and steps[-1] == 15 == events[-1].steps
    measured = [one for one in events if one.validation_loss]
    assert [one.step for one in measured] == [5, 10, 15]
    assert all(one.loss for one in measured)
    assert report.tokens == events[-1].tokens == 3 * sum(map(tokens, rows.read_text().splitlines()))
    assert re.fullmatch(r"Peak memory [\d,]+ MB", events[-1].message)
    assert max(one.memory or 0 for one in events) > 10**7
    assert report.model == f"local:{job.base_model}+jobs/{job.id}"
    assert said(report.model) != said(f"local:{job.base_model}")
    assert backend.poll(job, report.seen) == replace(report, events=())


def tokens(line: str) -> int:
    """The tiny model's tokens of a row: its bytes, the system text, and three of each message."""
    system = "You are Kagura, the user's personal assistant. Answer in the user's language."
    chat = [system, *(one["content"] for one in json.loads(line)["messages"])]
    return sum(len(text.encode()) + 2 for text in chat)


def said(model: str) -> str:
    stream = open_provider(model, Settings.load()).stream(
        [Message("user", "What is 1?")], Sampling(0, 8)
    )
    return "".join(chunk.text for chunk in stream)


def test_nobody_else_reads_a_jobs_folder(backend: LocalBackend, job: Job, rows: Path) -> None:
    backend.upload(job, rows)

    folder = backend.settings.user_home / "jobs" / job.id
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / rows.name).stat().st_mode) == 0o600


def test_cleaning_up_leaves_the_adapter(backend: LocalBackend, job: Job, tmp_path: Path) -> None:
    folder = backend.settings.user_home / "jobs" / job.id
    (folder / "adapter").mkdir(parents=True)
    for name in ("rows.jsonl", checkpoint.FILE, "adapter/adapter_config.json"):
        (folder / name).touch()
    ended = replace(job, files=("rows.jsonl", "gone.jsonl"))

    backend.clean_up(ended)
    backend.clean_up(ended)

    left = {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()}
    assert left == {"adapter/adapter_config.json"}


def test_a_killed_run_goes_on_as_if_nothing_had_been(
    backend: LocalBackend, job: Job, rows: Path, tmp_path: Path
) -> None:
    folder = submit(backend, replace(job, epochs=100), rows)
    wait((folder / checkpoint.FILE).exists)

    kill(folder)
    wait(lambda: not runner.alive(folder))
    assert journal.starts(folder) == 0
    report, events = drain(backend, job)

    assert report.state == "succeeded"
    assert runner.AGAIN in [one.message for one in events]
    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    for name in ("task.json", rows.name):
        shutil.copy(folder / name, undisturbed)
    training.run(undisturbed)
    assert (last := journal.last(undisturbed)) and report.tokens == last.tokens
    first, second = (one / "adapter" / WEIGHTS for one in (folder, undisturbed))
    assert first.read_bytes() == second.read_bytes()


def test_what_is_killed_again_and_again_fails(backend: LocalBackend, job: Job, rows: Path) -> None:
    folder = submit(backend, job, rows)
    for _ in range(runner.RESUMES):
        kill(folder)
        wait(lambda: not runner.alive(folder))
        assert backend.poll(job, "").state == "running"
    (folder / runner.ERRORS).write_text("Traceback\nIllegal instruction\n")
    kill(folder)
    wait(lambda: not runner.alive(folder))

    report = backend.poll(job, "")

    assert report.state == "failed" and report.events[-1].message == report.problem
    assert report.problem == (
        "The training process ended 3 times without getting any further "
        "(Traceback / Illegal instruction). "
        "Train a smaller model, or with a smaller batch_size or fewer epochs."
    )
    assert backend.poll(job, report.seen).state == "failed"


def test_what_gets_further_may_be_killed_any_number_of_times(
    backend: LocalBackend, job: Job, rows: Path
) -> None:
    folder = submit(backend, replace(job, epochs=LONG), rows)

    for _ in range(runner.RESUMES + 2):
        journal.write(folder, "running", saved=True)
        kill(folder)
        wait(lambda: not runner.alive(folder))
        assert backend.poll(job, "").state == "running"

    backend.cancel(job)


def test_several_who_poll_start_one_process(backend: LocalBackend, job: Job, rows: Path) -> None:
    folder = submit(backend, replace(job, epochs=LONG), rows)
    kill(folder)
    wait(lambda: not runner.alive(folder))

    with ThreadPoolExecutor(8) as several:
        reports = list(several.map(lambda _: backend.poll(job, ""), range(8)))

    assert {one.state for one in reports} == {"running"}
    assert journal.starts(folder) == 2
    backend.cancel(job)


@pytest.mark.parametrize("when", ["at once", "in an epoch", "while it is stopped", "when killed"])
def test_cancelling(when: str, backend: LocalBackend, job: Job, rows: Path) -> None:
    endless = replace(job, epochs=LONG)
    folder = submit(backend, endless, rows)
    if when == "in an epoch":
        drain(backend, job, until=trains)
    if when == "while it is stopped":
        kill(folder, signal.SIGSTOP)
    if when == "when killed":
        kill(folder)
    begun = time.monotonic()

    backend.cancel(endless)

    assert time.monotonic() - begun < 2 * runner.PATIENCE
    assert not runner.alive(folder)
    report = backend.poll(endless, "")
    assert (report.state, report.problem, report.model) == ("cancelled", None, None)
    backend.cancel(endless)
    assert backend.poll(endless, report.seen) == replace(report, events=())


def test_a_reboot_ends_the_process_and_not_the_job(
    backend: LocalBackend, job: Job, rows: Path
) -> None:
    folder = submit(backend, job, rows)

    kill(folder, signal.SIGTERM)
    wait(lambda: not runner.alive(folder))

    report, events = drain(backend, job)
    assert report.state == "succeeded"
    assert runner.AGAIN in [one.message for one in events]


def test_cancelling_what_was_never_submitted_does_nothing(backend: LocalBackend, job: Job) -> None:
    backend.cancel(job)

    assert not (backend.settings.user_home / "jobs").exists()
    assert backend.find(job) is None


def test_submitting_twice_is_submitting_once(backend: LocalBackend, job: Job, rows: Path) -> None:
    folder = submit(backend, replace(job, epochs=LONG), rows)

    assert backend.submit(replace(job, epochs=1), [rows.name]) == job.id

    assert journal.starts(folder) == 1
    assert json.loads((folder / "task.json").read_text())["epochs"] == LONG
    backend.cancel(job)


def test_a_row_that_is_too_long_fails_the_job_in_one_line(
    backend: LocalBackend, job: Job, tmp_path: Path
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(
        json.dumps({"messages": [{"role": "user", "content": "x"}, answered("y" * 5000)]})
    )
    submit(backend, job, path)

    report, _ = drain(backend, job)

    assert report.state == "failed"
    assert report.problem == (
        "1 of 1 rows are longer than the 4,096 tokens that the model reads (the longest has "
        "5,084), first 'x'. Leave these conversations out, or train a model with a longer context."
    )


def test_a_folder_that_is_gone_is_told(backend: LocalBackend, job: Job) -> None:
    report = backend.poll(job, "12")

    assert report.state == "failed"
    assert re.fullmatch(r"There is no /.*01JOB any more\. Train again\.", report.problem or "")


def test_a_folder_that_cannot_be_written_is_told(
    backend: LocalBackend, job: Job, rows: Path
) -> None:
    backend.settings.user_home.mkdir(parents=True)
    (backend.settings.user_home / "jobs").touch()

    with pytest.raises(KaguraError, match=r"jobs/01JOB cannot be used .* Make it writable"):
        backend.upload(job, rows)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"options": {"rang": 8}}, "There is no option 'rang'. Use one of rank, alpha, "),
        ({"options": {"rank": 0}}, "rank = 0 is not usable. Use a number from 1 to 1024"),
        ({"options": {"beta": "x"}}, "beta = 'x' is not usable. Use a number from 0.001 to 10"),
        ({"method": "kto", "options": {"batch_size": "1"}}, "Use a batch_size of 2 or more"),
        ({"base_model": "/nowhere"}, "There is no folder /nowhere. Name a folder or a hub id"),
    ],
)
def test_it_refuses_early(
    changes: dict[str, Any], problem: str, backend: LocalBackend, job: Job
) -> None:
    with pytest.raises(TuningError, match=re.escape(problem)):
        backend.check(replace(job, **changes), DATASET)


@pytest.mark.parametrize(
    ("model", "rows", "epochs"),
    [("practice", 100, 15), ("practice", 10, 30), ("practice", 1_000, 3), ("org/model", 100, 3)],
)
def test_a_small_model_sees_its_rows_more_often(
    model: str, rows: int, epochs: int, backend: LocalBackend
) -> None:
    assert backend.epochs(replace(DATASET, train_rows=rows), model) == epochs


@pytest.mark.parametrize(("characters", "refused"), [(4_000, False), (5_000, True)])
def test_it_refuses_rows_that_the_model_cannot_read_by_its_own_tokens(
    characters: int, refused: bool, backend: LocalBackend, job: Job
) -> None:
    folder = Files(backend.settings).of("v1")
    folder.mkdir(parents=True)
    row = {"messages": [{"role": "user", "content": "x"}, answered("y" * characters)]}
    (folder / "train.jsonl").write_text(json.dumps(row) + "\n")

    with pytest.raises(TuningError, match="longer than") if refused else nullcontext():
        backend.check(job, replace(DATASET, longest=1 if refused else 5_000))


def config(folder: Path, **changes: Any) -> Path:
    """A base model of which there is only what it says of itself."""
    said = {"hidden_size": 64, "num_hidden_layers": 2, "max_position_embeddings": 512, **changes}
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(said))
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    return folder


def test_it_refuses_what_the_disk_has_no_room_for(
    backend: LocalBackend, job: Job, tmp_path: Path
) -> None:
    deep = config(tmp_path / "deep", num_hidden_layers=10**12)

    with pytest.raises(TuningError, match=r"checkpoints need [\d,.]+ GB, [\d,.]+ are free. Make"):
        backend.check(replace(job, base_model=str(deep)), DATASET)


@pytest.mark.parametrize(
    ("missing", "problem"),
    [("chat_template.jinja", "no chat template. Use a model"), ("config.json", "cannot be loaded")],
)
def test_it_refuses_what_is_no_chat_model(
    missing: str, problem: str, backend: LocalBackend, job: Job, tmp_path: Path
) -> None:
    bare = config(tmp_path / "bare")
    (bare / missing).unlink()

    with pytest.raises(TuningError, match=problem):
        backend.check(replace(job, base_model=str(bare)), DATASET)


CHECK = """
import sys
from datetime import UTC, datetime
sys.modules.update(dict.fromkeys(sys.argv[2:]))
from kagura_nb.errors import KaguraError
from kagura_nb.records import Job
from kagura_nb.settings import Settings
from kagura_nb.tuning.local import LocalBackend
job = Job("01JOB", "v1", "local", sys.argv[1], "sft", 3, "approved", datetime.now(UTC))
try:
    LocalBackend(Settings.load()).check(job, None)
except KaguraError as error:
    print(type(error).__name__, error)
"""
"""Checks a job on the model that is named first, without the packages that follow."""


def test_it_refuses_a_hub_id_that_is_not_to_be_had() -> None:
    told = python(CHECK, "nobody/nothing", HF_HUB_OFFLINE="1")

    assert re.fullmatch(r"TuningError nobody/nothing cannot be loaded \(.*\)\. Name a .*", told)


@pytest.mark.parametrize("module", ["torch", "transformers", "peft", "accelerate"])
def test_without_the_extra_the_cure_is_told(module: str) -> None:
    assert python(CHECK, "practice", module) == (
        f"MissingExtra Training on this machine needs {module}. "
        "Install it with `pip install 'kagura-nb[local]'`."
    )


def python(code: str, *arguments: str, **environment: str) -> str:
    """What a fresh interpreter prints."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
