"""Files as text, whatever they are packed in and encoded with, in constant memory.

    conversations.json, or a .zip that holds it  ──►  Part  ──►  text, and how much of it was read
    a .zip without one                           ──►  a Part for each file that may be of a form

The encoding is found by looking at all of it: UTF-16 shows by its marks and zeros, and what is
mostly not UTF-8 is Japanese Windows' (cp932). What is still an error becomes U+FFFD.
"""

import codecs
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from kagura_nb.errors import ExchangeError

CHUNK = 1 << 20
HEAD = 64 * 1024
"""Characters by which a file is known."""
BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError)
"""What reading a damaged file raises."""
NOT_ASCII = bytes(range(128, 256))
FEEDBACK = "message_feedback.json"
"""Beside ChatGPT's conversations: what was thought of messages."""
PACKED = (
    re.compile(rf"(?:^|/)conversations[^/]*\.json$|(?:^|/){FEEDBACK}$"),
    re.compile(r"gemini[^/]*/[^/]*\.json$", re.IGNORECASE),
    re.compile(r"\.(?:json|jsonl|ndjson|chat|md|markdown)$", re.IGNORECASE),
)
"""What is read in a .zip: what the first of these finds."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file, or one in a .zip.

    Args:
        path: of the file.
        size: bytes, unpacked.
        member: its name in the .zip, empty where it is none.
        encoding: a name that Python knows.
    """

    path: Path
    size: int
    member: str = ""
    encoding: str = "utf-8-sig"

    @property
    def name(self) -> str:
        """How a message names it."""
        return f"{self.member} in {self.path}" if self.member else str(self.path)

    @contextmanager
    def text(self, told: Callable[[int], object] = lambda _: None) -> Iterator[io.TextIOWrapper]:
        """The part as text, without the mark of its encoding.

        Args:
            told: hears of the bytes as they are read.
        """
        with self.raw() as raw:
            buffer = io.BufferedReader(_Watched(raw, told), CHUNK)
            with io.TextIOWrapper(buffer, self.encoding, errors="replace") as text:
                yield text

    @contextmanager
    def raw(self) -> Iterator[IO[bytes]]:
        """The part as it is."""
        if not self.member:
            with self.path.open("rb") as file:
                yield file
            return
        with zipfile.ZipFile(self.path) as packed:
            try:
                member = packed.open(self.member)
            except RuntimeError as error:
                unknown = isinstance(error, NotImplementedError)
                how = "is packed in a way that is not known" if unknown else "is encrypted"
                raise ExchangeError(f"{self.path} {how}", "Unpack it first") from None
            with member:
                yield member


def parts(path: Path) -> list[Part]:
    """What there is to read in a file.

    Raises:
        ExchangeError: there is none, or nothing in it that can be read.
    """
    try:
        held = _packed(path) if zipfile.is_zipfile(path) else [Part(path, path.stat().st_size)]
        return [replace(one, encoding=_encoding(one)) for one in held]
    except BROKEN as error:
        reason = getattr(error, "strerror", None) or error
        raise ExchangeError(f"{path} cannot be read ({reason})", "Name another file") from None


def _packed(path: Path) -> list[Part]:
    with zipfile.ZipFile(path) as packed:
        files = packed.infolist()
    meant = ([one for one in files if form.search(one.filename)] for form in PACKED)
    held = next(filter(None, meant), None)
    if held is None:
        raise ExchangeError(
            f"There is no conversations.json, other JSON or Markdown in {path}",
            "Unpack it and name the file that is meant",
        )
    return [Part(path, one.file_size, one.filename) for one in held]


def _encoding(part: Part) -> str:
    with part.raw() as raw:
        head = raw.read(HEAD)
        if head.startswith(b"PK\3\4"):
            raise ExchangeError(f"{part.path} is a broken .zip", "Download it once more")
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if b"\0" in head:  # no text in the others has any
            return "utf-16-be" if head[:1] == b"\0" else "utf-16-le"
        raw.seek(0)
        return "utf-8-sig" if _is_utf8(raw) else "cp932"


def _is_utf8(raw: IO[bytes]) -> bool:
    """Whether most of what is not ASCII is UTF-8; what cannot be read of a file does not count."""
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    errors = others = 0
    with suppress(*BROKEN):
        while data := raw.read(CHUNK):
            text = decode(data)
            errors += text.count("\ufffd")
            others += len(text) - len(data.translate(None, NOT_ASCII))
    return 2 * errors <= others


class _Watched(io.RawIOBase):
    """A file that tells how much of it was read."""

    def __init__(self, raw: IO[bytes], told: Callable[[int], object]) -> None:
        self._raw, self._told = raw, told

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        data = self._raw.read(len(view))
        view[: len(data)] = data
        self._told(len(data))
        return len(data)
