"""Exchanges that say nearly the same, found among any number of them.

What was said and the reply each become half of a MinHash signature (Broder 1997) of their runs of
five characters, which works in every language, so that a long text that many questions are about
does not make them one. Exchanges whose signatures share a band are compared (locality-sensitive
hashing, Indyk and Motwani 1998). Memory is 128 bytes an exchange.

Written here because datasketch, the library for it, takes a millisecond a text, twenty times as
long as this, and keeps kilobytes of objects for each.
"""

import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Signature = NDArray[np.uint32]
"""Shape (`SIZE`,)."""

HALF = 16
SIZE = 2 * HALF
ROWS = 4
"""Signature values of a band: texts that share 0.6 of their runs then share a band more often than
not."""
RUN = 5
ALIKE = 0.9
"""Share of equal signature values, an estimate of the mean share of common runs (Jaccard index),
from which two exchanges count as the same."""
END = 10_000
"""Characters at either end of a text that are looked at."""
_random = np.random.default_rng(20261123)
_FACTORS = _random.integers(1, 2**63, (SIZE, 1), dtype=np.uint64) * 2 + 1
_OFFSETS = _random.integers(0, 2**63, (SIZE, 1), dtype=np.uint64)
_POWERS = _random.integers(1, 2**63, RUN, dtype=np.uint64) * 2 + 1


def signature(said: str, reply: str) -> Signature:
    """The MinHash signature of an exchange; case, width and white space make no difference."""
    return np.concatenate([_lowest(said, slice(HALF)), _lowest(reply, slice(HALF, SIZE))])


def _lowest(text: str, values: slice) -> Signature:
    ends = text if len(text) <= 2 * END else text[:END] + text[-END:]
    same = " ".join(unicodedata.normalize("NFKC", ends).casefold().split())
    points = np.frombuffer(same.ljust(RUN).encode("utf-32-le", "replace"), np.uint32)
    hashes = np.convolve(points.astype(np.uint64), _POWERS[::-1], "valid")
    drawn = hashes * _FACTORS[values] + _OFFSETS[values]
    lowest: Signature = (drawn.min(axis=1) >> np.uint64(32)).astype(np.uint32)
    return lowest


def find(signatures: Sequence[Signature] | Signature, rank: NDArray[np.int64]) -> dict[int, int]:
    """Which exchanges say nearly the same as a better one.

    Args:
        signatures: shape (n, `SIZE`).
        rank: shape (n,); of two that are alike the one with the higher rank stays.

    Returns:
        For every one that goes the one that stays.
    """
    matrix = np.asarray(signatures, np.uint32).reshape(-1, SIZE)
    stays: dict[int, int] = {}
    for start in range(0, SIZE, ROWS):
        for group in _groups(np.ascontiguousarray(matrix[:, start : start + ROWS])):
            best, *others = sorted(group.tolist(), key=lambda one: (-rank[one], one))
            alike = (matrix[others] == matrix[best]).mean(axis=1) >= ALIKE
            for one, same in zip(others, alike.tolist(), strict=True):
                if same:
                    stays.setdefault(one, best)
    return {one: _end(stays, one) for one in stays}


def _groups(band: Signature) -> list[NDArray[np.int64]]:
    """The indexes that share a band with others."""
    keys = band.view(f"V{ROWS * 4}").ravel()
    order = np.argsort(keys, kind="stable")
    borders = np.flatnonzero(keys[order][1:] != keys[order][:-1]) + 1
    starts, ends = np.append(0, borders), np.append(borders, len(order))
    several = np.flatnonzero(ends - starts > 1)
    return [order[starts[one] : ends[one]] for one in several]


def _end(stays: dict[int, int], one: int) -> int:
    while one in stays:
        one = stays[one]
    return one
