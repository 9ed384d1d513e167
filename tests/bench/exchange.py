"""What importing costs: time for many conversations, and memory for a file of any size."""

import json
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from tests.bench.imports import python
from tests.bench.stores import PROMPT_WORDS, REPLY_WORDS, Speech
from tests.bench.table import Row, show

CONVERSATIONS = 10_000
TURNS = 5
"""Exchanges of a dialogue."""
MEGABYTE = 10**6
SMALL, LARGE = 50, 500
"""Megabytes of a file."""
LONG = 2_000
"""Words of a reply in them: some 12 kB."""
NOON = 1_700_000_000
IMPORT = """
import re, sys, time
from pathlib import Path
from kagura_nb import Assistant
assistant = Assistant()
assistant.store.get_stats()
begun = time.perf_counter()
report = assistant.import_file(Path(sys.argv[1]))
taken = time.perf_counter() - begun
assistant.memory.wait() if {wait} else assistant.close()
indexed = time.perf_counter() - begun
peak = int(re.search(r"VmHWM:\\s+([0-9]+) kB", open("/proc/self/status").read())[1]) / 1024
print(report.done, taken, indexed, peak)
"""
"""Linux's `VmHWM`, since `ru_maxrss` of a child begins with what its parent had."""


def rows() -> Iterator[Row]:
    """Many conversations, then a small and a large file."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder, "conversations.json")
        speech = Speech(seed=1)
        prompts = speech.texts(CONVERSATIONS, PROMPT_WORDS)
        replies = speech.texts(CONVERSATIONS, REPLY_WORDS)
        _write(path, zip(prompts, replies, strict=True), CONVERSATIONS // TURNS)
        done, taken, indexed, _ = _import(path, wait=True)
        note = f"{done:,.0f} of a ChatGPT export; found by memory after {indexed:.1f} s"
        yield Row(f"import of {CONVERSATIONS:,}", taken, "s", 30, note=note)
        peaks = {}
        for size in (SMALL, LARGE):
            _write_large(path, size * MEGABYTE)
            done, taken, _, peaks[size] = _import(path, wait=False)
            path.unlink()
        note = f"{done:,.0f} conversations in {taken:.0f} s; peak {peaks[LARGE]:.0f} MB,"
        note += f" {peaks[SMALL]:.0f} MB at {SMALL} MB"
        grown = peaks[LARGE] - peaks[SMALL]
        yield Row(f"memory for {LARGE} MB instead of {SMALL}", grown, "MB", 20, note=note)


def _import(path: Path, *, wait: bool) -> list[float]:
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        code = f"import sys; sys.argv[1:] = [{str(path)!r}]" + IMPORT.format(wait=wait)
        return [float(one) for one in python(code, KAGURA_HOME=home).split()]


def _write(path: Path, said: Iterator[tuple[str, str]], dialogues: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for number in range(dialogues):
            file.write(",\n" if number else "[")
            json.dump(_dialogue(number, list(islice(said, TURNS))), file)
        file.write("]")


def _write_large(path: Path, size: int) -> None:
    words = " ".join(Speech(seed=2).texts(10 * LONG // REPLY_WORDS, REPLY_WORDS))
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        number = 0
        while file.tell() < size:
            replies = (words[turn:][: LONG * 6] for turn in range(TURNS))
            said = [(f"Question {number} {turn}", one) for turn, one in enumerate(replies)]
            file.write(",\n" if number else "")
            json.dump(_dialogue(number, said), file)
            number += 1
        file.write("]")


def _dialogue(number: int, said: list[tuple[str, str]]) -> dict[str, Any]:
    """As ChatGPT exports it."""
    nodes: dict[str, Any] = {}
    last = None
    for turn, texts in enumerate(said):
        for role, text in zip(("user", "assistant"), texts, strict=True):
            name = f"{number}-{turn}-{role}"
            message = {
                "id": name,
                "author": {"role": role, "name": None, "metadata": {}},
                "create_time": NOON + 100 * number + 10 * turn,
                "content": {"content_type": "text", "parts": [text]},
                "metadata": {"model_slug": "gpt-5"},
                "recipient": "all",
            }
            nodes[name] = {"id": name, "parent": last, "children": [], "message": message}
            last = name
    named = {"title": f"Dialogue {number}", "conversation_id": str(number)}
    return {**named, "create_time": NOON, "mapping": nodes, "current_node": last}


if __name__ == "__main__":
    show(rows())
