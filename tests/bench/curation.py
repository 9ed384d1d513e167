"""What working through many conversations costs: every filter, order and page, and acts."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import bindparam, insert, update

from kagura_nb import ConversationCollector, Settings
from kagura_nb.assistant import Assistant
from kagura_nb.datasets import Spec, looking
from kagura_nb.datasets.admission import fingerprint
from kagura_nb.notebook.curation import PAGE, CurationView
from kagura_nb.records import Dataset
from kagura_nb.store import Selection, browse
from kagura_nb.store.changes import MEASURE
from kagura_nb.store.datasets import OUT, TRAIN, VALIDATION, Line, add
from kagura_nb.store.looked import looked
from kagura_nb.store.rows import folded
from kagura_nb.store.schema import conversations, search_text, tags
from tests.bench.stores import PROMPT_WORDS, REPLY_WORDS, Speech, fill
from tests.bench.table import Row, show

SIZE = 100_000
PASSES = 3
"""Of finding, on a machine that does other things as well."""
PROMISED = 300
"""Milliseconds for any filter, order or page."""
FILTERS: tuple[dict[str, str], ...] = (
    {},
    {"text": "the"},
    {"text": "kopa mazu"},
    {"text": "nowhere to be found"},
    {"stars": "0"},
    {"stars": "3"},
    {"stars": "good"},
    {"stars": "poor"},
    {"state": "corrected"},
    {"state": "uncorrected"},
    {"state": "excluded"},
    {"state": "included"},
    {"state": "cut"},
    {"tag": "every tenth"},
    {"session": "session-500"},
    {"model": "none"},
    {"since": "2026-01-10", "until": "2026-02-20"},
    {"holds": "anything"},
    {"holds": "EMAIL"},
    {"part": "any"},
    {"part": "train"},
    {"part": "out"},
    {"part": "train", "stars": "good", "state": "included", "since": "2026-01-10"},
)
ACTS: tuple[tuple[str, Any], ...] = (
    ("rate", 5), ("comment", "so"), ("correct", "Better."), ("tag", "new"), ("exclude", "boring"),
)  # fmt: skip


def rows() -> Iterator[Row]:
    """A view of many conversations."""
    with stored() as store:
        assistant = Assistant(settings=store.settings)
        view = CurationView(assistant, assistant.datasets.get(), Spec())
        ask(view, "open")
        yield from _found(view)
        yield from _turned(view)
        yield from _changed(view, store)
        yield from _looked(store)


def _found(view: CurationView) -> Iterator[Row]:
    for order in browse.ORDERS:
        wanted = [
            {"filter": filter, "order": order, "descending": descending}
            for filter in FILTERS
            for descending in (True, False)
        ]
        taken = [
            (timed(lambda one=one: ask(view, "find", **one), PASSES), one["filter"])
            for one in wanted
        ]
        slowest, filter = max(taken, key=lambda one: one[0])
        usual = sorted(time for time, _ in taken)[len(taken) // 2]
        note = f"{filter or 'all'}; median {usual:.0f} ms"
        yield Row(f"slowest filter of {SIZE:,} by {order}", slowest, "ms", PROMISED, note=note)
    near = ask(view, "page", start=0)["rows"][0]["id"]
    wanted = {"filter": {"like": near}, "order": "time", "descending": True}
    like = timed(lambda: ask(view, "find", **wanted), PASSES)
    yield Row("near-duplicates of one", like, "ms", PROMISED)


def _turned(view: CurationView) -> Iterator[Row]:
    ask(view, "find", filter={}, order="stars", descending=True)
    starts = [*range(0, SIZE, SIZE // 40), SIZE - PAGE]
    taken = [timed(lambda one=one: ask(view, "page", start=one)) for one in starts]
    yield Row("slowest page", max(taken), "ms", PROMISED, note="by stars, in all places")


def _changed(view: CurationView, store: ConversationCollector) -> Iterator[Row]:
    ids = [one.id for one in store.recent(len(ACTS))]
    acts = [
        {"act": act, "ids": [one], "value": value}
        for one, (act, value) in zip(ids, ACTS, strict=True)
    ]
    taken = [timed(lambda one=one: ask(view, "act", **one)) for one in acts]
    yield Row("slowest act on one, on disk", max(taken), "ms", PROMISED)
    found = ask(view, "open")["found"]
    many = timed(lambda: ask(view, "act", act="rate", ids=[], all=True, found=found, value=4))
    yield Row(f"stars for {SIZE:,} at once", many / 1000, "s", note="one transaction")
    yield Row("undoing that", timed(lambda: ask(view, "undo")) / 1000, "s")


def _looked(store: ConversationCollector) -> Iterator[Row]:
    ids = [one.id for one in store.recent(1000)]
    taken = timed(
        lambda: [
            looking.look(store, ids[at : at + looking.BATCH])
            for at in range(0, len(ids), looking.BATCH)
        ]
    )
    yield Row("looked through for private data", 1e6 / taken, "a second", note="in the background")


def ask(view: CurationView, kind: str, **more: Any) -> dict[str, Any]:
    """What the browser is answered."""
    answer = view.answer({"kind": kind, **more})
    assert "failed" not in answer, answer
    return answer


def timed(action: Callable[[], object], passes: int = 1) -> float:
    """Milliseconds that something takes; of several passes the fastest counts."""
    taken = []
    for _ in range(passes):
        begun = time.perf_counter()
        action()
        taken.append(time.perf_counter() - begun)
    return 1000 * min(taken)


@contextmanager
def stored() -> Iterator[ConversationCollector]:
    """A store of conversations of every kind, all looked through, and a dataset of most of them."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        store = ConversationCollector(settings=Settings(home=Path(folder)))
        prompts = list(Speech(seed=1).texts(SIZE, PROMPT_WORDS))
        replies = list(Speech(seed=2).texts(SIZE, REPLY_WORDS))
        fill(store, prompts, replies)
        ids = store.ids(Selection())
        said = {one.id: (one.prompt, one.response) for one in store.iterate()}
        with store.database.write() as connection:
            connection.execute(MEASURE)
            for rows in _beside(ids, said):
                connection.execute(*rows)
            add(connection, _dataset(), _lines(ids))
        with store.database.maintain() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        yield store
        store.database.close()


def _beside(
    ids: Sequence[str], said: Mapping[str, tuple[str, str]]
) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    """Words, tags, findings, stars: one in ten of each kind."""
    random = np.random.default_rng(3)
    words = [{"conversation_id": one, "folded": folded(*said[one])} for one in ids]
    yield insert(search_text), words
    yield insert(tags), [{"conversation_id": one, "tag": "every tenth"} for one in ids[::10]]
    findings = [
        {
            "conversation_id": one,
            "code": fingerprint(),
            "types": " EMAIL PHONE " if at % 10 == 1 else " ",
            "signature": random.bytes(128),
        }
        for at, one in enumerate(ids)
    ]
    yield insert(looked), findings
    row = update(conversations).where(conversations.c.id == bindparam("one"))
    stars = [{"one": one, "rating": 1 + at % 5} for at, one in enumerate(ids) if at % 3]
    yield row, stars
    yield row, [{"one": one, "correction": "Better words."} for one in ids[::13]]
    yield row, [{"one": one, "excluded": "boring"} for one in ids[::17]]
    yield row, [{"one": one, "complete": False} for one in ids[::50]]


def _lines(ids: Sequence[str]) -> Iterator[Line]:
    for number, one in enumerate(ids[: len(ids) * 9 // 10]):
        part = OUT if number % 10 == 0 else VALIDATION if number % 10 == 1 else TRAIN
        yield Line(one, part, number, 100)


def _dataset() -> Dataset:
    now = datetime.now(UTC)
    return Dataset("bench", "sft", now, 1, 1, 1, 1, 1, False, "label", "0", "all")


if __name__ == "__main__":
    show(rows())
