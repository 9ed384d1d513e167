"""A file's entries, one by one: what stands between its brackets, on its lines, in its rows.

json     [{…}, {…}]                  parsed as it comes; where it breaks off, its rest is lost
         {"data": [{…}, {…}]}        the same, where a list in an object has them
         {… over several lines …}    the same, one value after the other
lines    {…}⏎{…}⏎                    JSON Lines; a broken line is passed over
table    id,rating⏎01H…,5⏎           CSV, by commas, semicolons or tabs; `clear` means null
text     anything else
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from typing import IO, Literal

import ijson
from ijson import ObjectBuilder

from kagura_nb.errors import ExchangeError
from kagura_nb.exchange.files import BROKEN, CHUNK, HEAD, Part
from kagura_nb.exchange.skips import Skip
from kagura_nb.store.annotations import FIELDS

BREAKS = (ijson.JSONError, csv.Error, *BROKEN)
"""What is raised where a file breaks off."""
ARRAY = re.compile(r"\s*\[\s*[\[{\]]")
SPREAD = re.compile(r'\s*\{[^\n]*\n\s*["}]')
LINES = re.compile(r"\s*\{[^\n]*\n\s*[\[{]")
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
DEEPEST_LINE = 20_000
"""In a line that is one entry, whose names are not looked at on the way."""
STRINGS = re.compile(rb'"[^"]*"')
NO_VALUE = b"[[]]"
"""What no field of any form may have, so that it is told."""
REST = re.compile(rb'(?:[^"\\]|\\.)*+"?', re.DOTALL)
NO_NUMBER = re.compile(rb'("(?:[^"\\]|\\.)*+"?)|-?\b(?:NaN|Infinity)\b', re.DOTALL)
STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
OTHERS = bytes({*range(256)} - {*b'"', *STEPS})
TOO_LONG = Skip("lines that are too long")
NO_JSON = Skip("lines that are broken")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file holds its entries.

    Args:
        kind: of file.
        prefix: where they are in JSON, as ijson names it.
    """

    kind: Literal["json", "lines", "table", "text"]
    prefix: str = ""


OBJECTS = Layout("json")


def layouts(part: Part) -> list[Layout]:
    """What a file looks like from its beginning, the likeliest last: lists in an object may have
    its entries, or the object is one.
    """
    with part.text() as text:
        head = text.read(HEAD)
    if ARRAY.match(head):
        return [Layout("lines") if _has_lists(head) else Layout("json", "item")]
    if head.lstrip().startswith("{"):
        lists = [] if LINES.match(head) else [Layout("json", f"{one}.item") for one in _lists(head)]
        return [*lists, OBJECTS if SPREAD.match(head) else Layout("lines")]
    return [Layout("table" if _heads(iter(head.splitlines()))[2] else "text")]


def entries(text: IO[str], layout: Layout) -> Iterator[tuple[str, object]]:
    """The values in a file, each with its place; a `Skip` in the place of one that is broken.

    Raises:
        one of `BREAKS`: the file ends in the middle, or is damaged.
    """
    if layout == OBJECTS:
        raw = _Bytes(text)
        for number, value in enumerate(_values(raw), 1):
            raw.since = 0
            yield f"entry {number}", value
    elif layout.kind == "json":
        raw = _Bytes(text)
        found = ijson.items(
            raw, layout.prefix, use_float=True, multiple_values=True, buf_size=CHUNK
        )
        for number, value in enumerate(found, 1):
            raw.since = 0
            yield f"entry {number}", value
    elif layout.kind == "table":
        yield from _rows(text)
    else:
        for number, line in enumerate(lines(text), 1):
            if number == 1 and line and not line.endswith("\n"):
                yield from (("line 1", one) for one in _only(line))
            elif line is None or line.strip():
                yield f"line {number}", _value(line)


def _only(line: str) -> Iterator[object]:
    """The value of a file that is one line; what there is of it, where the file was cut."""
    value = _value(line)
    yield from [value] if value is not NO_JSON else _values(_Bytes(io.StringIO(line)))


def _values(raw: "_Bytes") -> Iterator[object]:
    """Values one after the other; the last one as far as it goes, before the error is raised."""
    build, depth, begun = ObjectBuilder(), 0, False
    try:
        for event, value in ijson.basic_parse(
            raw, use_float=True, multiple_values=True, buf_size=CHUNK
        ):
            build.event(event, value)
            depth += event in ("start_map", "start_array")
            depth -= event in ("end_map", "end_array")
            begun = depth > 0
            if not begun:
                yield build.value
                build = ObjectBuilder()
    except ijson.JSONError:
        if begun:
            yield build.value
        raise


def _has_lists(head: str) -> bool:
    """Whether the first line of a text is a whole list, and another value follows."""
    first, _, rest = head.lstrip().partition("\n")
    return rest.lstrip().startswith(("[", "{")) and _value(first) is not NO_JSON


def _lists(head: str) -> Iterator[str]:
    """The names under which the object at the beginning of a file has lists of objects or lists."""
    depth, name, before = 0, "", ""
    with suppress(ijson.JSONError):
        for event, value in ijson.basic_parse(io.BytesIO(head.encode())):
            if depth == 1 and event == "map_key":
                name = value
            if depth == 2 and before == "start_array" and event in ("start_map", "start_array"):
                yield name
            depth += event in ("start_map", "start_array")
            depth -= event in ("end_map", "end_array")
            before = event


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
    except ValueError:
        return NO_JSON
    except RecursionError:
        return _deep(line or "")


def _deep(line: str) -> object:
    """A line that is nested deeper than Python's own parser goes."""
    try:
        (value,) = list(_values(_Bytes(io.StringIO(line), DEEPEST_LINE)))
    except (ijson.JSONError, ValueError):
        return NO_JSON
    return value


def _without_nan(data: bytes, within: bool) -> bytes:
    """JSON with `NO_VALUE` in the place of what is no number; what stands in strings stays.

    Args:
        data: a piece of it.
        within: whether it begins in a string.
    """
    rest = REST.match(data) if within else None
    end = rest.end() if rest else 0
    return data[:end] + NO_NUMBER.sub(lambda one: one[1] or NO_VALUE, data[end:])


class _Bytes:
    """A text as the bytes that a parser asks for, as far as it can hold what is in them.

    Args:
        text: of JSON; NaN, which other programs write, becomes `NO_VALUE`.
        deepest: brackets within brackets.
    """

    def __init__(self, text: IO[str], deepest: int = DEEPEST) -> None:
        self.since = 0
        """Characters read since the last value."""
        self._text, self._deep, self._depth, self._open = text, deepest, 0, b""

    def read(self, count: int) -> bytes:
        raw = self._text.read(count)
        self.since += len(raw)
        if self.since > LONGEST_LINE:
            raise ijson.JSONError(f"an entry has over {LONGEST_LINE:,} characters")
        data = raw.encode()
        within = self._open.startswith(b'"')
        if self._deepest(data) > self._deep:
            raise ijson.JSONError(f"an entry has over {self._deep} brackets within each other")
        return _without_nan(data, within) if b"NaN" in data or b"Infinity" in data else data

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
