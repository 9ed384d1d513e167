"""What owners add to many conversations is written at once or not at all, and taken back."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from kagura_nb import ConversationCollector, Selection
from kagura_nb.errors import InvalidRating, StoreError, UnknownConversation
from kagura_nb.memory import Memory
from kagura_nb.records import Annotation
from kagura_nb.store.annotations import annotate, take_back

Rate = Callable[..., list[str]]
Tell = Callable[..., str]
ANNOTATED = ("rating", "comment", "correction", "tags", "excluded")


@pytest.fixture
def noted(store: ConversationCollector, rate: Rate) -> list[str]:
    """Rated with 5, 2 and 2 stars; the second has a comment, a correction and two tags."""
    ids = [*rate(1, stars=5), *rate(2, stars=2)]
    store.add_feedback(ids[1], 2, "too short")
    store.correct(ids[1], "A longer one.")
    store.tag(ids[1], "home", "猫")
    return ids


def test_all_is_changed_at_once_and_what_it_was_takes_it_back(
    store: ConversationCollector, noted: list[str]
) -> None:
    as_it_was = store.get_many(noted)
    wanted = [
        Annotation(noted[0], rating=1, tags=("b", "a"), excluded="private"),
        Annotation(noted[1], comment=None, correction=None, tags=()),
        Annotation(noted[2], rating=None, comment="why", correction="この方がよい"),
    ]

    before = annotate(store.database, wanted)

    one, two, third = (store.get(each) for each in noted)
    assert (one.rating, one.tags, one.excluded) == (1, ("a", "b"), "private")
    assert (two.rating, two.comment, two.correction, two.tags) == (2, None, None, ())
    assert (third.rating, third.comment, third.correction) == (None, "why", "この方がよい")
    annotate(store.database, before)
    assert store.get_many(noted) == as_it_was


def test_only_what_is_still_as_it_was_made_is_taken_back(
    store: ConversationCollector, noted: list[str]
) -> None:
    begun = datetime.now(UTC)
    wanted = [Annotation(one, rating=3, comment="new", tags=("x",)) for one in noted]
    done = list(zip(annotate(store.database, wanted), wanted, strict=True))
    store.add_feedback(noted[0], 4)
    store.rewrite([noted[1]], str)
    store.forget(Selection(ids=(noted[2],)))

    changed, left = take_back(store.database, done, begun)

    one, two = map(store.get, noted[:2])
    assert (sorted(changed), left) == (sorted(noted[:2]), 2)
    assert (one.rating, one.comment, one.tags) == (4, None, ())
    assert (two.rating, two.comment, two.tags) == (2, "new", ("home", "猫"))


def test_saying_it_again_changes_nothing(store: ConversationCollector, noted: list[str]) -> None:
    wanted = [Annotation(one, rating=3, tags=("x",)) for one in noted]

    assert len(annotate(store.database, wanted)) == 3
    assert annotate(store.database, wanted) == []


def test_only_what_differs_is_told(store: ConversationCollector, noted: list[str]) -> None:
    same = Annotation(noted[0], rating=5, comment=None, tags=(), excluded=None)
    partly = Annotation(noted[1], rating=4, comment="too short")

    assert annotate(store.database, [same, partly]) == [Annotation(noted[1], rating=2)]


def test_of_two_for_one_conversation_the_later_counts(
    store: ConversationCollector, noted: list[str]
) -> None:
    one = noted[0]

    before = annotate(
        store.database,
        [Annotation(one, rating=1, comment="a"), Annotation(one, rating=3)],
    )

    assert (store.get(one).rating, store.get(one).comment) == (3, "a")
    assert before == [Annotation(one, rating=5, comment=None)]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"rating": 6}, InvalidRating),
        ({"rating": 4.5}, InvalidRating),
        ({"comment": 7}, StoreError),
        ({"tags": "home"}, StoreError),
        ({"tags": ["home", " "]}, StoreError),
        ({"tags": None}, StoreError),
        ({"excluded": True}, StoreError),
    ],
)
def test_one_bad_value_and_nothing_is_written(
    store: ConversationCollector,
    noted: list[str],
    wrong: dict[str, object],
    error: type[StoreError],
) -> None:
    with pytest.raises(error) as caught:
        annotate(
            store.database,
            [Annotation(noted[0], rating=1), Annotation(noted[2], **wrong)],  # type: ignore[arg-type]
        )

    assert caught.value.cure and "\n" not in str(caught.value)
    assert store.get(noted[0]).rating == 5


def test_an_unknown_conversation_is_named_and_nothing_is_written(
    store: ConversationCollector, rate: Rate
) -> None:
    many = rate(600)
    wanted = [Annotation(one, rating=1) for one in [*many, "01NOBODYNOBODYNOBODYABCDEF"]]

    with pytest.raises(UnknownConversation, match="ABCDEF"):
        annotate(store.database, wanted)

    assert store.count(Selection(stars=1)) == 0


def test_a_correction_is_found_by_its_words_and_recalled(
    store: ConversationCollector, memory: Memory, tell: Tell
) -> None:
    one = tell("What is the best bread?", "I do not know.")
    memory.recall("bread", 1)

    annotate(store.database, [Annotation(one, correction="Sourdough from Lindgren", comment="Ä")])

    assert [found.id for found in store.search("lindgren ä")] == [one]
    assert [found.conversation.id for found in memory.recall("Lindgren", 1)] == [one]
