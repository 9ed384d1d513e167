"""Sentence embedding models in ONNX form, run on this machine with onnxruntime and tokenizers.

A model is a folder with `model.onnx` (or `onnx/model.onnx`) and `tokenizer.json`, or the id of such
a repository on the Hugging Face hub, which is downloaded once because the user named it. Texts are
padded to the longest of their batch only, and token vectors are averaged.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from kagura_nb.errors import RecallError
from kagura_nb.memory.embedders import LONGEST, Embedder, Spend, Vector, unit
from kagura_nb.settings import Settings

LONGEST_INPUT = 256
"""Tokens of a text that are read; what small sentence models were trained on."""
BATCH = 32
MODEL_FILES = ("model.onnx", "onnx/model.onnx")


def open_onnx(model: str, _settings: Settings, _spend: Spend) -> Embedder:
    """The embedder of a folder or hub id."""
    return OnnxEmbedder(model)


class OnnxEmbedder:
    """See `Embedder` for what it promises."""

    weight = 1.0
    floor = 0.45

    def __init__(self, model: str) -> None:
        self.name = f"onnx:{model}"
        self._model = model

    def embed(self, texts: Sequence[str]) -> Vector:
        """Vectors of the texts; texts of similar length share a batch."""
        order = sorted(range(len(texts)), key=lambda one: len(texts[one]))
        found: dict[int, Vector] = {}
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            found |= zip(batch, self._embed([texts[one] for one in batch]), strict=True)
        return np.stack([found[one] for one in range(len(texts))])

    def _embed(self, texts: Sequence[str]) -> Vector:
        encoded = self._tokenizer.encode_batch([text[:LONGEST] for text in texts])
        inputs = {
            "input_ids": np.array([one.ids for one in encoded], dtype=np.int64),
            "attention_mask": np.array([one.attention_mask for one in encoded], dtype=np.int64),
            "token_type_ids": np.array([one.type_ids for one in encoded], dtype=np.int64),
        }
        wanted = {one.name for one in self._session.get_inputs()}
        given = {name: value for name, value in inputs.items() if name in wanted}
        (tokens, *_) = self._session.run(None, given)
        mask = inputs["attention_mask"][..., None].astype(np.float32)
        return unit((tokens * mask).sum(axis=1) / np.maximum(mask.sum(axis=1), 1))

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        path = next(
            (self._folder / one for one in MODEL_FILES if (self._folder / one).exists()), None
        )
        if path is None:
            raise self._unusable("it has no model.onnx")
        options = onnxruntime.SessionOptions()
        # Threads that spin while they wait make each other wait on a busy machine.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's errors share no base of their own
            raise self._unusable(str(error)) from error

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        path = self._folder / "tokenizer.json"
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # tokenizers raises plain Exception
            raise self._unusable(f"its tokenizer.json cannot be read ({error})") from error
        tokenizer.encode_special_tokens = True  # a text that speaks of [SEP] has one part
        tokenizer.enable_padding()
        tokenizer.enable_truncation(LONGEST_INPUT)
        return tokenizer

    @cached_property
    def _folder(self) -> Path:
        folder = Path(self._model).expanduser()
        return folder if folder.is_dir() else self._downloaded()

    def _downloaded(self) -> Path:
        from huggingface_hub import snapshot_download

        wanted = ["tokenizer.json", *MODEL_FILES, *(f"{one}_data" for one in MODEL_FILES)]
        try:
            return Path(snapshot_download(self._model, allow_patterns=wanted))
        except Exception as error:  # a wrong id, no such repository, no network, no space
            raise self._unusable(
                f"no such folder, and no download ({type(error).__name__})"
            ) from error

    def _unusable(self, reason: str) -> RecallError:
        return RecallError(
            f"The embedder {self.name} cannot be used: {reason}",
            "Name one with model.onnx and tokenizer.json, or `%kagura config embedder builtin`",
        )
