"""The one form in which recognizers see a text: same characters, same places.

    original    Ｔｅｌ：０９０ー１２３４−５６７８
    normalised  Tel:090-1234-5678

Full-width and mathematical letters, every script's digits, dashes and spaces become ASCII one for
one, half-width kana become full. Escapes of programs, addresses and pages become what they stand
for, as wide as they were; letters that are written as escapes or in brackets, so that no machine
finds an address, stand for themselves. Invisible characters vanish, so `offsets` leads from the
normalised text back to the original.
Placeholders of an earlier masking become barriers, which no recognizer crosses.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import unescape

BARRIER = "\x00"
PLACEHOLDER = re.compile(r"\[(?:REDACTED_[A-Z][A-Z0-9_]{0,40}|[A-Z][A-Z0-9_]{0,40}_[0-9]{1,6})\]")
"""A label of the training door or a numbered placeholder of the prompt door."""
INVISIBLE = re.compile(
    "(?:[\x01-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u070f\u08e2\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    "|(?<=[!-~])[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
    "|\x00(?=[!-~]\x00)|(?<=\x00[!-~])\x00)+"
)
"""Default_Ignorable_Code_Point, format and control characters (Unicode 16), accents upon ASCII, and
what two-byte encodings leave between letters."""
PLAIN = re.compile(r"[\t-\r -~]*")
"""A text in which everything is visible, which is found out much more quickly."""
ESCAPE = re.compile(
    r"(?:[\x1b\x9b]|\\(?:x1[bB]|033|e|u001[bB]))\[[0-9;]{0,8}[A-Za-z]"
    r"|\\(?:[nrtbfv\"']|u[0-9A-Fa-f]{4}|x[0-7][0-9A-Fa-f])"
    r"|%[0-7][0-9A-Fa-f]|(?:%[C-F][0-9A-F](?:%[89AB][0-9A-F]){1,3})"
    r"|&(?:quot|apos|nbsp|lt|gt|amp|#3[249]);"
)
"""Of terminals, programs, addresses and pages."""
SEPARATORS = "=:+&,;(){}|<>"
MARKS = {"ﾞ": "゛", "ﾟ": "゜", "ﾉ": "ノ"}
"""Half-width marks of kana stand behind their letter, and so do these."""
DISGUISE = re.compile(
    r"(?:&#(?:[xX]0{0,4}(?P<hex>[2-7][0-9A-Fa-f])|0{0,4}(?P<number>[3-9][0-9]|1[01][0-9]|12[0-6]));"
    r"|\\u(?:00(?P<code>[2-7][0-9A-Fa-f])|\{0{0,4}(?P<braced>[2-7][0-9A-Fa-f])\})"
    r"|[%=](?P<at>40|2[eE])|\\x(?P<byte>40|2[eE])|&(?P<name>commat|period);"
    r"|(?<=[0-9A-Za-z])\s?[\[({<](?P<mark>[.:@])[\])}>]\s?(?=[0-9A-Za-z]))"
)
"""A letter, digit, dot or at sign that is written so that it is not seen as one."""
HIDDEN = re.compile(r"&#|\\[ux]|[%=](?:40|2[eE])|&commat;|&period;|[\[({<][.:@][\])}>]")
"""What a text with a disguise has, and hardly any other."""
NAMES = {"commat": "@", "period": "."}
FILLER = "\u200b"
"""Takes the room of what vanishes."""
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
    if character in MARKS:
        return MARKS[character]
    if digit is not None:
        return str(digit)
    compatible = unicodedata.normalize("NFKC", character)
    kana = "\uff66" <= character <= "\uff9d"
    return compatible if len(compatible) == 1 and (compatible.isascii() or kana) else character


FOLD = _Fold()


def _undisguised(match: re.Match[str]) -> str:
    """The character itself, behind as much filling as its disguise took; else what it was."""
    kind, value = match.lastgroup, match[match.lastgroup or 0]
    if kind == "mark":
        one = value
    elif kind == "name":
        one = NAMES[value]
    else:
        one = chr(int(value, 10 if kind == "number" else 16))
    return one.rjust(len(match[0]), FILLER) if one.isalnum() or one in "@.:-_+" else match[0]


def _plain(match: re.Match[str]) -> str:
    """As wide as the escape: what it stands for where that separates values, else filling."""
    escape, size = match[0], len(match[0])
    if "[" in escape:
        return " " * size
    if escape[0] == "\\" and size == 2:
        mark = escape[1] if escape[1] in "\"'" else " "
    elif escape[0] == "&" and escape[1] != "#":
        mark = unescape(escape)
    else:
        code = escape.strip("%\\ux&#;")
        mark = chr(int(code, 10 if escape[0] == "&" else 16)) if len(code) < 5 else "%"
    if mark in "\"'" or mark.isspace():
        return (" " if mark.isspace() else mark) * size
    return mark.rjust(size, ";") if mark in SEPARATORS else "%" * size


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
        """The span in the original text; what vanished inside or right before belongs to it."""
        return self.offsets[start - 1] + 1 if start else 0, self.offsets[end - 1] + 1


def placeholders(types: Iterable[str]) -> re.Pattern[str]:
    """What an earlier masking put in the place of these types, and nobody's own words."""
    names = "|".join(sorted(types, key=len, reverse=True))
    return re.compile(rf"\[(?:REDACTED_(?:{names})|(?:{names})_[0-9]{{1,6}})\]")


def normalise(text: str, placeholder: re.Pattern[str] = PLACEHOLDER) -> Normal:
    """The form that recognizers read, see the module."""
    offsets: Sequence[int] = range(len(text))
    if any(one in text for one in "\\%&=[({<") and HIDDEN.search(text):
        text = DISGUISE.sub(_undisguised, text)
    if any(one in text for one in "\\%&\x1b\x9b"):
        text = ESCAPE.sub(_plain, text)
    gaps = () if PLAIN.fullmatch(text) else [one.span() for one in INVISIBLE.finditer(text)]
    if gaps:
        edges = [0, *(edge for gap in gaps for edge in gap), len(text)]
        kept = list(zip(edges[::2], edges[1::2], strict=True))
        offsets = [at for start, end in kept for at in range(start, end)]
        text = "".join(text[start:end] for start, end in kept)
    if not text.isascii():
        text = text.translate(FOLD)
        if "〇" in text or "零" in text:
            text = KANJI_NUMBER.sub(lambda match: match[0].translate(KANJI_DIGITS), text)
        text = DASH_BETWEEN_DIGITS.sub("-", text)
    elif BARRIER in text:
        text = text.replace(BARRIER, " ")
    if "[" in text:
        text = placeholder.sub(lambda match: BARRIER * len(match[0]), text)
    return Normal(text, offsets)
