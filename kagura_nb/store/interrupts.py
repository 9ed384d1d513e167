"""Ctrl-C waits: what must not be left half-done is done to its end before it is heard.

An interrupt may strike between any two steps of Python, also while a transaction is being opened or
given back, and would leave its lock to whoever holds the traceback.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def deferred() -> Iterator[None]:
    """Hear Ctrl-C only when the block has ended; threads other than the first never hear it."""
    usual = signal.getsignal(signal.SIGINT)
    first = threading.current_thread() is threading.main_thread()
    if not (first and callable(usual)):
        yield
        return
    pressed: list[tuple[int, FrameType | None]] = []

    def hold(*press: Any) -> None:
        pressed.append(press)

    signal.signal(signal.SIGINT, hold)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
        if pressed:
            usual(*pressed[0])
