"""Conversations as a DataFrame, and what was changed in it written back."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pandas
import pytest

import kagura_nb
from kagura_nb import Assistant, ConversationCollector, Selection
from kagura_nb.errors import InvalidRating, KaguraError, MissingExtra, UnknownConversation
from kagura_nb.frames import COLUMNS
from kagura_nb.records import Usage

Rate = Callable[..., list[str]]


@pytest.fixture
def assistant(store: ConversationCollector) -> Assistant:
    return Assistant(settings=store.settings)


def test_every_column_says_what_is_stored(store: ConversationCollector) -> None:
    when = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    one = store.collect(
        "猫は？", "はい。", "practice", session="s", created_at=when, complete=False,
        usage=Usage(12, 3), cost=Decimal("0.25"),
    )  # fmt: skip
    store.add_feedback(one, 4, "kind")
    store.correct(one, "いいえ。")
    store.tag(one, "b", "a")
    store.exclude(one, "private")
    store.collect("Hello", "Hi", "practice")

    frame = kagura_nb.frame()

    assert tuple(frame.columns) == COLUMNS
    assert frame.iloc[0].to_dict() == {
        "id": one, "created_at": pandas.Timestamp(when), "session": "s", "model": "practice",
        "prompt": "猫は？", "reply": "はい。", "correction": "いいえ。", "rating": 4,
        "comment": "kind", "tags": ["a", "b"], "excluded": "private", "complete": False,
        "prompt_tokens": 12, "completion_tokens": 3, "cost": 0.25,
    }  # fmt: skip
    assert str(frame.created_at.dt.tz) == "UTC" and str(frame.rating.dtype) == "Int64"
    assert frame.iloc[1].isna().sum() == 7 and frame.iloc[1].tags == []


def test_an_empty_store_is_an_empty_frame(assistant: Assistant) -> None:
    frame = assistant.frame()

    assert tuple(frame.columns) == COLUMNS and len(frame) == 0
    assert len(assistant.apply(frame)) == 0


def test_a_selection_selects(assistant: Assistant, rate: Rate) -> None:
    rate(2, stars=5)
    poor = rate(1, stars=1)

    assert list(assistant.frame(Selection(stars=1)).id) == poor


def test_what_is_changed_is_written_and_can_be_taken_back(assistant: Assistant, rate: Rate) -> None:
    ids = rate(4, stars=5)
    was = assistant.frame()
    frame = assistant.frame()
    frame.loc[0, ["rating", "comment"]] = [2, "meh"]
    frame.loc[1, "excluded"] = True
    frame.at[2, "tags"] = ["home", "away"]
    frame.loc[2, "correction"] = "Better."

    before = assistant.apply(frame)

    one, two, three, four = assistant.store.get_many(ids).values()
    assert (one.rating, one.comment, two.excluded) == (2, "meh", "by the user")
    assert (three.tags, three.correction, four.rating) == (("away", "home"), "Better.", 5)
    assert list(before.id) == ids[:3] and list(before.rating) == [5, 5, 5]
    assert len(assistant.apply(before)) == 3
    pandas.testing.assert_frame_equal(assistant.frame(), was)


def test_applying_the_same_again_changes_nothing(assistant: Assistant, rate: Rate) -> None:
    rate(3)
    frame = assistant.frame()
    frame["rating"] = 1

    assert (len(assistant.apply(frame)), len(assistant.apply(frame))) == (3, 0)


@pytest.mark.parametrize(
    ("cell", "stars"),
    [(4, 4), (4.0, 4), ("4", 4), (pandas.NA, None), (None, None), (float("nan"), None)],
)
def test_stars_come_in_every_form_that_pandas_makes_of_them(
    assistant: Assistant, rate: Rate, cell: Any, stars: int | None
) -> None:
    (one,) = rate(1)

    assistant.apply(pandas.DataFrame({"id": [one], "rating": [cell]}))

    assert assistant.store.get(one).rating == stars


@pytest.mark.parametrize("kind", ["bool", "boolean", "object"])
def test_a_column_of_yes_and_no_keeps_out_and_lets_in(
    assistant: Assistant, rate: Rate, kind: str
) -> None:
    one, two = rate(2)
    assistant.store.exclude(two, "boring")
    flags = pandas.Series([True, False], dtype=kind)

    assistant.apply(pandas.DataFrame({"id": [one, two], "excluded": flags}))

    assert assistant.store.get(one).excluded == "by the user"
    assert assistant.store.get(two).excluded is None


def test_an_index_of_ids_will_do(assistant: Assistant, rate: Rate) -> None:
    (one,) = rate(1)

    assistant.apply(pandas.DataFrame({"comment": ["so"]}, index=pandas.Index([one], name="id")))

    assert assistant.store.get(one).comment == "so"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"rating": 6}, InvalidRating),
        ({"rating": 4.5}, InvalidRating),
        ({"tags": "home"}, KaguraError),
        ({"comment": 7}, KaguraError),
        ({"id": "01NOBODYNOBODYNOBODYABCDEF"}, UnknownConversation),
    ],
)
def test_one_bad_cell_and_nothing_is_written(
    assistant: Assistant, rate: Rate, changes: dict[str, Any], error: type[KaguraError]
) -> None:
    rate(2, stars=5)
    frame = assistant.frame().astype(object)
    frame["rating"] = pandas.Series([1, 1], dtype=object)
    for name, value in changes.items():
        frame.at[1, name] = value

    with pytest.raises(error) as caught:
        assistant.apply(frame)

    assert caught.value.cure and "\n" not in str(caught.value)
    assert assistant.store.count(Selection(stars=5)) == 2


@pytest.mark.parametrize(
    "frame",
    [
        pandas.DataFrame({"rating": [5]}),
        pandas.DataFrame({"id": ["x"], "prompt": ["y"]}),
        pandas.DataFrame({"id": ["x", "x"], "rating": [1, 2]}),
    ],
    ids=["no id", "nothing to write", "an id twice"],
)
def test_a_frame_that_says_nothing_clear_is_refused(
    assistant: Assistant, frame: pandas.DataFrame
) -> None:
    with pytest.raises(KaguraError, match="The frame has"):
        assistant.apply(frame)


@pytest.mark.parametrize("missing", [None, pandas.NA, float("nan")])
def test_rows_without_an_id_are_named(assistant: Assistant, missing: Any) -> None:
    frame = pandas.DataFrame({"id": [missing, missing], "rating": [1, 2]})

    with pytest.raises(KaguraError, match="The frame has rows without an id"):
        assistant.apply(frame)


def test_without_pandas_its_extra_is_named(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)

    with pytest.raises(MissingExtra, match=r"kagura-nb\[frames\]"):
        assistant.frame()
