"""Google's Gemini through its Developer API, and tuned models by their endpoints at Vertex AI.

The system message becomes the system instruction, and the assistant is called `model`. Thinking is
billed as output, so it counts as completion. The SDK repeats a request on 429 and 5xx; once the
stream has begun nothing is repeated, and a stream that ends without a finish reason was cut.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from kagura_nb import keys, tokens
from kagura_nb.errors import KaguraError, ProviderError, translator
from kagura_nb.prompt import ExamplesAs
from kagura_nb.providers import limits, refusals, vertex
from kagura_nb.providers.base import Chunk, Sampling
from kagura_nb.providers.faults import Faults
from kagura_nb.providers.line import Line
from kagura_nb.records import Message, Usage
from kagura_nb.redirects import Redirected, client_arguments
from kagura_nb.settings import Settings

if TYPE_CHECKING:
    from google import genai
    from google.genai import errors, types

CONTEXT_TOKENS = 1_048_576
"""Every Gemini model since 2.5 Flash (ai.google.dev/gemini-api/docs/models, 2026-11)."""

RETRIED = [408, 429, 500, 502, 503, 504]
AT_LIMIT = "MAX_TOKENS"
ENDED = ("STOP", AT_LIMIT)
ROLES = {"user": "user", "assistant": "model"}


@dataclass(slots=True)
class GeminiProvider:
    """One Gemini model. See `Provider` for what it promises."""

    model: str
    faults: Faults
    connect: "Callable[[Line | None], genai.Client]" = field(repr=False)
    configured_context: int = 0
    on_this_machine: bool = False
    context_known: bool = True
    notice: str | None = None
    examples_as: ExamplesAs = "turns"

    @property
    def limits(self) -> limits.Limits:
        """What is known of the model."""
        return limits.of(self.faults.address, self.faults.model)

    @property
    def context_tokens(self) -> int:
        """As it is configured, or documented."""
        return self.limits.context(self.configured_context, None) or CONTEXT_TOKENS

    @property
    def longest_reply(self) -> int | None:
        """As a refusal named it."""
        return self.limits.longest

    def ask_again(self) -> None:
        """Its contexts are documented."""

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, estimated: Gemini's vocabulary is not public."""
        return tokens.counter(self.model).count(text)

    def stream(self, messages: Sequence[Message], sampling: Sampling) -> Iterator[Chunk]:
        """Yield the reply as it arrives."""
        with limits.learning(self, messages):
            with _named(self.faults):
                client = self.connect(sampling.line)
                reply = client.models.generate_content_stream(**self._request(messages, sampling))
                first = list(islice(reply, 1))
            with closing(reply), _named(self.faults, begun=True):  # type: ignore[type-var]
                yield from self._chunks(chain(first, reply))

    def _request(self, messages: Sequence[Message], sampling: Sampling) -> dict[str, Any]:
        from google.genai import types

        system = next((one.content for one in messages if one.role == "system"), None)
        said = [one for one in messages if one.role != "system"]
        return {
            "model": self.faults.model,
            "contents": [
                types.Content(role=ROLES[one.role], parts=[types.Part(text=one.content)])
                for one in said
            ],
            "config": types.GenerateContentConfig(
                system_instruction=system,
                temperature=sampling.temperature,
                max_output_tokens=sampling.max_tokens,
            ),
        }

    def _chunks(self, reply: "Iterator[types.GenerateContentResponse]") -> Iterator[Chunk]:
        finish, usage = None, None
        for event in reply:
            if event.prompt_feedback and event.prompt_feedback.block_reason:
                raise self.faults.blocked(event.prompt_feedback.block_reason.value)
            for candidate in event.candidates or ():
                finish = candidate.finish_reason or finish
                yield Chunk(_text(candidate), reasoning=_text(candidate, thought=True))
            usage = event.usage_metadata or usage
        if usage:
            yield Chunk(usage=_usage(usage))
        if finish is None:
            raise self.faults.cut()
        if finish.value not in ENDED:
            raise self.faults.blocked(finish.value)
        yield Chunk(cut=finish.value == AT_LIMIT)


def open_gemini(vendor: str, model: str, settings: Settings) -> GeminiProvider:
    """Make the provider of `gemini:<model>`, or of `gemini:projects/…/endpoints/…`.

    Raises:
        MissingKey: there is no key.
    """
    name = f"{vendor}:{model}"
    if tuned := vertex.place_of(model, settings):
        faults = vertex.VertexFaults(vertex.VENDOR, model, tuned.address)
        client = partial(vertex.connect, tuned)
        return GeminiProvider(name, faults, client, settings.context_tokens)
    address = keys.address(vendor, settings)
    own = partial(_client, address, keys.find(vendor), settings.timeout)
    return GeminiProvider(name, Faults(vendor, model, address), own, settings.context_tokens)


@lru_cache(maxsize=8)
def _client(address: str, key: str, timeout: float, line: Line | None = None) -> "genai.Client":
    """One client, with its open connections, for all turns to the same server on the same line."""
    from google import genai
    from google.genai import types

    retries = types.HttpRetryOptions(
        attempts=3, initial_delay=0.5, jitter=0.5, http_status_codes=RETRIED
    )
    patience = round(timeout * 1000)
    options = types.HttpOptions(
        base_url=address,
        timeout=patience,
        retry_options=retries,
        client_args=client_arguments(address, line.hooks if line else None),
    )
    return genai.Client(api_key=key, http_options=options)


def _text(candidate: "types.Candidate", thought: bool = False) -> str:
    parts = (candidate.content and candidate.content.parts) or ()
    return "".join(part.text for part in parts if part.text and bool(part.thought) == thought)


def _usage(reported: "types.GenerateContentResponseUsageMetadata") -> Usage:
    return Usage(
        prompt_tokens=reported.prompt_token_count or 0,
        completion_tokens=(reported.candidates_token_count or 0)
        + (reported.thoughts_token_count or 0),
        cached_tokens=reported.cached_content_token_count or 0,
    )


@translator
def _named(faults: Faults, begun: bool = False) -> Iterator[None]:
    """Raise our error for the SDK's, without it: its text may repeat what was sent, the key too."""
    import httpx2
    from google.auth.exceptions import GoogleAuthError, TransportError
    from google.genai import errors

    try:
        yield
    except Redirected as elsewhere:
        raise faults.redirected(elsewhere) from None
    except TransportError:
        raise faults.unreachable("cannot be signed in to") from None
    except GoogleAuthError:
        vertex.connect.cache_clear()
        raise faults.rejected() from None
    except (httpx2.TransportError, errors.UnknownApiResponseError) as error:
        raise (faults.cut() if begun else _unreachable(faults, error)) from None
    except errors.APIError as error:
        raise _translated(error, faults, begun) from None
    except KaguraError:
        raise
    except Exception as error:
        raise (faults.cut() if begun else faults.unforeseen(error)) from None


def _unreachable(faults: Faults, error: Exception) -> ProviderError:
    import httpx2

    late = isinstance(error, httpx2.TimeoutException)
    return faults.unreachable("does not answer in time" if late else "does not answer")


def _translated(error: "errors.APIError", faults: Faults, begun: bool) -> ProviderError:
    """Our error for a refusal (ai.google.dev/gemini-api/docs/troubleshooting, 2026-11)."""
    status, said = error.code or 500, error.message or ""
    if "api key" in said.lower() or status == 401:
        return faults.rejected()
    if status == 413 or (status != 429 and refusals.is_too_long(said)):
        return faults.too_long(refusals.named(said))
    if status == 404:
        gone = "no longer" in said or "deprecated" in said
        return faults.retired(said) if gone else faults.unknown(said)
    if status == 410:
        return faults.retired(said)
    if status == 403:
        return faults.forbidden(said)
    if status == 429:
        return faults.limited(said)
    if status >= 500:
        return faults.cut(said) if begun else faults.failing(status, said)
    if limit := refusals.reply(said):
        return faults.reply_limit(limit, said)
    return faults.refused(said)
