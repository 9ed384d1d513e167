"""The one home of fixtures: every test gets its own `KAGURA_HOME`, no keys, and no network.

Only loopback may be reached: vendors are HTTP servers on 127.0.0.1 that check what they are sent.
"""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

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
        if name != "KAGURA_REQUIRE_BROWSER":
            monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "home"
    monkeypatch.setenv("KAGURA_HOME", str(folder))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    return folder
