"""A model in this process: transformers, with a LoRA adapter on request.

    local:<base>[+<adapter>]        a base is a folder, a hub id or `practice`; an adapter is a
                                    folder or, made here, `jobs/<job>` in the user's folder

Generation runs in a thread of its own that hands each piece of text over as it comes; closing the
stream sets a flag that stops it at the next token. The latest model stays loaded, so that the next
turn begins at once.
"""

import threading
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from kagura_nb.errors import ContextTooLong, ProviderError, UnknownModel
from kagura_nb.prompt import ExamplesAs
from kagura_nb.providers import limits, models
from kagura_nb.providers.base import Chunk, Sampling
from kagura_nb.providers.chat_tokens import chat_tokens
from kagura_nb.providers.faults import SHORTEN
from kagura_nb.providers.line import Line
from kagura_nb.providers.quirks import plain
from kagura_nb.records import Message, Usage
from kagura_nb.settings import Settings

MADE_HERE = "jobs/"
GONE = "Answer with another model: `%kagura use --rollback`"
OPENED = "<think>"
LAST = 8
"""Tokens at the end of a prompt in which a template may open the reasoning."""
NEEDED = ("torch", "transformers", "peft")


@dataclass(slots=True)
class LocalProvider:
    """One model of transformers. See `Provider` for what it promises."""

    model: str
    context_tokens: int
    network: Any = field(repr=False)
    tokenizer: Any = field(repr=False)
    context_known: bool = True
    longest_reply: int | None = None
    on_this_machine: bool = True
    notice: str | None = None
    examples_as: ExamplesAs = "turns"

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, exactly."""
        return chat_tokens(self.tokenizer).count(text)

    def stream(self, messages: Sequence[Message], sampling: Sampling) -> Iterator[Chunk]:
        """Yield the reply as it is generated."""
        characters = sum(len(one.content) for one in messages)
        limits.check_length(self.model, self.context_tokens, characters)
        prompt = self._prompt(messages)
        sent = len(prompt)
        room = self.context_tokens - sent
        if room < 1:
            raise ContextTooLong(
                f"{sent:,} tokens do not fit into the {self.context_tokens:,} of {self.model}",
                SHORTEN,
            )
        longest = min(sampling.max_tokens or room, room)
        options = {"max_new_tokens": longest, **_drawn(sampling)}
        generation = _Generation(self, {**self._batch(prompt), **options})
        if self.tokenizer.decode(prompt[-LAST:]).rstrip().endswith(OPENED):
            yield Chunk(OPENED)  # by the template; the model only closes it
        with (sampling.line or Line()).ended_by(generation.stop):
            yield from generation.pieces()
        cut = generation.received >= longest and not generation.ended
        yield Chunk(usage=Usage(sent, generation.received), cut=cut)

    def _prompt(self, messages: Sequence[Message]) -> list[int]:
        try:
            return self._encoded(messages)
        except Exception as error:  # templates are programs of their own and raise what they like
            refusal = ProviderError(
                f"The chat template of {self.model} does not take this chat ({error})",
                "Use a model that is tuned for chat",
            )
        try:  # as many do that know no system role
            return self._encoded(plain(messages))
        except Exception:
            raise refusal from None

    def _encoded(self, messages: Sequence[Message]) -> list[int]:
        chat = [{"role": one.role, "content": one.content} for one in messages]
        return chat_tokens(self.tokenizer).encode(chat, open_reply=True)

    def _batch(self, prompt: list[int]) -> dict[str, Any]:
        import torch

        ids = torch.tensor([prompt], device=self.network.device)
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


class _Generation:
    """One run of `generate` in its own thread."""

    def __init__(self, provider: LocalProvider, options: dict[str, Any]) -> None:
        from transformers import TextIteratorStreamer

        self.received = 0
        self.ended = False
        self._model = provider.model
        self._network = provider.network
        ends = provider.network.generation_config.eos_token_id
        self._ends = ends if isinstance(ends, list) else [ends]
        self._options = options
        self._stopped = threading.Event()
        self._failure: Exception | None = None
        self._streamer: Any = TextIteratorStreamer(
            provider.tokenizer, skip_prompt=True, skip_special_tokens=True
        )

    def pieces(self) -> Iterator[Chunk]:
        """Yield the text; whatever ends this ends the thread too."""
        worker = threading.Thread(target=self._run, name="kagura-generate", daemon=True)
        worker.start()
        try:
            for text in self._streamer:
                yield Chunk(text)
        finally:
            self._stopped.set()
            worker.join()
        if self._failure is not None:
            raise ProviderError(
                f"{self._model} failed ({self._failure})", "Choose another model with `%kagura use`"
            ) from self._failure

    def stop(self) -> None:
        """End it with the next token; whoever waits for that goes on at once."""
        self._stopped.set()
        self._streamer.end()

    def _run(self) -> None:
        from transformers import StoppingCriteriaList

        try:
            output = self._network.generate(
                **self._options,
                streamer=self._streamer,
                stopping_criteria=StoppingCriteriaList([self._stop]),
            )
            self.received = output.shape[1] - self._options["input_ids"].shape[1]
            self.ended = output[0, -1].item() in self._ends
        except Exception as error:  # raised again where the reply is read
            self._failure = error
        finally:
            self._streamer.end()

    def _stop(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        import torch

        return torch.full((input_ids.shape[0],), self._stopped.is_set(), device=input_ids.device)


def open_local(vendor: str, model: str, settings: Settings) -> LocalProvider:
    """Load `local:<base>[+<adapter folder>]`, or take the one that is loaded.

    Raises:
        MissingExtra: torch, transformers or peft is not installed.
        UnknownModel: there is no such model or adapter, they do not belong together, or one cannot
            be loaded.
    """
    models.require("Models in this process need", *NEEDED)
    base, adapter = _split(model)
    network, tokenizer = _load(base, *_placed(base, adapter, settings))
    read = models.context(network)
    context = min(settings.context_tokens or read, read)
    form: ExamplesAs = "quotations" if models.is_practice(base) else "turns"
    return LocalProvider(f"{vendor}:{model}", context, network, tokenizer, examples_as=form)


def _split(model: str) -> tuple[str, str]:
    """Base and adapter; a folder may have a plus sign in its name."""
    if "+" not in model or Path(model).is_dir():
        return model, ""
    base, _, adapter = model.rpartition("+")
    return base, adapter


def _placed(base: str, adapter: str, settings: Settings) -> tuple[str, str]:
    """Where both are."""
    made = settings.user_home / adapter / models.ADAPTER
    if adapter.startswith(MADE_HERE) and not made.is_dir():
        raise UnknownModel(f"There is no adapter {adapter} any more", GONE)
    placed = str(made) if made.is_dir() else models.find(adapter) if adapter else ""
    try:
        return models.find(base), placed
    except UnknownModel as error:
        if not adapter:
            raise
        moved = f"If it was moved, name its new folder: `%kagura use local:<folder>+{adapter}`"
        raise UnknownModel(error.problem, moved) from None


@lru_cache(maxsize=1)
def _load(name: str, base: str, adapter: str) -> tuple[Any, Any]:
    import torch

    network, tokenizer = models.load(base)
    if adapter:
        models.verify(Path(adapter), name)
        network = _adapted(network, adapter)
    accelerated = torch.accelerator.is_available()
    device = torch.accelerator.current_accelerator() if accelerated else "cpu"
    return network.to(device).eval(), tokenizer


def _adapted(network: Any, adapter: str) -> Any:
    """The network with the adapter merged into its weights, which is as fast as without."""
    from peft import PeftModel

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # peft's, about transformers
            return PeftModel.from_pretrained(network, adapter).merge_and_unload()
    except Exception as error:  # peft raises what it likes
        raise models.unloadable(adapter, error) from error


def _drawn(sampling: Sampling) -> dict[str, Any]:
    if sampling.temperature is None:
        return {}
    if sampling.temperature == 0:
        return {"do_sample": False}
    return {"do_sample": True, "temperature": sampling.temperature}
