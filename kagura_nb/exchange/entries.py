"""A file's entries, one by one: what stands between its brackets, on its lines, in its rows.

array    [{…}, {…}]                  parsed as it comes; where it breaks off, its rest is lost
spread   {… over several lines …}    the same, one value after the other
lines    {…}⏎{…}⏎                    JSON Lines; a broken line is passed over
table    id,rating⏎01H…,5⏎           CSV, by commas, semicolons or tabs
text     anything else
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from typing import IO, Literal

import ijson

from kagura_nb.exchange.dialogue import Skip
from kagura_nb.exchange.files import BROKEN, HEAD, Part

Shape = Literal["array", "spread", "lines", "table", "text"]
BREAKS = (ijson.JSONError, csv.Error, *BROKEN)
"""What is raised where a file breaks off."""
ARRAY = re.compile(r"\s*\[\s*[\[{\]]")
SPREAD = re.compile(r'\s*\{[^\n]*\n\s*["}]')
TABLE = re.compile(r'\s*"?id"?\s*([,;\t])', re.IGNORECASE)
"""Ids come first in a table."""
LONGEST_LINE = 64_000_000
"""Characters of a line; longer ones are passed over."""
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
    return "table" if TABLE.match(head) else "text"


def entries(text: IO[str], shape: Shape) -> Iterator[tuple[str, object]]:
    """The values in a file, each with its place; a `Skip` in the place of one that is broken.

    Raises:
        one of `BREAKS`: the file ends in the middle, or is damaged.
    """
    if shape in ("array", "spread"):
        prefix = "item" if shape == "array" else ""
        found = ijson.items(_Bytes(text), prefix, use_float=True, multiple_values=True)
        yield from ((f"entry {number}", value) for number, value in enumerate(found, 1))
    elif shape == "table":
        yield from _rows(text)
    else:
        for number, line in enumerate(lines(text), 1):
            if line is None or line.strip():
                yield f"line {number}", _value(line)


def lines(text: IO[str]) -> Iterator[str | None]:
    """The lines of a text; None in the place of one that is too long."""
    while line := text.readline(LONGEST_LINE):
        cut = len(line) == LONGEST_LINE and not line.endswith("\n")
        while cut and (rest := text.readline(LONGEST_LINE)) and not rest.endswith("\n"):
            pass
        yield None if cut else line


def _rows(text: Iterable[str]) -> Iterator[tuple[str, object]]:
    rows = iter(text)
    heads = next(rows)
    match = TABLE.match(heads)
    delimiter = match[1] if match else ","
    names = [one.strip().lower() for one in next(csv.reader([heads], delimiter=delimiter))]
    reader = csv.DictReader(rows, names, restval="", delimiter=delimiter)
    for row in reader:
        yield f"line {reader.line_num + 1}", row


def _value(line: str | None) -> object:
    try:
        return TOO_LONG if line is None else json.loads(line)
    except (ValueError, RecursionError):
        return NO_JSON


class _Bytes:
    """A text as the bytes that a parser asks for."""

    def __init__(self, text: IO[str]) -> None:
        self._text = text

    def read(self, count: int) -> bytes:
        return self._text.read(count).encode()
