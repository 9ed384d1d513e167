"""Supervised: the reply becomes likelier, token by token; what came before it is only read."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kagura_nb.tuning.lora.examples import Sample
from kagura_nb.tuning.lora.learner import Learner, Loss
from kagura_nb.tuning.lora.task import Task

if TYPE_CHECKING:
    from torch import Tensor


def make(task: Task, samples: Sequence[Sample]) -> Loss:
    """The loss of a run: cross-entropy of the replies' tokens, in nats a token."""
    return _loss


def _loss(learner: Learner, batch: Sequence[Sample]) -> tuple["Tensor", int]:
    examples = learner.share([sample[0] for sample in batch])
    tokens = sum(len(one.tokens) - one.prompt for one in examples)
    return -learner.log_probs(examples).sum(), tokens
