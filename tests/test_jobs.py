"""A job from its plan to the deployed model: paid for once, whatever fails, and never lost."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from decimal import Decimal
from sqlite3 import connect
from typing import Any

import pytest
from servers.loopback import Asked, Fault
from servers.openai_tuning import OpenAITuningServer
from servers.postgres import PostgresServer
from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from training import AT_THE_START, FOR_A_WHILE, a_job, run, watch
from ulid import ULID

from kagura_nb import ConversationCollector, costs, deploy
from kagura_nb.datasets import Datasets, Spec
from kagura_nb.errors import (
    ConsentMissing,
    KaguraError,
    KeyRejected,
    ProviderError,
    ServerUnreachable,
    SettingsError,
    TuningError,
)
from kagura_nb.notebook.progress import progress
from kagura_nb.privacy import consent
from kagura_nb.records import Job, Usage, short
from kagura_nb.store import jobs as store_jobs
from kagura_nb.store import ledger, sqlite, steps
from kagura_nb.trainer import Trainer
from kagura_nb.tuning import Jobs, jobs, machine, open_jobs
from kagura_nb.tuning.base import usual_epochs
from kagura_nb.tuning.openai import OpenAIBackend

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


def is_find(asked: Asked) -> bool:
    return asked.method == "GET" and asked.path.startswith("/v1/fine_tuning/jobs?")


def is_cancel(asked: Asked) -> bool:
    return asked.path.endswith("/cancel")


def is_poll(asked: Asked) -> bool:
    return asked.method == "GET" and "/jobs/ftjob" in asked.path


def is_clean_up(asked: Asked) -> bool:
    return asked.method == "DELETE"


MOMENTS = {"uploading": is_upload, "submitting": is_start, "running": is_poll, "end": is_clean_up}


class Vendor(OpenAITuningServer):
    """Kills who asks, or does something else meanwhile, at one kind of request."""

    def __init__(self) -> None:
        super().__init__()
        self.victim: subprocess.Popen[str] | None = None
        self.served_first = False
        self.meanwhile: list[Callable[[], object]] = []
        """What is done, once each."""

    def serve(self, handler: Any, asked: Asked, fault: Fault) -> None:
        """Serve, and let nobody live to see it."""
        if self.meanwhile and self.moment(asked):
            self.meanwhile.pop()()
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
    return agree(store)


def agree(store: ConversationCollector) -> Jobs:
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


def settled(open: Jobs, vendor: Vendor) -> bool:
    """Whether after one more look nothing is left to do, and no file at the vendor."""
    open.look()
    return (open.unfinished(), vendor.kept) == ([], {})


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


def test_what_other_trainings_under_way_will_cost_is_not_left_of_the_budget(
    agreed: Jobs, store: ConversationCollector, price: Callable[[int], None]
) -> None:
    price(5000)
    cost = planned(agreed, store).estimate
    assert cost
    other = a_job(backend="gemini", state="running", estimate=cost)
    with store.database.write() as connection:
        store_jobs.add(connection, other)
    limited = ConversationCollector(settings=store.settings.with_(monthly_budget=str(cost * 3 / 2)))
    open = open_jobs(limited)
    job, estimate = open.plan(Datasets(limited).build(), "openai")

    assert (estimate.left, estimate.within_budget) == (cost / 2, False)
    with pytest.raises(TuningError, match=f"{cost / 2:.2f} of this month's budget are left"):
        open.approve(job)
    with store.database.write() as connection:
        store_jobs.move(connection, other, "cancelled")
    assert open.approve(job).state == "approved"
    limited.database.close()


def test_what_costs_nothing_begins_however_much_is_spent(
    agreed: Jobs, store: ConversationCollector, price: Callable[[int], None]
) -> None:
    price(0)
    limited = ConversationCollector(settings=store.settings.with_(monthly_budget="1"))
    with store.database.write() as connection:
        ledger.add(connection, "chat", "openai:dear", usage=Usage(1, 1), cost=Decimal(2))
    open = open_jobs(limited)
    job, estimate = open.plan(Datasets(limited).build(), "openai")

    assert (estimate.left, estimate.within_budget) == (-1, True)
    assert open.approve(job).state == "approved"
    limited.database.close()


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"backend": "nobody"}, "There is no backend 'nobody'. Use one of local, openai, gemini"),
        ({"share": 1.5}, "1.5 is no share"),
        ({"epochs": 99}, "99 epochs cannot be used"),
        ({"epochs": -3}, "-3 is no number of epochs"),
        ({"epochs": 0}, "0 is no number of epochs"),
        ({"epochs": 1.5}, "1.5 is no number of epochs"),
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

    with pytest.raises(TuningError) as caught:
        agreed.approve(second)

    assert str(caught.value) == (
        "Another job is under way at openai. "
        f"Wait for its end, or `%kagura jobs {short(first.id)} --cancel`."
    )

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
    assert settled(agreed, vendor)
    if lost:
        assert "may still appear" in str(ended.problem)


@pytest.mark.parametrize("moment", ["uploading", "running", "end"])
@pytest.mark.parametrize("fault", FOR_A_WHILE)
def test_a_vendor_that_fails_for_a_while_delays_a_job(
    agreed: Jobs,
    store: ConversationCollector,
    vendor: Vendor,
    moment: str,
    fault: Fault,
) -> None:
    job = agreed.approve(planned(agreed, store))
    vendor.moment = MOMENTS[moment]
    vendor.fail(*[fault] * 4)

    assert run(agreed, job).state == "succeeded"
    assert len(vendor.jobs) == 1
    assert settled(agreed, vendor)


@pytest.mark.parametrize("fault", FOR_A_WHILE)
def test_a_job_is_found_once_the_vendor_lists_its_jobs_again(
    agreed: Jobs, store: ConversationCollector, vendor: Vendor, fault: Fault
) -> None:
    job = agreed.approve(planned(agreed, store))
    vendor.moment = lambda asked: is_start(asked) or is_find(asked)
    vendor.fail(Fault(lost=True), *[fault] * 4)

    assert run(agreed, job).state == "succeeded"
    assert len(vendor.posted()) == len(vendor.jobs) == 1
    assert "The job is found at the vendor." in told(agreed, job)
    assert settled(agreed, vendor)


@pytest.mark.parametrize("fault", FOR_A_WHILE)
def test_an_end_that_cannot_be_asked_for_is_told_and_asked_for_again(
    agreed: Jobs, store: ConversationCollector, vendor: Vendor, fault: Fault
) -> None:
    job = agreed.advance(agreed.approve(planned(agreed, store)))
    vendor.moment = is_cancel
    vendor.fail(*[fault] * 3)

    with pytest.raises(ProviderError, match=r"\. Try again in a while\."):
        agreed.cancel(job)
    agreed.cancel(job)

    assert run(agreed, job).state == "cancelled"
    assert len(vendor.posted()) == 1
    assert settled(agreed, vendor)


@pytest.mark.parametrize("looking", [is_find, is_poll])
@pytest.mark.parametrize("status", [400, 402, 403, 405, 407, 410, 421, 451])
def test_no_refusal_of_a_look_ends_a_job_that_may_be_paid_for(
    agreed: Jobs,
    store: ConversationCollector,
    vendor: Vendor,
    looking: Callable[[Asked], bool],
    status: int,
) -> None:
    job = agreed.approve(planned(agreed, store))
    vendor.moment = lambda asked: is_start(asked) or looking(asked)
    vendor.fail(Fault(lost=True), *[Fault(status=status)] * 2)

    assert run(agreed, job).state == "succeeded"
    assert len(vendor.posted()) == len(vendor.jobs) == 1
    assert settled(agreed, vendor)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_store_that_is_locked_for_a_while_delays_a_job(
    agreed: Jobs,
    store: ConversationCollector,
    vendor: Vendor,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    job = agreed.approve(planned(agreed, store))
    monkeypatch.setattr(sqlite, "LOCK_TIMEOUT", 0.05)
    store.database.close()
    other = connect(make_url(store.settings.store_url).database, check_same_thread=False)
    unlock = threading.Timer(0.5, other.rollback)

    def lock() -> None:
        other.execute("BEGIN IMMEDIATE")
        unlock.start()

    vendor.moment, vendor.meanwhile = MOMENTS[moment], [lock]

    assert run(agreed, job).state == "succeeded"
    unlock.join()
    assert len(vendor.posted()) == len(vendor.jobs) == 1
    assert settled(agreed, vendor)


def test_a_database_that_is_restarted_delays_a_job(
    postgres: PostgresServer, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAGURA_STORE", postgres.url())
    monkeypatch.setenv("KAGURA_USER", f"user-{ULID()}")
    store = ConversationCollector()
    open = agree(store)
    job = open.approve(planned(open, store))

    def restart() -> None:
        postgres.stop()
        threading.Timer(1, postgres.start).start()

    vendor.moment, vendor.meanwhile = is_start, [restart]
    told = [event.message for event in open.watch(job)]

    assert any("Start the server" in one and "It is tried again." in one for one in told)
    assert open.get(job.id).state == "succeeded"
    assert len(vendor.posted()) == len(vendor.jobs) == 1
    store.database.close()


def test_rows_that_cannot_be_deleted_are_told_until_they_are(
    agreed: Jobs, store: ConversationCollector, vendor: Vendor
) -> None:
    vendor.moment = is_clean_up
    vendor.fail(*[Fault(status=500, message="not now")] * 3)

    ended = run(agreed, agreed.approve(planned(agreed, store)))

    assert ended.state == "succeeded" and vendor.kept
    assert "uploaded rows" in progress(ended, []).plain
    assert "not deleted yet; it is tried again. OpenAI at" in ended.remains
    assert "not now" in ended.remains
    assert settled(agreed, vendor)
    assert "uploaded rows" not in progress(agreed.get(ended.id), []).plain


def test_what_an_earlier_version_uploaded_is_deleted_too(
    store: ConversationCollector,
    vendor: Vendor,
    before: Callable[..., AbstractContextManager[Connection]],
) -> None:
    with before(steps.remains) as connection:
        connection.exec_driver_sql(
            "INSERT INTO jobs (id, dataset, backend, base_model, method, epochs, state,"
            " created_at, options, files, share, seen) VALUES ('01JOB', 'd',"
            " 'openai', 'm', 'sft', 1, 'uploading', '2026-11-01T10:00:00+00:00', '{}',"
            """ '["file-1"]', 1, '')"""
        )
    vendor.kept["file-1"], vendor.contents["file-1"] = {"filename": "train.jsonl"}, b""
    open = open_jobs(store)

    assert open.cancel(open.get()).state == "cancelled"

    assert settled(open, vendor)


def test_a_program_that_trains_by_itself_deletes_what_is_left_without_a_word(
    agreed: Jobs, store: ConversationCollector, vendor: Vendor
) -> None:
    vendor.moment = is_clean_up
    vendor.fail(*[Fault(status=500)] * 3)
    job = run(agreed, agreed.approve(planned(agreed, store)))
    told: list[str] = []

    Trainer(store, told.append, min_rating=4, unasked=True, private=None).look()
    for thread in threading.enumerate():
        if thread.name == f"kagura-job-{short(job.id)}":
            thread.join()

    assert (agreed.unfinished(), vendor.kept, told) == ([], {}, [])


@pytest.mark.parametrize("steps", [1, 2])
def test_a_job_waits_for_the_settings_to_name_its_server_again(
    agreed: Jobs, store: ConversationCollector, vendor: Vendor, steps: int
) -> None:
    vendor.moment = is_start
    vendor.fail(*[Fault(lost=True)] * (2 - steps))
    job = agreed.approve(planned(agreed, store))
    for _ in range(steps):
        job = agreed.advance(job)
    with Vendor() as another:
        moved = store.settings.with_(base_url=another.base_url)
        there = open_jobs(ConversationCollector(settings=moved))

        assert there.advance(job).state == job.state
        with pytest.raises(ServerUnreachable, match=f"The job is at {vendor.base_url}"):
            there.cancel(job)

        assert f"Set it back with `%kagura config base_url {vendor.base_url}`" in told(there, job)
        assert another.requests == []
    assert run(agreed, job).state == "succeeded"
    assert settled(agreed, vendor)


def test_a_job_that_the_vendor_shows_no_more_is_under_way_until_it_is_let_go(
    agreed: Jobs, store: ConversationCollector, vendor: Vendor
) -> None:
    job = agreed.advance(agreed.approve(planned(agreed, store)))
    hidden = dict(vendor.jobs)
    vendor.jobs.clear()

    assert agreed.advance(job).state == "queued"
    assert "Use the account that started it, or let go of it with" in told(agreed, job)
    with pytest.raises(KeyRejected, match="does not show the job to this account"):
        agreed.cancel(job)
    vendor.jobs.update(hidden)
    assert run(agreed, job).state == "succeeded"


@pytest.mark.parametrize(
    ("fault", "steps", "left"),
    [
        (None, 0, "None"),
        (Fault(status=500), 1, "may keep its rows"),
        (Fault(lost=True), 1, "may go on with it, bill it and keep its rows"),
        (None, 1, "may go on with it, bill it and keep its rows"),
    ],
    ids=["approved", "uploading", "submitting", "accepted"],
)
def test_a_job_of_a_vendor_that_is_gone_can_be_let_go(
    agreed: Jobs,
    store: ConversationCollector,
    vendor: Vendor,
    fault: Fault | None,
    steps: int,
    left: str,
) -> None:
    vendor.moment = is_upload if fault and fault.status else is_start
    vendor.fail(*[fault] * 3 if fault else [])
    job = agreed.approve(planned(agreed, store))
    for _ in range(steps):
        agreed.advance(job)
    nowhere = store.settings.with_(base_url="http://127.0.0.1:9/v1")

    gone = open_jobs(ConversationCollector(settings=nowhere)).abandon(job)

    assert (gone.state, agreed.unfinished()) == ("cancelled", [])
    assert left in str(gone.problem)
    assert agreed.approve(planned(agreed, store)).state == "approved"


@pytest.mark.parametrize(("steps", "paid"), [(0, False), (1, True), (2, True)])
def test_a_job_that_is_let_go_counts_as_paid_if_it_may_be(
    agreed: Jobs,
    store: ConversationCollector,
    vendor: Vendor,
    price: Callable[[int], None],
    steps: int,
    paid: bool,
) -> None:
    price(5000)
    vendor.moment = is_start
    vendor.fail(*[Fault(lost=True)] * (2 - steps))
    job = agreed.approve(planned(agreed, store))
    for _ in range(steps):
        agreed.advance(job)

    gone = agreed.abandon(job)

    assert costs.spent(store.database) == (job.estimate if paid else 0)
    assert gone.cost == (job.estimate if paid else None)


def test_a_success_without_a_number_of_tokens_costs_what_was_estimated(
    agreed: Jobs, store: ConversationCollector, vendor: Vendor, price: Callable[[int], None]
) -> None:
    price(5000)
    vendor.ending = {"trained_tokens": None}

    ended = run(agreed, agreed.approve(planned(agreed, store)))

    assert ended.estimate and ended.cost == ended.estimate == costs.spent(store.database)


def test_what_ended_before_its_tokens_were_told_is_unpriced(
    agreed: Jobs, store: ConversationCollector, vendor: Vendor, price: Callable[[int], None]
) -> None:
    price(5000)
    job = agreed.advance(agreed.approve(planned(agreed, store)))

    agreed.cancel(job)

    assert run(agreed, job).state == "cancelled"
    total = costs.month(store.database).total
    assert (total.entries, total.unpriced, total.cost) == (1, 1, 0)


def test_a_job_that_never_arrived_is_ended_by_its_cancelling(
    agreed: Jobs, store: ConversationCollector, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "LOST_AFTER", 0.0)
    vendor.moment = is_start
    vendor.fail(Fault(status=500))
    job = agreed.advance(agreed.approve(planned(agreed, store)))

    ended = agreed.cancel(job)

    assert (job.state, ended.state) == ("submitting", "failed")
    assert "may still appear" in str(ended.problem)


# --- a vendor that takes a job and does not say so ------------------------------------------


@pytest.fixture
def lost(
    agreed: Jobs,
    store: ConversationCollector,
    vendor: Vendor,
    price: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
) -> Job:
    """A job that the vendor has taken, did not answer for, and has not listed while it was looked
    for."""
    price(5)
    monkeypatch.setattr(machine, "LOST_AFTER", 0.0)
    vendor.lists_jobs, vendor.moment = False, is_start
    vendor.fail(Fault(lost=True))
    return run(agreed, agreed.approve(planned(agreed, store)))


def age(store: ConversationCollector) -> None:
    """Let an hour go by."""
    earlier = "2026-01-01T00:00:00.000000+00:00"
    with store.database.write() as connection:
        connection.execute(store_jobs.job_events.update().values(at=earlier))


def test_a_job_that_is_not_listed_is_told_to_be_nothing_but_that(lost: Job, agreed: Jobs) -> None:
    told_of = told(agreed, lost) + str(lost.problem)

    assert (lost.state, lost.cost, lost.lost) == ("failed", None, True)
    assert "was not found" in told_of and "may still appear" in told_of
    for false in ("never", "nothing was paid", "not paid"):
        assert false not in told_of
    assert f"%kagura jobs {short(lost.id)}" in str(lost.problem)


@pytest.mark.parametrize("look", [Jobs.look, lambda jobs: jobs.advance(jobs.get())])
def test_a_job_that_appears_late_is_gone_on_with_and_paid_for_once(
    lost: Job,
    agreed: Jobs,
    store: ConversationCollector,
    vendor: Vendor,
    look: Callable[[Jobs], object],
) -> None:
    look(agreed)
    before = agreed.get(lost.id)
    vendor.lists_jobs = True
    look(agreed)

    assert before.lost and not agreed.get(lost.id).ended
    ended = run(agreed, lost)
    assert (ended.state, ended.problem, ended.lost) == ("succeeded", None, False)
    assert ended.cost == costs.spent(store.database) > 0
    assert len(vendor.posted()) == len(vendor.jobs) == 1
    assert deploy.choose(store.database, "s").model == ended.model
    assert settled(agreed, vendor)


@pytest.mark.parametrize("status", ["succeeded", "cancelled"])
def test_a_job_that_appears_when_it_has_ended_ends_as_the_vendor_says(
    lost: Job, agreed: Jobs, store: ConversationCollector, vendor: Vendor, status: str
) -> None:
    at_the_vendor = OpenAIBackend(store.settings)
    there = replace(lost, remote_id=next(iter(vendor.jobs)))
    if status == "cancelled":
        at_the_vendor.cancel(there)
    watch(at_the_vendor, there)
    vendor.lists_jobs = True

    agreed.look()

    assert run(agreed, lost).state == status == vendor.jobs[there.remote_id]["status"]


def test_a_job_that_appears_late_can_be_cancelled(lost: Job, agreed: Jobs, vendor: Vendor) -> None:
    unlisted = agreed.cancel(lost)
    vendor.lists_jobs = True
    agreed.cancel(lost)

    assert unlisted.lost
    assert run(agreed, lost).state == "cancelled"
    assert [one["status"] for one in vendor.jobs.values()] == ["cancelled"]


def test_a_job_that_appears_beside_another_one_is_told_and_can_be_cancelled(
    lost: Job, agreed: Jobs, store: ConversationCollector, vendor: Vendor
) -> None:
    other = agreed.advance(agreed.approve(planned(agreed, store, epochs=1)))
    vendor.lists_jobs = True
    agreed.advance(lost)
    (there, _) = vendor.jobs.values()

    assert f"It is {there['id']} there, and another one is under way here" in told(agreed, lost)
    agreed.cancel(lost)
    assert there["status"] == "cancelled"
    assert run(agreed, other).state == "succeeded"
    agreed.look()
    assert run(agreed, lost).state == "cancelled"


def test_what_a_job_that_may_appear_would_cost_is_not_left_of_the_budget(
    lost: Job, agreed: Jobs, store: ConversationCollector
) -> None:
    month = costs.month(store.database)

    assert lost.estimate and month.promised == lost.estimate
    agreed.abandon(lost)
    assert costs.month(store.database).promised == 0
    assert (agreed.sought(), agreed.get(lost.id).lost) == ([], False)


def test_the_time_in_which_a_vendor_is_down_is_not_time_in_which_it_was_looked(
    agreed: Jobs, store: ConversationCollector, vendor: Vendor
) -> None:
    vendor.moment = lambda asked: is_start(asked) or is_find(asked)
    vendor.fail(Fault(lost=True), *[Fault(status=500)] * 3)
    vendor.lists_jobs = False
    job = agreed.approve(planned(agreed, store))
    for _ in range(2):
        agreed.advance(job)
    age(store)

    listed_too_late = agreed.advance(job)
    age(store)
    given_up = agreed.advance(job)

    assert (listed_too_late.state, given_up.state) == ("submitting", "failed")


def test_a_vendor_without_pages_is_not_asked_for_ever(
    agreed: Jobs, store: ConversationCollector, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(agreed, agreed.approve(planned(agreed, store)))
    monkeypatch.setattr(machine, "LOST_AFTER", 0.0)
    vendor.knows_pages, vendor.moment = False, is_start
    vendor.fail(Fault(status=500))

    assert run(agreed, agreed.approve(planned(agreed, store, epochs=1))).lost


def test_there_is_nothing_to_let_go_of_a_job_that_left_nothing(
    agreed: Jobs, store: ConversationCollector, vendor: Vendor
) -> None:
    ended = run(agreed, agreed.approve(planned(agreed, store)))
    before = agreed.events(ended)

    agreed.abandon(ended)

    assert (agreed.events(ended), agreed.get(ended.id)) == (before, ended)


def test_what_is_left_at_a_vendor_that_is_gone_can_be_let_go(
    agreed: Jobs, store: ConversationCollector, vendor: Vendor
) -> None:
    vendor.moment = is_clean_up
    vendor.fail(*[Fault(status=500)] * 3)
    ended = run(agreed, agreed.approve(planned(agreed, store)))

    agreed.abandon(ended)

    assert (agreed.unfinished(), agreed.get(ended.id).state) == ([], "succeeded")
    assert f"What is left at {vendor.base_url} is abandoned." in told(agreed, ended)


@pytest.mark.parametrize(
    ("fault", "jobs_there", "state"),
    [
        *AT_THE_START,
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
    assert settled(agreed, vendor)
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
    assert settled(agreed, vendor)
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
