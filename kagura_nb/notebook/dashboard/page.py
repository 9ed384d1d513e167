"""The cards side by side, as many as fit, as text and as HTML that needs nothing else."""

from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path

from kagura_nb.assistant import Assistant
from kagura_nb.notebook.dashboard.cards import CARDS, Card
from kagura_nb.notebook.dashboard.facts import Facts
from kagura_nb.notebook.views import View, as_html, sentence

CSS = Path(__file__).parents[1] / "static" / "dashboard.css"
PAGE = (
    '<style>{css}</style><section class="kagura-dashboard" aria-label="{title}">'
    "<header><h2>{title}</h2><span>{when}</span></header>"
    '<div class="kagura-cards">{cards}</div></section>'
)
CARD = (
    '<section class="kagura-card kagura-{shape}" data-card="{name}" aria-label="{title}">'
    "<h3>{title}</h3>{body}</section>"
)


def cards(assistant: Assistant, names: Collection[str] = ()) -> dict[str, View]:
    """Some cards by name, or all, as they are now."""
    facts = Facts(assistant)
    return {card.name: card.view(facts) for card in CARDS if not names or card.name in names}


def page(assistant: Assistant, views: Mapping[str, View]) -> View:
    """Cards as one view."""
    title, when = heading(assistant), clock()
    titles = {card.name: card.title for card in CARDS}
    plain = [f"{titles[name]}\n\n{view.plain}" for name, view in views.items()]
    body = "".join(framed(views).values())
    html = PAGE.format(css=CSS.read_text("utf-8"), title=as_html(title), when=when, cards=body)
    return View("\n\n\n".join([f"{title}, {when}", *plain]), html)


def framed(views: Mapping[str, View]) -> dict[str, str]:
    """The HTML of cards, each in its frame."""
    return {card.name: _framed(card, views[card.name]) for card in CARDS if card.name in views}


def heading(assistant: Assistant) -> str:
    """What stands above the page."""
    return f"Dashboard of {assistant.settings.user}"


def clock() -> str:
    """The time by the user's clock."""
    return f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S}"


def _framed(card: Card, view: View) -> str:
    body = view.html or sentence(view.plain)
    return CARD.format(name=card.name, title=as_html(card.title), shape=card.shape, body=body)
