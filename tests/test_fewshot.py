"""Examples: good ones only, corrections first, relevant, different from each other, recent."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from kagura_nb.fewshot import choose
from kagura_nb.records import Conversation, Message

NOW = datetime(2026, 11, 23, tzinfo=UTC)
EAST, NORTH = np.array([1, 0], dtype=np.float32), np.array([0, 1], dtype=np.float32)


def one(name: str, days: float = 1, **changes: Any) -> Conversation:
    changes = {"rating": 5} | changes
    when = NOW - timedelta(days=days)
    return Conversation(name, "s", when, (Message("user", name),), "reply", "practice", **changes)


def names(chosen: list[Conversation]) -> list[str]:
    return [conversation.id for conversation in chosen]


def test_only_good_conversations_are_examples() -> None:
    candidates = [one("3 stars", rating=3), one("excluded", excluded="x"), one("5 stars")]
    assert names(choose(candidates, 10, NOW)) == ["5 stars"]


def test_without_vectors_the_newest_come_first_and_corrections_before_them() -> None:
    candidates = [one("old", 50), one("new", 1), one("corrected", 90, rating=None, correction="y")]
    assert names(choose(candidates, 10, NOW)) == ["corrected", "new", "old"]


def test_the_one_most_like_the_prompt_comes_first() -> None:
    candidates = [one("other", 1), one("alike", 60)]
    vectors = {"other": NORTH, "alike": EAST}
    assert names(choose(candidates, 2, NOW, EAST, vectors)) == ["alike", "other"]


def test_a_copy_of_a_chosen_example_gives_way_to_a_different_one() -> None:
    left, right = np.array([[0.8, 0.6], [0.8, -0.6]], dtype=np.float32)
    vectors = {"first": left, "copy": left, "different": right}
    candidates = [one("first"), one("copy", 2), one("different", 3)]
    assert names(choose(candidates, 2, NOW, EAST, vectors)) == ["first", "different"]


def test_the_limit_and_duplicates() -> None:
    same = one("same")
    assert names(choose([same, same, one("other", 9)], 5, NOW)) == ["same", "other"]
    assert choose([same], 0, NOW) == []


def test_a_vector_of_another_embedder_counts_as_none() -> None:
    vectors = {"foreign": np.ones(3, dtype=np.float32), "own": EAST}
    candidates = [one("foreign"), one("own", 40)]
    assert names(choose(candidates, 2, NOW, EAST, vectors)) == ["own", "foreign"]
