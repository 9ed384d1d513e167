"""Embedders: what turns texts into vectors, chosen by name in one table.

`builtin` needs nothing. Every other one is there only because the user chose it: a model from a
folder or a hub, or a vendor or server that the texts are sent to.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kagura_nb.records import Usage
from kagura_nb.settings import Settings

Vector = NDArray[np.float32]

LONGEST = 4_000
"""Characters of a text that an embedder reads. Each cuts for itself: what leaves the machine is
masked before it is cut, because half a secret cannot be recognised."""


class Embedder(Protocol):
    """Turns texts into vectors whose cosine says how alike the texts are.

    Attributes:
        name: as chosen in the settings; vectors of different names are never compared.
        weight: what a cosine of 1 counts for beside the best lexical match.
        floor: cosine from which a text is related to a prompt without sharing its words.
    """

    @property
    def name(self) -> str: ...
    @property
    def weight(self) -> float: ...
    @property
    def floor(self) -> float: ...

    def embed(self, texts: Sequence[str]) -> Vector:
        """Vectors of unit length, shape (len(texts), dimension), of texts of any length.

        Raises:
            KaguraError: the model cannot be loaded or reached; the message names the cure.
        """
        ...


Spend = Callable[[str, Usage], None]
"""Told the embedder's name, and what a request of it consumed."""

EMBEDDERS: Mapping[str, str] = MappingProxyType(
    {
        "builtin": "kagura_nb.memory.builtin:open_builtin",
        "onnx": "kagura_nb.memory.onnx:open_onnx",
        "openai": "kagura_nb.memory.remote:open_openai",
        "ollama": "kagura_nb.memory.remote:open_ollama",
        "gemini": "kagura_nb.memory.remote:open_gemini",
    }
)
"""Kind: the function that opens one, given the model's name, the settings and what to tell of what
is spent. The settings admit `builtin` and the kinds in `settings.EMBEDDERS`, which need a model's
name."""


def unnoted(_name: str, _usage: Usage) -> None:
    """Keep no account."""


def open_embedder(settings: Settings, spend: Spend = unnoted) -> Embedder:
    """The embedder that the settings name; nothing is loaded before its first use."""
    kind, _, model = settings.embedder.partition(":")
    module, _, function = EMBEDDERS[kind].partition(":")
    opener: Callable[[str, Settings, Spend], Embedder] = getattr(import_module(module), function)
    return opener(model, settings, spend)


def unit(matrix: Vector) -> Vector:
    """The rows of a matrix, scaled to length 1."""
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    scaled: Vector = (matrix / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled
