"""Files that were written out of the store, and forgetting what is in them.

Each is on record (`store.exports`) with its place and the first and last id in it. When something
is forgotten or redacted, every such file that may hold it is written anew without it; of one that
is gone from its place, or cannot be changed, the user is told.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from kagura_nb.errors import ExchangeError
from kagura_nb.exchange import transcript
from kagura_nb.store import Database, exports, outside
from kagura_nb.store.exports import Export

IDENTIFIER = re.compile(rb"[0-9A-HJKMNP-TV-Z]{26}")


def discard(database: Database, ids: Collection[str]) -> list[str]:
    """Take conversations out of the files that were written; the caller is `outside.alone`.

    Args:
        database: knows the files.
        ids: whole ones.

    Returns:
        A line for each file that may still say something of them.
    """
    gone = frozenset(ids)
    with database.read() as connection:
        found = exports.holding(connection, min(ids), max(ids)) if gone else []
    return [told for one in found if (told := _discard(database, one, gone))]


def _discard(database: Database, export: Export, gone: frozenset[str]) -> str:
    path = outside.found(export.path)
    if not path.exists():
        with database.write() as connection:
            exports.remove(connection, export.path)
        return f"{export.path} was written out and is there no more: what was moved or copied stays"
    try:
        holds = _holds(path, gone)
        if holds:
            with path.open(encoding="utf-8") as file, outside.private_file(path) as kept:
                kept.writelines(_without(file, gone, export.format))
        elif holds is None:
            return f"{path} was changed since it was written and may still say it: look yourself"
    except (ExchangeError, OSError, ValueError, LookupError, TypeError) as error:
        reason = error.problem if isinstance(error, ExchangeError) else type(error).__name__
        return f"{path} still says it, delete it yourself ({reason})"
    return ""


def _holds(path: Path, gone: frozenset[str]) -> bool | None:
    """Whether a file names any of the ids; None where it has text, but not an id to tell by."""
    wanted, ours = {one.encode() for one in gone}, False
    with path.open("rb") as file:
        for line in file:
            named = IDENTIFIER.findall(line)
            if not wanted.isdisjoint(named):
                return True
            ours = ours or bool(named)
    return False if ours or not path.stat().st_size else None


def _without(lines: Iterable[str], gone: frozenset[str], format: str) -> Iterator[str]:
    """The lines of a file but for what is gone."""
    if format == "markdown":
        return _blocks(lines, gone)
    return (kept for line in lines if (kept := _line(line, gone)))


def _line(line: str, gone: frozenset[str]) -> str:
    value: dict[str, Any] = json.loads(line)
    ids = value.get("ids") or [value["id"]]
    left = [one for one in ids if one not in gone]
    if len(left) == len(ids):
        return line
    if not left:
        return ""
    key = "messages" if "messages" in value else "conversations"
    said, lead = value[key], len(value[key]) - 2 * len(ids)
    pairs = {one: said[lead + 2 * at : lead + 2 * at + 2] for at, one in enumerate(ids)}
    kept = [*said[:lead], *(message for one in left for message in pairs[one])]
    return json.dumps({**value, "ids": left, key: kept}, ensure_ascii=False) + "\n"


def _blocks(lines: Iterable[str], gone: frozenset[str]) -> Iterator[str]:
    """A session's heading stays as long as anything below it does."""
    heading, kept = list[str](), None
    for line in lines:
        mark = transcript.identifier(line)
        if mark == transcript.SESSION:
            heading, kept = [line], None
        elif mark is not None:
            kept = mark not in gone
            yield from [*heading, line] if kept else ()
            heading = [] if kept else heading
        elif kept is None:
            heading.append(line)
        elif kept:
            yield line
