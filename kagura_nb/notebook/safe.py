"""What a model writes, made harmless before it is shown.

JupyterLab sanitises scripts out of Markdown, but it loads images: an address in an image carries
words to a stranger's server the moment it is shown. So images become links, raw HTML becomes
text and diagrams, which may name images, are shown as their source. Code is left untouched;
formulas are JupyterLab's own to sanitise, and it does (4.4, 4.6).

Front ends differ in how they read Markdown, and a text may be written to be code for one of them
and an image for another. So code is believed to be code only where every reader must agree: in a
paragraph all of whose backticks pair up one by one inside their lines and table cells, and in
fences that end as they began. Elsewhere code is treated as text; it may then show an `&lt;`.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator

from markdown_it import MarkdownIt

Span = tuple[int, int]

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_DANGER = re.compile(
    r"<(?=[A-Za-z/!?])(?!https?://[^\s<>`]*>)"
    r"|(?P<image>!+)\[(?P<unnamed>\]?)"
)
_MATH = re.compile(r"\$\$[^$]+\$\$|\$[^$\n]+\$|\\\([^\n]{1,999}?\\\)|\\\[[^\]]{1,999}?\\\]")
_DIAGRAM = re.compile(r"mermaid", re.IGNORECASE)
_MAY_OPEN = re.compile(r"```|~~~")
_FENCE = re.compile(
    r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n]*\n(.*?)(?:^[ \t]*\1|\Z)", re.M | re.S
)
_PLAIN_SPAN = re.compile(r"`(?:\[[^][\n|`]*\]|(?!\]\()[^\n|`])+(?<!\\)`")
_DOUBTFUL = re.compile(r"`|[~\\\0]\0|\0~|(?:://|www\.)\S*\0")
_UNFINISHED_LINK = re.compile(r"^[ \t>*+.)0-9-]*\[(?:\\.|[^\]\\])*$|\]:\s*\Z", re.MULTILINE)
_PARSER = MarkdownIt("commonmark", {"html": False}).disable("inline")


def printable(text: str) -> str:
    """The text without control characters, which a terminal obeys, and without half surrogates."""
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _CONTROL.sub("", joined)


def safe_markdown(text: str) -> str:
    """Markdown that loads nothing when it is shown.

    Args:
        text: Markdown as a model wrote it; may end anywhere, as it does while it streams.

    Returns:
        The same Markdown with images as links, HTML as text and Mermaid blocks as
        plain code; fenced and inline code is as it was.
    """
    text = printable(text)
    if not _DANGER.search(text) and not _DIAGRAM.search(text):
        return text
    lines = text.split("\n")
    done: list[str] = []
    at = 0
    for first, end in _fences(text):
        above = "\n".join(lines[at:first])
        if _UNFINISHED_LINK.search(above) or not _plain_fence(lines[first:], end - first):
            break
        done += [*_text_lines(lines[at:first]), _opening(lines[first]), *lines[first + 1 : end]]
        at = end
    return "\n".join([*done, *_text_lines(lines[at:])])


def blocks(text: str) -> list[tuple[str, str]]:
    """The fenced blocks as (language, code); without one, all of the text as code."""
    found = [(block[2], block[3].rstrip("\n")) for block in _FENCE.finditer(text)]
    return found or [("", text.strip("\n"))]


def fenced(code: str, language: str = "") -> str:
    """The code as a Markdown block that nothing inside it can close."""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{_DIAGRAM.sub('text', language)}\n{code}\n{fence}"


def _fences(text: str) -> Iterator[Span]:
    for token in _PARSER.parse(text):
        if token.type == "fence" and token.map:
            yield token.map[0], token.map[1]


def _plain_fence(lines: list[str], length: int) -> bool:
    """Whether every reader sees the block in the first lines begin and end alike."""
    opening = re.match(r"[\s>*+.)0-9-]*(```|~~~)", lines[0])
    closed = length > 1 and re.fullmatch(r"[ >]*(`+|~+) *", lines[length - 1])
    inside = lines[1 : length - 1] if closed else lines[1:length]
    ends_with_the_text = length == len(lines)
    return (
        opening is not None
        and bool(closed or ends_with_the_text)
        and not any(opening[1] in line for line in inside)
    )


def _opening(line: str) -> str:
    return _DANGER.sub(lambda match: _tamed(match, False), _DIAGRAM.sub("text", line))


def _text_lines(lines: list[str]) -> list[str]:
    plain = (_DIAGRAM.sub("text", line) if _MAY_OPEN.search(line) else line for line in lines)
    parts = re.split(r"(\n[ \t]*\n)", "\n".join(plain))
    return "".join(_harmless(part) for part in parts).split("\n") if lines else []


def _harmless(paragraph: str) -> str:
    if not _DANGER.search(paragraph):
        return paragraph
    code = _code_spans(paragraph)
    math = [match.span() for match in _MATH.finditer(paragraph)]

    def tame(match: re.Match[str]) -> str:
        if _inside(match.start(), code):
            return match[0]
        return _tamed(match, _inside(match.start(), math))

    return _DANGER.sub(tame, paragraph)


def _tamed(match: re.Match[str], in_formula: bool) -> str:
    if in_formula:  # where a space changes nothing and an entity would be shown as it is written
        return match[0].replace("[", " [") if match["image"] else f"{match[0]} "
    if match["image"]:
        return "[image]" if match["unnamed"] else "["
    return "&lt;"


def _inside(position: int, spans: list[Span]) -> bool:
    before = bisect_right(spans, position, key=lambda span: span[0])
    return before > 0 and position < spans[before - 1][1]


def _code_spans(paragraph: str) -> list[Span]:
    rest = _PLAIN_SPAN.sub("\0", paragraph)
    return [] if _DOUBTFUL.search(rest) else [m.span() for m in _PLAIN_SPAN.finditer(paragraph)]
