"""Other programs that people run notebooks with, each for real: what they show, and what is kept.

JupyterLab is in `test_browser` and `test_chat_in_lab`, nbclient in `test_notebooks`.
"""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import nbformat
import pexpect
import pytest
from click.testing import CliRunner
from conftest import free_port, wait_for
from kernels import SECONDS
from lab import Lab, SoleNotebook, screenshot, start_lab
from lived import live
from playwright.sync_api import Browser, Page, expect
from training import wait_until

from kagura_nb import ConversationCollector, Settings
from kagura_nb.cli import cli

ROOT = Path(__file__).parents[1]
PROGRAMS = Path(sys.executable).parent
"""Where the programs of this Python are."""
START_MS = 60_000
MARIMO = """
import marimo

app = marimo.App()


@app.cell
def _():
    import marimo

{code}
    marimo.ui.anywidget(shown)
    return
"""
STARS = """
    from kagura_nb.notebook.stars import Stars

    def rate(rating, comment):
        with open("ratings", "a") as file:
            file.write(f"{rating}\\n")
        return "Saved."

    shown = Stars("01ARZ3NDEKTSV4RRFFQ69G5FAV", rate)
"""
PANEL = """
    from kagura_nb.notebook.chat.panel import ChatPanel
    from kagura_nb.notebook.workspace import Workspace
    from kagura_nb.settings import Settings

    shown = ChatPanel(Workspace(Settings.load))
"""


@pytest.fixture(scope="module")
def sole(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A real Notebook 7 in its own folders."""
    with start_lab(tmp_path_factory.mktemp("sole"), "notebook") as running:
        yield running


# --- Notebook 7 ----------------------------------------------------------------------------------


def test_notebook_7_answers_and_rates(sole: Lab, page: Page) -> None:
    sole.write("n.ipynb", "%load_ext kagura_nb", "%%kagura\nWhat is the capital of France?")
    notebook = SoleNotebook(page, sole, "n.ipynb")
    notebook.run(0)

    output = notebook.run(1)
    expect(output).to_contain_text("The capital of France is Paris.")
    output.get_by_role("radio", name="5 stars").click()
    expect(output.get_by_role("status")).to_contain_text("Saved. 1 of 100")

    one = ConversationCollector(settings=Settings.load(home=sole.home)).get("last")
    assert (one.prompt, one.rating) == ("What is the capital of France?", 5)
    notebook.screenshot("notebook7", output)


def test_notebook_7_has_the_panel(sole: Lab, page: Page) -> None:
    sole.write("p.ipynb", "%load_ext kagura_nb", "%kagura chat")
    notebook = SoleNotebook(page, sole, "p.ipynb")
    notebook.run(0)

    panel = notebook.run(1).locator(".kagura-panel")
    panel.get_by_role("textbox", name="Message").fill("What is the capital of Japan?")
    panel.get_by_role("textbox", name="Message").press("Enter")

    expect(panel.locator(".kagura-reply")).to_contain_text("The capital of Japan is Tokyo.")
    notebook.screenshot("notebook7-panel", panel)


# --- papermill and nbconvert ---------------------------------------------------------------------


def program(name: str, *arguments: object, cwd: Path) -> str:
    """Run a program of this Python to its end, and return what it writes."""
    environment = {**os.environ, "IPYTHONDIR": str(cwd / "ipython"), "JUPYTER_NO_CONFIG": "1"}
    done = subprocess.run(
        [PROGRAMS / name, *map(str, arguments)],
        cwd=cwd, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first notebook, as papermill has run it."""
    folder = tmp_path_factory.mktemp("papermill")
    path = folder / "executed.ipynb"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KAGURA_HOME", str(folder / "home"))
        first = ROOT / "notebooks" / "01_first_conversation.ipynb"
        program("papermill", "--no-progress-bar", first, path, cwd=folder)
    return path


def test_papermill_runs_a_notebook(executed: Path) -> None:
    notebook = nbformat.read(executed, as_version=4)
    said = "\n".join(
        one.get("text") or one["data"]["text/plain"]
        for cell in notebook.cells
        for one in cell.get("outputs", ())
    )
    assert "The capital of France is Paris." in said
    assert "☆☆☆☆☆  rate with: %kagura rate" in said


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_an_executed_notebook_is_read_without_a_kernel(executed: Path, form: str) -> None:
    saved = nbformat.read(executed, as_version=4)
    saved.metadata.pop("widgets")  # JupyterLab keeps none
    path = executed.with_name(f"as-saved-{form}.ipynb")
    nbformat.write(saved, path)

    said = program("jupyter-nbconvert", "--to", form, "--stdout", path, cwd=executed.parent)

    assert "The capital of France is Paris." in said
    assert "rate with: %kagura rate" in said
    assert "What is the capital of Japan?" in said and "ready for training" in said


def test_a_page_made_of_a_notebook_runs_nothing_that_a_model_wrote(tmp_path: Path) -> None:
    hostile = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
    cell = nbformat.v4.new_code_cell(
        f"from kagura_nb.notebook.streaming import StreamingMarkdown\n"
        f"reply = StreamingMarkdown(); reply.update({hostile!r}); reply.finish({{}})"
    )
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "hostile.ipynb")

    program("jupyter-nbconvert", "--to", "html", "--execute", "hostile.ipynb", cwd=tmp_path)

    page = (tmp_path / "hostile.html").read_text("utf-8")
    outputs = page.partition("jp-OutputArea-output")[2]
    assert "owned" in outputs
    assert "<script>document.title" not in outputs and "<img src=x" not in outputs


# --- terminals -----------------------------------------------------------------------------------


def test_a_console_shows_plain_text(home: Path, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "IPYTHONDIR": str(tmp_path),
        "JUPYTER_NO_CONFIG": "1",
        "TERM": "dumb",
    }
    console = pexpect.spawn(
        str(PROGRAMS / "jupyter-console"), ["--simple-prompt"],
        env=environment, encoding="utf-8", timeout=SECONDS, dimensions=(50, 200),
    )  # fmt: skip
    console.expect(r"In \[1\]: ")
    console.sendline("%load_ext kagura_nb")
    console.expect(r"In \[2\]: ")
    console.sendline("get_ipython().run_cell_magic('kagura', '', 'What is the capital of France?')")
    console.expect("The capital of France is Paris.")
    console.expect("Rate it with %kagura rate last 5")
    console.expect(r"In \[3\]: ")
    console.sendline("%kagura rate last 5")
    console.expect("Saved. 1 of 100")
    console.sendline("exit")
    console.expect(pexpect.EOF)

    assert ConversationCollector().get("last").rating == 5


# --- marimo --------------------------------------------------------------------------------------


@contextmanager
def in_marimo(code: str, folder: Path, page: Page) -> Iterator[None]:
    """A page on which marimo runs a notebook that shows what the code makes."""
    (folder / "notebook.py").write_text(MARIMO.replace("{code}", code))
    port = free_port()
    command = [
        PROGRAMS / "marimo",
        "run",
        "notebook.py",
        "--headless",
        "--no-token",
        "--port",
        port,
    ]
    environment = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with subprocess.Popen([*map(str, command)], cwd=folder, env=environment) as server:
        try:
            wait_for(port)
            page.goto(f"http://127.0.0.1:{port}")
            yield
        finally:
            server.send_signal(signal.SIGTERM)


def test_marimo_shows_stars_that_rate(tmp_path: Path, page: Page) -> None:
    with in_marimo(STARS, tmp_path, page):
        page.get_by_role("radio", name="4 stars").click(timeout=START_MS)
        expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()

    assert (tmp_path / "ratings").read_text() == "4\n"


def test_marimo_shows_a_panel_that_answers(home: Path, tmp_path: Path, page: Page) -> None:
    with in_marimo(PANEL, tmp_path, page):
        box = page.get_by_placeholder("Ask")
        box.fill("What is the capital of France?", timeout=START_MS)
        box.press("Enter")
        answer = page.get_by_role("log")
        expect(answer).to_contain_text("The capital of France is Paris.", timeout=START_MS)
        screenshot(page, "marimo-panel")

    assert ConversationCollector().get("last").response == "The capital of France is Paris."


# --- Voilà ---------------------------------------------------------------------------------------

HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "a2FndXJhIGthZ3VyYSBrYQ==",
}


@contextmanager
def served(folder: Path, *options: str) -> Iterator[tuple[pexpect.spawn, SplitResult]]:  # type: ignore[type-arg]
    """The dashboard as `kagura-nb dashboard` serves it, and its address."""
    environment = {**os.environ, "IPYTHONDIR": str(folder / "ipython"), "HOME": str(folder)}
    running = pexpect.spawn(
        str(PROGRAMS / "kagura-nb"), ["dashboard", *options],
        env=environment, encoding="utf-8", timeout=2 * SECONDS, dimensions=(50, 200),
    )  # fmt: skip
    running.expect(r"The dashboard is at (http://127\.0\.0\.1:\d+/\?token=\S+) until")
    assert running.match is not None
    yield running, urlsplit(running.match[1])
    running.close(force=True)


def answered(url: SplitResult, path: str, **headers: str) -> int:
    """The status of a request, redirects not followed."""
    connection = HTTPConnection(url.netloc, timeout=SECONDS)
    connection.request("GET", path, headers=headers)
    with closing(connection):
        return connection.getresponse().status


def programs_with(words: str) -> list[str]:
    """The programs that run now with words in their arguments, as everybody may see them."""
    found = []
    for one in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            arguments = (one / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            found += [arguments] if words in arguments else []
    return found


def test_voila_shows_the_dashboard_to_whoever_has_the_token_and_to_nobody_else(
    store: ConversationCollector, tmp_path: Path, page: Page
) -> None:
    live(store, 40, 20, datetime.now(UTC))
    opened: list[str] = []
    page.on("websocket", lambda one: opened.append(one.url))
    page.set_viewport_size({"width": 1200, "height": 1600})
    with served(tmp_path, "--no-browser") as (running, url):
        page.goto(url.geturl())
        shown = page.locator(".kagura-live")
        expect(shown.locator("[data-card=glance]")).to_contain_text("40", timeout=START_MS)
        expect(page.locator(".kagura-dashboard:not(.kagura-live)")).to_be_hidden()
        store.collect("One more", "Yes", "practice")
        shown.get_by_role("button", name="Refresh").click()
        expect(shown.locator("[data-card=glance]")).to_contain_text("41")
        screenshot(page, "dashboard-voila")

        channels = urlsplit(opened[0]).path
        (kernel,) = re.findall(r"kernels/([0-9a-f-]{36})/", channels)
        assert "/channels" in channels and len(programs_with(kernel)) == 1
        assert answered(url, f"{channels}?{url.query}", **HANDSHAKE) == 101
        assert answered(url, channels, **HANDSHAKE) == 403
        assert answered(url, f"{channels}?token=wrong", **HANDSHAKE) == 403
        assert answered(url, "/") in (302, 403)
        assert answered(url, "/?token=wrong") in (302, 403)
        assert not programs_with(url.query.partition("=")[2])
        with pytest.raises(ConnectionRefusedError):  # of our other addresses
            socket.create_connection(("127.0.0.2", url.port or 0), timeout=SECONDS)

        running.sendintr()
        running.expect(pexpect.EOF)

    assert not programs_with(kernel) and not programs_with(f"--port={url.port}")


def test_voila_ends_with_the_command_and_the_browsers_arguments_do_not_tell_the_token(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = tmp_path / "browser"
    browser.write_text(
        f'#!/bin/sh\necho "$1" >{tmp_path}/asked; cp "${{1#file://}}" {tmp_path}/page\n'
    )
    browser.chmod(0o700)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    with served(tmp_path) as (running, url):
        wait_until(lambda: ["asked"] if (tmp_path / "page").exists() else [])
        assert url.geturl() in (tmp_path / "page").read_text()
        assert url.query not in (tmp_path / "asked").read_text()
        assert programs_with(f"--port={url.port}")

        running.kill(signal.SIGTERM)
        running.expect(pexpect.EOF)

    assert not programs_with(f"--port={url.port}")


def programs_of(home: Path) -> list[str]:
    """The programs that were started with this home folder and run now."""
    found = []
    for one in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"KAGURA_HOME={home}".encode() in (one / "environ").read_bytes().split(b"\0"):
                found += [(one / "cmdline").read_bytes().replace(b"\0", b" ").decode()]
    return [one for one in found if one]  # one that has ended has no arguments any more


@pytest.mark.parametrize("end", ["SIGKILL", "SIGTERM", "closed terminal"])
def test_however_the_command_ends_nothing_goes_on_serving_and_no_token_stays(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    with served(tmp_path, "--no-browser") as (running, url):
        assert answered(url, f"/?{url.query}") == 200  # with a kernel of its own
        assert len([one for one in programs_of(home) if "ipykernel_launcher" in one]) == 1

        if end == "closed terminal":
            running.ptyproc.fileobj.close()  # the system sends SIGHUP
        else:
            running.kill(getattr(signal, end))

        wait_until(lambda: [] if programs_of(home) else ["nobody"])
        wait_until(lambda: [] if list(scratch.glob("kagura-*")) else ["nothing"])
        with pytest.raises(ConnectionRefusedError):
            answered(url, "/")


HOSTS = {
    "localhost:{port}": 302, "127.0.0.1:{port}": 302, "[::1]:{port}": 302, "LOCALHOST:{port}": 302,
    "localhost": 302,
    "evil.example": 403, "evil.example:{port}": 403, "localhost.evil.example:{port}": 403,
    "evil.localhost:{port}": 403, "127.0.0.1.evil.example:{port}": 403, "10.0.0.5:{port}": 403,
    "127.0.0.1:{port}@evil.example": 400, "localhost, evil.example": 400, "0.0.0.0:{port}": 403,
    "[::ffff:10.0.0.5]:{port}": 403, "evil.example#localhost": 400, "": 403,
}  # fmt: skip
"""What a browser may say where it is, and what it gets without the token."""


def test_pages_of_other_sites_whose_names_lead_here_get_nothing(home: Path, tmp_path: Path) -> None:
    with served(tmp_path, "--no-browser") as (_, url):
        found = {one: answered(url, "/", Host=one.format(port=url.port)) for one in HOSTS}
        assert found == HOSTS

        for path in ("/voila/static/voila.js", "/login", "/api/kernels/x", "/voila/files/log"):
            evil = f"evil.example:{url.port}"
            assert answered(url, f"{path}?{url.query}", Host=evil) == 403, path
        channels = "/api/kernels/0d5f7bb7-9b0d-4c1b-8c0e-6f1a0a4f2f52/channels"
        shaken = {**HANDSHAKE, "Host": f"evil.example:{url.port}"}
        assert answered(url, f"{channels}?{url.query}", **shaken) == 403


def test_a_port_that_is_taken_is_told(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        error = CliRunner().invoke(cli, ["dashboard", "--port", port]).exception
    assert str(error).startswith(f"Port {port} cannot be used (Address already in use)")
