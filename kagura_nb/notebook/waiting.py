"""The sign of life under a cell while no text has come yet: who is at work, and "…".

It is an output of its own that the reply takes over, so that nothing of it stays.
"""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.display import clear_output, display, update_display

from kagura_nb.notebook.views import line

PATIENCE = 0.5
"""Seconds without text after which the sign is shown."""
CONSOLES = ("jupyter-console", "jupyter_console", "qtconsole")


class SignOfLife:
    """Shown after a while, unless it is ended before; nothing where outputs cannot be rewritten.

    Args:
        who: names the one at work; called in another thread when that while is over.
    """

    def __init__(self, who: Callable[[], str]) -> None:
        self._who = who
        self._lock = threading.Lock()
        self._ended = not in_notebook()
        self._display_id: str | None = None
        self._timer = threading.Timer(PATIENCE, self._show)
        self._timer.daemon = True
        if not self._ended:
            self._timer.start()

    def end(self) -> str | None:
        """Return the id of the display that the sign stands in, None if it was never shown."""
        self._timer.cancel()
        with self._lock:
            self._ended = True
            return self._display_id

    def remove(self) -> None:
        """End it where nothing takes its place, without a trace."""
        if display_id := self.end():
            if _cell().lstrip().startswith("%%kagura"):
                clear_output(wait=True)  # the cell has no other output yet
            else:
                update_display({}, display_id=display_id, raw=True)

    def _show(self) -> None:
        with self._lock:
            if not self._ended:
                handle = display(line(f"{self._who()} …".strip()), display_id=True)
                self._display_id = handle.display_id


def in_notebook() -> bool:
    """Whether a front end is there that rewrites outputs and draws widgets: no terminal does."""
    return hasattr(get_ipython(), "kernel") and not _of_a_console()


@cache
def _of_a_console() -> bool:
    """Whether this kernel was begun by a program that is a terminal to it.

    No message tells: they ask as every client does, and pass over outputs that are rewritten.
    """
    from psutil import Error, Process

    with suppress(Error):
        return any(name in word for word in Process(os.getppid()).cmdline() for name in CONSOLES)
    return False


def _cell() -> str:
    """The code of the running cell."""
    shell: Any = get_ipython()
    return str(shell.get_parent()["content"]["code"])
