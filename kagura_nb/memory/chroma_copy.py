"""Chroma's copy of a store's vectors: opened, brought up to date, checked, built again if wrong.

take the lock (a server needs none) ── open ── copy what is missing ── count and sample
                                         ▲                                  │ not right
                                         └──────────── start afresh ◀───────┘
"""

import threading
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from tqdm import tqdm

from kagura_nb.errors import RecallError
from kagura_nb.memory import chroma
from kagura_nb.memory.embedders import Vector
from kagura_nb.memory.roster import Slots
from kagura_nb.store import Database, index_search

BATCH = 5000
"""Vectors read from the store at a time."""
SAMPLES = 64
"""Vectors that are looked for when a copy is opened."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that has been found right.

    Args:
        vectors: the copy.
        change: how much of the store it has; later vectors are not in it.
        generation: of the store's index, whose positions it uses.
    """

    vectors: chroma.ChromaVectors
    change: int
    generation: int


@dataclass(frozen=True, slots=True)
class _End:
    """The store in the moment when nothing was left to copy.

    Args:
        clock: how far it had come.
        total: vectors it had.
        samples: some of them, by position.
    """

    clock: index_search.Clock
    total: int
    samples: tuple[Slots, Vector]


class CopyKeeper:
    """Opens the copy of one embedder's vectors.

    Args:
        database: the store.
        embedder: whose vectors.
    """

    def __init__(self, database: Database, embedder: str) -> None:
        self._database = database
        self._settings = database.settings
        self._embedder = embedder
        self._folder = chroma.ChromaFolder(self._settings.user_home)
        self._closed = threading.Event()

    def open(self, *, progress: bool = False) -> Copy | None:
        """The copy, up to date; None where it is no longer wanted, another process owns it or
        Chroma does not work.

        Args:
            progress: show a bar when building takes over two seconds.
        """
        if self._closed.is_set():
            return None
        copy = self._attempt(progress, fresh=False) or self._attempt(progress, fresh=True)
        if copy is None:
            self._folder.release()
        return copy

    def discard(self) -> None:
        """Delete the copy, wherever it is.

        Raises:
            RecallError: the server that has it does not answer.
        """
        if not self._settings.chroma:
            self._folder.discard()
            return
        try:
            with chroma.guarded():
                chroma.discard(chroma.connect(self._settings, None), self._settings)
        except RecallError as error:
            raise RecallError(
                f"The Chroma server {self._settings.chroma} does not answer",
                "Start it: the next recall deletes there what the store has forgotten",
            ) from error

    def stop(self) -> None:
        """Give up building; whoever needs a copy begins again."""
        self._closed.set()

    def release(self) -> None:
        """Let another process own the copy."""
        self._folder.release()

    def _attempt(self, progress: bool, *, fresh: bool) -> Copy | None:
        try:
            with chroma.guarded():
                mine = bool(self._settings.chroma) or self._folder.own()
                return self._opened(progress, fresh) if mine else None
        except RecallError:
            return None

    def _opened(self, progress: bool, fresh: bool) -> Copy | None:
        with self._database.read() as connection:
            generation = index_search.read_clock(connection).generation
            total = index_search.count_vectors(connection, self._embedder)
        vectors = self._collection(generation, fresh)
        with tqdm(total=total, desc="Index", delay=2, disable=not progress) as bar:
            bar.update(len(vectors))
            end = self._fill(vectors, bar)
        right = end is not None and end.clock.generation == generation
        if end is None or not right or len(vectors) != end.total or not vectors.finds(*end.samples):
            return None
        vectors.reached(end.clock.change)
        return Copy(vectors, end.clock.change, generation)

    def _fill(self, vectors: chroma.ChromaVectors, bar: "tqdm[Any]") -> _End | None:
        """Copy what is missing, a batch a transaction: nobody waits for a long reader.

        Returns:
            What the copy must then be like; None when it is no longer wanted.
        """
        place = (vectors.change, index_search.LAST)
        while not self._closed.is_set():
            with self._database.read() as connection:
                batch = index_search.vectors_after(connection, self._embedder, place, BATCH)
                if not len(batch.positions):
                    return self._end(connection)
            vectors.put(batch.positions, batch.vectors)
            bar.update(len(batch.positions))
            place = batch.place
        return None

    def _end(self, connection: Connection) -> _End:
        return _End(
            index_search.read_clock(connection),
            index_search.count_vectors(connection, self._embedder),
            index_search.sample_vectors(connection, self._embedder, SAMPLES),
        )

    def _collection(self, generation: int, fresh: bool) -> chroma.ChromaVectors:
        path = None if self._settings.chroma else self._folder.path(generation, fresh=fresh)
        client = chroma.connect(self._settings, path)
        return chroma.collection(client, self._settings, self._embedder, generation, fresh=fresh)
