"""Chat completions as servers really send them, read into pieces of text and of reasoning.

    content              text, or a list of parts: text, and thinking (Mistral)
    reasoning_content    DeepSeek, vLLM, SGLang, llama.cpp, LM Studio, xAI
    reasoning            OpenRouter, Groq, Ollama, vLLM from 0.12 on
    thinking             Ollama's own API and proxies of it
    reasoning_details    OpenRouter, a list of parts, beside `reasoning` or alone

(The vendors' documents and sources, 2026-11.) Some answer with one whole JSON body where a stream
was asked for; an error may come in it with HTTP status 200.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]
FIELDS = ("reasoning_content", "reasoning", "thinking", "reasoning_details")
INSIDE = ("text", "thinking", "summary", "content", "reasoning")
"""Where a part has its text."""


def pieces(message: Any) -> Iterator[tuple[str, str]]:
    """The text and the reasoning of a message or of a part of one, as `(text, reasoning)`.

    Args:
        message: the SDK's object, or the same as JSON; None where a server sends none.
    """
    fields = _fields(message)
    thought = next((said for name in FIELDS if (said := _flat(fields.get(name)))), "")
    content = fields.get("content")
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    for part in filter(None, map(_fields, parts)):
        said = _flat(part)
        if "think" in str(part.get("type")) or "reason" in str(part.get("type")):
            thought += said
        elif said:
            yield said, ""
    if thought:
        yield "", thought


def whole(body: bytes) -> Json | None:
    """The one JSON object that a body is; None where it is something else, a stream say."""
    if not body.lstrip().startswith(b"{"):
        return None
    try:
        read = json.loads(body)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def error_words(body: Json) -> str | None:
    """What a body says went wrong; None where nothing did."""
    error = body.get("error") or (body.get("detail") if "choices" not in body else None)
    if not error:
        return None
    said = error.get("message") if isinstance(error, Mapping) else error
    return said if isinstance(said, str) else json.dumps(error, ensure_ascii=False)


def _fields(message: Any) -> Json:
    if isinstance(message, str):
        return {"type": "text", "text": message}
    if message is None or isinstance(message, Mapping):
        return message or {}
    return {**getattr(message, "__dict__", {}), **(getattr(message, "model_extra", None) or {})}


def _flat(value: Any) -> str:
    """The text of a field, whatever it is wrapped in."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(_flat, value))
    if not isinstance(value, Mapping):
        return ""
    return next((said for name in INSIDE if (said := _flat(value.get(name)))), "")
