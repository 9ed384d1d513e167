"""The trained Llama as `model.onnx`: tokens and past in, the next token's logits and present out.

`Step` says the same as transformers' LlamaForCausalLM in one page, with all keys and values in one
tensor and only the last token's logits. Weights are stored in float16 and computed in float32.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

STORED_AS_HALF = 1000
"""Weights with at least this many numbers are stored in float16."""


def export(model: Any, path: Path) -> None:
    """Write `model.onnx` with `tokens` (1, n), `past` (layers, 2, heads, p, width) and out of it
    `logits` (vocabulary,), `present` (layers, 2, heads, p + n, width).

    Args:
        model: a LlamaForCausalLM in float32.
        path: the file to write.
    """
    import onnx
    import torch

    config = model.config
    shape = (config.num_hidden_layers, 2, config.num_attention_heads, 5, config.head_dim)
    torch.onnx.export(
        _step(model),
        (torch.zeros(1, 3, dtype=torch.long), torch.zeros(shape)),
        path,
        input_names=["tokens", "past"],
        output_names=["logits", "present"],
        dynamic_axes={"tokens": {1: "n"}, "past": {3: "p"}, "present": {3: "p_and_n"}},
        opset_version=17,
        dynamo=False,
    )
    onnx.save(_halved(onnx.load(path)), path)


def _step(model: Any) -> Any:
    import torch
    from torch.nn.functional import silu

    core = model.model

    def norm(scale: Any, x: "Tensor") -> "Tensor":
        mean = x.pow(2).mean(-1, keepdim=True)
        return x * torch.rsqrt(mean + model.config.rms_norm_eps) * scale.weight

    class Step(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, tokens: "Tensor", past: "Tensor") -> tuple["Tensor", "Tensor"]:
            x = core.embed_tokens(tokens[0])
            seen = past.shape[3]
            at = torch.arange(seen, seen + tokens.shape[1])
            angle = torch.outer(at.float(), core.rotary_emb.inv_freq).repeat(1, 2)
            later = torch.arange(seen + tokens.shape[1])[None] > at[:, None]
            angles = angle.cos(), angle.sin(), later.float() * -1e9
            present = []
            for layer, kept in zip(core.layers, past.unbind(0), strict=True):
                asking = slice(-1, None) if layer is core.layers[-1] else slice(None)
                y = norm(layer.input_layernorm, x)
                mixed, pair = _attend(layer.self_attn, y, kept, angles, asking)
                x = x[asking] + mixed
                mlp, y = layer.mlp, norm(layer.post_attention_layernorm, x)
                x = x + mlp.down_proj(silu(mlp.gate_proj(y)) * mlp.up_proj(y))
                present.append(pair)
            return core.embed_tokens.weight @ norm(core.norm, x[-1]), torch.stack(present)

    return Step().eval()


def _attend(
    layer: Any, x: "Tensor", past: "Tensor", angles: Any, asking: slice
) -> tuple["Tensor", "Tensor"]:
    """What the asking tokens take from all others, and the longer keys and values."""
    import torch

    heads, width = layer.config.num_attention_heads, layer.head_dim
    cos, sin, later = angles
    q, k, v = (
        linear(y).view(-1, heads, width).transpose(0, 1)
        for linear, y in ((layer.q_proj, x[asking]), (layer.k_proj, x), (layer.v_proj, x))
    )
    k = torch.cat([past[0], _turned(k, cos, sin)], 1)
    v = torch.cat([past[1], v], 1)
    q = _turned(q, cos[asking], sin[asking]) * width**-0.5
    mixed = (q @ k.transpose(-1, -2) + later[asking]).softmax(-1) @ v
    return layer.o_proj(mixed.transpose(0, 1).reshape(-1, heads * width)), torch.stack([k, v])


def _turned(x: "Tensor", cos: "Tensor", sin: "Tensor") -> "Tensor":
    """Rotary positions, as Llama has them."""
    import torch

    half = x.shape[-1] // 2
    return x * cos + torch.cat([-x[..., half:], x[..., :half]], -1) * sin


def _halved(graph: Any) -> Any:
    """Store large weights in float16, each with a cast that the runtime folds when it loads."""
    import onnx
    from onnx import numpy_helper

    for weight in graph.graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < STORED_AS_HALF:
            continue
        name = weight.name
        weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
        cast = onnx.helper.make_node("Cast", [f"{name}_half"], [name], to=onnx.TensorProto.FLOAT)
        graph.graph.node.insert(0, cast)
    return graph
