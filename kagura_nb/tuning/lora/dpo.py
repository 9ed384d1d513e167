"""Direct preference optimisation (Rafailov et al., 2023, arXiv 2305.18290, equation 7).

r(y)  = ln π(y | x) − ln π_ref(y | x)           how much likelier a reply has become
loss  = −ln σ(β · (r(chosen) − r(rejected)))    of a pair, in nats; ln 2 at the beginning
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kagura_nb.tuning.lora.examples import Sample
from kagura_nb.tuning.lora.learner import Learner, Loss
from kagura_nb.tuning.lora.task import Task

if TYPE_CHECKING:
    from torch import Tensor


def make(task: Task, samples: Sequence[Sample]) -> Loss:
    """The loss of a run."""

    def loss(learner: Learner, batch: Sequence[Sample]) -> tuple["Tensor", int]:
        from torch.nn.functional import logsigmoid

        pairs = learner.share(list(batch))
        both = [pair[0] for pair in pairs] + [pair[1] for pair in pairs]
        ratios = learner.log_probs(both) - learner.reference(both)
        chosen, rejected = ratios.chunk(2)
        return -logsigmoid(task.beta * (chosen - rejected)).sum(), len(pairs)

    return loss
