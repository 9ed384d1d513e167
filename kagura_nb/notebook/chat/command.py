"""`%kagura chat`: the panel in a notebook, and what was said in it as text."""

import click

from kagura_nb.notebook.chat.opening import panel_of
from kagura_nb.notebook.chat.turns import transcript
from kagura_nb.notebook.streaming import readable_markdown
from kagura_nb.notebook.views import View, line
from kagura_nb.notebook.waiting import in_notebook
from kagura_nb.notebook.workspace import Workspace, pass_workspace
from kagura_nb.store import Selection


@click.command()
@click.argument("session", required=False)
@click.option("--transcript", "written", is_flag=True, help="Write down what was said instead.")
@pass_workspace
def chat(workspace: Workspace, session: str | None, written: bool) -> View:
    """Open the chat panel, with this notebook's session or the one that is named; `--transcript`
    writes what its session says into the notebook instead, where no kernel is needed to read it.
    """
    if written:
        shown = next((one.session for one in workspace.panels), workspace.assistant.session)
        return _transcript(workspace, session or shown)
    if not in_notebook():
        return line("The chat panel opens in a notebook; in a terminal `kagura-nb start` chats.")
    return View("", live=lambda: panel_of(workspace, session))


def _transcript(workspace: Workspace, session: str) -> View:
    said = list(workspace.assistant.store.iterate(Selection(session=session)))
    if not said:
        return line(f"Nothing was said in the session {session!r}.")
    return View(transcript(said), markdown=transcript(said, readable_markdown))
