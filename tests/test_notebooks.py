"""The shipped notebooks run from top to bottom without a key, and say what they promise."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).parents[1]


@pytest.fixture
def first(home: Path, tmp_path: Path) -> NotebookNode:
    """The first notebook, run."""
    return executed("01_first_conversation", tmp_path)


def executed(name: str, tmp_path: Path) -> NotebookNode:
    """A shipped notebook, run from top to bottom."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path / "ipython")}
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}})
    client.execute(env=environment)
    return notebook


def answers(notebook: NotebookNode) -> dict[str, str]:
    """Every output as plain text, by the last line of its cell."""
    return {
        cell.source.splitlines()[-1]: "\n".join(
            one.get("text") or one.data["text/plain"] for one in cell.outputs
        )
        for cell in notebook.cells
        if cell.cell_type == "code"
    }


def test_the_first_notebook_remembers_follows_examples_and_reports(first: NotebookNode) -> None:
    said = answers(first)

    assert "practice model" in said["Who are you?"]
    assert "Paris" in said["What is the capital of France?"]
    told = [
        cell.outputs[0].data["text/plain"]
        for cell in first.cells
        if cell.source.endswith("What is my favourite colour?")
    ]
    assert ("do not know" in told[0], "teal" in told[1]) == (True, True)
    assert "そば" in said["私の好きな食べ物は何ですか？"]
    assert "— Cheers" in said["What is the capital of Japan?"]
    assert "Tokyo" in said["What is the capital of Japan?"]
    assert "2 of 100" in said["%kagura status"]
    assert "What is the capital of Japan?" in said["%kagura history -n 5"]


def test_the_privacy_notebook_finds_masks_reports_and_asks(home: Path, tmp_path: Path) -> None:
    said = answers(executed("03_privacy", tmp_path))

    everything = "\n".join(said.values())
    for part in (
        "'PHONE': ['+1 415-555-2671']",
        "'PERSON': ['山田花子']",
        "[REDACTED_CREDIT_CARD]",
        "[REDACTED_STAFF_ID]",
        "takes too long",
        "Write to [EMAIL_1] that [EMAIL_2] is late",
        "Dear dana@example.com, bob@example.com is late.",
    ):
        assert part in everything
    assert "something private is in 1 of them" in said["%kagura scan"]
    assert "Kept out of training: 1 conversation." in said["%kagura scan --exclude"]
    assert "nothing private" in said["%kagura scan --good"]
    assert "not given" in said["%kagura config consent"]


def test_an_answer_carries_its_origin_in_its_metadata(first: NotebookNode) -> None:
    (cell,) = [one for one in first.cells if one.source.endswith("capital of France?")]
    told = cell.outputs[0].metadata["kagura"]
    assert (told["model"], told["complete"], len(told["conversation_id"])) == ("practice", True, 26)


def test_ci_runs_the_command_that_the_readme_gives() -> None:
    command = (
        "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/python -m pytest"
    )
    assert f"\n{command}\n" in (ROOT / "README.md").read_text("utf-8")
    assert f"\n{command}\n" in (ROOT / ".ci" / "run").read_text("utf-8")
