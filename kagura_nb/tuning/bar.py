"""Waiting for a job's end in plain text: a bar over its steps, and what is said beside them."""

from tqdm import tqdm

from kagura_nb.records import Job, JobEvent, short
from kagura_nb.tuning.followers import now_and_again
from kagura_nb.tuning.jobs import Jobs
from kagura_nb.tuning.plan import so_far


def wait_for_end(jobs: Jobs, job: Job, *, shown: bool = True) -> Job:
    """Go on with a job until it has ended, and return it; Ctrl-C ends the waiting, not the job.

    Args:
        jobs: of the user.
        job: approved, or further.
        shown: whether there is a bar.
    """
    made = tqdm(desc=f"Job {short(job.id)}", unit=" steps", disable=not shown)
    with made as bar, now_and_again(bar.refresh):
        for event in jobs.watch(job):
            if event.message and shown:
                bar.write(event.message)
            if event.steps and event.step is not None:
                bar.total = event.steps
                bar.set_postfix(_beside(job, event))
                bar.update(event.step - bar.n)
    return jobs.get(job.id)


def _beside(job: Job, event: JobEvent) -> dict[str, str]:
    """What is said beside the bar of a step."""
    said = {"loss": f"{event.loss:.3f}"} if event.loss is not None else {}
    if event.tokens:
        said["tokens"] = f"{event.tokens:,}"
    if job.estimate:
        said["cost"] = f"about ${so_far(job.estimate, event.step, event.steps):.2f}"
    return said
