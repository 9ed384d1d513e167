"""Conversations are found, looked at and changed, one or many at a time, and it is taken back."""

import json
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kernels import Kernel
from sqlalchemy import event

from kagura_nb import Assistant, ConversationCollector, Selection
from kagura_nb.curation import Curation
from kagura_nb.datasets import Spec, looking
from kagura_nb.errors import SettingsError
from kagura_nb.notebook.curation import CurationView
from kagura_nb.privacy import PrivacyFilter
from kagura_nb.records import Usage
from kagura_nb.store import browse

MAIL = "hanako@example.co.jp"
Answer = dict[str, Any]
Ask = Callable[..., Answer]


@pytest.fixture
def curator(store: ConversationCollector) -> Assistant:
    return Assistant(settings=store.settings)


@pytest.fixture
def eight(store: ConversationCollector) -> dict[str, str]:
    """Eight conversations, one of each kind."""
    begun = datetime(2026, 11, 1, 12, tzinfo=UTC)

    def said(
        day: int, prompt: str, reply: str = "Yes.", stars: int | None = None, **more: Any
    ) -> str:
        when = begun + timedelta(days=day)
        one = store.collect(prompt, reply, created_at=when, **{"model": "practice", **more})
        return store.add_feedback(one, stars) if stars else one

    made = {
        "long": said(0, "Tell me a story", "Once upon a time " * 30, 5),
        "cat": said(1, "猫は好き？", "はい、とても。", 4, session="japanese"),
        "poor": said(2, "Sing!", "No.", 1),
        "fixed": said(3, "What is the capital of Australia?", "Sydney.", 2),
        "out": said(4, "Who are you?", "Nobody.", 5, usage=Usage(100, 5)),
        "cut": said(5, "Count!", "one two", complete=False),
        "mail": said(6, "Who has the key?", f"Write to {MAIL}", 3, usage=Usage(7, 5)),
        "plain": said(7, "Hello there, how are you today?", "Fine.", model="ollama:x"),
    }
    store.correct(made["fixed"], "Canberra.")
    store.exclude(made["out"], "boring")
    store.tag(made["cat"], "home")
    return made


@pytest.fixture
def view(curator: Assistant, eight: dict[str, str]) -> CurationView:
    return CurationView(curator, spec=Spec())


@pytest.fixture
def says(view: CurationView) -> Ask:
    """What the browser gets: `says("page", start=20)`."""

    def answered(kind: str, **more: Any) -> Answer:
        answer = view.answer({"kind": kind, **more})
        json.dumps(answer)
        return answer

    return answered


def find(says: Ask, order: str = "time", *, descending: bool = True, **filter: str) -> Answer:
    return says("find", filter=filter, order=order, descending=descending)


def act(says: Ask, act: str, ids: list[str], value: Any = None) -> Answer:
    return says("act", act=act, ids=ids, value=value)


# --- finding ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filter", "names"),
    [
        ({}, "plain mail cut out fixed poor cat long"),
        ({"text": "CAPITAL australia"}, "fixed"),
        ({"text": "すき"}, ""),
        ({"text": "好き"}, "cat"),
        ({"stars": "0"}, "plain cut"),
        ({"stars": "5"}, "out long"),
        ({"stars": "good"}, "out fixed cat long"),
        ({"stars": "poor"}, "poor"),
        ({"state": "corrected"}, "fixed"),
        ({"state": "uncorrected", "stars": "2"}, ""),
        ({"state": "excluded"}, "out"),
        ({"state": "included"}, "plain mail cut fixed poor cat long"),
        ({"state": "cut"}, "cut"),
        ({"tag": "home"}, "cat"),
        ({"session": "japanese"}, "cat"),
        ({"model": "ollama:x"}, "plain"),
        ({"since": "2026-11-07"}, "plain mail"),
        ({"until": "2026-11-02"}, "cat long"),
        ({"since": "2026-11-03", "until": "2026-11-03"}, "poor"),
        ({"holds": "anything"}, "mail"),
        ({"holds": "EMAIL"}, "mail"),
        ({"holds": "PHONE"}, ""),
        ({"text": "  "}, "plain mail cut out fixed poor cat long"),
        ({"stars": "nonsense", "state": "nonsense"}, "plain mail cut out fixed poor cat long"),
    ],
    ids=str,
)
def test_what_is_asked_for_is_found(
    says: Ask, eight: dict[str, str], filter: dict[str, str], names: str
) -> None:
    answer = find(says, **filter)

    assert [row["id"] for row in answer["rows"]] == [eight[name] for name in names.split()]
    assert answer["total"] == len(names.split())


@pytest.mark.parametrize(
    ("order", "first", "last"),
    [("time", "plain", "long"), ("stars", "out", "cut"), ("length", "long", "poor"),
     ("tokens", "out", "long")],
)  # fmt: skip
def test_it_comes_in_every_order(
    says: Ask, eight: dict[str, str], order: str, first: str, last: str
) -> None:
    down = [row["id"] for row in find(says, order)["rows"]]
    up = [row["id"] for row in find(says, order, descending=False)["rows"]]

    assert (down[0], down[-1]) == (eight[first], eight[last])
    assert up == down[::-1]


@pytest.mark.parametrize("filter", [{"since": "yesterday"}, {"until": "2026-13-01"}])
def test_a_date_that_is_none_is_told(says: Ask, filter: dict[str, str]) -> None:
    assert "is no date. Write it like" in find(says, **filter)["failed"]


def test_the_parts_of_a_dataset_are_found_with_the_reasons(
    curator: Assistant, eight: dict[str, str]
) -> None:
    view = CurationView(curator, curator.datasets.build())

    def found(part: str) -> dict[str, str | None]:
        wanted = {"filter": {"part": part}, "order": "time", "descending": True}
        rows = view.answer({"kind": "find", **wanted})["rows"]
        return {row["id"]: row["reason"] for row in rows}

    assert found("train").keys() == {eight[name] for name in ("long", "cat", "fixed")}
    assert found("out") == {eight["out"]: "excluded boring"}
    assert len(found("any")) == 4


def test_a_page_has_twenty_rows_and_what_was_found_stays(
    says: Ask, store: ConversationCollector
) -> None:
    for number in range(25):
        store.collect(f"What is {number}?", "A number.", "practice")

    first = find(says, stars="0")
    act(says, "rate", [first["rows"][0]["id"]], 4)
    second = says("page", start=20)
    again = says("page", start=0)

    assert (len(first["rows"]), len(second["rows"]), first["total"]) == (20, 7, 27)
    assert [row["id"] for row in again["rows"]] == [row["id"] for row in first["rows"]]
    assert again["rows"][0]["rating"] == 4
    assert says("page", start=10**9)["start"] == 20


def test_there_is_something_to_choose_from(says: Ask) -> None:
    find(says, holds="anything")

    assert says("open")["choices"] == {
        "sessions": ["default", "japanese"],
        "models": ["ollama:x", "practice"],
        "tags": ["home"],
        "types": ["EMAIL"],
    }


def test_near_duplicates_are_found(says: Ask, store: ConversationCollector) -> None:
    told = "It is built of granite and was lit in 1871. Its lamp is seen for eighteen miles."
    one = store.collect("Tell me about the lighthouse on the cape, please.", told, "practice")
    two = store.collect("tell me about the LIGHTHOUSE on the cape, please.", told, "practice")

    answer = find(says, like=one)

    assert [row["id"] for row in answer["rows"]] == [one, two]
    assert find(says, like=two)["total"] == 2


def test_a_list_masks_what_is_private_and_an_opened_row_marks_it(
    says: Ask, eight: dict[str, str]
) -> None:
    (row,) = find(says, text=MAIL)["rows"]
    details = says("details", id=eight["mail"])

    assert row["reply"] == [("Write to ", ""), ("EMAIL", "EMAIL")] and row["types"] == ["EMAIL"]
    assert details["response"] == [("Write to ", ""), (MAIL, "EMAIL")]
    assert MAIL not in json.dumps(row)


def test_texts_are_cut_and_without_what_a_terminal_obeys(
    says: Ask, store: ConversationCollector
) -> None:
    one = store.collect("\x1b[31mred\x1b[0m " + "x" * 2_000, "y" * 200_000, "practice")

    row = find(says)["rows"][0]
    details = says("details", id=one)

    assert sum(len(text) for text, _ in row["prompt"]) < 500 and "\x1b" not in json.dumps(row)
    assert details["cut"] and details["editable"] is None


def test_an_opened_row_says_how_it_would_leave(
    curator: Assistant, store: ConversationCollector
) -> None:
    one = store.add_feedback(store.collect("Where?", f"Write to {MAIL}", "practice"), 5)
    view = CurationView(curator, curator.datasets.build())

    leaves = view.answer({"kind": "details", "id": one})["leaves"]

    assert leaves["part"] == "to learn from" and leaves["tokens"] > 10
    assert leaves["texts"][-1]["text"] == [("Write to [REDACTED_EMAIL]", "")]


# --- changing, and taking it back ------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "value", "said", "there"),
    [
        ("rate", 3, "from 4 stars on it becomes an example", ("rating", 3)),
        ("rate", None, "No rating.", ("rating", None)),
        ("comment", "so so", "The comment on", ("comment", "so so")),
        ("correct", "Canberra!", "is corrected", ("correction", "Canberra!")),
        ("correct", None, "it was so already", ("correction", None)),
        ("tag", "home", "Tagged home:", ("tags", ("home",))),
        ("untag", "away", "it was so already", ("tags", ())),
        ("exclude", "private", "Kept out of training and examples", ("excluded", "private")),
        ("exclude", "", "(by the user)", ("excluded", "by the user")),
        ("include", None, "it was so already", ("excluded", None)),
    ],
)
def test_an_act_is_on_disk_told_in_one_line_and_taken_back(
    says: Ask,
    eight: dict[str, str],
    store: ConversationCollector,
    what: str,
    value: Any,
    said: str,
    there: tuple[str, Any],
) -> None:
    before = store.get(eight["poor"])

    answer = act(says, what, [eight["poor"]], value)

    assert said in answer["said"] and "\n" not in answer["said"]
    assert getattr(store.get(eight["poor"]), there[0]) == there[1]
    if "already" not in said:
        assert (answer["changed"], bool(answer["undo"])) == (1, True)
        assert says("undo")["said"].startswith("Taken back: ")
    assert store.get(eight["poor"]) == before
    assert says("open")["changed"] == 0


def test_all_that_was_found_is_changed_and_taken_back_at_once(
    says: Ask, store: ConversationCollector, eight: dict[str, str]
) -> None:
    many = [store.collect(f"What is {n}?", "A number.", "practice") for n in range(30)]
    found = find(says, text="number")["found"]

    answer = says("act", act="rate", ids=[], all=True, found=found, value=5)

    assert answer["said"].startswith("5 stars for 30 conversations; 33 of 100 good")
    assert {one.rating for one in store.get_many(many).values()} == {5}
    says("act", act="tag", ids=[], all=True, found=found, value="sums")
    assert store.count(Selection(tag="sums")) == 30
    assert says("undo")["undo"] == "5 stars for 30 conversations"
    assert (says("undo")["undo"], store.count(Selection(tag="sums", stars=5))) == ("", 0)


def test_changes_are_taken_back_in_turn_and_then_there_are_none(
    says: Ask, store: ConversationCollector, eight: dict[str, str]
) -> None:
    for stars in (3, 4, 5):
        act(says, "rate", [eight["poor"]], stars)

    ratings = [says("undo") and store.get(eight["poor"]).rating for _ in range(3)]

    assert ratings == [4, 3, 1]
    assert "nothing to undo" in says("undo")["failed"]


def test_all_means_what_is_on_screen_and_not_what_another_view_found(
    says: Ask, store: ConversationCollector, eight: dict[str, str]
) -> None:
    seen = find(says, text="Sing")
    find(says)

    answer = says("act", act="exclude", ids=[], all=True, found=seen["found"], value="oops")

    assert "another view has found others meanwhile" in answer["failed"]
    assert store.count(Selection(excluded=True)) == 1
    now = says("page", start=0)["found"]
    assert "8 conversations" in says("act", act="include", ids=[], all=True, found=now)["said"]


def test_what_was_changed_elsewhere_meanwhile_is_left_and_told(
    says: Ask, store: ConversationCollector, eight: dict[str, str]
) -> None:
    ids = [eight[name] for name in ("poor", "cat", "plain")]
    act(says, "rate", ids, 3)
    store.add_feedback(eight["poor"], 5, "better than I thought")

    answer = says("undo")

    assert answer["said"].startswith("Taken back: 3 stars for 3 conversations.")
    assert answer["said"].endswith("Changed meanwhile, so left as it is: 1 conversation.")
    assert [store.get(one).rating for one in ids] == [5, 4, None]
    assert answer["changed"] == 1


def test_what_was_redacted_elsewhere_meanwhile_is_not_brought_back(
    says: Ask, store: ConversationCollector, eight: dict[str, str], curator: Assistant
) -> None:
    for comment in (f"ask {MAIL}", "short"):
        act(says, "comment", [eight["poor"]], comment)
    act(says, "correct", [eight["cat"]], f"Write to {MAIL}")
    curator.redact([eight["poor"], eight["cat"]], PrivacyFilter())
    act(says, "comment", [eight["poor"]], "shorter")

    first, *rest = (says("undo")["said"] for _ in range(4))

    assert first.startswith("Taken back: a comment")
    assert all(said.startswith("Not taken back") and "left as it is" in said for said in rest)
    assert store.get(eight["poor"]).comment == "short"
    assert store.get(eight["cat"]).correction == "Write to [REDACTED_EMAIL]"


def test_what_is_taken_back_is_shown_again_wherever_it_is_on_screen(
    curator: Assistant, eight: dict[str, str], store: ConversationCollector
) -> None:
    told: list[Sequence[str]] = []
    many = [store.collect(f"What is {n}?", "A number.", "practice") for n in range(30)]
    view = CurationView(curator, changed=told.append)

    view.answer({"kind": "act", "act": "rate", "ids": many, "value": 2})
    view.answer({"kind": "undo"})

    assert [set(ids) for ids in told] == [set(many), set(many)]


@pytest.mark.parametrize("what", ["forget", "redact"])
def test_what_is_forgotten_or_redacted_is_not_brought_back(
    says: Ask, store: ConversationCollector, eight: dict[str, str], what: str
) -> None:
    act(says, "comment", [eight["mail"]], f"ask {MAIL}")
    act(says, "comment", [eight["mail"]], "nothing")
    act(says, "rate", [eight["mail"], eight["poor"]], 5)

    answer = act(says, what, [eight["mail"]])

    assert "for good: 1 conversation." in answer["said"]
    while answer["undo"]:
        answer = says("undo")
    assert store.get(eight["poor"]).rating == 1
    assert not any(MAIL in text for one in store.iterate() for text in one.texts)
    assert find(says)["total"] == (7 if what == "forget" else 8)


def test_what_another_kernel_has_forgotten_stays_so(
    says: Ask, store: ConversationCollector, eight: dict[str, str]
) -> None:
    act(says, "rate", [eight["poor"], eight["cat"]], 5)
    store.forget(Selection(ids=(eight["poor"],)))

    answer = says("undo")

    assert answer["said"].startswith("Taken back") and store.get(eight["cat"]).rating == 4
    assert eight["poor"] not in {row["id"] for row in answer["rows"]}
    assert "There is no conversation" in act(says, "rate", [eight["poor"]], 5)["failed"]


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ({"kind": "act", "act": "rate", "ids": [], "value": 5}, "No conversation is selected"),
        ({"kind": "act", "act": "rate", "ids": ["x"], "value": 9}, "9 is not a rating"),
        ({"kind": "act", "act": "tag", "ids": ["x"], "value": " "}, "The tag is empty"),
        ({"kind": "act", "act": "nonsense", "ids": ["x"]}, "nonsense"),
        ({"kind": "details", "id": "nobody"}, "There is no conversation"),
        ({"kind": "nonsense"}, "nonsense"),
    ],
)
def test_a_failure_is_told(view: CurationView, message: Answer, problem: str) -> None:
    assert problem in view.answer(message)["failed"]


def test_a_full_disk_is_told_and_nothing_is_lost(
    says: Ask, store: ConversationCollector, eight: dict[str, str], curator: Assistant
) -> None:
    find(says)
    with curator.store.database.read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        engine = connection.engine

    def fill(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(engine, "checkout", fill)
    answer = act(says, "comment", [eight["poor"]], "x" * 100_000)
    event.remove(engine, "checkout", fill)
    engine.dispose()

    assert "Free some space" in answer["failed"]
    assert store.get(eight["poor"]).comment is None
    assert act(says, "comment", [eight["poor"]], "x")["changed"] == 1


def test_the_next_dataset_is_built_and_compared(curator: Assistant, eight: dict[str, str]) -> None:
    view = CurationView(curator, curator.datasets.build(), Spec())

    def answer(kind: str, **more: Any) -> Answer:
        return view.answer({"kind": kind, **more})

    assert answer("act", act="exclude", ids=[eight["cat"]], value="")["changed"] == 1
    assert answer("act", act="rate", ids=[eight["plain"]], value=5)["changed"] == 2
    built = answer("build")

    assert "3 to learn from" in built["said"] and "1 more, 1 less, 2 kept" in built["said"]
    assert (built["changed"], built["dataset"]) == (0, view.dataset)
    assert answer("undo")["changed"] == 1
    assert answer("undo")["changed"] == 2
    assert "1 more, 1 less" in answer("build")["said"]
    assert "Nothing changes" in answer("build")["said"]


def test_without_a_spec_the_command_is_named(curator: Assistant, eight: dict[str, str]) -> None:
    view = CurationView(curator, curator.datasets.build())

    assert "%kagura data" in view.answer({"kind": "build"})["failed"]


# --- looking through -------------------------------------------------------------------------


def test_what_was_not_looked_through_is_said_and_looked_through(
    curator: Assistant, store: ConversationCollector
) -> None:
    for number in range(240):
        store.collect(f"Write to user{number}@example.org", "Yes.", "practice")
    curation = Curation(curator)
    done, told = threading.Event(), list[int]()

    curation.find(Selection(holds="EMAIL"))
    assert (len(curation.ids), curation.unlooked) == (0, 240)
    curation.look(lambda left: (told.append(left), done.set() if not left else None))
    assert done.wait(60)

    curation.find(Selection(holds="EMAIL"))
    assert (len(curation.ids), curation.unlooked) == (240, 0)
    assert told == sorted(told, reverse=True)


def test_a_changed_text_is_looked_at_again(
    curator: Assistant, says: Ask, eight: dict[str, str]
) -> None:
    assert find(says, holds="EMAIL")["total"] == 1

    act(says, "correct", [eight["poor"]], "Write to someone@example.org")
    assert looking.missing(curator.store) == [eight["poor"]]

    assert find(says, holds="EMAIL")["total"] == 2
    act(says, "redact", [eight["poor"]])
    assert find(says, holds="EMAIL")["total"] == 1


def test_only_indexes_are_read_to_find_and_to_sort(
    store: ConversationCollector, eight: dict[str, str]
) -> None:
    plans = []
    selections = [Selection(), Selection(complete=True, model="practice")]
    with store.database.read() as connection:

        def explain(_connection: Any, cursor: Any, statement: str, values: Any, *_: Any) -> None:
            rows = connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", values)
            plans.append(" ".join(row[3] for row in rows))

        event.listen(connection, "before_cursor_execute", explain)
        for selection in selections:
            for order in browse.ORDERS:
                browse.ids(connection, selection, order)
        event.remove(connection, "before_cursor_execute", explain)

    assert len(plans) == 8
    assert [plan for plan in plans if "INDEX" not in plan] == []


# --- in a kernel -----------------------------------------------------------------------------

SETUP = """
%load_ext kagura_nb
from kagura_nb import Assistant
from kagura_nb.notebook.curation import CurationView
assistant = Assistant("curator")
for n in range(3):
    told = assistant.store.collect(f"What is {n} times {n}?", f"It is {n * n}.", "practice")
    assistant.store.add_feedback(told, 5)
view = CurationView(assistant)
print(view.comm.comm_id, told)
"""


def printed(kernel: Kernel, code: str) -> str:
    messages = kernel.run(code)
    return "".join(
        one["content"]["text"] for one in messages if one["msg_type"] == "stream"
    ).strip()


def custom(message: Answer) -> Answer:
    data = message["content"].get("data", {})
    return data["content"] if data.get("method") == "custom" else {}


@pytest.fixture(scope="module")
def shown(kernel: Kernel) -> tuple[str, str]:
    """The comm of a view of three conversations, and the latest of them."""
    comm, one = printed(kernel, SETUP).split()
    return comm, one


def test_a_kernel_answers_and_keeps_every_word_out_of_what_is_saved(
    kernel: Kernel, shown: tuple[str, str]
) -> None:
    comm, one = shown

    kernel.click(comm, {"kind": "open", "view": "v", "serial": 1})
    answer = custom(kernel.until(lambda said: custom(said).get("kind") == "state")[-1])
    rate = {"kind": "act", "act": "rate", "ids": [one], "value": 2, "view": "v", "serial": 2}
    kernel.click(comm, rate)
    told = [custom(said) for said in kernel.until(lambda said: custom(said).get("said"))]

    assert (answer["total"], answer["serial"], answer["view"]) == (3, 1, "v")
    assert [said["kind"] for said in told if said] == ["taken", "state"]
    assert printed(kernel, f"print(assistant.store.get('{one}').rating)") == "2"
    state = printed(kernel, "import json; print(json.dumps(view.get_state()))")
    assert "times" not in state.replace("Sometimes", "") and one not in state


WAIT = """
import asyncio
print("begun")
for _ in range(100):
    await asyncio.sleep(.1)
    if assistant.store.get(told).rating == 1:
        break
print("rated", assistant.store.get(told).rating)
"""


def test_it_answers_while_a_cell_runs(kernel: Kernel, shown: tuple[str, str]) -> None:
    def is_printed(message: Answer, words: str) -> bool:
        return words in message["content"].get("text", "")

    comm, one = shown
    kernel.client.execute(WAIT)
    kernel.until(lambda message: is_printed(message, "begun"))

    kernel.click(comm, {"kind": "act", "act": "rate", "ids": [one], "value": 1})

    assert is_printed(kernel.until(lambda message: is_printed(message, "rated"))[-1], "rated 1")


def test_nobody_undoes_what_was_not_done(curator: Assistant) -> None:
    with pytest.raises(SettingsError):
        Curation(curator).undo()
