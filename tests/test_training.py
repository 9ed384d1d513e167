"""`train` and `jobs` as their user sees them: the card, the approval, the picture that grows."""

import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from kernels import start_kernel
from servers.loopback import Fault
from servers.openai_tuning import OpenAITuningServer
from training import a_job

from kagura_nb import ConversationCollector
from kagura_nb.cli import cli
from kagura_nb.errors import ConsentMissing, KaguraError, TuningError
from kagura_nb.notebook.commands import run
from kagura_nb.notebook.progress import progress
from kagura_nb.notebook.views import View
from kagura_nb.notebook.workspace import Workspace
from kagura_nb.privacy import consent
from kagura_nb.records import Job, JobEvent, short

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
PRICES = """
[[price]]
models = ["openai:ft:gpt-4.1-mini-2025-04-14"]
input = 1
output = 1
training = 5
source = "my contract"
"""


@pytest.fixture
def workspace(store: ConversationCollector, openai_tuning: OpenAITuningServer) -> Workspace:
    """A user with twelve good conversations."""
    for n in range(12):
        one = store.collect(f"What is {n} times {n + 1}?", f"It is {n * (n + 1)}.", "practice")
        store.add_feedback(one, 5)
    return Workspace(lambda: store.settings)


def shown(workspace: Workspace, words: str) -> View:
    view = run(workspace, words.split())
    assert view is not None
    return view


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_card_says_what_it_would_take_and_begins_nothing(
    workspace: Workspace, home: Path, openai_tuning: OpenAITuningServer
) -> None:
    (home / "prices.toml").write_text(PRICES)

    card = shown(workspace, "train --backend openai --epochs 4").plain

    dataset = workspace.assistant.datasets.get()
    tokens = dataset.train_tokens
    assert f"{tokens:,} x 4 epochs = {4 * tokens:,}" in card
    assert f"{dataset.train_rows} rows of dataset {dataset.version}" in card
    assert "(my contract)" in card
    assert "unknown: nothing like it was trained yet" in card
    assert "rows are few" in card
    assert "Nothing has begun" in card
    assert openai_tuning.requests == []


@pytest.mark.parametrize(
    ("words", "price"),
    [
        ("train --backend openai -m my-own-model", "unknown: the price list has no price"),
        ("train", "nothing: it is trained on this machine"),
    ],
)
def test_an_unknown_price_is_unknown_and_here_it_costs_nothing(
    workspace: Workspace, words: str, price: str
) -> None:
    assert price in shown(workspace, words).plain


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("train --backend somebody", "'somebody' is not one of"),
        ("train --epochs 0", "0 is not in the range"),
        ("train --set rank", "'rank' is no hyperparameter. Write --set NAME=VALUE, "),
        ("train --set epochs=3", "'epochs=3' is no hyperparameter."),
        ("train --set rank=high", "rank = 'high' is not usable. Use a number from 1 to 1024"),
        ("train --set suffix=mine", "There is no option 'suffix'. Use one of rank, "),
        ("train --set rank=8 nosuch", "There is no dataset 'nosuch'"),
        ("train --method dpo", "Every conversation is left out"),
        ("jobs nosuch", "There is no job 'nosuch'"),
        ("jobs --wait", "There is no job 'last'"),
        ("train --share 2", "'2' is not a share of the sessions like 30%"),
    ],
)
def test_bad_input_is_one_clear_line(workspace: Workspace, words: str, error: str) -> None:
    with pytest.raises(KaguraError) as caught:
        run(workspace, words.split())

    assert error in str(caught.value)
    assert "\n" not in str(caught.value)


def test_hyperparameters_are_numbers_or_text(
    workspace: Workspace, store: ConversationCollector, openai_tuning: OpenAITuningServer
) -> None:
    consent.give(store.database, "openai", store.settings)
    given = "--set suffix=my-eye --set batch_size=2 --set learning_rate_multiplier=1e-1"

    CliRunner().invoke(cli, f"train --backend openai --approve --share 30% {given}".split())

    (asked,) = openai_tuning.posted()
    numbers = asked["method"]["supervised"]["hyperparameters"]
    assert asked["suffix"] == "my-eye"
    assert (numbers["batch_size"], numbers["learning_rate_multiplier"]) == (2, 0.1)
    assert workspace.assistant.jobs.get().share == 0.3


def test_without_consent_a_vendor_gets_nothing(workspace: Workspace) -> None:
    with pytest.raises(ConsentMissing, match="config consent openai"):
        run(workspace, ["train", "--backend", "openai", "--approve"])


def test_a_terminal_follows_a_job_to_its_end(
    workspace: Workspace, store: ConversationCollector
) -> None:
    consent.give(store.database, "openai", store.settings)

    said = CliRunner().invoke(cli, ["train", "--backend", "openai", "--approve"])

    assert said.exit_code == 0, said.output
    for told in ("Uploading the rows.", "The job is accepted.", "Done: openai:ft:gpt-4.1-mini"):
        assert told in said.output
    assert re.search(r"Loss from 2\.000 at step 1 to 0\.500 at step 4 +█\S*▁", said.output)
    assert "answers 100 % of the sessions from now on" in said.output
    assert re.search(r"trained on +12 conversations", CliRunner().invoke(cli, ["status"]).output)
    listed = CliRunner().invoke(cli, ["jobs"]).output
    assert re.search(r"succeeded +gpt-4\.1-mini-2025-04-14 +sft +openai +4 of 4 +openai:ft", listed)


def test_a_failed_job_is_a_failed_command(
    workspace: Workspace, store: ConversationCollector, openai_tuning: OpenAITuningServer
) -> None:
    consent.give(store.database, "openai", store.settings)
    openai_tuning.course = ("running", "failed")
    openai_tuning.ending = {"error": {"code": "x", "message": "the rows are odd"}}

    said = CliRunner().invoke(cli, ["train", "--backend", "openai", "--approve"])

    assert said.exit_code == 1
    assert "has failed." in said.output and "the rows are odd" in said.output


def test_a_job_goes_on_each_time_that_a_terminal_looks_at_it(
    workspace: Workspace, store: ConversationCollector, openai_tuning: OpenAITuningServer
) -> None:
    consent.give(store.database, "openai", store.settings)
    shown(workspace, "train --backend openai")
    job = workspace.assistant.jobs.approve(workspace.assistant.jobs.get())

    listed = [CliRunner().invoke(cli, ["jobs"]).output for _ in openai_tuning.course]

    assert "queued" in listed[0] and "running" in listed[-1]
    said = CliRunner().invoke(cli, ["jobs", short(job.id)]).output
    assert "succeeded" in said and "answers 100 % of the sessions from now on" in said
    assert len(openai_tuning.posted()) == 1


def test_a_job_is_cancelled_by_name(
    workspace: Workspace, store: ConversationCollector, openai_tuning: OpenAITuningServer
) -> None:
    consent.give(store.database, "openai", store.settings)
    openai_tuning.course = ("running",) * 1000
    shown(workspace, "train --backend openai")
    assert "has begun" in shown(workspace, "jobs --approve").plain
    wait_until(lambda: "running" in shown(workspace, "jobs").plain)

    shown(workspace, "jobs last --cancel")

    wait_until(lambda: "cancelled" in shown(workspace, "jobs").plain)
    with pytest.raises(TuningError, match="is cancelled already"):
        run(workspace, ["jobs", "--approve"])


def test_without_a_name_the_job_under_way_is_meant_before_a_planned_one(
    workspace: Workspace, openai_tuning: OpenAITuningServer
) -> None:
    jobs = workspace.assistant.jobs
    consent.give(workspace.assistant.store.database, "openai", workspace.assistant.store.settings)
    openai_tuning.course = ("running",) * 1000
    first = jobs.approve(jobs.plan(workspace.assistant.datasets.build(), "openai")[0])
    shown(workspace, "train --backend openai")

    shown(workspace, "jobs --cancel")

    assert (jobs.get(first.id).state, jobs.get().state) == ("cancelled", "planned")


def test_a_job_is_let_go_of_by_name(
    workspace: Workspace, openai_tuning: OpenAITuningServer
) -> None:
    consent.give(workspace.assistant.store.database, "openai", workspace.assistant.store.settings)
    openai_tuning.course = ("running",) * 1000
    shown(workspace, "train --backend openai")
    shown(workspace, "jobs --approve")
    wait_until(lambda: "running" in shown(workspace, "jobs").plain)

    said = shown(workspace, "jobs last --abandon").plain

    assert f"is cancelled. Abandoned: {openai_tuning.base_url} may go on with it" in said


def test_the_buttons_ask_for_consent_begin_and_show_how_it_goes(
    workspace: Workspace, openai_tuning: OpenAITuningServer
) -> None:
    card = shown(workspace, "train --backend openai")
    assert card.live is not None
    buttons, picture = card.live().children  # type: ignore[attr-defined]
    approve, later = buttons.children

    later.click()
    wait_until(lambda: "Nothing has begun" in picture.value)
    approve.click()
    wait_until(lambda: approve.description == "I agree: approve")
    assert "uploaded to http://127.0.0.1" in picture.value
    assert openai_tuning.requests == []

    approve.click()

    wait_until(lambda: "succeeded" in picture.value)
    assert "<svg" in picture.value and "4 of 4" in picture.value
    assert approve.disabled and later.disabled
    assert len(openai_tuning.posted()) == 1


def test_enough_good_conversations_offer_training_once(workspace: Workspace, home: Path) -> None:
    ask = "%%kagura -m practice\nWhat is the capital of France?"
    begin = f"import os; os.environ |= {{'KAGURA_HOME': {str(home)!r}, 'KAGURA_THRESHOLD': '12'}}"
    with start_kernel(home.parent) as kernel:
        kernel.run(f"{begin}\n%load_ext kagura_nb")
        first, second = (str(kernel.run(ask)) for _ in range(2))

    assert "12 good conversations: enough to train a model of your own." in first
    assert "planned" in first and "jupyter.widget-view" in first
    assert "enough to train" not in second


def test_a_job_goes_on_when_the_next_kernel_loads_the_extension(
    workspace: Workspace,
    store: ConversationCollector,
    tmp_path: Path,
    home: Path,
    openai_tuning: OpenAITuningServer,
) -> None:
    consent.give(store.database, "openai", store.settings)
    shown(workspace, "train --backend openai")
    job = workspace.assistant.jobs.approve(workspace.assistant.jobs.get())

    with start_kernel(home.parent) as kernel:
        kernel.run(f"import os; os.environ['KAGURA_HOME'] = {str(home)!r}\n%load_ext kagura_nb")
        wait_until(lambda: workspace.assistant.jobs.get(job.id).ended)

    assert workspace.assistant.jobs.get(job.id).state == "succeeded"


def test_the_next_kernel_deletes_what_could_not_be_deleted(
    workspace: Workspace,
    store: ConversationCollector,
    home: Path,
    openai_tuning: OpenAITuningServer,
) -> None:
    consent.give(store.database, "openai", store.settings)
    openai_tuning.moment = lambda asked: asked.method == "DELETE"
    openai_tuning.fail(*[Fault(status=500)] * 3)
    shown(workspace, "train --backend openai")
    jobs = workspace.assistant.jobs
    assert [one.state for one in jobs.watch(jobs.approve(jobs.get()))][-1] == "succeeded"
    assert openai_tuning.kept

    with start_kernel(home.parent) as kernel:
        kernel.run(f"import os; os.environ['KAGURA_HOME'] = {str(home)!r}\n%load_ext kagura_nb")
        wait_until(lambda: not openai_tuning.kept)


def test_waiting_in_a_cell_leaves_one_picture_that_stays(
    workspace: Workspace, store: ConversationCollector, home: Path
) -> None:
    consent.give(store.database, "openai", store.settings)
    with start_kernel(home.parent) as kernel:
        kernel.run(f"import os; os.environ['KAGURA_HOME'] = {str(home)!r}\n%load_ext kagura_nb")
        seen = kernel.run("%kagura train --backend openai --approve --wait")

    pictures = [one["content"]["data"] for one in seen if one["msg_type"].endswith("display_data")]
    *_, picture, outcome = pictures
    assert "<svg" in picture["text/html"]
    assert "answers 100 % of the sessions" in outcome["text/plain"]


# --- the picture -------------------------------------------------------------------------------


def events(count: int, steps: int = 100, **given: float) -> list[JobEvent]:
    return [
        JobEvent(START + timedelta(seconds=n), "running", step=n, steps=steps, loss=3 / n, tokens=n)
        for n in range(1, count + 1)
    ]


def running(**changes: object) -> Job:
    return replace(a_job(), state="running", **changes)  # type: ignore[arg-type]


def test_the_picture_tells_time_left_loss_tokens_and_cost_so_far() -> None:
    view = progress(running(estimate=Decimal("2.00")), events(25))

    assert re.search(r"steps +25 of 100", view.plain)
    assert "about 1 min 12 s left" in view.plain
    assert re.search(r"loss +0\.120", view.plain)
    assert "about $0.50 of $2.00 so far" in view.plain
    assert 'aria-label="Loss from 3.000 at step 1 to 0.120 at step 25"' in view.html


def test_the_picture_of_a_long_job_stays_small() -> None:
    assert len(progress(running(), events(20_000, 20_000)).html) < 20_000


def test_the_picture_shows_what_the_vendor_says_as_text() -> None:
    told = JobEvent(START, "running", "<script>alert(1)</script>")

    assert "<script" not in progress(running(), [told]).html
