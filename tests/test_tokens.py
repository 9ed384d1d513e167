"""Counting tokens: exact with the real vocabulary, a bounded estimate without, never a wait."""

import time
from pathlib import Path

import pytest

from kagura_nb import tokens

ENGLISH = """Hey Mel! Good to see you! How have you been? I went to the support group yesterday and
it was so powerful. The stories were inspiring, and I am thankful for all the help I got there. Next
week I want to paint the lake at sunrise; would you like to come along and bring the children?"""
JAPANESE = """昨日は京都へ行って、紅葉を見てきました。とても混んでいましたが、お寺の庭は静かで
美しかったです。来月は北海道でスキーをする予定なので、今から楽しみにしています。おすすめの温泉は
ありますか?"""
CODE = """def greet(name: str) -> str:
    \"\"\"Say hello.\"\"\"
    return f"Hello, {name}!"


print([greet(one) for one in ("Ann", "Bob")])
"""

O200K = [
    "openai:gpt-4o",
    "openai:gpt-4o-mini-2024-07-18",
    "openai:gpt-4.1-mini",
    "openai:gpt-5",
    "openai:gpt-5.4-mini",
    "openai:o3",
    "openai:o4-mini",
    "openai:ft:gpt-4.1-mini-2025-04-14:org::id",
]
OTHERS = ["openai:gpt-4", "openai:gpt-6.1-terra", "openai:gpt-4only", "ollama:gpt-4o", "practice"]


@pytest.mark.parametrize("model", O200K)
def test_counts_exactly_with_the_models_own_vocabulary(model: str, vocabulary: Path) -> None:
    counter = tokens.counter(model)

    assert isinstance(counter, tokens.Exact)
    assert counter.count("tiktoken is great!") == 6
    assert counter.count("お誕生日おめでとう") == 8
    assert counter.count("<|endoftext|>") == 7


@pytest.mark.parametrize("model", OTHERS)
def test_models_with_another_vocabulary_are_estimated(model: str, vocabulary: Path) -> None:
    assert isinstance(tokens.counter(model), tokens.Estimate)


@pytest.mark.parametrize("text", [ENGLISH, JAPANESE, ENGLISH + JAPANESE, CODE])
def test_the_estimate_is_near_the_truth(text: str, vocabulary: Path) -> None:
    truth = tokens.counter("openai:gpt-4o").count(text)
    estimate = tokens.counter("practice").count(text)

    assert 0.85 * truth <= estimate <= 1.3 * truth


def test_an_estimate_is_never_zero_for_some_text() -> None:
    counter = tokens.counter("practice")

    assert [counter.count(text) for text in ("", "a", "猫", "\ud800")] == [0, 1, 1, 1]


def test_without_the_vocabulary_nothing_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    begun = time.monotonic()

    counter = tokens.counter("openai:gpt-4o")

    assert isinstance(counter, tokens.Estimate)
    assert time.monotonic() - begun < 0.1


def test_a_damaged_vocabulary_is_not_used(vocabulary: Path) -> None:
    vocabulary.write_bytes(vocabulary.read_bytes()[:1000])

    assert isinstance(tokens.counter("openai:gpt-4o"), tokens.Estimate)


@pytest.mark.parametrize("text", ["word 猫 " * 150_000, "a" * 1_000_000, " " * 1_000_000])
def test_a_megabyte_is_counted_in_a_moment(text: str, vocabulary: Path) -> None:
    counter = tokens.counter("openai:gpt-4o")
    counter.count("warm")
    begun = time.monotonic()

    assert counter.count(text) > 1000

    assert time.monotonic() - begun < 3
