"""Embedders behind an API: OpenAI, Ollama (which speaks OpenAI's) and Gemini.

The texts are sent there, so each is used only where the user chose it, and they pass the same door
as prompts, whole. A server that fails costs a few seconds at most: memory then works with words
alone and says so.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from kagura_nb import keys
from kagura_nb.errors import KaguraError, RecallError, translator
from kagura_nb.memory.embedders import LONGEST, Embedder, Spend, Vector, unit
from kagura_nb.privacy import PromptDoor
from kagura_nb.records import Usage
from kagura_nb.redirects import Redirected, client_arguments
from kagura_nb.settings import Settings
from kagura_nb.tokens import counter

TIMEOUT = 10.0
"""Seconds; a memory that takes longer is worth less than the wait."""
RETRIES = 1
BATCH = 64

Request = Callable[[list[str]], tuple[list[list[float]], int | None]]


@dataclass(frozen=True, slots=True)
class RemoteEmbedder:
    """See `Embedder` for what it promises.

    Args:
        name: kind and model.
        policy: what stays behind as placeholders, see `PromptDoor`.
        request: sends at most `BATCH` texts and returns their vectors, and the tokens where the
            vendor tells them; opens its client itself.
        spend: is told what every request consumed.
    """

    name: str
    policy: str
    request: Request
    spend: Spend
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
        with self._told():
            found, tokens = self.request(texts)
        if len(found) != len(texts):
            raise self._unusable(f"{len(found)} vectors came for {len(texts)} texts")
        self.spend(self.name, self._usage(texts, tokens))
        return found

    @translator
    def _told(self) -> Iterator[None]:
        """Raise our error for those of two SDKs, each with its own tree, and the HTTP client's."""
        try:
            yield
        except KaguraError:
            raise
        except Redirected as elsewhere:
            there = elsewhere.there or "an address that it does not name"
            raise self._unusable(f"{elsewhere.asked} sends requests on to {there}") from None
        except Exception as error:
            raise self._unusable((str(error).splitlines() or [""])[0]) from None

    def _usage(self, texts: list[str], tokens: int | None) -> Usage:
        if tokens is not None:
            return Usage(tokens, 0)
        count = counter(self.name).count
        return Usage(sum(map(count, texts)), 0, estimated=True)

    def _unusable(self, reason: str) -> RecallError:
        return RecallError(
            f"The embedder {self.name} does not answer ({keys.redact(reason)[:200]})",
            "Check its key, address and model, or `%kagura config embedder builtin`",
        )


def open_openai(model: str, settings: Settings, spend: Spend) -> Embedder:
    """OpenAI, or the server that its base URL names."""
    return _openai_like("openai", model, settings, spend, lambda: keys.find("openai"))


def open_ollama(model: str, settings: Settings, spend: Spend) -> Embedder:
    """The Ollama server, usually on this machine."""
    return _openai_like("ollama", model, settings, spend, lambda: "ollama")


def open_gemini(model: str, settings: Settings, spend: Spend) -> Embedder:
    """Google's Gemini API."""
    address = keys.address("gemini", settings)

    def request(texts: list[str]) -> tuple[list[list[float]], int | None]:
        found = _gemini(address, keys.find("gemini")).models.embed_content(
            model=model, contents=list(texts)
        )
        return [list(one.values or ()) for one in found.embeddings or ()], None

    return _remote("gemini", model, settings, spend, request)


def _openai_like(
    vendor: str, model: str, settings: Settings, spend: Spend, key: Callable[[], str]
) -> RemoteEmbedder:
    address = keys.address(vendor, settings)

    def request(texts: list[str]) -> tuple[list[list[float]], int | None]:
        found = _openai(address, key()).embeddings.create(
            model=model, input=texts, encoding_format="float"
        )
        vectors = [one.embedding for one in sorted(found.data, key=lambda one: one.index)]
        return vectors, found.usage and found.usage.prompt_tokens

    return _remote(vendor, model, settings, spend, request)


def _remote(
    vendor: str, model: str, settings: Settings, spend: Spend, request: Request
) -> RemoteEmbedder:
    here = keys.on_this_machine(vendor, model, settings)
    policy = "off" if here else settings.prompts
    return RemoteEmbedder(f"{vendor}:{model}", policy, request, spend)


@lru_cache(maxsize=4)
def _openai(address: str, key: str) -> Any:
    import openai

    own = openai.DefaultHttpxClient(**client_arguments(address))
    return openai.OpenAI(
        base_url=address, api_key=key, timeout=TIMEOUT, max_retries=RETRIES, http_client=own
    )


@lru_cache(maxsize=4)
def _gemini(address: str, key: str) -> Any:
    from google import genai
    from google.genai import types

    options = types.HttpOptions(
        base_url=address,
        timeout=int(TIMEOUT * 1000),
        retry_options=types.HttpRetryOptions(attempts=1 + RETRIES),
        client_args=client_arguments(address),
    )
    return genai.Client(api_key=key, http_options=options)
