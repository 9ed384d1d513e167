"""A job at Vertex AI from its plan to the deployed model: paid for once, whatever fails."""

from collections.abc import Callable, Iterator

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from servers.loopback import Asked, Fault
from servers.vertex import PARENT, VertexServer
from training import AT_THE_START, FOR_A_WHILE, run

from kagura_nb import ConversationCollector, deploy
from kagura_nb.datasets import Datasets
from kagura_nb.errors import ProviderError, TuningError
from kagura_nb.privacy import consent
from kagura_nb.records import Job
from kagura_nb.tuning import Jobs, jobs, machine, open_jobs


def is_start(asked: Asked) -> bool:
    return asked.method == "POST" and asked.path.endswith("/tuningJobs")


def is_find(asked: Asked) -> bool:
    return asked.method == "GET" and "/tuningJobs?" in asked.path


def is_poll(asked: Asked) -> bool:
    return asked.method == "GET" and "/tuningJobs/" in asked.path


def is_cancel(asked: Asked) -> bool:
    return asked.path.endswith(":cancel")


@pytest.fixture
def agreed(
    store: ConversationCollector,
    vertex_server: VertexServer,
    bucket: str,
    rate: Callable[..., list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Jobs]:
    """The jobs of a user with 20 good conversations who agreed to train at Vertex AI."""
    monkeypatch.setattr(jobs, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(jobs, "LONGEST_PAUSE", 0.01)
    rate(20)
    settings = store.settings.with_(vertex_project="kagura-tests", vertex_bucket=bucket, timeout=5)
    consent.give(store.database, "gemini", settings)
    opened = ConversationCollector(settings=settings)
    yield open_jobs(opened)
    opened.database.close()


def approved(open: Jobs, store: ConversationCollector) -> Job:
    return open.approve(open.plan(Datasets(store).build(), "gemini")[0])


def settled(open: Jobs) -> bool:
    """Whether nothing is left to do, and no object in the bucket."""
    client = storage.Client(project="kagura-tests", credentials=AnonymousCredentials())
    return (open.unfinished(), list(client.list_blobs("kagura-tests"))) == ([], [])


def test_an_approved_job_ends_in_the_model_that_answers_next(
    agreed: Jobs, store: ConversationCollector, vertex_server: VertexServer
) -> None:
    ended = run(agreed, approved(agreed, store))

    assert (ended.state, ended.model) == ("succeeded", f"gemini:{PARENT}/endpoints/1")
    assert deploy.choose(store.database, "a session").model == ended.model
    assert len(vertex_server.posted()) == 1
    assert settled(agreed)


@pytest.mark.parametrize(
    ("fault", "jobs_there", "state"),
    [
        *AT_THE_START,
        pytest.param(Fault(status=403, message="no role"), 0, "failed", id="403"),
    ],
)
def test_a_failure_of_the_request_that_costs_money_never_makes_two(
    agreed: Jobs,
    store: ConversationCollector,
    vertex_server: VertexServer,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    jobs_there: int,
    state: str,
) -> None:
    monkeypatch.setattr(machine, "LOST_AFTER", 0.0 if jobs_there == 0 else 60.0)
    job = approved(agreed, store)
    vertex_server.moment = is_start
    vertex_server.fail(fault)

    ended = run(agreed, job)

    assert (len(vertex_server.jobs), ended.state) == (jobs_there, state)
    assert ended.problem is None or ended.problem.endswith(".")
    assert settled(agreed)


@pytest.mark.parametrize("moment", [is_find, is_poll])
@pytest.mark.parametrize("fault", FOR_A_WHILE)
def test_a_vendor_that_fails_for_a_while_delays_a_job(
    agreed: Jobs,
    store: ConversationCollector,
    vertex_server: VertexServer,
    moment: Callable[[Asked], bool],
    fault: Fault,
) -> None:
    job = approved(agreed, store)
    vertex_server.moment = lambda asked: is_start(asked) or moment(asked)
    vertex_server.fail(Fault(lost=True), *[fault] * 4)

    assert run(agreed, job).state == "succeeded"
    assert len(vertex_server.posted()) == len(vertex_server.jobs) == 1
    assert settled(agreed)


@pytest.mark.parametrize("fault", FOR_A_WHILE)
def test_an_end_that_cannot_be_asked_for_is_told_and_asked_for_again(
    agreed: Jobs, store: ConversationCollector, vertex_server: VertexServer, fault: Fault
) -> None:
    job = agreed.advance(approved(agreed, store))
    vertex_server.moment = is_cancel
    vertex_server.fail(*[fault] * (1 if fault.lost else 3))  # what is cut is not asked for again

    with pytest.raises(ProviderError, match=r"\. Try again in a while\."):
        agreed.cancel(job)
    agreed.cancel(job)

    assert run(agreed, job).state == "cancelled"
    assert len(vertex_server.posted()) == 1
    assert settled(agreed)


def test_a_job_is_not_looked_for_in_another_region(
    agreed: Jobs,
    store: ConversationCollector,
    vertex_server: VertexServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vertex_server.moment = is_start
    vertex_server.fail(Fault(lost=True))
    job = agreed.advance(approved(agreed, store))
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("GOOGLE_VERTEX_BASE_URL", "http://127.0.0.1:9")

        assert agreed.advance(job).state == "submitting"

    told = [event.message for _, event in agreed.events(job)]
    assert f"The job is at {vertex_server.url}/projects/kagura-tests, the settings" in told[-1]
    assert "name http://127.0.0.1:9/projects/kagura-tests now" in told[-1]
    assert "Set `vertex_project` and `vertex_location` back with `%kagura config`" in told[-1]
    assert run(agreed, job).state == "succeeded"


@pytest.mark.parametrize("project", ["", "another"])
def test_a_job_is_not_looked_for_in_another_project(
    agreed: Jobs, store: ConversationCollector, vertex_server: VertexServer, project: str
) -> None:
    vertex_server.moment = is_start
    vertex_server.fail(Fault(lost=True))
    job = agreed.advance(approved(agreed, store))
    there = open_jobs(ConversationCollector(settings=store.settings.with_(vertex_project=project)))

    assert there.advance(job).state == "submitting"
    with pytest.raises(TuningError, match="Another job is under way"):
        agreed.approve(agreed.plan(Datasets(store).build(), "gemini")[0])

    assert run(agreed, job).state == "succeeded"
    assert len(vertex_server.posted()) == 1
