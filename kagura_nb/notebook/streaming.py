"""A reply as it streams: one output that is rewritten in place and stays when it is complete.

Each rewrite sends the whole text again, so sending it at a fixed rate would cost the square of its
length. A rewrite therefore waits until `INTERVAL` has passed and until all bytes sent, this rewrite
included, stay below `GROWTH` times the text's bytes plus `HEAD_START`: short replies move smoothly,
long ones in larger steps, and a 16 kB reply costs less than 0.5 MB however many pieces it comes in.

A terminal cannot rewrite; it gets every piece as it comes, once.
"""

import json
import sys
import time
from collections.abc import Mapping
from typing import Any, Literal

from IPython.display import display, update_display

from kagura_nb.notebook.markdown import blocks, fenced, safe_markdown
from kagura_nb.notebook.waiting import SignOfLife, in_notebook
from kagura_nb.screen import printable

Format = Literal["md", "text", "code", "json"]
Bundle = dict[str, Any]

INTERVAL = 0.05
"""Seconds between two rewrites."""

GROWTH = 24
HEAD_START = 40_000
MESSAGE = 1_000
"""Bytes of a display message beside its text: header, parent header, identities, signature."""


class StreamingMarkdown:
    """Shows a reply while it streams.

    Args:
        format: `md` Markdown; `text` as it is; `code` only the fenced blocks in the language of
            the first one, or all of it as code; `json` as a tree that can be folded.
        sign: what the first text takes the place of.
    """

    def __init__(self, format: Format = "md", sign: SignOfLife | None = None) -> None:
        self.text = ""
        self._format = format
        self._sign = sign
        self._rewrites = in_notebook()
        self._display_id: str | None = None
        self._size = 0
        self._sent = 0
        self._last = -INTERVAL

    def update(self, text_delta: str) -> None:
        """Add the next piece; it is on screen at once or with one of the next pieces."""
        self.text += text_delta
        if not self._rewrites:
            _write(text_delta)
            return
        self._size += len(json.dumps(text_delta, ensure_ascii=False).encode("utf-8", "replace"))
        now = time.monotonic()
        cost = self._size + MESSAGE
        if now - self._last >= INTERVAL and self._sent + cost <= GROWTH * self._size + HEAD_START:
            self._last = now
            self._sent += cost
            self._show(partial(self.text, self._format))

    def restart(self) -> None:
        """Take back what is on screen: it was reasoning, and the reply only begins."""
        if self.text and not self._rewrites:
            _write("\n(So far its reasoning.)\n\n")
        self.text = ""

    @property
    def notice(self) -> str:
        """A line for the user about what the format leaves out; empty where it shows all."""
        left_out = _code(self.text)[2] if self._format == "code" else 0
        if not left_out:
            return ""
        count = "1 block" if left_out == 1 else f"{left_out} blocks"
        return f"{count} in another language left out; `-f md` shows the whole reply."

    def finish(self, metadata: Mapping[str, Any] | None = None) -> None:
        """Show the reply as it stays.

        Args:
            metadata: what the saved output tells of its origin, under the key `kagura`.
        """
        if not self._rewrites:
            _write("" if self.text.endswith("\n") else "\n")
            return
        told: Bundle = {"kagura": dict(metadata or {}), "application/json": {"expanded": True}}
        data = complete(self.text, self._format)
        self._show(data, {name: told[name] for name in told if name == "kagura" or name in data})

    def _show(self, data: Bundle, metadata: Bundle | None = None) -> None:
        if self._sign:
            self._display_id, self._sign = self._sign.end(), None
        if self._display_id:
            update_display(data, display_id=self._display_id, raw=True, metadata=metadata)
        else:
            handle = display(data, display_id=True, raw=True, metadata=metadata)
            self._display_id = handle.display_id


def partial(text: str, format: Format) -> Bundle:
    """The MIME bundle of an unfinished reply: one form only, to keep it small."""
    if format == "md":
        return {"text/markdown": readable_markdown(text)}
    if format == "code":
        return {"text/markdown": _code(text)[0]}
    return {"text/plain": printable(text)}


def complete(text: str, format: Format) -> Bundle:
    """The MIME bundle of a finished reply, readable without a browser too."""
    if format == "md":
        return {"text/markdown": readable_markdown(text), "text/plain": printable(text)}
    if format == "code":
        markdown, plain, _ = _code(text)
        return {"text/markdown": markdown, "text/plain": plain}
    return _json(printable(text)) if format == "json" else {"text/plain": printable(text)}


def readable_markdown(text: str) -> str:
    """Markdown as a model wrote it, harmless, its amounts no formulas."""
    return safe_markdown(text)


def _code(text: str) -> tuple[str, str, int]:
    """The code as Markdown and as it is, and how many blocks are in another language."""
    found = blocks(printable(text))
    language = found[0][0]
    alike = [code for name, code in found if name.lower() == language.lower()]
    code = "\n\n".join(alike)
    return fenced(code, language), code, len(found) - len(alike)


def _json(text: str) -> Bundle:
    try:
        value = json.loads(blocks(text)[0][1], parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        return {"text/plain": f"{text}\n\n(This reply is not valid JSON: {error})"}
    plain = {"text/plain": json.dumps(value, indent=2, ensure_ascii=False)}
    return {"application/json": value, **plain} if isinstance(value, dict | list) else plain


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _write(text: str) -> None:
    sys.stdout.write(printable(text))
    sys.stdout.flush()
