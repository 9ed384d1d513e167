"""Waiting for a job's end in plain text: a bar over its steps, and what is said beside them."""

from tqdm import tqdm

from kagura_nb.records import Job, short
from kagura_nb.tuning.jobs import Jobs


def wait_for_end(jobs: Jobs, job: Job, *, shown: bool = True) -> Job:
    """Go on with a job until it has ended, and return it; Ctrl-C ends the waiting, not the job.

    Args:
        jobs: of the user.
        job: approved, or further.
        shown: whether there is a bar.
    """
    with tqdm(desc=f"Job {short(job.id)}", unit=" steps", disable=not shown) as bar:
        for event in jobs.watch(job):
            if event.message and shown:
                bar.write(event.message)
            if event.steps and event.step is not None:
                bar.total = event.steps
                bar.set_postfix({} if event.loss is None else {"loss": f"{event.loss:.3f}"})
                bar.update(event.step - bar.n)
    return jobs.get(job.id)
