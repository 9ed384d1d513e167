"""Widgets that are heard while a cell computes.

The browser says where a message is to be handled, and JupyterLab says a subshell, which is free
while a cell computes. ipykernel 7.4 overrules it: a message goes to where its widget last wrote
from, in case a cell awaits it, and a widget that a cell made wrote from the cell's own thread. No
cell awaits a message of ours, so the browser's word stands.
"""

from typing import Any

import anywidget


class Widget(anywidget.AnyWidget):  # type: ignore[misc]
    """An AnyWidget that is heard while a cell computes."""

    def open(self) -> None:
        """Tell the browser of the widget."""
        super().open()
        heard(self)


def heard(widget: Any) -> Any:
    """The same widget, any of ipywidgets, whose messages go where the browser wants them."""
    widget.comm._reply_subshell_for = _as_asked
    return widget


def _as_asked(_: Any, subshell: str | None) -> str | None:
    return subshell
