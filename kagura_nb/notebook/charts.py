"""Charts, and one of them: a month's costs by day and model, by purpose, and against the budget.

A chart is an image with a description inside the view's HTML, so it stays in a saved notebook. It
is drawn on white, whatever the page's colour is: its text has 7:1 there, what is drawn 3:1 (WCAG
2.2). The colours are those of Okabe and Ito that have it, which the colour-blind tell apart.
"""

import base64
import io
import warnings
from collections.abc import Callable, Sequence
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any

from kagura_nb.costs import Month
from kagura_nb.notebook.views import usd
from kagura_nb.store.ledger import Sum

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GREY = "#595959"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#2B2B2B", "#8A8A8A")
"""One for each of the dearest models, the last one for all others."""
LONGEST_LABEL = 36
"""Characters of a model's name in a legend; its end tells models apart."""
STYLE: Any = {
    "font.size": 9,
    "svg.fonttype": "none",  # text stays text: any script, selectable, small
    "svg.hashsalt": "kagura",  # the same figure is the same file
    "text.color": GREY,
    "text.parse_math": False,  # what stands between two dollar signs is no formula
    "axes.edgecolor": GREY,
    "axes.labelcolor": GREY,
    "axes.titlecolor": GREY,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "legend.frameon": False,
}


def costs_image(month: Month) -> str:
    """The figure of a month as an HTML image that needs nothing else."""
    return image(lambda: costs_figure(month), description(month))


def image(draw: Callable[[], "Figure"], alt: str) -> str:
    """A figure as an HTML image that needs nothing else.

    Args:
        draw: makes the figure, in the style of all of them.
        alt: the figure in words.
    """
    import matplotlib as mpl

    file = io.BytesIO()
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # the reader's browser has its own fonts
        draw().savefig(file, format="svg", metadata={"Date": None})
    data = base64.b64encode(file.getvalue()).decode()
    alt, style = escape(alt, quote=True), "max-width:100%;height:auto;border-radius:4px"
    return f'<img src="data:image/svg+xml;base64,{data}" alt="{alt}" style="{style}">'


def costs_figure(month: Month) -> "Figure":
    """The three charts of a month."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.6, 5.4), layout="constrained")
    axes = figure.subplot_mosaic([["days", "purposes"], ["budget", "budget"]], width_ratios=[3, 1])
    _days(axes["days"], month)
    _purposes(axes["purposes"], month)
    _against_budget(axes["budget"], month)
    for one in (axes["days"], axes["budget"]):
        one.set_xlim(0.4, month.days + 0.6)
        one.set_xticks([1, *range(5, month.days + 1, 5)])
        one.yaxis.set_major_formatter(_dollars)
    return figure


def description(month: Month) -> str:
    """The figure in words."""
    dearest = max(month.by("day").items(), key=lambda one: one[1].cost)
    parts = [f"{name} {amount(one)}" for name, one in month.by("purpose").items()]
    said = f"Costs of {month.first:%B %Y}: {usd(month.total.cost)}, by purpose {', '.join(parts)}"
    said += f"; the dearest day is {dearest[0]} with {usd(dearest[1].cost)}"
    said += "" if month.forecast is None else f"; forecast {usd(month.forecast)}"
    return f"{said}." if month.budget is None else f"{said}; the budget is {usd(month.budget)}."


def amount(one: Sum) -> str:
    """What something cost, in words; without any price it is unpriced, never nothing."""
    if one.unpriced == one.entries:
        return "unpriced"
    return usd(one.cost) + (f", {one.unpriced:,} unpriced" if one.unpriced else "")


def _days(axes: "Axes", month: Month) -> None:
    """Bars of every day, stacked by model."""
    axes.set_title("by day and model")
    dearest = [name for name, one in month.by("model").items() if one.cost]
    shown = dearest if len(dearest) <= len(COLOURS) else dearest[: len(COLOURS) - 1]
    stacks = [(_label(name), month.daily(name)) for name in shown]
    if rest := dearest[len(shown) :]:
        stacks.append(("others", _added([month.daily(name) for name in rest])))
    below = [0.0] * month.days
    for (label, amounts), colour in zip(stacks, COLOURS, strict=False):
        heights = [float(one) for one in amounts]
        axes.bar(range(1, month.days + 1), heights, 0.8, below, color=colour, label=label)
        below = [low + height for low, height in zip(below, heights, strict=True)]
    axes.set_ylim(0, max(below) * 1.3)
    axes.legend(loc="upper left", fontsize=8, ncols=2)


def _purposes(axes: "Axes", month: Month) -> None:
    """Bars of every purpose, with their amounts."""
    axes.set_title("by purpose")
    purposes = month.by("purpose")
    widths = [float(one.cost) for one in purposes.values()]
    bars = axes.barh(list(purposes), widths, 0.6, color=COLOURS[0])
    axes.bar_label(bars, [amount(one) for one in purposes.values()], padding=3, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, max(widths) * 1.8)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def _against_budget(axes: "Axes", month: Month) -> None:
    """What had been spent by every day, what it comes to, and the budget."""
    axes.set_title("spent so far" if month.budget is None else "spent, against the budget")
    axes.set_xlabel(f"day of {month.first:%B %Y}")
    sums, spent = [], 0.0
    for one in month.daily()[: month.begun]:
        spent += float(one)
        sums.append(spent)
    days = range(1, month.begun + 1)
    axes.plot(days, sums, color=COLOURS[0], linewidth=2, label=f"spent {_dollars(spent)}")
    highest = spent
    if month.forecast is not None:
        highest = max(highest, float(month.forecast))
        ends = [month.begun, month.days], [spent, float(month.forecast)]
        label = f"forecast {usd(month.forecast)}"
        axes.plot(*ends, color=COLOURS[0], linewidth=2, linestyle=(0, (2, 2)), label=label)
    if month.budget is not None:
        highest = max(highest, float(month.budget))
        axes.axhline(float(month.budget), color=COLOURS[1], label=f"budget {usd(month.budget)}")
    axes.set_ylim(0, highest * 1.15)
    axes.legend(loc="upper left", fontsize=8, ncols=3)


def _label(model: str) -> str:
    """A model's name for a legend."""
    return model if len(model) <= LONGEST_LABEL else f"…{model[1 - LONGEST_LABEL :]}"


def _added(lists: Sequence[Sequence[Decimal]]) -> list[Decimal]:
    return [sum(amounts, Decimal(0)) for amounts in zip(*lists, strict=True)]


def _dollars(value: float, _position: object = None) -> str:
    return usd(Decimal(f"{value:.6g}"))
