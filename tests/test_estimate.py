"""What a training would take, as its owner is told before anything begins: time, money, days."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from servers.openai_tuning import OpenAITuningServer
from training import NOW, a_job

from kagura_nb import ConversationCollector
from kagura_nb.datasets import Datasets, Spec
from kagura_nb.notebook.commands import run
from kagura_nb.notebook.views import View
from kagura_nb.notebook.workspace import Workspace
from kagura_nb.privacy import consent
from kagura_nb.records import Dataset, Job, JobEvent
from kagura_nb.store import jobs
from kagura_nb.tuning import Estimate
from kagura_nb.tuning.base import Ending
from kagura_nb.tuning.local import LocalBackend
from kagura_nb.tuning.plan import estimate

UNPRICED = "train --backend openai -m my-own-model"


@dataclass(frozen=True, slots=True)
class Closing(LocalBackend):
    """One that trains a model no more from a day on, and serves it no more from another."""

    ending: Ending = Ending()

    def ends_on(self, model: str) -> Ending:
        """Those days."""
        return self.ending


def shown(workspace: Workspace, words: str) -> View:
    view = run(workspace, words.split())
    assert view is not None
    return view


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def estimated(store: ConversationCollector, job: Job, dataset: Dataset, *days: int) -> Estimate:
    """An estimate of a job whose vendor trains, and serves, its model so many days from now."""
    today = datetime.now(UTC).date()
    ending = Ending(*(today + timedelta(one) for one in days))
    return estimate(store.database, Closing(store.settings, ending), job, dataset)


# --- time --------------------------------------------------------------------------------------


@pytest.fixture
def trained(store: ConversationCollector, rate: Callable[..., list[str]]) -> Job:
    """A job that took 100 seconds, and says that it saw nine times as many tokens as we count."""
    for one in rate(12):
        store.correct(one, f"Better than {one}.")
    dataset = Datasets(store).build()
    job = a_job(dataset=dataset.version, backend="local", base_model="practice", state="succeeded")
    job = replace(job, tokens=9 * job.epochs * dataset.train_tokens)
    with store.database.write() as connection:
        jobs.add(connection, job)
        told = [JobEvent(NOW + timedelta(seconds=at), "running") for at in (0, 50)]
        last = JobEvent(NOW + timedelta(seconds=100), "succeeded")
        jobs.append(connection, job.id, [*told, last])
    return job


def test_twice_as_much_of_the_same_takes_twice_as_long(
    store: ConversationCollector, trained: Job
) -> None:
    again = replace(trained, epochs=2 * trained.epochs)

    assert estimated(store, again, Datasets(store).get()).seconds == pytest.approx(200)


@pytest.mark.parametrize(
    "other", [{"method": "dpo"}, {"base_model": "org/model"}, {"backend": "openai"}]
)
def test_what_is_not_alike_tells_nothing_about_the_time(
    store: ConversationCollector, trained: Job, other: dict[str, Any]
) -> None:
    dataset = Datasets(store).build(Spec(method=other.get("method", "sft")))

    assert estimated(store, replace(trained, **other), dataset).seconds is None


# --- days --------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [(7, 15), (7,), (100, 200), ()])
def test_the_end_of_training_and_the_end_of_the_model_are_two_days(
    store: ConversationCollector, trained: Job, days: tuple[int, ...]
) -> None:
    found = estimated(store, trained, Datasets(store).get(), *days)

    named = re.findall(r"\d{4}-\d\d-\d\d", " ".join(found.warnings))
    today = datetime.now(UTC).date()
    assert [date.fromisoformat(one) - today for one in named] == [
        timedelta(one) for one in days if one < 90
    ]
    assert ("trains practice no more from" in " ".join(found.warnings)) is bool(named)
    assert ("trained from it ends then too" in " ".join(found.warnings)) is (len(named) == 2)


# --- tokens, money, rows -----------------------------------------------------------------------


@pytest.fixture
def thrifty(
    store: ConversationCollector,
    rate: Callable[..., list[str]],
    openai_tuning: OpenAITuningServer,
) -> Workspace:
    """A user with twelve good conversations who agreed to train at the server, for a dollar."""
    rate(11)
    store.add_feedback(store.collect("Where?", "Write to jane@example.org", "practice"), 5)
    consent.give(store.database, "openai", store.settings)
    return Workspace(lambda: store.settings.with_(monthly_budget="1"))


def test_the_card_shows_rows_as_they_would_leave(thrifty: Workspace) -> None:
    card = shown(thrifty, "train --backend openai")

    for form in (card.plain, card.html):
        assert "The first rows" in form and "What is 1 times 2?" in form
    assert "jane@example.org" not in shown(thrifty, "train --backend openai").plain


def test_the_card_says_where_tokens_are_an_estimate(thrifty: Workspace, vocabulary: Path) -> None:
    exact = shown(thrifty, "train --backend openai").plain
    vocabulary.unlink()
    thrifty.assistant.store.collect("One more", "Yes", "practice")
    thrifty.assistant.store.add_feedback("last", 5)

    assert "is an estimate" not in exact
    assert "number of tokens is an estimate" in shown(thrifty, "train --backend openai").plain


def test_an_unknown_price_is_approved_by_hand_whatever_the_budget(
    thrifty: Workspace, openai_tuning: OpenAITuningServer
) -> None:
    card = shown(thrifty, UNPRICED)
    assert "whether the month's budget allows it is yours to judge" in card.plain
    assert card.live is not None
    buttons, picture = card.live().children  # type: ignore[attr-defined]

    buttons.children[0].click()

    wait_until(lambda: "succeeded" in picture.value)
    assert len(openai_tuning.posted()) == 1
    assert "has begun" in shown(thrifty, f"{UNPRICED} --approve").plain


def test_what_the_budget_does_not_allow_says_so_wherever_it_is_approved(
    thrifty: Workspace, price: Callable[[int], None], openai_tuning: OpenAITuningServer
) -> None:
    price(50_000)
    card = shown(thrifty, "train --backend openai")
    assert "costs more than is left of the month's budget" in card.plain
    assert card.live is not None
    buttons, said = card.live().children  # type: ignore[attr-defined]

    buttons.children[0].click()

    wait_until(lambda: "config monthly_budget" in said.value)
    assert openai_tuning.requests == []
