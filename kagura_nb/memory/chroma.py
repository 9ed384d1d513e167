"""The vectors once more in ChromaDB, for stores too large to search exactly.

Chroma is a copy that can be thrown away: whatever looks wrong with it is answered by building it
again from the store. An embedded folder has one owner, the process that holds its lock, because
two processes on one folder lose vectors without an error. A server (`settings.chroma`) takes any
number of processes.

The collection's name carries user, embedder and generation, its metadata how far it has come.
"""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from ulid import ULID

from kagura_nb.errors import RecallError
from kagura_nb.memory.embedders import Vector
from kagura_nb.memory.roster import Scores, Slots
from kagura_nb.ownership import own_folder
from kagura_nb.settings import Settings

BATCH = 2000
"""Vectors sent to Chroma at a time; its own limit is about 5,400."""
FOUND = 0.8
"""Share of its vectors that a sound index finds at least. The search is approximate: of 100,000
one in twenty does not find itself; where two processes wrote at once, one in three did not."""


@contextmanager
def guarded() -> Iterator[None]:
    """Whatever fails in here is one error: Chroma's share no base, and its panics are no Exception.

    Raises:
        RecallError: something failed.
    """
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        raise RecallError(
            f"The vector index cannot be used ({type(error).__name__})",
            "The next search does without it",
        ) from error


class ChromaFolder:
    """Where an embedded index lives, held by one process.

    Args:
        home: the user's folder.
    """

    def __init__(self, home: Path) -> None:
        self._folder = home / "memory"
        self._lock: FileLock | None = None

    def own(self) -> bool:
        """Take the lock, and keep it until `release`; False where another process has it."""
        if self._lock is not None:
            return True
        if not own_folder(self._folder):
            return False  # as if another process had it: nothing is kept there
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(self._folder / "owner.lock", mode=0o600, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        self._lock = lock
        return True

    def path(self, generation: int, *, fresh: bool = False) -> Path:
        """The folder of an index's generation, a new one where there is none or none is wanted.

        A new one has a new name, because Chroma remembers in each process what it has opened.
        """
        beginning = f"chroma-{generation}-"
        old = [one for one in self._folder.iterdir() if one.is_dir()]
        if len(old) == 1 and old[0].name.startswith(beginning) and not fresh:
            return old[0]
        self.discard()
        path = self._folder / f"{beginning}{ULID()}"
        path.mkdir(mode=0o700)
        return path

    def discard(self) -> None:
        """Delete every index, whoever has it open: who finds his gone builds a new one."""
        for one in self._folder.glob("chroma-*") if own_folder(self._folder) else ():
            shutil.rmtree(one, ignore_errors=True)

    def release(self) -> None:
        """Give the lock back."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None


class ChromaVectors:
    """One collection.

    Args:
        collection: Chroma's own.
    """

    def __init__(self, collection: Any) -> None:
        self._collection = collection

    @property
    def change(self) -> int:
        """How much of the store has been copied; see `index_search.Clock`."""
        return int((self._collection.metadata or {}).get("change", 0))

    def __len__(self) -> int:
        return int(self._collection.count())

    def put(self, positions: Slots, vectors: Vector) -> None:
        """Add or replace vectors, shapes (n,) and (n, dimension)."""
        for start in range(0, len(positions), BATCH):
            names = [str(one) for one in positions[start : start + BATCH].tolist()]
            self._collection.upsert(names, embeddings=vectors[start : start + BATCH])

    def reached(self, change: int) -> None:
        """Record how far the copy has come."""
        self._collection.modify(metadata={"change": change})

    def nearest(self, query: Vector, count: int) -> tuple[Slots, Scores]:
        """The positions of the about `count` nearest vectors and their cosines."""
        found = self._collection.query([query], n_results=count, include=["distances"])
        positions = np.array([int(one) for one in found["ids"][0]], np.int64)
        return positions, 1 - np.array(found["distances"][0], np.float32)

    def finds(self, positions: Slots, vectors: Vector) -> bool:
        """Whether enough of these vectors find themselves, or an equal one."""
        found = 0
        for position, vector in zip(positions.tolist(), vectors, strict=True):
            nearest, cosines = self.nearest(vector, 1)
            found += len(nearest) > 0 and (nearest[0] == position or cosines[0] >= 0.999)
        return found >= FOUND * len(positions)


def connect(settings: Settings, path: Path | None) -> Any:
    """A Chroma client: of the server in the settings, or of a folder."""
    import chromadb
    from chromadb.config import Settings as ChromaSettings

    quiet = ChromaSettings(anonymized_telemetry=False)
    if path is not None:
        return chromadb.PersistentClient(str(path), settings=quiet)
    host, _, port = settings.chroma.rpartition(":")
    return chromadb.HttpClient(host=host or "localhost", port=int(port), settings=quiet)


def collection(
    client: Any, settings: Settings, embedder: str, generation: int, *, fresh: bool
) -> ChromaVectors:
    """This user's collection; any other one of this user's is deleted.

    Args:
        client: of `connect`.
        settings: name the user.
        embedder: its name.
        generation: of the store's index.
        fresh: begin with an empty one.
    """
    name = f"{_owner(settings)}{_short(embedder)}-{generation}"
    discard(client, settings, but="" if fresh else name)
    space = {"hnsw": {"space": "cosine"}}
    return ChromaVectors(
        client.get_or_create_collection(name, configuration=space, embedding_function=None)
    )


def discard(client: Any, settings: Settings, but: str = "") -> None:
    """Delete this user's collections, all but the one of that name."""
    for one in client.list_collections():
        if one.name.startswith(_owner(settings)) and one.name != but:
            client.delete_collection(one.name)


def _owner(settings: Settings) -> str:
    """What the names of this user's collections begin with."""
    return f"kagura-{_short(settings.store_url, settings.user)}-"


def _short(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
