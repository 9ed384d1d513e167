"""What went wrong is told without what was sent: no key or password in an error or anything that
hangs on it, in the repr of what holds one, or in the logs of the libraries that send it.
"""

import contextlib
import json
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from rich.pretty import pretty_repr
from servers.loopback import Fault, LoopbackServer
from servers.openai_tuning import OpenAITuningServer
from servers.vertex import PARENT, TOKEN
from training import a_job, answer_a_page, write_rows

from kagura_nb import Assistant, ConversationCollector, keys
from kagura_nb.errors import KaguraError, SettingsError, StoreError
from kagura_nb.memory.embedders import open_embedder
from kagura_nb.providers import Sampling, open_provider
from kagura_nb.providers.line import Line
from kagura_nb.records import Message
from kagura_nb.settings import Settings
from kagura_nb.tuning.openai import OpenAIBackend
from kagura_nb.tuning.vertex import VertexBackend

KEY = "sk-test-" + "0123456789abcdef"
PASSWORD = "pw-of-" + "the-owner"
PRIVATE = (KEY, PASSWORD, TOKEN)
JOB = a_job(remote_id="ftjob-1", files=("file-1",))
TUNED = a_job(remote_id=f"{PARENT}/tuningJobs/1", files=("gs://kagura-tests/x",))


def said(error: BaseException) -> Iterator[str]:
    """Everything that hangs on an error, as far as somebody could show it."""
    known: set[int] = set()
    left: list[Any] = [error]
    while left:
        one = left.pop()
        if one is None or id(one) in known:
            continue
        known.add(id(one))
        yield from (str(one), repr(one), pretty_repr(one))
        if isinstance(one, BaseException):
            left += [one.__cause__, one.__context__, *one.args, *vars(one).values()]
            left += getattr(one, "__notes__", ())
            left += of_frames(one.__traceback__)
            yield "".join(traceback.format_exception(one))
        elif isinstance(one, dict | list | tuple):
            left += one.values() if isinstance(one, dict) else one


def of_frames(trace: TracebackType | None) -> list[Any]:
    """The variables of an error's frames, all but those of the tests."""
    found: list[Any] = []
    while trace:
        if not Path(trace.tb_frame.f_code.co_filename).name.startswith("test_"):
            found += trace.tb_frame.f_locals.values()
        trace = trace.tb_next
    return found


def assert_private(error: BaseException) -> None:
    for text in said(error):
        for private in PRIVATE:
            assert private not in text
    if isinstance(error, KaguraError):
        assert error.__cause__ is None and error.__context__ is None
        assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("GEMINI_API_KEY", KEY)


@pytest.fixture
def openai_like(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAITuningServer]:
    with OpenAITuningServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        yield server


def chat(name: str, line: bool = False) -> Callable[[Path], object]:
    messages = (Message("user", "hello"),)
    drawn = Sampling(line=Line() if line else None)
    return lambda _: list(open_provider(name, Settings(timeout=0.5)).stream(messages, drawn))


def embed(name: str) -> Callable[[Path], object]:
    return lambda _: open_embedder(Settings(embedder=name)).embed(["hello"])


def openai_backend() -> OpenAIBackend:
    return OpenAIBackend(Settings(timeout=0.5))


def vertex_backend() -> VertexBackend:
    place = {"vertex_project": "kagura-tests", "vertex_bucket": "kagura-tests"}
    return VertexBackend(Settings(timeout=0.5, **place))  # type: ignore[arg-type]


def rows(folder: Path) -> Path:
    return write_rows(folder / "train.jsonl", "openai")


REQUESTS = {
    "openai chat": ("openai_like", chat("openai:gpt-6.1-terra")),
    "openai chat on a line": ("openai_like", chat("openai:gpt-6.1-terra", line=True)),
    "openai embedding": ("openai_like", embed("openai:text-embedding-3-small")),
    "openai upload": ("openai_like", lambda at: openai_backend().upload(JOB, rows(at))),
    "openai start": ("openai_like", lambda _: openai_backend().submit(JOB, ["file-1"])),
    "openai find": ("openai_like", lambda _: openai_backend().find(JOB)),
    "openai poll": ("openai_like", lambda _: openai_backend().poll(JOB, "")),
    "openai cancel": ("openai_like", lambda _: openai_backend().cancel(JOB)),
    "openai delete": ("openai_like", lambda _: openai_backend().clean_up(JOB)),
    "gemini chat": ("gemini_server", chat("gemini:gemini-3.8-flash")),
    "gemini embedding": ("gemini_server", embed("gemini:gemini-embedding-001")),
    "vertex chat": ("vertex_server", chat(f"gemini:{PARENT}/endpoints/1")),
    "vertex start": ("vertex_server", lambda _: vertex_backend().submit(a_job(), ["gs://a/b"])),
    "vertex find": ("vertex_server", lambda _: vertex_backend().find(TUNED)),
    "vertex poll": ("vertex_server", lambda _: vertex_backend().poll(TUNED, "")),
    "vertex cancel": ("vertex_server", lambda _: vertex_backend().cancel(TUNED)),
}
FAULTS = {
    "400": Fault(400, "bad", "Bad request of {key}"),
    "401": Fault(401, "invalid_api_key", "Incorrect API key provided: {key}"),
    "403": Fault(403, "denied", "{key} may not"),
    "404": Fault(404, "missing", "{key} sees nothing"),
    "500": Fault(500, "oops", "{key} broke it"),
    "307": Fault(307, "", "{key}", location="http://127.0.0.1:9/" + KEY),
    "lost": Fault(lost=True),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_an_error_keeps_nothing_of_what_was_sent(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    fixture, ask = REQUESTS[name]
    server: LoopbackServer = request.getfixturevalue(fixture)
    for fault in FAULTS.values():
        server.unfail()
        server.fail(*[fault] * 3)
        try:
            ask(tmp_path)
        except Exception as error:  # of which kind is told elsewhere
            assert isinstance(error, KaguraError)
            assert_private(error)
        else:
            assert fault.lost or fault.status == 404, fault


@pytest.mark.parametrize("name", REQUESTS)
def test_an_answer_that_is_no_api_keeps_nothing_either(
    name: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fixture, ask = REQUESTS[name]
    server: LoopbackServer = request.getfixturevalue(fixture)
    serve = server.serve

    def answer(handler: Any, asked: Any, fault: Any) -> None:
        is_sign_in = asked.path == "/token"
        serve(handler, asked, fault) if is_sign_in else answer_a_page(handler, asked, fault)

    monkeypatch.setattr(server, "serve", answer)
    try:
        ask(tmp_path)
    except KaguraError as error:
        assert_private(error)


@pytest.mark.parametrize("name", [one for one in REQUESTS if "vertex" not in one])
def test_a_server_that_is_not_there_keeps_nothing_either(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("OPENAI_BASE_URL", "GOOGLE_GEMINI_BASE_URL"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9/v1")

    with pytest.raises(KaguraError) as caught:
        REQUESTS[name][1](tmp_path)

    assert_private(caught.value)


@pytest.mark.parametrize("name", ["openai chat", "gemini chat", "openai embedding", "openai find"])
def test_a_proxy_that_cannot_be_used_keeps_nothing_either(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"socks9://ann:{PASSWORD}@127.0.0.1:9")

    with pytest.raises(KaguraError) as caught:
        REQUESTS[name][1](tmp_path)

    assert_private(caught.value)


@pytest.mark.parametrize("name", ["openai chat", "gemini chat"])
def test_an_interrupt_keeps_nothing_of_the_request(
    name: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    interrupt_after: Callable[[float], None],
) -> None:
    fixture, ask = REQUESTS[name]
    request.getfixturevalue(fixture).fail(Fault(hang=0.4))
    interrupt_after(0.2)

    with pytest.raises(KeyboardInterrupt) as caught:
        ask(tmp_path)

    assert_private(caught.value)


def test_a_turn_that_fails_keeps_nothing(openai_like: OpenAITuningServer, home: Path) -> None:
    openai_like.fail(FAULTS["401"])

    with pytest.raises(KaguraError) as caught:
        Assistant(model="openai:gpt-6.1-terra").ask("hello")

    assert_private(caught.value)


@pytest.mark.parametrize("address", ["127.0.0.1:9", "nowhere.invalid:5432"])
def test_a_database_that_cannot_be_reached_keeps_no_password(address: str) -> None:
    settings = Settings.load(store=f"postgresql://ann:{PASSWORD}@{address}/kagura")
    store = ConversationCollector(settings=settings)

    with pytest.raises(StoreError) as caught:
        store.collect("a", "b", "none")

    assert caught.value.__context__ is None and caught.value.__cause__ is None
    for shown in (str(caught.value), repr(store), repr(store.database), repr(settings)):
        assert PASSWORD not in shown
    for text in pretty_repr(settings), str(traceback.format_exception(caught.value)):
        assert PASSWORD not in text


def test_a_keyring_that_fails_keeps_no_key() -> None:
    with pytest.raises(SettingsError) as caught:
        keys.store("openai", KEY)

    assert_private(caught.value)


@pytest.mark.parametrize("name", ["openai:gpt-6.1-terra", "gemini:gemini-3.8-flash"])
def test_what_holds_a_key_does_not_show_it(name: str, openai_like: OpenAITuningServer) -> None:
    provider = open_provider(name, Settings())
    embedder = open_embedder(Settings(embedder=name))
    for holder in (provider, embedder, openai_backend(), vertex_backend()):
        for text in (repr(holder), str(holder), pretty_repr(holder)):
            assert KEY not in text


@pytest.mark.parametrize("name", REQUESTS)
def test_no_library_logs_a_key(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fixture, ask = REQUESTS[name]
    server: LoopbackServer = request.getfixturevalue(fixture)
    for library in ("", "openai", "httpx2", "httpcore2", "google", "google_genai", "urllib3"):
        caplog.set_level(logging.DEBUG, logger=library)
    for fault in (Fault(401), Fault(307, location="http://127.0.0.1:9/"), Fault(lost=True)):
        server.unfail()
        server.fail(*[fault] * 3)
        with contextlib.suppress(KaguraError):
            ask(tmp_path)
    server.unfail()
    with contextlib.suppress(KaguraError):
        ask(tmp_path)

    logged = "\n".join(f"{one.getMessage()} {one.exc_text or ''}" for one in caplog.records)
    assert logged
    for private in PRIVATE:
        assert private not in logged + json.dumps([str(one.args) for one in caplog.records])
