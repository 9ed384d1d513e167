"""What becomes of the findings in a text: pure functions.

    label       Call [REDACTED_PHONE]
    surrogate   Call 090-0000-5512, the same fake for the same value under the same key
    drop        the text is not used

A secret drops the text under every policy of training, see `train`.

What stands in the place of a value may bring a context to bear that the value had kept apart, so
whoever lets a text go on uses `clean`, which looks again until nothing is left.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from random import Random
from string import ascii_lowercase, ascii_uppercase, digits
from typing import get_args

from kagura_nb.privacy.normal import normalise
from kagura_nb.privacy.table import SECRETS
from kagura_nb.privacy.validators import compact
from kagura_nb.privacy.widening import reach, widened
from kagura_nb.records import Finding, Policy

POLICIES: tuple[Policy, ...] = get_args(Policy)
ENGLISH_NAMES = ("Alex Carter", "Robin Hayes", "Sam Ellis", "Kim Parker", "Jo Miller", "Chris Reed")
JAPANESE_NAMES = ("山川花子", "海野一郎", "森野太郎", "川上桜", "空田光", "石原草太")
ENGLISH_STREETS = ("1 Example Street", "12 Sample Road", "34 Placeholder Avenue", "5 Model Lane")
JAPANESE_STREETS = ("見本県例示市仮町1-2-3", "見本県例示市架空4-5-6", "見本県試作市仮町7-8-9")

KINDS = (digits, ascii_uppercase, ascii_lowercase)

Fake = Callable[[str, str, int], str]
"""From the type, the value and a number that the value always gets."""
Find = Callable[[str], Sequence[Finding]]
"""From a text to what is in it, in order."""
Replacement = Callable[[str, str], str]
"""From the type and the value to what stands in its place."""


def label(text: str, findings: Iterable[Finding]) -> str:
    """The text with `[REDACTED_TYPE]` for every finding."""
    return _replace(text, bytes(len(text)), findings, labelled)[0]


def surrogate(text: str, findings: Iterable[Finding], key: bytes) -> str:
    """The text with a fake of the same form for every finding.

    Args:
        text: the original.
        findings: in it, in order.
        key: up to 64 bytes; the same key gives the same value the same fake, and without the key
            nobody can find the value by trying.
    """
    return _replace(text, bytes(len(text)), findings, partial(_fake, key))[0]


def train(text: str, find: Find, policy: Policy, key: bytes = b"") -> str | None:
    """The text as it may be trained on, None where it must not be.

    Args:
        text: the original.
        find: what counts.
        policy: what to do with personal data; secrets always drop the text.
        key: see `surrogate`.
    """
    kept, rounds = clean(text, find, partial(_fake, key) if policy == "surrogate" else labelled)
    types = {one.type for found in rounds for one in found}
    return None if types & SECRETS or (types and policy == "drop") else kept


def clean(text: str, find: Find, by: Replacement) -> tuple[str, list[Sequence[Finding]]]:
    """The text without what is found in it, also once that is replaced.

    Args:
        text: the original.
        find: what counts.
        by: makes what stands in its place.

    Returns:
        A text in which nothing is found but what was put there. What was found, round by round.
    """
    made, rounds = bytes(len(text)), [find(text)]
    while left := [one for one in rounds[-1] if not all(made[one.start : one.end])]:
        text, made = _replace(text, made, _widened(left, made, reach(len(rounds) - 1)), by)
        rounds.append(find(text))
    return text, rounds


def _widened(findings: Sequence[Finding], made: bytes, by: int) -> Sequence[Finding]:
    if not by:
        return findings
    spans = widened([(one.start, one.end) for one in findings], made, b"\1", by)
    return [replace(one, start=a, end=b) for one, (a, b) in zip(findings, spans, strict=True)]


def labelled(type: str, value: str) -> str:
    """The label of a type."""
    return f"[REDACTED_{type}]"


def _replace(
    text: str, made: bytes, findings: Iterable[Finding], by: Replacement
) -> tuple[str, bytes]:
    """The text with replacements, and for each of its characters whether it belongs to one."""
    parts, marks, end = [], [], 0
    for one in findings:
        new = by(one.type, text[one.start : one.end])
        parts += [text[end : one.start], new]
        marks += [made[end : one.start], b"\1" * len(new)]
        end = one.end
    return "".join([*parts, text[end:]]), b"".join([*marks, made[end:]])


def _fake(key: bytes, type: str, value: str) -> str:
    same = normalise(value).text.casefold()
    if type not in ("EMAIL", "PERSON", "ADDRESS", "URL"):
        same = compact(same) or same
    digest = hashlib.blake2b(f"{type}\0{same}".encode(), key=key, digest_size=16).digest()
    return FAKES.get(type, _scrambled)(type, value, int.from_bytes(digest))


def _listed(english: Sequence[str], japanese: Sequence[str]) -> Fake:
    def pick(type: str, value: str, number: int) -> str:
        names = english if normalise(value).text.isascii() else japanese
        return names[number % len(names)]

    return pick


def _phone(type: str, value: str, number: int) -> str:
    """The first three digits and the form stay, the last four are made up, zeros stand between."""
    form = normalise(value).text
    middle = max(0, sum(map(str.isdigit, form)) - 7)
    made = iter(f"{'0' * middle}{number % 10**4:04}")
    seen = 0
    result = []
    for one in form:
        seen += one.isdigit()
        result.append(next(made, "0") if one.isdigit() and seen > 3 else one)
    return "".join(result)


def _scrambled(type: str, value: str, number: int) -> str:
    """Every digit and ASCII letter becomes another of its kind; a label where others say it."""
    source, form = Random(number), normalise(value).text
    kinds = [next((kind for kind in KINDS if one in kind), one) for one in form]
    known = any(kind in KINDS for kind in kinds)
    if not known or any(one.isalnum() and not one.isascii() for one in form):
        return labelled(type, value)
    return "".join(map(source.choice, kinds))


FAKES: dict[str, Fake] = {
    "EMAIL": lambda type, value, number: f"user{number % 10**6:06}@example.com",
    "URL": lambda type, value, number: f"https://example.com/{number % 10**6:06}",
    "IP_ADDRESS": lambda type, value, number: (
        f"2001:db8::{number % 0xFFFF:x}" if ":" in value else f"203.0.113.{number % 254 + 1}"
    ),
    "PERSON": _listed(ENGLISH_NAMES, JAPANESE_NAMES),
    "ADDRESS": _listed(ENGLISH_STREETS, JAPANESE_STREETS),
    "PHONE": _phone,
}
"""Fakes from ranges that are reserved for examples (RFC 2606, 3849, 5737); others are scrambled."""
