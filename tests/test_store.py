"""The store keeps what it acknowledged, refuses what it cannot keep, and forgets for good."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection, MetaData, inspect, text, update

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
from kagura_nb.store import (
    datasets,
    deployments,
    exports,
    index_schema,
    jobs,
    looked,
    offers,
    schema,
    vetted,
)
from kagura_nb.store.consents import consents
from kagura_nb.store.ledger import ledger
from kagura_nb.store.schema import conversations
from kagura_nb.store.steps import STEPS, search


def test_a_conversation_comes_back_as_it_was_collected(store: ConversationCollector) -> None:
    when = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)

    identifier = store.collect(
        [{"role": "system", "content": "Be kind."}, Message("user", "猫は好き？", name="Aki")],
        "はい。",
        "practice",
        {"recalled": ["x"], "number": 2**70},
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
        metadata={"recalled": ["x"], "number": 2**70},
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


def test_no_text_with_a_lone_surrogate_is_an_obstacle(store: ConversationCollector) -> None:
    broken, mended = "half \ud83d", "half \ufffd"
    message = Message("user", "hello", name=broken)
    identifier = store.collect([message], "hi", broken, {broken: [broken]}, session=broken)
    store.tag(identifier, broken)
    store.exclude(identifier, broken)
    store.correct(identifier, broken)
    store.add_feedback(identifier, 5, broken)

    (found,) = store.recent(5, Selection(session=broken, model=broken, tag=broken, text=broken))

    assert (found.session, found.model, found.messages[0].name) == (mended, mended, mended)
    assert (found.tags, found.metadata) == ((mended,), {mended: [mended]})
    assert (found.excluded, found.correction, found.comment) == (mended, mended, mended)
    with pytest.raises(UnknownConversation):
        store.get(broken)


@pytest.mark.parametrize(
    "metadata",
    [{"x": {1, 2}}, {"x": object()}, {"x": float("nan")}, {"x": datetime(2026, 1, 1)}, ["x"]],
)
def test_metadata_that_json_cannot_hold_is_refused_without_repeating_the_text(
    store: ConversationCollector, metadata: object
) -> None:
    with pytest.raises(StoreError, match=r"metadata .* Use text, numbers, lists") as caught:
        store.collect("the vault opens with xyzzy", "ok", "none", metadata)  # type: ignore[arg-type]
    assert "xyzzy" not in str(caught.value)


def test_an_error_of_the_database_does_not_repeat_the_text(store: ConversationCollector) -> None:
    with pytest.raises(StoreError, match="cannot be stored") as caught:
        store.collect("the vault opens with xyzzy", "ok", "none", complete="maybe")  # type: ignore[arg-type]
    assert "xyzzy" not in str(caught.value)


def test_any_number_of_conversations_is_fetched_at_once(store: ConversationCollector) -> None:
    known = [store.collect(str(number), "reply", "practice") for number in range(3)]
    ids = [*known, *(f"{number:026}" for number in range(300_000))]
    assert list(store.get_many(ids)) == known


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
        ("".join(one.prompt[7] for one in store.recent(10, selection)), expected)
        for selection, expected in cases
    ]
    assert [names for names, _ in found] == [expected for _, expected in found]


SAID = [
    ("Столица — МОСКВА", "москва"),
    ("москва", "МОСКВА"),
    ("Großer ÄRGER in der Straße", "ärger STRASSE"),
    ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
    ("I pay with ｃａｒｄ", "CARD"),
    ("カタカナ", "ｶﾀｶﾅ"),
    ("cafe\u0301", "CAFÉ"),
    ("100%_sure", "100%_"),
    ('say "hello" \\ now', '"HELLO" \\'),
]


@pytest.mark.parametrize(("said", "words"), SAID)
def test_words_are_found_in_any_case_and_width_of_their_letters(
    store: ConversationCollector, said: str, words: str
) -> None:
    store.collect("something else", "reply", "practice")
    wanted = store.collect(said, "reply", "practice")
    assert [one.id for one in store.search(words)] == [wanted]


def test_words_are_found_wherever_they_were_said_and_no_longer_than_that(
    store: ConversationCollector,
) -> None:
    earlier = [Message("user", "alpha"), Message("assistant", "beta"), Message("user", "gamma")]
    one = store.collect(earlier, "delta", "practice")
    store.add_feedback(one, 4, "epsilon")
    store.correct(one, "zeta")

    found = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "alpha ZETA"]
    assert [words for words in found if not store.search(words)] == []
    assert [
        words for words in ["user", "content", "alphabeta", "alpha eta1"] if store.search(words)
    ] == []

    store.correct(one, None)
    store.add_feedback(one, None)
    store.rewrite([one], lambda text: text.replace("alpha", "[NAME]"))
    assert [words for words in [*found, "name"] if store.search(words)] == [*found[1:4], "name"]
    assert store.forget(Selection(text="BETA")) == 1


def test_conversations_come_in_the_order_of_their_times(store: ConversationCollector) -> None:
    now = datetime.now(UTC)
    ages = {"today": 0, "old": 400, "older": 500, "ancient": 365 * 60, "lately": 1}
    for name, days in ages.items():
        store.collect(name, "reply", "practice", created_at=now - timedelta(days=days))

    in_time = ["ancient", "older", "old", "lately", "today"]
    assert [one.prompt for one in store.iterate()] == in_time
    assert [one.prompt for one in store.recent(2)] == ["today", "lately"]
    assert store.get("last").prompt == "today"


def test_of_equal_times_the_order_is_that_of_storing(store: ConversationCollector) -> None:
    times = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2)] * 5
    for number, when in enumerate(times):
        store.collect(str(number), "reply", "practice", created_at=when)
    assert "".join(one.prompt for one in store.iterate()) == "0246813579"


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
        connection.exec_driver_sql("INSERT INTO migrations VALUES ('of_the_future', '2030-01-01')")
    before = everything_in(store)

    with pytest.raises(StoreTooNew, match="pip install -U kagura-nb"):
        ConversationCollector().collect("more", "no", "practice")

    assert everything_in(store) == before


def everything_in(store: ConversationCollector) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with store.database.read() as connection:
        names = sorted(inspect(connection).get_table_names())
        rows = {name: connection.execute(text(f"SELECT * FROM {name}")) for name in names}
        return {name: [tuple(row) for row in found] for name, found in rows.items()}


def tables_of(store: ConversationCollector) -> dict[str, object]:
    """Every table's columns, keys and indexes, as the database describes them."""
    with store.database.read() as connection:
        about = inspect(connection)
        return {
            name: (
                [
                    (one["name"], str(one["type"]), one["nullable"])
                    for one in about.get_columns(name)
                ],
                about.get_pk_constraint(name)["constrained_columns"],
                sorted((str(one["name"]), one["column_names"]) for one in about.get_indexes(name)),
                sorted(one["referred_table"] for one in about.get_foreign_keys(name)),
            )
            for name in about.get_table_names()
        }


def test_ctrl_c_is_heard_once_a_transaction_has_ended(store: ConversationCollector) -> None:
    one = store.collect("Hello", "Hi!", "none")

    with pytest.raises(KeyboardInterrupt), store.database.write() as connection:
        signal.raise_signal(signal.SIGINT)
        connection.execute(update(conversations).values(rating=5))

    assert store.get(one).rating == 5


@pytest.mark.parametrize("blank", ["", "  \n"])
def test_a_blank_correction_is_none(store: ConversationCollector, blank: str) -> None:
    one = store.collect("Hello", "Hi!", "none")
    store.correct(one, "Good day!")

    store.correct(one, blank)

    assert (store.get(one).correction, store.get(one).good) == (None, False)


@pytest.mark.parametrize("missing", STEPS[1:], ids=lambda step: step.__name__)
def test_an_old_store_brought_up_to_date_is_like_a_new_one(
    store: ConversationCollector,
    before: Callable[..., AbstractContextManager[Connection]],
    missing: Callable[[Connection], None],
) -> None:
    said = """'[{"role":"user","content":"Привет"}]', 'Привет'"""
    with before(missing) as connection:
        connection.exec_driver_sql(
            "INSERT INTO conversations (id, session, created_at, messages, prompt, response,"
            " model, complete, metadata)"
            f" VALUES ('01', 's', '2026-01-01T00:00:00+00:00', {said}, 'hi', 'm', true, '{{}}')"
        )

    fresh = ConversationCollector("fresh", store.settings)
    assert tables_of(store) == tables_of(fresh)
    assert [one.response for one in store.iterate()] == ["hi"]
    if STEPS.index(missing) <= STEPS.index(search):
        assert [one.prompt for one in store.search("ПРИВЕТ")] == ["Привет"]
    fresh.database.close()


TABLES = [
    schema, index_schema, consents, datasets, jobs, deployments, exports, ledger, looked, offers,
    vetted,
]  # fmt: skip


@pytest.mark.parametrize("tables", [one.metadata for one in TABLES])
def test_the_steps_make_the_tables_that_the_code_reads_and_writes(
    store: ConversationCollector, tables: MetaData
) -> None:
    with store.database.read() as connection:
        about = inspect(connection)
        for table in tables.sorted_tables:
            found = {one["name"]: one for one in about.get_columns(table.name)}
            assert list(found) == [one.name for one in table.columns]
            assert {name: one["nullable"] for name, one in found.items()} == {
                one.name: one.nullable for one in table.columns
            }
            wanted = sorted(str(one.name) for one in table.indexes)
            indexes = about.get_indexes(table.name)
            plain = [one for one in indexes if not one.get("duplicates_constraint")]
            assert sorted(str(one["name"]) for one in plain) == wanted


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
