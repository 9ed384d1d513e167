"""What happened in a run, as `FOLDER/journal.jsonl`: one event a line, only ever appended.

A line that a killed process left half-written is nobody's event and is passed over.
"""

import json
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kagura_nb.records import JobEvent, State

FILE = "journal.jsonl"
ENDS = ("succeeded", "failed", "cancelled")
NUMBERS = tuple(one.name for one in fields(JobEvent) if one.name not in ("at", "state", "message"))


def write(folder: Path, state: State, message: str = "", **more: Any) -> None:
    """Append an event that happens now.

    Args:
        folder: of the run.
        state: of the run.
        message: one line for the user.
        more: numbers by their names in `JobEvent`; `started=True` where a process begins, and
            `saved=True` where another one could go on from.
    """
    event = {"at": datetime.now(UTC).isoformat(), "state": state, "message": message, **more}
    with (folder / FILE).open("ab") as file:
        torn = file.tell() and not _whole(folder / FILE)
        file.write(b"\n" * bool(torn) + json.dumps(event).encode() + b"\n")


def read(folder: Path, seen: int = 0) -> tuple[list[JobEvent], int]:
    """The events since a position, oldest first, and the position behind them."""
    events, seen = _lines(folder, seen)
    return [_event(one) for one in events], seen


def last(folder: Path) -> JobEvent | None:
    """The latest event."""
    events, _ = read(folder)
    return events[-1] if events else None


def starts(folder: Path) -> int:
    """How many processes were started since the run came to its last checkpoint."""
    count = 0
    for one in _lines(folder, 0)[0]:
        count = 0 if "saved" in one else count + ("started" in one)
    return count


def ended(folder: Path) -> bool:
    """Whether nothing happens any more."""
    latest = last(folder)
    return latest is not None and latest.state in ENDS


def _lines(folder: Path, seen: int) -> tuple[list[dict[str, Any]], int]:
    try:
        with (folder / FILE).open("rb") as file:
            file.seek(seen)
            whole = file.read().rpartition(b"\n")
    except FileNotFoundError:
        return [], seen
    return list(_parsed(whole[0])), seen + len(whole[0]) + len(whole[1])


def _parsed(text: bytes) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def _event(line: dict[str, Any]) -> JobEvent:
    numbers = {name: line.get(name) for name in NUMBERS}
    at = datetime.fromisoformat(line["at"])
    return JobEvent(at, line["state"], line["message"], **numbers)


def _whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"
