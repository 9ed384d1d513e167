"""What anybody writes, without what a screen would obey: the one place that decides.

Left out are control characters (a terminal's orders begin with one), the ones that turn the
direction of text around (what is read is then not what is there), invisible ones (what is there is
then not seen) and halves of characters. What writing needs of them stays: joiners in the scripts
and the emoji that have them, the selectors behind an ideograph, the letters of a region's flag.
"""

import re

_JOINED = r"\u0590-\u08ff\u0900-\u109f\u1780-\u18aa\ufb1d-\ufefc"
"""Scripts whose letters change by joiners: Hebrew to Arabic, Indic, Khmer, Mongolian."""
_EMOJI = r"\u200d\u20e3\u2190-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff"
_IDEOGRAPH = r"\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"

_OBEYED = re.compile(
    r"(\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f)"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"  # C0 but tab and newline, C1
    r"|[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e]"
    r"|[\u2060-\u206f\u3164\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff]"
    rf"|(?<![{_JOINED}{_EMOJI}])[\u200c\u200d]|[\u200c\u200d](?![{_JOINED}{_EMOJI}])"
    rf"|(?<![{_IDEOGRAPH}\u2190-\u33ff#*0-9\u1000-\u104f{_EMOJI}])[\ufe00-\ufe0f]"
    rf"|(?<![{_IDEOGRAPH}])[\U000e0100-\U000e01ef]"
    r"|[\U000e0000-\U000e00ff\U000e01f0-\U000e0fff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a]"
    r"|[\U00013430-\U0001345f\U000110bd\U000110cd]"
)
_SEPARATORS = re.compile("[\u2028\u2029]")
_SUSPECT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f-\U0010ffff]")


def printable(text: str) -> str:
    """The text without what a terminal obeys, hides or turns around, and without halves.

    Args:
        text: from a model, a user, a vendor or a file.
    """
    if not _SUSPECT.search(text):
        return text
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _OBEYED.sub(r"\1", _SEPARATORS.sub(" ", joined))
