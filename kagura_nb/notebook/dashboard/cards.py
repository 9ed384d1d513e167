"""The cards of the dashboard, each an answer to one question, in one table.

A card is a `View` of `Facts`, which are read once for all of them. What a sub-command shows already
is shown here by the same function.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from kagura_nb import deploy
from kagura_nb.datasets import looking
from kagura_nb.deploy import Interval
from kagura_nb.notebook.costs import view as costs_view
from kagura_nb.notebook.dashboard.facts import Facts
from kagura_nb.notebook.dashboard.glance import glance
from kagura_nb.notebook.dashboard.pictures import WORDS, conversations_image, trend_image, when
from kagura_nb.notebook.dashboard.timeline import FEWEST, RECENT, Group, Timeline
from kagura_nb.notebook.failures import told
from kagura_nb.notebook.models import comparison, overview
from kagura_nb.notebook.progress import progress
from kagura_nb.notebook.scan import MEANING
from kagura_nb.notebook.training import listing
from kagura_nb.notebook.views import (
    Bar,
    View,
    details,
    line,
    local,
    stars,
    table,
)
from kagura_nb.notebook.workspace import program
from kagura_nb.pricing import PRICE_FILE
from kagura_nb.store import looked

LISTED = 5
"""Datasets and jobs that are listed."""
MODELS = 6
"""Models that are named; what is left is one row."""


@dataclass(frozen=True, slots=True)
class Card:
    """One card.

    Args:
        name: in the page's source.
        title: above it.
        show: makes it.
        shape: takes the whole width, or the height of two.
    """

    name: str
    title: str
    show: Callable[[Facts], View]
    shape: Literal["", "wide", "tall"] = ""

    def view(self, facts: Facts) -> View:
        """The card; where it cannot be made, why and the cure."""
        try:
            return self.show(facts)
        except Exception as error:  # the other cards can be made all the same
            return line(told(error))


def activity(facts: Facts) -> View:
    """Conversations over time."""
    if not facts.stats["total"]:
        return line("Nothing was said yet. Begin with `%%kagura` in a cell, or `kagura-nb start`.")
    course = facts.course
    drawn = course.group().conversations
    if (rest := facts.stats["total"] - drawn) <= 0:
        return _by_period(course)
    said = f"Not drawn: {rest:,} from before {course.bounds[0]:%d %b %Y}, or with no time known."
    return _by_period(course) + line(said) if drawn else line(said)


def ratings(facts: Facts) -> View:
    """How many stars were given, and whether they become more."""
    course, given = facts.course, facts.given
    if not given.rated:
        return line("No reply is rated yet. Click the stars below one, or press 1 to 5 on them.")
    most = max(given.counts)
    rows = [
        (stars(number), f"{count:,}", Bar(count / most) if count else "")
        for number, count in reversed(list(enumerate(given.counts, 1)))
    ]
    shown = line(_verdict(course)) + table("All ratings", ("stars", "ratings", ""), rows)
    drawn = [one for one in course.trend() if one.stars.rated >= FEWEST]
    if len(drawn) < 2:
        few = f"A trend is drawn from two weeks or months on with {FEWEST} ratings each."
        return shown + line(few)
    numbers = table("Mean stars", ("from", "mean", "95 % interval", "ratings"), _means(drawn))
    html = trend_image(course) + shown.html + details("Numbers", numbers).html
    return View(f"{shown.plain}\n\n{numbers.plain}", html)


def training(facts: Facts) -> View:
    """How far the next training is."""
    fresh, wanted = facts.ready
    said = f"{fresh:,} of {wanted:,} good conversations that no model was trained on."
    if fresh >= wanted:
        said += f" `{program()} train` says what a training would take."
    elif not fresh:
        said += " One is good from 4 stars on, or with your correction."
    if used := facts.assistant.jobs.used():
        said += f" A model was trained on {used:,} already."
    bar = f'<div class="kagura-meter">{Bar(min(fresh / wanted, 1)).html}</div>'
    return View(said, bar + line(said).html)


def datasets(facts: Facts) -> View:
    """The latest datasets."""
    found = facts.assistant.datasets.latest()[:LISTED]
    if not found:
        return line(f"There are no datasets yet. `{program()} data` makes one.")
    rows = [
        (one.version, local(one.created_at), one.method, f"{one.train_rows:,}", one.selection)
        for one in found
    ]
    return table("The latest", ("version", "built", "method", "rows", "selection"), rows)


def jobs(facts: Facts) -> View:
    """Trainings that are under way, and the latest ones."""
    now = facts.assistant.jobs
    shown = listing(facts.assistant, LISTED)
    for job in reversed(now.under_way()):
        shown = progress(job, [event for _, event in now.events(job)]) + shown
    return shown


def models(facts: Facts) -> View:
    """What answers, how it is rated, and how models compare that share the sessions."""
    shown = overview(facts.assistant)
    if found := list(facts.course.models().items()):
        rows = [(name, f"{one.conversations:,}", *_stars(one)) for name, one in found[:MODELS]]
        if rest := sum(one.conversations for _, one in found[MODELS:]):
            rows.append((f"{len(found) - MODELS} others", f"{rest:,}", "", "", ""))
        heads = ("model", "conversations", "ratings", "mean stars", "95 % interval")
        shown += table(f"Who answered since {facts.course.bounds[0]:%d %b %Y}", heads, rows)
    database = facts.assistant.store.database
    if any(not one.whole for one in deploy.history(database)):
        shown += comparison(deploy.compare(database))
    return shown


def privacy(facts: Facts) -> View:
    """Personal data in what was looked through, the latest first, and what training makes of it."""
    assistant = facts.assistant
    looking.look(assistant.store, looking.missing(assistant.store)[: looking.BATCH])
    with assistant.store.database.read() as connection:
        known = looked.counts(connection)
    seen, total = sum(known.values()), facts.stats["total"]
    if not seen:
        return line("There is nothing to look through yet.")
    affected = seen - known.get((), 0)
    said = f"Something private is in {affected:,} of {seen:,} that were looked through."
    if seen < total:
        said += f" {total - seen:,} are left: `{program()} scan` looks through all."
    shown = line(said)
    if affected:
        shown += table("What was found", ("type", "conversations", ""), _types(known))
    policy = assistant.settings.training_policy
    meaning = MEANING[policy]
    return shown + line(f"In training: {meaning} ({policy}). Secrets always drop the conversation.")


def spending(facts: Facts) -> View:
    """What the month costs."""
    return costs_view(facts.month, "model", facts.assistant.settings.home / PRICE_FILE)


CARDS: Sequence[Card] = (
    Card("glance", "At a glance", glance, "wide"),
    Card("activity", "Conversations", activity),
    Card("ratings", "Ratings", ratings, "tall"),
    Card("training", "Next training", training),
    Card("datasets", "Datasets", datasets),
    Card("privacy", "Personal data", privacy),
    Card("jobs", "Trainings", jobs, "wide"),
    Card("models", "Models", models, "wide"),
    Card("costs", "Costs", spending, "wide"),
)


def _by_period(course: Timeline) -> View:
    """Numbers of conversations, drawn."""
    groups = [one for one in course.groups()[::-1] if one.conversations]
    most = max(one.conversations for one in groups)
    rows = [
        (
            when(one.first, course.unit),
            f"{one.conversations:,}",
            f"{one.stars.rated:,}",
            Bar(one.conversations / most),
        )
        for one in groups
    ]
    heads = (course.unit, "conversations", "rated", "")
    numbers = table(f"Conversations {WORDS[course.unit]}", heads, rows)
    return View(numbers.plain, conversations_image(course) + details("Numbers", numbers).html)


def _types(known: Mapping[tuple[str, ...], int]) -> list[tuple[object, ...]]:
    """In how many conversations each type is."""
    holders = Counter[str]()
    for types, count in known.items():
        holders.update(dict.fromkeys(types, count))
    most = max(holders.values())
    return [(name, f"{count:,}", Bar(count / most)) for name, count in holders.most_common()]


def _verdict(course: Timeline) -> str:
    """What the latest ratings say beside those before, in words."""
    _, latest = RECENT[course.unit]
    if course.change is None:
        return f"Whether {latest} were better cannot be told yet: too few ratings."
    by, low, high = course.change
    how = f"{by:+.1f} stars, 95\u00a0% interval {low:+.1f} to {high:+.1f}"
    if low <= 0 <= high:
        return f"Whether {latest} were better than all before cannot be told: {how}."
    return f"{latest.capitalize()} were {'better' if by > 0 else 'worse'} than all before: {how}."


def _means(groups: Sequence[Group]) -> list[tuple[str, ...]]:
    return [
        (f"{one.first:%Y-%m-%d}", *_interval(one.stars.mean), f"{one.stars.rated:,}")
        for one in groups
    ]


def _stars(one: Group) -> tuple[str, str, str]:
    """Ratings, their mean and its interval, as far as there are any."""
    if not one.stars.rated:
        return "", "", ""
    return f"{one.stars.rated:,}", *_interval(one.stars.mean)


def _interval(found: Interval) -> tuple[str, str]:
    mean, low, high = found
    return f"{mean:.1f}", f"{low:.1f} to {high:.1f}"
