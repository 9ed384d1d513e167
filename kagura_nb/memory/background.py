"""A thread beside everything else: it works while somebody asks, and ends with the process."""

import threading
import weakref
from collections.abc import Callable

PATIENCE = 2.0
"""Seconds for which ending waits for the work in hand."""


class Background:
    """One piece of work that may be asked for at any time, from any thread.

    Args:
        work: does all there is to do; it looks at `ended` now and then and returns.
    """

    def __init__(self, work: Callable[[], None]) -> None:
        self.ended = threading.Event()
        """Set when nothing more shall be begun."""
        self._work = work
        self._asked = False
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._finalizer = weakref.finalize(self, _end, self.ended, self._threads)

    def ask(self) -> None:
        """Have the work done, once more if it is being done already; returns at once."""
        with self._lock:
            self._asked = not self.ended.is_set()
            if self._asked and not any(one.is_alive() for one in self._threads):
                self._threads[:] = [threading.Thread(target=self._run, daemon=True)]
                self._threads[0].start()

    def wait(self) -> None:
        """Return when all the work that was asked for is done."""
        for one in list(self._threads):
            one.join()

    def end(self) -> None:
        """Begin nothing more, and wait a little for the work in hand. At exit it happens anyway."""
        self._finalizer()

    def _run(self) -> None:
        while self._is_asked():
            self._work()

    def _is_asked(self) -> bool:
        with self._lock:
            asked, self._asked = self._asked and not self.ended.is_set(), False
            if not asked:
                self._threads.clear()
        return asked


def _end(ended: threading.Event, threads: list[threading.Thread]) -> None:
    ended.set()
    for one in list(threads):
        one.join(PATIENCE)
