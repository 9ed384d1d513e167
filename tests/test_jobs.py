"""A job from its plan to the deployed model: paid for once, whatever fails, and never lost."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from servers.loopback import Asked, Fault
from servers.openai_tuning import OpenAITuningServer

from kagura_nb import ConversationCollector, costs, deploy
from kagura_nb.datasets import Datasets, Spec
from kagura_nb.errors import ConsentMissing, KaguraError, SettingsError, TuningError
from kagura_nb.privacy import consent
from kagura_nb.records import Job
from kagura_nb.tuning import Jobs, jobs, machine, open_jobs
from kagura_nb.tuning.base import usual_epochs

WATCH = """
from kagura_nb import ConversationCollector
from kagura_nb.tuning import open_jobs
jobs = open_jobs(ConversationCollector())
for event in jobs.watch(jobs.get()):
    print(event.message, flush=True)
"""
APPROVE = """
import sys
from kagura_nb import ConversationCollector
from kagura_nb.errors import TuningError
from kagura_nb.tuning import open_jobs
jobs = open_jobs(ConversationCollector())
job = jobs.get(sys.argv[1])
input()
try:
    job = jobs.approve(job)
except TuningError as error:
    print("refused:", error)
else:
    print("approved")
    for event in jobs.watch(job):
        pass
"""


def is_upload(asked: Asked) -> bool:
    return asked.method == "POST" and asked.path == "/v1/files"


def is_start(asked: Asked) -> bool:
    return asked.method == "POST" and asked.path == "/v1/fine_tuning/jobs"


def is_poll(asked: Asked) -> bool:
    return asked.method == "GET" and "/jobs/ftjob" in asked.path


def is_clean_up(asked: Asked) -> bool:
    return asked.method == "DELETE"


MOMENTS = {"uploading": is_upload, "submitting": is_start, "running": is_poll, "end": is_clean_up}


class Vendor(OpenAITuningServer):
    """Fails, or kills who asks, at one kind of request."""

    def __init__(self) -> None:
        super().__init__()
        self.moment: Callable[[Asked], bool] = lambda asked: True
        self.victim: subprocess.Popen[str] | None = None
        self.served_first = False

    def next_fault(self) -> Fault:
        """Only at the moment that is meant."""
        return super().next_fault() if self.moment(self.requests[-1]) else Fault()

    def serve(self, handler: Any, asked: Asked, fault: Fault) -> None:
        """Serve, and let nobody live to see it."""
        if self.victim is None or not self.moment(asked):
            super().serve(handler, asked, fault)
            return
        if self.served_first:
            super().serve(_Mute(), asked, fault)
        os.kill(self.victim.pid, signal.SIGKILL)
        self.victim = None


class _Mute:
    """A connection on which nothing is answered."""

    def send(self, *_: Any) -> None: ...
    def refuse(self, *_: Any) -> None: ...


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    """Where jobs go."""
    with Vendor() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")
        yield server


@pytest.fixture
def agreed(store: ConversationCollector, vendor: Vendor) -> Jobs:
    """The jobs of a user with 20 good conversations who agreed to train at the server."""
    for n in range(20):
        one = store.collect(f"What is {n} times {n + 1}?", f"It is {n * (n + 1)}.", "practice")
        store.add_feedback(one, 5)
    consent.give(store.database, "openai", store.settings)
    return open_jobs(store)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No need to wait for a vendor that answers at once."""
    monkeypatch.setattr(jobs, "LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(jobs, "FIRST_PAUSE", 0.01)


def planned(open: Jobs, store: ConversationCollector, **given: Any) -> Job:
    return open.plan(Datasets(store).build(), "openai", **given)[0]


def run(open: Jobs, job: Job) -> Job:
    for _ in open.watch(job):
        pass
    return open.get(job.id)


def told(open: Jobs, job: Job) -> str:
    return "\n".join(event.message for _, event in open.events(job))


def test_an_approved_job_ends_in_the_model_that_answers_next(
    agreed: Jobs, store: ConversationCollector, vendor: Vendor
) -> None:
    job = planned(agreed, store)

    ended = run(agreed, agreed.approve(job))

    assert ended.state == "succeeded"
    assert ended.model and ended.model.startswith("openai:ft:gpt-4.1-mini-2025-04-14")
    assert deploy.choose(store.database, "a session").model == ended.model
    states = [event.state for _, event in agreed.events(ended)]
    assert list(dict.fromkeys(states)) == [
        "approved", "uploading", "submitting", "queued", "running", "succeeded"
    ]  # fmt: skip
    losses = [event.loss for _, event in agreed.events(ended) if event.loss is not None]
    assert losses == sorted(losses, reverse=True) and len(losses) >= 4
    assert (len(vendor.posted()), vendor.kept) == (1, {})


def test_a_planned_job_leaves_nothing_to_pay_and_nothing_at_the_vendor(
    agreed: Jobs, store: ConversationCollector, vendor: Vendor
) -> None:
    job, estimate = agreed.plan(Datasets(store).build(), "openai", epochs=2)

    assert list(agreed.watch(job)) == []
    assert vendor.requests == []
    dataset = Datasets(store).get(job.dataset)
    assert (estimate.rows, estimate.epochs) == (dataset.train_rows, 2)
    assert estimate.tokens == 2 * dataset.train_tokens


@pytest.mark.parametrize(
    ("rows", "epochs"), [(10, 10), (1, 25), (33, 3), (34, 3), (100, 3), (20_000, 1), (8_400, 2)]
)
def test_the_usual_epochs_are_those_of_openai(rows: int, epochs: int) -> None:
    assert usual_epochs(rows) == epochs


def test_without_consent_nothing_is_sent(
    agreed: Jobs, store: ConversationCollector, vendor: Vendor
) -> None:
    job = planned(agreed, store)
    consent.withdraw(store.database, "openai")

    with pytest.raises(ConsentMissing):
        agreed.approve(job)

    assert vendor.requests == []


def test_consent_that_is_withdrawn_before_the_upload_ends_the_job(
    agreed: Jobs, store: ConversationCollector, vendor: Vendor
) -> None:
    job = agreed.approve(planned(agreed, store))
    consent.withdraw(store.database, "openai")

    assert run(agreed, job).state == "failed"
    assert vendor.requests == []
    assert "not agreed" in told(agreed, job)


def test_what_was_trained_is_spent_once_and_counts_for_the_budget(
    agreed: Jobs, store: ConversationCollector, home: Any
) -> None:
    prices = (
        '[[price]]\nmodels=["openai:ft:gpt-4.1-mini-2025-04-14"]\ninput=1\noutput=1\ntraining=5'
    )
    home.mkdir(exist_ok=True)
    (home / "prices.toml").write_text(prices)

    ended = run(agreed, agreed.approve(planned(agreed, store)))

    assert ended.estimate is not None
    assert ended.cost == Decimal(5 * 1234) / 1_000_000
    assert costs.spent(store.database) == ended.cost
    assert run(agreed, ended).cost == costs.spent(store.database)


def test_the_budget_stops_what_would_go_beyond_it(
    agreed: Jobs, store: ConversationCollector, home: Any
) -> None:
    prices = (
        '[[price]]\nmodels=["openai:ft:gpt-4.1-mini-2025-04-14"]\ninput=1\noutput=1\ntraining=5000'
    )
    home.mkdir(exist_ok=True)
    (home / "prices.toml").write_text(prices)
    limited = ConversationCollector(settings=store.settings.with_(monthly_budget="1"))
    open = open_jobs(limited)
    job, estimate = open.plan(Datasets(limited).build(), "openai")

    assert not estimate.within_budget
    with pytest.raises(TuningError, match=r"estimated at .* monthly_budget"):
        open.approve(job)
    limited.database.close()


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"backend": "nobody"}, "There is no backend 'nobody'. Use one of local, openai, gemini"),
        ({"share": 1.5}, "1.5 is no share"),
        ({"epochs": 99}, "99 epochs cannot be used"),
        ({"learning_rat": 1}, "learning_rat"),
    ],
)
def test_what_cannot_be_planned_says_why(
    agreed: Jobs, store: ConversationCollector, given: dict[str, Any], error: str
) -> None:
    with pytest.raises((SettingsError, TuningError)) as caught:
        agreed.plan(Datasets(store).build(), **{"backend": "openai", **given})

    assert error in str(caught.value)


def test_a_method_the_backend_does_not_know_is_refused(
    agreed: Jobs, store: ConversationCollector
) -> None:
    store.add_feedback(store.collect("Sing!", "No.", "practice"), 1)
    dataset = Datasets(store).build(Spec(method="kto"))

    with pytest.raises(TuningError, match="openai does not train by kto"):
        agreed.plan(dataset, "openai")


# --- two at once -------------------------------------------------------------------------------


def test_two_kernels_that_approve_at_once_pay_once(
    agreed: Jobs, store: ConversationCollector, vendor: Vendor
) -> None:
    job = planned(agreed, store)
    kernels = [_start(APPROVE, job.id) for _ in range(2)]

    said = sorted(kernel.communicate("\n", timeout=60)[0].strip() for kernel in kernels)

    assert said[0] == "approved"
    assert said[1].startswith("refused: The job is")
    assert len(vendor.posted()) == 1
    assert agreed.get(job.id).state == "succeeded"


@pytest.mark.parametrize("state", ["succeeded", "failed", "cancelled"])
def test_a_job_that_has_ended_is_never_approved_again(
    agreed: Jobs, store: ConversationCollector, vendor: Vendor, state: str
) -> None:
    vendor.course = ("running", state)
    ended = run(agreed, agreed.approve(planned(agreed, store)))

    with pytest.raises(TuningError, match=f"The job is {state} already"):
        agreed.approve(ended)

    assert len(vendor.posted()) == 1


def test_a_backend_has_one_job_under_way(agreed: Jobs, store: ConversationCollector) -> None:
    first, second = planned(agreed, store), planned(agreed, store)
    agreed.approve(first)

    with pytest.raises(TuningError, match="Another job is under way at openai"):
        agreed.approve(second)

    agreed.cancel(first)
    assert agreed.approve(second).state == "approved"


def test_many_watchers_advance_a_job_once(
    agreed: Jobs, store: ConversationCollector, vendor: Vendor
) -> None:
    job = agreed.approve(planned(agreed, store))

    with ThreadPoolExecutor(4) as threads:
        seen = list(threads.map(lambda _: [e.message for e in agreed.watch(job)], range(4)))

    assert all(one == seen[0] for one in seen)
    assert len(vendor.posted()) == 1


# --- faults ------------------------------------------------------------------------------------


@pytest.mark.parametrize("served_first", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_job_survives_the_death_of_its_kernel_and_is_paid_once(
    agreed: Jobs,
    store: ConversationCollector,
    vendor: Vendor,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
    served_first: bool,
) -> None:
    job = agreed.approve(planned(agreed, store))
    vendor.moment, vendor.served_first = MOMENTS[moment], served_first
    vendor.victim = kernel = _start(WATCH)
    kernel.communicate(timeout=60)
    assert kernel.returncode == -signal.SIGKILL

    lost = moment == "submitting" and not served_first
    monkeypatch.setattr(machine, "LOST_AFTER", 0.0 if lost else 60.0)
    ended = run(agreed, agreed.get(job.id))

    assert ended.state == ("failed" if lost else "succeeded")
    assert len(vendor.jobs) == (0 if lost else 1)
    if lost:
        assert "never reached the vendor, and nothing was paid" in str(ended.problem)


@pytest.mark.parametrize("moment", ["uploading", "running", "end"])
@pytest.mark.parametrize("status", [429, 500])
def test_a_vendor_that_fails_for_a_while_delays_a_job(
    agreed: Jobs,
    store: ConversationCollector,
    vendor: Vendor,
    moment: str,
    status: int,
) -> None:
    job = agreed.approve(planned(agreed, store))
    vendor.moment = MOMENTS[moment]
    vendor.fail(*[Fault(status=status)] * 4)

    assert run(agreed, job).state == "succeeded"
    assert len(vendor.jobs) == 1


@pytest.mark.parametrize(
    ("fault", "jobs_there", "state"),
    [
        (Fault(status=429), 1, "succeeded"),
        (Fault(status=500, lost=True), 1, "succeeded"),
        (Fault(lost=True), 1, "succeeded"),
        (Fault(status=500), 0, "failed"),
        (Fault(status=403, code="training_not_available"), 0, "failed"),
        (Fault(status=400, message="no such model"), 0, "failed"),
    ],
)
def test_a_failure_of_the_request_that_costs_money_never_makes_two(
    agreed: Jobs,
    store: ConversationCollector,
    vendor: Vendor,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    jobs_there: int,
    state: str,
) -> None:
    monkeypatch.setattr(machine, "LOST_AFTER", 0.0 if jobs_there == 0 else 60.0)
    job = agreed.approve(planned(agreed, store))
    vendor.moment = is_start
    vendor.fail(fault)

    ended = run(agreed, job)

    assert (len(vendor.jobs), ended.state) == (jobs_there, state)
    assert ended.problem is None or ended.problem.endswith(".")
    if fault.code:
        assert "--backend local" in str(ended.problem)


@pytest.mark.parametrize(
    ("course", "ending", "state"),
    [
        (("running", "succeeded"), {"error": {}}, "succeeded"),
        (("being_wonderful", "running", "succeeded"), {}, "succeeded"),
        (("running", "failed"), {"error": {"code": "x", "message": "the rows are odd"}}, "failed"),
        (("running", "cancelled"), {}, "cancelled"),
    ],
)
def test_a_job_ends_as_the_vendor_says(
    agreed: Jobs,
    store: ConversationCollector,
    vendor: Vendor,
    course: tuple[str, ...],
    ending: dict[str, Any],
    state: str,
) -> None:
    vendor.course, vendor.ending = course, ending

    ended = run(agreed, agreed.approve(planned(agreed, store)))

    assert ended.state == state
    assert (ended.model is not None) == (state == "succeeded")
    if state == "failed":
        assert "the rows are odd" in str(ended.problem)


@pytest.mark.parametrize("steps", range(5))
def test_a_job_can_be_cancelled_at_any_time(
    agreed: Jobs, store: ConversationCollector, vendor: Vendor, steps: int
) -> None:
    job = planned(agreed, store)
    if steps:
        job = agreed.approve(job)
    for _ in range(steps - 1):
        job = agreed.advance(job)

    agreed.cancel(job)

    assert run(agreed, job).state == "cancelled"
    assert {one["status"] for one in vendor.jobs.values()} <= {"cancelled"}
    assert vendor.kept == {}


def test_a_cancelled_job_leaves_no_file_that_it_never_heard_of(
    agreed: Jobs, store: ConversationCollector, vendor: Vendor
) -> None:
    vendor.moment = is_upload
    vendor.fail(*[Fault(lost=True)] * 3)
    job = agreed.advance(agreed.approve(planned(agreed, store)))
    assert vendor.kept and not job.files

    agreed.cancel(job)

    assert vendor.kept == {}


def test_a_forgotten_conversation_takes_its_dataset_and_the_job_along(
    agreed: Jobs, store: ConversationCollector
) -> None:
    job = agreed.approve(planned(agreed, store))
    Datasets(store).discard([store.recent(1)[0].id])

    ended = run(agreed, job)

    assert ended.state == "failed"
    assert "one goes when a conversation in it does" in str(ended.problem)


def test_unknown_jobs_are_told(agreed: Jobs) -> None:
    with pytest.raises(KaguraError, match="There is no job 'ZZZZ'"):
        agreed.get("ZZZZ")


def _start(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ},
    )
