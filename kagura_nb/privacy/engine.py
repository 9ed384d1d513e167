"""Everything in a text that the rows of a table find, in order, without overlaps.

    normalise → candidates of every row → confidence from check and context → the surest ones
        ↑                                                                          │
        └──────────── again with those masked, until nothing is left ←─────────────┘

Of candidates that overlap, the surest wins, then the longest, then the first, then the row that
stands first in the table. What the winner leaves of a loser is looked at again.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kagura_nb.privacy.normal import BARRIER, normalise
from kagura_nb.privacy.recognizer import Recognizer, compiled
from kagura_nb.records import Finding

SURE = 0.5
"""Confidence from which a candidate is a finding."""
BEFORE, AFTER = 56, 20
"""Characters around a candidate in which words count as near."""
DIGITS = "0123456789"
MOST_GROUPS = 8
GROUP = re.compile(r"[0-9A-Za-z]+")


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
        kept = tuple(rows)
        self._always = [(row.digits, row) for row in kept if not row.literals]
        self._hinted = [(hint, row) for row in kept for hint in row.literals]

    def find(self, text: str) -> list[Finding]:
        """The findings, in order, with offsets in the original text."""
        normal = normalise(text)
        view, found = normal.text, list[Candidate]()
        while chosen := _choose(view, self._relevant(view)):
            found += chosen
            view = _mask(view, chosen)
        return [
            Finding(one.type, *normal.original(one.start, one.end), one.confidence)
            for one in sorted(found, key=lambda one: one.start)
        ]

    def _relevant(self, text: str) -> list[Recognizer]:
        digits = sum(map(text.count, DIGITS))
        always = [row for least, row in self._always if least <= digits]
        hinted = [row for hint, row in self._hinted if hint in text]
        return always + [row for row in dict.fromkeys(hinted) if row.digits <= digits]


def _choose(text: str, rows: Sequence[Recognizer]) -> list[Candidate]:
    candidates = [one for row in rows for one in _candidates(text, row)]
    candidates.sort(key=lambda one: (-one.confidence, one.start - one.end, one.start))
    taken, chosen = bytearray(len(text)), []
    for one in candidates:
        if not any(taken[one.start : one.end]):
            taken[one.start : one.end] = b"\1" * (one.end - one.start)
            chosen.append(one)
    return chosen


def _mask(text: str, chosen: Sequence[Candidate]) -> str:
    parts, end = [], 0
    for one in sorted(chosen, key=lambda one: one.start):
        parts += [text[end : one.start], BARRIER * (one.end - one.start)]
        end = one.end
    return "".join([*parts, text[end:]])


def _candidates(text: str, row: Recognizer) -> Iterator[Candidate]:
    whole = len(text) - len(text.lstrip()), len(text.rstrip())
    for start, end in row.spans(text):
        span = _valid(text, start, end, row)
        if span and BARRIER not in text[slice(*span)]:
            confidence = row.near if span == whole else _confidence(text, *span, row)
            confidence = max(confidence, row.alone) if span == whole else confidence
            if confidence >= SURE:
                yield Candidate(*span, confidence, row.type)


def _valid(text: str, start: int, end: int, row: Recognizer) -> tuple[int, int] | None:
    """The span, or with `split` the longest run of its groups, that the row's check accepts."""
    if row.check(text[start:end]):
        return start, end
    groups = [match.span() for match in GROUP.finditer(text, start, end)] if row.split else []
    if not 1 < len(groups) <= MOST_GROUPS:
        return None
    spans = [(first[0], last[1]) for at, first in enumerate(groups) for last in groups[at:]]
    spans.sort(key=lambda span: span[0] - span[1])
    return next((span for span in spans if row.check(text[slice(*span)])), None)


def _confidence(text: str, start: int, end: int, row: Recognizer) -> float:
    before = text[max(0, start - BEFORE) : start].rpartition(BARRIER)[2]
    if row.against and compiled(row.against).search(before):
        return 0.0
    if row.near <= row.alone or not row.context:
        return row.alone
    after = text[end : end + AFTER].partition(BARRIER)[0]
    context = compiled(row.context)
    near = context.search(before) or context.search(after)
    return row.near if near else row.alone
