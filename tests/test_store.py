"""The store keeps what it acknowledged, refuses what it cannot keep, and forgets for good."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from kagura_nb import ConversationCollector, Selection, Settings
from kagura_nb.errors import (
    InvalidRating,
    InvalidUserId,
    KaguraError,
    SettingsError,
    StoreError,
    StoreTooNew,
    StoreUnavailable,
    UnknownConversation,
)
from kagura_nb.records import Conversation, Message, Usage


def test_a_conversation_comes_back_as_it_was_collected(store: ConversationCollector) -> None:
    when = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)

    identifier = store.collect(
        [{"role": "system", "content": "Be kind."}, Message("user", "猫は好き？", name="Aki")],
        "はい。",
        "practice",
        {"recalled": ["x"]},
        session="notebook",
        created_at=when,
        complete=False,
        usage=Usage(12, 3, 4, 5, estimated=True),
        cost=Decimal("0.000012"),
    )

    assert store.get(identifier) == Conversation(
        id=identifier,
        session="notebook",
        created_at=when,
        messages=(Message("system", "Be kind."), Message("user", "猫は好き？", name="Aki")),
        response="はい。",
        model="practice",
        complete=False,
        usage=Usage(12, 3, 4, 5, estimated=True),
        cost=Decimal("0.000012"),
        metadata={"recalled": ["x"]},
    )


@pytest.mark.parametrize("rating", [1, 5, "3", " 4 ", "５", "　２ "])
def test_whole_stars_from_1_to_5_are_ratings(store: ConversationCollector, rating: object) -> None:
    identifier = store.collect("hello", "hi", "practice")
    store.add_feedback(identifier, rating, "because")  # type: ignore[arg-type]
    rated = store.get(identifier)
    assert (rated.rating, rated.comment) == (int(str(rating)), "because")


@pytest.mark.parametrize("rating", [0, 6, -1, "abc", "", 4.5, True, "4 stars"])
def test_anything_else_is_refused_and_changes_nothing(
    store: ConversationCollector, rating: object
) -> None:
    identifier = store.collect("hello", "hi", "practice")
    store.add_feedback(identifier, 5)
    with pytest.raises(InvalidRating, match="1 to 5 stars"):
        store.add_feedback(identifier, rating)  # type: ignore[arg-type]
    assert store.get(identifier).rating == 5


def test_clearing_a_rating_takes_the_comment_along(store: ConversationCollector) -> None:
    identifier = store.collect("hello", "hi", "practice")
    store.add_feedback(identifier, 5, "nice")
    store.add_feedback(identifier, None)
    assert (store.get(identifier).rating, store.get(identifier).comment) == (None, None)


@pytest.mark.parametrize(
    "user_id", ["../x", "", ".", "a/b", "a\\b", "a..b", "x" * 65, "名", "\0", "-x"]
)
def test_an_id_that_could_leave_its_folder_is_refused(home: Path, user_id: str) -> None:
    with pytest.raises(InvalidUserId, match="user id"):
        ConversationCollector(user_id)
    assert not home.exists()


@pytest.mark.parametrize(
    "reference",
    ["last", "LAST", lambda one: one, lambda one: one[-6:], lambda one: one[-6:].lower()],
)
def test_an_id_is_named_whole_by_its_end_or_as_last(
    store: ConversationCollector, reference: object
) -> None:
    store.collect("first", "1", "practice")
    newest = store.collect("second", "2", "practice")
    name = reference(newest) if callable(reference) else str(reference)
    assert store.get(name).prompt == "second"


@pytest.mark.parametrize("reference", ["nothing", "0", "", "%%%%", "____", "' OR 1=1 --"])
def test_an_unknown_id_is_one_line_that_names_the_cure(
    store: ConversationCollector, reference: str
) -> None:
    store.collect("first", "1", "practice")
    with pytest.raises(UnknownConversation, match="`history` lists the ids"):
        store.add_feedback(reference, 5)


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"role": "assistant", "content": "x"}],
        [{"role": "user"}],
        [{"role": "robot", "content": "x"}],
    ],
)
def test_messages_that_are_no_conversation_are_refused(
    store: ConversationCollector, messages: list[dict[str, str]]
) -> None:
    with pytest.raises(StoreError):
        store.collect(messages, "reply", "practice")


def test_lone_surrogates_and_nul_do_not_lose_the_turn(store: ConversationCollector) -> None:
    identifier = store.collect("broken \ud83d half\0", "reply \udc00\0", "practice")
    found = store.get(identifier)
    assert (found.prompt, found.response) == ("broken \ufffd half\ufffd", "reply \ufffd\ufffd")


def test_stats_and_training_data_count_what_may_train(store: ConversationCollector) -> None:
    good, poor, corrected, excluded, cut = (
        store.collect(name, "reply", "practice", complete=name != "cut")
        for name in ("good", "poor", "corrected", "excluded", "cut")
    )
    for identifier in (good, excluded, cut):
        store.add_feedback(identifier, 5)
    store.add_feedback(poor, 1)
    store.correct(corrected, "better")
    store.exclude(excluded, "private")

    assert store.get_stats() == {"total": 5, "rated": 4, "high_rated": 3, "ready_for_ft": 2}
    assert [one.prompt for one in store.get_training_data()] == ["corrected", "good"]
    assert [one.reply for one in store.get_training_data(limit=1)] == ["better"]

    store.exclude(excluded, None)
    assert store.get_stats()["ready_for_ft"] == 3


def test_a_correction_is_kept_beside_the_reply_and_can_be_taken_back(
    store: ConversationCollector,
) -> None:
    identifier = store.collect("hello", "hi", "practice")
    store.correct(identifier, "Good morning")
    assert (store.get(identifier).response, store.get(identifier).reply) == ("hi", "Good morning")
    store.correct(identifier, None)
    assert store.get(identifier).reply == "hi"


def test_selections(store: ConversationCollector) -> None:
    now = datetime.now(UTC)
    for number in range(4):
        identifier = store.collect(
            f"number {number} 100%_sure",
            "reply",
            "practice" if number % 2 else "ollama:x",
            session=f"s{number // 2}",
            created_at=now - timedelta(days=number),
        )
        store.tag(identifier, f"t{number}", "all")
        store.add_feedback(identifier, number + 2)

    cases = [
        (Selection(), "0123"),
        (Selection(session="s1"), "23"),
        (Selection(model="practice"), "13"),
        (Selection(tag="t2"), "2"),
        (Selection(text="NUMBER 100%_"), "0123"),
        (Selection(text="number 2"), "2"),
        (Selection(text="100x_"), ""),
        (Selection(min_rating=4), "23"),
        (Selection(since=now - timedelta(days=1, hours=1)), "01"),
        (Selection(until=now - timedelta(days=1, hours=1)), "23"),
        (Selection(session="s1", tag="all", min_rating=5), "3"),
    ]
    found = [
        ("".join(one.prompt[7] for one in store.iterate(selection)), expected)
        for selection, expected in cases
    ]
    assert [names for names, _ in found] == [expected for _, expected in found]


def test_tags_are_added_and_removed(store: ConversationCollector) -> None:
    identifier = store.collect("hello", "hi", "practice")
    store.tag(identifier, "b", "a", "b")
    store.tag(identifier, "a", "c")
    store.tag(identifier, "b", remove=True)
    assert store.get(identifier).tags == ("a", "c")


def test_iterating_sees_every_conversation_once_across_batches(
    store: ConversationCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kagura_nb.store.collector.BATCH", 3)
    for number in range(10):
        store.collect(str(number), "reply", "practice")

    assert [one.prompt for one in store.iterate()] == list("0123456789")
    assert [one.prompt for one in store.iterate(newest_first=True, limit=4)] == list("9876")


def test_users_do_not_see_each_other(home: Path) -> None:
    ConversationCollector("a").collect("mine", "ok", "practice")
    assert ConversationCollector("b").get_stats()["total"] == 0


def test_a_store_from_a_later_version_is_refused_untouched(store: ConversationCollector) -> None:
    store.collect("hello", "hi", "practice")
    with store.database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO migrations VALUES ('from_the_future', '2030-01-01')"
        )

    with pytest.raises(StoreTooNew, match="pip install -U kagura-nb"):
        ConversationCollector().get_stats()


@pytest.mark.parametrize(
    "address",
    [
        "verysecret",
        "postgresql://kagura:verysecret@host:port/database",
        "postgresql://kagura:very@secret@host/database",
        "mysql://kagura:verysecret@host/database",
    ],
)
def test_an_address_that_is_none_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(SettingsError, match=r"Write (it|postgresql:)") as caught:
        ConversationCollector(settings=Settings(store=address)).get_stats()
    assert "secret" not in str(caught.value)


def test_without_its_driver_postgresql_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    settings = Settings(store="postgresql://kagura:verysecret@127.0.0.1:9/kagura")
    with pytest.raises(StoreUnavailable, match=r"pip install 'kagura-nb\[postgres\]'") as caught:
        ConversationCollector(settings=settings).get_stats()
    assert "secret" not in str(caught.value)


WRITER = """
import sys
from kagura_nb import ConversationCollector
store = ConversationCollector()
for number in range(int(sys.argv[1])):
    print(store.collect(f"prompt {number}", "reply", "practice"), flush=True)
"""


def test_every_acknowledged_conversation_survives_a_killed_process(
    store: ConversationCollector,
) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, "1000"], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    assert writer.stdout is not None
    acknowledged = [writer.stdout.readline().strip() for _ in range(200)]
    writer.kill()
    acknowledged += [one for one in writer.stdout.read().split("\n") if len(one) == 26]
    writer.wait()

    assert store.get_many(acknowledged).keys() == set(acknowledged)


def test_errors_carry_a_cure_and_render_as_one_line() -> None:
    error = KaguraError("It broke", "Mend it")
    assert str(error) == "It broke. Mend it."
    assert error._render_traceback_() == ["KaguraError: It broke. Mend it."]
