"""Words and vectors into one ranking: a pure function.

    score = bm25 / best bm25 + weight · cosine

Reciprocal-rank fusion, the usual choice, forgets how clearly the words matched and ranked worse
than words alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kagura_nb.memory.roster import Scores, Slots

LEXICAL_FLOOR = 0.15
"""Share of the prompt's words, weighed by their rarity, from which a text is related to it."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One result.

    Args:
        slot: which conversation.
        score: fused, higher is better.
        lexical: share of the prompt's words that it has, 0 to 1.
        dense: cosine, -1 to 1.
    """

    slot: int
    score: float
    lexical: float
    dense: float


def fuse(
    slots: Slots,
    lexical: Scores,
    cosine: Scores,
    *,
    possible: float,
    weight: float,
    floor: float,
    limit: int,
) -> Sequence[Hit]:
    """Rank the candidates, and leave out those that are not related to the prompt.

    Args:
        slots: the candidates, shape (n,).
        lexical: their BM25, shape (n,).
        cosine: their cosines with the prompt, shape (n,).
        possible: BM25 of a text with all the prompt's words.
        weight: of the cosine beside the best lexical match.
        floor: cosine from which a text is related to the prompt.
        limit: at most so many results.

    Returns:
        Best first; among equals the newest.
    """
    share = np.minimum(lexical / possible, 1.0) if possible else np.zeros_like(lexical)
    best = float(lexical.max(initial=0.0)) or 1.0
    score = lexical / best + weight * cosine
    order = np.lexsort((-slots, -score))
    order = order[(share[order] >= LEXICAL_FLOOR) | (cosine[order] >= floor)][:limit]
    return [
        Hit(int(slots[one]), float(score[one]), float(share[one]), float(cosine[one]))
        for one in order
    ]


def top(scores: Scores, count: int) -> Slots:
    """The places of the `count` highest positive scores, in any order."""
    places = np.flatnonzero(scores > 0)
    if len(places) > count:
        places = places[np.argpartition(scores[places], -count)[-count:]]
    return places
