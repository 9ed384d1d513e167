"""What a file that is not known looks like from afar, with nothing of what it says.

a JSON list, first an object with the fields id, name     a web page
no text and begins with the bytes 25 50 44 46             a table without a column id
"""

import codecs
import re
from collections.abc import Mapping
from itertools import islice

from kagura_nb.exchange.entries import BREAKS, Layout, entries
from kagura_nb.exchange.files import Part

FIELDS = 6
"""Names of fields that are shown."""
NAME = re.compile(r"[A-Za-z_][A-Za-z_-]{0,23}")
"""Of a field; anything else may be something that somebody said."""
HEAD = 1024
"""Bytes that are looked at."""
FIRST = 4
"""Bytes that are shown of a file that is no text."""
KINDS: Mapping[type, str] = {
    dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number",
    float: "a number", type(None): "nothing",
}  # fmt: skip
MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
PAGE = re.compile(rb"\s*<(?:!doctype|html|head|body|\?xml)", re.IGNORECASE)


def like(part: Part, layout: Layout) -> str:
    """What a file looks like, in a few words.

    Args:
        part: the file.
        layout: as it was last understood.
    """
    with part.raw() as raw:
        head = raw.read(HEAD)
    if not head:
        return "it is empty"
    if PAGE.match(head.removeprefix(codecs.BOM_UTF8)):
        return "it is a web page; choose JSON where it is exported"
    if layout.kind == "table":
        return "it is a table without a column id"
    if layout.kind == "text":
        if _is_binary(head):
            return f"it is no text and begins with the bytes {head[:FIRST].hex(' ').upper()}"
        listed = head.decode(part.encoding, "replace").lstrip().startswith("[")
        return f"it is {'a JSON list without objects' if listed else 'text that names no speaker'}"
    return f"it is {'a JSON list' if layout.prefix else 'JSON'}, first {_first(part, layout)}"


def _is_binary(head: bytes) -> bool:
    """Whether bytes are no text; text in UTF-16 begins with a mark or is zeros for a good part."""
    if head.startswith(MARKS) or 4 * head.count(0) > len(head):
        return False
    return any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)


def _first(part: Part, layout: Layout) -> str:
    """What the first entry of a file is."""
    try:
        with part.text() as text:
            value = next(islice(entries(text, layout), 1), ("", None))[1]
    except BREAKS:
        return "something that cannot be read"
    if not isinstance(value, Mapping):
        return KINDS.get(type(value), "something that cannot be read")
    names = [str(one) for one in islice(value, FIELDS)]
    shown = [one if NAME.fullmatch(one) else "…" for one in names]
    more = ", …" if len(value) > FIELDS else ""
    return f"an object with the fields {', '.join(shown)}{more}" if shown else "an empty object"
