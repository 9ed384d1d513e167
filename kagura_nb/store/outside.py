"""Writing files outside the store: private, whole, by one at a time.

alone ──► place ──► draft, beside the place, only its owner's ──► on record ──► at its place
"""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from kagura_nb.errors import ExchangeError
from kagura_nb.store.database import Database

PAUSE = 0.1
"""Seconds after which a busy place is tried again."""


@contextmanager
def alone(database: Database) -> Iterator[None]:
    """Wait until nobody else writes files out of the store, or takes something out of both.

    Who is alone must not ask for it again.
    """
    while True:
        with database.exclusive("exports") as mine:
            if mine:
                yield
                return
        time.sleep(PAUSE)


def place(path: Path, *, overwrite: bool) -> Path:
    """The absolute path of a file that is to be written.

    Raises:
        ExchangeError: there is one, and it may not be replaced.
    """
    path = path.expanduser().absolute()
    if path.exists() and not overwrite:
        raise ExchangeError(f"{path} is there already", "Name another file, or add --overwrite")
    return path


@contextmanager
def draft(path: Path) -> Iterator[Path]:
    """Where to write a file that only its owner can read, and that appears as a whole or not.

    Raises:
        ExchangeError: it cannot be written.
    """
    try:
        with TemporaryDirectory(dir=path.parent, prefix=".kagura-") as folder:
            written = Path(folder, path.name)
            written.touch(0o600)
            yield written
            with written.open("rb") as file:
                os.fsync(file.fileno())
            written.replace(path)
    except OSError as error:
        raise ExchangeError(
            f"{path} cannot be written ({error.strerror})",
            "Name a file in a folder of yours that has room",
        ) from None


@contextmanager
def private_file(path: Path) -> Iterator[IO[str]]:
    """A text file as `draft` has them."""
    with draft(path) as written, written.open("w", encoding="utf-8", newline="\n") as file:
        yield file


def digest(path: Path) -> str:
    """What tells a file from every other one."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def found(path: str) -> Path:
    """Where a file is by now, if a link stands in its place."""
    return Path(path).resolve()
