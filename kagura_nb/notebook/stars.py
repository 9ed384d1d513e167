"""The stars under an answer: five radio inputs whose rating counts once it is on disk.

    browser                     kernel, any thread          worker thread
    click ── rate(serial, 4) ──> submit ──────────────────> rate(4, comment)
    "saved" <── rating, status, done(serial) ───────────────┘

Nothing runs in the message handler but the submission, so a click is taken whatever thread
delivers it, and while a cell computes. One worker serves all widgets: ratings are written in the
order of the clicks, and a write that has begun is finished before the process ends. The synced
state, which notebooks may save, carries no word of the conversation or of the comment.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import traitlets

from kagura_nb.notebook.failures import told
from kagura_nb.notebook.static import joined
from kagura_nb.notebook.widget import Widget

Rate = Callable[[int | None, str | None], str]

_WORKER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kagura-rating")


class Stars(Widget):
    """Rates one conversation by mouse or keyboard.

    Args:
        conversation_id: the conversation that is rated.
        rate: writes stars (1 to 5, None clears) and comment (empty clears it, None leaves it) to
            the store and returns one line for the user. Called on a worker thread, one call at a
            time. What it raises is shown as an alert, and the stars go back to the last rating
            that was written.
        rating: the stars that are on disk now.
        comment: the comment that is on disk now.
    """

    _esm = joined("parts.js", "rating.js", "stars.js")
    _css = joined("stars.css")
    conversation_id = traitlets.Unicode().tag(sync=True)
    rating = traitlets.Int(None, allow_none=True).tag(sync=True)
    status = traitlets.Unicode().tag(sync=True)
    failed = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        conversation_id: str,
        rate: Rate,
        rating: int | None = None,
        comment: str | None = None,
    ) -> None:
        super().__init__(conversation_id=conversation_id, rating=rating)
        self._rate = rate
        self._comment = comment
        self.on_msg(lambda _widget, content, _buffers: _WORKER.submit(self._answer, content))

    def __repr__(self) -> str:
        """The line that terminals, nbconvert and viewers without widgets show."""
        stars = self.rating or 0
        return f"{'★' * stars}{'☆' * (5 - stars)}  rate with: %kagura rate {self.conversation_id} 4"

    def show(self, rating: int | None, comment: str | None, status: str) -> None:
        """Show a rating that was written elsewhere, and what it changed."""
        self._set(rating, comment, status)
        self._send_comment()

    def _answer(self, content: dict[str, Any]) -> None:
        if content["kind"] == "rate":
            rating = content["rating"]
            self._write(rating, content.get("comment", self._comment) if rating else None)
            self.send({"kind": "done", "serial": content["serial"]})
        self._send_comment()

    def _write(self, rating: int | None, comment: str | None) -> None:
        try:
            status = self._rate(rating, comment)
        except Exception as error:
            with self.hold_sync():
                self.failed, self.status = True, told(error)
        else:
            self._set(rating, comment, status)

    def _set(self, rating: int | None, comment: str | None, status: str) -> None:
        self._comment = comment
        with self.hold_sync():
            self.rating, self.failed, self.status = rating, False, status

    def _send_comment(self) -> None:
        self.send({"kind": "comment", "comment": self._comment or ""})
