"""OpenAI, and every server that speaks its chat API: Ollama, LM Studio, vLLM, any base URL.

One request is one streamed chat completion. The SDK repeats it on 429, 5xx and a failed connection
(twice, backing off); once the stream has begun nothing is repeated, and a stream that ends without
a finish reason was cut.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from kagura_nb import keys, tokens
from kagura_nb.addresses import is_loopback
from kagura_nb.errors import KaguraError, MissingKey, ProviderError, translator
from kagura_nb.providers.base import Chunk, Sampling
from kagura_nb.providers.faults import Faults
from kagura_nb.providers.line import Line
from kagura_nb.records import Message, Usage
from kagura_nb.redirects import Redirected, client_arguments
from kagura_nb.settings import Settings

if TYPE_CHECKING:
    import openai
    from openai.types import CompletionUsage

NO_KEY = "none"
"""Sent to a server that asks for no key; the SDK insists on one."""

CONNECT_SECONDS = 10.0

CONTEXT_TOKENS = {
    "gpt-6": 1_050_000,
    "gpt-5.6": 1_050_000,
    "gpt-5.5": 1_050_000,
    "gpt-5.4-mini": 400_000,
    "gpt-5.4-nano": 400_000,
    "gpt-5.4": 1_050_000,
    "gpt-5": 400_000,
    "gpt-4.1": 1_047_576,
    "gpt-4o": 128_000,
    "o1": 200_000,
    "o3": 200_000,
    "o4": 200_000,
}
"""Context by the beginning of the model's name, the first that fits; OpenAI's model pages, read
2026-11-23 through two transcriptions (see `prices.toml`)."""

UNKNOWN_CONTEXT = 8_192
LOCAL_CONTEXT = 4_096
"""What Ollama gives a model unless told otherwise (its FAQ, 2026); more would be cut silently."""

TOO_LONG = ("context_length_exceeded", "context length", "context size", "context window")
RETIRED = ("deprecated", "shut down", "retired", "no longer available", "decommissioned")


@dataclass(slots=True)
class OpenAIProvider:
    """One model behind the chat completions API. See `Provider` for what it promises."""

    model: str
    context_tokens: int
    on_this_machine: bool
    faults: Faults
    timeout: float
    key: str = field(repr=False)
    notice: str | None = None
    _counter: tokens.Counter | None = field(default=None, init=False, repr=False)

    def count_tokens(self, text: str) -> int:
        """Tokens of a text; exact for OpenAI's own models once their vocabulary is at hand."""
        self._counter = self._counter or tokens.counter(self.model)
        return self._counter.count(text)

    def stream(self, messages: Sequence[Message], sampling: Sampling) -> Iterator[Chunk]:
        """Yield the reply as it arrives."""
        with _named(self.faults):
            client = connect(self.faults.address, self.key, self.timeout, sampling.line)
            reply = client.chat.completions.create(**self._request(messages, sampling))
        with reply, _named(self.faults, begun=True):
            yield from self._chunks(reply)

    def _request(self, messages: Sequence[Message], sampling: Sampling) -> dict[str, Any]:
        longest = "max_completion_tokens" if self.faults.vendor == "openai" else "max_tokens"
        drawn = {"temperature": sampling.temperature, longest: sampling.max_tokens}
        said = [{"role": one.role, "content": one.content} for one in messages]
        return {
            "model": self.faults.model,
            # As it is: compared with all the types a message may have, a long history costs the
            # SDK more time than finding the memories.
            "messages": [],
            "extra_body": {"messages": said},
            "stream": True,
            "stream_options": {"include_usage": True},
            **{name: value for name, value in drawn.items() if value is not None},
        }

    def _chunks(self, reply: "openai.Stream[Any]") -> Iterator[Chunk]:
        finish = None
        for event in reply:
            for choice in event.choices or ():
                finish = choice.finish_reason or finish
                if choice.delta and choice.delta.content:
                    yield Chunk(choice.delta.content)
            if event.usage:
                yield Chunk(usage=_usage(event.usage))
        if finish is None:
            raise self.faults.cut()
        if finish == "content_filter":
            raise self.faults.blocked(finish)
        yield Chunk(cut=finish == "length")


def open_openai(vendor: str, model: str, settings: Settings) -> OpenAIProvider:
    """Make the provider of `<vendor>:<model>`.

    Raises:
        MissingKey: the vendor needs a key and there is none.
    """
    address = keys.address(vendor, settings)
    return OpenAIProvider(
        model=f"{vendor}:{model}",
        context_tokens=_context_tokens(vendor, model),
        on_this_machine=keys.on_this_machine(vendor, model, settings),
        faults=Faults(vendor, model, address),
        timeout=settings.timeout,
        key=key_for(vendor, address),
    )


def key_for(vendor: str, address: str) -> str:
    """The key to send; a server on this machine, and its own kinds of server, need none.

    Raises:
        MissingKey: the vendor needs a key and there is none.
    """
    try:
        return keys.find(vendor)
    except MissingKey:
        if vendor == "openai" and not is_loopback(address):
            raise
        return NO_KEY


def _context_tokens(vendor: str, model: str) -> int:
    if vendor != "openai":
        return LOCAL_CONTEXT
    name = model.removeprefix("ft:")
    fitting = (size for start, size in CONTEXT_TOKENS.items() if name.startswith(start))
    return next(fitting, UNKNOWN_CONTEXT)


@lru_cache(maxsize=8)
def connect(address: str, key: str, timeout: float, line: Line | None = None) -> "openai.OpenAI":
    """One client, with its open connections, for all turns to the same server on the same line."""
    import openai

    patience = openai.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS))
    own = openai.DefaultHttpxClient(**client_arguments(address, line.hooks if line else None))
    return openai.OpenAI(api_key=key, base_url=address, timeout=patience, http_client=own)


def _usage(reported: "CompletionUsage") -> Usage:
    details = reported.prompt_tokens_details
    return Usage(
        prompt_tokens=reported.prompt_tokens,
        completion_tokens=reported.completion_tokens,
        cached_tokens=(details and details.cached_tokens) or 0,
        written_tokens=(details and details.cache_write_tokens) or 0,
    )


@translator
def _named(faults: Faults, begun: bool = False) -> Iterator[None]:
    """Raise our error for the SDK's, without it: its text may repeat what was sent, the key too."""
    import openai

    try:
        yield
    except Redirected as elsewhere:
        raise faults.redirected(elsewhere) from None
    except json.JSONDecodeError:
        raise faults.cut() from None
    except openai.APIConnectionError as error:
        raise (faults.cut() if begun else _unreachable(faults, error)) from None
    except openai.APIError as error:
        raise _translated(error, faults, begun) from None
    except KaguraError:
        raise
    except Exception as error:
        raise (faults.cut() if begun else faults.unforeseen(error)) from None


def _unreachable(faults: Faults, error: "openai.APIConnectionError") -> ProviderError:
    import openai

    late = isinstance(error, openai.APITimeoutError)
    return faults.unreachable("does not answer in time" if late else "does not answer")


def _translated(error: "openai.APIError", faults: Faults, begun: bool) -> ProviderError:
    """Our error for a refusal, by status and code (OpenAI's guide to error codes, 2026-11)."""
    status = getattr(error, "status_code", None) or 500
    said = words(error)
    marks = f"{error.code} {said}".lower()
    if status == 413 or any(mark in marks for mark in TOO_LONG):
        return faults.too_long()
    if status == 401:
        return faults.rejected()
    if status == 410 or (status in (400, 404) and any(mark in marks for mark in RETIRED)):
        return faults.retired(said)
    if status == 404 or error.code == "model_not_found":
        return faults.unknown(said)
    if status == 403:
        return faults.forbidden(said)
    if status == 429:
        return faults.unpaid() if error.code == "insufficient_quota" else faults.limited(said)
    if status >= 500:
        return faults.cut(said) if begun else faults.failing(status, said)
    return faults.refused(said)


def words(error: "openai.APIError") -> str:
    """The server's own words, without the SDK's frame around them."""
    said = error.body.get("message") if isinstance(error.body, dict) else error.body
    return said if isinstance(said, str) else ""
