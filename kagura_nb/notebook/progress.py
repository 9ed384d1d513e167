"""How a job goes: state, steps, loss, time, tokens, cost, as a view that grows with the job.

The curve is a picture of its own lines, since matplotlib would take longer for each new point than
the model for its next step.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import escape

from kagura_nb.deploy import percent
from kagura_nb.notebook.views import Bar, View, line, table, usd
from kagura_nb.notebook.workspace import program
from kagura_nb.records import Job, JobEvent, short
from kagura_nb.tuning.plan import so_far

STATES = {"failed": "has failed", "cancelled": "is cancelled"}
WIDTH, HEIGHT = 480, 96
MOST_POINTS = 240
"""Points of the curve; of more, every so many is drawn."""
BLOCKS = "▁▂▃▄▅▆▇█"
TEXT_POINTS = 40
CURVE = (
    '<svg viewBox="-44 -8 {width} {height}" width="{width}" height="{height}" role="img"'
    ' aria-label="{alt}" style="max-width:100%;font-size:10px;color:inherit">'
    '<g fill="none" stroke-width="1.5" stroke-linejoin="round">'
    '<polyline stroke="var(--jp-brand-color1,#1976d2)" points="{train}"/>'
    '<polyline stroke="#e69f00" stroke-dasharray="4 3" points="{validation}"/></g>'
    '<g fill="currentColor" opacity=".75"><text x="-40" y="4">{high}</text>'
    '<text x="-40" y="{base}">{low}</text>{legend}</g></svg>'
)


@dataclass(frozen=True, slots=True)
class Course:
    """What the events of a job come to.

    Args:
        began: when the first step was done, or the job began.
        last: when something was last heard.
        step: optimizer steps done, None before the first.
        steps: in all, None where the backend does not say.
        losses: (step, loss) on the rows that are learnt.
        measured: (step, loss) on the rows held out.
        tokens: seen so far.
        memory: the most bytes that it has had, None where that is not told.
        message: the last words.
    """

    began: datetime | None
    last: datetime | None
    step: int | None
    steps: int | None
    losses: tuple[tuple[int, float], ...]
    measured: tuple[tuple[int, float], ...]
    tokens: int | None
    memory: int | None
    message: str

    @property
    def left(self) -> timedelta | None:
        """Time to the last step at the pace so far; None before there is one."""
        if not self.step or not self.steps or self.began is None or self.last is None:
            return None
        return (self.last - self.began) / self.step * (self.steps - self.step)


def course(events: Sequence[JobEvent]) -> Course:
    """What the events of a job come to, oldest first."""
    stepped = [one for one in events if one.step is not None]
    running = [one for one in events if one.state == "running"]
    first = (running or list(events))[:1]
    return Course(
        began=first[0].at if first else None,
        last=events[-1].at if events else None,
        step=stepped[-1].step if stepped else None,
        steps=next((one.steps for one in reversed(events) if one.steps), None),
        losses=_curve(events, "loss"),
        measured=_curve(events, "validation_loss"),
        tokens=next((one.tokens for one in reversed(events) if one.tokens), None),
        memory=max((one.memory for one in events if one.memory), default=None),
        message=next((one.message for one in reversed(events) if one.message), ""),
    )


def progress(job: Job, events: Sequence[JobEvent]) -> View:
    """A job as it is now.

    Args:
        job: the job.
        events: all of it so far, oldest first.
    """
    now = course(events)
    shown = table(f"Job {short(job.id)}: {job.state}", ("what", "value"), _facts(job, now))
    if not now.losses and not now.measured:
        return shown
    return View(f"{shown.plain}\n\n{_text_curve(now)}", shown.html + _svg(now))


def outcome(job: Job) -> View:
    """What a job that has ended means from now on."""
    if job.state != "succeeded":
        text = (
            f"Job {short(job.id)} {STATES.get(job.state, 'goes on')}. {job.problem or ''}".strip()
        )
        return replace(line(text), failed=job.state == "failed")
    if not job.share:
        return line(f"{job.model} is ready: `{program()} use {job.model}`.")
    return line(
        f"{job.model} answers {percent(job.share)} of the sessions from now on."
        f" `{program()} use --rollback` takes it back."
    )


def _facts(job: Job, now: Course) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [
        ("trains", f"{job.base_model} by {job.method} at {job.backend}, dataset {job.dataset}")
    ]
    if now.step and now.steps:
        rows += [("", Bar(now.step / now.steps)), ("steps", f"{now.step:,} of {now.steps:,}")]
    if now.began and now.last:
        left = "" if job.ended or now.left is None else f", about {_time(now.left)} left"
        until = now.last if job.ended else max(now.last, datetime.now(UTC))
        rows.append(("time", _time(until - now.began) + left))
    if now.losses:
        held_out = f", {now.measured[-1][1]:.3f} on rows held out" if now.measured else ""
        rows.append(("loss", f"{now.losses[-1][1]:.3f}{held_out}"))
    if tokens := job.tokens or now.tokens:
        rows.append(("tokens", f"{tokens:,}"))
    if now.memory:
        rows.append(("peak memory", f"{now.memory / 1e6:,.0f} MB"))
    rows.append(("cost", _cost(job, now)))
    rows.append(("model" if job.model else "last heard", job.model or now.message))
    if job.problem:
        rows.append(("problem", job.problem))
    if job.ended and job.remains:
        rows.append(("uploaded rows", job.remains))
    return rows


def _cost(job: Job, now: Course) -> str:
    if job.cost is not None:
        return usd(job.cost)
    if job.estimate == 0:
        return "nothing: it is trained on this machine"
    if job.estimate is None or job.ended:
        return "unpriced" if job.estimate is None else "nothing is known to be paid"
    return f"about {usd(so_far(job.estimate, now.step, now.steps))} of {usd(job.estimate)} so far"


def _time(taken: timedelta) -> str:
    minutes, seconds = divmod(round(taken.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


def _curve(events: Sequence[JobEvent], name: str) -> tuple[tuple[int, float], ...]:
    points = [
        (one.step, getattr(one, name))
        for one in events
        if one.step is not None and getattr(one, name) is not None
    ]
    every = -(-len(points) // MOST_POINTS) or 1
    return tuple(points[::-1][::every][::-1])


def _svg(now: Course) -> str:
    points = [*now.losses, *now.measured]
    high, low = max(loss for _, loss in points), min(loss for _, loss in points)
    most = max(now.steps or 0, *(step for step, _ in points))
    inner, base = WIDTH - 56, HEIGHT - 20

    def line(curve: Sequence[tuple[int, float]]) -> str:
        return " ".join(
            f"{inner * step / most:.1f},{base * (high - loss) / ((high - low) or 1):.1f}"
            for step, loss in curve
        )

    legend = '<text x="60" y="4">loss, and dashed on rows held out</text>' if now.measured else ""
    return CURVE.format(
        width=WIDTH,
        height=HEIGHT,
        base=base,
        alt=escape(_described(now), quote=True),
        train=line(now.losses),
        validation=line(now.measured),
        high=f"{high:.2f}",
        low=f"{low:.2f}",
        legend=legend,
    )


def _described(now: Course) -> str:
    first, last = (now.losses or now.measured)[0], (now.losses or now.measured)[-1]
    return f"Loss from {first[1]:.3f} at step {first[0]:,} to {last[1]:.3f} at step {last[0]:,}"


def _text_curve(now: Course) -> str:
    losses = [loss for _, loss in now.losses or now.measured]
    every = -(-len(losses) // TEXT_POINTS)
    kept = losses[::-1][::every][::-1]
    high, low = max(kept), min(kept)
    heights = [round((loss - low) / ((high - low) or 1) * (len(BLOCKS) - 1)) for loss in kept]
    return f"{_described(now)}  {''.join(BLOCKS[one] for one in heights)}"
