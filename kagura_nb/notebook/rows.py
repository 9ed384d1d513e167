"""The table of a dataset's rows: a page of them at a time, sorted by the store.

    browser                          worker thread
    page(serial, order, start) ────> Datasets.page
    the page  <── page(serial) ──────┘
    exclude(serial, id) ───────────> store.exclude, and the same page again

The synced state, which notebooks may save, carries no word of a conversation: what is said travels
in messages, and as it would leave the machine.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from kagura_nb.assistant import Assistant
from kagura_nb.datasets.versions import Placed
from kagura_nb.errors import KaguraError
from kagura_nb.notebook.safe import printable
from kagura_nb.notebook.views import local, stars
from kagura_nb.records import Conversation, Dataset, short
from kagura_nb.store.datasets import ORDERS, OUT

PAGE = 20
"""Rows of a page."""
LONGEST = 4_000
"""Characters of a text that are sent to the browser."""
STATIC = Path(__file__).parent / "static"
_WORKER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kagura-rows")


class Rows(anywidget.AnyWidget):  # type: ignore[misc]
    """Shows the rows of a dataset, and keeps conversations out of the next one.

    Args:
        assistant: has the dataset.
        dataset: which one.
    """

    _esm = STATIC / "rows.js"
    _css = STATIC / "rows.css"
    version = traitlets.Unicode().tag(sync=True)
    total = traitlets.Int().tag(sync=True)

    def __init__(self, assistant: Assistant, dataset: Dataset) -> None:
        super().__init__(version=dataset.version, total=assistant.datasets.size(dataset))
        self._assistant, self._dataset = assistant, dataset
        self.on_msg(lambda _widget, content, _buffers: _WORKER.submit(self._answer, content))

    def __repr__(self) -> str:
        """The line that terminals, nbconvert and viewers without widgets show."""
        return f"{self.total:,} rows: %kagura data {self.version} shows them in a table."

    def _answer(self, content: Mapping[str, Any]) -> None:
        try:
            said = self._exclude(content["id"], content["out"]) if "id" in content else ""
            answer = {"rows": self.page(content), "said": said}
        except KaguraError as error:
            answer = {"failed": str(error)}
        self.send({**answer, "kind": "page", "serial": content["serial"]})

    def _exclude(self, identifier: str, out: bool) -> str:
        self._assistant.store.exclude(identifier, "by the user" if out else None)
        if out:
            return f"{short(identifier)} is kept out of the next dataset. This one stays as it is."
        return f"{short(identifier)} may be in the next dataset again."

    def page(self, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
        """A page for the browser.

        Args:
            wanted: `order`, a name of `ORDERS`; `descending`; `start`, the rows before the page.
        """
        order = wanted["order"] if wanted["order"] in ORDERS else "time"
        found = self._assistant.datasets.page(
            self._dataset,
            order,
            descending=bool(wanted["descending"]),
            start=max(0, int(wanted["start"])),
            count=PAGE,
        )
        known = self._assistant.store.get_many(one.line.conversation_id for one in found)
        return [_shown(one, known.get(one.line.conversation_id)) for one in found]


def _shown(placed: Placed, conversation: Conversation | None) -> dict[str, Any]:
    """A row for the browser, which shows every value as text."""
    line, row = placed.line, placed.row
    shown: dict[str, Any] = {
        "id": line.conversation_id,
        "short": short(line.conversation_id),
        "part": "left out" if line.part == OUT else line.part,
        "tokens": line.tokens,
        "reason": line.reason,
    }
    if conversation is not None:
        shown["time"] = local(conversation.created_at)
        shown["stars"] = stars(conversation.rating)
        shown["corrected"] = conversation.correction is not None
        shown["excluded"] = conversation.excluded is not None
    if row is not None:
        reply = "reply" if row.good else "rejected"
        said = {"prompt": row.messages[-1].content, "rejected": row.rejected, reply: row.reply}
        shown |= {name: printable(text[:LONGEST]) for name, text in said.items() if text}
    return shown
