"""Jobs, datasets and training files as a backend gets them, and how a job is driven by hand."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from servers.loopback import Fault

from kagura_nb.datasets import formats
from kagura_nb.records import Dataset, Job, JobEvent, Message, Row
from kagura_nb.tuning import Jobs
from kagura_nb.tuning.base import Backend, Report

NOW = datetime(2026, 11, 23, tzinfo=UTC)
JOB = Job("01KARTS8T3HW1QZQ7X9M5N2B4C", "d1", "openai", "gpt-4.1-mini", "sft", 3, "approved", NOW)
DATASET = Dataset("d1", "sft", NOW, 12, 2, 300, 50, 40, False, "label", "0.1.0", "all good ones")

FOR_A_WHILE = [
    pytest.param(Fault(status=429), id="429"),
    pytest.param(Fault(status=500), id="500"),
    pytest.param(Fault(lost=True), id="cut"),
]
"""What ends when the same is asked again."""

AT_THE_START = [
    pytest.param(Fault(status=429), 1, "succeeded", id="429"),
    pytest.param(Fault(status=500, lost=True), 1, "succeeded", id="500 after"),
    pytest.param(Fault(lost=True), 1, "succeeded", id="cut"),
    pytest.param(Fault(status=500), 0, "failed", id="500 before"),
]
"""What happens to the request that costs money, how many jobs it makes, and how they end."""


def a_job(**changes: Any) -> Job:
    """A job of OpenAI's, unless changed."""
    return replace(JOB, **changes)


def a_dataset(**changes: Any) -> Dataset:
    """A dataset of 12 rows, unless changed."""
    return replace(DATASET, **changes)


def write_rows(path: Path, format: str, count: int = 12) -> Path:
    """A file of rows, by the writer that jobs use."""
    asked = (Message("user", "猫の名前は？"),)
    formats.write([Row(asked, f"Tama {n}", f"Pochi {n}") for n in range(count)], format, path)
    return path


def start(backend: Backend, folder: Path, count: int = 12, **changes: Any) -> Job:
    """Upload, submit, and return the job as it is known then."""
    job = a_job(**changes)
    format = backend.formats[job.method]
    paths = [
        write_rows(folder / f"{part}.jsonl", format, count) for part in ("train", "validation")
    ]
    files = tuple(backend.upload(job, path) for path in paths)
    return a_job(**changes, files=files, remote_id=backend.submit(job, files))


def wait_until(look: Callable[[], list[str]]) -> list[str]:
    """What is there once something is, for five seconds at most."""
    end = time.monotonic() + 5
    while not look() and time.monotonic() < end:
        time.sleep(0.02)
    return look()


def run(open: Jobs, job: Job) -> Job:
    """Watch a job to its end."""
    for _ in open.watch(job):
        pass
    return open.get(job.id)


def watch(backend: Backend, job: Job, most: int = 10) -> tuple[Report, list[JobEvent]]:
    """Poll until the job has ended; the last report, and all events."""
    seen, events = "", list[JobEvent]()
    for _ in range(most):
        report = backend.poll(job, seen)
        seen = report.seen
        events += report.events
        if report.state in ("succeeded", "failed", "cancelled"):
            break
    return report, events


def answer_a_page(handler: Any, asked: Any, fault: Any) -> None:
    """What a proxy or the network of a hotel may answer in a vendor's place."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 7\r\n\r\n")
    handler.wfile.write(b"welcome")
