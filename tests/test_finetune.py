"""`OpenAIFinetune`, `GeminiFinetune` and `LocalFinetune`: from ratings to a model, in Python."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from servers.openai_tuning import OpenAITuningServer
from servers.vertex import VertexServer

from kagura_nb import (
    Assistant,
    ConversationCollector,
    GeminiFinetune,
    LocalFinetune,
    OpenAIFinetune,
    PrivacyFilter,
    Selection,
    Settings,
    deploy,
)
from kagura_nb.errors import ConsentMissing, DatasetError, KaguraError, TuningError
from kagura_nb.privacy import consent
from kagura_nb.tuning import jobs, open_jobs

Rate = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No need to wait for a vendor that answers at once."""
    monkeypatch.setattr(jobs, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(jobs, "LONGEST_PAUSE", 0.01)


@pytest.fixture
def agreed(
    store: ConversationCollector, rate: Rate, openai_tuning: OpenAITuningServer
) -> OpenAIFinetune:
    """A user with 20 good conversations who agreed to train at the server."""
    rate(20)
    consent.give(store.database, "openai", store.settings)
    return OpenAIFinetune()


def test_the_best_replies_become_the_model_that_answers(
    agreed: OpenAIFinetune, openai_tuning: OpenAITuningServer, capfd: pytest.CaptureFixture[str]
) -> None:
    data = agreed.prepare_training_data()
    estimate = agreed.estimate_cost(data, epochs=2)
    job = agreed.start_finetuning(data, epochs=2)
    ended = agreed.wait_for_completion(job)

    assert (estimate.rows, estimate.epochs) == (data.train_rows, 2)
    assert estimate.tokens == 2 * data.train_tokens
    assert job.state == "queued"
    assert (ended.id, ended.state) == (job.id, "succeeded")
    (asked,) = openai_tuning.posted()
    assert asked["method"]["supervised"]["hyperparameters"]["n_epochs"] == 2
    assert Assistant().ask("Hello").model == ended.model
    assert "4/4" in capfd.readouterr().err


def test_without_a_dataset_the_good_conversations_of_now_are_taken(
    agreed: OpenAIFinetune,
) -> None:
    estimate = agreed.estimate_cost()
    job = agreed.start_finetuning()

    assert job.dataset == agreed.prepare_training_data().version
    assert estimate.rows == agreed.prepare_training_data().train_rows


def test_an_estimate_leaves_nothing_behind(
    agreed: OpenAIFinetune, openai_tuning: OpenAITuningServer
) -> None:
    agreed.estimate_cost()

    assert open_jobs(agreed.store).latest() == []
    assert openai_tuning.requests == []


@pytest.mark.parametrize("method", ["sft", "dpo", "kto"])
def test_data_is_prepared_for_every_method(
    store: ConversationCollector, rate: Rate, method: str
) -> None:
    for one in rate(12):
        store.correct(one, f"Better than {one}.")

    data = OpenAIFinetune().prepare_training_data(method=method)  # type: ignore[arg-type]

    assert data.method == method
    rows = 24 if method == "kto" else 12
    assert data.train_rows + data.validation_rows == rows


def test_a_selection_and_a_policy_choose_what_is_prepared(
    store: ConversationCollector, rate: Rate
) -> None:
    store.tag(rate(3)[0], "work")

    data = LocalFinetune().prepare_training_data(Selection(tag="work"), policy="drop")

    assert (data.train_rows, data.policy) == (1, "drop")
    assert data.selection == "4 stars and more, tag work"


@pytest.mark.parametrize("policy", ["label", "surrogate", "drop"])
def test_the_policy_is_that_of_the_settings(rate: Rate, policy: str) -> None:
    rate(2)
    settings = Settings.load(training_policy=policy)

    assert LocalFinetune(settings=settings).prepare_training_data().policy == policy


def test_what_a_filter_of_ones_own_finds_never_leaves(
    agreed: OpenAIFinetune, store: ConversationCollector, openai_tuning: OpenAITuningServer
) -> None:
    secret = store.collect("Who is S-20817?", "S-20817 writes to ann@example.com.", "practice")
    store.add_feedback(secret, 5)
    staff = PrivacyFilter(detect_pii=False, custom_patterns={"STAFF": r"S-[0-9]{5}"})
    sent: list[bytes] = []
    served = openai_tuning.serve
    openai_tuning.serve = lambda handler, asked, fault: (  # type: ignore[method-assign]
        sent.append(asked.body) if asked.path == "/v1/files" and asked.method == "POST" else None,
        served(handler, asked, fault),
    )[1]

    OpenAIFinetune(privacy_filter=staff).start_finetuning()

    uploaded = b"".join(sent)
    assert b"S-20817" not in uploaded and b"ann@example.com" not in uploaded
    assert b"[REDACTED_STAFF]" in uploaded and b"[REDACTED_EMAIL]" in uploaded


def test_another_kernel_finds_the_job_again(
    agreed: OpenAIFinetune, openai_tuning: OpenAITuningServer
) -> None:
    openai_tuning.course = ("running", "running", "running", "succeeded")
    begun = agreed.start_finetuning()

    seen = OpenAIFinetune().check_status()
    ended = OpenAIFinetune().wait_for_completion(progress=False)

    assert (seen.id, seen.state) == (begun.id, "running")
    assert (ended.id, ended.state) == (begun.id, "succeeded")


def test_the_bar_can_be_switched_off(
    agreed: OpenAIFinetune, capfd: pytest.CaptureFixture[str]
) -> None:
    agreed.start_finetuning()
    agreed.wait_for_completion(progress=False)

    assert capfd.readouterr().err == ""


def test_an_interrupt_ends_the_waiting_and_not_the_job(
    agreed: OpenAIFinetune,
    openai_tuning: OpenAITuningServer,
    interrupt_after: Callable[[float], None],
) -> None:
    openai_tuning.course = ("running",) * 10_000
    job = agreed.start_finetuning()

    interrupt_after(0.5)
    with pytest.raises(KeyboardInterrupt):
        agreed.wait_for_completion(job)

    assert agreed.check_status().state == "running"


def test_a_job_that_fails_says_why(
    agreed: OpenAIFinetune, openai_tuning: OpenAITuningServer
) -> None:
    openai_tuning.course = ("running", "failed")
    openai_tuning.ending = {"error": {"code": "x", "message": "the rows are odd"}}
    agreed.start_finetuning()

    ended = agreed.wait_for_completion(progress=False)

    assert (ended.state, ended.model) == ("failed", None)
    assert "the rows are odd" in str(ended.problem)


def test_calling_it_is_the_approval_and_consent_still_holds(
    agreed: OpenAIFinetune, store: ConversationCollector, openai_tuning: OpenAITuningServer
) -> None:
    consent.withdraw(store.database, "openai")

    with pytest.raises(ConsentMissing, match="config consent openai"):
        agreed.start_finetuning()

    assert openai_tuning.requests == []


def test_calling_it_is_the_approval_and_the_budget_still_holds(
    agreed: OpenAIFinetune, openai_tuning: OpenAITuningServer, price: Callable[[int], None]
) -> None:
    price(5000)
    poor = OpenAIFinetune(settings=Settings.load(monthly_budget="1"))

    assert poor.estimate_cost().left == Decimal(1)
    with pytest.raises(TuningError, match="of this month's budget are left"):
        poor.start_finetuning()

    assert openai_tuning.requests == []


@pytest.mark.parametrize("trained_by", [OpenAIFinetune, GeminiFinetune, LocalFinetune])
def test_without_a_job_there_is_nothing_to_ask(trained_by: type[OpenAIFinetune]) -> None:
    with pytest.raises(TuningError, match=r"No training was begun at .* `start_finetuning\(\)`"):
        trained_by().check_status()


def test_without_good_conversations_there_is_nothing_to_prepare(home: Path) -> None:
    with pytest.raises(DatasetError, match="Rate replies with 4 or 5 stars"):
        LocalFinetune().prepare_training_data()


@pytest.mark.parametrize("trained_by", [OpenAIFinetune, GeminiFinetune])
def test_what_a_vendor_needs_is_said_before_anything_is_sent(
    rate: Rate, no_google: None, trained_by: type[OpenAIFinetune]
) -> None:
    rate(20)

    with pytest.raises(KaguraError, match=r"config (key openai|vertex_bucket)"):
        trained_by().estimate_cost()


def test_gemini_is_tuned_in_the_projects_bucket(
    store: ConversationCollector, rate: Rate, vertex_server: VertexServer, bucket: str
) -> None:
    rate(20)
    settings = Settings.load(vertex_project="kagura-tests", vertex_bucket=bucket)
    tuning = GeminiFinetune(base_model="gemini-3.5-flash", settings=settings)
    consent.give(store.database, "gemini", settings)

    tuning.start_finetuning()
    ended = tuning.wait_for_completion(progress=False)

    assert (ended.state, ended.base_model) == ("succeeded", "gemini-3.5-flash")
    assert ended.model and ended.model.startswith("gemini:projects/")


def test_this_machine_trains_for_nothing(rate: Rate) -> None:
    rate(12)
    tuning = LocalFinetune()

    estimate = tuning.estimate_cost(epochs=1)
    tuning.start_finetuning(epochs=1)
    ended = tuning.wait_for_completion(progress=False)

    assert estimate.cost == 0
    assert ended.state == "succeeded", ended.problem
    assert ended.model and ended.model.startswith("local:practice+")
    assert deploy.choose(tuning.store.database, "a session").model == ended.model
