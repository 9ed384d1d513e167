"""Rows as tokens, with the reply told from what comes before it.

    messages      {"messages": [..., {"role": "assistant", ...}]}
    preference    {"messages": [...], "chosen": "text", "rejected": "text"}
    kto           {"messages": [...], "completion": "text", "label": true}

The model's chat template writes the prompt up to where the reply begins, and prompt and reply
together; what the second has more is the reply, its end of turn included. What people said is text
in both: no end of turn comes out of a reply that only speaks of one.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kagura_nb.errors import TuningError
from kagura_nb.providers.chat_tokens import chat_tokens
from kagura_nb.providers.limits import CHARACTERS
from kagura_nb.records import Method

NAMED = 3
"""Rows that are named where several are too long."""
BEGINNING = 40
"""Characters by which a row is named."""
Chat = list[dict[str, str]]
Row = Mapping[str, Any]
Part = tuple[Chat, str, bool]
"""A prompt, a reply, and whether it is a good one."""


@dataclass(frozen=True, slots=True)
class Example:
    """A reply and what came before it.

    Args:
        tokens: of both.
        prompt: how many of them come before the reply.
        good: False where the reply is what shall not be said.
    """

    tokens: list[int]
    prompt: int
    good: bool = True


Sample = tuple[Example, ...]
"""What is learnt from at once: one example; for dpo the better one and the worse."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Makes tokens of rows.

    Args:
        method: what the rows are for.
        tokenizer: of the model, with its chat template.
        longest: tokens that the model reads.
        system: goes before rows without a system message, where it is not empty.
    """

    method: Method
    tokenizer: Any
    longest: int
    system: str = ""

    def read(self, path: Path) -> list[Sample]:
        """Every row of a file. One with more characters than its tokens could have is refused
        without making any.

        Raises:
            TuningError: a row that is none, that the template refuses, or that is too long; no row.
        """
        samples, lengths = [], {}
        with path.open(encoding="utf-8") as lines:
            for at, line in enumerate(lines, 1):
                lengths[at - 1] = least = len(line) // CHARACTERS
                if least <= self.longest:
                    samples.append(self._sample(line, f"{path.name}:{at}"))
                    lengths[at - 1] = length(samples[-1])
        if not lengths:
            raise TuningError(f"{path.name} has no rows", "Make a dataset of some conversations")
        self._refuse_long(path, lengths, len(lengths))
        return samples

    def check(self, path: Path) -> None:
        """Refuse a file with a row that is too long; only rows of so many bytes are looked at, as a
        token has one at least.

        Raises:
            TuningError: as `read`.
        """
        lengths, at = {}, 0
        with path.open(encoding="utf-8") as lines:
            for at, line in enumerate(lines, 1):
                least = len(line) // CHARACTERS
                if least > self.longest:
                    lengths[at - 1] = least
                elif len(line.encode()) > self.longest:
                    lengths[at - 1] = length(self._sample(line, f"{path.name}:{at}"))
        self._refuse_long(path, lengths, at)

    def _refuse_long(self, path: Path, lengths: Mapping[int, int], rows: int) -> None:
        """Refuse a file of so many rows by the tokens of some, by their numbers from 0."""
        long = [at for at, tokens in lengths.items() if tokens > self.longest]
        if long:
            words = ", ".join(f"'{one}'" for one in self._prompts(path, long[:NAMED]))
            raise TuningError(
                f"{len(long):,} of {rows:,} rows are longer than the {self.longest:,} tokens that "
                f"the model reads (the longest has {max(lengths.values()):,}), first {words}",
                "Leave these conversations out, or train a model with a longer context",
            )

    def _prompts(self, path: Path, numbers: Sequence[int]) -> Iterator[str]:
        """How the prompts of some rows begin."""
        with path.open(encoding="utf-8") as lines:
            for line in (line for at, line in enumerate(lines) if at in numbers):
                prompt, _, _ = PARTS[self.method](json.loads(line))[0]
                words = " ".join(prompt[-1]["content"][: 4 * BEGINNING].split())
                yield words if len(words) <= BEGINNING else f"{words[:BEGINNING]}…"

    def _sample(self, line: str, place: str) -> Sample:
        try:
            return tuple(self._example(*one) for one in PARTS[self.method](json.loads(line)))
        except (ValueError, LookupError, TypeError) as error:
            raise TuningError(
                f"{place} is no row for {self.method} ({error})", "Make the dataset again"
            ) from error
        except Exception as error:  # templates are programs of their own and raise what they like
            raise TuningError(
                f"The model's chat template refuses {place} ({error})",
                "Use a model that is tuned for chat, or leave that conversation out",
            ) from error

    def _example(self, prompt: Chat, reply: str, good: bool) -> Example:
        if self.system and prompt[0]["role"] != "system":
            prompt = [{"role": "system", "content": self.system}, *prompt]
        encode = chat_tokens(self.tokenizer).encode
        opened = encode(prompt, open_reply=True)
        tokens = encode([*prompt, {"role": "assistant", "content": reply}], open_reply=False)
        begun = common(opened, tokens)
        if self.tokenizer.eos_token_id not in tokens[begun:]:
            tokens = [*tokens, self.tokenizer.eos_token_id]
        return Example(tokens, begun, good)


def length(sample: Sample) -> int:
    """Tokens of the longest of its examples."""
    return max(len(one.tokens) for one in sample)


def common(first: list[int], second: list[int]) -> int:
    """How many tokens both begin with: some templates open a reply that they write differently."""
    pairs = enumerate(zip(first, second, strict=False))
    shorter = min(len(first), len(second))
    return next((place for place, (one, other) in pairs if one != other), shorter)


def _messages(row: Row) -> list[Part]:
    *prompt, reply = row["messages"]
    if reply["role"] != "assistant":
        raise ValueError("the last message is not the assistant's")
    return [(prompt, reply["content"], True)]


def _preference(row: Row) -> list[Part]:
    return [(row["messages"], row["chosen"], True), (row["messages"], row["rejected"], False)]


def _kto(row: Row) -> list[Part]:
    return [(row["messages"], row["completion"], bool(row["label"]))]


PARTS: Mapping[Method, Callable[[Row], list[Part]]] = {
    "sft": _messages,
    "dpo": _preference,
    "kto": _kto,
}
