"""Which rows each step sees: a plain function of seed and epoch, so that a run can go on anywhere.

Rows of similar length share a batch, so that little of it is padding; which ones, and in which
order the batches come, differs from epoch to epoch.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from random import Random

POOL = 50
"""Batches' worth of rows that are sorted by length together."""


def per_epoch(rows: int, size: int) -> int:
    """How many batches an epoch has."""
    return -(-rows // size)


def epochs(lengths: Sequence[int], size: int, count: int, seed: int) -> Iterator[list[int]]:
    """The indices of rows, batch by batch, of all epochs.

    Args:
        lengths: tokens of each row.
        size: rows of a batch at most.
        count: of epochs.
        seed: of the order.
    """
    return chain.from_iterable(epoch(lengths, size, f"{seed} {one}") for one in range(count))


def epoch(lengths: Sequence[int], size: int, seed: str) -> list[list[int]]:
    """One epoch's batches; their sizes differ by one at most, so that no row is left alone."""
    random = Random(seed)
    order = random.sample(range(len(lengths)), len(lengths))
    pools = [order[start : start + size * POOL] for start in range(0, len(order), size * POOL)]
    ordered = [row for pool in pools for row in sorted(pool, key=lengths.__getitem__)]
    count = per_epoch(len(ordered), size)
    cuts = [len(ordered) * cut // count for cut in range(count + 1)]
    batches = [ordered[start:end] for start, end in pairwise(cuts)]
    random.shuffle(batches)
    return batches
