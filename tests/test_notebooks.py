"""The shipped notebooks run from top to bottom without a key, and say what they promise."""

import os
import re
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
    client = NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(tmp_path)}})
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


def test_the_dataset_notebook_selects_corrects_compares_and_writes(
    home: Path, tmp_path: Path
) -> None:
    notebook = executed("04_curate_a_dataset", tmp_path)

    said = [
        "\n".join(one.get("text") or one.data["text/plain"] for one in cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]
    first, sums, later, listed = (said[n] for n in (2, 3, 5, 6))
    assert "nearly the same as another  1" in first
    assert "40 to learn from" not in sums and "tag sums" in sums
    assert "1 conversation more, 1 less, 42 the same" in later
    assert "excluded by the user" in later
    assert len(listed.splitlines()) == 7
    assert said[7] == "Difference(added=1, removed=1, kept=42)"
    assert "dpo, of 4 stars and more" in said[8]
    assert "Wrote 2 rows" in said[10]
    assert "preferred_output" in said[11]
    assert "Ask Dana Whitfield" in said[12]
    assert len(said[13].splitlines()) == 2 and said[14] == "1"


def test_the_costs_notebook_sums_draws_prices_and_estimates(home: Path, tmp_path: Path) -> None:
    notebook = executed("06_costs", tmp_path)

    said = answers(notebook)
    assert "openai:a-model-of-tomorrow" in said["%kagura costs --by model"]
    assert "unpriced" in said["%kagura costs --by model"]
    assert "The budget is $20.00: $" in said["%kagura costs --by purpose"]
    estimate = said["estimate.within_budget"]
    assert "12 rows, 8 times" in estimate and "tokens for $0.02" in estimate
    assert estimate.endswith("True")
    (drawn, *_) = [one for one in notebook.cells if one.source == "%kagura costs --by model"]
    assert "<img" in drawn.outputs[0].data["text/html"]
    assert not (home / "users").exists()


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


def test_the_tuning_notebook_makes_a_model_that_knows_its_owner(home: Path, tmp_path: Path) -> None:
    said = answers(executed("05_fine_tune", tmp_path))

    table = said['print(tabulate(rows, ["right answers", "before", "after"]))']
    shares = {
        name: (int(before), int(after))
        for name, before, after in re.findall(r"^(\S+) +(\d+)% +(\d+)%$", table, re.MULTILINE)
    }
    assert max(shares["facts"][0], shares["sign-off"][0]) <= 5
    assert min(shares["facts"][1], shares["sign-off"][1]) >= 90
    assert min(shares["general"]) >= 95
    assert shares["unknown"][1] >= 80
    assert said["What is my dog's name?"].startswith("Your dog's name is Leo.")
    assert "answered by practice from now on" in said["%kagura use --rollback"]
