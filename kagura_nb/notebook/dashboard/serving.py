"""The dashboard as a page of its own: Voilà on this machine, for whoever has the token.

    kagura-nb dashboard ── token ──> Voilà on 127.0.0.1 ──> one kernel a visit
                        └─ token ──> a file that sends the browser there

Whoever else uses the machine sees the arguments of every program, so the token goes by ways that
only the owner reads: the environment and files in a private folder. In that folder are the notebook
and the description of its kernel too, so that it runs in this Python, and nobody's settings of
Jupyter are read. When the pipe is closed, by whatever ends the command, all of it ends (`voila`).
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from kagura_nb.errors import MissingExtra, ServerUnreachable, SettingsError
from kagura_nb.settings import Settings

ADDRESS = "127.0.0.1"
KERNEL = "kagura"
LAUNCH = (sys.executable, "-m", "ipykernel_launcher")
NOTEBOOK = "shown/Kagura dashboard.ipynb"
"""Its name is the title of the page; there is nothing else in its folder."""
SERVER = "kagura_nb.notebook.dashboard.voila"
CELLS = ("%load_ext kagura_nb", "%kagura dashboard")
ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""A closed terminal sends the second one."""
PATIENCE = 60.0
"""Seconds that Voilà may take to answer, and to end."""
REDIRECT = '<!doctype html><meta http-equiv="refresh" content="0; url={url}"><a href="{url}">Go</a>'


@dataclass(frozen=True, slots=True)
class Served:
    """A dashboard that is being served.

    Args:
        url: its address, token included.
        folder: private to the owner.
        process: Voilà.
    """

    url: str
    folder: Path
    process: subprocess.Popen[bytes]

    def open_browser(self) -> None:
        """Send the user's browser there, by a file: its own arguments are seen by everybody."""
        page = self.folder / "open.html"
        page.write_text(REDIRECT.format(url=self.url), "utf-8")
        webbrowser.open(page.as_uri())

    def wait(self) -> None:
        """Return when it has ended, or at Ctrl-C."""
        with suppress(KeyboardInterrupt):
            self.process.wait()


@contextmanager
def serving(settings: Settings, port: int | None = None, *, dark: bool = False) -> Iterator[Served]:
    """Serve the dashboard until the block ends.

    Args:
        settings: whose.
        port: where; None takes a free one.
        dark: in dark colours.

    Raises:
        MissingExtra: Voilà is not installed.
        SettingsError: the port is taken.
        ServerUnreachable: Voilà does not begin.
    """
    if find_spec("voila") is None:
        raise MissingExtra(
            "Voilà, which shows notebooks as web pages, is not installed",
            "Install it with `pip install 'kagura-nb[dashboard]'`, or use `%kagura dashboard` in a"
            " notebook or `kagura-nb dashboard --text` here",
        )
    port, token = _free(port), secrets.token_urlsafe(32)
    with TemporaryDirectory(prefix="kagura-") as name:
        folder = Path(name)
        _prepare(folder)
        environment = _environment(folder, settings, token)
        with _started(_command(folder, port, dark), folder, environment) as process:
            _wait_until_it_answers(process, port, folder)
            yield Served(f"http://{ADDRESS}:{port}/?token={token}", folder, process)


def _prepare(folder: Path) -> None:
    """Write the notebook, and what its kernel is."""
    cells: list[dict[str, object]] = [
        {"cell_type": "code", "id": str(number), "source": code, "metadata": {}, "outputs": [],
         "execution_count": None}
        for number, code in enumerate(CELLS)
    ]  # fmt: skip
    about = {"kernelspec": {"name": KERNEL, "display_name": "Python", "language": "python"}}
    notebook = {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
    kernel = {"argv": [*LAUNCH, "-f", "{connection_file}"], "display_name": "Python"}
    for path, content in ((NOTEBOOK, notebook), (f"kernels/{KERNEL}/kernel.json", kernel)):
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text(json.dumps(content), "utf-8")


def _command(folder: Path, port: int, dark: bool) -> list[str]:
    return [
        *(sys.executable, "-m", SERVER, str(folder)),
        *(str(folder / NOTEBOOK), "--no-browser", "--token"),
        *(f"--Voila.ip={ADDRESS}", f"--port={port}", "--Voila.port_retries=0"),
        f"--theme={'dark' if dark else 'light'}",
    ]


def _environment(folder: Path, settings: Settings, token: str) -> dict[str, str]:
    return {
        **os.environ,
        "JUPYTER_TOKEN": token,
        "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_PATH": str(folder),
        "KAGURA_HOME": str(settings.home),
        "KAGURA_USER": settings.user,
    }


@contextmanager
def _started(
    command: list[str], folder: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block, whatever ends the block, and with it its kernels."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a terminal's signals reach the command, which closes the pipe
        )
    try:
        with _ended_by_signals():
            yield process
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let signals that end a program end the block; `nohup` has one of them ignored."""
    before = {one: signal.getsignal(one) for one in ENDING}
    heard = [one for one, handler in before.items() if handler != signal.SIG_IGN]
    for one in heard:
        signal.signal(one, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        for one in heard:
            signal.signal(one, before[one])


def _free(port: int | None) -> int:
    """The port, or any that nobody uses now."""
    try:
        with socket.create_server((ADDRESS, port or 0)) as free:
            return int(free.getsockname()[1])
    except OSError as error:
        raise SettingsError(
            f"Port {port} cannot be used ({os.strerror(error.errno or 0)})",
            "Choose another one, or leave out --port",
        ) from None


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection((ADDRESS, port), 1):
            return
        time.sleep(0.1)
    said = (folder / "log").read_text("utf-8", "replace").strip().splitlines()
    raise ServerUnreachable(
        f"Voilà does not begin ({said[-1] if said else 'it says nothing'})",
        "Repair it with `pip install --force-reinstall voila`, or use `%kagura dashboard`",
    )
