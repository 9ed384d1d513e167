"""Dense search: exact over what is in memory, and Chroma below it once there is much.

    few vectors, or not the owner:    exact over all of them
    many, and owner of the index:     Chroma up to some change, exact over what came later

Chroma is opened in the background while exact search serves.
"""

import threading
from collections.abc import Sequence

import numpy as np
from sqlalchemy import Connection

from kagura_nb.errors import RecallError
from kagura_nb.memory import chroma
from kagura_nb.memory.chroma_copy import Copy, CopyKeeper
from kagura_nb.memory.embedders import Vector
from kagura_nb.memory.exact import ExactVectors
from kagura_nb.memory.roster import Scores, Slots
from kagura_nb.store import Database, index_search

EXACT_BELOW = 50_000
"""Vectors up to which an exact search is as good as Chroma: some 5 ms, against seconds to import
and open it."""
LATER = 5.0
"""Seconds after which Chroma is opened, so that a process's first reply need not share the
interpreter with its import; until then the search is exact."""
FOLD = 200
"""Later vectors that are handed to Chroma together."""


class Dense:
    """The vectors of one embedder. Any thread may call it.

    Args:
        database: the store.
        embedder: whose vectors.
        exact_below: how many are searched without Chroma.
    """

    def __init__(self, database: Database, embedder: str, exact_below: int = EXACT_BELOW) -> None:
        self._database = database
        self._embedder = embedder
        self._exact_below = exact_below
        self._keeper = CopyKeeper(database, embedder)
        self._copy: Copy | None = None
        self._recent = ExactVectors()
        self._clock = index_search.Clock(0, 0)
        self._opening: threading.Thread | None = None
        self._hurry = threading.Event()
        self._tried: int | None = None
        self._lock = threading.RLock()

    @property
    def uses_chroma(self) -> bool:
        """Whether Chroma answers."""
        return self._copy is not None

    def sync(
        self, connection: Connection, clock: index_search.Clock, *, progress: bool = False
    ) -> None:
        """Load what has been written since the last time.

        Args:
            connection: to the store.
            clock: how far the store has come.
            progress: show a bar if Chroma's copy has to be built and that takes over two seconds.
        """
        with self._lock:
            if clock.generation != self._clock.generation:
                self._reset(clock.generation)
            if clock.change > self._clock.change:
                self._recent = self._since(connection, self._clock.change, self._recent)
                self._clock = clock
            if len(self._recent) >= self._exact_below and self._copy is None:
                self._open_once(progress)

    def nearest(self, connection: Connection, query: Vector, count: int) -> tuple[Slots, Scores]:
        """The positions of the about `count` nearest vectors and their cosines, in any order."""
        with self._lock:
            if self._copy is None:
                return self._recent.nearest(query, count)
            try:
                with chroma.guarded():
                    older, far = self._copy.vectors.nearest(query, count)
            except RecallError:  # the store has all that the copy had
                self._reset(self._clock.generation)
                self.sync(connection, index_search.read_clock(connection))
                return self._recent.nearest(query, count)
            positions, near = self._recent.nearest(query, count)
            kept = ~np.isin(older, self._recent.positions)
            return np.append(positions, older[kept]), np.append(near, far[kept])

    def cosines(self, connection: Connection, query: Vector, positions: Sequence[int]) -> Scores:
        """Cosines of these positions, 0 for those that have no vector, shape (n,)."""
        with self._lock:
            found = self._recent.cosines(query, positions)
            missing = np.flatnonzero(np.isnan(found)).tolist() if self._copy else []
        if missing:
            wanted = [positions[one] for one in missing]
            places, vectors = index_search.vectors_at(connection, self._embedder, wanted)
            fits = len(places) and vectors.shape[1] == len(query)
            known = dict(zip(places.tolist(), vectors @ query, strict=True)) if fits else {}
            found[missing] = [known.get(one, 0.0) for one in wanted]
        return np.nan_to_num(found)

    def fold(self) -> None:
        """Hand later vectors to Chroma when they have become many; callers serialise this.

        Where that fails, the next search is exact.
        """
        with self._lock:
            copy, change = self._copy, self._clock.change
            positions, vectors = self._recent.positions.copy(), self._recent.vectors.copy()
        if copy is None or len(positions) < FOLD:
            return
        try:
            with chroma.guarded():
                copy.vectors.put(positions, vectors)
                copy.vectors.reached(change)
        except RecallError:
            with self._lock:
                self._reset(self._clock.generation)
        else:
            self._use(Copy(copy.vectors, change, copy.generation))

    def wait(self) -> None:
        """Return when nothing is being opened any more."""
        self._hurry.set()
        if self._opening is not None:
            self._opening.join()

    def discard(self) -> None:
        """Delete Chroma's copy; the next search builds another one.

        Raises:
            RecallError: the server that has it does not answer.
        """
        self.wait()
        self._keeper.discard()

    def close(self) -> None:
        """Let another process own the index."""
        self._keeper.stop()
        self.wait()
        self._keeper.release()

    def _open_once(self, progress: bool) -> None:
        """Open Chroma's copy in the background, once for each generation."""
        busy = self._opening is not None and self._opening.is_alive()
        if not busy and self._tried != self._clock.generation:
            self._tried = self._clock.generation
            self._opening = threading.Thread(target=self._open, args=(progress,), daemon=True)
            self._opening.start()

    def _open(self, progress: bool) -> None:
        if not progress:
            self._hurry.wait(LATER)
        copy = self._keeper.open(progress=progress)
        if copy is not None:
            self._use(copy)

    def _use(self, copy: Copy) -> None:
        """Let Chroma answer for everything that the copy has."""
        with self._lock, self._database.read() as connection:
            clock = index_search.read_clock(connection)
            if copy.generation == clock.generation == self._clock.generation:
                self._copy, self._clock = copy, clock
                self._recent = self._since(connection, copy.change, ExactVectors())

    def _since(self, connection: Connection, change: int, into: ExactVectors) -> ExactVectors:
        for positions, vectors in index_search.vectors_since(connection, self._embedder, change):
            into.put(positions, vectors)
        return into

    def _reset(self, generation: int) -> None:
        self._copy, self._recent = None, ExactVectors()
        self._clock = index_search.Clock(0, generation)
