"""A file's entries, one by one: what stands between its brackets, on its lines, in its rows.

array    [{…}, {…}]                  parsed as it comes; where it breaks off, its rest is lost
spread   {… over several lines …}    the same, one value after the other
lines    {…}⏎{…}⏎                    JSON Lines; a broken line is passed over
table    id,rating⏎01H…,5⏎           CSV, by commas, semicolons or tabs; `clear` means null
text     anything else
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import IO, Literal

import ijson

from kagura_nb.errors import ExchangeError
from kagura_nb.exchange.dialogue import Skip
from kagura_nb.exchange.files import BROKEN, CHUNK, HEAD, Part
from kagura_nb.store.annotations import FIELDS

Shape = Literal["array", "spread", "lines", "table", "text"]
BREAKS = (ijson.JSONError, csv.Error, *BROKEN)
"""What is raised where a file breaks off."""
ARRAY = re.compile(r"\s*\[\s*[\[{\]]")
SPREAD = re.compile(r'\s*\{[^\n]*\n\s*["}]')
DELIMITERS = ",;\t"
COLUMNS = {"id", *FIELDS}
"""A table has one of them, and others."""
DELIMITED = re.compile(r'\s*"?sep=.?"?\s*$', re.IGNORECASE)
"""What Excel puts before a table."""
CLEAR = "clear"
LONGEST_LINE = 64_000_000
"""Characters of a line; longer ones are passed over. Of a value too; there a file breaks off."""
DEEPEST = 200
"""Brackets within brackets: the parser's memory grows with their square."""
STRINGS = re.compile(rb'"[^"]*"')
STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
OTHERS = bytes({*range(256)} - {*b'"', *STEPS})
TOO_LONG = Skip("lines that are too long")
NO_JSON = Skip("lines that are broken")


def shape(part: Part) -> Shape:
    """What a file looks like from its beginning."""
    with part.text() as text:
        head = text.read(HEAD)
    if ARRAY.match(head):
        return "array"
    if head.lstrip().startswith("{"):
        return "spread" if SPREAD.match(head) else "lines"
    return "table" if _heads(iter(head.splitlines()))[2] else "text"


def entries(text: IO[str], shape: Shape) -> Iterator[tuple[str, object]]:
    """The values in a file, each with its place; a `Skip` in the place of one that is broken.

    Raises:
        one of `BREAKS`: the file ends in the middle, or is damaged.
    """
    if shape in ("array", "spread"):
        prefix = "item" if shape == "array" else ""
        raw = _Bytes(text)
        found = ijson.items(raw, prefix, use_float=True, multiple_values=True, buf_size=CHUNK)
        for number, value in enumerate(found, 1):
            raw.since = 0
            yield f"entry {number}", value
    elif shape == "table":
        yield from _rows(text)
    else:
        for number, line in enumerate(lines(text), 1):
            if line is None or line.strip():
                yield f"line {number}", _value(line)


def reason(error: BaseException) -> str:
    """Why a file breaks off, in a line."""
    return str(error).partition("\n")[0].strip()


def lines(text: IO[str]) -> Iterator[str | None]:
    """The lines of a text; None in the place of one that is too long."""
    while line := text.readline(LONGEST_LINE):
        cut = len(line) == LONGEST_LINE and not line.endswith("\n")
        while cut and (rest := text.readline(LONGEST_LINE)) and not rest.endswith("\n"):
            pass
        yield None if cut else line


def _rows(text: Iterable[str]) -> Iterator[tuple[str, object]]:
    rows = iter(text)
    before, delimiter, names = _heads(rows)
    if "id" not in names:
        raise ExchangeError("The table has no column id", "Add one, with ids as `history` has them")
    reader = csv.DictReader(rows, names, restval="", delimiter=delimiter)
    for row in reader:
        cells = {name: None if _clears(cell) else cell for name, cell in row.items()}
        yield f"line {reader.line_num + before}", cells


def _heads(lines: Iterator[str]) -> tuple[int, str, list[str]]:
    """How many lines there are before the rows of a table, how it is delimited, and the names of
    its columns; none of a text that is no table.
    """
    before, line = 1, next(lines, "")
    if DELIMITED.match(line):
        before, line = 2, next(lines, "")
    for delimiter in DELIMITERS:
        cells = next(csv.reader([line], delimiter=delimiter), [])
        names = [one.strip().lower() for one in cells]
        if len(names) > 1 and not COLUMNS.isdisjoint(names):
            return before, delimiter, names
    return before, ",", []


def _clears(cell: object) -> bool:
    return isinstance(cell, str) and cell.strip().lower() == CLEAR


def _value(line: str | None) -> object:
    try:
        return TOO_LONG if line is None else json.loads(line)
    except (ValueError, RecursionError):
        return NO_JSON


class _Bytes:
    """A text as the bytes that a parser asks for, as far as it can hold what is in them.

    Args:
        text: of JSON.
    """

    def __init__(self, text: IO[str]) -> None:
        self.since = 0
        """Characters read since the last value."""
        self._text, self._depth, self._open = text, 0, b""

    def read(self, count: int) -> bytes:
        raw = self._text.read(count)
        self.since += len(raw)
        if self.since > LONGEST_LINE:
            raise ijson.JSONError(f"an entry has over {LONGEST_LINE:,} characters")
        data = raw.encode()
        if self._deepest(data) > DEEPEST:
            raise ijson.JSONError(f"an entry has over {DEEPEST} brackets within each other")
        return data

    def _deepest(self, data: bytes) -> int:
        """How many brackets are open at most; a string or escape may go on in what is read next."""
        whole = self._open + data
        slashes = len(whole) - len(whole.rstrip(b"\\"))
        end = len(whole) - slashes % 2
        marks = whole[:end].replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, OTHERS)
        outside, quote, _ = STRINGS.sub(b"", marks).partition(b'"')
        depths = [*accumulate((STEPS[one] for one in outside), initial=self._depth)]
        self._depth, self._open = depths[-1], quote + whole[end:]
        return max(depths)
