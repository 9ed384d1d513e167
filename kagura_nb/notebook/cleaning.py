"""The buttons below a scan: keep a conversation out of training, or mask it for good.

Buttons are answered by one worker, whatever thread delivers the click. Keeping out can be undone;
masking asks a second time.
"""

from concurrent.futures import ThreadPoolExecutor
from html import escape
from typing import Any

from kagura_nb.notebook.failures import told
from kagura_nb.notebook.widget import heard
from kagura_nb.notebook.workspace import Workspace
from kagura_nb.privacy import PrivacyFilter
from kagura_nb.privacy.report import Place, Report
from kagura_nb.records import short
from kagura_nb.screen import printable

_WORKER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kagura-cleaning")
COLUMNS = "5em 1fr 8em 11em 8em"
WHAT = '<div style="line-height:1.4;overflow-wrap:anywhere"><b>{types}</b><br>{excerpt}</div>'


def cleaning(workspace: Workspace, report: Report, private: PrivacyFilter) -> Any:
    """A row for each place of a report: what and where, Exclude, Redact, and what was done."""
    import ipywidgets

    rows = [_Row(workspace, place, private).cells for place in report.places]
    layout = ipywidgets.Layout(
        grid_template_columns=COLUMNS, grid_gap="2px 8px", align_items="center"
    )
    return ipywidgets.GridBox([cell for row in rows for cell in row], layout=layout)


class _Row:
    """One conversation; its cells are what is shown."""

    def __init__(self, workspace: Workspace, place: Place, private: PrivacyFilter) -> None:
        import ipywidgets

        self._workspace, self._assistant = workspace, workspace.assistant
        self._place, self._private = place, private
        self._excluded, self._asked = place.excluded, False
        self._exclude = heard(ipywidgets.Button(tooltip="Keep this conversation out of training"))
        self._redact = heard(
            ipywidgets.Button(description="Redact", tooltip="Mask what is private in the store")
        )
        self._said = ipywidgets.HTML()
        self._exclude.on_click(lambda _: _WORKER.submit(self._answer, self._toggle))
        self._redact.on_click(lambda _: _WORKER.submit(self._answer, self._mask))
        what = WHAT.format(types=", ".join(place.types), excerpt=escape(printable(place.excerpt)))
        words = [ipywidgets.HTML(text) for text in (short(place.conversation_id), what)]
        self.cells = [*words, self._exclude, self._redact, self._said]
        self._name()

    def _answer(self, action: Any) -> None:
        try:
            self._said.value = action()
        except Exception as error:
            self._said.value = escape(told(error))
        self._name()

    def _name(self) -> None:
        self._exclude.description = "Include" if self._excluded else "Exclude"

    def _toggle(self) -> str:
        reason = None if self._excluded else "private"
        self._assistant.store.exclude(self._place.conversation_id, reason)
        self._excluded = not self._excluded
        return "kept out" if self._excluded else "let in again"

    def _mask(self) -> str:
        if not self._asked:
            self._asked, self._redact.description = True, "Redact for good?"
            return "cannot be undone"
        self._assistant.redact([self._place.conversation_id], self._private)
        self._workspace.show_again([self._place.conversation_id])
        self._redact.disabled = True
        return "redacted"
