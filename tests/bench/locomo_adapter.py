"""LoCoMo's turns in the real store and memory, for a retrieval benchmark.

Each turn becomes a conversation: its text the prompt, its speaker the message's name, its session
the session. `Builtin` and `MiniLM` offer `index(turns)` and `search(query, k)`. `KAGURA_MINILM`
names a folder with `model.onnx` and `tokenizer.json`.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from kagura_nb.memory import Memory
from kagura_nb.records import Message
from kagura_nb.settings import Settings
from kagura_nb.store import ConversationCollector


class Builtin:
    """Memory with the built-in embedder."""

    embedder = "builtin"

    def index(self, turns: Sequence[Mapping[str, str]]) -> None:
        """Replace the store by these turns."""
        home = Path(tempfile.mkdtemp(prefix="locomo-"))
        settings = Settings(home=home, embedder=self.embedder)
        store = ConversationCollector(settings=settings)
        self._turns = {self._collect(store, turn): turn["id"] for turn in turns}
        self._memory = Memory(store.database, settings)
        self._memory.catch_up()

    def search(self, query: str, k: int) -> list[str]:
        """The ids of the best k turns."""
        return [self._turns[one.conversation.id] for one in self._memory.recall(query, k)]

    def _collect(self, store: ConversationCollector, turn: Mapping[str, str]) -> str:
        return store.collect(
            [Message("user", turn["text"], turn["speaker"])],
            "",
            "none",
            session=turn["id"].split(":")[0],
            created_at=datetime.fromisoformat(turn["timestamp"]).replace(tzinfo=UTC),
        )


class MiniLM(Builtin):
    """Memory with a MiniLM in ONNX form."""

    @property
    def embedder(self) -> str:  # type: ignore[override]
        """The model in the folder that the environment names."""
        return f"onnx:{os.environ['KAGURA_MINILM']}"
