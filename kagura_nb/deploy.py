"""Which model answers, how a new one is tried beside it, and what the ratings say of the two.

A deployed model stands in front of what answered before, which going back brings back. It answers
every session, or a share of them. A session is in the share of a model when a hash of both their
names, taken as a number from 0 to 1, is below the share; with its first conversation that is kept,
so that a session stays on its side when the share changes. A whole model is drawn for nobody.

Ratings are compared over the sessions that were drawn, by the difference of the shares of good
replies, with Newcombe's interval (Statistics in Medicine 17, 1998, 873-890, method 10). From
Wilson's intervals [l1, u1] and [l2, u2] of the shares p1 and p2 it makes, with d = p1 - p2,

    d - sqrt((p1 - l1)^2 + (u2 - p2)^2)  to  d + sqrt((u1 - p1)^2 + (p2 - l2)^2)

It takes ratings for independent of each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import hypot, sqrt

from kagura_nb import providers
from kagura_nb.errors import (
    KeyRejected,
    MissingExtra,
    MissingKey,
    ProviderError,
    SettingsError,
    UnknownModel,
)
from kagura_nb.records import Arm, Deployment, Job
from kagura_nb.settings import Settings
from kagura_nb.store import Database, deployments, jobs
from kagura_nb.store.deployments import Ratings, Rollout

GONE = (UnknownModel, MissingExtra, MissingKey, KeyRejected)
"""What a model answers no more with, however often it is asked."""
ENOUGH = 20
"""Ratings of each side from which a difference may be told."""
Z = 1.959964
"""The 97.5 % quantile of the normal distribution, for intervals that hold in 95 of 100 cases."""
Interval = tuple[float, float, float]
"""A value, from where, up to where."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A model and what answered the other sessions at the same time.

    Args:
        model: the one that had a share.
        tuned: how its replies were judged.
        base: how the others were.
    """

    model: str
    tuned: Ratings
    base: Ratings

    @property
    def difference(self) -> Interval | None:
        """By how much the share of good replies is higher, from where, up to where; -1 to 1.

        None while a side has no rating at all.
        """
        if not (self.tuned.rated and self.base.rated):
            return None
        return apart(wilson(self.tuned), wilson(self.base))

    @property
    def missing(self) -> tuple[int, int]:
        """How many ratings each side lacks before a difference may be told."""
        return max(0, ENOUGH - self.tuned.rated), max(0, ENOUGH - self.base.rated)

    @property
    def decided(self) -> bool:
        """Whether a difference may be told: enough ratings, and an interval without zero."""
        if any(self.missing) or self.difference is None:
            return False
        _, low, high = self.difference
        return low > 0 or high < 0


def choose(database: Database, session: str, model: str | None = None) -> Deployment:
    """The model that answers a session's next conversation. Nothing is kept.

    Args:
        database: the user's store.
        session: whose.
        model: the one asked for in this call, which wins.
    """
    if model:
        return Deployment(model, "asked for")
    with database.read() as connection:
        standing = deployments.seen_by(connection, session)
    settings = database.settings
    if not standing:
        return base(settings)
    kept = standing[0][1]
    top, *behind = answering([one for one, _ in standing])
    if top.whole:
        return _answered_by(settings, top)
    tuned = drawn(top, session) if kept is None else kept
    arm = Arm(top.id, top.model, tuned)
    share = f"{percent(top.share)} of the sessions"
    if tuned:
        return Deployment(arm.model, f"deployed for {share}, this one among them", arm)
    before = _answered_by(settings, behind[0] if behind else None)
    reason = f"{before.reason}; {top.model} answers {share}, not this one"
    return Deployment(before.model, reason, arm)


def answering(newest_first: Sequence[Rollout]) -> list[Rollout]:
    """Of deployments those that answer now: the one in front and, if it has a share of the
    sessions only, the newest whole one behind it.
    """
    standing = [one for one in newest_first if one.ended_at is None]
    front, rest = standing[:1], standing[1:]
    if front and not front[0].whole:
        front += [one for one in rest if one.whole][:1]
    return front


def base(settings: Settings) -> Deployment:
    """What answers where nothing is deployed."""
    return providers.default_model(settings)


def missed(model: str, base: str, error: ProviderError) -> str:
    """A line for the user: a deployed model is gone, and the base one answered in its place."""
    return (
        f"{base} answered, because the deployed model cannot: {error.problem}."
        f" Mend that, or take {model} back with `%kagura use --rollback`."
    )


def deploy(database: Database, model: str, share: float = 1.0, job: Job | None = None) -> Rollout:
    """Put a model in front of what answers now; it is on disk when this returns.

    Args:
        database: the user's store.
        model: `provider:model`.
        share: of the sessions, above 0 and up to 1.
        job: that made the model.

    Raises:
        SettingsError: no such share.
    """
    if not 0 < share <= 1:
        raise SettingsError(f"{share!r} is no share of the sessions", "Use more than 0, up to 1")
    with database.write(durable=True) as connection:
        top = next(iter(deployments.standing(connection)), None)
        if top is not None and (top.model, top.share) == (model, share):
            return top
        return deployments.push(connection, model, share, job)


def rollback(database: Database) -> Rollout:
    """Take back the newest deployment, and return it; what answered before answers again.

    Raises:
        SettingsError: nothing is deployed.
    """
    with database.write(durable=True) as connection:
        standing = deployments.standing(connection)
        if not standing:
            raise SettingsError("Nothing is deployed", "Choose a model with `%kagura use MODEL`")
        deployments.end(connection, standing[0].id)
    return standing[0]


def at_hand(database: Database) -> tuple[str, ...]:
    """Names of models to choose from: what the owner has trained, newest first, then the known."""
    with database.read() as connection:
        own = jobs.models(connection)
    return tuple(dict.fromkeys([*own, *providers.known_models(database.settings)]))


def current(database: Database) -> Rollout | None:
    """The newest deployment that stands; None where there is none."""
    with database.read() as connection:
        return next(iter(deployments.standing(connection)), None)


def history(database: Database) -> list[Rollout]:
    """Every deployment there was, newest first."""
    with database.read() as connection:
        return deployments.history(connection)


def compare(database: Database, model: str | None = None) -> Comparison:
    """Compare a model that has or had a share with what answered the other sessions.

    Args:
        database: the user's store.
        model: which one; None takes the one deployed last.

    Raises:
        SettingsError: no such model ever had a share.
    """
    with database.read() as connection:
        shared = [one for one in deployments.history(connection) if not one.whole]
        found = next((one.model for one in shared if model in (None, one.model)), None)
        if found is None:
            never = f"{model} never" if model else "No model ever"
            raise SettingsError(
                f"{never} had a share of the sessions to be compared by",
                "Give it one with `%kagura use MODEL --share 30%`",
            )
        sides = deployments.ratings(connection, found)
    return Comparison(found, sides.get(True, Ratings()), sides.get(False, Ratings()))


def drawn(one: Rollout, session: str) -> bool:
    """Whether a session is in the share of a model."""
    names = f"{one.model}\0{session}".encode(errors="replace")
    return int.from_bytes(sha256(names).digest()[:8]) < one.share * 2**64


def wilson(side: Ratings) -> Interval:
    """The share of good replies among the rated ones, and Wilson's interval of it.

    E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209-212.
    """
    n, share = side.rated, side.good / side.rated
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return share, middle - half, middle + half


def apart(first: Interval, second: Interval) -> Interval:
    """By how much the first of two values is higher, and the interval made of theirs."""
    (p1, l1, u1), (p2, l2, u2) = first, second
    return p1 - p2, p1 - p2 - hypot(p1 - l1, u2 - p2), p1 - p2 + hypot(u1 - p1, p2 - l2)


def percent(share: float) -> str:
    """A share in words: `30 %`."""
    return f"{100 * share:.4g} %"


def _answered_by(settings: Settings, one: Rollout | None) -> Deployment:
    """A whole deployment, or the base one where there is none."""
    if one is None:
        return base(settings)
    return Deployment(one.model, f"deployed on {one.since.astimezone():%Y-%m-%d}")
