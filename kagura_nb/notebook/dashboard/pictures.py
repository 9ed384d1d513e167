"""Two charts: how many conversations there were, and how the ratings went."""

from datetime import date
from typing import TYPE_CHECKING

from kagura_nb.notebook.charts import COLOURS, GREY, image
from kagura_nb.notebook.dashboard.timeline import FEWEST, Group, Timeline, Unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE = (4.6, 2.1)
"""Inches: where a card is half as wide as the page, the type is as large as the notebook's."""
LABELS = 5
"""Dates named below a chart at most."""
WORDS: dict[Unit, str] = {"day": "by day", "week": "by week", "month": "by month"}
FORMS: dict[Unit, str] = {"day": "%d %b", "week": "%d %b", "month": "%b %Y"}


def conversations_image(course: Timeline) -> str:
    """Bars of every period, rated and not rated yet."""
    return image(lambda: _conversations(course), conversations_words(course))


def trend_image(course: Timeline) -> str:
    """Means of stars with their intervals, where there are enough ratings."""
    return image(lambda: _trend(course), trend_words(course))


def conversations_words(course: Timeline) -> str:
    """The first chart in words."""
    groups = course.groups()
    total, busiest = course.group(), max(groups, key=lambda one: one.conversations)
    return (
        f"Conversations {WORDS[course.unit]} from {total.first:%d %b %Y}: {total.conversations:,},"
        f" {total.stars.rated:,} of them rated; most in the {course.unit} of"
        f" {busiest.first:%d %b %Y}, {busiest.conversations:,}."
    )


def trend_words(course: Timeline) -> str:
    """The second chart in words."""
    drawn = [one for one in course.trend() if one.stars.rated >= FEWEST]
    said = (f"{one.first:%d %b %Y} {one.stars.mean[0]:.1f} of {one.stars.rated:,}" for one in drawn)
    return f"Mean stars, from 1 to 5, and the number of ratings: {', '.join(said)}."


def when(first: date, unit: Unit) -> str:
    """A period's name."""
    return f"{first:{FORMS[unit]}}"


def _conversations(course: Timeline) -> "Figure":
    from matplotlib.ticker import MaxNLocator

    figure, axes = _figure()
    groups = course.groups()
    rated = [one.stars.rated for one in groups]
    rest = [one.conversations - some for one, some in zip(groups, rated, strict=True)]
    places = range(len(groups))
    axes.bar(places, rated, 0.8, color=COLOURS[2], label="rated")
    axes.bar(places, rest, 0.8, rated, color=COLOURS[0], label="not rated yet")
    axes.set_ylim(0, max(1, *(one.conversations for one in groups)) * 1.25)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.legend(loc="upper left", ncols=2)
    _dates(axes, groups, course.unit)
    return figure


def _trend(course: Timeline) -> "Figure":
    figure, axes = _figure()
    groups = course.trend()
    drawn = [(place, one) for place, one in enumerate(groups) if one.stars.rated >= FEWEST]
    places = [place for place, _ in drawn]
    means = [one.stars.mean for _, one in drawn]
    off = [[mean - low for mean, low, _ in means], [high - mean for mean, _, high in means]]
    middles = [mean for mean, _, _ in means]
    axes.errorbar(places, middles, off, fmt="o", color=COLOURS[1], markersize=5, elinewidth=1.5)
    for place, one in drawn:
        at = one.stars.mean[1]
        axes.annotate(
            f"{one.stars.rated:,}", (place, at), (0, -9), textcoords="offset points",
            ha="center", color=GREY, fontsize=8,
        )  # fmt: skip
    axes.set_ylim(0.6, 5.2)
    axes.set_yticks(range(1, 6))
    axes.grid(axis="y", color=GREY, alpha=0.2)
    _dates(axes, groups, course.unit)
    return figure


def _figure() -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.08, right=0.95, top=0.96, bottom=0.13)
    return figure, axes


def _dates(axes: "Axes", groups: list[Group], unit: Unit) -> None:
    """Name some of the periods below, the last one always."""
    every = -(-len(groups) // LABELS)
    places = list(range(len(groups)))[::-1][::every][::-1]
    axes.set_xticks(places, [when(groups[one].first, unit) for one in places])
    axes.set_xlim(-0.6, len(groups) - 0.4)
