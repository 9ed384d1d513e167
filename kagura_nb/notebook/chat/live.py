"""A reply on its way to the panel.

The reply is cut into its blocks: paragraphs, lists, code. One that has ended is sent once, as HTML.
The last one, which still grows, is sent again and again as HTML while that is cheap, and else piece
by piece as text:

    done: ["<p>…</p>"]      blocks that stay as they are, from number `at`
    html: "<p>…</p>"        the block that grows, as far as it is there
    plain: "…"              the same as text
    more: "…"               text behind that

Cheap means that all bytes sent stay below `GROWTH` times the text's bytes plus `HEAD_START`, so a
short reply is formatted as it comes, and one of 16 kB in 2,000 pieces costs less than 0.1 MB.
"""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from kagura_nb.notebook.rendering import html_blocks, last_block
from kagura_nb.screen import printable

INTERVAL = 0.05
"""Seconds between two messages."""
GROWTH = 4
HEAD_START = 20_000
MESSAGE = 1_000
"""Bytes of a message beside what it says: headers, identities, signature."""
FINAL = 2
"""So many times its text, the block that grows will cost when it has ended."""


class LiveReply:
    """Sends a reply while it streams.

    Args:
        send: takes a message for every view.
    """

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        self.text = ""
        self._send = send
        self._done: list[str] = []
        self._begin = 0  # of the last block, in the text
        self._shown = 0  # characters of the last block that are on screen as text
        self._as_html = True
        self._size = 0
        self._sent = 0
        self._last = -INTERVAL
        self._lock = threading.Lock()

    def update(self, delta: str) -> None:
        """Add the next piece; it is on screen at once or with one of the next pieces."""
        with self._lock:
            self._add(printable(delta))

    def restart(self) -> None:
        """Take back what was sent: it was reasoning, and the reply only begins."""
        with self._lock:
            self.text, self._done = "", []
            self._begin, self._shown, self._as_html = 0, 0, True
            self._out({"at": 0, "done": []})

    def finish(self) -> None:
        """Send what is missing, and what the end of the text has changed."""
        with self._lock:
            blocks = html_blocks(self.text)
            both = zip(blocks, self._done, strict=False)
            same = next((at for at, (new, old) in enumerate(both) if new != old), None)
            at = min(len(blocks), len(self._done)) if same is None else same
            self._out({"at": at, "done": blocks[at:]})
            self._done, self._begin = blocks, len(self.text)

    def send_again(self) -> None:
        """Send all of it, because a view has come later; the others are shown the same."""
        with self._lock:
            self._shown, self._as_html = len(self._growth), False
            self._out({"at": 0, "done": list(self._done), "plain": self._growth})

    def _add(self, delta: str) -> None:
        self.text += delta
        self._size += len(delta.encode())
        now = time.monotonic()
        if now - self._last < INTERVAL or not self._allowed(0):
            return
        self._last = now
        said = self._ended()
        said |= self._growing(_bytes(said))
        if said:
            self._out(said)

    def _ended(self) -> dict[str, Any]:
        """The blocks that have ended since, if the bytes allow them."""
        length = last_block(self._growth)
        blocks = html_blocks(self._growth[:length]) if length else []
        said = {"at": len(self._done), "done": blocks}
        if not blocks or not self._allowed(_bytes(said)):
            return {}
        self._done += blocks
        self._begin, self._shown, self._as_html = self._begin + length, 0, True
        return said

    def _growing(self, cost: int) -> dict[str, Any]:
        """How the last block is sent, if it is: the first form that the bytes allow."""
        if not self._growth:
            return {}
        if self._as_html:
            html = "".join(html_blocks(self._growth))
            if self._allowed(cost + len(html.encode())):
                return {"html": html}
        name, text = "more", self._growth[self._shown :]
        if self._as_html:
            name, text = "plain", self._growth
        if not text or not self._allowed(cost + len(text.encode())):
            return {}
        self._shown, self._as_html = len(self._growth), False
        return {name: text}

    @property
    def _growth(self) -> str:
        """The last block, as far as it is there."""
        return self.text[self._begin :]

    def _allowed(self, cost: int) -> bool:
        """Whether a message may be sent now, with what the end of the last block will cost."""
        to_come = FINAL * len(self._growth.encode())
        return self._sent + cost + MESSAGE + to_come <= GROWTH * self._size + HEAD_START

    def _out(self, said: dict[str, Any]) -> None:
        self._sent += _bytes(said) + MESSAGE
        self._send(said)


def _bytes(said: dict[str, Any]) -> int:
    return len(json.dumps(said, ensure_ascii=False).encode()) if said else 0
