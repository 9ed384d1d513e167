"""A real JupyterLab on loopback and a notebook in it, driven through Chromium.

    start_lab(folder)     a server with its own HOME, settings, kernels and KAGURA_HOME
    LabNotebook(page)     one open notebook: run a cell, read its output, look at it
    SoleNotebook(page)    the same in Notebook 7, where a page is one notebook

Nothing of the person who runs the tests is read or written.
"""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Response, expect, sync_playwright

CHROMIUM_FLAGS = (
    *("--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-gpu"),
    "--js-flags=--max-lazy",  # a tenth less of each page of JupyterLab
)
SCREENSHOTS = Path(
    os.environ.get("KAGURA_SCREENSHOTS") or Path(__file__).parent.parent / "screenshots"
)
"""Where screenshots go: `KAGURA_SCREENSHOTS`, else a folder that git ignores."""

KEPT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL")
"""What a server and its kernels have of the environment of the tests."""
START_SECONDS = 60
KERNEL_MS = 60_000
_NUMBERED = re.compile(r"^\[\d+\]:$")


@dataclass(frozen=True, slots=True)
class Lab:
    """A running server.

    Args:
        url: its address, without a path.
        token: what opens it.
        notebooks: the folder that it shows.
        settings: where a user's settings lie, one folder for each extension.
        home: the KAGURA_HOME of its kernels.
    """

    url: str
    token: str
    notebooks: Path
    settings: Path
    home: Path

    def write(self, name: str, *cells: str) -> None:
        """Put a notebook of code cells into the folder."""
        made = [nbformat.v4.new_code_cell(one) for one in cells]
        kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
        notebook = nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel})
        nbformat.write(notebook, self.notebooks / name)

    def read(self, name: str) -> nbformat.NotebookNode:
        """The notebook as it was saved last."""
        return nbformat.read(self.notebooks / name, as_version=4)

    def shut_down_kernels(self) -> None:
        """End every kernel, as closing the laptop for the night does."""
        for kernel in self._call("GET", "kernels"):
            self._call("DELETE", f"kernels/{kernel['id']}")
        for session in self._call("GET", "sessions"):
            self._call("DELETE", f"sessions/{session['id']}")

    def restart_kernels(self) -> None:
        """Restart every kernel: what it knew is gone, the page stays."""
        for kernel in self._call("GET", "kernels"):
            self._call("POST", f"kernels/{kernel['id']}/restart")

    def _call(self, method: str, path: str) -> Any:
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"{self.url}/api/{path}", method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.loads(response.read() or "null")

    def show_all_outputs(self) -> None:
        """Draw every output of pages that are opened from now on, however many and wherever."""
        wanted = {"maxNumberOutputs": 10_000, "windowingMode": "none"}
        _configure(self.settings, "notebook-extension/tracker", wanted)

    def use_theme(self, dark: bool) -> None:
        """Choose the theme of pages that are opened from now on."""
        theme = "JupyterLab Dark" if dark else "JupyterLab Light"
        _configure(self.settings, "apputils-extension/themes", {"theme": theme})


@contextmanager
def start_lab(folder: Path, program: str = "jupyterlab") -> Iterator[Lab]:
    """Run a server until the block ends.

    Args:
        folder: an empty folder for everything that the server and its kernels write.
        program: `jupyterlab`, or `notebook` for Notebook 7.
    """
    lab = Lab(
        url=f"http://127.0.0.1:{_free_port()}",
        token=secrets.token_hex(16),
        notebooks=folder / "notebooks",
        settings=folder / "jupyter" / "lab" / "user-settings" / "@jupyterlab",
        home=folder / "kagura",
    )
    lab.notebooks.mkdir(parents=True)
    _configure(lab.settings, "apputils-extension/notification", {"fetchNews": "false"})
    _configure(lab.settings, "docmanager-extension/plugin", {"autosave": False})
    _write(folder / "jupyter" / "labconfig" / "page_config.json", {"buildCheck": False})
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(
            _command(lab, program),
            cwd=folder,
            env=_environment(folder, lab),
            stdout=log,
            stderr=log,
        )
    try:
        _wait_until_it_answers(lab, server, folder / "server.log")
        yield lab
    finally:
        server.terminate()
        server.wait(timeout=30)


class LabNotebook:
    """One notebook, open in a page.

    Args:
        page: an empty page.
        lab: the server.
        name: the notebook's file name.
    """

    address = "{lab.url}/lab/tree/{name}?token={lab.token}&reset"

    def __init__(self, page: Page, lab: Lab, name: str) -> None:
        self.page = page
        self.name = name
        page.goto(self.address.format(lab=lab, name=name))
        expect(self.cell(0)).to_be_visible(timeout=KERNEL_MS)

    @property
    def cells(self) -> Locator:
        """All its cells."""
        return self.page.locator(".jp-Notebook .jp-Cell")

    def cell(self, index: int) -> Locator:
        """One cell, from 0."""
        return self.cells.nth(index)

    def output(self, index: int) -> Locator:
        """All outputs of one cell."""
        return self.cell(index).locator(".jp-Cell-outputArea")

    def wait_for_kernel(self) -> None:
        """Return when a kernel waits for work (the toolbar says so before there is one)."""
        bar = self.page.locator("#jp-main-statusbar")
        expect(bar).to_contain_text("ipykernel) | Idle", timeout=KERNEL_MS)

    def start(self, index: int) -> None:
        """Run a cell and return as soon as the kernel has it."""
        self.cell(index).locator(".jp-InputArea-prompt").click()
        for _ in range(20):
            self.page.keyboard.press("Control+Enter")
            self.page.wait_for_timeout(150)
            if self.prompt(index) != "[ ]:":
                return
        raise AssertionError(f"cell {index} was never taken by the kernel")

    def run(self, index: int, timeout_ms: int = 60_000) -> Locator:
        """Run a cell, wait until it has finished, and return its output."""
        self.start(index)
        self.wait_until_run(index, timeout_ms)
        return self.output(index)

    def interrupt(self) -> None:
        """Press I twice, outside of every editor."""
        self.cell(0).locator(".jp-InputArea-prompt").click()
        self.page.keyboard.press("i")
        self.page.keyboard.press("i")

    def wait_until_run(self, index: int, timeout_ms: int = 60_000) -> None:
        """Return when a cell that was started has finished."""
        prompt = self.cell(index).locator(".jp-InputArea-prompt")
        expect(prompt).to_have_text(_NUMBERED, timeout=timeout_ms)

    def prompt(self, index: int) -> str:
        """What stands before a cell: `[ ]:`, `[*]:` or `[3]:`."""
        return self.cell(index).locator(".jp-InputArea-prompt").inner_text().strip()

    def save(self) -> None:
        """Press Ctrl+S and wait until the file is written."""
        with self.page.expect_response(_is_save):
            self.page.keyboard.press("Control+s")

    def screenshot(self, name: str, of: Locator | None = None) -> Path:
        """Write `name`.png into the folder of screenshots."""
        return screenshot(of or self.page, name)


class SoleNotebook(LabNotebook):
    """One notebook, open in a page of Notebook 7."""

    address = "{lab.url}/notebooks/{name}?token={lab.token}"


def screenshot(of: Page | Locator, name: str) -> Path:
    """Write `name`.png into the folder of screenshots."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{name}.png"
    of.screenshot(path=path)
    return path


def violations(page: Page, within: str) -> list[tuple[str, str]]:
    """What axe-core complains of in a part of a page: each rule, and the first place of it."""
    found = Axe().run(page, context=within).response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found]


def chromium() -> str | None:
    """Where the browser is, None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def start_browser(executable: str) -> Iterator[Browser]:
    """Run Chromium until the block ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


def _is_save(response: Response) -> bool:
    return response.request.method == "PUT" and "/api/contents/" in response.url


def _command(lab: Lab, program: str) -> list[str]:
    port = lab.url.rpartition(":")[2]
    return [
        *(sys.executable, "-m", program, "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *(f"--IdentityProvider.token={lab.token}", f"--ServerApp.root_dir={lab.notebooks}"),
        *("--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"),
    ]


def _environment(folder: Path, lab: Lab) -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {
        **kept,
        "HOME": str(folder),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(folder / "jupyter"),
        "JUPYTER_DATA_DIR": str(folder / "jupyter-data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "jupyter-run"),
        "KAGURA_HOME": str(lab.home),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "OMP_NUM_THREADS": "1",
    }


def _configure(settings: Path, plugin: str, values: dict[str, object]) -> None:
    _write(settings / f"{plugin}.jupyterlab-settings", values)


def _write(path: Path, values: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))


def _wait_until_it_answers(lab: Lab, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{lab.url}/api?token={lab.token}", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
