"""What was written later stands later, whatever the clock said; a time nobody knows is no time."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from kagura_nb import Assistant, ConversationCollector
from kagura_nb.cli import cli
from kagura_nb.exchange.writing import WRITERS
from kagura_nb.notebook.chat.turns import facts
from kagura_nb.notebook.chat.turns import transcript as panel_transcript
from kagura_nb.notebook.pieces import listed
from kagura_nb.notebook.views import local
from kagura_nb.prompt import assemble
from kagura_nb.records import DATED_FROM
from kagura_nb.store import Selection
from kagura_nb.store.rows import following, new_id

YEAR_1970 = "1970"


@pytest.fixture
def assistant() -> Iterator[Assistant]:
    chosen = Assistant("owner", model="practice")
    yield chosen
    chosen.close()


def undated(path: Path, *prompts: str) -> Path:
    rows = [{"messages": [{"role": "user", "content": one}, {"role": "assistant", "content": "ok"}]}
            for one in prompts]  # fmt: skip
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return path


def prompts(store: ConversationCollector) -> list[str]:
    return [one.prompt for one in store.iterate()]


# --- times that nobody knows -------------------------------------------------------------------


def test_imports_without_times_keep_the_order_of_their_files(
    assistant: Assistant, tmp_path: Path
) -> None:
    said = [f"question {number}" for number in range(120)]
    assistant.import_file(undated(tmp_path / "a.jsonl", *said))
    assistant.import_file(undated(tmp_path / "b.jsonl", "later", "latest"))
    assert prompts(assistant.store) == [*said, "later", "latest"]


def test_a_file_that_has_grown_adds_what_is_new_behind(
    assistant: Assistant, tmp_path: Path
) -> None:
    assistant.import_file(undated(tmp_path / "a.jsonl", "one", "two"))
    before = assistant.store.ids(Selection())
    report = assistant.import_file(undated(tmp_path / "a.jsonl", "new", "one", "two"))
    assert (report.done, report.known) == (1, 2)
    assert prompts(assistant.store) == ["one", "two", "new"]
    assert assistant.store.ids(Selection())[:2] == before


def test_no_view_names_a_time(
    assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAGURA_USER", "owner")
    assistant.import_file(undated(tmp_path / "a.jsonl", "What is tea?"))
    (one,) = assistant.store.iterate()
    assistant.rate(one.id, 5)
    for command in (["history"], ["show", one.id], ["search", "tea"], ["dashboard", "--text"]):
        shown = CliRunner().invoke(cli, command)
        assert shown.exit_code == 0, shown.output
        assert YEAR_1970 not in shown.output
        assert "unknown" in shown.output or command[0] == "dashboard"
    assert listed(one, None, None)["time"] == facts(one)["time"] == local(one.created_at)
    assert local(one.created_at) == one.day() == "unknown"
    assert YEAR_1970 not in panel_transcript([one])
    assert assistant.frame()["created_at"].isna().all()
    for format in WRITERS.keys() - {"kagura"}:  # which keeps the place
        assistant.export_file(tmp_path / f"out-{format}", format=format)
        assert YEAR_1970 not in (tmp_path / f"out-{format}").read_text("utf-8")


def test_memory_quotes_it_without_a_date(assistant: Assistant, tmp_path: Path) -> None:
    assistant.import_file(undated(tmp_path / "a.jsonl", "I like tea"))
    (one,) = assistant.store.iterate()
    system = assemble("now", budget=1000, count=len, recalled=[one]).messages[0].content
    assert "\nUser:\n> I like tea" in system


def test_filters_by_time_leave_it_out(assistant: Assistant, tmp_path: Path) -> None:
    assistant.import_file(undated(tmp_path / "a.jsonl", "I like tea"))
    now = datetime.now(UTC)
    assert assistant.store.ids(Selection(until=now)) == ()
    assert assistant.store.ids(Selection(since=now - timedelta(days=36_500))) == ()
    assert len(assistant.store.ids(Selection(dated=False))) == 1
    assert assistant.store.ids(Selection(dated=True)) == ()


def test_an_export_of_ours_brings_it_back_as_it_was(assistant: Assistant, tmp_path: Path) -> None:
    assistant.import_file(undated(tmp_path / "a.jsonl", "one", "two"))
    kept = list(assistant.store.iterate())
    assistant.export_file(tmp_path / "all.jsonl")
    other = Assistant("other", model="practice")
    other.import_file(tmp_path / "all.jsonl")
    assert list(other.store.iterate()) == kept
    other.close()


@pytest.mark.parametrize(
    ("at", "dated"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), False),
        (DATED_FROM - timedelta(milliseconds=1), False),
        (DATED_FROM, True),
        (datetime(2026, 12, 1, tzinfo=UTC), True),
    ],
)
def test_which_times_are_known(assistant: Assistant, at: datetime, dated: bool) -> None:
    kept = assistant.store.collect("a", "b", "m", created_at=at)
    assert assistant.store.get(kept).dated is dated


# --- clocks that were ahead --------------------------------------------------------------------


@pytest.mark.parametrize("ahead", [timedelta(seconds=5), timedelta(days=1), timedelta(days=4000)])
def test_after_a_clock_was_ahead_the_order_is_that_of_writing(
    assistant: Assistant, ahead: timedelta
) -> None:
    store = assistant.store
    for number in range(2):
        store.collect(f"wrong {number}", "b", "m", created_at=datetime.now(UTC) + ahead)
    for number in range(3):
        store.collect(f"right {number}", "b", "m")
    written = ["wrong 0", "wrong 1", "right 0", "right 1", "right 2"]
    assert prompts(store) == written
    assert store.get("last").prompt == "right 2"
    assert [one.prompt for one in store.recent(5)] == written[::-1]
    assert store.get("last").created_at <= datetime.now(UTC)


def test_what_is_stored_with_a_time_of_the_past_stands_there(assistant: Assistant) -> None:
    store = assistant.store
    store.collect("now", "b", "m", created_at=datetime.now(UTC) + timedelta(days=1))
    store.collect("then", "b", "m", created_at=datetime(2024, 1, 1, tzinfo=UTC))
    assert prompts(store) == ["then", "now"]


def test_a_turn_that_began_earlier_and_ended_later_keeps_its_time() -> None:
    now = datetime.now(UTC)
    earlier, later = new_id(now - timedelta(seconds=9)), new_id(now - timedelta(seconds=3))
    assert following(earlier, later, now) == earlier
    assert following(later, None, now) == later
    ahead = new_id(now + timedelta(days=1))
    assert following(later, ahead, now) > ahead


def test_a_record_without_a_time_can_be_replaced(assistant: Assistant) -> None:
    one = assistant.store.get(assistant.store.collect("a", "b", "m"))
    assert replace(one, created_at=DATED_FROM - timedelta(1)).day() == "unknown"
