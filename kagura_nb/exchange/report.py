"""What becomes of a file: counted while it is read, told at the end."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

EXAMPLES = 3
"""Places that are named for a reason."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a file.

    Args:
        format: of it.
        done: conversations that were added, or that ratings changed.
        known: those that were there already, or were rated so already.
        skipped: how much was not taken over, by reason, the most first.
        places: where each reason was met first, up to `EXAMPLES` of them.
        broken: where and how the file breaks off, empty where it does not.
        stopped: whether the user ended it.
        changed: ids of conversations whose ratings changed, or that came with good ones, in order.
        undo: the file whose import takes changed ratings back.
    """

    format: str
    done: int = 0
    known: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    places: Mapping[str, list[str]] = field(default_factory=dict)
    broken: str = ""
    stopped: bool = False
    changed: tuple[str, ...] = ()
    undo: Path | None = None


@dataclass(slots=True)
class Tally:
    """The counts so far."""

    done: int = 0
    known: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    places: dict[str, list[str]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def skip(self, reason: str, place: str) -> None:
        """Count what is not taken over."""
        self.skipped[reason] += 1
        met = self.places.setdefault(reason, [])
        if len(met) < EXAMPLES and place not in met:
            met.append(place)

    def report(
        self,
        format: str,
        *,
        stopped: bool = False,
        undo: Path | None = None,
    ) -> Report:
        """What has become of the file."""
        return Report(
            format,
            self.done,
            self.known,
            dict(self.skipped.most_common()),
            self.places,
            "; ".join(self.broken),
            stopped,
            tuple(self.changed),
            undo,
        )
