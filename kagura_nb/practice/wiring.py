"""Weights to begin with: the circuit that copies is wired in, so that training need not find it.

A transformer copies with two layers (Olsson et al., "In-context Learning and Induction Heads",
2022): in the first, heads look at the previous token and write down what it was; in the second,
heads look for a place where the token before is the current one, and say what stands there:

    … colour is TEAL …  my colour is ──► TEAL
             └──────────── is ────┘

Found by gradient descent this takes ten times the steps that the rest of the world takes. All heads
but one of these two layers are wired; everything may change in training.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

EMBEDDING = 0.2
"""Standard deviation of the embeddings: ten times the usual, so that steps of the optimizer do not
drown what tells one token from another; the last norm makes up for it."""
CONSTANT = 5 * EMBEDDING
"""First number of every embedding: what a head reads that does not care which token it sees."""
PREVIOUS = 3.0
MATCH = 3.0
"""Size of the queries and keys of either kind: they put nearly all attention on one token."""
SPOKEN = 8 * EMBEDDING
"""Size of what the second layer's heads write, which is spread over many tokens."""
LOUDNESS = 4.0
"""How sharp the first predictions are; 1 is the usual."""


def wire(model: Any) -> None:
    """Set the first two layers of a fresh LlamaForCausalLM, in place."""
    import torch

    config = model.config
    width, size = config.hidden_size, config.head_dim
    wired = size * (config.num_attention_heads - 1)
    frequencies = model.model.rotary_emb.inv_freq
    first, second = (layer.self_attn for layer in model.model.layers[:2])
    with torch.no_grad():
        model.model.embed_tokens.weight *= EMBEDDING / config.initializer_range
        model.model.embed_tokens.weight[:, 0] = CONSTANT
        model.model.norm.weight[:] = config.initializer_range / EMBEDDING * LOUDNESS
        read, written, said, asked = (_orthogonal(width) for _ in range(4))
        _look_back(first, frequencies, wired)
        first.v_proj.weight[:wired] = read[:wired]
        first.o_proj.weight[:, :wired] = EMBEDDING * written[:, :wired]
        noted = written[:, :wired] @ read[:wired]
        slow = (frequencies < 0.05).repeat(2).repeat(wired // size)[:, None]
        second.q_proj.weight[:wired] = MATCH * asked[:wired] * slow
        second.k_proj.weight[:wired] = MATCH * asked[:wired] @ noted.T * slow
        second.v_proj.weight[:wired] = said[:wired]
        second.o_proj.weight[:, :wired] = SPOKEN * said[:wired].T


def _look_back(attention: Any, frequencies: "Tensor", wired: int) -> None:
    """Queries that, turned by one position, are the keys."""
    import torch

    fast = PREVIOUS * (torch.arange(len(frequencies)) < 8)
    key = torch.cat([fast, torch.zeros_like(fast)])
    query = torch.cat([fast * frequencies.cos(), -fast * frequencies.sin()])
    attention.k_proj.weight[:wired, 0] = key.repeat(wired // len(key))
    attention.q_proj.weight[:wired, 0] = query.repeat(wired // len(query))


def _orthogonal(width: int) -> "Tensor":
    import torch

    matrix = torch.linalg.qr(torch.randn(width, width))[0]
    matrix[:, 0] = 0  # the constant says nothing about the token
    return matrix
