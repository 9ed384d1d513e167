"""What a sub-command shows: one object with a form for notebooks and a form for terminals."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from html import escape
from typing import Any

from tabulate import tabulate

from kagura_nb.records import DATED_FROM, UNKNOWN_TIME, Forgotten
from kagura_nb.screen import printable

TABLE = (
    '<table style="text-align:left;border-collapse:collapse;color:inherit">'
    '<caption style="text-align:left;font-weight:600;padding:.4em 0;color:inherit">{caption}'
    "</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
)
CELL = (
    '<{tag}{scope} style="text-align:left;padding:.25em 1em .25em 0;vertical-align:top;'
    '{wrap}">{text}</{tag}>'
)
LINE = '<div style="color:var(--jp-ui-font-color2,inherit);padding:.2em 0">{text}</div>'
BAR = (
    '<div style="width:12em"><div style="width:{width};height:.8em;border-radius:2px;'
    'background:var(--jp-brand-color1,#1976d2)"></div></div>'
)
CODE = re.compile("`([^`\n]+)`")
MATH = re.compile(r"[$\\]")
"""What a formula begins with; by itself in an element it begins none."""
BAR_WIDTH = 24
"""Characters of a whole bar in a terminal."""
SHORT = 16
"""Characters up to which a cell stays on one line: short ids, times, stars, names."""
EXCERPT = 72
"""Characters of a text that a table shows."""


@dataclass(frozen=True, slots=True)
class View:
    """Something to look at.

    Args:
        plain: for terminals, logs and saved notebooks; what a terminal would obey is left out.
        html: for notebooks; empty where Markdown or plain text is shown instead.
        markdown: Markdown whose raw HTML and images are already harmless; empty where unused.
        failed: whether a terminal's exit status says so.
        live: makes what a notebook with widgets shows below.
    """

    plain: str
    html: str = ""
    markdown: str = ""
    failed: bool = False
    live: Callable[[], object] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "plain", printable(self.plain))
        object.__setattr__(self, "html", printable(self.html))

    def __str__(self) -> str:
        return self.plain

    def _repr_mimebundle_(self, **_: Any) -> Mapping[str, str]:
        forms = {
            "text/plain": self.plain,
            "text/html": self.html,
            "text/markdown": self.markdown,
        }
        return {mime: text for mime, text in forms.items() if text}

    def __add__(self, other: "View") -> "View":
        both = f"{self.plain}\n\n{other.plain}"
        return View(both, self.html + other.html, failed=self.failed or other.failed)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart in a table's cell.

    Args:
        share: of the cell's width, 0 to 1.
    """

    share: float

    def __str__(self) -> str:
        eighths = max(1, round(8 * BAR_WIDTH * self.share))
        return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()

    @property
    def html(self) -> str:
        """The bar in the notebook's own colour."""
        return BAR.format(width=f"{self.share:.1%}")


def line(text: str) -> View:
    """One line for the user, in the notebook's own type instead of a program's output."""
    return View(text, LINE.format(text=sentence(text)))


def table(caption: str, headers: Sequence[str], rows: Sequence[Sequence[object]]) -> View:
    """Rows under headers; every value is shown as text, never as markup."""
    texts = [["" if value is None else str(value) for value in row] for row in rows]
    plain = tabulate(texts, headers=list(headers), tablefmt="simple", disable_numparse=True)
    head = "".join(_cell("th" if text else "td", text) for text in headers)
    body = "".join(f"<tr>{''.join(_cell('td', value) for value in row)}</tr>" for row in rows)
    html = TABLE.format(caption=as_html(caption), head=head, body=body)
    return View(f"{caption}\n\n{plain}", html)


def details(summary: str, view: View) -> View:
    """A view that a notebook opens on a click."""
    html = f"<details><summary>{as_html(summary)}</summary>{view.html}</details>"
    return View(view.plain, html)


def hidden_reasoning(text: str) -> View:
    """What a model thought before it replied, folded away."""
    summary = f"Reasoning, {len(text.strip()):,} characters"
    said = as_html(text.strip()).replace("\n", "<br>")
    return details(summary, View(f"({summary}, hidden.)", LINE.format(text=said)))


def as_html(text: str) -> str:
    """Text that is no markup and, where notebooks look for formulas in what is shown, none."""
    return MATH.sub(r"<span>\g<0></span>", escape(text))


def sentence(text: str) -> str:
    """As `as_html`; what stands between backticks is code."""
    return CODE.sub(r"<code>\1</code>", as_html(text))


def conversations(count: int) -> str:
    """So many conversations, in words."""
    return "1 conversation" if count == 1 else f"{count:,} conversations"


def forgotten(gone: Forgotten) -> str:
    """What forgetting came to."""
    said = [f"Forgotten for good: {conversations(gone.conversations)}."]
    if gone.trained:
        said.append(f"Trained on some of it already: {', '.join(gone.trained)}.")
    return " ".join([*said, *(f"⚠ {one}." for one in gone.copies)])


def local(moment: datetime) -> str:
    """A time as the user's clock showed it; `unknown` where a conversation has none."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}" if moment >= DATED_FROM else UNKNOWN_TIME


def excerpt(text: str, length: int = EXCERPT) -> str:
    """The beginning of a text in one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[: length - 1] + "…"


def usd(cost: Decimal) -> str:
    """An amount of money, with as many decimals as show two digits of it."""
    places = max(2, 1 - cost.adjusted()) if cost else 2
    return f"{'-' if cost < 0 else ''}${abs(cost):,.{places}f}"


def stars(rating: int | None) -> str:
    """A rating as stars; nothing where there is none."""
    return "" if rating is None else "★" * rating + "☆" * (5 - rating)


def _cell(tag: str, value: object) -> str:
    text = "" if value is None else str(value)
    scope = ' scope="col"' if tag == "th" else ""
    wrap = "white-space:nowrap" if len(text) <= SHORT else "overflow-wrap:anywhere"
    inner = value.html if isinstance(value, Bar) else as_html(text).replace("\n", "<br>")
    return CELL.format(tag=tag, scope=scope, wrap=wrap, text=inner)
