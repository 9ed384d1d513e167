"""Dense search: exact over what is in memory, and Chroma below it once there is much.

    few vectors, or not the owner:    exact over all of them
    many, and owner of the index:     Chroma up to some change, exact over what came later

Chroma is opened in the background while exact search serves.
"""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection
from tqdm import tqdm

from kagura_nb.memory import chroma
from kagura_nb.memory.embedders import Vector
from kagura_nb.memory.exact import ExactVectors
from kagura_nb.memory.roster import Scores, Slots
from kagura_nb.store import Database, index_search

EXACT_BELOW = 50_000
"""Vectors up to which an exact search is as good as Chroma: some 5 ms, against seconds to import
and open it."""
FOLD = 200
"""Later vectors that are handed to Chroma together."""
SAMPLES = 16
"""Vectors that must find themselves when a Chroma index is opened."""


class Dense:
    """The vectors of one embedder. Callers serialise `sync` and the searches.

    Args:
        database: the store.
        embedder: whose vectors.
        exact_below: how many are searched without Chroma.
    """

    def __init__(self, database: Database, embedder: str, exact_below: int = EXACT_BELOW) -> None:
        self._database = database
        self._settings = database.settings
        self._embedder = embedder
        self._exact_below = exact_below
        self._folder = chroma.ChromaFolder(self._settings.user_home)
        self._base: chroma.ChromaVectors | None = None
        self._recent = ExactVectors()
        self._change = 0
        self._generation = 0
        self._opening: threading.Thread | None = None

    @property
    def uses_chroma(self) -> bool:
        """Whether Chroma answers."""
        return self._base is not None

    def sync(self, connection: Connection, clock: index_search.Clock) -> None:
        """Load what has been written since the last time."""
        if clock.generation != self._generation:
            self._reset(clock.generation)
        if clock.change > self._change:
            for positions, vectors in index_search.vectors_since(
                connection, self._embedder, self._change
            ):
                self._recent.put(positions, vectors)
            self._change = clock.change
        wanted = len(self._recent) >= self._exact_below and self._base is None
        if wanted and self._opening is None:
            self._opening = threading.Thread(target=self._open_quietly, daemon=True)
            self._opening.start()

    def nearest(self, connection: Connection, query: Vector, count: int) -> tuple[Slots, Scores]:
        """The positions of the about `count` nearest vectors and their cosines, in any order."""
        positions, cosines = self._recent.nearest(query, count)
        if self._base is None:
            return positions, cosines
        try:
            older, their_cosines = self._base.nearest(query, count)
        except Exception:  # Chroma's errors share no base; whatever it is, the store has it all
            self._reset(self._generation)
            self.sync(connection, index_search.read_clock(connection))
            return self._recent.nearest(query, count)
        kept = ~np.isin(older, self._recent.positions)
        return np.append(positions, older[kept]), np.append(cosines, their_cosines[kept])

    def cosines(self, connection: Connection, query: Vector, positions: Sequence[int]) -> Scores:
        """Cosines of these positions, 0 for those that have no vector, shape (n,)."""
        found = self._recent.cosines(query, positions)
        missing = np.flatnonzero(np.isnan(found)).tolist() if self._base is not None else []
        if missing:
            wanted = [positions[one] for one in missing]
            places, vectors = index_search.vectors_at(connection, self._embedder, wanted)
            known = dict(zip(places.tolist(), vectors @ query, strict=True)) if len(places) else {}
            found[missing] = [known.get(one, 0.0) for one in wanted]
        return np.nan_to_num(found)

    def fold(self) -> None:
        """Hand later vectors to Chroma when they have become many; callers serialise this."""
        base, recent, change = self._base, self._recent, self._change
        if base is None or len(recent) < FOLD:
            return
        base.put(recent.positions.copy(), recent.vectors.copy())
        base.reached(change)
        self._put_below(base, change)

    def open(self, *, progress: bool = False) -> None:
        """Open Chroma's copy if it is this process's to open; build it again if it is not right.

        Args:
            progress: show a bar while it is built, when that takes over two seconds.
        """
        if not self._settings.chroma and not self._folder.own():
            return
        base, change = self._checked(progress)
        if base is None:
            base, change = self._checked(progress, fresh=True)
        if base is not None:
            self._put_below(base, change)

    def wait(self) -> None:
        """Return when nothing is being opened any more."""
        if self._opening is not None:
            self._opening.join()

    def close(self) -> None:
        """Finish opening, and let another process own the index."""
        self.wait()
        self._folder.release()

    def _reset(self, generation: int) -> None:
        self._base, self._recent = None, ExactVectors()
        self._change, self._generation = 0, generation
        self._opening = None

    def _put_below(self, base: chroma.ChromaVectors, change: int) -> None:
        """Let Chroma answer for everything up to a change."""
        with self._database.read() as connection:
            clock = index_search.read_clock(connection)
            recent = ExactVectors()
            for positions, vectors in index_search.vectors_since(
                connection, self._embedder, change
            ):
                recent.put(positions, vectors)
        if clock.generation == self._generation:
            self._base, self._recent, self._change = base, recent, clock.change

    def _open_quietly(self) -> None:
        try:
            self.open()
        except BaseException:  # a panic in Chroma's Rust is no Exception; exact search serves
            self._folder.release()

    def _checked(
        self, progress: bool, *, fresh: bool = False
    ) -> tuple[chroma.ChromaVectors | None, int]:
        """Chroma's copy brought up to the store's present change; None where it is not right."""
        with self._database.read() as connection:
            clock = index_search.read_clock(connection)
            try:
                base = self._collection(clock.generation, fresh)
                self._copy(connection, base, progress)
                base.reached(clock.change)
                right = self._is_right(connection, base)
            except BaseException:
                if fresh:
                    raise
                return None, 0
        return (base if right else None), clock.change

    def _collection(self, generation: int, fresh: bool) -> chroma.ChromaVectors:
        path = None if self._settings.chroma else self._folder.path(fresh=fresh)
        client: Any = chroma.connect(self._settings, path)
        return chroma.collection(client, self._settings, self._embedder, generation, fresh=fresh)

    def _copy(self, connection: Connection, base: chroma.ChromaVectors, progress: bool) -> None:
        total = index_search.count_vectors(connection, self._embedder)
        bar = tqdm(total=total, initial=len(base), desc="Index", delay=2, disable=not progress)
        with bar:
            for positions, vectors in index_search.vectors_since(
                connection, self._embedder, base.change
            ):
                base.put(positions, vectors)
                bar.update(len(positions))

    def _is_right(self, connection: Connection, base: chroma.ChromaVectors) -> bool:
        if len(base) != index_search.count_vectors(connection, self._embedder):
            return False
        return base.finds(*index_search.sample_vectors(connection, self._embedder, SAMPLES))
