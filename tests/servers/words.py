"""Words that occur once."""

import hashlib


def unique_word(seed: str) -> str:
    """A pronounceable word that no other seed gives."""
    letters = [digit % 5 for digit in hashlib.sha256(seed.encode()).digest()[:12]]
    more = [digit % 14 for digit in hashlib.sha256(seed.encode()).digest()[12:24]]
    pairs = zip(more, letters, strict=True)
    return "".join("bdfghklmnprstv"[one] + "aeiou"[two] for one, two in pairs)
