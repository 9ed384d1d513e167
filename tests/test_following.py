"""A training while it goes on: what its owner sees of it meanwhile, in a cell and in a terminal."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from servers.loopback import Asked, Fault
from servers.openai_tuning import OpenAITuningServer
from sqlalchemy import make_url
from training import a_job

from kagura_nb import ConversationCollector, OpenAIFinetune
from kagura_nb.notebook.following import go_on
from kagura_nb.notebook.progress import progress
from kagura_nb.notebook.views import View
from kagura_nb.privacy import consent
from kagura_nb.records import Job, JobEvent
from kagura_nb.tuning import Jobs, jobs, open_jobs


class Slow(OpenAITuningServer):
    """Takes no file before it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = threading.Event()

    def serve(self, handler: Any, asked: Asked, fault: Fault) -> None:
        """Answer one request."""
        if asked.method == "POST" and asked.path == "/v1/files":
            self.opened.wait(20)
        super().serve(handler, asked, fault)


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    """Where the job goes."""
    with Slow() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")
        yield server
        server.opened.set()


@pytest.fixture
def approved(
    store: ConversationCollector, rate: Callable[..., list[str]], vendor: Slow
) -> tuple[Jobs, Job]:
    """A job that its owner has approved."""
    rate(12)
    consent.give(store.database, "openai", store.settings)
    tuning = open_jobs(store)
    planned, _ = tuning.plan(OpenAIFinetune().prepare_training_data(), "openai")
    return tuning, tuning.approve(planned)


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_there_is_a_picture_while_the_rows_are_handed_over(
    approved: tuple[Jobs, Job], vendor: Slow
) -> None:
    shown: list[View] = []
    go_on(*approved, shown.append)

    wait_until(lambda: bool(shown) and "Uploading the rows." in shown[-1].plain)
    assert "uploading" in shown[-1].plain

    vendor.opened.set()
    wait_until(lambda: "succeeded" in shown[-1].plain)


def test_a_store_that_is_away_for_a_while_is_told_in_the_pictures_place(
    approved: tuple[Jobs, Job], store: ConversationCollector, vendor: Slow
) -> None:
    vendor.opened.set()
    file = Path(str(make_url(store.settings.store_url).database))
    away = file.with_name("away")
    shown: list[View] = []
    store.database.close()
    file.rename(away)
    file.mkdir()
    go_on(*approved, shown.append)

    wait_until(lambda: bool(shown) and "cannot be" in shown[-1].plain)
    store.database.close()
    file.rmdir()
    away.rename(file)

    wait_until(lambda: "succeeded" in shown[-1].plain)


def test_the_picture_has_all_that_was_heard_at_once(
    approved: tuple[Jobs, Job], vendor: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "FIRST_PAUSE", 2)  # between the news of two steps and the end
    vendor.opened.set()
    vendor.course = ("running", "succeeded")
    tuning, job = approved
    shown: list[View] = []
    tuning.advance(job)

    go_on(tuning, job, shown.append)

    wait_until(lambda: bool(shown) and "succeeded" in shown[-1].plain)
    running = [one.plain for one in shown if ": running" in one.plain]
    assert "2 of 4" in running[-1] and "1.000" in running[-1]


def test_the_clock_runs_until_the_job_has_ended() -> None:
    began = datetime.now(UTC) - timedelta(seconds=600)
    events = [JobEvent(began + timedelta(seconds=one), "running", step=1) for one in (0, 2)]

    assert "10 min 0 s" in progress(a_job(state="running"), events).plain
    assert "0 min 2 s" in progress(a_job(state="failed", problem="x"), events).plain


def test_the_picture_tells_the_most_memory_there_was() -> None:
    now = datetime.now(UTC)
    told = [JobEvent(now, "running", memory=one * 10**9) for one in (2, 3, 1)]

    assert "3,000 MB" in progress(a_job(), told).plain
    assert "memory" not in progress(a_job(), [JobEvent(now, "running")]).plain


def test_a_terminal_tells_loss_and_cost_beside_the_bar(
    store: ConversationCollector,
    rate: Callable[..., list[str]],
    price: Callable[[int], None],
    vendor: Slow,
    capfd: pytest.CaptureFixture[str],
) -> None:
    price(5000)
    rate(12)
    consent.give(store.database, "openai", store.settings)
    vendor.opened.set()
    tuning = OpenAIFinetune()
    job = tuning.start_finetuning()

    tuning.wait_for_completion()

    said = capfd.readouterr().err
    assert "loss=0.500" in said
    assert f"cost=about ${job.estimate:.2f}" in said
