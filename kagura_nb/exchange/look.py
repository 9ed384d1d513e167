"""What a file that is not known looks like from afar, with nothing of what it says.

a JSON list of objects with the fields id, name    a web page    data that begins with 25504446
"""

import re
from collections.abc import Mapping
from itertools import islice

from kagura_nb.exchange.entries import BREAKS, Layout, entries
from kagura_nb.exchange.files import Part

FIELDS = 6
"""Names of fields that are shown."""
NAME = re.compile(r"[A-Za-z_][A-Za-z_-]{0,23}")
"""Of a field; anything else may be something that somebody said."""
FIRST = 4
"""Bytes of a file that is no text."""
KINDS = {dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number",
         float: "a number", type(None): "null"}  # fmt: skip
PAGE = re.compile(rb"\s*<(?:!doctype|html|head|body|\?xml)", re.IGNORECASE)


def like(part: Part, layout: Layout) -> str:
    """What a file looks like, in a few words.

    Args:
        part: the file.
        layout: as it was last understood.
    """
    with part.raw() as raw:
        head = raw.read(1024)
    if not head:
        return "it is empty"
    if PAGE.match(head.removeprefix(b"\xef\xbb\xbf")):
        return "it is a web page; choose JSON where it is exported"
    if layout.kind == "table":
        return "it is a table without a column id"
    if layout.kind == "text":
        binary = any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)
        first = head[:FIRST].hex(" ").upper()
        if binary and not part.encoding.startswith("utf-16"):
            return f"it is no text and begins with the bytes {first}"
        return "it is text in which nobody is named as speaking"
    return f"it is {_kind(layout)} {_first(part, layout)}"


def _kind(layout: Layout) -> str:
    if layout.kind == "lines":
        return "JSON Lines, the first of them"
    return "a JSON list, the first entry" if layout.prefix else "JSON,"


def _first(part: Part, layout: Layout) -> str:
    try:
        with part.text() as text:
            value = next(islice(entries(text, layout), 1), ("", None))[1]
    except BREAKS:
        return "that cannot be read"
    if not isinstance(value, Mapping):
        return KINDS.get(type(value), "that cannot be read")
    names = [str(one) for one in islice(value, FIELDS)]
    shown = [one if NAME.fullmatch(one) else "…" for one in names]
    more = ", …" if len(value) > FIELDS else ""
    return f"an object with the fields {', '.join(shown)}{more}" if shown else "an empty object"
