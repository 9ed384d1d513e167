"""What a model writes, written anew as Markdown that every reader understands alike.

    text ──► tokens (as in `reading`) ──► Markdown of few forms, everything else as entities

Notebooks take formulas out of Markdown before they read it, and put them back into the finished
HTML as they were: into attributes too, if the signs of a formula stand where one is made. They also
load the addresses of images, run HTML, and differ in what is code. So nothing is passed on as it
was written. In what is written here

- a sign that opens a formula stands only where a formula was read; elsewhere it is an entity,
- a formula has no sign that means anything to a reader to whom it is none,
- attributes come from addresses alone: of the web and of mail, percent-encoded,
- code stands between backticks if it could be read as text without harm, else as entities,
- images are links, diagrams are code, titles and definitions are gone.

mdformat would write tokens as Markdown too, but as they were: what it does not escape is what
matters here.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from markdown_it.token import Token

from kagura_nb.notebook.amounts import escape_amounts
from kagura_nb.notebook.reading import LONGEST, read
from kagura_nb.screen import printable

_FENCE = re.compile(
    r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n]*\n(.*?)(?:^[ \t]*\1|\Z)", re.M | re.S
)
_DIAGRAM = re.compile(r"mermaid", re.IGNORECASE)
_LANGUAGE = re.compile(r"[\w+#.-]{1,40}", re.ASCII)
_MARKER = r"\\(?:[()\[\]\\]|begin|end)|@@"
_TAKEN_OUT = re.compile(_MARKER)
"""What notebooks look for in fenced code, too."""
_READ_IN_CODE = re.compile(rf"<[A-Za-z/!?]|!\[|\]\(|\]:|[$`|]|://|www\.|~~~|{_MARKER}")
"""What would do something in code that a reader takes for text, or notebooks for a formula."""

_ADDRESS = r"https?://(?:[\w\-.~:/?#@!$&'*+,;=%]|\([\w\-.~:/?#@!$&'*+,;=%]*\))+"
_TEXT = re.compile(
    rf"(?P<url>{_ADDRESS})"
    r"|(?P<opens>\$|\\(?=[()\[\]]|begin|end))"
    r"|(?P<sign>[`~]|\\(?=[!-/:-@\[-`{-~]|\Z)|<(?=[A-Za-z/!?]|\Z)|&(?=\#?\w+;)|!(?=\[)|\](?=[(:])"
    r"|\[(?=\^)|(?<!\s)\*|\*(?!\s)|(?<!\w)_|_(?!\w)|@(?=@)|:(?=//)|(?<=www)\.|(?<=WWW)\."
    r"|(?<=Www)\.)",
    re.ASCII | re.VERBOSE,
)
_LINE_START = re.compile(r"[#>+\-*=|:]|\d{1,9}(?P<mark>[.)])(?=\s|\Z)")
_WHITE = re.compile(r"[\n\t]")
_END_OF_ADDRESS = re.compile(r"[.,:;!?*_~'$&]+\Z")
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~\n]")

_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_LABEL = re.compile(r"\\label\s*\{[^{}]*\}")
_NO_FORMULA = re.compile(
    r"`|://|www\.|@@|\\\Z"
    r"|\\(?:href|url|html\w*|class|cssId|style|data|bbox|includegraphics|require|unicode|mmlToken"
    r"|(?:g|e|x)?def|let|(?:re)?new(?:command|environment|theorem)|DeclareMath\w*|\w*tip|toggle"
    r"|enclose|action|csname|catcode|special|input|label)(?![A-Za-z])",
    re.IGNORECASE,
)
"""What formulas are not for: links, attributes, definitions that outlive them."""
_ESCAPED = re.compile(r"\\.")


def safe_markdown(text: str) -> str:
    """Markdown that loads nothing, runs nothing and means the same to every notebook.

    Args:
        text: Markdown as a model wrote it; may end anywhere, as it does while it streams.
    """
    source = printable(text)
    if len(source) > LONGEST:
        return fenced(source)
    return _written(read(escape_amounts(source)))


def blocks(text: str) -> list[tuple[str, str]]:
    """The fenced blocks as (language, code); without one, all of the text as code."""
    found = [(block[2], block[3].rstrip("\n")) for block in _FENCE.finditer(text)]
    return found or [("", text.strip("\n"))]


def fenced(code: str, language: str = "", within: bool = False) -> str:
    """The code as a Markdown block that nothing inside it can close.

    Args:
        code: as it is.
        language: what a reader colours it by; that of a diagram is left out.
        within: whether the block stands in a list or a quotation, where readers differ.
    """
    if (_READ_IN_CODE if within else _TAKEN_OUT).search(code):
        return f"<pre>{_code_as_html(code)}</pre>"
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    known = _LANGUAGE.fullmatch(language)
    return f"{fence}{_DIAGRAM.sub('text', known[0]) if known else ''}\n{code}\n{fence}"


@dataclass
class _Open:
    """A block whose end has not come: its token, and what is in it.

    Args:
        token: what began it, None around the whole text.
        inside: the finished blocks in it.
        tight: whether it is a list, or an item of one, without empty lines.
        columns: how the columns of a table's head are aligned.
    """

    token: Token | None
    inside: list[str] = field(default_factory=list)
    tight: bool = False
    columns: list[str] = field(default_factory=list)


def _written(tokens: Sequence[Token]) -> str:
    stack = [_Open(None)]
    for token in tokens:
        if token.nesting == 1:
            stack.append(_Open(token))
        elif token.nesting == -1:
            _close(stack.pop(), token, stack[-1])
        else:
            stack[-1].inside.append(_leaf(token, stack))
    return "\n\n".join(stack[0].inside)


def _close(block: _Open, end: Token, around: _Open) -> None:
    assert block.token is not None
    if end.type == "th_close":
        block.columns.append(_COLUMNS.get(str(block.token.attrs.get("style")), "---"))
    around.inside.append(_CLOSED.get(end.type, _joined)(block))
    around.tight |= end.hidden or (block.tight and end.type == "list_item_close")
    around.columns += block.columns if end.type in {"th_close", "tr_close"} else []


def _leaf(token: Token, stack: Sequence[_Open]) -> str:
    if token.type == "inline":
        in_table = any(one.token and one.token.type == "table_open" for one in stack)
        return _Line(in_table).write(token.children or [])
    if token.type in {"fence", "code_block"}:
        language = (token.info.split() or [""])[0]
        return fenced(token.content.rstrip("\n"), language, within=len(stack) > 1)
    return _formula(token.content, "$$", False) if token.type == "math_block" else "---"


def _joined(block: _Open) -> str:
    return "".join(block.inside)


def _heading(block: _Open) -> str:
    assert block.token is not None
    return f"{'#' * int(block.token.tag[1])} {' '.join(_joined(block).split())}".rstrip()


def _quotation(block: _Open) -> str:
    lines = "\n\n".join(block.inside).split("\n")
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _item(block: _Open) -> str:
    assert block.token is not None
    mark = f"{block.token.info}{block.token.markup} "
    text = "".join(block.inside[:1])
    for one in block.inside[1:]:
        text += ("\n" if block.tight and _ITEM.match(one) else "\n\n") + one
    indented = text.replace("\n", "\n" + " " * len(mark))
    return "\n".join(
        line.rstrip() if not line.strip() else line for line in (mark + indented).split("\n")
    )


def _list(block: _Open) -> str:
    return ("\n" if block.tight else "\n\n").join(block.inside)


def _row(block: _Open) -> str:
    return f"| {' | '.join(block.inside)} |"


def _head(block: _Open) -> str:
    return f"{_joined(block)}\n| {' | '.join(block.columns)} |"


def _rows(block: _Open) -> str:
    return "\n".join(block.inside)


_ITEM = re.compile(r"(?:[-*+]|\d+[.)])(?: |$)")
_COLUMNS = {"text-align:left": ":--", "text-align:right": "--:", "text-align:center": ":-:"}
_CLOSED: dict[str, Callable[[_Open], str]] = {
    "heading_close": _heading,
    "blockquote_close": _quotation,
    "list_item_close": _item,
    "bullet_list_close": _list,
    "ordered_list_close": _list,
    "tr_close": _row,
    "thead_close": _head,
    "tbody_close": _rows,
    "table_close": _rows,
}
"""How the blocks in a block become it; those of the others only follow each other."""


class _Line:
    """The text of one block: what is in lines.

    Args:
        in_table: whether a `|` would end it, and a line break too.
    """

    def __init__(self, in_table: bool) -> None:
        self._in_table = in_table
        self._done: list[str] = []
        self._links: list[tuple[int, str]] = []
        self._struck = 0

    def write(self, tokens: Sequence[Token]) -> str:
        """The tokens as Markdown."""
        for token in tokens:
            self._write(token)
        return "".join(self._done)

    def _write(self, token: Token) -> None:
        match token.type:
            case "text":
                self._done.append(self._text(token.content))
            case "code_inline":
                self._done.append(self._code(token.content))
            case "math_inline" | "math_inline_double" | "math_block":
                sign = "$" if token.type == "math_inline" else "$$"
                apart = " " if "".join(self._done[-1:]).endswith("$") else ""
                self._done.append(apart + _formula(token.content, sign, self._in_table))
            case "image":
                said = "".join(one.content for one in token.children or ()) or "image"
                self._link(self._text(said, linked=True), str(token.attrs.get("src", "")))
            case "link_open":
                self._links.append((len(self._done), str(token.attrs.get("href", ""))))
            case "link_close":
                start, address = self._links.pop()
                said = "".join(self._done[start:])
                del self._done[start:]
                self._link(said or _entities(address), address)
            case _:
                self._done.append(self._mark(token))

    def _mark(self, token: Token) -> str:
        if token.type in {"softbreak", "hardbreak"}:
            broken = "\n" if token.type == "softbreak" else "  \n"
            return " " if self._in_table or self._links else broken
        if token.tag == "s":  # twice would open fenced code
            self._struck += token.nesting
            return "~~" if self._struck == (token.nesting == 1) else ""
        return {"em": "*", "strong": "**"}.get(token.tag, "")

    def _link(self, said: str, address: str) -> None:
        if self._links or not address:  # an image in a link, or of nothing
            self._done.append(said)
            return
        if "".join(self._done[-1:]).endswith("!"):  # would make an image of the link
            self._done[-1] = f"{self._done[-1][:-1]}&#33;"
        bare = said == _entities(address)
        self._done.append(_web(address) if bare else f"[{said}]({_address(address)})")

    def _code(self, code: str) -> str:
        if _READ_IN_CODE.search(code) or not code.strip():
            return _code_as_html(code)
        return f"`{code}`"

    def _text(self, text: str, linked: bool = False) -> str:
        flat = _WHITE.sub(" ", text)
        if not self._done or self._done[-1].endswith("\n"):
            flat = flat.lstrip()
            if start := _LINE_START.match(flat):
                end = start.end()
                return (
                    self._text_in_line(flat[: end - 1], linked)
                    + _entity(flat[end - 1])
                    + self._text_in_line(flat[end:], linked)
                )
        return self._text_in_line(flat, linked)

    def _text_in_line(self, text: str, linked: bool) -> str:
        inside = linked or bool(self._links)

        def written(found: re.Match[str]) -> str:
            if found["opens"]:
                return f"<span>{_entity(found[0])}</span>"
            if not found["url"]:
                return _entity(found[0])
            end = _END_OF_ADDRESS.search(found[0])
            address = found[0][: end.start()] if end else found[0]
            rest = self._text_in_line(end[0], inside) if end else ""
            return (_entities(address) if inside else _web(address)) + rest

        said = _TEXT.sub(written, text)
        if inside:
            said = said.replace("[", "&#91;").replace("]", "&#93;")
        return said.replace("|", "&#124;") if self._in_table else said


def _web(address: str) -> str:
    encoded = _address(address)
    return f"<{address}>" if encoded == address else f"[{_entities(address)}]({encoded})"


def _address(address: str) -> str:
    """An address in which no sign is left that a reader of Markdown, HTML or TeX knows."""
    encoded = quote(address, safe="%:/?#@!+,;=~&")
    return encoded.replace("@@", "@%40").replace("&", "&amp;")


def _formula(tex: str, sign: str, in_table: bool) -> str:
    """A formula between its signs; as code where it is none, or more than one."""
    flat = " ".join(_LABEL.sub("", _COMMENT.sub("", tex)).split())
    if not flat or _NO_FORMULA.search(flat) or not _whole(flat):
        return _code_as_html(tex)
    flat = re.sub(r"<(?=[A-Za-z/!?])", "< ", flat).replace("![", "! [").replace("](", "] (")
    if in_table:
        flat = flat.replace(r"\|", r"\Vert ").replace("|", r"\vert ")
    return f"{sign}{flat}{sign}"


def _whole(tex: str) -> bool:
    """Whether all readers see it end where it ends: braces pair up, and no dollar is bare."""
    if "$" in _ESCAPED.sub("", tex):
        return False
    return all(_balanced(rest) for rest in (_ESCAPED.sub("", tex), re.sub(r"\\[{}]", "", tex)))


def _balanced(text: str) -> bool:
    depth = 0
    for one in text:
        depth += (one == "{") - (one == "}")
        if depth < 0:
            return False
    return depth == 0


def _code_as_html(code: str) -> str:
    return f"<code>{_entities(code)}</code>"


def _entities(text: str) -> str:
    return _PUNCTUATION.sub(lambda found: _entity(found[0]), text)


def _entity(sign: str) -> str:
    return f"&#{ord(sign)};"
