"""Where somebody is on the network: addresses of machines and pages."""

import re
from dataclasses import replace
from ipaddress import IPv6Network, ip_address

from kagura_nb.privacy.recognizer import Recognizer, behind

NO_ADDRESS = behind(
    "version", "ver", "v", "release", "build", "firmware", "section", "chapter", "chrome/", "==",
    "バージョン", "oid", "第", "figure", "table",
)  # fmt: skip
IPV4 = r"[0-9](?<![0-9A-Za-z_].)(?<![0-9]\..)[0-9]{0,2}(?:\.[0-9]{1,3}){3}(?![0-9A-Za-z_]|\.[0-9])"
IPV6 = (
    r"[0-9A-Fa-f:](?<![0-9A-Za-z_:.].)[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{1,39}"
    r"(?:\.[0-9]{1,3}){0,3}(?![0-9A-Za-z_:])"
)
GLOBAL_UNICAST = IPv6Network("2000::/3")
SILENT = re.compile(r"(?:0{2}|[fF]{2})(?:[:.-]?(?:0{2}|[fF]{2})){5}")
URL_END = r"[^\s\x00<>\"'`(){}\[\]|\\^、。，．「」『』（）【】,.;:!?]"
URL_BODY = r"[^\s\x00<>\"'`{}|\\^、。，「」『』（）【】]"
HOST = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"


def short(value: str) -> bool:
    """At most one group of hexadecimal digits."""
    return ":" in value and ":" not in value.strip(":")


def public(value: str) -> bool:
    """An address on the public internet."""
    if value.count(":") == 1 or short(value):
        return False
    try:
        address = ip_address(value)
    except ValueError:
        return False
    known = address.version == 4 or address in GLOBAL_UNICAST or value.count(":") == 7
    return known and address.is_global and not address.is_multicast


def private(value: str) -> bool:
    """A private, local, multicast or documentation address."""
    try:
        return value == "::1" or (
            not short(value) and not public(value) and bool(ip_address(value))
        )
    except ValueError:
        return False


def hardware(value: str) -> bool:
    """Neither the broadcast address nor none."""
    return not SILENT.fullmatch(value)


def cisco(value: str) -> bool:
    """A hardware address with dots, no number with them."""
    plain = value.replace(".", "")
    return hardware(plain) and not plain.isdigit()


def _ip(form: str, literal: str) -> tuple[Recognizer, Recognizer]:
    row = Recognizer("IP_ADDRESS", form, 0.8, against=NO_ADDRESS, check=public, literals=(literal,))
    return row, replace(row, check=private, switch="private_ips")


ROWS = (
    *_ip(IPV4, "."),
    *_ip(IPV6, ":"),
    Recognizer(
        "MAC_ADDRESS",
        r"[0-9A-Fa-f](?<![0-9A-Za-z_:-].)[0-9A-Fa-f](?:([:-])[0-9A-Fa-f]{2})"
        r"(?:\1[0-9A-Fa-f]{2}){4}(?![0-9A-Za-z_]|[:-][0-9A-Za-z])",
        0.85,
        check=hardware,
        literals=(":", "-"),
    ),
    Recognizer(
        "MAC_ADDRESS",
        r"[0-9A-Fa-f](?<![0-9A-Za-z_.].)[0-9A-Fa-f]{3}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}"
        r"(?![0-9A-Za-z_.])",
        0.7,
        check=cisco,
        literals=(".",),
    ),
    Recognizer(
        "URL",
        rf"(?:[hH]ttps?|HTTPS?|s?ftp)://{URL_BODY}{{0,2000}}{URL_END}/?",
        0.85,
        literals=("://",),
        switch="urls",
    ),
    Recognizer(
        "URL",
        rf"[wW]{{3}}(?<![A-Za-z0-9@/.]...)(?:\.{HOST}){{2,6}}"
        rf"(?:/(?:{URL_BODY}{{0,2000}}{URL_END})?)?",
        0.85,
        literals=("www.", "WWW."),
        switch="urls",
    ),
)
