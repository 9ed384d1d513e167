"""Redirects: none is followed, because requests carry prompts, rows and keys.

Who is sent on elsewhere learns where to, and asks there only once the user has set that address.

    httpx2      a client gets `client_arguments(address)`
    requests    a session gets `refuse_elsewhere` among its hooks, see `session`
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from kagura_nb.addresses import is_loopback, shown

if TYPE_CHECKING:
    import requests

Hooks = Mapping[str, Sequence[Callable[..., None]]]


class Redirected(BaseException):
    """A server answers with a redirect. No `Exception`: an SDK would take that for a bad connection
    and ask again.

    Attributes:
        asked: what was asked, as it may be shown.
        there: where it sends the request on to, likewise; empty where it does not say.
    """

    def __init__(self, asked: str, there: str) -> None:
        super().__init__(asked, there)
        self.asked = asked
        self.there = there


class _OfRequests(Redirected, Exception):
    """The same for Google's libraries, which do not ask again for it, but also ask in threads."""


def client_arguments(address: str, hooks: Hooks | None = None) -> dict[str, Any]:
    """Arguments of an httpx2 client that sends what it is given to this address alone: past no
    redirect, and where the address is this machine's, through no proxy either.

    Args:
        address: the base URL.
        hooks: further event hooks.
    """
    schemes = ("all://", "http://", "https://") if is_loopback(address) else ()
    return {
        "follow_redirects": False,
        "event_hooks": {**(hooks or {}), "response": [refuse]},
        "mounts": dict.fromkeys(schemes),
    }


def session() -> "requests.Session":
    """A session of requests that is sent on nowhere."""
    import requests

    made = requests.Session()
    made.hooks["response"].append(refuse_elsewhere)
    return made


def refuse(response: Any) -> None:
    """Raise for a response of httpx2 that is a redirect.

    Raises:
        Redirected: it is one.
    """
    if 300 <= response.status_code < 400:
        raise _redirected(response, Redirected)


def refuse_elsewhere(response: Any, *_args: Any, **_kwargs: Any) -> None:
    """Raise for a response of requests that is a redirect or names another server to send to, as
    the answer that begins an upload in pieces may. Such an upload goes on with a 308 that names no
    place.

    Raises:
        Redirected: it is one.
    """
    error, status = _redirected(response, _OfRequests), response.status_code
    further = status == 308 and not error.there
    elsewhere = error.there and urlsplit(error.there)[:2] != urlsplit(error.asked)[:2]
    if elsewhere or (300 <= status < 400 and not further):
        raise error


def _redirected(response: Any, kind: type[Redirected]) -> Redirected:
    asked, location = str(response.url), response.headers.get("location", "")
    try:
        there = location and shown(urljoin(asked, location))
    except ValueError:
        there = shown(location)
    return kind(shown(asked), there)
