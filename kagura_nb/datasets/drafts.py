"""What each conversation would be in a training file, or why it is left out.

    sft   a good reply, or the correction of one                                  one row
    dpo   a correction and the reply it corrects; a good and a poor reply to      one row
          the same messages
    kto   good and poor replies, each by itself; a correction and what it         one or two
          corrects

Nothing has passed the door for training yet, see `admission`.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from kagura_nb.errors import DatasetError
from kagura_nb.prompt import SYSTEM
from kagura_nb.records import GOOD_RATING, POOR_RATING, Conversation, Message, Method, Policy, Row
from kagura_nb.store import ConversationCollector, Selection

CORRECTED = 6
"""Rank of a corrected conversation: above five stars."""
SAME = "its two replies are the same"


@dataclass(frozen=True, slots=True)
class Spec:
    """What a dataset is made of.

    Args:
        selection: which conversations are meant; those with 4 stars and more, and the corrected
            ones, where it names no stars.
        method: what they are for.
        policy: what becomes of personal data: label, surrogate or drop.

    Raises:
        DatasetError: replies that are not good would stand for good ones.
    """

    selection: Selection = Selection()
    method: Method = "sft"
    policy: Policy = "label"

    def __post_init__(self) -> None:
        least = self.selection.min_rating or GOOD_RATING
        if self.method != "sft" and least < GOOD_RATING:
            raise DatasetError(
                f"{self.method} tells good replies from poor ones, and {least} stars are not good",
                f"Ask for {GOOD_RATING} stars or more, or for no number",
            )

    @property
    def words(self) -> str:
        """The selection in words."""
        least = self.selection.min_rating or GOOD_RATING
        return ", ".join([f"{least} stars and more", *self.selection.words])


@dataclass(frozen=True, slots=True)
class Draft:
    """A row on its way into a dataset, as it was said.

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


def drafts(store: ConversationCollector, spec: Spec) -> Iterator[Draft]:
    """A draft for every conversation that is meant, always in the same order.

    A row begins with the system text that the assistant sends, unless its conversation had one of
    its own: a model learns to answer as it will be asked.
    """
    system = Message("system", store.settings.system or SYSTEM)
    liked = spec.selection
    if liked.min_rating is None:
        liked = replace(liked, min_rating=GOOD_RATING)
    poor = replace(spec.selection, min_rating=None, max_rating=POOR_RATING)
    worse = _by_messages(store, poor) if spec.method == "dpo" else {}
    for one in store.iterate(liked):
        if spec.method == "dpo":
            yield _compared(store, one, system, worse)
        else:
            yield _row(one, one.reply, system)
        if spec.method == "kto" and _is_corrected(one):
            yield _row(one, one.response, system, good=False)
    if spec.method == "kto":
        for one in store.iterate(poor):
            yield _row(one, one.reply, system, good=False)


def _compared(
    store: ConversationCollector, one: Conversation, system: Message, worse: Mapping[bytes, str]
) -> Draft:
    first = _row(one, one.reply, system)
    if _is_corrected(one):
        return _pair(first, _row(one, one.response, system))
    if other := worse.get(_key(one)):
        poor = store.get(other)
        return _pair(first, _row(poor, poor.reply, system))
    return Draft((one.id,), reason="no worse reply to compare with")


def _row(one: Conversation, reply: str, system: Message, *, good: bool = True) -> Draft:
    if reason := _unfit(one, reply):
        return Draft((one.id,), reason=reason)
    framed = any(message.role == "system" for message in one.messages)
    messages = one.messages if framed else (system, *one.messages)
    return Draft((one.id,), Row(messages, reply, good=good), rank=_rank(one))


def _pair(better: Draft, worse: Draft) -> Draft:
    ids = tuple(dict.fromkeys((*better.conversations, *worse.conversations)))
    if better.row is None or worse.row is None:
        return Draft(ids, reason=better.reason or worse.reason)
    if better.row.reply == worse.row.reply:
        return Draft(ids, reason=SAME)
    return Draft(ids, replace(better.row, rejected=worse.row.reply), rank=better.rank)


def _is_corrected(one: Conversation) -> bool:
    return one.correction is not None and one.correction != one.response


def _unfit(one: Conversation, reply: str) -> str | None:
    if one.excluded is not None:
        return f"excluded {one.excluded}"
    if not one.complete:
        return "the reply was cut short"
    return None if reply.strip() else "the reply is empty"


def _rank(one: Conversation) -> int:
    return CORRECTED if one.correction is not None else one.rating or 0


def _by_messages(store: ConversationCollector, selection: Selection) -> dict[bytes, str]:
    """The latest usable conversation for every sequence of messages."""
    return {_key(one): one.id for one in store.iterate(selection) if _unfit(one, one.reply) is None}


def _key(one: Conversation) -> bytes:
    said = json.dumps([(message.role, message.content) for message in one.messages])
    return hashlib.blake2b(said.encode(), digest_size=16).digest()
