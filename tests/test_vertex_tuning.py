"""Tuning at Vertex AI: data through a bucket, one request a job, and the tuned model answers."""

import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from servers.loopback import ContractViolation, Fault
from servers.vertex import PARENT, TOKEN, VertexServer, check_rows
from training import a_dataset, a_job, answer_a_page, start, wait_until, watch, write_rows

from kagura_nb.errors import (
    KaguraError,
    KeyRejected,
    MissingKey,
    OutcomeUnknown,
    RateLimited,
    ReplyCut,
    ServerFailed,
    ServerUnreachable,
    TuningError,
)
from kagura_nb.privacy import consent
from kagura_nb.providers import Sampling, open_provider
from kagura_nb.providers.vertex import place_of
from kagura_nb.records import Message
from kagura_nb.settings import Settings
from kagura_nb.store import ConversationCollector
from kagura_nb.tuning.vertex import VertexBackend

MODEL = "gemini-3.1-flash-lite"
ENDPOINT = f"gemini:{PARENT}/endpoints/1"
PROMPT = (Message("system", "Be brief."), Message("user", "hello"))


@pytest.fixture
def backend(vertex_server: VertexServer, bucket: str) -> VertexBackend:
    return VertexBackend(settings(bucket))


def settings(bucket: str = "kagura-tests", **changes: Any) -> Settings:
    chosen = {"vertex_project": "kagura-tests", "vertex_bucket": bucket, "timeout": 5, **changes}
    return Settings.load(**chosen)


def objects() -> dict[str, bytes]:
    """What is in the bucket."""
    client = storage.Client(project="kagura-tests", credentials=AnonymousCredentials())
    return {one.name: one.download_as_bytes() for one in client.list_blobs("kagura-tests")}


# --- a whole job -------------------------------------------------------------------------------


def test_a_job_is_asked_for_exactly_so(
    backend: VertexBackend, vertex_server: VertexServer, tmp_path: Path
) -> None:
    options = {"adapter_size": "ADAPTER_SIZE_FOUR", "learning_rate_multiplier": 0.5}
    job = start(backend, tmp_path, base_model=MODEL, options=options)

    folder = f"gs://kagura-tests/kagura/{job.id}"
    assert job.remote_id == f"{PARENT}/tuningJobs/1"
    assert vertex_server.requests[-1].path == f"/v1beta1/{PARENT}/tuningJobs"
    assert vertex_server.requests[-1].headers["authorization"] == f"Bearer {TOKEN}"
    assert vertex_server.posted() == [
        {
            "baseModel": MODEL,
            "tunedModelDisplayName": f"kagura-{job.id}",
            "labels": {"kagura_job": job.id.lower()},
            "supervisedTuningSpec": {
                "trainingDatasetUri": f"{folder}/train.jsonl",
                "validationDatasetUri": f"{folder}/validation.jsonl",
                "hyperParameters": {
                    "epochCount": 3,
                    "adapterSize": "ADAPTER_SIZE_FOUR",
                    "learningRateMultiplier": 0.5,
                },
            },
        }
    ]


def test_preferences_are_trained_with_their_beta(
    backend: VertexBackend, vertex_server: VertexServer, tmp_path: Path
) -> None:
    job = start(backend, tmp_path, base_model=MODEL, method="dpo", options={"beta": 0.2})

    (body,) = vertex_server.posted()
    assert body["preferenceOptimizationSpec"]["hyperParameters"] == {"epochCount": 3, "beta": 0.2}
    report, _ = watch(backend, job)
    assert (report.state, report.tokens) == ("succeeded", 3 * 500)


def test_a_job_is_followed_to_a_model_that_answers(
    backend: VertexBackend,
    vertex_server: VertexServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import IPython  # noqa: F401  # where it is loaded, the SDK would show links of its own

    job = start(backend, tmp_path, base_model=MODEL)

    report, events = watch(backend, job)

    assert (report.state, report.model, report.tokens) == ("succeeded", ENDPOINT, 3 * 500)
    assert [(one.state, one.message, one.step, one.steps) for one in events] == [
        ("queued", "queued", None, None),
        ("running", "training", None, 12),
        ("running", "training, 1 of 3 epochs done", 4, 12),
        ("succeeded", "succeeded, 1 of 3 epochs done", 12, 12),
    ]
    assert events[0].at < events[-1].at
    reply = open_provider(ENDPOINT, backend.settings).stream(PROMPT, Sampling(temperature=0))
    assert "".join(one.text for one in reply) == "You said: hello"
    assert capsys.readouterr() == ("", "")


def test_nothing_is_told_twice(
    backend: VertexBackend, vertex_server: VertexServer, tmp_path: Path
) -> None:
    job = start(backend, tmp_path)
    report, _ = watch(backend, job)

    assert backend.poll(job, report.seen).events == ()


@pytest.mark.filterwarnings("ignore:JOB_STATE_NEW is not a valid")  # the SDK's own
@pytest.mark.parametrize(
    ("status", "state", "message"),
    [
        ("JOB_STATE_QUEUED", "queued", "queued"),
        ("JOB_STATE_PENDING", "queued", "queued"),
        ("JOB_STATE_RUNNING", "running", "training"),
        ("JOB_STATE_UPDATING", "running", "running"),
        ("JOB_STATE_CANCELLING", "running", "being cancelled"),
        ("JOB_STATE_PAUSED", "running", "paused at Vertex AI"),
        ("JOB_STATE_SUCCEEDED", "succeeded", "succeeded"),
        ("JOB_STATE_PARTIALLY_SUCCEEDED", "succeeded", "succeeded in part: some results may be"),
        ("JOB_STATE_FAILED", "failed", "failed"),
        ("JOB_STATE_EXPIRED", "failed", "expired before it ended"),
        ("JOB_STATE_CANCELLED", "cancelled", "cancelled"),
        ("JOB_STATE_UNSPECIFIED", "running", "Vertex AI says 'JOB_STATE_UNSPECIFIED'"),
        ("JOB_STATE_NEW", "running", "Vertex AI says 'JOB_STATE_NEW'"),
    ],
)
def test_every_state_is_known_and_an_unknown_one_has_not_ended(
    status: str,
    state: str,
    message: str,
    backend: VertexBackend,
    vertex_server: VertexServer,
    tmp_path: Path,
) -> None:
    vertex_server.course = (status,)

    report = backend.poll(start(backend, tmp_path), "")

    assert report.state == state
    assert report.events[-1].message.startswith(message)
    assert (report.model == ENDPOINT) == (state == "succeeded")
    assert (report.problem is not None) == (state == "failed")


def test_a_success_without_an_endpoint_is_told(
    backend: VertexBackend, vertex_server: VertexServer, tmp_path: Path
) -> None:
    vertex_server.course, vertex_server.ending = ("JOB_STATE_SUCCEEDED",), {"tunedModel": {}}

    report = backend.poll(start(backend, tmp_path), "")

    assert report.state == "failed"
    assert report.problem and f"{PARENT}/tuningJobs/1" in report.problem


def test_a_failed_job_says_why(
    backend: VertexBackend, vertex_server: VertexServer, tmp_path: Path
) -> None:
    vertex_server.course = ("JOB_STATE_FAILED",)
    vertex_server.ending = {"error": {"code": 8, "message": "Quota exceeded."}}

    report = backend.poll(start(backend, tmp_path), "")

    assert report.problem == (
        "Vertex AI could not train the model (Quota exceeded). "
        "Correct what it names, then train again with `%kagura train`."
    )


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ('{"contents": [{"role": "user", "parts": [{"text": "a"}]}]}', "supervised"),
        ('{"contents": [{"role": "model", "parts": [{"words": "a"}]}]}', "supervised"),
        ('{"messages": [{"role": "user", "content": "a"}]}', "supervised"),
        ('{"contents": [{"role": "user", "parts": [{"text": "a"}]}]}', "preference"),
    ],
)
def test_the_server_refuses_rows_that_break_the_contract(row: str, kind: str) -> None:
    with pytest.raises((ContractViolation, KeyError)):
        check_rows(row.encode(), kind)


def test_a_job_is_cancelled_and_one_that_has_ended_is_left_as_it_is(
    backend: VertexBackend, vertex_server: VertexServer, tmp_path: Path
) -> None:
    job = start(backend, tmp_path)

    backend.cancel(job)
    backend.cancel(job)

    assert backend.poll(job, "").state == "cancelled"


def test_cleaning_up_deletes_what_the_job_uploaded_and_nothing_else(
    backend: VertexBackend, tmp_path: Path
) -> None:
    job = start(backend, tmp_path)
    backend.upload(a_job(id="another"), tmp_path / "train.jsonl")

    backend.clean_up(job)
    backend.clean_up(a_job())  # nothing recorded, and nothing there

    assert list(objects()) == ["kagura/another/train.jsonl"]


def test_a_file_that_is_there_is_not_sent_again(backend: VertexBackend, tmp_path: Path) -> None:
    first = backend.upload(a_job(), write_rows(tmp_path / "train.jsonl", "vertex", 12))
    again = backend.upload(a_job(), write_rows(tmp_path / "train.jsonl", "vertex", 3))

    (content,) = objects().values()
    assert first == again
    assert len(content.splitlines()) == 12


# --- paid for once -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [Fault(lost=True), Fault(lost=True, status=500), Fault(hang=0.8)],
    ids=["cut", "500", "silent"],
)
def test_a_job_whose_answer_is_lost_is_found_and_never_started_twice(
    fault: Fault, vertex_server: VertexServer, bucket: str
) -> None:
    backend = VertexBackend(settings(timeout=0.4 if fault.hang else 5))
    files = ["gs://kagura-tests/train.jsonl"]
    assert backend.find(a_job()) is None  # and signed in
    vertex_server.fail(fault)

    with pytest.raises(OutcomeUnknown, match="may or may not"):
        backend.submit(a_job(), files)

    (started,) = wait_until(lambda: list(vertex_server.jobs))
    later = [backend.submit(a_job(id=f"LATER-{n}"), files) for n in range(4)]  # fill a page
    assert backend.find(a_job()) == started
    assert len(vertex_server.posted()) == 1 + len(later)


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (Fault(status=429, message="slow down"), RateLimited, "slow down"),
        (Fault(status=401), TuningError, "gcloud auth application-default login"),
        (Fault(status=403, message="no role"), TuningError, "no role"),
        (Fault(status=400, message="bad model"), TuningError, "bad model"),
        (Fault(status=404), TuningError, "has no such model"),
        (Fault(status=500), OutcomeUnknown, "HTTP 500"),
        (Fault(status=503), OutcomeUnknown, "HTTP 503"),
    ],
    ids=lambda one: f"{one.status}" if isinstance(one, Fault) else "",
)
def test_a_refused_start_is_told_in_one_line_and_made_once(
    fault: Fault,
    kind: type[KaguraError],
    said: str,
    backend: VertexBackend,
    vertex_server: VertexServer,
) -> None:
    vertex_server.fail(fault)

    with pytest.raises(kind, match=said) as caught:
        backend.submit(a_job(), ["gs://kagura-tests/train.jsonl"])

    assert caught.type is kind
    assert "\n" not in str(caught.value)
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    assert len(vertex_server.posted()) == 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(status=500), ServerFailed),
        (Fault(lost=True), ServerUnreachable),
        (Fault(status=404), KeyRejected),
    ],
    ids=["500", "cut", "404"],
)
def test_a_failed_look_may_be_repeated(
    fault: Fault, kind: type[KaguraError], backend: VertexBackend, vertex_server: VertexServer
) -> None:
    vertex_server.fail(*[fault] * 3)

    with pytest.raises(kind) as caught:
        backend.poll(a_job(remote_id=f"{PARENT}/tuningJobs/1"), "")

    assert caught.type is kind


@pytest.mark.parametrize("call", ["submit", "poll", "find"])
def test_an_answer_of_another_form_is_no_answer(
    call: str, backend: VertexBackend, vertex_server: VertexServer
) -> None:
    backend.find(a_job())  # signs in
    vertex_server.serve = answer_a_page  # type: ignore[method-assign]
    arguments = {"poll": [""], "submit": [["gs://kagura-tests/x"]]}.get(call, [])
    kind = OutcomeUnknown if call == "submit" else ServerUnreachable

    with pytest.raises(kind, match="gave no answer"):
        getattr(backend, call)(a_job(remote_id=f"{PARENT}/tuningJobs/1"), *arguments)


def test_who_is_not_there_was_not_asked(
    backend: VertexBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_VERTEX_BASE_URL", "http://127.0.0.1:9")

    with pytest.raises(ServerUnreachable, match=r"127\.0\.0\.1:9 cannot be reached"):
        backend.submit(a_job(), ["gs://kagura-tests/train.jsonl"])


def test_a_bucket_that_is_not_there_is_told(backend: VertexBackend, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "train.jsonl", "vertex")
    elsewhere = VertexBackend(settings("not-there"))

    with pytest.raises(TuningError, match="not-there"):
        elsewhere.upload(a_job(), path)


def test_a_bucket_that_cannot_be_reached_may_be_tried_again(
    vertex_server: VertexServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9")
    backend = VertexBackend(settings(timeout=0.5))

    with pytest.raises(ServerUnreachable):
        backend.upload(a_job(), write_rows(tmp_path / "train.jsonl", "vertex"))


@pytest.mark.parametrize("call", ["poll", "find", "cancel"])
def test_an_account_that_may_not_look_does_not_end_the_job(
    call: str, backend: VertexBackend, vertex_server: VertexServer
) -> None:
    vertex_server.fail(Fault(status=403, message="no role"))
    arguments = [""] if call == "poll" else []

    with pytest.raises(KeyRejected, match=r"look after its jobs \(no role\)"):
        getattr(backend, call)(a_job(remote_id=f"{PARENT}/tuningJobs/1"), *arguments)


def test_a_new_sign_in_counts_at_once(backend: VertexBackend, vertex_server: VertexServer) -> None:
    vertex_server.signs_in = False
    with pytest.raises(KeyRejected, match="gcloud auth application-default login"):
        backend.find(a_job())
    vertex_server.signs_in = True

    assert backend.find(a_job()) is None


# --- refused early -----------------------------------------------------------------------------


def test_a_usable_job_passes_the_check(backend: VertexBackend) -> None:
    backend.check(a_job(base_model=MODEL), a_dataset())
    backend.check(a_job(method="dpo", options={"beta": 0.1}), a_dataset(method="dpo"))


@pytest.mark.parametrize(
    ("job", "dataset", "said"),
    [
        ({"method": "kto"}, {}, "kto cannot be used.*sft, dpo"),
        ({"options": {"rank": 8}}, {}, "rank cannot be used.*adapter_size"),
        ({"options": {"learning_rate_multiplier": "much"}}, {}, "much.*cannot be used"),
        ({"options": {"adapter_size": "huge"}}, {}, "huge.*a name like ADAPTER_SIZE_FOUR"),
        ({"options": {"beta": 0.1}}, {}, "beta cannot be used"),
        ({}, {"longest": 131_073}, "131073 tokens.*131072"),
        ({}, {"validation_rows": 5_001}, "5001 conversations.*5000"),
    ],
)
def test_what_vertex_refuses_is_refused_early(
    job: dict[str, Any], dataset: dict[str, Any], said: str, backend: VertexBackend
) -> None:
    with pytest.raises(TuningError, match=said):
        backend.check(a_job(**job), a_dataset(**dataset))


@pytest.mark.parametrize(
    ("missing", "said"),
    [("vertex_project", "config vertex_project"), ("vertex_bucket", "config vertex_bucket")],
)
def test_without_project_or_bucket_it_is_refused_early(
    missing: str, said: str, vertex_server: VertexServer
) -> None:
    with pytest.raises(TuningError, match=said):
        VertexBackend(settings(**{missing: ""})).check(a_job(), a_dataset())


def test_without_credentials_it_is_refused_early(no_google: None) -> None:
    with pytest.raises(MissingKey, match="gcloud auth application-default login"):
        VertexBackend(settings()).check(a_job(), a_dataset())


def test_without_the_extra_it_is_refused_early(vertex_server: VertexServer) -> None:
    code = (
        "import sys; sys.modules['google.cloud.storage'] = None\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "from training import a_dataset, a_job\n"
        "from kagura_nb.settings import Settings\n"
        "from kagura_nb.tuning.vertex import VertexBackend\n"
        "settings = Settings.load(vertex_project='p', vertex_bucket='b')\n"
        "VertexBackend(settings).check(a_job(), a_dataset())"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent)]
    said = subprocess.run(command, capture_output=True, text=True).stderr
    assert "MissingExtra: Training at Vertex AI needs google-cloud-storage" in said
    assert "pip install 'kagura-nb[vertex]'" in said


def test_the_credentials_project_will_do(
    backend: VertexBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "kagura-tests")

    assert VertexBackend(settings(vertex_project="")).find(a_job()) is None


def test_a_job_is_looked_up_in_the_region_that_it_is_in(monkeypatch: pytest.MonkeyPatch) -> None:
    there = place_of("projects/p/locations/europe-west4/tuningJobs/7", settings())

    assert there and there.address == "https://europe-west4-aiplatform.googleapis.com"
    assert place_of("gemini-3.8-flash", settings()) is None


def test_consent_names_the_place_that_gets_the_data(store: ConversationCollector) -> None:
    chosen = store.settings.with_(vertex_location="europe-west4")

    assert "https://europe-west4-aiplatform.googleapis.com" in consent.text("gemini", chosen)


# --- a tuned model answers -----------------------------------------------------------------------


def test_a_tuned_model_is_asked_with_credentials_and_not_with_the_key(
    vertex_server: VertexServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "sk-test-0123456789abcdef")

    chunks = list(open_provider(ENDPOINT, settings()).stream(PROMPT, Sampling(temperature=0)))

    asked = vertex_server.requests[-1]
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert "sk-test" not in str(asked)
    assert asked.body["systemInstruction"]["parts"] == [{"text": "Be brief."}]
    assert [one.usage.completion_tokens for one in chunks if one.usage] == [4 + 3]


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (Fault(status=401), KeyRejected, "gcloud auth application-default login"),
        (Fault(status=403), KeyRejected, "roles/aiplatform.user"),
        (Fault(status=404), KaguraError, "has no model"),
        (Fault(cut_after=2), ReplyCut, "cut short"),
    ],
    ids=["401", "403", "404", "cut"],
)
def test_a_tuned_model_that_cannot_answer_says_why(
    fault: Fault, kind: type[KaguraError], said: str, vertex_server: VertexServer
) -> None:
    vertex_server.fail(*[fault] * 3)

    with pytest.raises(kind, match=said):
        list(open_provider(ENDPOINT, settings()).stream(PROMPT, Sampling()))


@pytest.mark.parametrize("signed_in", [True, False], ids=["refused", "missing"])
def test_a_tuned_model_needs_a_sign_in(
    signed_in: bool, vertex_server: VertexServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    vertex_server.signs_in = False
    if not signed_in:
        monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")

    with pytest.raises(KeyRejected if signed_in else MissingKey, match="gcloud auth"):
        list(open_provider(ENDPOINT, settings()).stream(PROMPT, Sampling()))
