"""Good conversations are looked at when they become good, beside everything else: looking takes
longer than building a dataset of what is known, and nobody waits for it then.
"""

from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress

from kagura_nb.errors import KaguraError
from kagura_nb.memory.background import Background

BATCH = 100
"""Conversations after which looking may end with the process."""


class Ahead:
    """Conversations that wait to be looked at; a process that ends leaves them to the dataset.

    Args:
        look: at conversations, by their ids.
    """

    def __init__(self, look: Callable[[tuple[str, ...]], None]) -> None:
        self._look = look
        self._waiting: deque[str] = deque()
        self._background = Background(self._look_at_all)

    def ask(self, ids: Iterable[str]) -> None:
        """Have conversations looked at; returns at once."""
        self._waiting.extend(ids)
        self._background.ask()

    def wait(self) -> None:
        """Return when all of them were looked at."""
        self._background.wait()

    def end(self) -> None:
        """Begin nothing more, and wait a little for what is being done."""
        self._background.end()

    def _look_at_all(self) -> None:
        while self._waiting and not self._background.ended.is_set():
            some = range(min(BATCH, len(self._waiting)))
            with suppress(KaguraError):
                self._look(tuple(self._waiting.popleft() for _ in some))
