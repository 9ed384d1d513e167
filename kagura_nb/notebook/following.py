"""Going on with jobs while the user does something else, and showing one that is waited for.

A job under way when the extension is loaded is taken up again, by a thread that nothing waits for.
"""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from IPython.display import display

from kagura_nb.errors import KaguraError
from kagura_nb.notebook.failures import told
from kagura_nb.notebook.progress import outcome, progress
from kagura_nb.notebook.views import View, line
from kagura_nb.notebook.waiting import in_notebook
from kagura_nb.records import Job, JobEvent
from kagura_nb.settings import Settings
from kagura_nb.store import ConversationCollector
from kagura_nb.tuning import Jobs, open_jobs
from kagura_nb.tuning.bar import wait_for_end
from kagura_nb.tuning.followers import Followers, now_and_again

_followers = Followers()


def go_on(jobs: Jobs, job: Job, show: Callable[[View], None] | None = None) -> None:
    """Go on with a job in the background; one that is gone on with already stays with its thread.

    Args:
        jobs: of the user.
        job: approved, or further.
        show: called with a new picture of the job now and then, and with the last one.
    """
    _followers.follow(job, lambda: _follow(jobs, job, show), anew=show is not None)


def take_up(load: Callable[[], Settings]) -> None:
    """Go on with every job that is unfinished, or may be, in the background.

    Args:
        load: reads the settings.
    """

    def look() -> None:
        with suppress(KaguraError):  # whoever asks for the jobs is told
            settings = load()
            if settings.store or settings.user_home.exists():
                jobs = open_jobs(ConversationCollector(settings=settings))
                for job in jobs.sought():
                    go_on(jobs, job)

    threading.Thread(target=look, name="kagura-jobs", daemon=True).start()


def wait_for(jobs: Jobs, job: Job) -> Job:
    """Show a job until it has ended. Ctrl-C stops the waiting, not the job."""
    try:
        return _shown(jobs, job) if in_notebook() else wait_for_end(jobs, job)
    except KeyboardInterrupt:
        go_on(jobs, job)
        return jobs.get(job.id)


def _shown(jobs: Jobs, job: Job) -> Job:
    picture = display(View("", ""), display_id=True)
    _watch(jobs, job, lambda view: picture.update(view))
    return jobs.get(job.id)


def _follow(jobs: Jobs, job: Job, show: Callable[[View], None] | None) -> None:
    try:
        if show is not None:
            _watch(jobs, job, show)
            ended = jobs.get(job.id)
            told_of = [event for _, event in jobs.events(ended)]
            show(progress(ended, told_of) + outcome(ended))
        else:
            deque(jobs.watch(job), maxlen=0)
    except Exception as error:
        if show is not None:
            show(View(told(error)))


def _watch(jobs: Jobs, job: Job, show: Callable[[View], None]) -> None:
    """Go on with a job and show it by the clock, for a step of it may take long."""
    known: list[tuple[int, JobEvent]] = []

    def draw() -> None:
        try:
            known.extend(jobs.events(job, known[-1][0] if known else 0))
            show(progress(jobs.get(job.id), [event for _, event in known]))
        except KaguraError as error:
            show(line(told(error)))

    with now_and_again(draw):
        deque(jobs.watch(job), maxlen=0)
    draw()
