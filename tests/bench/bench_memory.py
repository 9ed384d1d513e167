"""How fast memory indexes and recalls.

    python -m tests.bench.bench_memory [--sizes 10000 100000] [--embedder builtin] [--chroma]

Conversations are made of random words with the frequencies of a natural language (Zipf–Mandelbrot),
in sessions of about ten turns; prompts are made in the same way.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert
from tabulate import tabulate
from ulid import ULID

from kagura_nb.memory import Memory
from kagura_nb.memory.dense import EXACT_BELOW
from kagura_nb.settings import Settings
from kagura_nb.store import ConversationCollector
from kagura_nb.store.schema import conversations, pending_index

VOCABULARY = 60_000
PROMPT_WORDS = 18
REPLY_WORDS = 60
QUERIES = 100
COMMON = (
    "the of and to a in is you that it he was for on are as with his they I at be this have from"
)


class Speech:
    """Random text. The commonest words are English ones, so that stop words occur."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        letters = list("bcdfghklmnprstvz")
        vowels = list("aeiou")
        made = {
            "".join(
                self._random.choice(letters) + self._random.choice(vowels)
                for _ in range(self._random.integers(2, 5))
            )
            for _ in range(2 * VOCABULARY)
        }
        words = [*COMMON.split(), *sorted(made)][:VOCABULARY]
        self._words = np.array(words)
        share = 1 / (np.arange(1, len(words) + 1) + 2.7) ** 1.07
        self._shares = np.cumsum(share / share.sum())

    def texts(self, count: int, mean: int) -> Iterator[str]:
        """Texts of about `mean` words, some much longer."""
        lengths = np.clip(self._random.lognormal(np.log(mean) - 0.2, 0.6, count), 3, 20 * mean)
        for length in lengths.astype(int):
            places = np.searchsorted(self._shares, self._random.random(length))
            yield " ".join(self._words[np.minimum(places, len(self._words) - 1)])


def fill(store: ConversationCollector, speech: Speech, count: int) -> None:
    """Put conversations into the store, in bulk."""
    began = datetime(2026, 1, 1, tzinfo=UTC)
    prompts, replies = speech.texts(count, PROMPT_WORDS), speech.texts(count, REPLY_WORDS)
    rows: list[dict[str, Any]] = []
    for number, (prompt, reply) in enumerate(zip(prompts, replies, strict=True)):
        rows.append(
            {
                "id": str(ULID()),
                "session": f"session-{number // 10}",
                "created_at": (began + timedelta(minutes=number)).isoformat(),
                "messages": [{"role": "user", "content": prompt}],
                "prompt": prompt,
                "response": reply,
                "model": "none",
                "complete": True,
                "metadata": {},
            }
        )
        if len(rows) == 5000 or number == count - 1:
            with store.database.write() as connection:
                connection.execute(insert(conversations), rows)
                waiting = [{"conversation_id": row["id"]} for row in rows]
                connection.execute(insert(pending_index), waiting)
            rows.clear()


def measure(size: int, embedder: str, chroma: bool) -> list[str]:
    """One line of the table."""
    settings = Settings(home=Path(tempfile.mkdtemp(prefix="bench-")), embedder=embedder)
    store = ConversationCollector(settings=settings)
    speech = Speech(seed=1)
    fill(store, speech, size)
    below = 1 if chroma else max(EXACT_BELOW, size + 1)
    memory = Memory(store.database, settings, exact_below=below)
    began = time.perf_counter()
    memory.catch_up(progress=True)
    rate = size / (time.perf_counter() - began)
    memory.close()
    memory = Memory(store.database, settings, exact_below=below)
    began = time.perf_counter()
    memory.recall("warm up beside the fire", 50)
    first = time.perf_counter() - began
    memory.wait()
    times = []
    for prompt in speech.texts(QUERIES, PROMPT_WORDS):
        began = time.perf_counter()
        memory.recall(prompt, 50)
        times.append(time.perf_counter() - began)
    memory.close()
    middle, late = np.percentile(times, [50, 95]) * 1000
    return [
        f"{size:,}",
        "chroma" if chroma else "exact",
        f"{rate:,.0f}/s",
        f"{first:.2f} s",
        f"{middle:.1f} ms",
        f"{late:.1f} ms",
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", type=int, default=[10_000, 100_000])
    parser.add_argument("--embedder", default="builtin")
    parser.add_argument("--chroma", action="store_true", help="search through Chroma")
    chosen = parser.parse_args()
    rows = [measure(size, chosen.embedder, chosen.chroma) for size in chosen.sizes]
    heads = ["conversations", "dense", "indexed", "first recall", "p50", "p95"]
    print(tabulate(rows, headers=heads))


if __name__ == "__main__":
    main()
