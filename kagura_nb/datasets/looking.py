"""Looking through conversations before any dataset: what is private in them, and which are alike.

missing ──> look, some at a time ──> remembered in the store, see `store.looked`
                                       └─> filters by type, and `like`
"""

from collections.abc import Sequence
from functools import cache

import numpy as np

from kagura_nb.datasets.admission import fingerprint, signature
from kagura_nb.datasets.duplicates import ALIKE, ROWS, SIZE
from kagura_nb.privacy import PrivacyFilter
from kagura_nb.records import Conversation, Row
from kagura_nb.store import ConversationCollector, looked
from kagura_nb.store.looked import Look

PART = 4 * ROWS
"""Bytes of a signature that are compared at a time."""
PLACES = range(0, PART * (1 + int(SIZE * (1 - ALIKE))), PART)
"""So many parts that two signatures which differ in `1 - ALIKE` of their values share one."""
BATCH = 50
"""Conversations that are looked through before they are remembered together."""


def missing(store: ConversationCollector) -> list[str]:
    """Conversations that this version of the code has not looked through, newest first."""
    with store.database.read() as connection:
        return looked.missing(connection, fingerprint())


def count_missing(store: ConversationCollector) -> int:
    """How many those are, which is known sooner."""
    with store.database.read() as connection:
        return looked.count_missing(connection, fingerprint())


def look(store: ConversationCollector, ids: Sequence[str]) -> None:
    """Look through conversations.

    Args:
        store: has them.
        ids: no more than `BATCH`, so that others who write need not wait.
    """
    found = [(one, _look(one)) for one in store.get_many(ids).values()]
    with store.database.write() as connection:
        looked.add(connection, fingerprint(), found)


def like(store: ConversationCollector, one: Conversation) -> list[str]:
    """Those of which a dataset would keep only one, of all that were looked through; most alike
    first, the conversation itself not among them.
    """
    mine = _signature(one)
    with store.database.read() as connection:
        found = looked.sharing(connection, {at: mine[at : at + PART] for at in PLACES})
    values = np.frombuffer(mine, np.uint32)
    shares = {
        other: float((np.frombuffer(signature, np.uint32) == values).mean())
        for other, signature in found
        if other != one.id
    }
    alike = [other for other, share in shares.items() if share >= ALIKE]
    return sorted(alike, key=lambda other: -shares[other])


def _look(one: Conversation) -> Look:
    types = {finding.type for text in one.texts for finding in private().findings(text)}
    return Look(tuple(sorted(types)), _signature(one))


def _signature(one: Conversation) -> bytes:
    return signature(Row(one.messages, one.reply))


@cache
def private() -> PrivacyFilter:
    """The usual filter, made once."""
    return PrivacyFilter()
