"""Which good conversations are shown to the model as examples: a pure choice.

Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): one after the other, the candidate
that is most relevant to the prompt and least like those already chosen. Relevance is the cosine of
the vectors, with a bonus for corrections, because the user wrote those replies, and a mild one for
recent conversations. Without vectors only the bonuses count: newest first.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from kagura_nb.records import Conversation

RELEVANCE = 0.7
"""Weight of relevance against diversity, 0 to 1."""
CORRECTED = 0.3
RECENT = 0.1
HALF_LIFE = 30.0
"""Days after which the bonus for being recent has halved."""

Vector = NDArray[np.float32]


def choose(
    candidates: Sequence[Conversation],
    limit: int,
    now: datetime,
    prompt: Vector | None = None,
    vectors: Mapping[str, Vector] | None = None,
) -> list[Conversation]:
    """Choose examples, best first.

    Args:
        candidates: conversations; those that are not good are never chosen.
        limit: at most so many.
        now: the time from which age is counted, aware.
        prompt: the prompt's vector, unit length, shape (dimension,); None where there is none.
        vectors: candidates' vectors by conversation id, like the prompt's; may lack some.
    """
    pool = list({one.id: one for one in candidates if one.good}.values())
    if not pool or limit <= 0:
        return []
    matrix = _matrix(pool, prompt, vectors or {})
    relevance = matrix @ prompt if prompt is not None else np.zeros(len(pool))
    relevance = relevance + np.array([_bonus(one, now) for one in pool])
    nearest = np.zeros(len(pool))
    chosen: list[int] = []
    while len(chosen) < min(limit, len(pool)):
        gain = RELEVANCE * relevance - (1 - RELEVANCE) * nearest
        gain[chosen] = -np.inf
        best = int(np.argmax(gain))
        chosen.append(best)
        nearest = np.maximum(nearest, matrix @ matrix[best])
    return [pool[position] for position in chosen]


def _matrix(
    pool: Sequence[Conversation], prompt: Vector | None, vectors: Mapping[str, Vector]
) -> Vector:
    """The candidates' vectors as rows; zeros for those without one."""
    dimension = 1 if prompt is None else len(prompt)
    matrix = np.zeros((len(pool), dimension), dtype=np.float32)
    for row, one in enumerate(pool):
        vector = vectors.get(one.id)
        if prompt is not None and vector is not None and len(vector) == dimension:
            matrix[row] = vector
    return matrix


def _bonus(one: Conversation, now: datetime) -> float:
    age = max(0.0, (now - one.created_at).total_seconds() / 86400)
    corrected = CORRECTED if one.correction is not None else 0.0
    return corrected + RECENT * float(0.5 ** (age / HALF_LIFE))
