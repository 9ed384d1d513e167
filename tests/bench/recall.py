"""How fast memory recalls, in one process, without a kernel or a model around it."""

import time

import numpy as np

from kagura_nb.memory import Memory
from tests.bench.stores import PROMPT_WORDS, Speech, filled
from tests.bench.table import Row, show

SIZES = (10_000, 100_000)
QUERIES = 100
FOUND = 50


def measure(size: int) -> Row:
    """Recall in a store of so many conversations."""
    full = filled(size)
    store = full.store
    memory = Memory(store.database, store.settings)
    first = _seconds(memory, "warm up beside the fire")
    memory.wait()
    prompts = Speech(seed=2).texts(QUERIES, PROMPT_WORDS)
    taken = [1000 * _seconds(memory, prompt) for prompt in prompts]
    way = "Chroma" if memory.uses_chroma else "exact"
    memory.close()
    p50, p95 = np.percentile(taken, [50, 95])
    note = f"p95 {p95:.0f} ms, first {first:.1f} s; {way}; indexed {full.indexed:,.0f}/s"
    return Row(f"recall among {size:,}, p50", float(p50), "ms", note=note)


def rows() -> list[Row]:
    """One line for each size."""
    return [measure(size) for size in SIZES]


def _seconds(memory: Memory, prompt: str) -> float:
    begun = time.perf_counter()
    memory.recall(prompt, FOUND)
    return time.perf_counter() - begun


if __name__ == "__main__":
    show(rows())
