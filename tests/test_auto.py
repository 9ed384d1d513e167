"""`@auto_finetune`: whatever answers prompts is collected, rated and, when it is time, trained."""

import asyncio
import functools
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from servers.openai_tuning import OpenAITuningServer
from training import wait_until

from kagura_nb import PrivacyFilter, auto_finetune, costs, deploy
from kagura_nb.auto import Collected
from kagura_nb.datasets import Datasets
from kagura_nb.errors import InvalidRating, SettingsError, UnknownConversation
from kagura_nb.privacy import consent
from kagura_nb.tuning import jobs, open_jobs


def collected(function: Callable[..., Any], **options: Any) -> Collected[..., Any]:
    decorated: Collected[..., Any] = auto_finetune("me", **options)(function)
    return decorated


def exchanges(reply: Collected[..., Any]) -> list[tuple[str, str]]:
    return [(one.prompt, one.response) for one in reply.store.iterate()]


def echo(prompt: str) -> str:
    return f"You said {prompt}"


def with_default(times: int = 1, *, prompt: str) -> str:
    return prompt * times


def with_many(*texts: str) -> str:
    return " ".join(texts)


def with_any(**texts: str) -> str:
    return " ".join(texts.values())


@pytest.mark.parametrize(
    ("function", "given", "named", "stored"),
    [
        (echo, ["hello"], {}, ("hello", "You said hello")),
        (echo, [], {"prompt": "hello"}, ("hello", "You said hello")),
        (with_many, ["hello", "you"], {}, ("hello", "hello you")),
        (with_any, [], {"text": "hello"}, ("hello", "hello")),
        (with_default, [], {"prompt": "hello"}, ("hello", "hello")),
    ],
)
def test_the_first_argument_is_the_prompt_however_it_is_given(
    function: Any, given: list[str], named: dict[str, str], stored: tuple[str, str]
) -> None:
    reply = collected(function)
    assert reply(*given, **named) == stored[1]
    assert exchanges(reply) == [stored]


def test_without_brackets_the_user_of_the_settings_learns() -> None:
    @auto_finetune
    def reply(prompt: str) -> str:
        return prompt.upper()

    assert reply("hi") == "HI"
    assert exchanges(reply) == [("hi", "HI")]
    assert reply.store.settings.user == "default"
    assert reply.feedback(5)["rated"] == 1


class Shouter:
    """An object that answers."""

    def __call__(self, prompt: str) -> str:
        return prompt.upper()


@pytest.mark.parametrize(
    "function", [functools.partial(echo), Shouter()], ids=["partial", "object"]
)
def test_what_has_no_name_of_its_own_is_collected_too(function: Callable[[str], str]) -> None:
    reply = collected(function)

    assert exchanges(reply) == [] and reply("hello") == function("hello")
    assert exchanges(reply) == [("hello", function("hello"))]


def test_a_coroutine_is_collected_when_it_is_awaited() -> None:
    async def answer(prompt: str) -> str:
        return f"You said {prompt}"

    reply = collected(answer)
    assert asyncio.run(reply("hello")) == "You said hello"
    assert exchanges(reply) == [("hello", "You said hello")]


def test_a_generator_is_collected_when_it_is_exhausted() -> None:
    @auto_finetune("me")
    def reply(prompt: str) -> Iterator[str]:
        yield "You said "
        yield prompt

    pieces = reply("hello")
    assert next(pieces) == "You said "
    assert exchanges(reply) == []
    assert list(pieces) == ["hello"]
    assert exchanges(reply) == [("hello", "You said hello")]


def test_an_asynchronous_generator_is_collected_when_it_is_exhausted() -> None:
    @auto_finetune("me")
    async def reply(prompt: str) -> AsyncIterator[str]:
        yield "You said "
        yield prompt

    async def read() -> list[str]:
        return [piece async for piece in reply("hello")]

    assert asyncio.run(read()) == ["You said ", "hello"]
    assert exchanges(reply) == [("hello", "You said hello")]


def test_a_method_is_collected_without_its_object() -> None:
    class Greeter:
        def __init__(self, greeting: str) -> None:
            self.greeting = greeting

        @auto_finetune("me")
        def reply(self, prompt: str) -> str:
            return f"{self.greeting} {prompt}"

    greeter = Greeter("Hello")
    assert greeter.reply("Ann") == "Hello Ann"
    assert exchanges(Greeter.reply) == [("Ann", "Hello Ann")]
    assert greeter.reply.feedback(5)["rated"] == 1


def test_a_reply_that_cannot_be_stored_is_given_all_the_same() -> None:
    told: list[str] = []
    reply = collected(echo, announce=told.append)
    reply("hello")
    with reply.store.database.maintain() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    said = reply("x" * 1_000_000)

    assert said.endswith("xxx")
    assert len(told) == 1 and "is not stored" in told[0] and "Free some space" in told[0]
    with pytest.raises(UnknownConversation):  # not the reply before it
        reply.feedback(5)


def test_feedback_counts_and_bad_feedback_is_refused() -> None:
    reply = collected(echo)
    with pytest.raises(UnknownConversation, match="echo has no reply that is stored"):
        reply.feedback(5)
    reply("hello")
    with pytest.raises(InvalidRating):
        reply.feedback(6)
    assert reply.feedback(4, "friendly") == {
        "total": 1,
        "rated": 1,
        "high_rated": 1,
        "ready_for_ft": 1,
    }


# --- training that offers itself ---------------------------------------------------------------


RATE_AND_EXIT = """
import time
from kagura_nb import auto_finetune
from kagura_nb.tuning import open_jobs

@auto_finetune("me", threshold=12, auto_approve=True)
def reply(prompt: str) -> str:
    return f"You said {prompt}"

for number in range(12):
    reply(f"hello {number}")
    reply.feedback(5)
while open_jobs(reply.store).get().state != "running":
    time.sleep(0.05)
"""


@pytest.fixture
def vendor(openai_tuning: OpenAITuningServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Where `me` trains, after having agreed to it."""
    monkeypatch.setenv("KAGURA_BACKEND", "openai")
    monkeypatch.setattr(jobs, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(jobs, "LONGEST_PAUSE", 0.01)
    store = collected(echo).store
    consent.give(store.database, "openai", store.settings)
    return openai_tuning


def talk(reply: Collected[..., Any], count: int = 12, rating: int = 5) -> None:
    for number in range(count):
        reply(f"hello {number} of {count}")
        reply.feedback(rating)


def test_the_threshold_is_announced_once_however_ratings_change(
    vendor: OpenAITuningServer,
) -> None:
    told: list[str] = []
    reply = collected(echo, threshold=12, announce=told.append)
    talk(reply)
    for rating in (3, 5, 1, 5):
        reply.feedback(rating)

    again = collected(echo, threshold=12, announce=told.append)
    again("in a new kernel")
    again.feedback(5)

    (job,) = open_jobs(reply.store).latest()
    tokens = 8 * Datasets(reply.store).get(job.dataset).train_tokens
    assert told == [
        "12 good conversations: enough to train a model of your own. gpt-4.1-mini-2025-04-14 at"
        f" openai: 12 rows, 8 times = {tokens:,} tokens at an unknown price."
        f" `kagura-nb jobs {job.id[-6:]} --approve --user-id me` begins it."
    ]
    assert vendor.requests == []


def test_the_command_that_is_told_begins_the_training(vendor: OpenAITuningServer) -> None:
    told: list[str] = []
    talk(collected(echo, threshold=12, announce=told.append))

    program, *arguments = told[0].split("`")[1].split()
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert "succeeded" in done.stdout, done.stderr
    assert len(vendor.posted()) == 1


@pytest.mark.parametrize(
    ("trained_for", "paid"),
    [("5", "for $0.02"), ("1", "for less than a cent"), ("0", "for nothing")],
)
def test_without_asking_a_model_is_trained_and_answers_from_then_on(
    vendor: OpenAITuningServer,
    price: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
    trained_for: str,
    paid: str,
) -> None:
    price(int(trained_for))
    monkeypatch.setenv("KAGURA_MONTHLY_BUDGET", "" if trained_for == "0" else "1")
    told: list[str] = []
    reply = collected(echo, threshold=12, auto_approve=True, announce=told.append)

    talk(reply)
    wait_until(lambda: told[1:])

    begun, ended = told
    (job,) = open_jobs(reply.store).latest()
    assert "Its training has begun." in begun and begun.endswith(f" tokens {paid}.")
    assert ended == f"Training {job.id[-6:]} succeeded. {job.model} answers from now on."
    assert deploy.choose(reply.store.database, "a session").model == job.model
    assert costs.spent(reply.store.database) == Decimal(trained_for) * 1234 / 1_000_000


@pytest.mark.parametrize(
    ("training", "budget", "agreed", "why"),
    [
        (None, "20", True, "its price is unknown"),
        (5, "", True, "no `monthly_budget` allows what it costs"),
        (50_000, "1", True, "$1.00 of this month's budget are left"),
        (5, "1", False, "You have not agreed"),
    ],
)
def test_what_may_not_begin_without_asking_is_told_once(
    vendor: OpenAITuningServer,
    price: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
    training: int | None,
    budget: str,
    agreed: bool,
    why: str,
) -> None:
    if training is not None:
        price(training)
    monkeypatch.setenv("KAGURA_MONTHLY_BUDGET", budget)
    told: list[str] = []
    reply = collected(echo, threshold=12, auto_approve=True, announce=told.append)
    if not agreed:
        consent.withdraw(reply.store.database, "openai")

    talk(reply, 14)

    (line,) = told
    assert why in line and "--approve --user-id me` begins it." in line and "\n" not in line
    assert vendor.requests == []


@pytest.mark.parametrize(
    ("backend", "why"),
    [("gemini", "vertex_bucket"), ("openai", "are too few for OpenAI"), ("", "extra")],
)
def test_what_prevents_training_is_told_and_never_raised(
    vendor: OpenAITuningServer, monkeypatch: pytest.MonkeyPatch, backend: str, why: str
) -> None:
    monkeypatch.setenv("KAGURA_BACKEND", backend)
    if not backend:
        monkeypatch.setitem(sys.modules, "torch", None)
        monkeypatch.delenv("OPENAI_API_KEY")
        why = "kagura-nb[local]"
    told: list[str] = []

    talk(collected(echo, threshold=3, announce=told.append), 3)

    (line,) = told
    assert line.startswith("3 good conversations: enough to train a model of your own. ")
    assert why in line


def test_a_training_that_its_process_left_is_gone_on_with(
    vendor: OpenAITuningServer, price: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    price(0)
    vendor.course = ("running",) * 50 + ("succeeded",)
    subprocess.run([sys.executable, "-c", RATE_AND_EXIT], check=True, timeout=60)
    told: list[str] = []
    reply = collected(echo, threshold=12, auto_approve=True, announce=told.append)
    (left,) = open_jobs(reply.store).latest()

    talk(reply, 1)
    wait_until(lambda: told)

    assert not left.ended
    assert told[0].startswith(f"Training {left.id[-6:]} succeeded.")
    assert len(vendor.posted()) == 1


def test_a_filter_of_ones_own_counts_before_training(
    vendor: OpenAITuningServer, price: Callable[[int], None]
) -> None:
    price(0)
    vendor.course = ("running",) * 10_000
    staff = PrivacyFilter(custom_patterns={"STAFF": r"S-[0-9]{5}"})
    reply = collected(echo, threshold=12, auto_approve=True, privacy_filter=staff, announce=print)

    for number in range(12):
        reply(f"{'abcdefghijkl'[number] * 9} asks who S-{20817 + number} is.")
        reply.feedback(5)
    wait_until(lambda: [str(one) for one in vendor.posted()])

    uploaded = b"".join(vendor.contents.values())
    assert b"[REDACTED_STAFF]" in uploaded and b"S-208" not in uploaded


def test_a_threshold_that_cannot_be_is_refused_at_once() -> None:
    with pytest.raises(SettingsError, match="threshold"):
        collected(echo, threshold=0)
