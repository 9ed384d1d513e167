"""The benchmarks in order, and the table that they print."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module

from tabulate import tabulate

BENCHMARKS = (
    "imports", "cells", "recall", "collecting", "traffic", "clicks", "practice", "privacy",
    "false_hits", "lora", "datasets", "curation", "dashboard", "exchange", "panel",
)  # fmt: skip
HEADS = ("what", "measured", "wanted", "ratio", "note")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Args:
        what: what was measured.
        measured: the figure.
        unit: its unit, shown behind it.
        at_most: the promise; None where nothing, or a least figure, is promised.
        at_least: a promise the other way round.
        note: what the figure does not say.
    """

    what: str
    measured: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    def cells(self) -> tuple[str, ...]:
        """The row as it is printed; the ratio says how much of the promise is used up."""
        sign, limit = ("≥", self.at_least) if self.at_most is None else ("≤", self.at_most)
        if limit is None:
            return self.what, self._text(self.measured), "", "", self.note
        kept = self.measured >= limit if sign == "≥" else self.measured <= limit
        ratio = f"{self.measured / limit:.2f}" if limit else ""
        verdict = ratio if kept else f"{ratio} MISSED".strip()
        return (
            self.what,
            self._text(self.measured),
            f"{sign} {self._text(limit)}",
            verdict,
            self.note,
        )

    def _text(self, number: float) -> str:
        digits = 0 if number == int(number) or abs(number) >= 100 else 1 if abs(number) >= 1 else 3
        return f"{number:,.{digits}f} {self.unit}".strip()


def show(rows: Iterable[Row]) -> None:
    """Print the table."""
    print(tabulate([one.cells() for one in rows], HEADS, disable_numparse=True))


def run(names: Iterable[str]) -> None:
    """Run benchmarks one after the other and print one table for all."""
    rows: list[Row] = []
    try:
        for name in names:
            print(f"{name} ...", file=sys.stderr, flush=True)
            rows += import_module(f"tests.bench.{name}").rows()
    finally:  # what has been measured is worth seeing whatever became of the rest
        show(rows)
