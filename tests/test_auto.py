"""`@auto_finetune`: whatever answers prompts is collected, rated and counted."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from kagura_nb import auto_finetune
from kagura_nb.auto import Collected
from kagura_nb.errors import InvalidRating, UnknownConversation


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


def test_the_threshold_is_announced_once_however_ratings_change() -> None:
    told: list[str] = []
    reply = collected(echo, threshold=1, announce=told.append)
    reply("hello")
    for rating in (3, 5, 1, 5):
        reply.feedback(rating)
    assert told == ["1 good conversations: enough to train a model of yours."]


def test_feedback_counts_and_bad_feedback_is_refused() -> None:
    reply = collected(echo)
    with pytest.raises(UnknownConversation, match="echo has not answered yet"):
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
