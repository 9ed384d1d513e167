"""Whether digits are a telephone number, by the numbering plans of libphonenumber.

A plan tells the lengths and leading digits that a country's numbers have. They load when the first
candidate of a country turns up.
"""

import re
from functools import cache
from itertools import pairwise
from typing import NamedTuple

DOMESTIC = (
    "JP", "GB", "FR", "DE", "IT", "ES", "NL", "BE", "CH", "AT", "SE", "AU", "ZA", "KR", "IN", "IE",
    "CN", "TW", "FI", "TR", "IL", "NZ", "UA", "BR", "TH", "VN", "ID", "PH", "MY",
)  # fmt: skip
"""Whose numbers are known without a country code, beside those of North America."""
TOLL_FREE = re.compile(r"0(?:120|800|570|990)")
NOT_DIGIT = re.compile(r"[^0-9]")
BETWEEN = str.maketrans("", "", " +-./()")
EXITS = ("011", "010", "00")
"""What is dialled for another country where a plus sign is not."""
EXTENSION = re.compile("[xXeE#内]")
DATE = re.compile(
    r"(?:19|20)[0-9]{2}([-./ ])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12][0-9]|3[01])(?![0-9])"
    r"|(?<![0-9])(?:0?[1-9]|[12][0-9]|3[01])([-./ ])(?:0?[1-9]|[12][0-9]|3[01])\2"
    r"(?:19|20)[0-9]{2}(?![0-9])"
    r"|\A(?:19|20)[0-9]{2}[ -]{1,3}(?:19|20)[0-9]{2}\Z"
    r"|(?<![0-9])[0-9]{1,2}/[0-9]{1,2}/[0-9]{2}(?![0-9])"
)
FOURS = re.compile(r"[0-9]{4}(?:[ -][0-9]{4}){2,3}")
ZIP = re.compile(r"[0-9]{5}-[0-9]{4}")
SINGLE = re.compile(r"(?<![0-9])[0-9](?![0-9])")
DECIMAL = re.compile(r"[0-9]+\.[0-9]+")
BINARY = re.compile("[01]+")
FRACTION = re.compile(r"\+[0-9]+\.[0-9]+")
COUNTED = "01234567890123456789"
LONGEST = 15
"""Digits of an international number (ITU-T E.164)."""


class Plan(NamedTuple):
    """Numbers of one country, without its code and its trunk prefix."""

    lengths: tuple[int, ...]
    form: re.Pattern[str]
    trunk: str

    def dials(self, digits: str) -> bool:
        """Whether these are all digits of one of its numbers, with the trunk prefix."""
        skipped = len(self.trunk)
        if not skipped or not digits.startswith(self.trunk):
            return False
        return len(digits) - skipped in self.lengths and bool(self.form.fullmatch(digits, skipped))


@cache
def plan(region: str) -> Plan:
    """The plan of a region such as `JP`; an empty one where there is none."""
    from phonenumbers import PhoneMetadata

    found = PhoneMetadata.metadata_for_region(region, None)
    general = found and found.general_desc
    if not found or not general or not general.national_number_pattern:
        return Plan((), re.compile("(?!)"), "")
    form = re.compile(str(general.national_number_pattern))
    return Plan(tuple(general.possible_length), form, found.national_prefix or "")


@cache
def domestic_plans(size: int) -> tuple[Plan, ...]:
    """The plans of `DOMESTIC` with numbers of so many digits, the trunk prefix among them."""
    return tuple(one for one in map(plan, DOMESTIC) if size - len(one.trunk) in one.lengths)


@cache
def regions() -> dict[str, str]:
    """The main region of every country code."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    return {str(code): regions[0] for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()}


def digits_of(value: str) -> str:
    """The digits without an extension."""
    digits = value.translate(BETWEEN)
    return digits if digits.isdigit() else NOT_DIGIT.sub("", EXTENSION.split(value, 1)[0])


def dated(value: str) -> bool:
    """Whether a date is among the digits."""
    return DATE.search(value) is not None


@cache
def sizes(code: str) -> frozenset[int]:
    """How many digits a number with this country code has, give or take one; none without such."""
    if code not in regions():
        return frozenset()
    likely = range(len(code) + 5, LONGEST + 1)
    lengths = [len(code) + one for one in plan(regions()[code]).lengths]
    return frozenset(one for one in likely if not lengths or {one - 1, one, one + 1} & {*lengths})


def international(value: str) -> bool:
    """A number with its country code: a known one, and about as long as that country's are."""
    digits = digits_of(value.replace("(0)", ""))
    if digits.startswith("0") and not value.startswith("+"):
        digits = digits[next((len(exit) for exit in EXITS if digits.startswith(exit)), 0) :]
    size = len(digits)
    if BINARY.fullmatch(digits) or FRACTION.fullmatch(value):
        return False
    return size in sizes(digits[:1]) or size in sizes(digits[:2]) or size in sizes(digits[:3])


def dialled(value: str) -> bool:
    """The same as it is dialled from abroad; nothing that a machine has padded with zeros."""
    padded = (value.isdigit() and len(value) < 12) or FOURS.fullmatch(value)
    return international(value) and not dated(value) and not padded


def bare(value: str) -> bool:
    """Nothing but digits, and all of them those of a number: mobile, or of Japan or France."""
    digits = digits_of(value)
    if digits in COUNTED or len(set(digits)) < 4:
        return False
    return any(plan(one).dials(digits) for one in ("JP", "FR", "KR") if digits[1] != "0")


def north_american(value: str) -> bool:
    """Ten digits as the United States group them, or a number of its plan."""
    digits = digits_of(value)[-10:]
    grouped = "(" in value or value.count("-") >= 2 or value.count(".") >= 2
    halves = value.count(" ") == 1 and value.replace(" ", "").isdigit()
    return not halves and not dated(value) and (grouped or (digits[0] > "1" and digits[3] > "1"))


def japanese(value: str) -> bool:
    """A number as it is written in Japan."""
    digits = digits_of(value)
    if digits[1] == "0" or len(digits) not in (10, 11):
        return False
    return plan("JP").dials(digits) or bool(TOLL_FREE.match(digits))


def domestic(value: str) -> bool:
    """A number as it is written inside one of the known countries, with its trunk prefix."""
    digits = digits_of(value)
    if len(digits) < 9 or digits[1] == "0" or dated(value) or ZIP.fullmatch(value):
        return False
    return not stepped(value) and any(one.dials(digits) for one in domestic_plans(len(digits)))


def stepped(value: str) -> bool:
    """A list: each number as much more than the one before."""
    groups = [one for one in NOT_DIGIT.split(value) if one]
    if len(groups) < 3:
        return False
    steps = {int(after) - int(before) for before, after in pairwise(groups)}
    return len(steps) == 1 and abs(steps.pop()) < 12


def plausible(value: str) -> bool:
    """Enough digits for a number, no date, decimal or list: its context says what it is."""
    if not 7 <= len(digits_of(value)) <= LONGEST:
        return False
    if value.isdigit():
        return True
    sparse = len(SINGLE.findall(value)) > 2 or DECIMAL.fullmatch(value)
    return not (sparse or dated(value) or stepped(value))


def shaped(value: str) -> bool:
    """One that is long, or written in groups."""
    return plausible(value) and (len(digits_of(value)) > 8 or not value.isdigit())
