"""OpenAI, and every server that speaks its chat API: Ollama, LM Studio, vLLM, any base URL.

One request is one streamed chat completion. The SDK repeats it on 429, 5xx and a failed connection
(twice, backing off); once the stream has begun nothing is repeated, and a stream that ends without
a finish reason was cut.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from kagura_nb import keys, tokens
from kagura_nb.addresses import is_loopback
from kagura_nb.errors import KaguraError, MissingKey, ProviderError, translator
from kagura_nb.prompt import ExamplesAs
from kagura_nb.providers import limits, quirks, refusals, wire
from kagura_nb.providers.base import Chunk, Sampling, estimated
from kagura_nb.providers.faults import Faults
from kagura_nb.providers.line import Line
from kagura_nb.records import Message, Usage
from kagura_nb.redirects import Redirected, client_arguments
from kagura_nb.settings import Settings

if TYPE_CHECKING:
    import openai

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

FAILED = 500
MAY_NAME_A_QUIRK = (None, 400, 422, 500, 501)
"""The statuses of such refusals: llama.cpp fails with 500 where a chat template raises, and some
gateways say 200.
"""
_REFUSED: dict[tuple[str, str], frozenset[str]] = {}
"""What a model was found not to take, by address and name; see `quirks`."""

RETIRED = ("deprecated", "shut down", "retired", "no longer available", "decommissioned")


@dataclass(slots=True)
class OpenAIProvider:
    """One model behind the chat completions API. See `Provider` for what it promises."""

    model: str
    on_this_machine: bool
    faults: Faults
    timeout: float
    key: str = field(repr=False)
    configured_context: int = 0
    _asks: bool = field(default=True, init=False, repr=False)
    notice: str | None = None
    examples_as: ExamplesAs = "turns"
    _counter: tokens.Counter | None = field(default=None, init=False, repr=False)

    @property
    def limits(self) -> limits.Limits:
        """What is known of the model at its server."""
        return limits.of(self.faults.address, self.faults.model)

    @property
    def context_tokens(self) -> int:
        """As it is configured, or as the server says; else what is usual."""
        guess = UNKNOWN_CONTEXT if self.faults.vendor == "openai" else LOCAL_CONTEXT
        return self._known_context or guess

    @property
    def context_known(self) -> bool:
        """Whether that is no guess."""
        return self._known_context is not None

    @property
    def longest_reply(self) -> int | None:
        """As a refusal named it."""
        return self.limits.longest

    @property
    def _known_context(self) -> int | None:
        elsewhere = self.faults.address != keys.VENDORS["openai"].address
        fetch = self._fetch if self._asks and elsewhere else None
        self._asks = False  # once a turn at most, where the server does not answer
        told = self.limits.context(self.configured_context, fetch)
        return told or _documented(self.faults)

    def ask_again(self) -> None:
        """Let the server be asked anew."""
        self.limits.said, self._asks = None, True

    def count_tokens(self, text: str) -> int:
        """Tokens of a text; exact for OpenAI's own models once their vocabulary is at hand."""
        self._counter = self._counter or tokens.counter(self.model)
        return self._counter.count(text)

    def stream(self, messages: Sequence[Message], sampling: Sampling) -> Iterator[Chunk]:
        """Yield the reply as it arrives."""
        with limits.learning(self, messages), ExitStack() as opened:
            with _named(self.faults):
                client = connect(self.faults.address, self.key, self.timeout, sampling.line)
                events = self._answered(client, self._request(messages, sampling), opened)
            with _named(self.faults, begun=True):
                yield from self._chunks(events, messages)

    def _fetch(self, url: str, body: Any) -> Any:
        """What the server says of itself; None where it refuses."""
        import openai

        client = connect(self.faults.address, self.key, self.timeout)
        patient = client.with_options(timeout=limits.SECONDS, max_retries=0)
        with _named(self.faults):
            try:
                if body:
                    return patient.post(url, body=body, cast_to=object)
                return patient.get(url, cast_to=object)
            except (
                openai.APIStatusError,
                openai.APIResponseValidationError,
                ValueError,
                Redirected,
            ):
                return None

    def _request(self, messages: Sequence[Message], sampling: Sampling) -> dict[str, Any]:
        newer = (self.faults.vendor == "openai") != self.limits.unknown_name
        longest = "max_completion_tokens" if newer else "max_tokens"
        drawn = {"temperature": sampling.temperature, longest: sampling.max_tokens}
        return {
            "model": self.faults.model,
            "messages": messages,
            "stream": True,
            "stream_options": {"include_usage": True},
            **{name: value for name, value in drawn.items() if value is not None},
        }

    def _answered(
        self, client: "openai.OpenAI", request: Mapping[str, Any], opened: ExitStack
    ) -> Iterator[wire.Json]:
        """The events of the answer, the first one at hand; asked again for each new quirk."""
        import openai

        name = self.faults.address, self.faults.model
        known = _REFUSED.get(name, frozenset())
        while True:
            sent = _fitted(request, known)
            try:
                events = _events(client, sent, opened)
                first = list(islice(events, 1))
                _REFUSED[name] = known
                return chain(first, events)
            except openai.APIError as error:
                quirk = _quirk(error, sent)
                if quirk is None or quirk in known:
                    raise
                known |= {quirk}
                opened.close()

    def _chunks(self, events: Iterator[wire.Json], sent: Sequence[Message]) -> Iterator[Chunk]:
        finish, usage, received = None, None, []
        for event in events:
            for reply, reasoning, ended in wire.choices(event):
                finish = ended or finish
                received += [reply, reasoning]
                if reply or reasoning:
                    yield Chunk(reply, reasoning=reasoning)
            usage = event.get("usage") or usage
        if usage:
            yield Chunk(usage=_usage(usage, partial(estimated, self, sent, "".join(received))))
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
        on_this_machine=keys.on_this_machine(vendor, model, settings),
        faults=Faults(vendor, model, address),
        timeout=settings.timeout,
        key=key_for(vendor, address),
        configured_context=settings.context_tokens,
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


def _documented(faults: Faults) -> int | None:
    """What OpenAI's pages say of a model."""
    name = faults.model.removeprefix("ft:") if faults.vendor == "openai" else ""
    return next((size for start, size in CONTEXT_TOKENS.items() if name.startswith(start)), None)


@lru_cache(maxsize=8)
def connect(address: str, key: str, timeout: float, line: Line | None = None) -> "openai.OpenAI":
    """One client, with its open connections, for all turns to the same server on the same line."""
    import openai

    patience = openai.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS))
    own = openai.DefaultHttpxClient(**client_arguments(address, line.hooks if line else None))
    return openai.OpenAI(api_key=key, base_url=address, timeout=patience, http_client=own)


def _fitted(request: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """A request without what the model is known not to take, its messages as JSON."""
    sent = {name: value for name, value in request.items() if name not in known}
    messages = quirks.plain(sent["messages"]) if quirks.ROLES in known else sent["messages"]
    said = [{"role": one.role, "content": one.content} for one in messages]
    # As it is: compared with all the types a message may have, a long history costs the
    # SDK more time than finding the memories.
    return {**sent, "messages": [], "extra_body": {"messages": said}}


def _events(
    client: "openai.OpenAI", sent: Mapping[str, Any], opened: ExitStack
) -> Iterator[wire.Json]:
    """Send a request and yield the events of its answer, with the SDK's errors for what fails."""
    import httpx2
    import openai

    streamed = client.chat.completions.with_streaming_response
    reply = opened.enter_context(streamed.create(**sent))
    try:
        yield from wire.events(reply.iter_lines())
    except wire.Refused as refused:
        error = openai.APIError(str(refused), reply.http_request, body=refused.body)
        raise error from None
    except httpx2.TimeoutException:
        raise openai.APITimeoutError(request=reply.http_request) from None
    except httpx2.HTTPError as error:
        raise openai.APIConnectionError(request=reply.http_request) from error


def _quirk(error: "openai.APIError", sent: Mapping[str, Any]) -> str | None:
    """What a server does not take, if that is why it refused; some give a list of what is wrong."""
    if getattr(error, "status_code", None) not in MAY_NAME_A_QUIRK:
        return None
    return quirks.refused(words(error) or str(error.body or ""), sent, error.param)


def _usage(reported: wire.Json, estimate: Callable[[], Usage]) -> Usage:
    """The usage as reported; what the server leaves out is taken from the estimate.

    Reasoning is output. Most vendors count it in; those whose total says otherwise do not (xAI).
    """
    prompt, completion = (reported.get(f"{one}_tokens") for one in ("prompt", "completion"))
    sent, received = (
        reported.get(f"{one}_tokens_details") or {} for one in ("prompt", "completion")
    )
    cached, written = sent.get("cached_tokens") or 0, sent.get("cache_write_tokens") or 0
    if prompt is None or completion is None:
        guess = estimate()
        prompt = guess.prompt_tokens if prompt is None else prompt
        completion = guess.completion_tokens if completion is None else completion
        return Usage(prompt, completion, cached, written, estimated=True)
    thought = received.get("reasoning_tokens") or 0
    apart = reported.get("total_tokens") == prompt + completion + thought
    return Usage(prompt, completion + (thought if apart else 0), cached, written)


@translator
def _named(faults: Faults, begun: bool = False) -> Iterator[None]:
    """Raise our error for the SDK's, without it: its text may repeat what was sent, the key too."""
    import openai

    try:
        yield
    except Redirected as elsewhere:
        raise faults.redirected(elsewhere) from None
    except ValueError:
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
    status = getattr(error, "status_code", None) or _status(error.code)
    said = words(error)
    marks = f"{error.code} {error.type} {said}".lower()
    if status == 413 or (status != 429 and refusals.is_too_long(marks)):
        return faults.too_long(refusals.named(said, error.body))
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
        told = getattr(error, "status_code", None)
        return faults.cut(said) if begun else faults.failing(told, said)
    if limit := refusals.reply(said):
        return faults.reply_limit(limit, said)
    return faults.refused(said)


def _status(code: object) -> int:
    """The HTTP status that an error inside an answer gives as its code; else that of a failure."""
    known = isinstance(code, int | str) and re.fullmatch(r"[45]\d\d", str(code))
    return int(code) if known else FAILED  # type: ignore[call-overload]


def words(error: "openai.APIError") -> str:
    """The server's own words, without the SDK's frame around them."""
    said = error.body.get("message") if isinstance(error.body, dict) else error.body
    return said if isinstance(said, str) else ""
