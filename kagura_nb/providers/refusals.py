"""What servers' refusals say of their limits: numbers out of the words of many vendors.

    Named       how long the model's context is, and how long what was sent is
    reply       how long its longest reply is

The words are those of vendors' documents, servers' sources and users' reports (2026-11): OpenAI,
Azure, vLLM, SGLang, llama.cpp, LM Studio, Ollama, TGI, Together, Mistral, Gemini, Anthropic, xAI,
Cohere, Groq, Cerebras, Fireworks, Moonshot, DashScope, DeepSeek.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

TOO_LONG = (
    "context_length_exceeded",
    "exceed_context_size",
    "string_above_max_length",
    "context length",
    "context size",
    "context window",
    "context limit",
    "maximum prompt length",
    "maximum model length",
    "max_model_len",
    "n_ctx",
    "prompt is too long",
    "prompt too long",
    "input is too long",
    "input length",
    "input tokens exceed",
    "input token count",
    "too many tokens",
    "model token limit",
    "reduce the length",
    "`inputs`",
)
"""By one of these a refusal is known as one of the length; in small letters."""

CONTEXT = (
    r"n_ctx\W{1,3}(\d+)",
    r"\+ \d+ > (\d+)",
    r"context (?:length|size|window)(?! by)[^\d.]{0,40}?(\d+)",
    r"(\d+)(?: tokens?)? max\w* context",
    r"(?:model|prompt) length[^\d.]{0,20}(\d+)",
    r"must be <= (\d+)",
    r"less than (\d+) tokens",
    r"tokens allowed[^\d.]{0,4}(\d+)",
    r"cannot exceed (\d+)",
    r"\[1, ?(\d+)\]",
    r"limit(?: of| is|:)? (\d+)",
    r"> (\d+)",
)
"""The context, the first that fits."""

SENT = (
    r"(\d+) (?:tokens )?(?:in|from|of) the (?:input )?(?:messages|prompt)",
    r"resulted in (\d+)",
    r"(\d+) input tokens",
    r"(?:request|prompt|input|count)(?: contains)? \(?(?:length )?(\d+)",
    r"(?:contains|first|given:|received|n_keep:|requested:?|too long:|length is) (\d+)",
    r"(\d+) tokens >",
    r"(\d+) \+ \d+ >",
)
"""What was sent, the reply left out of it where that is told apart; the first that fits."""

REPLY = (
    r"at most (\d+)",
    r"\[1, ?(\d+)\]",
    r"less than or equal to \W?(\d+)",
    r"(?:between|from) 1 (?:and|to) (\d+)",
    r"> (\d+)",
    r"<= ?(\d+)",
    r"(?:greater|larger|more) than (\d+)",
    r"(?:maximum|limit)[^\d.]{0,40}(\d+)",
)
"""The longest reply, the first that fits."""
REPLY_NAMES = re.compile(
    r"max_?(?:completion_|output_|new_)?tokens|maxoutputtokens|completion tokens|output tokens"
)
UNKNOWN = re.compile(r"unsupported|unrecognized|unknown|unexpected|not supported|extra|forbidden")
EXCLUSIVE = re.compile(r"(\d+) \(exclusive\)")
LEAST = 64
"""Tokens below which a number is no limit of a model."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a refusal of the length names, in the server's own tokens.

    Args:
        context: that prompt and reply may take.
        sent: in the prompt.
    """

    context: int | None = None
    sent: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a refusal of the reply's limit names.

    Args:
        longest: tokens of the longest reply; None where it is not told.
        unknown: whether the server does not know the limit by the name that was sent.
    """

    longest: int | None = None
    unknown: bool = False


def is_too_long(said: str) -> bool:
    """Whether a refusal, its code included, is one of the length."""
    return any(mark in said.lower() for mark in TOO_LONG)


def named(said: str, fields: object = None) -> Named:
    """The numbers of a refusal of the length.

    Args:
        said: the server's words.
        fields: the error as the server wrote it; llama.cpp has the numbers in it.
    """
    error: Mapping[str, Any] = fields if isinstance(fields, dict) else {}
    words = _plain(said)
    context = _number(error.get("n_ctx")) or _first(CONTEXT, words)
    sent = _number(error.get("n_prompt_tokens")) or _first(SENT, words)
    return Named(context, sent if sent != context else None)


def reply(said: str) -> Reply | None:
    """What a refusal says of the reply's limit; None where it is not about that."""
    words = _plain(said)
    if not REPLY_NAMES.search(words):
        return None
    if UNKNOWN.search(words):
        return Reply(unknown=True)
    beyond = _first((EXCLUSIVE.pattern,), words)
    return Reply(beyond - 1 if beyond else _first(REPLY, words))


def _plain(said: str) -> str:
    """Small letters, numbers without marks between their thousands."""
    return re.sub(r"(?<=\d)[,_](?=\d{3})", "", said.lower())


def _first(patterns: Iterable[str], words: str) -> int | None:
    found = (int(one[1]) for pattern in patterns if (one := re.search(pattern, words)))
    return next((number for number in found if number >= LEAST), None)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and value >= LEAST else None
