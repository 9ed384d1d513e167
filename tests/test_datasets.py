"""Conversations become datasets: which rows, what they say, and what becomes of them later."""

import json
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from training import a_job, wait_until
from ulid import ULID

from kagura_nb import (
    Assistant,
    ConversationCollector,
    PrivacyFilter,
    __version__,
    auto_finetune,
)
from kagura_nb.datasets import FORMATS, Datasets, Spec, formats
from kagura_nb.datasets.admission import fingerprint
from kagura_nb.datasets.duplicates import find, signature
from kagura_nb.errors import DatasetError, ExchangeError, PrivacyError
from kagura_nb.privacy.policies import ENGLISH_NAMES
from kagura_nb.prompt import SYSTEM
from kagura_nb.records import Conversation, Dataset, Message, Method, Row
from kagura_nb.settings import Settings
from kagura_nb.store import Selection, jobs, vetted
from kagura_nb.store import datasets as table

LONG = "The lighthouse on the northern cape was built of granite, and its lamp is seen for miles."
PAIR = Row((Message("system", "Be kind."), Message("user", "猫は？")), "好き。", "嫌い。")
PLAIN = Row(PAIR.messages, "好き。")
POOR = Row(PAIR.messages, "嫌い。", good=False)


def rated(store: ConversationCollector, prompt: str, reply: str, stars: int | None = 5) -> str:
    identifier = store.collect(prompt, reply, "practice")
    return store.add_feedback(identifier, stars)


def many(store: ConversationCollector, count: int = 40) -> list[str]:
    return [rated(store, f"What is {n} times {n}?", f"It is {n * n}.") for n in range(count)]


def rows(datasets: Datasets, dataset: Dataset) -> list[Row]:
    return [*datasets.rows(dataset), *datasets.rows(dataset, table.VALIDATION)]


def replies(datasets: Datasets, dataset: Dataset) -> set[str]:
    return {one.reply for one in rows(datasets, dataset)}


def test_good_replies_and_corrections_are_trained_on(store: ConversationCollector) -> None:
    rated(store, "Hello", "Hi there!")
    rated(store, "Boring?", "Yes.", 3)
    store.correct(rated(store, "Capital of France?", "Lyon.", 1), "Paris.")
    datasets = Datasets(store)

    assert replies(datasets, datasets.build()) == {"Hi there!", "Paris."}


@pytest.mark.parametrize(
    ("selection", "kept"),
    [
        (Selection(session="a"), {"one", "two"}),
        (Selection(tag="work"), {"two"}),
        (Selection(text="ZWEI"), {"two"}),
        (Selection(model="openai:x"), {"three"}),
        (Selection(min_rating=5), {"one", "three"}),
        (Selection(since=datetime(2026, 2, 1, tzinfo=UTC)), {"two", "three"}),
    ],
)
def test_what_is_selected_goes_in(
    store: ConversationCollector, selection: Selection, kept: set[str]
) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    said = [
        ("eins", "one", 5, "a", "m"),
        ("zwei", "two", 4, "a", "m"),
        ("drei", "three", 5, "b", "openai:x"),
    ]
    for month, (prompt, reply, stars, session, model) in enumerate(said):
        when = start + timedelta(days=40 * month)
        one = store.collect(prompt, reply, model, session=session, created_at=when)
        store.add_feedback(one, stars)
        if reply == "two":
            store.tag(one, "work")
    datasets = Datasets(store)

    assert replies(datasets, datasets.build(Spec(selection))) == kept


def test_what_is_left_out_has_its_reason(store: ConversationCollector) -> None:
    kept = rated(store, "Who keeps the light?", LONG)
    out = {
        rated(store, "who keeps  the light?", LONG.upper(), 4): f"nearly the same as {kept[-6:]}",
        store.exclude(rated(store, "a", "b"), "by the user"): "excluded by the user",
        rated(store, "The key is " + "gh" + "p_" + "a1B2" * 9, "Noted."): "holds a secret",
        store.add_feedback(
            store.collect("x", "y", "m", complete=False), 5
        ): "the reply was cut short",
    }

    datasets = Datasets(store)
    dataset = datasets.build()

    lines = datasets.lines(dataset, [kept, *out])
    assert {one.conversation_id: one.reason for one in lines.values() if one.reason} == out
    assert dataset.left_out["nearly the same as another"] == 1
    assert dataset.train_rows == 1


@pytest.mark.parametrize(
    ("policy", "said"),
    [("label", {"Write to [REDACTED_EMAIL]"}), ("drop", set())],
)
def test_personal_data_becomes_what_the_policy_says(
    store: ConversationCollector, policy: str, said: set[str]
) -> None:
    rated(store, "Where?", "Write to jane@example.org")
    rated(store, "Hello", "Hi!")
    datasets = Datasets(store)

    assert replies(datasets, datasets.build(Spec(policy=policy))) == {"Hi!", *said}


def test_surrogates_are_the_same_in_every_dataset_and_may_leave(
    store: ConversationCollector, tmp_path: Path
) -> None:
    rated(store, "Where?", "Write to jane@example.org")
    datasets = Datasets(store)
    spec = Spec(policy="surrogate")

    first = datasets.build(spec)

    assert Datasets(store).build(spec).version == first.version
    assert "jane" not in str(rows(datasets, first))
    assert datasets.write(first, table.TRAIN, "openai", tmp_path / "x.jsonl") == 1


def test_the_same_rows_are_the_same_version_and_new_ones_another(
    store: ConversationCollector,
) -> None:
    many(store, 12)
    datasets = Datasets(store)
    first, again = datasets.build(), datasets.build()
    rated(store, "One more?", "Yes, one more.")
    later = datasets.build()

    assert first.version == again.version != later.version
    assert datasets.difference(first, later) == table.Difference(added=1, removed=0, kept=12)
    assert [one.version for one in datasets.latest()] == [later.version, first.version]
    assert datasets.get("last").version == later.version == datasets.get(later.version[:5]).version


def test_a_dataset_tells_which_code_made_it(store: ConversationCollector) -> None:
    rated(store, "Hello", "Hi!")

    assert Datasets(store).build().code == f"{__version__}+{fingerprint()}"


def test_a_row_never_changes_sides(store: ConversationCollector) -> None:
    many(store)
    datasets = Datasets(store)
    measured = {one.reply for one in datasets.rows(datasets.build(), table.VALIDATION)}
    many(store, 80)

    later = {one.reply for one in datasets.rows(datasets.build(), table.VALIDATION)}

    assert measured
    assert measured < later


def test_pairs_come_from_corrections_and_from_two_replies_to_one_prompt(
    store: ConversationCollector,
) -> None:
    store.correct(rated(store, "Capital of France?", "Lyon.", 1), "Paris.")
    rated(store, "Sing!", "No.", 2)
    rated(store, "Sing!", "La la la!", 5)
    rated(store, "Lonely?", "Not at all.", 5)
    datasets = Datasets(store)

    dataset = datasets.build(Spec(method="dpo"))

    pairs = {(one.reply, one.rejected) for one in rows(datasets, dataset)}
    assert pairs == {("Paris.", "Lyon."), ("La la la!", "No.")}
    assert dataset.left_out == {"no worse reply to compare with": 1}


def test_kto_takes_good_and_poor_replies_by_themselves(store: ConversationCollector) -> None:
    rated(store, "Sing!", "La la la!", 5)
    rated(store, "Dance!", "No.", 1)
    rated(store, "Well?", "So so.", 3)
    store.correct(rated(store, "Capital of France?", "Lyon.", None), "Paris.")
    datasets = Datasets(store)

    found = {(one.reply, one.good) for one in rows(datasets, datasets.build(Spec(method="kto")))}

    assert found == {("La la la!", True), ("No.", False), ("Paris.", True), ("Lyon.", False)}


def test_kto_learns_from_a_small_correction_and_from_a_poor_reply_like_a_good_one(
    store: ConversationCollector,
) -> None:
    better, other = f"{LONG[:-1]}!", f"{LONG[:-1]};"
    store.correct(rated(store, "Who keeps the light?", LONG), better)
    rated(store, "who keeps the light?", other, 1)
    datasets = Datasets(store)

    dataset = datasets.build(Spec(method="kto"))

    assert {(one.reply, one.good) for one in rows(datasets, dataset)} == {
        (better, True),
        (LONG, False),
    }
    assert dataset.left_out == {"nearly the same as another": 1}


@pytest.mark.parametrize("method", ["dpo", "kto"])
@pytest.mark.parametrize("stars", [1, 2, 3])
def test_replies_that_are_not_good_never_stand_for_good_ones(method: Method, stars: int) -> None:
    with pytest.raises(DatasetError, match=f"{stars} stars are not good. Ask for 4 stars or more"):
        Spec(Selection(min_rating=stars), method)


def test_what_is_forgotten_is_gone_from_every_dataset(store: ConversationCollector) -> None:
    ids = many(store, 12)
    datasets = Datasets(store)
    with_it = datasets.build()
    without = datasets.build(Spec(Selection(ids=tuple(ids[1:]))))

    assert datasets.discard(ids[:1]) == ([], [])

    with pytest.raises(DatasetError, match="Build it again"):
        datasets.rows(with_it)
    assert [one.version for one in datasets.latest()] == [without.version]
    assert len(rows(datasets, without)) == 11


def test_a_file_is_looked_at_once_more_before_it_leaves(
    store: ConversationCollector, tmp_path: Path
) -> None:
    rated(store, "Hello", "Hi!")
    dataset = Datasets(store).build()
    stricter = Datasets(store, PrivacyFilter(custom_patterns={"GREETING": "Hi!"}))

    with pytest.raises(PrivacyError, match="GREETING in line 1"):
        stricter.write(dataset, table.TRAIN, "openai", tmp_path / "x.jsonl")

    assert not list(tmp_path.glob("*.jsonl"))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("train.jsonl", lambda text: text.replace("times", "Nightingale", 1)),
        ("validation.jsonl", lambda text: text.replace("times", "Nightingale", 1)),
        ("fakes.json", lambda _: ""),
    ],
)
def test_only_what_was_built_leaves(
    store: ConversationCollector, tmp_path: Path, name: str, change: Callable[[str], str]
) -> None:
    many(store, 40)
    datasets = Datasets(store, PrivacyFilter(custom_patterns={"PLAN": "Nightingale"}))
    dataset = datasets.build()
    file = next((store.settings.user_home / "datasets").rglob(name))
    built = file.read_text()
    file.write_text(change(built))

    with pytest.raises(DatasetError, match="were changed since they were built"):
        Datasets(store).write(dataset, table.TRAIN, "openai", tmp_path / "x.jsonl")
    assert not list(tmp_path.glob("*.jsonl"))

    assert datasets.build().version == dataset.version and file.read_text() == built
    assert Datasets(store).write(dataset, table.TRAIN, "openai", tmp_path / "x.jsonl")


def test_what_is_built_again_has_its_present_reasons_and_is_the_newest(
    store: ConversationCollector,
) -> None:
    first, twin = rated(store, "Who?", LONG), rated(store, "Who?", LONG)
    datasets = Datasets(store)
    built = datasets.build()
    other = rated(store, "Where?", "At the cape.")
    datasets.build()
    store.exclude(first, "by the user")
    store.exclude(other, "by the user")

    again = datasets.build()

    assert again.version == built.version == datasets.get().version
    assert datasets.get().left_out == {"excluded by the user": 2}
    lines = datasets.lines(again, [first, twin, other])
    parts = {identifier: one.part for identifier, one in lines.items()}
    assert parts == {first: table.TRAIN, twin: table.TRAIN, other: table.OUT}
    datasets.discard([twin])
    assert not (store.settings.user_home / "datasets" / again.version).exists()


def test_what_comes_back_after_a_training_is_forgotten_as_well(
    store: ConversationCollector,
) -> None:
    assistant = Assistant(settings=store.settings)
    for number in (1, 2):
        many(store, 3)
        dataset = assistant.datasets.build()
        model = f"m:{number}"
        made = a_job(id=str(ULID()), dataset=dataset.version, state="succeeded", model=model)
        with store.database.write() as connection:
            jobs.add(connection, made)

        forgotten = assistant.forget(Selection())

        assert forgotten.conversations == 3 and model in forgotten.trained
        assert not list((store.settings.user_home / "datasets").iterdir())


def test_what_a_killed_build_left_goes_when_something_is_forgotten(
    store: ConversationCollector,
) -> None:
    one = rated(store, "Who?", LONG)
    Datasets(store).build()
    folder = store.settings.user_home / "datasets"
    for left in ("draft-x1y2", "0123456789ab"):
        (folder / left).mkdir()
        (folder / left / "train.jsonl").write_text(LONG)

    Assistant(settings=store.settings).forget(Selection(ids=(one,)))

    assert not list(folder.iterdir())


def test_nothing_is_forgotten_while_it_is_put_into_a_dataset(
    store: ConversationCollector,
) -> None:
    one = rated(store, "Who?", LONG)
    assistant = Assistant(settings=store.settings)
    forgetting = threading.Thread(target=assistant.forget, args=[Selection(ids=(one,))])

    class Meanwhile(ConversationCollector):
        def iterate(self, *args: Any, **options: Any) -> Iterator[Conversation]:
            forgetting.start()
            forgetting.join(0.3)
            yield from super().iterate(*args, **options)

    Datasets(Meanwhile(settings=store.settings)).build()
    forgetting.join()

    assert not list((store.settings.user_home / "datasets").iterdir())


def test_earlier_replies_are_context_and_no_example_for_openai(
    store: ConversationCollector, tmp_path: Path
) -> None:
    asked = [Message("user", "Hi"), Message("assistant", "Go away."), Message("user", "Who?")]
    store.add_feedback(store.collect(asked, LONG, "none"), 5)
    datasets = Datasets(store)

    datasets.write(datasets.build(), table.TRAIN, "openai", tmp_path / "x.jsonl")

    (line,) = (tmp_path / "x.jsonl").read_text().splitlines()
    _, *said = json.loads(line)["messages"]
    assert [one.get("weight") for one in said] == [None, 0, None, None]
    (row,) = formats.read("openai", tmp_path / "x.jsonl")
    assert row.messages[1:] == tuple(asked)


def test_replies_that_are_the_same_make_no_pair(store: ConversationCollector) -> None:
    rated(store, "Which?", "This."), rated(store, "Which?", "This.", 1)
    store.correct(rated(store, "Where?", "Ask ann@example.org"), "Ask bob@example.org")
    store.correct(rated(store, "Capital of France?", "Lyon.", 1), "Paris.")

    dataset = Datasets(store).build(Spec(method="dpo"))

    assert (dataset.train_rows, dataset.left_out) == (1, {"its two replies are the same": 3})


def test_a_trainers_file_is_private_and_replaces_nothing_unless_told_to(
    store: ConversationCollector, tmp_path: Path
) -> None:
    many(store, 12)
    datasets = Datasets(store)
    dataset, path = datasets.build(), tmp_path / "x.jsonl"
    path.write_text("precious")

    with pytest.raises(ExchangeError, match="--overwrite"):
        datasets.write(dataset, table.TRAIN, "openai", path)
    assert path.read_text() == "precious"

    datasets.write(dataset, table.TRAIN, "openai", path, overwrite=True)
    assert "times" in path.read_text() and stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_not_ours_stays_when_a_file_is_found_to_be_private(
    store: ConversationCollector, tmp_path: Path
) -> None:
    rated(store, "Hello", "Hi!")
    dataset = Datasets(store).build()
    stricter = Datasets(store, PrivacyFilter(custom_patterns={"GREETING": "Hi!"}))
    (tmp_path / "x.jsonl").write_text("precious")

    with pytest.raises(PrivacyError, match=r"x\.jsonl holds GREETING"):
        stricter.write(dataset, table.TRAIN, "openai", tmp_path / "x.jsonl", overwrite=True)

    assert (tmp_path / "x.jsonl").read_text() == "precious"


def test_a_row_begins_as_the_model_will_be_asked(store: ConversationCollector) -> None:
    rated(store, "Hello", "Hi!")
    own = store.collect(
        [Message("system", "Be a cat."), Message("user", "Hi")], "Meow.", "practice"
    )
    store.add_feedback(own, 5)
    datasets = Datasets(store)

    said = {row.reply: row.messages[0] for row in rows(datasets, datasets.build())}

    assert said == {"Hi!": Message("system", SYSTEM), "Meow.": Message("system", "Be a cat.")}


def test_nothing_to_train_on_says_why(store: ConversationCollector) -> None:
    with pytest.raises(DatasetError, match="Rate replies"):
        Datasets(store).build()

    store.exclude(rated(store, "a", "b"))
    with pytest.raises(DatasetError, match="1 excluded by the user"):
        Datasets(store).build()


@pytest.mark.parametrize(
    ("count", "warning"), [(1, "1 row:"), (3, "3 rows: little"), (20, "20 rows are few"), (60, "")]
)
def test_a_dataset_says_what_its_owner_should_know(
    store: ConversationCollector, count: int, warning: str
) -> None:
    many(store, count)

    warnings = Datasets(store).build().warnings

    assert " ".join(warnings).startswith(warning)
    assert bool(warnings) == bool(warning)


# --- what an earlier dataset found out -------------------------------------------------------


def remembered(store: ConversationCollector) -> list[tuple[str, str]]:
    """Conversation and code of every line that is known to hold nothing private."""
    with store.database.read() as connection:
        of = vetted.vetted.c
        return [(*row,) for row in connection.execute(select(of.conversation_id, of.code))]


def test_only_lines_without_anything_private_are_remembered(store: ConversationCollector) -> None:
    clean = rated(store, "Hello", "Hi there!")
    rated(store, "Where?", "Write to jane@example.org")

    first = Datasets(store).build()

    assert [one for one, _ in remembered(store)] == [clean]
    again = Datasets(store).build()
    assert (again.version, again.train_tokens) == (first.version, first.train_tokens)
    assert len(remembered(store)) == 1


def test_what_becomes_good_is_looked_at_before_a_dataset_is_wanted() -> None:
    assistant = Assistant()
    good, corrected, poor = (assistant.store.collect(one, "Hi!", "practice") for one in "abc")

    assistant.rate(good, 5)
    assistant.correct(corrected, "Hello!")
    assistant.rate(poor, 1)
    assistant.datasets.ahead.wait()

    assert [one for one, _ in remembered(assistant.store)] == [good, corrected]


def test_what_a_decorated_function_replied_is_looked_at_too() -> None:
    @auto_finetune("me")
    def echo(prompt: str) -> str:
        return f"You said {prompt}"

    echo("hello")
    echo.feedback(5)

    assert wait_until(lambda: [one for one, _ in remembered(echo.store)]) == [echo.last_id]


def test_what_comes_with_good_ratings_is_looked_at_too(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    here, there = Assistant("here"), Assistant("there")
    good = here.store.collect("Hi", "Hello!", "practice")
    here.store.add_feedback(good, 5)
    here.store.collect("Bye", "See you!", "practice")
    here.export_file(file)

    there.import_file(file)
    there.datasets.ahead.wait()

    assert [one for one, _ in remembered(there.store)] == [good]


@pytest.mark.parametrize(
    "change",
    [
        lambda store, one: store.correct(one, "Better."),
        lambda store, one: store.rewrite([one], lambda text: text.replace("Hi", "Ho")),
        lambda store, one: store.forget(Selection(ids=(one,))),
    ],
    ids=["corrected", "rewritten", "forgotten"],
)
def test_nothing_is_remembered_of_words_that_are_gone(
    store: ConversationCollector, change: Callable[[ConversationCollector, str], object]
) -> None:
    one = rated(store, "Hello", "Hi there!")
    Datasets(store).build()

    change(store, one)

    assert remembered(store) == []


def test_what_is_remembered_holds_for_the_same_words_only(store: ConversationCollector) -> None:
    one = rated(store, "Where?", "At home.")
    datasets = Datasets(store)
    datasets.build()

    store.correct(one, "At jane@example.org")

    assert replies(datasets, datasets.build()) == {"At [REDACTED_EMAIL]"}


def test_a_fake_that_happens_to_be_the_value_vouches_for_nothing(
    store: ConversationCollector,
) -> None:
    for name in ENGLISH_NAMES:
        rated(store, "Who?", f"Ask Mr. {name} about it.")
    datasets = Datasets(store)
    datasets.build(Spec(policy="surrogate"))

    said = replies(datasets, datasets.build())

    assert said == {"Ask Mr. [REDACTED_PERSON] about it."}


def test_verdicts_of_other_code_are_not_trusted(store: ConversationCollector) -> None:
    one = rated(store, "Where?", "At home.")
    Datasets(store).build()
    ((_, code),) = remembered(store)
    with store.database.write() as connection:
        connection.execute(update(vetted.vetted).values(code="an earlier one", tokens=9999))

    assert Datasets(store).build().longest < 9999
    assert remembered(store) == [(one, code)]


def test_who_looks_for_more_is_not_told_by_who_looks_for_less(
    store: ConversationCollector,
) -> None:
    rated(store, "Which plan?", "The plan Nightingale.")
    Datasets(store).build()
    datasets = Datasets(store, PrivacyFilter(custom_patterns={"PLAN": "Nightingale"}))

    assert replies(datasets, datasets.build()) == {"The plan [REDACTED_PLAN]."}


def test_the_systems_text_passes_the_door_too(home: Path) -> None:
    store = ConversationCollector(settings=Settings.load(system="You serve jane@example.org."))
    rated(store, "Hello", "Hi!")
    datasets = Datasets(store)

    (row,) = rows(datasets, datasets.build())

    assert row.messages[0] == Message("system", "You serve [REDACTED_EMAIL].")
    store.database.close()


@pytest.mark.parametrize(
    ("format", "row", "written"),
    [
        (
            "openai",
            PLAIN,
            {
                "messages": [
                    {"role": "system", "content": "Be kind."},
                    {"role": "user", "content": "猫は？"},
                    {"role": "assistant", "content": "好き。"},
                ]
            },
        ),
        (
            "openai-dpo",
            PAIR,
            {
                "input": {
                    "messages": [
                        {"role": "system", "content": "Be kind."},
                        {"role": "user", "content": "猫は？"},
                    ],
                    "tools": [],
                    "parallel_tool_calls": True,
                },
                "preferred_output": [{"role": "assistant", "content": "好き。"}],
                "non_preferred_output": [{"role": "assistant", "content": "嫌い。"}],
            },
        ),
        (
            "vertex",
            PLAIN,
            {
                "systemInstruction": {"role": "system", "parts": [{"text": "Be kind."}]},
                "contents": [
                    {"role": "user", "parts": [{"text": "猫は？"}]},
                    {"role": "model", "parts": [{"text": "好き。"}]},
                ],
            },
        ),
        (
            "vertex-preference",
            PAIR,
            {
                "contents": [{"role": "user", "parts": [{"text": "Be kind.\n\n猫は？"}]}],
                "completions": [
                    {"score": 1, "completion": {"role": "model", "parts": [{"text": "好き。"}]}},
                    {"score": 0, "completion": {"role": "model", "parts": [{"text": "嫌い。"}]}},
                ],
            },
        ),
        (
            "kto",
            POOR,
            {
                "messages": [
                    {"role": "system", "content": "Be kind."},
                    {"role": "user", "content": "猫は？"},
                ],
                "completion": "嫌い。",
                "label": False,
            },
        ),
    ],
)
def test_each_trainer_gets_the_rows_it_wants(
    tmp_path: Path, format: str, row: Row, written: dict[str, object]
) -> None:
    path = tmp_path / "rows.jsonl"

    assert formats.write([row], format, path) == 1
    assert json.loads(path.read_text("utf-8")) == written


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_written_is_read_back(tmp_path: Path, format: str) -> None:
    row = POOR if format == "kto" else PAIR if "dpo" in format or "pref" in format else PLAIN
    path = tmp_path / "rows.jsonl"
    formats.write([row, row], format, path)
    if format == "vertex-preference":  # which has no place for the system's words
        row = replace(row, messages=(Message("user", "Be kind.\n\n猫は？"),))

    assert list(formats.read(format, path)) == [row, row]


@pytest.mark.parametrize(
    "line",
    ["{", "[]", "1", '{"messages": []}', '{"messages": [{"role": "user", "content": "x"}]}',
     '{"messages": [{"role": "user", "content": 1}, {"role": "assistant", "content": "x"}]}'],
)  # fmt: skip
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "rows.jsonl"
    formats.write([PLAIN], "messages", path)
    path.write_text(path.read_text("utf-8") + line, "utf-8")

    with pytest.raises(DatasetError, match=r"Line 2 of rows\.jsonl"):
        list(formats.read("messages", path))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (LONG, LONG.upper().replace(" ", "  "), True),
        (LONG, LONG[:-1] + "!", True),
        (LONG, LONG.replace("lighthouse", "windmill").replace("lamp", "sail"), False),
        ("京都は美しい街です。", "京都は美しい街です。", True),
        ("京都は美しい街です。", "大阪は楽しい街です。", False),
        ("2 + 2?", "2 + 3?", False),
        ("", "", True),
        ("\ud800", "x", False),
    ],
)
@pytest.mark.parametrize("side", [0, 1], ids=["said", "replied"])
def test_exchanges_that_say_nearly_the_same_are_found(
    one: str, other: str, same: bool, side: int
) -> None:
    import numpy as np

    pair = [((text, "Fine."), ("How?", text))[side] for text in (one, other)]
    found = find(np.stack([signature(*exchange) for exchange in pair]), np.array([1, 2]))

    assert found == ({0: 1} if same else {})


@pytest.mark.parametrize("length", [60, 600], ids=["long", "very long"])
def test_questions_about_one_long_text_are_not_the_same(
    store: ConversationCollector, length: int
) -> None:
    text = " ".join(f"{number}. {LONG}" for number in range(length))
    asked = {"Who built it?": "Masons did.", "Of what?": "Granite.", "Seen from?": "Miles away."}
    for question, reply in asked.items():
        rated(store, f"{text}\n{question}", reply)
    datasets = Datasets(store)

    assert replies(datasets, datasets.build()) == set(asked.values())
