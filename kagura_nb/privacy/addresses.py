"""Where in a text an address stands, or what else a reader makes an attribute of.

A text is read piece by piece, as it streams, each character once. At a placeholder the question is
whether its value may stand there: whoever shows a model's link or image may fetch it, and the value
would go along. Addresses are

- what stands in `<…>`, in `](…)`, in `![…]`, behind `[…]:` and behind the fence of code,
- a word that holds one, in any spelling: with entities, invisible characters, backslashes; in
  quotes up to their end.

Standard parsers of Markdown and HTML need the whole text, and agree on no half one.
"""

import re
import unicodedata
from hashlib import blake2b
from html import unescape

_PARTS = re.compile(r"[A-Za-z0-9_]+|[^A-Za-z0-9_]")
_PREFIX = " \t>*+-.)0123456789"
"""What stands before a definition or a fence in a line, in lists and quotations."""
_ADDRESS = re.compile(
    r"(?:https?|ftps?|wss?|file|data|javascript|vbscript|mailto|tel|sms|blob|view-source|intent)"
    r"\s*:|//|www\.|[\w-]\.[a-z]{2,}[/?#]",
    re.IGNORECASE,
)
_QUOTES = "\"'`"
_OVERLAP = 80
"""Characters of a word that are looked at again when more of it has come."""


class Addresses:
    """Reads a text and tells of each placeholder in it which address reaches up to it."""

    def __init__(self) -> None:
        self._word = ""
        self._last = "\n"
        self._empty = True
        self._line = ""
        self._ends = ""
        self._depth = 0
        self._told = blake2b()

    def read(self, text: str) -> None:
        """Go on by a text without placeholders."""
        for part in _PARTS.findall(text):
            self._read(part)

    def placeholder(self, name: str) -> bytes | None:
        """Go on by a placeholder: what tells the address before it from others, None in text."""
        if not self._ends:
            self._look_at_word()
        reached = self._told.digest() if self._ends else None
        if self._ends:
            self._told.update(name.encode())
        else:
            self._word = self._word[-_OVERLAP:]
        self._last, self._empty = "]", False
        self._line = self._line or name[:3]
        return reached

    def _read(self, part: str) -> None:
        before, self._last = self._last, part[-1]
        if self._ends:
            self._inside(part)
        else:
            self._outside(before, part)
        if part == "\n":
            self._empty, self._line = True, ""
        elif not part.isspace():
            self._empty = False

    def _inside(self, part: str) -> None:
        if self._ends == ")" and part in "()":
            self._depth += 1 if part == "(" else -1
        ended = self._depth == 0 if self._ends == ")" else part in self._ends
        if ended or (part == "\n" and self._empty):
            self._ends = self._word = ""
        else:
            self._told.update(part.encode("utf-8", "replace"))

    def _outside(self, before: str, part: str) -> None:
        if len(self._line) < 3 and not (not self._line and part in _PREFIX):
            self._line += part
        if before == "]" and part == "(":
            self._begin(")")
        elif before == "!" and part == "[":
            self._begin("]")
        elif before == "<" and not part.isspace():
            self._begin(">", part)
        elif before == "]" and part == ":" and self._line.startswith("["):
            self._begin("\0")
        elif self._line.startswith(("```", "~~~")) and part != "\n":
            self._begin("\n", part)
        elif part.isspace():
            self._look_at_word(ended=True)
        else:
            self._word += part

    def _look_at_word(self, ended: bool = False) -> None:
        """Find the address that has begun in the word, and go on inside it."""
        word, begun = _plain(self._word), 0
        while found := _ADDRESS.search(word, begun):
            quote = word[found.start() - 1 : found.start()]
            ends = quote if quote and quote in _QUOTES else ""
            begun = word.find(ends, found.end()) + 1 if ends else 0
            if not begun:
                if ends or not ended:
                    self._begin(ends or " \t\n", word[found.start() :])
                break
        if ended and not self._ends:
            self._word = ""

    def _begin(self, ends: str, said: str = "") -> None:
        self._ends, self._depth = ends, 1
        self._told = blake2b(said.encode("utf-8", "replace"))


def _plain(word: str) -> str:
    """The word as a reader shows it, without entities and what is not seen."""
    shown = unicodedata.normalize("NFKC", unescape(word)).replace("\\", "/")
    return "".join(one for one in shown if unicodedata.category(one) not in {"Cf", "Cc"})
