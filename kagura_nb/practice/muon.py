"""Muon: momentum whose update is made orthogonal, matrix by matrix (Jordan et al., 2024).

The one in torch computes in bfloat16, which processors without it emulate 50 times slower.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

QUINTIC = (3.4445, -4.7750, 2.0315)
"""Newton-Schulz coefficients, https://kellerjordan.github.io/posts/muon (2024-12-08)."""


def orthogonal(matrix: "Tensor", steps: int = 5) -> "Tensor":
    """The nearest orthogonal matrices, roughly: singular values end between 0.7 and 1.2.

    Args:
        matrix: (..., rows, columns).
        steps: Newton-Schulz iterations.
    """
    a, b, c = QUINTIC
    tall = matrix.shape[-2] > matrix.shape[-1]
    x = matrix.mT if tall else matrix
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.mT if tall else x


class Muon:
    """The optimizer.

    Args:
        matrices: parameters of two dimensions.
        momentum: of the gradient, Nesterov's.
    """

    def __init__(self, matrices: Iterable["Tensor"], momentum: float = 0.95) -> None:
        self._momentum = momentum
        self._groups: dict[tuple[int, ...], list[Tensor]] = {}
        self._velocity: dict[tuple[int, ...], Tensor] = {}
        for one in matrices:
            self._groups.setdefault(tuple(one.shape), []).append(one)

    def step(self, rate: float) -> None:
        """Apply the gradients at a learning rate and forget them."""
        import torch

        for shape, group in self._groups.items():
            gradient = torch.stack([one.grad for one in group if one.grad is not None])
            velocity = self._velocity.setdefault(shape, torch.zeros_like(gradient))
            velocity.lerp_(gradient, 1 - self._momentum)
            update = orthogonal(gradient.lerp(velocity, self._momentum))
            scale = max(1.0, shape[0] / shape[1]) ** 0.5
            with torch.no_grad():
                for one, change in zip(group, update, strict=True):
                    one.add_(change, alpha=-rate * scale)
                    one.grad = None
