"""The one form in which recognizers see a text: same characters, same places.

    original    Ｔｅｌ：０９０ー１２３４−５６７８
    normalised  Tel:090-1234-5678

Full-width and mathematical letters, every script's digits, dashes and spaces become ASCII one for
one. Invisible characters vanish, so `offsets` leads from the normalised text back to the original.
Placeholders of an earlier masking become barriers, which no recognizer and no context crosses.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

BARRIER = "\x00"
PLACEHOLDER = re.compile(r"\[(?:REDACTED_[A-Z][A-Z0-9_]{0,40}|[A-Z][A-Z0-9_]{0,40}_[0-9]{1,6})\]")
"""A label of the training door or a numbered placeholder of the prompt door."""
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e007f]+"
)
DASHES = frozenset("‐‑‒–—―⁃⁻₋−─━﹘﹣－ｰ➖")
KANJI_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
KANJI_NUMBER = re.compile("[〇零一二三四五六七八九](?:[-ー の・]?[〇零一二三四五六七八九]){8,15}")
"""A number read out digit by digit; ten and hundred have no place in one."""
DASH_BETWEEN_DIGITS = re.compile("(?<=[0-9])[ーの](?=[0-9])")


class _Fold(dict[int, str]):
    """Code point to its normalised character, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold(chr(code))
        return folded


def _fold(character: str) -> str:
    if character in DASHES:
        return "-"
    if character == BARRIER or (character.isspace() and character not in "\n\r\t"):
        return " "
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    compatible = unicodedata.normalize("NFKC", character)
    return compatible if compatible.isascii() and len(compatible) == 1 else character


FOLD = _Fold()


@dataclass(frozen=True, slots=True)
class Normal:
    """A normalised text and the way back.

    Args:
        text: what recognizers read.
        offsets: of every character of `text` in the original; `range` where nothing vanished.
    """

    text: str
    offsets: Sequence[int]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span in the original text; invisible characters inside belong to it."""
        return self.offsets[start], self.offsets[end - 1] + 1


def normalise(text: str) -> Normal:
    """The form that recognizers read, see the module."""
    offsets: Sequence[int] = range(len(text))
    if not text.isascii():
        if INVISIBLE.search(text):
            gaps = [match.span() for match in INVISIBLE.finditer(text)]
            edges = [0, *(edge for gap in gaps for edge in gap), len(text)]
            kept = list(zip(edges[::2], edges[1::2], strict=True))
            offsets = [at for start, end in kept for at in range(start, end)]
            text = "".join(text[start:end] for start, end in kept)
        text = text.translate(FOLD)
        if "〇" in text or "零" in text:
            text = KANJI_NUMBER.sub(lambda match: match[0].translate(KANJI_DIGITS), text)
        text = DASH_BETWEEN_DIGITS.sub("-", text)
    elif BARRIER in text:
        text = text.replace(BARRIER, " ")
    if "[" in text:
        text = PLACEHOLDER.sub(lambda match: BARRIER * len(match[0]), text)
    return Normal(text, offsets)
