"""`practice`: the small chat model that ships with the package and answers without key or network.

It knows the tutorial's world only and says so. `kagura_nb.practice` taught it; here it runs:

    messages ──► tokens ──► model.onnx, one token a step, keys and values kept ──► characters
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from kagura_nb.errors import ContextTooLong
from kagura_nb.prompt import ExamplesAs
from kagura_nb.providers import limits
from kagura_nb.providers.base import Chunk, Sampling
from kagura_nb.records import Message, Usage

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

MODEL = Path(__file__).parents[1] / "practice" / "model"
END = "<|end|>"
BROKEN = "\ufffd"
"""What the decoder makes of bytes that are no character."""
ROUND = 24
"""Tokens that must repeat themselves for a reply to be ended."""
NOTICE = (
    "This is the practice model: it is tiny and knows only the tutorial's world. "
    "For a real one set OPENAI_API_KEY or GEMINI_API_KEY, or run `%kagura use ollama:<model>`."
)


def token_id(tokenizer: "Tokenizer", token: str) -> int:
    """The id of a token that every practice tokenizer has."""
    return cast(int, tokenizer.token_to_id(token))


def message_tokens(tokenizer: "Tokenizer", message: Message) -> list[int]:
    """One message as the model reads it: its role, its text, the end."""
    text = tokenizer.encode(message.content).ids
    return [token_id(tokenizer, f"<|{message.role}|>"), *text, token_id(tokenizer, END)]


class PracticeProvider:
    """Runs the practice model on one core of this machine.

    Args:
        folder: where `model.onnx`, `tokenizer.json` and `config.json` are.
    """

    model = "practice"
    context_known = True
    longest_reply = None
    on_this_machine = True
    notice = NOTICE
    examples_as: ExamplesAs = "quotations"

    def __init__(self, folder: Path = MODEL) -> None:
        self._folder = folder
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.context_tokens = int(config["max_position_embeddings"])

    def count_tokens(self, text: str) -> int:
        """How many tokens a text has for this model."""
        return len(_load(self._folder).tokenizer.encode(text).ids)

    def stream(self, messages: Sequence[Message], sampling: Sampling) -> Iterator[Chunk]:
        """Yield the reply character by character; see `Provider.stream`.

        Raises:
            ContextTooLong: the messages leave no room for a reply.
        """
        from tokenizers.decoders import DecodeStream

        limits.check_length(
            self.model, self.context_tokens, sum(len(one.content) for one in messages)
        )
        loaded = _load(self._folder)
        prompt = loaded.prompt(messages)
        room = self.context_tokens - len(prompt)
        if room < 1:
            raise ContextTooLong(
                f"The practice model reads {self.context_tokens} tokens, these are {len(prompt)}",
                "Shorten the prompt or set a larger model with `%kagura use`",
            )
        decoder = DecodeStream(skip_special_tokens=True)
        longest = min(room, sampling.max_tokens or room)
        said: list[int] = []
        cut = False
        for token in loaded.reply(prompt, sampling.temperature or 0.0):
            said.append(token)
            if text := (decoder.step(loaded.tokenizer, token) or "").replace(BROKEN, ""):
                yield Chunk(text)
            if cut := len(said) == longest or _goes_round(said):
                break
        yield Chunk(usage=Usage(len(prompt), len(said)), cut=cut)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """The model in memory.

    Args:
        session: maps tokens and past (layers, 2, heads, tokens, width) to the next token's logits
            and the longer past.
        tokenizer: text to tokens and back.
    """

    session: Any
    tokenizer: "Tokenizer"

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        """The tokens after which the reply comes."""
        spoken = [token for one in messages for token in message_tokens(self.tokenizer, one)]
        return [*spoken, token_id(self.tokenizer, "<|assistant|>")]

    def reply(self, prompt: list[int], temperature: float) -> Iterator[int]:
        """Yield tokens until the end of the reply."""
        layers, two, heads, _, width = self.session.get_inputs()[1].shape
        past = np.zeros((layers, two, heads, 0, width), np.float32)
        random = np.random.default_rng()
        tokens = prompt
        while True:
            fed = {"tokens": np.array([tokens], np.int64), "past": past}
            logits, past = self.session.run(None, fed)
            tokens = [_draw(logits, temperature, random)]
            if tokens[0] == token_id(self.tokenizer, END):
                return
            yield tokens[0]


def _goes_round(tokens: list[int]) -> bool:
    """Whether the last ones say the same few again and again, as tiny models do when lost."""
    last = tokens[-ROUND:]
    return len(last) == ROUND and any(last[period:] == last[:-period] for period in range(1, 7))


def _draw(logits: "NDArray[np.float32]", temperature: float, random: np.random.Generator) -> int:
    if temperature <= 0:
        return int(logits.argmax())
    weights = np.exp((logits - logits.max()).astype(np.float64) / temperature)
    return int(random.choice(len(weights), p=weights / weights.sum()))


@lru_cache(maxsize=2)
def _load(folder: Path) -> _Loaded:
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
    )
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.encode_special_tokens = True  # a user who types <|end|> ends nothing
    return _Loaded(session, tokenizer)
