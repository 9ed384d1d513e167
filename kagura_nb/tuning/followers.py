"""The threads that go on with jobs in the background, one for each job; and what is done in another
one every now and then while somebody waits for a job, a step of which may take minutes.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kagura_nb.records import Job, short

INTERVAL = 0.5
"""Seconds between two times that something is done."""


class Followers:
    """Threads that nothing waits for."""

    def __init__(self) -> None:
        self._threads: dict[str, threading.Thread] = {}

    def follow(self, job: Job, run: Callable[[], object], *, anew: bool = False) -> None:
        """Go on with a job in the background.

        Args:
            job: under way.
            run: what is done, until the job has ended.
            anew: also where a thread goes on with it already.
        """
        thread = self._threads.get(job.id)
        if anew or thread is None or not thread.is_alive():
            name = f"kagura-job-{short(job.id)}"
            self._threads[job.id] = threading.Thread(target=run, name=name, daemon=True)
            self._threads[job.id].start()


@contextmanager
def now_and_again(act: Callable[[], object]) -> Iterator[None]:
    """Do something at once and every `INTERVAL` in a thread, until the block ends."""
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            act()
            over.wait(INTERVAL)

    thread = threading.Thread(target=run, name="kagura-now-and-again", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
