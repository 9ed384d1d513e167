"""A server that speaks OpenAI's API: chat completions, models, embeddings.

The contract is OpenAI's own API description (`openai_api.json`) and the SDK's types, which know
every field; plus what both leave open: no unknown fields, at most one system message and that
first, then user and assistant in turn, the user last.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import jsonschema
from openai.types.chat import completion_create_params
from openai.types.embedding_create_params import EmbeddingCreateParams
from pydantic import TypeAdapter, ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT4

from servers.loopback import Asked, ContractViolation, Fault, LoopbackServer

CHAT = TypeAdapter(completion_create_params.CompletionCreateParams)
CHAT_FIELDS = set(get_type_hints(completion_create_params.CompletionCreateParamsStreaming))
EMBEDDING = TypeAdapter(EmbeddingCreateParams)
EMBEDDING_FIELDS = set(get_type_hints(EmbeddingCreateParams))


class OpenAIServer(LoopbackServer):
    """OpenAI, or one of its kin, on this machine."""

    models = ("gpt-6.1-terra", "gpt-4.1-mini")
    key: str | None = None
    """The only key that is accepted; None accepts any."""
    cached_tokens = 0
    finish = "stop"
    says: Mapping[str, Any] = {}
    """What it says of itself, by path."""
    reads = sys.maxsize
    """Its context, in its own tokens: every third character ends one."""
    refuses: Callable[[int, int], Any] = staticmethod(
        lambda sent, reads: {
            "message": f"This model's maximum context length is {reads} tokens. However, your "
            f"messages resulted in {sent} tokens. Please reduce the length of the messages.",
            "code": "context_length_exceeded",
        }
    )
    """The error where more is sent."""
    longest = sys.maxsize
    """The longest reply that may be asked for."""
    unknown: tuple[str, ...] = ()
    """Parameters that it does not know."""
    dimensions = 8

    @property
    def base_url(self) -> str:
        """What a client is configured with."""
        return f"{self.url}/v1"

    def echo(self, body: Any) -> str:
        """Say again what the user said last."""
        return f"You said: {body['messages'][-1]['content'][:200]}"

    def key_of(self, headers: dict[str, str]) -> str:
        """The key that was sent."""
        return headers.get("authorization", "").removeprefix("Bearer ")

    def refusal(self, status: int, code: str, message: str) -> Any:
        """OpenAI's form of an error."""
        error = {"message": message, "type": "error", "param": None, "code": code or None}
        return {"error": error}

    def serve(self, handler: Any, asked: Asked, fault: Fault) -> None:
        """Answer one request."""
        if self.key not in (None, self.key_of(asked.headers)):
            handler.refuse(401, "invalid_api_key", "Incorrect API key provided")
        elif asked.path == "/v1/embeddings":
            handler.send(self._embeddings(asked.body))
        elif asked.path == "/v1/chat/completions":
            self._chat(handler, asked.body, fault)
        else:
            handler.refuse(404, "", f"there is no {asked.path}")

    def of_itself(self, path: str, body: Any) -> tuple[Any, int]:
        """The models that it has, and whatever else it says of itself."""
        listed = {"/v1/models": {"object": "list", "data": [_listed(name) for name in self.models]}}
        said = {**listed, **self.says}
        return (said[path], 200) if path in said else super().of_itself(path, body)

    def _chat(self, handler: Any, body: Any, fault: Fault) -> None:
        check_chat(body)
        if error := self._refused(body):
            handler.send({"error": error}, 400)
            return
        text = self.next_text(body)
        usage = self._usage(body, text)
        if body.get("stream"):
            handler.stream(self._events(body, self.cut(text), usage), fault)
            return
        message = {"role": "assistant", "content": text, "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        handler.send(_part(body, "chat.completion", [choice], usage))

    def _refused(self, body: Any) -> Any:
        """Why a request is not served."""
        sent = sum(len(one["content"]) for one in body["messages"]) // 3
        limit = body.get("max_tokens") or body.get("max_completion_tokens") or 0
        if sent > self.reads:
            return self.refuses(sent, self.reads)
        if limit > self.longest:
            return {"message": f"the valid range of max_tokens is [1, {self.longest}]"}
        names = [name for name in self.unknown if name in body]
        return {"message": f"body.{names[0]}: Extra inputs are not permitted"} if names else None

    def _events(self, body: Any, pieces: list[str], usage: Any) -> Iterator[str]:
        kind = "chat.completion.chunk"
        for piece in pieces:
            yield json.dumps(_part(body, kind, [_choice({"content": piece})], None))
        yield json.dumps(_part(body, kind, [_choice({}, self.finish)], None))
        if (body.get("stream_options") or {}).get("include_usage"):
            yield json.dumps(_part(body, kind, [], usage))
        yield "[DONE]"

    def _usage(self, body: Any, text: str) -> Any:
        prompt = sum(len(one["content"].split()) for one in body["messages"])
        received = len(text.split())
        return {
            "prompt_tokens": prompt,
            "completion_tokens": received,
            "total_tokens": prompt + received,
            "prompt_tokens_details": {"cached_tokens": self.cached_tokens},
        }

    def _embeddings(self, body: Any) -> Any:
        _check(EMBEDDING, EMBEDDING_FIELDS, body)
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        size = body.get("dimensions", self.dimensions)
        rows = [
            {"object": "embedding", "index": index, "embedding": vector(text, size)}
            for index, text in enumerate(texts)
        ]
        tokens = sum(len(text.split()) for text in texts)
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return {"object": "list", "model": body["model"], "data": rows, "usage": usage}


def check_chat(body: Any) -> None:
    """Raise ContractViolation where a chat request breaks the contract."""
    _check(CHAT, CHAT_FIELDS, body)
    conforms("CreateChatCompletionRequest", body)
    roles = [one["role"] for one in body["messages"]]
    turns = roles[1:] if roles[0] == "system" else roles
    wanted = ["user" if index % 2 == 0 else "assistant" for index in range(len(turns))]
    if turns != wanted or len(turns) % 2 == 0:
        raise ContractViolation(f"roles {roles} do not alternate up to the user")
    if {"max_tokens", "max_completion_tokens"} <= body.keys():
        raise ContractViolation("max_tokens and max_completion_tokens together")


def conforms(schema: str, body: Any) -> None:
    """Raise ContractViolation where a body breaks a schema of OpenAI's API description."""
    wanted = {"$ref": f"api#/components/schemas/{schema}"}
    try:
        jsonschema.Draft4Validator(wanted, registry=_description()).validate(body)
    except jsonschema.ValidationError as error:
        raise ContractViolation(f"{error.json_path}: {error.message}") from None


@cache
def _description() -> "Registry[Any]":
    """OpenAI's API description; its limits are written as in draft 4 of JSON Schema."""
    text = Path(__file__).with_name("openai_api.json").read_text("utf-8")
    return Registry().with_resource("api", DRAFT4.create_resource(json.loads(text)))


def vector(text: str, size: int) -> list[float]:
    """A unit vector that depends on the words of a text: shared words, similar vectors."""
    sums = [0.0] * size
    for word in text.lower().split() or [""]:
        digest = hashlib.sha256(word.encode()).digest()
        sums = [one + digest[index % 32] / 127.5 - 1 for index, one in enumerate(sums)]
    norm = sum(one * one for one in sums) ** 0.5 or 1.0
    return [one / norm for one in sums]


def _check(contract: TypeAdapter[Any], fields: set[str], body: Any) -> None:
    try:
        contract.validate_python(body)
    except ValidationError as error:
        raise ContractViolation(str(error)) from None
    if unknown := body.keys() - fields:
        raise ContractViolation(f"unknown fields {sorted(unknown)}")


def _listed(name: str) -> Any:
    return {"id": name, "object": "model", "created": 0, "owned_by": "tests"}


def _choice(delta: Any, finish: str | None = None) -> Any:
    return {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}


def _part(body: Any, kind: str, choices: list[Any], usage: Any) -> Any:
    part = {"id": "chat-1", "object": kind, "created": 0, "model": body["model"]}
    return {**part, "choices": choices, "usage": usage}
