"""Addresses: which ones can be used, which are this machine's, and how one is shown.

    server     http(s)://host[:port][/path], nothing else: no user, no password, no `?`, no `#`
    database   what SQLAlchemy reads; a password may be in it, so it is never shown
    place      host:port

Every way of setting an address comes here, and no message repeats what was given: it may hold a
key. What was let through holds none and is shown as it is. Only plain ASCII passes, so that no
other alphabet's `a` names another host; a host outside of it has a form that begins with `xn--`.
"""

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from kagura_nb.errors import SettingsError

if TYPE_CHECKING:
    from sqlalchemy import URL

ODD = re.compile(r"[^!-~]|\\")
"""Spaces, control characters, other alphabets, and what some programs read as a slash."""
SCHEME = re.compile(r"https?://", re.IGNORECASE)
SERVER = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[^\]/]*\]|[^:/\[\]]+)(?::(?P<port>\d{1,5}))?"
    r"(?P<path>(?:/[\w.~%:+,@!$'()*-]*)*)",
    re.IGNORECASE | re.ASCII,
)
PLACE = re.compile(r"(?:(?P<host>\[[^\]/]*\]|[^:/\[\]]+):)?(?P<port>\d{1,5})", re.ASCII)
LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.IGNORECASE | re.ASCII)
NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.IGNORECASE | re.ASCII)
"""What makes the last part of a host an IPv4 address, as browsers and resolvers read it."""
DATABASES = ("sqlite", "postgresql")
LONGEST_SHOWN = 200

LIKE = "Write it like https://host:8000/v1"
NO_KEY = "a key goes into `%kagura config key VENDOR`"
CURES = {
    "has a space, a control character, a backslash or a letter outside ASCII in it": LIKE,
    "does not begin with http:// or https://": LIKE,
    "has a user or a password in it": f"{LIKE}; {NO_KEY}",
    "has more behind its path": f"{LIKE}, without `?` and `#`; {NO_KEY}",
    "names no host, port or path that can be": LIKE,
}


def check_server(name: str, address: str) -> str:
    """Return a server's address unchanged.

    Args:
        name: of the setting or environment variable that it comes from.
        address: what it says.

    Raises:
        SettingsError: it cannot be used, or may hold a key.
    """
    if problem := _problem(address):
        raise SettingsError(f"{name} {problem}", CURES[problem])
    return address


def check_local(name: str, listed: str) -> str:
    """Return a list of servers on this machine, or a word that stands for one, unchanged.

    Raises:
        SettingsError: one of them is no address, or another machine's.
    """
    for one in named_servers(listed):
        if not is_loopback(check_server(name, one)):
            raise SettingsError(
                f"{name} names a server that is not on this machine",
                "Use auto, none, or addresses like http://127.0.0.1:11434, separated by commas",
            )
    return listed


def named_servers(listed: str) -> tuple[str, ...]:
    """The addresses in a list of servers on this machine; none in `auto` and `none`."""
    if listed in ("auto", "none"):
        return ()
    return tuple(one.strip() for one in listed.split(","))


def check_place(name: str, place: str) -> str:
    """Return `host:port` unchanged.

    Raises:
        SettingsError: it is none.
    """
    found = PLACE.fullmatch(place)
    if not found or not _is_port(found["port"]) or not _is_host(found["host"] or "localhost"):
        raise SettingsError(f"{name} is no host with a port", "Write it like localhost:8000")
    return place


def check_database(name: str, address: str) -> str:
    """Return a database's address unchanged.

    Raises:
        SettingsError: it is none.
    """
    url = database(address)
    if url is None:
        raise SettingsError(
            f"{name} is no address of a database that can be used",
            "Write postgresql://user:password@host/database, or unset it for SQLite",
        )
    if "@" in (url.host or ""):
        raise SettingsError(f"The password in {name} has an @", "Write it there as %40")
    return address


def database(address: str) -> "URL | None":
    """The address in its parts, None where it is none."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        return None
    named = url.get_backend_name() in DATABASES and address.isprintable()
    host = (url.host or "localhost").rpartition("@")[2]
    bracketed = f"[{host}]" if ":" in host else host
    reached = _is_host(bracketed) and (url.port is None or _is_port(str(url.port)))
    return url if named and reached and " " not in address else None


def is_loopback(url: str) -> bool:
    """Whether the host of a URL is this machine by its own name or number."""
    host = urlsplit(url).hostname or ""
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    mapped = getattr(number, "ipv4_mapped", None)
    return (mapped or number).is_loopback


def shown(url: str) -> str:
    """A URL that somebody else wrote: its scheme, host, port and path, as far as they are that."""
    try:
        parts = urlsplit(url)
        said = f"{parts.scheme}://{_authority(parts)}{parts.path}"
    except ValueError:
        return "an address that is none"
    return ODD.sub("", said)[:LONGEST_SHOWN]


def origin(url: str) -> str:
    """The server of a URL that can be used, written as always: scheme, host and port."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{parts.hostname}:{port}"


def _authority(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


def _problem(address: str) -> str | None:
    """Which of `CURES` applies."""
    odd, unschemed, guarded, longer, other = CURES
    if ODD.search(address):
        return odd
    if not SCHEME.match(address):
        return unschemed
    authority = re.split(r"[/?#]", SCHEME.sub("", address, count=1))[0]
    if "@" in authority:
        return guarded
    if "?" in address or "#" in address:
        return longer
    found = SERVER.fullmatch(address)
    port = found and (found["port"] is None or _is_port(found["port"]))
    return None if found and port and _is_host(found["host"]) else other


def _is_port(digits: str) -> bool:
    return 1 <= int(digits) <= 65_535


def _is_host(host: str) -> bool:
    """Whether it is a name, or a number as it is usually written: others hide where they lead."""
    labels = host.removesuffix(".").split(".")
    try:
        if host.startswith("["):
            ipaddress.IPv6Address(host[1:-1])
        elif NUMBER.fullmatch(labels[-1]):
            ipaddress.IPv4Address(host)
        else:
            return len(host) <= 253 and all(map(LABEL.fullmatch, labels))
    except ValueError:
        return False
    return True
