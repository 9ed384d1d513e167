"""How long the practice model takes to its first characters, with memories and examples to read."""

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from kagura_nb.prompt import assemble
from kagura_nb.providers.base import Sampling
from kagura_nb.providers.practice import PracticeProvider
from kagura_nb.records import Conversation, Message
from tests.bench.table import Row, show

PROMISED = 150
TURNS = 20
PROCESSES = 5
MEMORIES = [
    ("My favourite colour is teal. Please remember it.", "Noted: your favourite colour is teal."),
    ("What is the capital of France?", "The capital of France is Paris."),
    ("Remind me to water the plants.", "I will remind you to water the plants."),
    ("Hello!", "Hello! How can I help you?"),
    ("What colour is the sky?", "The sky is blue."),
]
EXAMPLES = [
    ("What is the capital of Japan?", "The capital of Japan is Tokyo. Cheers, Kagura"),
    ("Good morning!", "Good morning! Cheers, Kagura"),
]
COLD = "from tests.bench.practice import first_token; print(first_token())"


def first_token() -> float:
    """Milliseconds from the prompt to the first characters of the reply."""
    begun = time.perf_counter()
    provider = PracticeProvider()
    next(provider.stream(_messages(provider), Sampling(temperature=0.0)))
    return 1000 * (time.perf_counter() - begun)


def rows() -> list[Row]:
    """In a process that has answered before, and in a fresh one."""
    first_token()
    warm = [first_token() for _ in range(TURNS)]
    cold = [float(_python(COLD)) for _ in range(PROCESSES)]
    provider = PracticeProvider()
    read = sum(provider.count_tokens(one.content) for one in _messages(provider))
    said = f"{len(MEMORIES)} memories and {len(EXAMPLES)} examples, {read} tokens"
    note = f"worst {max(warm):.0f} ms; {said}"
    loads = "loads onnxruntime and the model"
    return [
        Row("practice, first characters, p50", statistics.median(warm), "ms", PROMISED, note=note),
        Row("the same in a fresh process", statistics.median(cold), "ms", PROMISED, note=loads),
    ]


def _messages(provider: PracticeProvider) -> tuple[Message, ...]:
    """What the model reads."""
    assembled = assemble(
        "What is my favourite colour?",
        budget=provider.context_tokens,
        count=provider.count_tokens,
        recalled=_conversations(MEMORIES),
        examples=_conversations(EXAMPLES),
    )
    return assembled.messages


def _conversations(exchanges: Sequence[tuple[str, str]]) -> list[Conversation]:
    when = datetime(2026, 11, 1, tzinfo=UTC)
    return [
        Conversation("x", "s", when, (Message("user", prompt),), reply, "practice")
        for prompt, reply in exchanges
    ]


def _python(code: str) -> str:
    root = Path(__file__).parents[2]
    arguments = [sys.executable, "-c", code]
    done = subprocess.run(arguments, cwd=root, capture_output=True, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    show(rows())
