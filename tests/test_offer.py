"""When training is offered: once for so many new good conversations, whoever asks and whenever."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from servers.openai_tuning import OpenAITuningServer

from kagura_nb import ConversationCollector, Settings, offer
from kagura_nb.errors import SettingsError
from kagura_nb.offer import Offer
from kagura_nb.privacy import consent
from kagura_nb.tuning import BACKENDS, jobs, open_jobs
from kagura_nb.tuning.choice import default_backend

ASK = """
from kagura_nb import ConversationCollector, offer
store = ConversationCollector()
due = offer.due(store)
print("ready", flush=True)
input()
print(offer.made(store, due))
"""
Rate = Callable[..., list[str]]


pytestmark = pytest.mark.usefixtures("threshold")


@pytest.fixture
def threshold(monkeypatch: pytest.MonkeyPatch) -> int:
    """Offered from 12 on."""
    monkeypatch.setenv("KAGURA_THRESHOLD", "12")
    return 12


@pytest.fixture
def ended(
    store: ConversationCollector, openai_tuning: OpenAITuningServer, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """Train on what is good now: `ended("succeeded")`, or as the job shall end."""
    monkeypatch.setattr(jobs, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(jobs, "LONGEST_PAUSE", 0.01)
    monkeypatch.setenv("KAGURA_BACKEND", "openai")
    consent.give(store.database, "openai", store.settings)

    def train(state: str) -> None:
        openai_tuning.course = ("running", state)
        opened = open_jobs(store)
        job, _ = offer.plan(ConversationCollector(), Offer(1, 12, 0))
        assert list(opened.watch(opened.approve(job)))[-1].state == state

    return train


def take(store: ConversationCollector) -> Offer | None:
    offered = offer.due(store)
    return offered if offered and offer.made(store, offered) else None


def test_an_offer_is_due_once_for_every_threshold(
    threshold: int, store: ConversationCollector, rate: Rate
) -> None:
    offered = []
    for _ in range(3 * threshold + 5):
        rate(1)
        if one := take(store):
            offered.append(one.fresh)

    assert offered == [12, 24, 36]


def test_what_was_offered_is_known_after_a_restart(
    store: ConversationCollector, rate: Rate
) -> None:
    rate(20)
    assert take(store) is not None
    store.database.close()

    assert offer.due(ConversationCollector()) is None


@pytest.mark.parametrize(
    ("stars", "wanted", "is_due"), [(5, 4, True), (4, 4, True), (3, 4, False), (4, 5, False)]
)
def test_only_what_is_good_counts(
    store: ConversationCollector, rate: Rate, stars: int, wanted: int, is_due: bool
) -> None:
    rate(12, stars)

    assert (offer.due(store, wanted) is not None) == is_due


def test_what_is_kept_out_of_training_does_not_count(
    store: ConversationCollector, rate: Rate
) -> None:
    store.exclude(rate(12)[0])

    assert offer.due(store) is None


def test_after_a_training_only_what_it_has_not_seen_counts(
    store: ConversationCollector, rate: Rate, ended: Callable[[str], None]
) -> None:
    rate(20)
    first = take(store)
    ended("succeeded")

    rate(11)
    assert offer.due(store) is None
    rate(1)
    second = offer.due(store)

    assert first and first.words == "20 good conversations: enough to train a model of your own."
    assert second and second.words == "12 new good conversations: enough to train a better model."


def test_a_failed_training_is_not_offered_again_at_once(
    store: ConversationCollector, rate: Rate, ended: Callable[[str], None]
) -> None:
    rate(20)
    take(store)
    ended("failed")

    rate(11)
    assert offer.due(store) is None
    rate(1)
    assert offer.due(store) is not None


def test_nothing_is_offered_while_a_training_is_under_way(
    store: ConversationCollector, rate: Rate, ended: Callable[[str], None]
) -> None:
    rate(20)
    job, _ = offer.plan(ConversationCollector(), Offer(1, 20, 0))
    assert offer.due(store) is not None

    open_jobs(store).approve(job)

    assert offer.due(store) is None


def test_of_two_kernels_one_makes_the_offer(
    threshold: int, store: ConversationCollector, rate: Rate
) -> None:
    rate(threshold)
    kernels = [
        subprocess.Popen(
            [sys.executable, "-c", ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    assert [one.stdout and one.stdout.readline() for one in kernels] == ["ready\n"] * 2

    said = [one.communicate("\n", timeout=60)[0].strip() for one in kernels]

    assert sorted(said) == ["False", "True"]


# --- who trains ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "extra", "key", "chosen"),
    [
        ("", True, True, "local"),
        ("", False, True, "openai"),
        ("", False, False, "local"),
        ("gemini", True, True, "gemini"),
    ],
)
def test_this_machine_trains_if_it_can(
    monkeypatch: pytest.MonkeyPatch, setting: str, extra: bool, key: bool, chosen: str
) -> None:
    if not extra:
        monkeypatch.setitem(sys.modules, "peft", None)
    if key:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")

    assert default_backend(Settings(backend=setting)) == chosen


def test_the_setting_names_one_of_the_backends() -> None:
    assert [Settings(backend=name).backend for name in BACKENDS] == list(BACKENDS)
    with pytest.raises(SettingsError, match="Use local, openai, gemini"):
        Settings(backend="nobody")
