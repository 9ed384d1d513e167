"""Voilà for the names of this machine only, and for no longer than the command that started it.

The command holds the other end of this program's standard input. However it ends, its end of the
pipe is closed, also where it could do nothing about it (`kill -9`): then Voilà stops, its kernels
with it, and what the command had put into its private folder is deleted.
"""

import os
import shutil
import sys
import threading
from typing import Any

from tornado.ioloop import IOLoop
from tornado.web import ErrorHandler
from voila.app import Voila

ELSEWHERE = r"(?!(?:localhost|127\.0\.0\.1|\[::1\])$).*"
"""Any other name of a host: a page of somebody else's site whose name was let lead here."""
PATIENCE = 20.0
"""Seconds after which it ends also where a kernel does not let go."""


class Dashboard(Voila):  # type: ignore[misc]
    """Voilà that answers to names of this machine only, and ends when its input does."""

    def init_handlers(self) -> list[Any]:
        """Let no request for another name reach any handler, those of websockets and files too."""
        self.app.add_handlers(ELSEWHERE, [(".*", ErrorHandler, {"status_code": 403})])
        threading.Thread(target=_end_with_input, args=(IOLoop.current(),), daemon=True).start()
        handlers: list[Any] = super().init_handlers()
        return handlers


def main(folder: str, *arguments: str) -> None:
    """Serve until the input ends, and delete the folder."""
    try:
        Dashboard.launch_instance(list(arguments))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _end_with_input(loop: IOLoop) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    late = threading.Timer(PATIENCE, os._exit, (1,))
    late.daemon = True
    late.start()
    loop.add_callback(loop.stop)


if __name__ == "__main__":
    main(*sys.argv[1:])
