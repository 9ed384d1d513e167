"""A dataset is looked at before anything is trained on it: as text and as HTML."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kagura_nb import ConversationCollector
from kagura_nb.cli import cli
from kagura_nb.errors import DatasetError, KaguraError
from kagura_nb.notebook.commands import run
from kagura_nb.notebook.views import View
from kagura_nb.notebook.workspace import Workspace

MAIL = "hanako@example.co.jp"
SECRET = "gh" + "p_" + "a1B2" * 9


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


def test_a_part_replaces_nothing_unless_told_to(filled: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("precious")
    with pytest.raises(KaguraError, match="--overwrite"):
        shown(filled, "--export", str(path))
    assert path.read_text() == "precious"
    shown(filled, "--export", str(path), "--overwrite")
    assert "messages" in path.read_text("utf-8")


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["--method", "magic"],
        ["--policy", "magic"],
        ["--format", "magic"],
        ["--min-rating", "6"],
        ["--min-rating", "2", "--method", "kto"],
        ["--since", "yesterday"],
        ["--text", " "],
        ["--format", "openai"],
        ["--part", "train"],
        ["--overwrite"],
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


def test_a_terminal_shows_the_same(filled: Workspace) -> None:
    result = CliRunner().invoke(cli, ["data"])

    assert result.exit_code == 0
    assert "to learn from" in result.output and "The first rows" in result.output


def test_a_terminal_is_told_its_own_commands(workspace: Workspace) -> None:
    rated(workspace, f"The key is {SECRET}", "Noted.")

    result = CliRunner().invoke(cli, ["data"])

    assert result.exit_code == 1
    assert "`kagura-nb scan` shows what is private" in result.output


# --- in a notebook ---------------------------------------------------------------------------


def test_the_conversations_to_work_through_are_below(filled: Workspace) -> None:
    live = shown(filled).live

    assert live is not None and repr(live()).startswith("30 conversations")


def test_there_is_something_to_work_through_before_anything_is_rated(workspace: Workspace) -> None:
    workspace.assistant.store.collect("Hello", "Hi", "practice")

    view = shown(workspace)

    assert "Rate replies with 4 or 5 stars" in view.plain and view.failed
    assert view.live is not None and repr(view.live()).startswith("1 conversation:")


def test_an_empty_store_is_told(workspace: Workspace) -> None:
    with pytest.raises(DatasetError, match="no conversation to train on"):
        shown(workspace)


def test_files_that_are_gone_are_told_to_who_reads_them(filled: Workspace) -> None:
    shown(filled)
    datasets = filled.assistant.datasets
    for file in (filled.assistant.store.settings.user_home / "datasets").rglob("*.jsonl"):
        file.unlink()

    with pytest.raises(DatasetError, match="Build it again"):
        datasets.first(datasets.get(), 5)


def test_what_became_of_some_conversations_is_told_with_their_rows(filled: Workspace) -> None:
    store = filled.assistant.store
    (one,), (other,) = store.search("26 times 26"), store.search("The key is")
    shown(filled)
    datasets = filled.assistant.datasets

    lines = datasets.lines(datasets.get(), [one.id, other.id, "unknown"])
    rows = datasets.read(datasets.get(), list(lines.values()))

    assert lines[other.id].reason == "holds a secret" and len(lines) == 2
    assert [row.row.reply for row in rows if row.row] == [one.response]
