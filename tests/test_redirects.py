"""Requests go to the address that the user chose: no redirect is followed, of whatever kind."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from google.auth.transport.requests import Request
from servers.gemini_vendor import GeminiServer
from servers.loopback import Asked, Fault, LoopbackServer
from servers.openai_tuning import OpenAITuningServer
from servers.vertex import PARENT, VertexServer
from training import a_job, run, write_rows

from kagura_nb import ConversationCollector
from kagura_nb.datasets import Datasets
from kagura_nb.errors import KaguraError, ServerUnreachable, TuningError
from kagura_nb.memory.embedders import open_embedder
from kagura_nb.privacy import consent
from kagura_nb.providers import Sampling, discovery, open_provider
from kagura_nb.providers.vertex import credentials
from kagura_nb.records import Message
from kagura_nb.settings import Settings
from kagura_nb.tuning import open_jobs
from kagura_nb.tuning.openai import OpenAIBackend
from kagura_nb.tuning.vertex import VertexBackend

KEY = "sk-test-0123456789abcdef"
STATUSES = (301, 302, 303, 307, 308)
JOB = a_job(remote_id="ftjob-1", files=("file-1",))
TUNED = a_job(remote_id=f"{PARENT}/tuningJobs/1")


class Elsewhere(LoopbackServer):
    """Where a redirect leads: nothing may arrive here."""

    def serve(self, handler: Any, asked: Asked, fault: Fault) -> None:
        handler.send({})


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with Elsewhere() as server:
        yield server


@pytest.fixture
def openai_like(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAITuningServer]:
    """Every vendor that speaks OpenAI's API."""
    with OpenAITuningServer() as server:
        for name in ("OPENAI", "OLLAMA", "LMSTUDIO", "VLLM"):
            monkeypatch.setenv(f"{name}_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        yield server


def chat(model: str) -> Callable[[Path], object]:
    said = (Message("user", "hello"),)
    return lambda _: list(open_provider(model, Settings()).stream(said, Sampling()))


def embed(name: str) -> Callable[[Path], object]:
    return lambda _: open_embedder(Settings(embedder=name)).embed(["hello"])


def openai_backend() -> OpenAIBackend:
    return OpenAIBackend(Settings())


def vertex_backend() -> VertexBackend:
    return VertexBackend(Settings(vertex_project="kagura-tests", vertex_bucket="kagura-tests"))


def rows(folder: Path) -> Path:
    return write_rows(folder / "train.jsonl", "openai")


REQUESTS = {
    "openai chat": ("openai_like", chat("openai:gpt-6.1-terra")),
    "ollama chat": ("openai_like", chat("ollama:qwen")),
    "lmstudio chat": ("openai_like", chat("lmstudio:qwen")),
    "vllm chat": ("openai_like", chat("vllm:qwen")),
    "openai embedding": ("openai_like", embed("openai:text-embedding-3-small")),
    "ollama embedding": ("openai_like", embed("ollama:nomic-embed-text")),
    "upload": ("openai_like", lambda at: openai_backend().upload(JOB, rows(at))),
    "start": ("openai_like", lambda _: openai_backend().submit(JOB, ["file-1"])),
    "find": ("openai_like", lambda _: openai_backend().find(JOB)),
    "poll": ("openai_like", lambda _: openai_backend().poll(JOB, "")),
    "cancel": ("openai_like", lambda _: openai_backend().cancel(JOB)),
    "delete": ("openai_like", lambda _: openai_backend().clean_up(JOB)),
    "gemini chat": ("gemini_server", chat("gemini:gemini-3.8-flash")),
    "gemini embedding": ("gemini_server", embed("gemini:gemini-embedding-001")),
    "vertex chat": ("vertex_server", chat(f"gemini:{PARENT}/endpoints/1")),
    "vertex start": ("vertex_server", lambda _: vertex_backend().submit(a_job(), ["gs://a/b"])),
    "vertex find": ("vertex_server", lambda _: vertex_backend().find(TUNED)),
    "vertex poll": ("vertex_server", lambda _: vertex_backend().poll(TUNED, "")),
    "vertex cancel": ("vertex_server", lambda _: vertex_backend().cancel(TUNED)),
}
"""Every kind of request, what answers it, and how it is made."""
FINAL = ("upload", "start", "vertex start")
LOCATIONS = {
    "another server": ("{there}/v1/x", "{there}/v1/x"),
    "with what nobody may see": ("http://u:pw-of-u@{place}/x?key=AIza-q#frag", "{there}/x"),
    "another scheme": ("https://{place}/x", "https://{place}/x"),
    "without a scheme": ("//{place}/x", "{there}/x"),
    "the same server": ("{here}/moved", "{here}/moved"),
    "a relative one": ("/moved", "{here}/moved"),
    "none": (None, "elsewhere without saying where"),
    "an empty one": ("", "elsewhere without saying where"),
    "one that is none": ("http://[::1", "an address that is none"),
    "a file": ("file:///etc/passwd", "file:///etc/passwd"),
    "the key": ("{there}/" + KEY, "{there}/[key]"),
}


def refused(
    request: pytest.FixtureRequest, name: str, folder: Path, fault: Fault
) -> tuple[KaguraError, LoopbackServer]:
    """The error of a request that is answered by a redirect."""
    fixture, ask = REQUESTS[name]
    server: LoopbackServer = request.getfixturevalue(fixture)
    server.unfail()
    server.fail(*[fault] * 3)
    server.requests.clear()
    with pytest.raises(KaguraError) as caught:
        ask(folder)
    return caught.value, server


def content(server: LoopbackServer) -> list[Asked]:
    return [one for one in server.requests if one.path != "/token"]


@pytest.mark.parametrize("name", REQUESTS)
def test_nothing_is_sent_where_a_redirect_leads(
    name: str, elsewhere: Elsewhere, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    there = f"{elsewhere.url}/v1/x"
    for status in STATUSES:
        error, server = refused(request, name, tmp_path, Fault(status, location=there))

        assert elsewhere.requests == []
        assert len(content(server)) == 1
        assert there in str(error) and server.url in str(error) and KEY not in str(error)
        assert "If you trust the new address" in error.cure or "embedding" in name
        if "embedding" not in name:
            assert type(error) is (TuningError if name in FINAL else ServerUnreachable)


@pytest.mark.parametrize("name", ["openai chat", "ollama embedding", "start", "gemini chat"])
def test_a_redirect_is_told_with_both_addresses_and_nothing_else(
    name: str, elsewhere: Elsewhere, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    fixture, _ = REQUESTS[name]
    here = request.getfixturevalue(fixture).url
    names = {"there": elsewhere.url, "here": here, "place": elsewhere.url.removeprefix("http://")}
    for given, told in LOCATIONS.values():
        fault = Fault(307, location=given and given.format(**names))
        error, server = refused(request, name, tmp_path, fault)

        if "embedding" in name and "elsewhere" in told:
            told = "an address that it does not name"
        assert told.format(**names) in str(error)
        assert len(content(server)) == 1 and elsewhere.requests == []
        for private in ("pw-of-u", "AIza-q", "frag", KEY):
            assert private not in str(error)


@pytest.mark.parametrize("status", [303, 307])
def test_an_approved_job_that_is_redirected_is_made_nowhere_and_not_twice(
    status: int,
    elsewhere: Elsewhere,
    openai_like: OpenAITuningServer,
    store: ConversationCollector,
    rate: Callable[..., list[str]],
) -> None:
    rate(20)
    consent.give(store.database, "openai", store.settings)
    jobs = open_jobs(store)
    job, _ = jobs.plan(Datasets(store).build(), "openai")
    starts = "/v1/fine_tuning/jobs"
    openai_like.moment = lambda asked: (asked.method, asked.path) == ("POST", starts)
    openai_like.fail(*[Fault(status, location=f"{elsewhere.url}{starts}")] * 9)

    ended = run(jobs, jobs.approve(job))
    jobs.look()

    assert (elsewhere.requests, openai_like.jobs, openai_like.kept) == ([], {}, {})
    assert len(openai_like.posted()) == 1
    assert (ended.state, ended.cost, ended.tokens) == ("failed", None, None)
    assert f"{elsewhere.url}{starts}" in str(ended.problem)
    assert "nothing was begun" in str(ended.problem)


class Bucket(LoopbackServer):
    """Google Cloud Storage as far as it answers `Fault`s, and begins uploads somewhere else."""

    upload_at = ""

    def serve(self, handler: Any, asked: Asked, fault: Fault) -> None:
        if asked.method == "GET":
            handler.refuse(404, "", "no such object")
        else:
            handler.fault = Fault(location=self.upload_at)
            handler.send({})

    def refusal(self, status: int, code: str, message: str) -> Any:
        return {"error": {"code": status, "message": message}}

    def key_of(self, headers: dict[str, str]) -> str:
        return headers.get("authorization", "")


@pytest.fixture
def storage(vertex_server: VertexServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with Bucket() as server:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
        yield server


@pytest.mark.parametrize("status", [302, 307, 308])
@pytest.mark.parametrize("asked", ["look", "send", "clear"])
def test_rows_do_not_follow_a_redirect_of_the_bucket(
    asked: str, status: int, storage: Bucket, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    storage.moment = lambda one: one.method == ("POST" if asked == "send" else "GET")
    storage.fail(*[Fault(status, location=f"{elsewhere.url}/b")] * 5)
    backend = vertex_backend()

    with pytest.raises(KaguraError, match=rf"on to {elsewhere.url}/b, which is not followed"):
        backend.clean_up(JOB) if asked == "clear" else backend.upload(JOB, rows(tmp_path))

    assert elsewhere.requests == []


def test_rows_are_not_sent_where_a_bucket_begins_the_upload_elsewhere(
    storage: Bucket, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    storage.upload_at = f"{elsewhere.url}/upload"
    large = tmp_path / "train.jsonl"
    large.write_bytes(b"x" * 9_000_000)

    with pytest.raises(TuningError, match=rf"on to {elsewhere.url}/upload"):
        vertex_backend().upload(JOB, large)

    assert elsewhere.requests == []


def test_a_large_file_is_uploaded_in_pieces(
    vertex_server: VertexServer, bucket: str, tmp_path: Path
) -> None:
    large = tmp_path / "train.jsonl"
    large.write_bytes(b"x" * 9_000_000)

    sent = vertex_backend().upload(JOB, large)

    assert sent == f"gs://{bucket}/kagura/{JOB.id}/train.jsonl"


@pytest.mark.parametrize("status", STATUSES)
def test_what_signs_in_is_not_sent_on(
    status: int, vertex_server: VertexServer, elsewhere: Elsewhere
) -> None:
    fault = Fault(status, location=f"{elsewhere.url}/token")
    vertex_server.next_fault = lambda: fault  # type: ignore[method-assign]

    with pytest.raises(ServerUnreachable, match=f"on to {elsewhere.url}/token"):
        vertex_backend().find(TUNED)

    assert elsewhere.requests == []


def test_credentials_are_renewed_at_their_own_address(vertex_server: VertexServer) -> None:
    found, _ = credentials()
    headers: dict[str, str] = {}

    found.before_request(Request(), "GET", vertex_server.url, headers)

    assert headers["authorization"].startswith("Bearer ya29.")
    assert found.valid and found.expiry


@pytest.mark.parametrize("status", STATUSES)
def test_looking_for_servers_does_not_follow(
    status: int, openai_like: OpenAITuningServer, elsewhere: Elsewhere
) -> None:
    openai_like.fault_of_itself = Fault(status, location=f"{elsewhere.url}/v1/models")

    assert discovery.local_models(Settings()) == {}
    assert open_provider("ollama:qwen", Settings()).context_tokens > 0
    assert elsewhere.requests == []


@pytest.mark.parametrize("model", ["openai:gpt-6.1-terra", "ollama:qwen", "gemini:g"])
def test_what_goes_to_this_machine_passes_no_proxy(
    model: str,
    openai_like: OpenAITuningServer,
    gemini_server: GeminiServer,
    elsewhere: Elsewhere,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, elsewhere.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    chat(model)(tmp_path)

    assert [one for one in elsewhere.requests if one.method == "POST"] == []
