"""The network that learns, and the one question that every loss asks it.

log_probs(examples)    ln of the probability of each reply, given what came before it
reference(examples)    the same of the model as it was, with the adapter switched off
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from kagura_nb.tuning.lora.examples import Example, Sample

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Learner:
    """A network with its adapter, on one of maybe many devices.

    Args:
        accelerator: knows the devices.
        network: a `PeftModel`, as the accelerator prepared it.
        pad: token that fills up short rows.
    """

    accelerator: Any
    network: Any
    pad: int

    def share(self, items: list[T]) -> list[T]:
        """This device's part of a batch; where there are too few the last one is taken twice."""
        with self.accelerator.split_between_processes(items, apply_padding=True) as mine:
            return list(mine)

    def log_probs(self, examples: Sequence[Example]) -> "Tensor":
        """ln of the probability of each reply, in nats, as a tensor of shape (examples,)."""
        import torch
        from torch.nn.functional import cross_entropy

        tokens, read, said = (one.to(self.accelerator.device) for one in self._padded(examples))
        logits = self.network(input_ids=tokens, attention_mask=read, use_cache=False).logits
        counted = said[:, 1:]
        losses = cross_entropy(
            logits[:, :-1][counted].float(), tokens[:, 1:][counted], reduction="none"
        )
        each = torch.zeros(len(examples), device=losses.device)
        return each.index_add(0, counted.nonzero()[:, 0], -losses)

    def reference(self, examples: Sequence[Example]) -> "Tensor":
        """What `log_probs` was before anything was learnt; it cannot be differentiated."""
        import torch

        bare = self.accelerator.unwrap_model(self.network)
        with torch.no_grad(), bare.disable_adapter():
            return self.log_probs(examples)

    def _padded(self, examples: Sequence[Example]) -> tuple["Tensor", "Tensor", "Tensor"]:
        """Tokens, which of them are read, and which are a reply's, each (examples, length)."""
        import torch

        length = max(len(one.tokens) for one in examples)
        place = torch.arange(length)
        sizes = torch.tensor([[len(one.tokens)] for one in examples])
        prompts = torch.tensor([[one.prompt] for one in examples])
        rows = [one.tokens + [self.pad] * (length - len(one.tokens)) for one in examples]
        read = place < sizes
        return torch.tensor(rows), read, read & (place >= prompts)


class Loss(Protocol):
    """What is to become small."""

    def __call__(self, learner: Learner, batch: Sequence[Sample]) -> tuple["Tensor", int]:
        """Take this device's share of a batch.

        Returns:
            The sum of the losses, and the number of things that it is the sum of.
        """
