"""The threads that go on with jobs in the background, one for each job."""

import threading
from collections.abc import Callable

from kagura_nb.records import Job, short


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
