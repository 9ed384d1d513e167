"""The embedder that needs nothing: hashed words and their character n-grams.

A word and the 3- and 4-grams of `<word>` each add ±1 share to one of the vector's places, both
chosen by a hash (the hashing trick, Weinberger et al., ICML 2009). Words that share a stem or
differ by a typo share n-grams, so they come near each other, in any language. What it cannot know
is that two different words mean the same.
"""

import zlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kagura_nb.memory.embedders import LONGEST, Embedder, Spend, Vector, unit
from kagura_nb.memory.text import is_unspaced, words
from kagura_nb.settings import Settings

DIMENSION = 256
SIZES = (3, 4)


def open_builtin(_model: str, _settings: Settings, _spend: Spend) -> Embedder:
    """There is only one."""
    return BuiltinEmbedder()


class BuiltinEmbedder:
    """See `Embedder` for what it promises."""

    name = "builtin"
    weight = 0.3
    floor = 0.45

    def embed(self, texts: Sequence[str]) -> Vector:
        """Vectors of the texts; zeros for a text without words."""
        matrix = np.array([_sum(words(text[:LONGEST])) for text in texts], dtype=np.float32)
        return unit(matrix.reshape(len(texts), DIMENSION))


def _sum(said: Sequence[str]) -> NDArray[np.float64]:
    if not said:
        return np.zeros(DIMENSION)
    places, shares = zip(*map(_features, said), strict=True)
    total = np.bincount(np.concatenate(places), np.concatenate(shares), minlength=DIMENSION)
    return total.astype(np.float64)


@lru_cache(maxsize=50_000)
def _features(word: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The places that a word adds to, and how much to each."""
    grams = [] if is_unspaced(word) else _grams(f"<{word}>")
    hashes = np.array([zlib.crc32(one.encode()) for one in [word, *grams]], dtype=np.int64)
    signs = np.where(hashes >> 31, 1.0, -1.0)
    size = np.concatenate([[1.0], np.full(len(grams), max(len(grams), 1) ** -0.5)])
    return hashes % DIMENSION, signs * size


def _grams(padded: str) -> list[str]:
    starts = ((start, size) for size in SIZES for start in range(len(padded) - size + 1))
    return [padded[start : start + size] for start, size in starts]
