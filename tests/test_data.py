"""A dataset is looked at before anything is trained on it: as text, as HTML, as a table."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from kernels import Kernel

from kagura_nb import ConversationCollector, Selection
from kagura_nb.cli import cli
from kagura_nb.datasets import Datasets
from kagura_nb.errors import DatasetError, KaguraError
from kagura_nb.notebook.commands import run
from kagura_nb.notebook.views import View
from kagura_nb.notebook.workspace import Workspace
from kagura_nb.store.datasets import ORDERS

MAIL = "hanako@example.co.jp"
SECRET = "gh" + "p_" + "a1B2" * 9
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def workspace(store: ConversationCollector) -> Workspace:
    return Workspace(lambda: store.settings)


@pytest.fixture
def filled(workspace: Workspace) -> Workspace:
    """Thirty good conversations, one with an address in it, one with a secret, one to markup."""
    for number in range(27):
        rated(workspace, f"What is {number} times {number}?", "It is " + "very " * number + "much.")
    rated(workspace, "Where?", f"Write to {MAIL}", 4)
    rated(workspace, f"The key is {SECRET}", "Noted.")
    rated(workspace, "<script>alert(1)</script>", "<b>No</b> ${x}$")
    return workspace


def rated(workspace: Workspace, prompt: str, reply: str, stars: int = 5) -> str:
    store = workspace.assistant.store
    return store.add_feedback(store.collect(prompt, reply, "practice", session="s"), stars)


def shown(workspace: Workspace, *words: str) -> View:
    view = run(workspace, ["data", *words])
    assert view is not None
    return view


def latest(workspace: Workspace) -> str:
    return workspace.assistant.datasets.get().version


def test_a_dataset_of_what_is_good_now_is_made_and_shown(filled: Workspace) -> None:
    said = shown(filled).plain

    dataset = filled.assistant.datasets.get()
    for part in (
        f"Dataset {dataset.version}",
        "sft, of 4 stars and more",
        f"{dataset.train_rows} to learn from, {dataset.validation_rows} to measure on",
        f"{dataset.train_tokens:,} to learn from, {dataset.validation_tokens} to measure on;"
        " estimated",
        f"{dataset.longest} tokens",
        "label: [REDACTED_EMAIL] in its place",
        "⚠ 29 rows are few",
        "holds a secret  1",
        "33 to 64",
        "What is 0 times 0?",
    ):
        assert " ".join(part.split()) in " ".join(said.split())


def test_no_value_and_no_markup_gets_into_any_form(filled: Workspace) -> None:
    view = shown(filled, "--text", "alert")
    view += shown(filled, "--text", "Where?")

    assert "<script>alert(1)</script>" in view.plain
    assert "<script>" not in view.html and "<b>No</b>" not in view.html and "${" not in view.html
    assert "[REDACTED_EMAIL]" in view.plain and "[REDACTED_EMAIL]" in view.html
    assert MAIL not in view.plain + view.html


def test_exact_tokens_are_no_estimate(filled: Workspace, vocabulary: Path) -> None:
    assert "estimated" not in shown(filled).plain


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        (["--text", "times"], 27),
        (["--session", "s"], 29),
        (["--model", "practice"], 29),
        (["--min-rating", "5"], 28),
        (["--tag", "home"], 1),
        (["--since", "2020-01-01"], 29),
        (["--policy", "drop"], 28),
        (["--method", "dpo"], 1),
        (["--method", "kto"], 31),
    ],
)
def test_what_is_asked_for_is_selected(filled: Workspace, options: list[str], rows: int) -> None:
    store = filled.assistant.store
    (one,) = store.search("12 times 12")
    store.tag(one.id, "home")
    store.correct(one.id, "It is 144.")
    rated(filled, "Sing!", "No.", 1)

    shown(filled, *options)

    dataset = filled.assistant.datasets.get()
    assert dataset.train_rows + dataset.validation_rows == rows


def test_the_policy_in_the_settings_counts(store: ConversationCollector, filled: Workspace) -> None:
    workspace = Workspace(lambda: store.settings.with_(training_policy="drop"))

    shown(workspace)

    assert workspace.assistant.datasets.get().policy == "drop"


def test_a_version_is_shown_again_and_compared_with_the_one_before(filled: Workspace) -> None:
    shown(filled)
    first = latest(filled)
    (one,) = filled.assistant.store.search("13 times")
    filled.assistant.store.exclude(one.id)
    rated(filled, "One more?", "Yes, one more.")
    rated(filled, "And another?", "Yes, and another one.")

    assert f"against {first}" in shown(filled).plain
    again = shown(filled, latest(filled)[:6]).plain
    assert "2 conversations more, 1 less, 28 the same" in again
    assert "against" not in shown(filled, first).plain


def test_the_versions_are_listed(filled: Workspace) -> None:
    assert "no datasets yet" in shown(filled, "--list").plain
    shown(filled)
    shown(filled, "--method", "kto", "--text", "times")

    said = shown(filled, "--list")

    assert latest(filled) in said.plain and latest(filled) in said.html
    assert len(said.plain.splitlines()) == 6
    assert "with the words 'times'" in said.plain


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ([], "messages"),
        (["--format", "openai"], "messages"),
        (["--format", "vertex"], "contents"),
        (["--format", "vertex", "--part", "validation"], "contents"),
    ],
)
def test_a_part_is_written_as_a_trainer_wants_it(
    filled: Workspace, tmp_path: Path, options: list[str], key: str
) -> None:
    path = tmp_path / "rows.jsonl"

    said = shown(filled, "--export", str(path), *options).plain

    rows = [json.loads(one) for one in path.read_text("utf-8").splitlines()]
    assert f"Wrote {len(rows)} rows" in said and str(path) in said
    assert all(key in one for one in rows)
    assert MAIL not in path.read_text("utf-8")


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["--method", "magic"],
        ["--policy", "magic"],
        ["--format", "magic"],
        ["--min-rating", "6"],
        ["--since", "yesterday"],
        ["--text", " "],
        ["--format", "openai"],
        ["--part", "train"],
        ["--export", "x.jsonl", "--format", "openai-dpo"],
        ["--export", "no/such/folder/x.jsonl"],
        ["--session", "nobody"],
        ["last", "--policy", "drop"],
    ],
    ids=" ".join,
)
def test_bad_input_is_one_line_with_a_cure(
    filled: Workspace, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KaguraError) as caught:
        shown(filled, *words)
    assert "\n" not in str(caught.value) and caught.value.cure
    assert not list(tmp_path.glob("*.jsonl"))


def test_a_dataset_whose_files_are_gone_says_so(filled: Workspace) -> None:
    shown(filled)
    for file in (filled.assistant.store.settings.user_home / "datasets").rglob("*.jsonl"):
        file.unlink()

    view = shown(filled, "last")

    assert "29 rows are few" in view.plain
    assert "Build it again" in view.plain
    assert view.live is None


def test_a_terminal_shows_the_same(filled: Workspace) -> None:
    result = CliRunner().invoke(cli, ["data"])

    assert result.exit_code == 0
    assert "to learn from" in result.output and "The first rows" in result.output


# --- pages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("order", ORDERS)
def test_pages_of_every_order_show_everything_once(
    filled: Workspace, order: str, descending: bool
) -> None:
    shown(filled)
    datasets: Datasets = filled.assistant.datasets
    dataset = datasets.get()
    size = datasets.size(dataset)
    assert size == 30

    found = [
        one
        for start in range(0, size + 7, 7)
        for one in datasets.page(dataset, order, descending=descending, start=start, count=7)
    ]

    assert len({one.line.conversation_id for one in found}) == len(found) == size
    store = filled.assistant.store
    rating = {one.id: one.rating or 0 for one in store.iterate(Selection())}
    ranks = {"train": 0, "validation": 1, "out": 2}
    keys: dict[str, list[Any]] = {
        "time": [one.line.conversation_id for one in found],
        "part": [ranks[one.line.part] for one in found],
        "tokens": [one.line.tokens or 0 for one in found],
        "rating": [rating[one.line.conversation_id] for one in found],
    }
    assert keys[order] == sorted(keys[order], reverse=descending)
    said = {one.line.conversation_id: one.row for one in found}
    for one in store.search("times"):
        row = said[one.id]
        assert row is not None and row.reply == one.response


# --- the table in a notebook -----------------------------------------------------------------

SETUP = """
%load_ext kagura_nb
from kagura_nb import Assistant
from kagura_nb.notebook.rows import Rows
assistant = Assistant("curator")
for n in range(25):
    told = assistant.store.collect(f"What is {n} times {n}?", f"It is {n * n}.", "practice")
    assistant.store.add_feedback(told, 5)
told = assistant.store.collect("Where?", "Write to hanako@example.co.jp", "practice")
assistant.store.add_feedback(told, 4)
rows = Rows(assistant, assistant.datasets.build())
print(rows.comm.comm_id)
"""


@pytest.fixture(scope="module")
def comm(kernel: Kernel) -> str:
    """The comm of a table of 26 rows, the oldest with an address in it."""
    return printed(kernel, SETUP)


def printed(kernel: Kernel, code: str) -> str:
    messages = kernel.run(code)
    return "".join(
        one["content"]["text"] for one in messages if one["msg_type"] == "stream"
    ).strip()


def asked(kernel: Kernel, comm: str, serial: int, **more: Any) -> dict[str, Any]:
    """Ask for a page; return what comes back."""
    wanted = {"order": "time", "descending": True, "start": 0, **more}
    kernel.click(comm, {"kind": "page", "serial": serial, **wanted})

    def is_page(message: dict[str, Any]) -> bool:
        return custom(message).get("serial") == serial

    return custom(kernel.until(is_page)[-1])


def custom(message: dict[str, Any]) -> dict[str, Any]:
    data = message["content"].get("data", {})
    return data["content"] if data.get("method") == "custom" else {}


def test_a_page_has_twenty_rows_as_they_would_leave(kernel: Kernel, comm: str) -> None:
    first = asked(kernel, comm, 1)["rows"]
    second = asked(kernel, comm, 2, start=20)["rows"]

    assert (len(first), len(second)) == (20, 6)
    assert (first[0]["reply"], first[0]["stars"]) == ("Write to [REDACTED_EMAIL]", "★★★★☆")
    assert second[-1]["prompt"] == "What is 0 times 0?"


def test_a_page_is_sorted_by_the_store(kernel: Kernel, comm: str) -> None:
    tokens = [one["tokens"] for one in asked(kernel, comm, 3, order="tokens")["rows"]]

    assert tokens == sorted(tokens, reverse=True)
    assert asked(kernel, comm, 4, order="rating", descending=False)["rows"][0]["stars"] == "★★★★☆"


def test_excluding_changes_the_next_version_and_not_this_one(kernel: Kernel, comm: str) -> None:
    one = asked(kernel, comm, 5)["rows"][0]["id"]

    answer = asked(kernel, comm, 6, id=one, out=True)

    assert "kept out of the next dataset" in answer["said"]
    assert answer["rows"][0]["excluded"] is True
    count = "print(assistant.datasets.build().left_out, rows.total)"
    assert printed(kernel, count) == "{'excluded by the user': 1} 26"
    assert asked(kernel, comm, 7, id=one, out=False)["rows"][0]["excluded"] is False
    assert printed(kernel, count) == "{} 26"


def test_a_failure_is_told(kernel: Kernel, comm: str) -> None:
    answer = asked(kernel, comm, 8, id="nobody", out=True)

    assert "There is no conversation 'nobody'" in answer["failed"]


def test_what_is_synced_tells_nothing_of_what_was_said(kernel: Kernel, comm: str) -> None:
    asked(kernel, comm, 9)

    state = printed(kernel, "import json; print(json.dumps(rows.get_state()))")

    assert "times" not in state.replace("Sometimes", "") and "REDACTED" not in state


def test_the_command_shows_the_facts_and_below_them_the_table(kernel: Kernel, comm: str) -> None:
    messages = kernel.run('%config KaguraMagics.user = "curator"\n%kagura data last')

    shown = [one["content"]["data"] for one in messages if one["msg_type"] == "display_data"]
    assert "to learn from" in shown[0]["text/plain"]
    assert WIDGET in shown[1]
    assert "%kagura data" in shown[1]["text/plain"]


def test_files_that_are_gone_are_told_below_the_table(filled: Workspace) -> None:
    shown(filled)
    datasets = filled.assistant.datasets
    for file in (filled.assistant.store.settings.user_home / "datasets").rglob("*.jsonl"):
        file.unlink()

    with pytest.raises(DatasetError, match="Build it again"):
        datasets.page(datasets.get())
