"""Kahneman-Tversky optimisation (Ethayarajh et al., 2024, arXiv 2402.01306, section 4).

    r(x, y)  = ln π(y | x) − ln π_ref(y | x)         how much likelier a reply has become
    z        = max(0, mean of r(x, y′))              the same of other prompts' replies: how far
                                                     the model has moved at all; has no gradient
    loss     = λ · (1 − σ(β · (r − z)))              of a good reply
    loss     = λ · (1 − σ(β · (z − r)))              of a poor one

λ is 1 for the kind of which there are more rows and larger for the other, so that both weigh the
same (the paper wants λ_good · n_good / λ_poor · n_poor between 1 and 3/2).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kagura_nb.tuning.lora.examples import Example, Sample
from kagura_nb.tuning.lora.learner import Learner, Loss
from kagura_nb.tuning.lora.task import Task

if TYPE_CHECKING:
    from torch import Tensor


def make(task: Task, samples: Sequence[Sample]) -> Loss:
    """The loss of a run.

    Args:
        task: with its beta.
        samples: all that is learnt from.
    """
    good = sum(one.good for (one,) in samples)
    most = max(good, len(samples) - good)
    weights = {True: most / max(good, 1), False: most / max(len(samples) - good, 1)}

    def loss(learner: Learner, batch: Sequence[Sample]) -> tuple["Tensor", int]:
        import torch

        examples = [sample[0] for sample in batch]
        strangers = learner.share(list(map(mismatched, examples, examples[1:] + examples[:1])))
        examples = learner.share(examples)
        before, before_strangers = learner.reference([*examples, *strangers]).chunk(2)
        with torch.no_grad():
            moved = (learner.log_probs(strangers) - before_strangers).mean()
        moved = learner.accelerator.reduce(moved, "mean").clamp(min=0)
        signs = torch.tensor([1.0 if one.good else -1.0 for one in examples], device=moved.device)
        weight = torch.tensor([weights[one.good] for one in examples], device=moved.device)
        better = signs * (learner.log_probs(examples) - before - moved)
        return (weight * (1 - torch.sigmoid(task.beta * better))).sum(), len(examples)

    return loss


def mismatched(example: Example, other: Example) -> Example:
    """One row's prompt with another's reply, no longer than the longer of the two."""
    tokens = example.tokens[: example.prompt] + other.tokens[other.prompt :]
    longest = max(len(example.tokens), len(other.tokens), example.prompt + 1)
    return Example(tokens[:longest], example.prompt)
