"""`%kagura train` and `jobs`: what a training would take, your approval, and how it goes."""

import re
from contextlib import suppress
from dataclasses import replace
from math import isfinite
from typing import Any, get_args

import click

from kagura_nb import offer
from kagura_nb.assistant import Assistant
from kagura_nb.datasets import Spec
from kagura_nb.deploy import percent
from kagura_nb.errors import KaguraError, SettingsError
from kagura_nb.notebook.approval import approval, not_begun
from kagura_nb.notebook.data import sample
from kagura_nb.notebook.following import go_on, wait_for
from kagura_nb.notebook.models import Share
from kagura_nb.notebook.progress import outcome, progress
from kagura_nb.notebook.views import View, line, local, table, usd
from kagura_nb.notebook.waiting import in_notebook
from kagura_nb.notebook.workspace import MAGIC, Workspace, pass_workspace, program
from kagura_nb.privacy import POLICIES
from kagura_nb.records import Job, Method, short
from kagura_nb.tuning import BACKENDS, Estimate
from kagura_nb.tuning.choice import default_backend

HYPERPARAMETER = re.compile(r"(?!(?:epochs|share|dataset|backend|base_model)=)\w+=.+")
"""What has an option or an argument of its own is none."""
MINUTE = 60
SAMPLE = 3
"""Rows that a card shows."""


@click.command()
@click.argument("version", required=False)
@click.option("--backend", type=click.Choice(tuple(BACKENDS)), help="Who trains.")
@click.option("-m", "--model", help="What is trained; the backend's usual model by default.")
@click.option("--method", type=click.Choice(get_args(Method)), default="sft", help="How.")
@click.option("--epochs", type=click.IntRange(1), help="How often each row is seen.")
@click.option("--policy", type=click.Choice(POLICIES), help="What becomes of personal data.")
@click.option("--share", type=Share(), default=1.0, help="Sessions it answers then, like 30%.")
@click.option("--set", "options", multiple=True, help="A hyperparameter, NAME=VALUE.")
@click.option("--approve/--no-approve", default=False, help="Begin at once.")
@click.option("--wait", is_flag=True, help="Wait for the end, and show how it goes.")
@pass_workspace
def train(
    workspace: Workspace,
    version: str | None,
    backend: str | None,
    model: str | None,
    method: Method,
    epochs: int | None,
    policy: Any,
    share: float,
    options: tuple[str, ...],
    approve: bool,
    wait: bool,
) -> View:
    """Train a model on good conversations: shows what it would take, and begins once you approve.

    Without the VERSION of a dataset, one is made of what is good now.
    """
    assistant = workspace.assistant
    if version:
        dataset = assistant.datasets.get(version)
    else:
        policy = policy or assistant.settings.training_policy
        dataset = assistant.datasets.build(Spec(method=method, policy=policy), progress=True)
    trainer = backend or default_backend(assistant.settings)
    job, estimate = assistant.jobs.plan(
        dataset, trainer, model, epochs=epochs, share=share, **_hyperparameters(options)
    )
    if approve:
        return _begun(assistant, job, wait)
    return _proposed(assistant, job, estimate)


@click.command()
@click.argument("job_id", required=False)
@click.option("--approve", is_flag=True, help="Let this planned job begin.")
@click.option("--cancel", is_flag=True, help="End this job.")
@click.option("--abandon", is_flag=True, help="Let go of it, if its vendor cannot be asked.")
@click.option("--wait", is_flag=True, help="Wait for its end, and show how it goes.")
@pass_workspace
def jobs(
    workspace: Workspace, job_id: str | None, approve: bool, cancel: bool, abandon: bool, wait: bool
) -> View:
    """List the jobs of training, or show one; approve, cancel, abandon or wait for it."""
    assistant = workspace.assistant
    if not (approve or cancel or abandon or wait):
        assistant.jobs.look()
        if job_id is None:
            return listing(assistant)
    job = _meant(assistant, job_id, planned=approve)
    if approve:
        return _begun(assistant, job, wait)
    if cancel or abandon:
        job = assistant.jobs.abandon(job) if abandon else assistant.jobs.cancel(job)
        if job.ended:
            return line(f"Job {short(job.id)} is {job.state}. {job.problem or ''}".rstrip())
        go_on(assistant.jobs, job)
        return line(f"Job {short(job.id)} is asked to end.")
    if wait and not job.ended:
        return _waited(assistant, job)
    return _shown(assistant, job)


def _meant(assistant: Assistant, job_id: str | None, *, planned: bool) -> Job:
    """The job of an id; without one the newest, or, unless a planned one is meant, the one that is
    under way.
    """
    under_way = [] if job_id or planned else assistant.jobs.under_way()
    return under_way[-1] if under_way else assistant.jobs.get(job_id or "last")


def offered(assistant: Assistant) -> View | None:
    """The card of a training that has become worth while, once; None where none has."""
    found = offer.due(assistant.store)
    if found is None or not offer.made(assistant.store, found):
        return None
    try:
        proposed = _proposed(assistant, *offer.plan(assistant.store, found))
    except KaguraError as error:
        return line(f"{found.words} It cannot be trained now: {error}")
    return replace(line(found.words) + proposed, live=proposed.live)


def _proposed(assistant: Assistant, job: Job, estimate: Estimate) -> View:
    """What a job would take, and how to begin it: in a notebook by a button below."""
    shown = _card(job, estimate) + sample(assistant, assistant.datasets.get(job.dataset), SAMPLE)
    plain = f"{shown.plain}\n\n{not_begun(job)}"
    return View(plain, shown.html, live=lambda: approval(assistant, job))


def _begun(assistant: Assistant, job: Job, wait: bool) -> View:
    """Approve a job and go on with it: here, or in the background."""
    job = assistant.jobs.approve(job)
    if wait or program() != MAGIC:
        return _waited(assistant, job)
    go_on(assistant.jobs, job)
    return line(f"Job {short(job.id)} has begun. `%kagura jobs {short(job.id)} --wait` shows it.")


def _waited(assistant: Assistant, job: Job) -> View:
    """Wait for a job's end; a notebook has its picture by then."""
    job = wait_for(assistant.jobs, job)
    return outcome(job) if in_notebook() else _shown(assistant, job)


def _shown(assistant: Assistant, job: Job) -> View:
    shown = progress(job, [event for _, event in assistant.jobs.events(job)])
    return shown + outcome(job) if job.ended else shown


def _card(job: Job, estimate: Estimate) -> View:
    """What a job would take."""
    tokens = estimate.tokens // estimate.epochs
    rows = [
        ("trains", f"{job.base_model} by {job.method} at {job.backend}"),
        ("on", f"{estimate.rows:,} rows of dataset {job.dataset}"),
        ("tokens", f"{tokens:,} x {estimate.epochs} epochs = {estimate.tokens:,}"),
        ("cost", _price(estimate)),
        ("time", _time(estimate.seconds)),
        ("then answers", f"{percent(job.share)} of the sessions"),
    ]
    if estimate.left is not None:
        rows.append(("left of the budget", usd(estimate.left)))
    rows += [("note", one) for one in estimate.warnings]
    return table(f"Training {short(job.id)}, planned", ("what", "value"), rows)


def _price(estimate: Estimate) -> str:
    if estimate.cost is None:
        return "unknown: the price list has no price for training this model"
    if estimate.price is None:
        return "nothing: it is trained on this machine"
    read = f", read {estimate.price.read}" if estimate.price.read else ""
    return f"{usd(estimate.cost)} ({estimate.price.source}{read})"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "unknown: nothing like it was trained yet"
    if seconds < MINUTE:
        return f"about {seconds:.0f} s, as the last one like it"
    return f"about {seconds / MINUTE:.0f} min, as the last one like it"


def listing(assistant: Assistant, count: int = 100) -> View:
    """The latest jobs, newest first."""
    found = assistant.jobs.latest(count)
    if not found:
        return line(f"There are no jobs yet. `{program()} train` plans one.")
    heads = ("id", "time", "state", "trains", "by", "at", "steps", "result")
    steps = {
        one: f"{done:,} of {all:,}" for one, (done, all) in assistant.jobs.steps(found).items()
    }
    return table("Jobs", heads, [_listed(job, steps.get(job.id, "")) for job in found])


def _listed(job: Job, steps: str) -> tuple[object, ...]:
    result = job.model or job.problem or ""
    when = local(job.created_at)
    return short(job.id), when, job.state, job.base_model, job.method, job.backend, steps, result


def _hyperparameters(options: tuple[str, ...]) -> dict[str, float | int | str]:
    """Numbers where they are, else text: who trains knows what is one of its own."""
    if wrong := [one for one in options if not HYPERPARAMETER.fullmatch(one)]:
        raise SettingsError(
            f"{wrong[0]!r} is no hyperparameter", "Write --set NAME=VALUE, but --epochs N"
        )
    parts = (one.partition("=") for one in options)
    return {name: _number(value) for name, _, value in parts}


def _number(value: str) -> float | int | str:
    for kind in (int, float):
        with suppress(ValueError, OverflowError):
            if isfinite(number := kind(value)):
                return number
    return value
