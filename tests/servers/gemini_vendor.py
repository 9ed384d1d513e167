"""A server that speaks the Gemini Developer API: generateContent, streamed or whole, embeddings.

The contract is the API's own field names and types as the SDK declares them, checked with
pydantic, plus what they leave open: a system instruction without a role of the chat, contents that
alternate between `user` and `model` and end with the user.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from google.genai import types
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from servers.loopback import Asked, ContractViolation, Fault, LoopbackServer
from servers.openai_vendor import vector

ROUTE = re.compile(r"/v1(?:beta)?/models/([^:?]+):(\w+)(\?.*)?")
MODEL = "gemini-3.8-flash"


class _Strict(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")


class _Request(_Strict):
    """generateContent's body (ai.google.dev/api/generate-content, 2026-11), as far as used."""

    contents: list[types.Content]
    system_instruction: types.Content | None = None
    generation_config: types.GenerationConfig | None = None


class GeminiServer(LoopbackServer):
    """Gemini on this machine."""

    key: str | None = None
    finish = "STOP"
    thoughts = 3
    """Tokens of thinking, which are billed as output."""
    dimensions = 8

    @property
    def base_url(self) -> str:
        """What a client is configured with."""
        return self.url

    def echo(self, body: Any) -> str:
        """Say again what the user said last."""
        return f"You said: {body['contents'][-1]['parts'][0]['text'][:200]}"

    def key_of(self, headers: dict[str, str]) -> str:
        """The key that was sent."""
        return headers.get("x-goog-api-key", "")

    def refusal(self, status: int, code: str, message: str) -> Any:
        """Google's form of an error."""
        return {"error": {"code": status, "message": message, "status": code or "ERROR"}}

    def serve(self, handler: Any, asked: Asked, fault: Fault) -> None:
        """Answer one request."""
        route = ROUTE.fullmatch(asked.path)
        if self.key not in (None, self.key_of(asked.headers)):
            handler.refuse(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid one.")
        elif route is None:
            handler.refuse(404, "NOT_FOUND", f"there is no {asked.path}")
        elif route[2] == "streamGenerateContent" and route[3] == "?alt=sse":
            check_content(asked.body)
            text = self.next_text(asked.body)
            handler.stream(self._events(asked.body, text), fault)
        elif route[2] == "generateContent":
            check_content(asked.body)
            handler.send(self._part(asked.body, self.next_text(asked.body), self.finish))
        elif route[2] == "batchEmbedContents":
            handler.send({"embeddings": [self._embedding(one) for one in asked.body["requests"]]})
        else:
            handler.refuse(404, "NOT_FOUND", f"there is no {asked.path}")

    def _events(self, body: Any, text: str) -> Iterator[str]:
        *first, last = self.cut(text) or [""]
        for piece in first:
            yield json.dumps(self._part(body, piece, None))
        yield json.dumps(self._part(body, last, self.finish))

    def _part(self, body: Any, text: str, finish: str | None) -> Any:
        content = {"role": "model", "parts": [{"text": text}]}
        candidate = {"content": content, "index": 0, **({"finishReason": finish} if finish else {})}
        prompt = sum(len(part["text"].split()) for one in body["contents"] for part in one["parts"])
        usage = {"promptTokenCount": prompt, "candidatesTokenCount": 4}
        usage["thoughtsTokenCount"] = self.thoughts
        return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": MODEL}

    def _embedding(self, request: Any) -> Any:
        text = " ".join(part["text"] for part in request["content"]["parts"])
        return {"values": vector(text, request.get("outputDimensionality", self.dimensions))}


def check_content(body: Any) -> None:
    """Raise ContractViolation where a request breaks the contract."""
    try:
        request = _Request.model_validate(body)
    except ValidationError as error:
        raise ContractViolation(str(error)) from None
    roles = [one.role for one in request.contents]
    wanted = ["user" if index % 2 == 0 else "model" for index in range(len(roles))]
    if roles != wanted or len(roles) % 2 == 0:
        raise ContractViolation(f"roles {roles} do not alternate up to the user")
    if any(not part.text for one in request.contents for part in one.parts or ()):
        raise ContractViolation("an empty part")
