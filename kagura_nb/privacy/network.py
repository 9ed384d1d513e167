"""Where somebody is on the network: addresses of machines and pages."""

import re
from ipaddress import IPv6Network, ip_address

from kagura_nb.privacy.recognizer import Recognizer, behind, spelled, words

NO_ADDRESS = behind(
    "version", "versions", "ver", "v", "release", "releases", "build", "firmware", "section",
    "sections", "chapter", "chrome/", "rfc", "バージョン", "oid", "第", "figure", "table", "§",
    "upgrade", "upgraded", "driver", "sdk",
)  # fmt: skip
PLACES = (
    "ip", "ips", "ipv", "addr", "address", "addresses", "host", "hosts", "hostname", "server",
    "servers", "ping", "dns", "client", "clients", "ssh", "src", "dst", "gateway", "netmask",
    "inet", "peer", "remote", "nameserver", "resolver", "proxy", "router", "subnet", "port",
    "connect", "connected", "connection", "listen", "http", "https", "login", "request", "requests",
    "visitor",
    "アドレス", "サーバ", "接続", "アクセス", "端末", "ホスト",
)  # fmt: skip
ADDRESS = words(*PLACES)
SERVICES = re.compile(r"1\.(?:1\.1|0\.0)\.[1-3]|8\.8\.(?:8\.8|4\.4)|9\.9\.9\.9|4\.2\.2\.[1-6]")
"""Name servers that everybody knows."""
IPV4 = (
    r"[0-9](?<![0-9A-Za-z_].)(?<![0-9]\..)(?<![A-Za-z]-.)(?<![=<>~!]=.)(?<![=<>~!]= .)"
    r"[0-9]{0,2}(?:\.[0-9]{1,3}){3}"
    r"(?![0-9A-Za-z_]|\.[0-9]|-[0-9A-Za-z]|\+)"
)
IPV6 = (
    r"[0-9A-Fa-f:](?<![0-9A-Za-z_:.].)[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{1,39}"
    r"(?:\.[0-9]{1,3}){0,3}(?![0-9A-Za-z_:])"
)
GLOBAL_UNICAST = IPv6Network("2000::/3")
SMALL = 64
"""What the parts of a version are below."""
SILENT = re.compile(r"(?:0{2}|[fF]{2})(?:[:.-]?(?:0{2}|[fF]{2})){5}")
URL_END = r"[^\s\x00<>\"'`(){}\[\]|\\^、。，．「」『』（）【】,.;:!?]"
URL_BODY = r"[^\s\x00<>\"'`{}|\\^、。，「」『』（）【】]"
HOST = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"


def small(value: str) -> bool:
    """One whose numbers are as small as those of a version."""
    return all(int(one) < SMALL for one in value.split(".")) and not SERVICES.fullmatch(value)


def usual(value: str) -> bool:
    """A public address that is none of a version's numbers."""
    return not small(value) and public(value)


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


def _private(form: str, literal: str) -> Recognizer:
    return Recognizer(
        "IP_ADDRESS", form, 0.8, against=NO_ADDRESS, check=private, literals=(literal,),
        switch="private_ips",
    )  # fmt: skip


ROWS = (
    Recognizer("IP_ADDRESS", IPV4, 0.8, against=NO_ADDRESS, check=usual, literals=(".",), digits=4),
    Recognizer(
        "IP_ADDRESS", IPV4, 0.0, 0.8, ADDRESS, NO_ADDRESS, public, spelled(PLACES), digits=4
    ),
    _private(IPV4, "."),
    Recognizer(
        "IP_ADDRESS", IPV6, 0.8, against=NO_ADDRESS, check=public, literals=(":",), digits=1
    ),
    _private(IPV6, ":"),
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
