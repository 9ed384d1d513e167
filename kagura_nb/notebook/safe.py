r"""What a model writes, made harmless before it is shown.

JupyterLab sanitises scripts out of Markdown, but it loads images: an address in an image carries
words to a stranger's server the moment it is shown. So images become links, raw HTML becomes
text, diagrams are shown as their source, and formulas lose the few macros that set CSS or links
(`\style`, `\href`). Code is left untouched.

Front ends differ in how they read Markdown, and a text may be written to be code for one of them
and an image for another. A code span is therefore believed only if it is one from whichever line
or table cell a reader begins to look.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator

from markdown_it import MarkdownIt

Span = tuple[int, int]

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_DANGER = re.compile(
    r"(?P<tag><)(?=[A-Za-z/!?])(?!https?://[^\s<>`]*>)"
    r"|(?P<image>!+)\[(?P<unnamed>\]?)"
    r"|(?P<macro>\\+)(?=(?:style|class|cssId|href|bbox|mmlToken|enclose|data|require)(?![A-Za-z]))"
    r"|(?P<entity>&)(?=#|bsol;)"
)
_MATH = re.compile(r"\$\$[^$]+\$\$|\$[^$\n]+\$|\\\([^\n]+?\\\)|\\\[[^\]]+?\\\]")
_DIAGRAM = re.compile(r"mermaid", re.IGNORECASE)
_FENCE = re.compile(
    r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n]*\n(.*?)(?:^[ \t]*\1|\Z)", re.M | re.S
)
_TICKS = re.compile(r"`+")
_PLAIN_SPAN = re.compile(r"(``?)(?!`)(?:\[[^][\n|]*\]|(?!\]\()[^\n|])*[^\n|`\\]\1")
_ESCAPE = r"\\[\\`]"
_ESCAPE_OR_ADDRESS = rf"{_ESCAPE}|(?:https?://|ftp://|www\.)\S*"
_MOST_STARTS = 60
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
        The same Markdown with images as links, HTML as text, Mermaid blocks as plain code and
        formulas without CSS; fenced and inline code is as it was.
    """
    text = printable(text)
    if not _DANGER.search(text) and not _DIAGRAM.search(text):
        return text
    lines = text.split("\n")
    done: list[str] = []
    at = 0
    for first, end in _fences(text):
        if not _plain_fence(lines, first, end):
            break
        done += [*_text_lines(lines[at:first]), _opening(lines[first]), *lines[first + 1 : end]]
        at = end
    return "\n".join([*done, *_text_lines(lines[at:])])


def first_fence(text: str) -> tuple[str, str]:
    """The first fenced block as (language, code); without one, all of the text as code."""
    found = _FENCE.search(text)
    return (found[2], found[3].rstrip("\n")) if found else ("", text.strip("\n"))


def fenced(code: str, language: str = "") -> str:
    """The code as a Markdown block that nothing inside it can close."""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{_DIAGRAM.sub('text', language)}\n{code}\n{fence}"


def _fences(text: str) -> Iterator[Span]:
    for token in _PARSER.parse(text):
        if token.type == "fence" and token.map:
            yield token.map[0], token.map[1]


def _plain_fence(lines: list[str], first: int, end: int) -> bool:
    """Whether every reader sees this block begin and end alike."""
    above = lines[first - 1].rstrip() if first else ""
    opening = re.match(r"[\s>*+.)0-9-]*(```|~~~)", lines[first])
    if opening is None or above.endswith("]:"):  # the destination of a link may be a fence
        return False
    inside, last = lines[first + 1 : end], re.fullmatch(r"[ >]*(`+|~+) *", lines[end - 1])
    if last and end - first > 1:
        inside.pop()
    elif end < len(lines):
        return False
    return not any(opening[1] in line for line in inside)


def _opening(line: str) -> str:
    return _DANGER.sub(lambda match: _tamed(match, False), _DIAGRAM.sub("text", line))


def _text_lines(lines: list[str]) -> list[str]:
    parts = re.split(r"(\n[ \t]*\n)", "\n".join(lines))
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
    if match["macro"]:
        return ""
    if in_formula:  # where a space changes nothing and an entity would be shown as it is written
        return match[0].replace("[", " [") if match["image"] else f"{match[0]} "
    if match["image"]:
        return "[image]" if match["unnamed"] else "["
    return "&lt;" if match["tag"] else "&amp;"


def _inside(position: int, spans: list[Span]) -> bool:
    before = bisect_right(spans, position, key=lambda span: span[0])
    return before > 0 and position < spans[before - 1][1]


def _code_spans(paragraph: str) -> list[Span]:
    starts = [0, *(match.end() for match in re.finditer(r"[\n|]", paragraph))]
    if len(starts) > _MOST_STARTS:
        return []
    views = [
        (start, set(_spans_from(paragraph, start, skipped)))
        for start in starts
        for skipped in (_ESCAPE, _ESCAPE_OR_ADDRESS)
    ]
    return [
        span
        for span in sorted(views[0][1])
        if _PLAIN_SPAN.fullmatch(paragraph[slice(*span)])
        and "~" not in paragraph[max(0, span[0] - 1) : span[0]] + paragraph[span[1] : span[1] + 1]
        and all(span in seen for start, seen in views if start <= span[0])
    ]


def _spans_from(paragraph: str, at: int, skipped: str) -> Iterator[Span]:
    while opening := re.compile(f"{skipped}|`+").search(paragraph, at):
        at = opening.end()
        if opening[0].startswith("`"):
            runs = _TICKS.finditer(paragraph, at)
            closing = next((run for run in runs if len(run[0]) == len(opening[0])), None)
            if closing:
                yield opening.start(), closing.end()
                at = closing.end()
