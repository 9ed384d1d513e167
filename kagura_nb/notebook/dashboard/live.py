"""The dashboard as a widget: it follows trainings by itself, and the rest on a click.

    browser                              worker thread
    look(serial, names) ───────────────> cards(names)
    cards, time, running <── look(serial) ──┘

Only the browser asks, while somebody can see it. The page below which it stands stays in the saved
notebook, and hides while the widget is there; the synced state carries nothing of it.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import click
import traitlets

from kagura_nb.notebook.dashboard.page import CSS, cards, clock, framed, heading, page
from kagura_nb.notebook.failures import told
from kagura_nb.notebook.static import joined
from kagura_nb.notebook.views import View
from kagura_nb.notebook.widget import Widget
from kagura_nb.notebook.workspace import Workspace, pass_workspace

_WORKER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kagura-dashboard")


@click.command()
@pass_workspace
def dashboard(workspace: Workspace) -> View:
    """Show conversations, ratings, trainings, models, personal data and costs at a glance."""
    views = cards(workspace.assistant)
    shown = page(workspace.assistant, views)
    return replace(shown, live=lambda: Dashboard(workspace, framed(views)))


class Dashboard(Widget):
    """Shows the cards as they are now.

    Args:
        workspace: whose assistant is looked at.
        first: the cards' HTML by name, shown until the first look of the browser's own.
    """

    _esm = joined("parts.js", "dashboard.js")
    _css = CSS
    title = traitlets.Unicode().tag(sync=True)

    def __init__(self, workspace: Workspace, first: Mapping[str, str]) -> None:
        super().__init__(title=heading(workspace.assistant))
        self._workspace, self._first = workspace, first
        self.on_msg(lambda _widget, content, _buffers: _WORKER.submit(self._answer, content))

    def __repr__(self) -> str:
        """The line that terminals, nbconvert and viewers without widgets show."""
        return "%kagura dashboard shows it as it is now."

    def _answer(self, content: Mapping[str, Any]) -> None:
        made, self._first = self._first, {}
        try:
            assistant = self._workspace.assistant
            answer: dict[str, Any] = {
                "cards": made or framed(cards(assistant, content["names"])),
                "running": bool(assistant.jobs.under_way()),
            }
        except Exception as error:  # the browser waits for an answer, whatever happens
            answer = {"failed": told(error)}
        self.send({**answer, "kind": "look", "serial": content["serial"], "time": clock()})
