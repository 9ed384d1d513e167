"""How much a model on a server reads and writes at most: what the server says, and has refused.

    configured    the setting `context_tokens`
    said          the server's own word, asked for once: PLACES
    fitting       what a refusal taught, counted as we count; the smallest of the three counts
    longest       the longest reply, as a refusal named it

All of it is remembered in this process, for each address and model. A server that does not answer
is asked again with the next turn; one that has not loaded the model yet is too, as only then it is
certain how long the context will be.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from kagura_nb.errors import ContextTooLong, ProviderError, ReplyLimitRefused
from kagura_nb.providers.base import Provider
from kagura_nb.records import Message

SECONDS = 1.0
"""That a server has for each of the answers."""
CHARACTERS = 16
"""A token has fewer on average in any text; what is longer than so many times the context is not
even counted."""
LARGEST_CONTEXT = 2_097_152
"""Tokens that no known model reads more of: what is longer than that goes nowhere."""
LEAST = 128
"""Tokens below which a number is no context."""
UNLOADED = -1
"""Read where a server could load the model, and has not yet."""
NOTHING = 0
"""Remembered of a server that answers and does not say."""

Fetch = Callable[[str, Any], Any]
"""Gets a URL as parsed JSON, by POST where there is a body; None where it is refused.

Raises:
    ProviderError: nobody answers.
"""
Reader = Callable[[Any, str], int | None]
Places = Sequence[tuple[str, Reader]]


@dataclass(slots=True)
class Limits:
    """What is known of one model of a server."""

    address: str
    model: str
    said: int | None = None
    fitting: int | None = None
    longest: int | None = None
    unknown_name: bool = False

    def context(self, configured: int, fetch: Fetch | None) -> int | None:
        """The context in tokens; None where nobody says.

        Args:
            configured: the setting, 0 where there is none.
            fetch: asks the server; None where it shall not be asked.
        """
        if not configured and self.said is None and fetch:
            self.said = _ask(self.address, self.model, fetch)
        known = (self.fitting, configured or self.said)
        return min((one for one in known if one), default=None)

    def learn_reply(self, refusal: ReplyLimitRefused) -> None:
        """Remember what a refusal of the reply's limit names."""
        self.longest = refusal.longest or self.longest
        self.unknown_name = refusal.unknown or self.unknown_name

    def learn_context(self, context: int, sent: int | None, counted: int) -> None:
        """Remember what a refusal of the length names.

        Args:
            context: tokens that the server reads.
            sent: tokens that were sent; None where the refusal does not say, which are then at
                least as many.
            counted: the same as we count them. Where the server counts more than we do, our tokens
                are worth so much less.
        """
        share = counted / max(sent or context, counted, 1)
        self.fitting = min(int(context * share), self.fitting or context)


@lru_cache(maxsize=256)
def of(address: str, model: str) -> Limits:
    """What is remembered of a model."""
    return Limits(address, model)


class Limited(Provider, Protocol):
    """A model on a server."""

    @property
    def limits(self) -> Limits:
        """What is known of it."""
        ...

    def ask_again(self) -> None:
        """Let the server be asked anew: what it said is not so, or no longer."""
        ...


@contextmanager
def learning(provider: Limited, messages: Sequence[Message]) -> Iterator[None]:
    """Remember what a refusal of some messages teaches, on its way."""
    try:
        yield
    except ReplyLimitRefused as refusal:
        provider.limits.learn_reply(refusal)
        raise
    except ContextTooLong as refusal:
        if refusal.context is None:
            provider.ask_again()
        known = provider.context_tokens if provider.context_known else None
        if context := refusal.context or known:
            counted = sum(provider.count_tokens(one.content) for one in messages)
            provider.limits.learn_context(context, refusal.sent, counted)
        raise


def check_length(model: str, context: int | None, characters: int) -> None:
    """Refuse by its length what no tokenizer need look at.

    Args:
        model: who is asked.
        context: tokens that it reads; None where that is not known.
        characters: that it is to read.

    Raises:
        ContextTooLong: they are more than any text of that many tokens has.
    """
    tokens = context or LARGEST_CONTEXT
    if characters > CHARACTERS * tokens:
        raise ContextTooLong(
            f"{characters:,} characters do not fit into the {tokens:,} tokens of {model}",
            "Shorten the prompt, or send a part of it",
        )


def _ask(address: str, model: str, fetch: Fetch) -> int | None:
    """What the server says first; None where it may say it later."""
    try:
        found = next(_told(PLACES, address, model, fetch), NOTHING)
        if found == UNLOADED:
            found = next(_told(POSTED, address, model, fetch), UNLOADED)
    except ProviderError:
        return None
    return None if found == UNLOADED else found


def _told(places: Places, address: str, model: str, fetch: Fetch) -> Iterator[int]:
    """What is said in some places."""
    root = address.removesuffix("/v1")
    for path, read in places:
        url = f"{address if path == '/models' else root}{path}"
        try:
            size = read(fetch(url, {"model": model} if places is POSTED else None), model)
        except (LookupError, TypeError, AttributeError, ValueError, OverflowError):
            continue  # it is made otherwise
        if size:
            yield size


def _listed(answer: Any, model: str) -> int | None:
    """vLLM, SGLang, OpenRouter, Groq, Mistral, Together, llama.cpp: a model of `/v1/models`."""
    models = answer if isinstance(answer, list) else answer["data"]
    named = [one for one in models if model in (one["id"], *(one.get("aliases") or ()))]
    (one,) = named or models
    fields: Mapping[str, Any] = {**one, **(one.get("meta") or {})}
    return next((size for name in LISTED if (size := _tokens(fields.get(name)))), None)


def _trained(answer: Any, model: str) -> int | None:
    """llama.cpp of old, where nothing else is told: no more than the model was trained with."""
    (one,) = answer["data"]
    return _tokens(one["meta"]["n_ctx_train"])


def _props(answer: Any, model: str) -> int | None:
    """llama.cpp: what one of its slots holds."""
    slot = answer["default_generation_settings"]
    return _tokens(slot.get("n_ctx")) or _tokens(answer.get("n_ctx"))


def _lm_studio(answer: Any, model: str) -> int | None:
    """LM Studio: with what length the model was loaded, not how long it could be."""
    (one,) = (one for one in answer["data"] if one["id"] == model)
    return _tokens(one.get("loaded_context_length")) or UNLOADED


def _ollama_loaded(answer: Any, model: str) -> int | None:
    """Ollama: with what length the model was loaded."""
    for one in answer["models"]:
        if model in (one["name"], one["name"].removesuffix(":latest")):
            return _tokens(one["context_length"])
    return UNLOADED


def _ollama_configured(answer: Any, model: str) -> int | None:
    """Ollama: `num_ctx` of the model's file; without one the server decides when it loads it."""
    lines = (line.split() for line in answer["parameters"].splitlines())
    return next((_tokens(line[1]) for line in lines if line[:1] == ["num_ctx"]), None)


def _tgi(answer: Any, model: str) -> int | None:
    """Text Generation Inference."""
    return _tokens(answer["max_total_tokens"])


def _tokens(value: Any) -> int | None:
    size = int(value) if isinstance(value, int | float | str) else 0
    return size if size >= LEAST else None


LISTED = (
    "n_ctx",
    "max_model_len",
    "loaded_context_length",
    "context_length",
    "context_window",
    "max_context_length",
)
PLACES: Places = (
    ("/models", _listed),
    ("/props", _props),
    ("/api/v0/models", _lm_studio),
    ("/api/ps", _ollama_loaded),
    ("/info", _tgi),
    ("/models", _trained),
)
"""Where servers say it, in this order (their documents and sources, 2026-11): `/models` below the
address of the API, the others beside it."""
POSTED: Places = (("/api/show", _ollama_configured),)
"""Where they are sent the model, once one has said that it is not loaded."""
