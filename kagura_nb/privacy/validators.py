"""Check digits and other rules that tell a number from one that only looks like it."""

import hashlib
import re
from functools import reduce

NOT_ALNUM = re.compile(r"[^0-9A-Za-z]")
DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
MY_NUMBER_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
BECH32_SUMS = (1, 0x2BC830A3)
"""Checksums of bech32 (BIP 173) and bech32m (BIP 350)."""
BECH32_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
ISSUERS = re.compile(
    r"(?:4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})"  # Visa
    r"|(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)[0-9]{10,14}"  # Mastercard
    r"|3[47][0-9]{13}"  # American Express
    r"|3(?:0[0-59]|[689])[0-9]{11,16}"  # Diners Club
    r"|(?:6011|64[4-9]|65)[0-9]{12,15}"  # Discover
    r"|(?:35|2131|1800)[0-9]{11,16}"  # JCB
    r"|(?:62|81)[0-9]{14,17}"  # UnionPay
    r"|(?:50|5[6-9]|6[0-9])[0-9]{10,17}"  # Maestro, Verve, RuPay, Elo, Hipercard, Dankort
    r"|220[0-4][0-9]{12,15}"  # Mir
    r"|(?:9792|8[02])[0-9]{12,14}"  # Troy, RuPay
    r"|1[0-9]{14})"  # UATP
)
IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22,
    "BI": 27, "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27,
    "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27,
    "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28,
    "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28,
    "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22,
    "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23,
    "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24,
    "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28,
    "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip
"""Characters by country: SWIFT's IBAN registry, release 99 (2024-12)."""


def compact(value: str) -> str:
    """The letters and digits, in capitals."""
    return NOT_ALNUM.sub("", value).upper()


def luhn(digits: str) -> bool:
    """Whether the last digit checks the others (ISO/IEC 7812)."""
    odd, even = digits[-1::-2], digits[-2::-2]
    return (sum(map(int, odd)) + sum(DOUBLED[int(one)] for one in even)) % 10 == 0


def card(value: str) -> bool:
    """A payment card: its issuer, the length that issuer uses, the check digit."""
    digits = NOT_ALNUM.sub("", value)
    return bool(ISSUERS.fullmatch(digits)) and luhn(digits) and len(set(digits)) > 1


def iban(value: str) -> bool:
    """An account number of a known country, its length and check digits (ISO 13616)."""
    if value[:2].upper() not in IBAN_LENGTHS:
        return False
    code = compact(value)
    if IBAN_LENGTHS.get(code[:2]) != len(code):
        return False
    return int("".join(str(int(one, 36)) for one in code[4:] + code[:4])) % 97 == 1


def ssn(value: str) -> bool:
    """A US social security number that can have been given out."""
    digits = compact(value)
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def my_number(value: str) -> bool:
    """A Japanese individual number: check digit by ministerial ordinance 85 of 2014, article 5."""
    digits = compact(value)
    total = sum(int(one) * by for one, by in zip(digits, MY_NUMBER_WEIGHTS, strict=False))
    expected = 11 - total % 11
    return len(digits) == 12 and int(digits[-1]) == (0 if expected > 9 else expected)


def base58check(value: str) -> bool:
    """An address of Bitcoin and its kin: version, hash and four bytes of checksum."""
    number = reduce(lambda total, one: total * 58 + BASE58.index(one), value, 0)
    if number >= 1 << 200:
        return False
    data = number.to_bytes(25, "big")
    return hashlib.sha256(hashlib.sha256(data[:21]).digest()).digest()[:4] == data[21:]


def bech32(value: str) -> bool:
    """A segregated-witness address (BIP 173, BIP 350)."""
    prefix, _, data = value.lower().rpartition("1")
    if value not in (value.lower(), value.upper()) or not set(data) <= set(BECH32):
        return False
    head = [ord(one) >> 5 for one in prefix] + [0] + [ord(one) & 31 for one in prefix]
    total = 1
    for symbol in head + [BECH32.index(one) for one in data]:
        top, total = total >> 25, (total & 0x1FFFFFF) << 5 ^ symbol
        total = reduce(
            lambda sum_, at: sum_ ^ (BECH32_GENERATOR[at] if top >> at & 1 else 0), range(5), total
        )
    return total in BECH32_SUMS
