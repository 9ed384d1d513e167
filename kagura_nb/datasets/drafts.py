"""What each conversation would be in a training file, or why it is left out.

    sft   a good reply, or the correction of one                                  one row
    dpo   a correction and the reply it corrects; a good and a poor reply to      one row
          the same messages
    kto   good and poor replies, each by itself; a correction and what it         one or two
          corrects

Every text has passed the door for training.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from kagura_nb.privacy import Policy, TrainingDoor
from kagura_nb.records import GOOD_RATING, POOR_RATING, Conversation, Method, Row
from kagura_nb.store import ConversationCollector, Selection

CORRECTED = 6
"""Rank of a corrected conversation: above five stars."""


@dataclass(frozen=True, slots=True)
class Spec:
    """What a dataset is made of.

    Args:
        selection: which conversations are meant; those with 4 stars and more, and the corrected
            ones, where it names no stars.
        method: what they are for.
        policy: what becomes of personal data: label, surrogate or drop.
    """

    selection: Selection = Selection()
    method: Method = "sft"
    policy: Policy = "label"

    @property
    def words(self) -> str:
        """The selection in words."""
        least = self.selection.min_rating or GOOD_RATING
        return ", ".join([f"{least} stars and more", *self.selection.words])


@dataclass(frozen=True, slots=True)
class Draft:
    """A row on its way into a dataset.

    Args:
        conversations: the ids of those it is made of.
        row: None where they are left out.
        reason: why they are left out, None where they are not.
        rank: of rows that are alike the one of the highest rank stays.
    """

    conversations: tuple[str, ...]
    row: Row | None = None
    reason: str | None = None
    rank: int = 0


def drafts(store: ConversationCollector, spec: Spec, door: TrainingDoor) -> Iterator[Draft]:
    """A draft for every conversation that is meant, always in the same order."""
    liked = spec.selection
    if liked.min_rating is None:
        liked = replace(liked, min_rating=GOOD_RATING)
    poor = replace(spec.selection, min_rating=None, max_rating=POOR_RATING)
    worse = _by_messages(store, poor) if spec.method == "dpo" else {}
    for one in store.iterate(liked):
        yield from _liked(store, one, spec.method, door, worse)
    if spec.method == "kto":
        for one in store.iterate(poor):
            yield _row(one, door, good=False)


def _liked(
    store: ConversationCollector,
    one: Conversation,
    method: Method,
    door: TrainingDoor,
    worse: Mapping[bytes, str],
) -> Iterator[Draft]:
    uncorrected = replace(one, correction=None)
    corrected = one.correction is not None and one.correction != one.response
    if method != "dpo":
        yield _row(one, door)
        if method == "kto" and corrected:
            yield _row(uncorrected, door, good=False)
    elif corrected:
        yield _pair(one, uncorrected, door)
    elif other := worse.get(_key(one)):
        yield _pair(one, store.get(other), door)
    else:
        yield Draft((one.id,), reason="no worse reply to compare with")


def _row(one: Conversation, door: TrainingDoor, *, good: bool = True) -> Draft:
    if reason := _unfit(one):
        return Draft((one.id,), reason=reason)
    admitted = door.admit(one)
    if admitted is None:
        return Draft((one.id,), reason=door.why(one))
    *messages, reply = admitted
    return Draft((one.id,), Row(tuple(messages), reply.content, good=good), rank=_rank(one))


def _pair(better: Conversation, worse: Conversation, door: TrainingDoor) -> Draft:
    first, second = _row(better, door), _row(worse, door)
    ids = tuple(dict.fromkeys((better.id, worse.id)))
    if first.row is None or second.row is None:
        return Draft(ids, reason=first.reason or second.reason)
    return Draft(ids, replace(first.row, rejected=second.row.reply), rank=first.rank)


def _unfit(one: Conversation) -> str | None:
    if one.excluded is not None:
        return f"excluded {one.excluded}"
    if not one.complete:
        return "the reply was cut short"
    return None if one.reply.strip() else "the reply is empty"


def _rank(one: Conversation) -> int:
    return CORRECTED if one.correction is not None else one.rating or 0


def _by_messages(store: ConversationCollector, selection: Selection) -> dict[bytes, str]:
    """The latest usable conversation for every sequence of messages."""
    return {_key(one): one.id for one in store.iterate(selection) if _unfit(one) is None}


def _key(one: Conversation) -> bytes:
    said = json.dumps([(message.role, message.content) for message in one.messages])
    return hashlib.blake2b(said.encode(), digest_size=16).digest()
