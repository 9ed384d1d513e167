"""Memory: earlier conversations related to a prompt, found by words and by meaning.

    recall:         waiting conversations are indexed, words and vectors searched, rankings fused
    catch_up:       waiting conversations are indexed; any process may, at any time
    catch_up_soon:  the same in the background; a process that ends leaves the rest to the next one

What is in this process's memory is a copy of the store's index, brought up to date before every
search by what the index's clock says has changed.
"""

import threading
import time
from collections.abc import Sequence
from functools import lru_cache, partial

import numpy as np
from sqlalchemy import Connection
from tqdm import tqdm

from kagura_nb import costs
from kagura_nb.errors import KaguraError
from kagura_nb.memory import fusion, indexer, lexical
from kagura_nb.memory.background import Background
from kagura_nb.memory.dense import EXACT_BELOW, Dense
from kagura_nb.memory.embedders import Embedder, Vector, open_embedder
from kagura_nb.memory.roster import Roster
from kagura_nb.records import Recalled
from kagura_nb.settings import Settings
from kagura_nb.store import Database, index, index_search
from kagura_nb.store.queries import fetch

CANDIDATES = 200
"""Best results of each search that are fused."""
FEW = 32
"""Waiting conversations that are indexed before a recall; more are indexed beside it."""
PATIENCE = 0.5
"""Seconds for which a recall waits for another thread that is indexing those few."""
BATCH = 64
"""Conversations indexed in one transaction, and embedded at a time."""
PAUSE = 60.0
"""Seconds for which an embedder that failed is left alone."""


class Memory:
    """The memory of one user. Any thread may call it.

    Args:
        database: the user's store.
        settings: name the embedder.
        embedder: replaces the one that the settings name.
        exact_below: number of vectors that are searched without Chroma.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        embedder: Embedder | None = None,
        *,
        exact_below: int = EXACT_BELOW,
    ) -> None:
        self.notice: str | None = None
        """One line for the user while memory works with less than it should."""
        self._database = database
        self._embedder = embedder or open_embedder(
            settings, partial(costs.note, database, "embedding")
        )
        self._dense = Dense(database, self._embedder.name, exact_below)
        self._roster = Roster()
        self._clock = index_search.Clock(0, 0)
        self._searching = threading.Lock()
        self._indexing = threading.Lock()
        self._background = Background(self._catch_up_quietly)
        self._dimension: int | None = None
        self._lacks_vectors = True
        self._rest_until = 0.0
        self._embed_cached = lru_cache(maxsize=16)(self._embed_prompt)

    def recall(self, prompt: str, limit: int) -> list[Recalled]:
        """Conversations related to a prompt, best first.

        Args:
            prompt: what the user says now.
            limit: at most so many.

        Raises:
            StoreError: the store cannot be read.
        """
        terms = lexical.terms_of(prompt)
        if not terms or limit <= 0:
            return []
        query = self.embed(prompt)
        with self._searching, self._database.read() as connection:
            if not self._has_waiting(connection):
                return self._recall(connection, terms, query, limit)
        self._index_waiting()
        with self._searching, self._database.read() as connection:
            return self._recall(connection, terms, query, limit)

    def embed(self, prompt: str) -> Vector | None:
        """The prompt's vector, shape (dimension,); None while the embedder fails."""
        if self._resting:
            return None
        try:
            return self._embed_cached(prompt)
        except KaguraError as error:
            self._degrade(error)
            return None

    def vectors(self, ids: Sequence[str]) -> dict[str, Vector]:
        """Vectors by conversation id, like those of `embed`; those not indexed are left out."""
        with self._database.read() as connection:
            found = index_search.vectors_of(connection, self._embedder.name, ids)
        wanted = self._dimension
        return {one: vector for one, vector in found.items() if wanted in (None, len(vector))}

    def catch_up(self, progress: bool = False) -> None:
        """Index every conversation that waits for it, and embed those that lack a vector.

        Args:
            progress: show a bar when it takes over two seconds.

        Raises:
            StoreError: the store cannot be written.
        """
        with self._indexing:
            self._index_all(progress)

    def catch_up_soon(self) -> None:
        """`catch_up` in the background."""
        self._background.ask()

    def rebuild(self, progress: bool = True) -> None:
        """Throw the index away and make it again from the conversations.

        Args:
            progress: show a bar when it takes over two seconds.

        Raises:
            StoreError: the store cannot be written.
        """
        with self._database.write() as connection:
            index.clear(connection)
        self.catch_up(progress)
        with self._searching, self._database.read() as connection:
            self._sync(connection, progress=progress)
        self.wait()

    def discard_copies(self) -> None:
        """Delete what was copied out of the store, after something there was forgotten.

        Raises:
            RecallError: a server that has such a copy does not answer.
        """
        self._dense.discard()

    @property
    def uses_chroma(self) -> bool:
        """Whether the vectors are searched through Chroma."""
        return self._dense.uses_chroma

    def wait(self) -> None:
        """Return when nothing is indexed or opened in the background any more."""
        self._background.wait()
        self._dense.wait()

    def close(self) -> None:
        """Stop what runs in the background, and let another process own the Chroma index."""
        self._background.end()
        self._dense.close()

    def _has_waiting(self, connection: Connection) -> bool:
        """Whether a recall waits until something is indexed: a few are; many, and what lacks a
        vector, are indexed beside it.
        """
        waiting = index.count_pending(connection, FEW + 1)
        if self._lacks_vectors and not self._resting:
            name = self._embedder.name
            self._lacks_vectors = index.count_without_vector(connection, name) > 0
        if waiting > FEW or (self._lacks_vectors and not self._resting):
            self.catch_up_soon()
            return False
        return waiting > 0

    def _index_waiting(self) -> None:
        """Index those few that wait; another thread that is at it is waited for a little."""
        if self._indexing.acquire(timeout=PATIENCE):
            try:
                self._index_all(progress=False)
            finally:
                self._indexing.release()

    def _recall(
        self, connection: Connection, terms: Sequence[str], query: Vector | None, limit: int
    ) -> list[Recalled]:
        self._sync(connection)
        hits = self._search(connection, terms, query, limit)
        ids = [self._roster.ids[one.slot] for one in hits]
        found = fetch(connection, ids)
        return [
            Recalled(found[one], hit.score, hit.lexical, hit.dense)
            for one, hit in zip(ids, hits, strict=True)
            if one in found
        ]

    def _catch_up_quietly(self) -> None:
        try:
            self.catch_up()
        except KaguraError as error:
            self.notice = f"Memory is incomplete. {error}"

    def _index_all(self, progress: bool) -> None:
        total = self._count_waiting() if progress else None
        with tqdm(total=total, desc="Memory", delay=2, disable=not progress) as bar:
            while not self._background.ended.is_set() and (batch := self._next_batch()):
                vectors = self._embed_sources(batch)
                if self._background.ended.is_set():
                    return
                entries = indexer.entries(batch, vectors)
                with self._database.write() as connection:
                    index.write(connection, self._embedder.name, entries)
                bar.update(len(batch))
        self._dense.fold()

    def _count_waiting(self) -> int:
        with self._database.read() as connection:
            return index.count_waiting(connection, self._embedder.name)

    def _next_batch(self) -> list[index.Source]:
        """Conversations that wait, or else those that lack a vector while the embedder works."""
        with self._database.read() as connection:
            batch = index.pending(connection, BATCH)
            if not batch and self._lacks_vectors and not self._resting:
                batch = index.without_vector(connection, self._embedder.name, BATCH)
                self._lacks_vectors = bool(batch)
        return batch

    def _embed_sources(self, batch: Sequence[index.Source]) -> list[Vector | None]:
        if not self._resting:
            try:
                found = indexer.embed(self._embedder, batch)
                self._agree_on(found.shape[1])
                return list(found)
            except KaguraError as error:
                self._degrade(error)
        return [None] * len(batch)

    def _embed_prompt(self, prompt: str) -> Vector:
        vector = indexer.embed_prompt(self._embedder, prompt)
        self._agree_on(len(vector))
        self.notice = None
        return vector

    def _agree_on(self, dimension: int) -> None:
        """Have no vectors of a model that was replaced by another one of the same name."""
        if dimension == self._dimension:
            return
        self._dimension = dimension
        name = self._embedder.name
        with self._database.read() as connection:
            stored = index_search.dimension(connection, name)
        if stored not in (None, dimension):
            with self._database.write() as connection:
                index.renew(connection, name, dimension)
            self._lacks_vectors = True

    @property
    def _resting(self) -> bool:
        """Whether the embedder failed so lately that it is left alone."""
        return time.monotonic() < self._rest_until

    def _degrade(self, error: KaguraError) -> None:
        self._rest_until = time.monotonic() + PAUSE
        self._lacks_vectors = True
        self.notice = f"Memory searches by words only. {error}"

    def _sync(self, connection: Connection, *, progress: bool = False) -> None:
        """Bring this process's copy up to date; the caller holds `_searching`."""
        clock = index_search.read_clock(connection)
        if clock.generation != self._clock.generation:
            self._roster, self._clock = Roster(), index_search.Clock(0, clock.generation)
        if clock.change > self._clock.change:
            self._roster.add(index_search.items_since(connection, self._clock.change))
            self._clock = clock
        self._dense.sync(connection, clock, progress=progress)

    def _search(
        self, connection: Connection, terms: Sequence[str], query: Vector | None, limit: int
    ) -> Sequence[fusion.Hit]:
        roster = self._roster
        found = lexical.search(connection, roster, terms)
        slots = fusion.top(found.scores, CANDIDATES)
        cosine = np.zeros(len(slots), np.float32)
        if query is not None:
            near, _ = self._dense.nearest(connection, query, CANDIDATES)
            slots = np.union1d(slots, roster.slots(near))
            positions = roster.positions[slots].tolist()
            cosine = self._dense.cosines(connection, query, positions)
        return fusion.fuse(
            slots,
            found.scores[slots],
            cosine,
            possible=found.possible,
            weight=self._embedder.weight,
            floor=self._embedder.floor,
            limit=limit,
        )
