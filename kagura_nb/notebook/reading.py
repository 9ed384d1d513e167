r"""Markdown as models write it, read once for every form in which it is shown.

CommonMark with tables, strikethrough and formulas: `$…$`, `$$…$$`, `\(…\)`, `\[…\]` and
`\begin{…}…\end{…}`. Raw HTML is text, and a link goes to the web or to mail or is none. What an
entity stands for is text like any other: without what a screen would obey.
"""

import re
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from kagura_nb.screen import printable

LONGEST = 100_000
"""Characters up to which a text is read as Markdown; a longer one is shown as it is."""

_LINK = re.compile(r"(?:https?://|mailto:)[^/\\\s]", re.IGNORECASE)
_OPENS = re.compile(r"\\(?:[(\[]|begin\{[A-Za-z]{1,16}\*?\})")
_SPACED = re.compile(r"\$[ \t]+([^$\n]{0,999}?[\\^_=][^$\n]{0,999}?)[ \t]+\$(?!\d)")


def read(text: str, known: dict[str, Any] | None = None) -> list[Token]:
    """The tokens of a text.

    Args:
        text: Markdown; may end anywhere, as it does while it streams.
        known: where the definitions that links refer to are kept.
    """
    return READER.parse(text, known)


def _bracketed_math(state: StateInline, silent: bool) -> bool:
    r"""A formula as `\(…\)`, `\[…\]` or an environment, as several vendors' models write it."""
    source, start = state.src, state.pos
    opening = _OPENS.match(source, start, state.posMax) if source[start] == "\\" else None
    if opening is None:
        return False
    closes = {r"\(": r"\)", r"\[": r"\]"}.get(opening[0]) or opening[0].replace("begin", "end", 1)
    end = source.find(closes, opening.end(), state.posMax)
    if end < 0:
        return False
    if not silent:
        kind = "math_inline" if closes == r"\)" else "math_inline_double"
        whole = len(closes) > 2
        inside = source[start : end + len(closes)] if whole else source[start + 2 : end]
        state.push(kind, "math", 0).content = inside
    state.pos = end + len(closes)
    return True


def _spaced_math(state: StateInline, silent: bool) -> bool:
    """A formula as `$ x^2 $`; two amounts of money have no sign of TeX between them."""
    found = _SPACED.match(state.src, state.pos, state.posMax)
    if found is None or state.src[max(0, state.pos - 1)] in "\\$":
        return False
    if not silent:
        state.push("math_inline", "math", 0).content = found[1]
    state.pos = found.end()
    return True


def _printable(state: StateCore) -> None:
    for token in state.tokens:
        for one in (token, *(token.children or ())):
            one.content = printable(one.content)


def _no_empty_links(state: StateCore) -> None:
    """A link to nowhere leads to the page itself."""
    for token in state.tokens:
        nowhere = False
        for one in token.children or ():
            if one.type == "link_open":
                nowhere = not one.attrs.get("href")
            if nowhere and one.type in {"link_open", "link_close"}:
                one.type, one.nesting = "text", 0


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False})
    reader.enable(["table", "strikethrough"])
    dollarmath_plugin(
        reader, allow_space=False, allow_digits=False, allow_labels=False, double_inline=True
    )
    reader.inline.ruler.before("escape", "bracketed_math", _bracketed_math)
    reader.inline.ruler.before("escape", "spaced_math", _spaced_math)
    reader.core.ruler.push("printable", _printable)
    reader.core.ruler.push("no_empty_links", _no_empty_links)
    reader.validateLink = lambda url: bool(_LINK.match(url))  # type: ignore[method-assign]
    return reader


READER = _reader()
