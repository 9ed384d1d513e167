"""The numbers that matter most, as tiles beside each other."""

from dataclasses import dataclass

from kagura_nb.notebook.charts import amount
from kagura_nb.notebook.dashboard.facts import Facts
from kagura_nb.notebook.dashboard.timeline import Unit
from kagura_nb.notebook.views import Bar, View, sentence, table, usd
from kagura_nb.providers.doors import door

LATELY: dict[Unit, tuple[int, str]] = {
    "day": (7, "in the last 7 days"),
    "week": (1, "this week"),
    "month": (1, "this month"),
}
"""The latest periods, and what they are called."""
TILE = (
    '<div class="kagura-tile"><span>{name}</span><strong>{value}</strong>{bar}'
    "<span>{note}</span></div>"
)


@dataclass(frozen=True, slots=True)
class Tile:
    """One number.

    Args:
        name: what it is.
        value: the number.
        note: what it is to be seen beside.
        share: of a bar, 0 to 1; None where there is no bar.
    """

    name: str
    value: str
    note: str = ""
    share: float | None = None

    @property
    def html(self) -> str:
        """The number, large, with its name and note."""
        bar = "" if self.share is None else Bar(self.share).html
        name, value, note = (sentence(one) for one in (self.name, self.value, self.note))
        return TILE.format(name=name, value=value, note=note, bar=bar)


def glance(facts: Facts) -> View:
    """The numbers that matter most."""
    tiles = [
        _total(facts),
        _rated(facts),
        _mean(facts),
        _ready(facts),
        _spent(facts),
        _model(facts),
    ]
    rows = [(one.name, one.value, one.note) for one in tiles]
    plain = table("The numbers that matter most", ("what", "now", ""), rows).plain
    html = "".join(one.html for one in tiles)
    return View(plain, f'<div class="kagura-tiles">{html}</div>')


def _total(facts: Facts) -> Tile:
    count, words = LATELY[facts.course.unit]
    lately = facts.course.group(-count).conversations
    return Tile("conversations", f"{facts.stats['total']:,}", f"{lately:,} {words}")


def _rated(facts: Facts) -> Tile:
    total, rated = facts.stats["total"], facts.stats["rated"]
    share = f"{rated / total:.0%}" if total else "none yet"
    return Tile("rated", share, f"{rated:,} rated, {facts.stats['high_rated']:,} good")


def _mean(facts: Facts) -> Tile:
    given = facts.given
    if not given.rated:
        return Tile("mean stars", "none yet")
    mean, low, high = given.mean
    return Tile("mean stars", f"{mean:.1f}", f"{low:.1f} to {high:.1f} at 95 %")


def _ready(facts: Facts) -> Tile:
    fresh, wanted = facts.ready
    value = "due" if fresh >= wanted else f"{fresh / wanted:.0%}"
    return Tile("next training", value, f"{fresh:,} of {wanted:,} good", min(fresh / wanted, 1))


def _spent(facts: Facts) -> Tile:
    month = facts.month
    name = f"spent in {month.first:%B}"
    if not month.totals:
        return Tile(name, "nothing", "" if month.budget is None else f"of {usd(month.budget)}")
    notes = [f"of {usd(month.budget)}"] if month.budget else []
    notes += [f"forecast {usd(month.forecast)}"] if month.forecast else []
    share = min(float(month.total.cost / month.budget), 1) if month.budget else None
    return Tile(name, amount(month.total), ", ".join(notes), share)


def _model(facts: Facts) -> Tile:
    assistant = facts.assistant
    model = assistant.deployment().model
    return Tile("answers now", model, door(model, assistant.settings))
