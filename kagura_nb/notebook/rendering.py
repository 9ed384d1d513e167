"""What a model writes as HTML that can do nothing.

    text ──► Markdown, no raw HTML ──► highlighted code, MathML ──► nh3's list of what may be

Nothing that a model writes becomes markup of its own choice: HTML is text, an image is a link,
links go to the web and to mail only. Each step alone would hold that; the list at the end holds it
for all of them. Colours are classes, so that they follow the notebook's theme.
"""

from collections.abc import Iterator, Sequence
from html import escape, unescape
from typing import Any
from xml.etree import ElementTree

import nh3
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from pygments.lexers import get_lexer_by_name
from pygments.token import (
    Comment,
    Error,
    Generic,
    Keyword,
    Literal,
    Name,
    Number,
    Operator,
    String,
)
from pygments.util import ClassNotFound

from kagura_nb.notebook.amounts import escape_amounts
from kagura_nb.notebook.reading import LONGEST, READER, read
from kagura_nb.screen import printable

LONGEST_CODE = 20_000
"""Characters up to which a block of code has colours."""
LONGEST_FORMULA = 2_000

CODE = (
    '<div class="kagura-code"><div class="kagura-language">{language}</div>'
    "<pre><code>{code}</code></pre></div>"
)
COLOURS: tuple[tuple[Any, str], ...] = (
    (Comment, "kagura-c"),
    (Keyword, "kagura-k"),
    (String, "kagura-s"),
    (Number, "kagura-n"),
    (Literal, "kagura-n"),
    (Name.Builtin, "kagura-b"),
    (Name.Function, "kagura-d"),
    (Name.Class, "kagura-d"),
    (Name.Decorator, "kagura-b"),
    (Name.Tag, "kagura-k"),
    (Name.Attribute, "kagura-d"),
    (Operator.Word, "kagura-k"),
    (Generic.Deleted, "kagura-x"),
    (Generic.Inserted, "kagura-s"),
    (Generic.Heading, "kagura-k"),
    (Error, "kagura-x"),
)
"""Classes of what is not simply text, the first that fits; few, because each one is sent."""

_MATHML = {
    *("math", "mrow", "mi", "mn", "mo", "ms", "mspace", "mtext", "mfrac", "msqrt", "mroot"),
    *("mstyle", "mpadded", "mphantom", "menclose", "msub", "msup", "msubsup", "munder", "mover"),
    *("munderover", "mmultiscripts", "mprescripts", "none", "mtable", "mtr", "mtd", "mlabeledtr"),
}
_HTML = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "em", "strong", "s", "code", "pre", "div", "span"),
    *("blockquote", "ul", "ol", "li", "a", "table", "thead", "tbody", "tr", "th", "td"),
}
_LOOKS: dict[str, set[str]] = {
    **dict.fromkeys(
        _MATHML,
        {"mathvariant", "stretchy", "fence", "separator", "form", "lspace", "rspace", "accent"}
        | {
            "accentunder",
            "displaystyle",
            "scriptlevel",
            "linethickness",
            "notation",
            "movablelimits",
        }
        | {"columnalign", "rowspacing", "columnspacing", "minsize", "maxsize", "symmetric"},
    ),
    "*": set(),
    "math": {"display"},
    "mspace": {"width"},
    "a": {"href"},
    "ol": {"start"},
}
_VALUES = {
    "div": {"class": {"kagura-code", "kagura-language", "kagura-formula"}},
    "span": {"class": {name for _, name in COLOURS}},
    "th": {"style": {"text-align:left", "text-align:right", "text-align:center"}},
    "td": {"style": {"text-align:left", "text-align:right", "text-align:center"}},
}


def html_blocks(text: str) -> list[str]:
    """Markdown as HTML that loads nothing, runs nothing and looks like nothing of the notebook's.

    Args:
        text: as a model wrote it; may end anywhere.

    Returns:
        The blocks that follow each other: paragraphs, lists, code.
    """
    source = escape_amounts(printable(text))
    if len(source) > LONGEST:
        return [f"<pre>{escape(source)}</pre>"]
    known: dict[str, Any] = {}
    groups = _groups(read(source, known))
    return [_allowed(_RENDERER.render(one, READER.options, known)) for one in groups]


def last_block(text: str) -> int:
    """Where the last block of a text that still grows begins; what is before it stays as it is.

    A line that has not ended may still become something else, so it is not looked at.
    """
    whole = text[: text.rfind("\n") + 1]
    if len(whole) > LONGEST:
        return 0
    begins = [one.map[0] for one in read(whole) if one.level == 0 and one.map]
    return sum(map(len, whole.splitlines(keepends=True)[: begins[-1]])) if begins else 0


def _groups(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    group: list[Token] = []
    for token in tokens:
        group.append(token)
        if token.level == 0 and token.nesting != 1:
            yield group
            group = []


def _allowed(html: str) -> str:
    return nh3.clean(
        html,
        tags=_HTML | _MATHML,
        attributes=_LOOKS,
        tag_attribute_values=_VALUES,
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )


def _highlighted(code: str, language: str) -> str:
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False) if language else None
    except ClassNotFound:
        lexer = None
    if lexer is None or len(code) > LONGEST_CODE:
        return escape(code, quote=False)
    pieces: list[tuple[str, str]] = []
    for token, said in lexer.get_tokens(code):
        name = next((name for kind, name in COLOURS if token in kind), "")
        if pieces and (name == pieces[-1][0] or said.isspace()):
            pieces[-1] = (pieces[-1][0], pieces[-1][1] + said)
        else:
            pieces.append((name, said))
    return "".join(_coloured(name, escape(said, quote=False)) for name, said in pieces)


def _coloured(name: str, html: str) -> str:
    return f'<span class="{name}">{html}</span>' if name else html


def _formula(tex: str, display: bool) -> str:
    """A formula as MathML; as it was written where it is none."""
    from latex2mathml.converter import convert_to_element

    if len(tex) > LONGEST_FORMULA:
        return f"<code>{escape(tex)}</code>"
    try:
        root = convert_to_element(tex, display="block" if display else "inline")
    except Exception:  # it raises what it likes at what is no formula, RecursionError too
        return f"<code>{escape(tex)}</code>"
    for one in root.iter():  # it writes signs as entities, which must not become markup
        one.text = unescape(one.text) if one.text else None
    return ElementTree.tostring(root, encoding="unicode")


class _Renderer(RendererHTML):
    """Tokens as HTML, where ours differs from markdown-it's."""

    def fence(self, tokens: Sequence[Token], index: int, *_: Any) -> str:
        """Code with its language above it."""
        language = (tokens[index].info.split() or [""])[0]
        code = _highlighted(tokens[index].content.rstrip("\n"), language)
        return CODE.format(language=escape(language[:40]), code=code)

    def code_block(self, tokens: Sequence[Token], idx: int, *more: Any) -> str:
        """Code that is only indented."""
        return self.fence(tokens, idx, *more)

    def image(self, tokens: Sequence[Token], index: int, *_: Any) -> str:
        """A link: an address that is loaded carries words to a stranger's server."""
        address = str(tokens[index].attrs.get("src", ""))
        said = tokens[index].content or "image"
        return f'<a href="{escape(address)}">{escape(said)}</a>' if address else escape(said)

    def heading_open(self, tokens: Sequence[Token], index: int, *_: Any) -> str:
        """A heading below those of the page."""
        return f"<h{_level(tokens[index])}>"

    def heading_close(self, tokens: Sequence[Token], index: int, *_: Any) -> str:
        """Its end."""
        return f"</h{_level(tokens[index])}>\n"

    def math_inline(self, tokens: Sequence[Token], index: int, *_: Any) -> str:
        """A formula in a line."""
        return _formula(tokens[index].content, display=False)

    def math_inline_double(self, tokens: Sequence[Token], index: int, *_: Any) -> str:
        """A formula in the middle of a line, large."""
        return _formula(tokens[index].content, display=True)

    def math_block(self, tokens: Sequence[Token], index: int, *_: Any) -> str:
        """A formula by itself."""
        return f'<div class="kagura-formula">{_formula(tokens[index].content, display=True)}</div>'


def _level(heading: Token) -> int:
    return min(int(heading.tag[1]) + 2, 6)


_RENDERER = _Renderer()
