"""Embedders behind an API: OpenAI, Ollama (which speaks OpenAI's) and Gemini.

The texts are sent there, so each is used only where the user chose it, and they pass the same door
as prompts, whole. A server that fails costs a few seconds at most: memory then works with words
alone and says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from kagura_nb import keys
from kagura_nb.errors import KaguraError, RecallError
from kagura_nb.memory.embedders import LONGEST, Embedder, Vector, unit
from kagura_nb.privacy import PromptDoor
from kagura_nb.settings import Settings

TIMEOUT = 10.0
"""Seconds; a memory that takes longer is worth less than the wait."""
RETRIES = 1
BATCH = 64


@dataclass(frozen=True, slots=True)
class RemoteEmbedder:
    """See `Embedder` for what it promises.

    Args:
        name: kind and model.
        policy: what stays behind as placeholders, see `PromptDoor`.
        request: sends at most `BATCH` texts and returns their vectors; opens its client itself.
    """

    name: str
    policy: str
    request: Callable[[list[str]], list[list[float]]]
    weight: float = 1.0
    floor: float = 0.5

    def embed(self, texts: Sequence[str]) -> Vector:
        """Vectors of the texts."""
        sent = [PromptDoor(self.policy).mask_text(text)[:LONGEST] or " " for text in texts]
        found: list[list[float]] = []
        for start in range(0, len(sent), BATCH):
            found += self._ask(sent[start : start + BATCH])
        return unit(np.array(found, dtype=np.float32))

    def _ask(self, texts: list[str]) -> list[list[float]]:
        try:
            found = self.request(texts)
        except KaguraError:
            raise
        except Exception as error:  # two SDKs, each with its own tree, and the HTTP client's
            reason = keys.redact(str(error)).splitlines()[0][:200]
            raise self._unusable(reason) from None  # a vendor's answer may repeat the key
        if len(found) != len(texts):
            raise self._unusable(f"{len(found)} vectors came for {len(texts)} texts")
        return found

    def _unusable(self, reason: str) -> RecallError:
        return RecallError(
            f"The embedder {self.name} does not answer ({reason})",
            "Check its key, address and model, or `%kagura config embedder builtin`",
        )


def open_openai(model: str, settings: Settings) -> Embedder:
    """OpenAI, or the server that its base URL names."""
    return _openai_like("openai", model, settings, lambda: keys.find("openai"))


def open_ollama(model: str, settings: Settings) -> Embedder:
    """The Ollama server, usually on this machine."""
    return _openai_like("ollama", model, settings, lambda: "ollama")


def open_gemini(model: str, settings: Settings) -> Embedder:
    """Google's Gemini API."""
    address = keys.address("gemini", settings)

    def request(texts: list[str]) -> list[list[float]]:
        found = _gemini(address, keys.find("gemini")).models.embed_content(
            model=model, contents=list(texts)
        )
        return [list(one.values or ()) for one in found.embeddings or ()]

    return _remote("gemini", model, settings, request)


def _openai_like(
    vendor: str, model: str, settings: Settings, key: Callable[[], str]
) -> RemoteEmbedder:
    address = keys.address(vendor, settings)

    def request(texts: list[str]) -> list[list[float]]:
        found = _openai(address, key()).embeddings.create(
            model=model, input=texts, encoding_format="float"
        )
        return [one.embedding for one in sorted(found.data, key=lambda one: one.index)]

    return _remote(vendor, model, settings, request)


def _remote(
    vendor: str,
    model: str,
    settings: Settings,
    request: Callable[[list[str]], list[list[float]]],
) -> RemoteEmbedder:
    here = keys.is_loopback(keys.address(vendor, settings))
    return RemoteEmbedder(f"{vendor}:{model}", "off" if here else settings.prompts, request)


@lru_cache(maxsize=4)
def _openai(address: str, key: str) -> Any:
    import openai

    return openai.OpenAI(base_url=address, api_key=key, timeout=TIMEOUT, max_retries=RETRIES)


@lru_cache(maxsize=4)
def _gemini(address: str, key: str) -> Any:
    from google import genai
    from google.genai import types

    options = types.HttpOptions(
        base_url=address,
        timeout=int(TIMEOUT * 1000),
        retry_options=types.HttpRetryOptions(attempts=1 + RETRIES),
    )
    return genai.Client(api_key=key, http_options=options)
