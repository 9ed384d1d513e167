"""Opening the panel: one for each notebook, in any number of views."""

from typing import Any

from IPython.core.getipython import get_ipython

from kagura_nb.notebook.chat.panel import ChatPanel
from kagura_nb.notebook.workspace import Workspace
from kagura_nb.settings import Settings

_alone: list[Workspace] = []
"""The workspace where no magic has one."""


def chat(session: str | None = None) -> ChatPanel:
    """The chat panel of this notebook, to be shown by a cell.

    Args:
        session: which conversation to go on with; by default the notebook's.
    """
    return panel_of(_workspace(), session)


def panel_of(workspace: Workspace, session: str | None = None) -> ChatPanel:
    """The panel of a workspace, made when it is first asked for.

    Args:
        workspace: has the assistant.
        session: what it goes on with; by default what it shows already.
    """
    panel = next((one for one in workspace.panels if isinstance(one, ChatPanel)), None)
    if panel is None:
        panel = ChatPanel(workspace)
        workspace.panels.append(panel)
    if session is not None and session != panel.session:
        panel.open_session(session)
    return panel


def _workspace() -> Workspace:
    shell: Any = get_ipython()
    magics = shell and shell.magics_manager.registry.get("KaguraMagics")
    if magics is not None:
        found: Workspace = magics.workspace
        return found
    if not _alone:
        _alone.append(Workspace(Settings.load))
    return _alone[0]
