"""Lexical search: BM25 over full-text postings, with each conversation's neighbours as context.

    score = Σ idf · f · (k1 + 1) / (f + k1 · (1 - b + b · length / mean length))

f is not how often a word occurs but where: 1 in the conversation, less in its neighbours
(`roster.CONTEXT`), 1 more for the speaker's name or the date. The length counts the neighbours in
the same way. Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009; idf in the
form that is never negative.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from kagura_nb.memory.roster import Roster, Scores, Slots
from kagura_nb.memory.text import words
from kagura_nb.store import index_search

K1 = 0.8
B = 0.5

MOST_TERMS = 48
"""Different words of a prompt that are looked up: its first and its last ones."""
MOST_POSTINGS = 40_000
"""Occurrences read for one prompt. A word that exceeds its share of them says too little to be
worth its time, and is left out while a rarer one is there."""

MOST_UNKNOWN = 6
"""Words of a prompt that no conversation has, of which it counts that they are missing: a longer
prompt is related to what it names no less."""


@dataclass(frozen=True, slots=True)
class Lexical:
    """What the words of a prompt found.

    Args:
        scores: BM25 of every conversation, shape (slots,).
        possible: the score of a conversation that has all the words once; 0 for no words.
    """

    scores: Scores
    possible: float


def terms_of(prompt: str) -> list[str]:
    """The words of a prompt that are looked up."""
    found = list(dict.fromkeys(words(prompt)))
    half = MOST_TERMS // 2
    return found if len(found) <= MOST_TERMS else found[:half] + found[-half:]


def search(connection: Connection, roster: Roster, terms: Sequence[str]) -> Lexical:
    """Score every conversation by its words.

    Args:
        connection: to the store.
        roster: the conversations.
        terms: of `terms_of`.
    """
    total = len(roster)
    scores = np.zeros(total, np.float32)
    if not total or not terms:
        return Lexical(scores, 0.0)
    share = max(MOST_POSTINGS // len(terms), 1)
    found = index_search.postings(connection, terms, share)
    rare = [one for one in found if max(map(len, one)) < share] or found
    norm = _norm(roster)
    possible, unknown = 0.0, 0
    for body, label in rare:
        own, labelled = roster.slots(body), roster.slots(label)
        idf = _idf(total, own, labelled)
        if not (len(own) or len(labelled)):
            unknown += 1
            possible += idf if unknown <= MOST_UNKNOWN else 0.0
        else:
            possible += idf
            frequency = roster.spread(own)
            frequency[labelled] += 1
            scores += idf * (K1 + 1) * frequency / (frequency + norm)
    return Lexical(scores, possible)


def _idf(total: int, own: Slots, labelled: Slots) -> float:
    holders = min(len(own) + len(labelled), total)
    return float(np.log1p((total - holders + 0.5) / (holders + 0.5)))


def _norm(roster: Roster) -> Scores:
    """k1 and the length's part of the denominator, for every conversation."""
    length = roster.context_length
    mean = max(float(length.mean()), 1.0)
    return (K1 * (1 - B + B * length / mean)).astype(np.float32)
