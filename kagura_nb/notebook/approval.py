"""The buttons below a planned training: Approve and Later, and then how it goes.

Where the owner has not agreed yet that data goes to the vendor, approving says in plain words what
goes where, and begins only after a second click.
"""

from concurrent.futures import ThreadPoolExecutor
from html import escape
from typing import Any

from kagura_nb.assistant import Assistant
from kagura_nb.errors import ConsentMissing
from kagura_nb.notebook.failures import told
from kagura_nb.notebook.following import go_on
from kagura_nb.notebook.views import LINE, View
from kagura_nb.notebook.widget import heard
from kagura_nb.notebook.workspace import program
from kagura_nb.privacy import consent
from kagura_nb.records import Job, short

PICTURE = '<div style="line-height:normal">{html}</div>'
"""Without it, each of its lines is as high as a button."""
_WORKER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kagura-approval")


def approval(assistant: Assistant, job: Job) -> Any:
    """Two buttons and, once the job has begun, a picture of it that grows."""
    return _Approval(assistant, job).box


def not_begun(job: Job) -> str:
    """How a planned job is begun later."""
    return f"Nothing has begun. `{program()} jobs {short(job.id)} --approve` begins it."


class _Approval:
    """One planned job."""

    def __init__(self, assistant: Assistant, job: Job) -> None:
        import ipywidgets

        self._assistant, self._job = assistant, job
        self._told = False
        self._approve = heard(
            ipywidgets.Button(
                description="Approve", button_style="primary", tooltip="Begin this training"
            )
        )
        self._later = heard(ipywidgets.Button(description="Later", tooltip="Begin nothing now"))
        self._said = ipywidgets.HTML()
        self._approve.on_click(lambda _: _WORKER.submit(self._answer, self._begin))
        self._later.on_click(lambda _: _WORKER.submit(self._answer, self._put_off))
        self.box = ipywidgets.VBox([ipywidgets.HBox([self._approve, self._later]), self._said])

    def _answer(self, action: Any) -> None:
        try:
            action()
        except Exception as error:
            self._say(told(error))

    def _begin(self) -> None:
        jobs = self._assistant.jobs
        vendor = jobs.backend(self._job.backend, self._job.method).consent
        if vendor and self._told:
            consent.give(self._assistant.store.database, vendor, self._assistant.settings)
        try:
            job = jobs.approve(self._job)
        except ConsentMissing:
            self._told = True
            self._approve.description = "I agree: approve"
            self._say(consent.text(vendor or "", self._assistant.settings))
            return
        self._approve.disabled = self._later.disabled = True
        go_on(jobs, job, self._show)

    def _put_off(self) -> None:
        self._approve.description, self._told = "Approve", False
        self._say(not_begun(self._job))

    def _show(self, view: View) -> None:
        self._said.value = PICTURE.format(html=view.html or escape(view.plain))

    def _say(self, text: str) -> None:
        self._said.value = LINE.format(text=escape(text))
