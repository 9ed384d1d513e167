"""What the owner of a dataset should know before training on it."""

import numpy as np
from numpy.typing import NDArray

Count = NDArray[np.int64]
"""Shape (rows,)."""
FEWEST = 10
"""Rows below which OpenAI refuses a file ("Supervised fine-tuning", 2026-11)."""
ENOUGH = 50
"""Rows from which OpenAI expects a difference (same page)."""
LONG = 8_192
"""Tokens of a row that many models of one's own machine cannot take."""
MUCH = 0.3


def remarks(tokens: Count, replies: Count, duplicates: int) -> tuple[str, ...]:
    """Warnings, a line each.

    Args:
        tokens: of each row.
        replies: something equal for equal replies, of each row.
        duplicates: rows that were left out because others say nearly the same.
    """
    rows = len(tokens)
    plural = "" if rows == 1 else "s"
    long = np.count_nonzero(tokens > LONG)
    common = np.unique(replies, return_counts=True)[1].max()
    found = {
        f"{rows} row{plural}: little is learnt, and OpenAI refuses fewer than {FEWEST}.": (
            rows < FEWEST
        ),
        f"{rows} rows are few: from {ENOUGH} on a difference can be expected.": (
            FEWEST <= rows < ENOUGH
        ),
        f"{long} of {rows} rows have over {LONG:,} tokens: small models cannot take them.": (
            long > 0
        ),
        f"One-sided: {common} of {rows} rows have the same reply.": (
            rows >= FEWEST and common > MUCH * rows
        ),
        f"{duplicates} rows said nearly the same as others and are left out.": (
            duplicates > MUCH * (rows + duplicates)
        ),
    }
    return tuple(line for line, holds in found.items() if holds)
