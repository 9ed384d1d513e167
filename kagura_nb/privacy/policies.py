"""What becomes of the findings in a text: pure functions.

    label       Call [REDACTED_PHONE]
    surrogate   Call 090-0000-5512, the same fake for the same value under the same key
    drop        the text is not used

A secret drops the text under every policy of training, see `train`.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from random import Random
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Literal, get_args

from kagura_nb.privacy.normal import normalise
from kagura_nb.privacy.table import SECRETS
from kagura_nb.privacy.validators import compact
from kagura_nb.records import Finding

Policy = Literal["label", "surrogate", "drop"]
POLICIES: tuple[Policy, ...] = get_args(Policy)
ENGLISH_NAMES = ("Alex Carter", "Robin Hayes", "Sam Ellis", "Kim Parker", "Jo Miller", "Chris Reed")
JAPANESE_NAMES = ("山川花子", "海野一郎", "森野太郎", "川上桜", "空田光", "石原草太")
ENGLISH_STREETS = ("1 Example Street", "12 Sample Road", "34 Placeholder Avenue", "5 Model Lane")
JAPANESE_STREETS = ("見本県例示市仮町1-2-3", "見本県例示市架空4-5-6", "見本県試作市仮町7-8-9")

KINDS = (digits, ascii_uppercase, ascii_lowercase)

Fake = Callable[[str, str, int], str]
"""From the type, the value and a number that the value always gets."""


def label(text: str, findings: Iterable[Finding]) -> str:
    """The text with `[REDACTED_TYPE]` for every finding."""
    return _replace(text, findings, lambda one: f"[REDACTED_{one.type}]")


def surrogate(text: str, findings: Iterable[Finding], key: bytes) -> str:
    """The text with a fake of the same form for every finding.

    Args:
        text: the original.
        findings: in it, in order.
        key: up to 64 bytes; the same key gives the same value the same fake, and without the key
            nobody can find the value by trying.
    """
    return _replace(text, findings, lambda one: _fake(one.type, text[one.start : one.end], key))


def train(text: str, findings: Sequence[Finding], policy: Policy, key: bytes = b"") -> str | None:
    """The text as it may be trained on, None where it must not be.

    Args:
        text: the original.
        findings: in it, in order.
        policy: what to do with personal data; secrets always drop the text.
        key: see `surrogate`.
    """
    secret = any(one.type in SECRETS for one in findings)
    if findings and (secret or policy == "drop"):
        return None
    return surrogate(text, findings, key) if policy == "surrogate" else label(text, findings)


def _replace(text: str, findings: Iterable[Finding], by: Callable[[Finding], str]) -> str:
    parts, end = [], 0
    for one in findings:
        parts += [text[end : one.start], by(one)]
        end = one.end
    return "".join([*parts, text[end:]])


def _fake(type: str, value: str, key: bytes) -> str:
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
    """Every digit and ASCII letter becomes another of its kind, the rest stays."""
    source = Random(number)
    return "".join(
        source.choice(next((kind for kind in KINDS if one in kind), one))
        for one in normalise(value).text
    )


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
