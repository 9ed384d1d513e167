"""What storing costs, and that nothing is lost when many do it at once or one is killed."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from writers import writer

from kagura_nb import ConversationCollector, Settings
from kagura_nb.memory import Memory
from kagura_nb.memory.dense import EXACT_BELOW
from tests.bench.table import Row, show

COLLECTS = 2_000
PROCESSES, EACH = 4, 500
KILLED_AFTER, KILLED_OF = 500, 1_000
CHROMA_FROM = 200
"""Vectors from which the processes search through Chroma, so that it takes part."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the words that writers stored.

    Args:
        told: how many they said were stored.
        failed: writers that ended with an error.
        missing: words that memory does not find again.
        seconds: until the writers had ended.
    """

    told: int
    failed: int
    missing: int
    seconds: float


def one_by_one() -> float:
    """Conversations that one process collects in a second."""
    with _home() as home:
        store = _store(home)
        store.collect("to begin with", "noted", "none")
        begun = time.perf_counter()
        for number in range(COLLECTS):
            store.collect(f"What is {number}?", f"{number} is a number. " * 10, "none")
        seconds = time.perf_counter() - begun
        store.database.close()
    return COLLECTS / seconds


def at_once() -> Outcome:
    """Several processes collect, rate and recall at once."""
    with _home() as home:
        begun = time.perf_counter()
        names = [f"writer{number}" for number in range(PROCESSES)]
        running = [writer(one, EACH, CHROMA_FROM, KAGURA_HOME=str(home)) for one in names]
        told = [word for one in running for word in one.communicate()[0].split()]
        seconds = time.perf_counter() - begun
        failed = sum(one.returncode != 0 for one in running)
        return Outcome(len(told), failed, _missing(home, told), seconds)


def killed() -> Outcome:
    """One process is killed (SIGKILL) while it collects."""
    with _home() as home:
        begun = time.perf_counter()
        victim = writer("killed", KILLED_OF, CHROMA_FROM, KAGURA_HOME=str(home))
        assert victim.stdout is not None
        told = [victim.stdout.readline().strip() for _ in range(KILLED_AFTER)]
        victim.kill()
        told += victim.stdout.read().split()
        victim.wait()
        seconds = time.perf_counter() - begun
        return Outcome(len(told), 0, _missing(home, told), seconds)


def rows() -> list[Row]:
    """One line for each way of collecting."""
    many, cut = at_once(), killed()
    wanted = PROCESSES * EACH
    lost = wanted - many.told + many.missing + many.failed
    note = f"{many.told:,} of {wanted:,} stored, rated and recalled in {many.seconds:.1f} s"
    told = f"{cut.told} acknowledged of {KILLED_OF:,}"
    return [
        Row("collect, one by one", one_by_one(), "/s", at_least=1000),
        Row(f"{PROCESSES} processes x {EACH}: failed, lost, not found", lost, "", 0, note=note),
        Row("kill -9 while collecting: not found", cut.missing, "", 0, note=told),
    ]


@contextmanager
def _home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        yield Path(folder)


def _store(home: Path) -> ConversationCollector:
    return ConversationCollector(settings=Settings(home=home))


def _missing(home: Path, told: list[str]) -> int:
    """How many words memory does not find, by an exact search."""
    store = _store(home)
    memory = Memory(store.database, store.settings, exact_below=EXACT_BELOW)
    memory.catch_up()
    hits = {word: memory.recall(word, 1) for word in told}
    memory.close()
    store.database.close()
    return sum(not hits[word] or word not in hits[word][0].conversation.prompt for word in told)


if __name__ == "__main__":
    show(rows())
