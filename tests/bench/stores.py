"""Stores full of made-up conversations.

Texts are random words with the frequencies of a natural language (Zipf–Mandelbrot), in sessions of
about ten conversations; one in `RATED` is rated good.
"""

import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert
from ulid import ULID

from kagura_nb.memory import Memory
from kagura_nb.settings import Settings
from kagura_nb.store import ConversationCollector
from kagura_nb.store.schema import conversations, pending_index

VOCABULARY = 60_000
PROMPT_WORDS = 18
REPLY_WORDS = 60
RATED = 100
BATCH = 5_000
COMMON = (
    "the of and to a in is you that it he was for on are as with his they I at be this have from"
)


class Speech:
    """Random text. The commonest words are English ones, so that stop words occur."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        syllables = ["".join(pair) for pair in product("bcdfghklmnprstvz", "aeiou")]
        made = ["".join(one) for size in (2, 3) for one in product(syllables, repeat=size)]
        rare = self._random.choice(made, VOCABULARY, replace=False)
        self._words = np.array([*COMMON.split(), *rare])
        share = 1 / (np.arange(1, len(self._words) + 1) + 2.7) ** 1.07
        self._shares = np.cumsum(share / share.sum())

    def texts(self, count: int, mean: int) -> Iterator[str]:
        """Texts of about `mean` words, some much longer."""
        lengths = np.clip(self._random.lognormal(np.log(mean) - 0.2, 0.6, count), 3, 20 * mean)
        for length in lengths.astype(int):
            places = np.searchsorted(self._shares, self._random.random(length))
            yield " ".join(self._words[np.minimum(places, len(self._words) - 1)])


@dataclass(frozen=True, slots=True)
class Filled:
    """A store that is filled and indexed.

    Args:
        folder: goes when the process ends; the user's home is `kagura` in it.
        indexed: conversations a second.
    """

    folder: tempfile.TemporaryDirectory[str]
    indexed: float

    @property
    def path(self) -> Path:
        """The folder."""
        return Path(self.folder.name)

    @property
    def store(self) -> ConversationCollector:
        """The store of the default user."""
        return ConversationCollector(settings=Settings(home=self.path / "kagura"))


@cache
def filled(size: int) -> Filled:
    """Fill a store, once for all benchmarks."""
    folder = tempfile.TemporaryDirectory(prefix="bench-")
    store = Filled(folder, 0.0).store
    speech = Speech(seed=1)
    fill(store, speech.texts(size, PROMPT_WORDS), speech.texts(size, REPLY_WORDS))
    memory = Memory(store.database, store.settings)
    begun = time.perf_counter()
    memory.catch_up(progress=True)
    seconds = time.perf_counter() - begun
    memory.recall("once, so that all copies are made", 1)
    memory.wait()
    memory.close()
    store.database.close()
    return Filled(folder, size / seconds)


def fill(store: ConversationCollector, prompts: Iterable[str], replies: Iterable[str]) -> None:
    """Store a conversation for every prompt, without an index."""
    rows = [_row(number, *one) for number, one in enumerate(zip(prompts, replies, strict=True))]
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        with store.database.write() as connection:
            connection.execute(insert(conversations), batch)
            waiting = [{"conversation_id": row["id"]} for row in batch]
            connection.execute(insert(pending_index), waiting)


def _row(number: int, prompt: str, reply: str) -> dict[str, Any]:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    return {
        "id": str(ULID()),
        "session": f"session-{number // 10}",
        "created_at": moment.isoformat(),
        "messages": [{"role": "user", "content": prompt}],
        "prompt": prompt,
        "response": reply,
        "model": "none",
        "complete": True,
        "rating": 5 if number % RATED == 0 else None,
        "metadata": {},
    }
