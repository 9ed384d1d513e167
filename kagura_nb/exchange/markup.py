"""The text of HTML: paragraphs, lists, tables and code on lines of their own, entities as letters.

`nh3` reads it as browsers do, in linear time, and leaves plain tags; what they mean as text is a
table. (Python's own parser takes seconds for a hundred thousand broken characters.)
"""

import re
from collections.abc import Iterator
from html import unescape

import nh3

PARAGRAPHS = (
    "p", "div", "table", "blockquote", "section", "article", "ul", "ol", "h1", "h2", "h3", "h4",
    "h5", "h6",
)  # fmt: skip
MEANT = {
    **{tag: "\n\n" for name in PARAGRAPHS for tag in (f"<{name}>", f"</{name}>")},
    "<br>": "\n", "<li>": "\n- ", "<tr>": "\n", "<td>": " | ", "<th>": " | ",
    "<hr>": "\n\n---\n\n", "<code>": "`", "</code>": "`",
}  # fmt: skip
IMAGE = "<img>"
CODE = ("<pre>", "</pre>")
TAGS = {tag.strip("</>") for tag in (*MEANT, IMAGE, *CODE)}
UNSEEN = {"script", "style", "title", "template"}
TAG = re.compile(r"(</?[a-z0-9]+>)")
SPACES = re.compile(r"[ \t\r\n\f]+")
RUNS = re.compile(" {2,}")
EDGES = re.compile(r" ?\n ?(?:\| )?")
GAPS = re.compile(r"\n{3,}")
ITEMS = re.compile(r"\n{1,2}- ?\n{1,2}")


def text(html: str) -> tuple[str, int]:
    """What HTML says, and how many images are in it."""
    plain = nh3.clean(html, tags=TAGS, attributes={}, clean_content_tags=UNSEEN, link_rel=None)
    before, *blocks = plain.split(CODE[0])
    said = [_flowing(before)]
    for code, _, after in (block.partition(CODE[1]) for block in blocks):
        said += [f"```\n{unescape(TAG.sub('', code)).strip(chr(10))}\n```", _flowing(after)]
    return "\n\n".join(one for one in said if one), plain.count(IMAGE)


def _flowing(plain: str) -> str:
    """Text outside of code."""
    lines = EDGES.sub("\n", RUNS.sub(" ", "".join(_meant(plain))))
    return ITEMS.sub("\n- ", GAPS.sub("\n\n", lines)).strip(" \n")


def _meant(plain: str) -> Iterator[str]:
    for part in TAG.split(SPACES.sub(" ", plain)):
        yield MEANT.get(part, "") if TAG.fullmatch(part) else unescape(part)
