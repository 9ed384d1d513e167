"""The text of HTML: paragraphs, lists, tables and code on lines of their own, entities as letters.

Python's own parser, in one pass: the libraries that do this build a tree and fail by recursion on
what is nested deeply, or their licence is not this package's.
"""

import re
from html.parser import HTMLParser

PARAGRAPHS = (
    "p", "div", "table", "blockquote", "section", "article", "ul", "ol", "h1", "h2", "h3", "h4",
    "h5", "h6",
)  # fmt: skip
BEFORE = {
    **dict.fromkeys(PARAGRAPHS, "\n\n"),
    "br": "\n", "li": "\n- ", "tr": "\n", "td": " | ", "th": " | ", "hr": "\n\n---\n\n",
    "pre": "\n\n```\n", "code": "`",
}  # fmt: skip
AFTER = {**dict.fromkeys(PARAGRAPHS, "\n\n"), "pre": "\n```\n\n", "code": "`"}
UNSEEN = {"script", "style", "title", "template"}
SPACES = re.compile(r"[ \t\r\n\f]+")
EDGES = re.compile(r" *\n *(?:\| )?")
GAPS = re.compile(r"\n{3,}")
ITEMS = re.compile(r"\n+- *\n+")


def text(html: str) -> tuple[str, int]:
    """What HTML says, and how many images are in it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.said(), reader.images


class _Reader(HTMLParser):
    """Gathers text; what stands in `pre` stays as it is."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.images = 0
        self._parts: list[str] = []
        self._kept: list[str] = []
        self._unseen = 0
        self._code = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.images += tag == "img"
        self._unseen += tag in UNSEEN
        if not self._code:
            self._parts.append(BEFORE.get(tag, ""))
        self._code = self._code or tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in UNSEEN))
        self._code = self._code and tag != "pre"
        if not self._code:
            self._parts.append(AFTER.get(tag, ""))

    def handle_data(self, data: str) -> None:
        if not self._unseen and self._code:
            self._kept.append(data)
            self._parts.append("\0")
        elif not self._unseen:
            self._parts.append(SPACES.sub(" ", data.replace("\0", "")))

    def said(self) -> str:
        spaced = EDGES.sub("\n", "".join(self._parts))
        plain = GAPS.sub("\n\n", ITEMS.sub("\n- ", spaced)).strip()
        codes = iter(self._kept)
        return re.sub("\0", lambda _: next(codes), plain)
