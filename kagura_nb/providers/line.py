"""The line to a model, which another thread may hang up.

A thread that waits for a server's first byte cannot be told to stop: nothing but the end of its
connection wakes it. So a line knows the connections of its own HTTP client and shuts them down.

    hang_up() ──► sockets shut down ──► the waiting thread wakes with `HungUp`

`HungUp` is no `Exception`: an SDK would take that for a bad connection and ask again.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from weakref import WeakSet


class HungUp(BaseException):
    """Raised where a reply is read, after its line was hung up."""


class Line:
    """The connections over which one caller talks, one request at a time.

    Attributes:
        hung_up: whether it is over; a new caller takes a new line.
    """

    def __init__(self) -> None:
        self.hung_up = False
        self._lock = threading.Lock()
        self._streams: WeakSet[Any] = WeakSet()
        self._endings: list[Callable[[], None]] = []

    def hang_up(self) -> None:
        """End the request that is under way, and every later one; from any thread."""
        with self._lock:
            self.hung_up = True
            streams, endings = list(self._streams), list(self._endings)
        for stream in streams:
            _shut_down(stream)
        for end in endings:
            end()

    @contextmanager
    def ended_by(self, end: Callable[[], None]) -> Iterator[None]:
        """Let hanging up call `end` while the block runs, for what is no connection."""
        with self._lock:
            self._endings.append(end)
        try:
            if self.hung_up:
                end()
            yield
        finally:
            with self._lock:
                self._endings.remove(end)

    @property
    def hooks(self) -> dict[str, list[Callable[..., None]]]:
        """The event hooks of an httpx2 client that is this line's own."""
        return {"request": [self._dial]}

    def _dial(self, request: Any) -> None:
        if self.hung_up:
            raise HungUp
        request.extensions = {**request.extensions, "trace": self._note}

    def _note(self, _event: str, info: dict[str, Any]) -> None:
        """Keep each new connection; turn the failure that a shutdown causes into `HungUp`."""
        stream = info.get("return_value")
        if hasattr(stream, "get_extra_info"):
            with self._lock:
                self._streams.add(stream)
            if self.hung_up:
                _shut_down(stream)
        if self.hung_up and isinstance(info.get("exception"), Exception):
            raise HungUp


def _shut_down(stream: Any) -> None:
    """Wake whoever reads from it. A TLS socket's own method would first forget its key."""
    with suppress(OSError):  # it has ended already
        socket.socket.shutdown(stream.get_extra_info("socket"), socket.SHUT_RDWR)
