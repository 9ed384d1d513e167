"""Payment cards, told from the numbers of tables and logs.

One number in ten passes the check digit, so a card must also look like one:

    4111111111111111                its issuer's usual length
    4111 1111 1111 1111             or in the groups that are printed on it
    card: 4 1111 1111 1111 111 1    or however, behind a word for it

and stand by itself: in a row of numbers of its size, only cards are cards.
"""

import re
from collections.abc import Iterator

from kagura_nb.privacy.recognizer import Recognizer, behind, compiled, spelled, words
from kagura_nb.privacy.validators import card, compact

PAYING = (
    "card", "cards", "credit", "debit", "visa", "mastercard", "amex", "american express",
    "discover", "diners", "jcb", "maestro", "pan", "cc", "payment", "charge", "billed", "cvv",
    "cvc", "unionpay", "カード", "クレカ", "クレジット", "デビット", "決済", "支払",
)  # fmt: skip
WORDS = words(*PAYING)
NO_CARD = behind(
    "order", "invoice", "isbn", "ean", "gtin", "upc", "jan", "imei", "serial", "tracking", "id",
    "timestamp", "注文", "伝票", "追跡", "法人", "製造",
)  # fmt: skip
LABEL = (
    r"(?:[Cc]ards?|CARD|[Vv]isa|VISA|[Mm]aster ?[Cc]ard|[Aa]mex|AMEX|JCB|[Dd]iners|[Dd]iscover|"
    r"[Uu]nion ?[Pp]ay|カード|クレカ|クレジット|デビット)"
)
HINTS = (
    "ard", "ARD", "isa", "ISA", "mex", "MEX", "JCB", "iners", "iscover", "nion", "カード", "クレ",
    "デビ",
)  # fmt: skip
EDGE = r"(?<![0-9A-Za-z_].)(?<![0-9][-.].)(?<![0-9A-Fa-f]{4}-.)"
END = r"(?![0-9A-Za-z_]|[-.][0-9])"
DOTTED = r"(?<=[0-9]{4})[._](?=[0-9]{4})"
GROUPS = (
    r"[0-9]{3}(?P<gap>[ -]{1,2}|[._])(?:[0-9]{4}(?P=gap)[0-9]{4}(?P=gap)[0-9]{1,4}"
    r"(?P<more>(?P=gap)[0-9]{1,3})?|[0-9]{6}(?P=gap)[0-9]{4,5})|[0-9]{7}[ -][0-9]{8}"
)
FORM = rf"[0-9]{EDGE}(?:{GROUPS}|[0-9]{{13,18}})(?![0-9A-Za-z_])(?!\.[0-9]|-[0-9A-Fa-f]{{4}})"
USUAL = re.compile(r"[2-9][0-9]{15}|3[47][0-9]{13}|3(?:0[0-5]|[689])[0-9]{11,13}|(?:62|4)[0-9]{18}")
"""Lengths that issuers do use."""
NEIGHBOUR = r"(?<![0-9A-Za-z_.:/-])(?P<number>[0-9]+)(?P<gap>[\s,;|'\"]{1,4})\Z"
FOLLOWER = r"(?P<gap>[\s,;|'\"]{1,4})(?P<number>[0-9]+)(?![0-9A-Za-z_]|[.:/-][0-9])"
WIDTH = 26
"""Characters on either side in which a neighbour stands."""


def usual(value: str) -> bool:
    """A card, of a length that its issuer uses."""
    return card(value) and USUAL.fullmatch(compact(value)) is not None


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Where the cards are."""
    search, at, last = compiled(FORM).search, 0, -1
    while match := search(text, at):
        start, end = match.span()
        shorter = match.start("more") if match["more"] else end
        whole = next((one for one in {end: 0, shorter: 0} if usual(text[start:one])), 0)
        if whole and not _in_a_row(text, start, whole, last):
            yield start, whole
            at = last = whole
        else:
            at = start + len(match[0].split(match["gap"])[0]) if match["gap"] else end


def _in_a_row(text: str, start: int, end: int, last: int) -> bool:
    """Whether a number of the same size beside it is no card."""
    value = text[start:end]
    size = len(value) if value.isdigit() else 4

    def same(number: str, gap: str) -> bool:
        if value.isdigit():
            return len(number) == size and not card(number)
        return gap.isspace() and "\n" not in gap and len(number) >= size

    left = compiled(NEIGHBOUR).search(text, max(0, start - WIDTH), start)
    if left and left.end("number") != last and same(left["number"], left["gap"]):
        return True
    right = compiled(FOLLOWER).match(text, end, end + WIDTH)
    if not right or not same(right["number"], right["gap"]):
        return False
    following = compiled(FORM).match(text, right.start("number"))
    return not (following and card(following[0]))


ROWS = (
    Recognizer("CREDIT_CARD", "", 0.9, 0.97, WORDS, digits=14, finder=spans),
    Recognizer(
        "CREDIT_CARD",
        rf"{LABEL}[^0-9\n\x00]{{0,32}}(?P<value>[0-9](?:(?:[ -]{{0,2}}|{DOTTED})[0-9]){{13,18}})"
        r"(?![0-9A-Za-z_])",
        check=card,
        literals=HINTS,
        digits=14,
        split=True,
    ),
    Recognizer(
        "CREDIT_CARD",  # so short that one in ten numbers would pass for it
        rf"[0-9]{EDGE}(?:[ -]?[0-9]){{11,12}}+{END}",
        0.0,
        0.9,
        WORDS,
        NO_CARD,
        card,
        spelled(PAYING),
        digits=12,
    ),
)
