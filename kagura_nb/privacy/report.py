"""What a store holds that is private: how much of what, where, and what each policy would do.

A report carries no value: its excerpts show the words around one, with a label in its place.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from kagura_nb.privacy.filter import PrivacyFilter
from kagura_nb.privacy.policies import POLICIES, label
from kagura_nb.privacy.table import SECRETS
from kagura_nb.records import Conversation, Finding, Policy

MOST_PLACES = 100
"""Conversations that a report lists; it counts all of them."""
AROUND = 24
"""Characters of an excerpt before and after a finding."""


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation in which something was found.

    Args:
        conversation_id: which one.
        created_at: when its prompt was sent.
        types: what is in it, sorted.
        excerpt: the words around the first finding, every finding in them masked.
        excluded: whether it is kept out of training already.
    """

    conversation_id: str
    created_at: datetime
    types: tuple[str, ...]
    excerpt: str
    excluded: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What a policy would make of the training set, in conversations."""

    unchanged: int
    changed: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a scan.

    Args:
        scanned: conversations looked at.
        affected: those with a finding.
        counts: by type, most frequent first: findings, and conversations with one.
        places: the first `MOST_PLACES` affected conversations, in the order of the scan.
        effects: by policy.
    """

    scanned: int
    affected: int
    counts: Mapping[str, tuple[int, int]]
    places: tuple[Place, ...]
    effects: Mapping[Policy, Effect]


def scan(conversations: Iterable[Conversation], private: PrivacyFilter) -> Report:
    """Look through conversations, in constant memory.

    Args:
        conversations: read once; those that are good and whole are the training set.
        private: finds what counts.
    """
    findings, holders, training = Counter[str](), Counter[str](), Counter[str]()
    places: list[Place] = []
    scanned = affected = 0
    for one in conversations:
        scanned += 1
        found = list(_found(one, private))
        types = {finding.type for _, some in found for finding in some}
        if one.good:
            training["secret" if types & SECRETS else "personal" if types else "clean"] += 1
        if types:
            affected += 1
            findings.update(finding.type for _, some in found for finding in some)
            holders.update(types)
            if len(places) < MOST_PLACES:
                places.append(_place(one, found[0], types))
    counts = {type: (count, holders[type]) for type, count in findings.most_common()}
    effects = {policy: _effect(policy, training) for policy in POLICIES}
    return Report(scanned, affected, counts, tuple(places), effects)


def _found(
    conversation: Conversation, private: PrivacyFilter
) -> Iterator[tuple[str, list[Finding]]]:
    for text in conversation.texts:
        if found := private.findings(text):
            yield text, found


def _place(one: Conversation, first: tuple[str, list[Finding]], types: set[str]) -> Place:
    text, found = first
    begin, end = max(0, found[0].start - AROUND), found[0].end + AROUND
    inside = [finding for finding in found if finding.end <= end]
    cut = next((finding.start for finding in found if finding.start < end < finding.end), end)
    masked = label(text[:cut], inside)[begin:]
    excerpt = f"{'…' if begin else ''}{' '.join(masked.split())}{'…' if cut < len(text) else ''}"
    return Place(one.id, one.created_at, tuple(sorted(types)), excerpt, bool(one.excluded))


def _effect(policy: Policy, training: Counter[str]) -> Effect:
    clean, personal, secret = (training[one] for one in ("clean", "personal", "secret"))
    if policy == "drop":
        return Effect(clean, 0, personal + secret)
    return Effect(clean, personal, secret)
