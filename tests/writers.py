"""Other processes that write into the same store."""

import os
import subprocess
import sys
from pathlib import Path

WRITER = """
import sys
from kagura_nb import ConversationCollector
from kagura_nb.memory import Memory
from servers.words import unique_word

name, count, below = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
store = ConversationCollector()
memory = Memory(store.database, store.settings, exact_below=below)
for number in range(count):
    word = unique_word(f"{name}-{number}")
    one = store.collect(f"the {word} is number {number}", "noted", "none", session=name)
    store.add_feedback(one, 5)
    print(word, flush=True)
    if number % 50 == 0:
        memory.recall(word, 5)
memory.catch_up()
memory.close()
"""


def writer(name: str, count: int, below: int, **environment: str) -> subprocess.Popen[str]:
    """A process that collects, rates, indexes and recalls; it prints each word it stored.

    Args:
        name: its session; no other writer's.
        count: how many conversations.
        below: vectors that its memory searches without Chroma.
        environment: variables beside those of this process.
    """
    own = {"PYTHONPATH": str(Path(__file__).parent), **environment}
    arguments = [sys.executable, "-c", WRITER, name, str(count), str(below)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env={**os.environ, **own})
