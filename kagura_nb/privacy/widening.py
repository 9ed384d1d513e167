"""Why a search that repeats itself is over soon.

What is masked may bring something to light that it had hidden: a run of `様` is a name, then a
shorter run beside it, and so on for thousands of rounds. Two rounds are exact, which is more than
people's own texts need. From then on a finding takes its surroundings along, more in every round,
so that any text is done in a handful.
"""

from collections.abc import Sequence
from typing import AnyStr

EXACT = 2
"""Rounds in which a finding is what it is."""
FIRST, GROWTH = 512, 64
"""Characters on either side in the round after that, and how many times more in each further."""


def reach(turn: int) -> int:
    """How many characters on either side a finding takes along in a round, counted from 0."""
    return 0 if turn < EXACT else FIRST * GROWTH ** (turn - EXACT)


def widened(
    spans: Sequence[tuple[int, int]], closed: AnyStr, mark: AnyStr, by: int
) -> list[tuple[int, int]]:
    """The spans with what is around them.

    Args:
        spans: in order, none over another.
        closed: a text or marks as long as the text.
        mark: what in it stops a span.
        by: so many characters at most, and never into the next span.
    """
    result, floor = [], 0
    for (start, end), (limit, _) in zip(spans, [*spans[1:], (len(closed), 0)], strict=True):
        low, high = max(floor, start - by), min(limit, end + by)
        stop = closed.find(mark, end, high)
        floor = high if stop < 0 else stop
        result.append((max(low, closed.rfind(mark, low, start) + 1), floor))
    return result
