"""Chroma's copy of a store's vectors: opened, brought up to date, checked, built again if wrong.

take the lock (a server needs none) ── open ── copy what is missing ── count and sample
                                         ▲                                  │ not right
                                         └──────────── start afresh ◀───────┘
"""

from dataclasses import dataclass

from tqdm import tqdm

from kagura_nb.errors import RecallError
from kagura_nb.memory import chroma
from kagura_nb.store import Database, index_search

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

    def open(self, *, progress: bool = False) -> Copy | None:
        """The copy, up to date; None where another process owns it or Chroma does not work.

        Args:
            progress: show a bar when building takes over two seconds.
        """
        if not self._settings.chroma and not self._folder.own():
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
            chroma.discard(chroma.connect(self._settings, None), self._settings)
        except Exception as error:  # Chroma's errors share no base
            raise RecallError(
                f"The Chroma server {self._settings.chroma} does not answer",
                "Start it: the next recall deletes there what the store has forgotten",
            ) from error

    def release(self) -> None:
        """Let another process own the copy."""
        self._folder.release()

    def _attempt(self, progress: bool, *, fresh: bool) -> Copy | None:
        try:
            return self._opened(progress, fresh)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # a panic in Chroma's Rust code is no Exception
            return None

    def _opened(self, progress: bool, fresh: bool) -> Copy | None:
        with self._database.read() as connection:
            clock = index_search.read_clock(connection)
            vectors = self._collection(clock.generation, fresh)
            total = index_search.count_vectors(connection, self._embedder)
            missing = index_search.vectors_since(connection, self._embedder, vectors.change)
            with tqdm(total=total, desc="Index", delay=2, disable=not progress) as bar:
                bar.update(len(vectors))
                for positions, some in missing:
                    vectors.put(positions, some)
                    bar.update(len(positions))
            samples = index_search.sample_vectors(connection, self._embedder, SAMPLES)
        if len(vectors) != total or not vectors.finds(*samples):
            return None
        vectors.reached(clock.change)
        return Copy(vectors, clock.change, clock.generation)

    def _collection(self, generation: int, fresh: bool) -> chroma.ChromaVectors:
        path = None if self._settings.chroma else self._folder.path(generation, fresh=fresh)
        client = chroma.connect(self._settings, path)
        return chroma.collection(client, self._settings, self._embedder, generation, fresh=fresh)
