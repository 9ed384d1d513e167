"""Everything in a text that the rows of a table find, in order, without overlaps.

    normalise → candidates of every row → confidence from check and context → the surest ones
                       ↑                                                           │
                       └──── again with those masked, where they left a part ←─────┘

Of candidates that overlap, the surest wins, then the longest, then the first, then the row that
stands first in the table. The rounds are few for any text, see `widening`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count

from kagura_nb.privacy.normal import BARRIER, normalise, placeholders
from kagura_nb.privacy.recognizer import Recognizer, compiled
from kagura_nb.privacy.table import TABLE
from kagura_nb.privacy.widening import reach, widened
from kagura_nb.records import Finding

SURE = 0.5
"""Confidence from which a candidate is a finding."""
BEFORE, AFTER = 56, 20
"""Characters around a candidate in which words count as near."""
NEIGHBOURHOOD = 128
"""Characters around what is looked at again, more than any context is wide."""
DIGITS = "0123456789"
BEGINNING = 3
"""Characters of a literal by which a text is found not to have it; shorter ones are looked for."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span of the normalised text that a row claims."""

    start: int
    end: int
    confidence: float
    type: str


class Engine:
    """Rows, sorted so that those which cannot apply to a text are passed over quickly.

    Args:
        rows: the table, or the part of it that is switched on.
    """

    def __init__(self, rows: Iterable[Recognizer]) -> None:
        rows = tuple(rows)
        self._placeholder = placeholders({row.type for row in (*TABLE, *rows)})
        self._rows = sorted(rows, key=lambda row: -row.ceiling)
        self._shapes = {row.shape: compiled(row.shape).search for row in rows}
        self._always = {at for at, row in enumerate(self._rows) if not row.literals}
        hints = [(hint, at) for at, row in enumerate(self._rows) for hint in row.literals]
        self._short = [hint for hint in hints if len(hint[0]) < BEGINNING]
        self._hinted: dict[tuple[str, ...], list[tuple[str, int]]] = {}
        for hint in hints:
            self._hinted.setdefault(tuple(hint[0][:BEGINNING]), []).append(hint)
        self._beginnings = frozenset(self._hinted)

    def find(self, text: str) -> list[Finding]:
        """The findings, in order, with offsets in the original text."""
        normal = normalise(text, self._placeholder)
        view, found = normal.text, list[Candidate]()
        left = [(0, len(view))]
        for turn in count():
            chosen, left = _choose(view, self._relevant(view), left)
            found += _widened(view, chosen, reach(turn))
            if not left:
                break
            view = _around(_mask(view, found), left)
        return [
            Finding(one.type, *normal.original(one.start, one.end), one.confidence)
            for one in sorted(found, key=lambda one: one.start)
        ]

    def _relevant(self, text: str) -> list[Recognizer]:
        digits = sum(map(text.count, DIGITS))
        longest = max(map(len, text.split()), default=0)
        shapes = {shape for shape, search in self._shapes.items() if search(text)}
        beginnings = self._beginnings.intersection(zip(text, text[1:], text[2:], strict=False))
        hints = chain(self._short, *(self._hinted[beginning] for beginning in beginnings))
        hinted = {at for hint, at in hints if hint in text}
        rows = (self._rows[at] for at in sorted(self._always | hinted))
        return [
            row
            for row in rows
            if row.digits <= digits and row.token <= longest and row.shape in shapes
        ]


def _choose(
    text: str, rows: Sequence[Recognizer], where: Sequence[tuple[int, int]]
) -> tuple[list[Candidate], list[tuple[int, int]]]:
    """The winners in some spans, and the losers that have a part which no winner covers."""
    wanted = bytearray(len(text))
    for start, end in where:
        wanted[start:end] = b"\1" * (end - start)
    whole = len(text) - len(text.lstrip()), len(text.rstrip())
    claimed = bytearray(len(text))
    candidates = [one for row in rows for one in _candidates(text, row, whole, claimed)]
    candidates.sort(key=lambda one: (-one.confidence, one.start - one.end, one.start))
    taken, chosen, losers = bytearray(len(text)), [], []
    for one in candidates:
        if wanted.find(1, one.start, one.end) < 0:
            continue
        if taken.find(1, one.start, one.end) >= 0:
            losers.append(one)
        else:
            taken[one.start : one.end] = b"\1" * (one.end - one.start)
            chosen.append(one)
    left = [(one.start, one.end) for one in losers if taken.find(0, one.start, one.end) >= 0]
    return chosen, left if chosen else []


def _around(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with nothing in it but the spans and what is near them."""
    parts, done = [], 0
    for start, end in sorted(spans):
        low, high = max(done, start - NEIGHBOURHOOD), min(len(text), end + NEIGHBOURHOOD)
        if high > done:
            parts += [BARRIER * (low - done), text[low:high]]
            done = high
    return "".join([*parts, BARRIER * (len(text) - done)])


def _mask(text: str, chosen: Sequence[Candidate]) -> str:
    parts, end = [], 0
    for one in sorted(chosen, key=lambda one: one.start):
        parts += [text[end : one.start], BARRIER * (one.end - one.start)]
        end = one.end
    return "".join([*parts, text[end:]])


def _candidates(
    text: str,
    row: Recognizer,
    whole: tuple[int, int],
    claimed: bytearray,
) -> Iterator[Candidate]:
    """The row's candidates; those inside what a surer row claimed would lose and are passed over.

    Args:
        text: normalised.
        row: as sure as it may be, rows come in that order.
        whole: the span of the text without the space around it.
        claimed: the confidence in percent with which a character is claimed; updated.
    """
    ceiling = round(100 * row.ceiling)

    def free(start: int, end: int) -> bool:
        return claimed[start] < ceiling or claimed[end - 1] < ceiling

    for start, end in row.spans(text, free):
        if BARRIER in text[start:end]:
            continue
        confidence = _confidence(text, start, end, row, (start, end) == whole)
        if confidence >= SURE:
            yield Candidate(start, end, confidence, row.type)
            claimed[start:end] = bytes([round(100 * confidence)]) * (end - start)


def _widened(text: str, chosen: list[Candidate], by: int) -> list[Candidate]:
    if not by:
        return chosen
    chosen.sort(key=lambda one: one.start)
    spans = widened([(one.start, one.end) for one in chosen], text, BARRIER, by)
    return [
        replace(one, start=span[0], end=span[1]) for one, span in zip(chosen, spans, strict=True)
    ]


def _confidence(text: str, start: int, end: int, row: Recognizer, alone: bool) -> float:
    """How sure the words around make a candidate.

    A text that is nothing else is as good as a context word, but for rows that say nothing alone.
    """
    if alone and row.alone:
        return max(row.near, row.alone)
    before, after = text[max(0, start - BEFORE) : start], text[end : end + AFTER]
    if row.against and row.against(before.rpartition(BARRIER)[2], after.partition(BARRIER)[0]):
        return 0.0
    if row.near <= row.alone or not row.context:
        return row.alone
    known = row.context(before.replace(BARRIER, ""), after.replace(BARRIER, ""))
    return row.near if known else row.alone
