"""Pre-train the practice model: `python -m kagura_nb.practice.pretrain`.

    world.dialogue ──► tokenizer ──► a small Llama ──► model.safetensors ──► model.onnx ──► exam

Everything is drawn from one seed; two cores take two to four steps a second, so half an hour to an
hour in all. The matrices are trained by Muon, the rest by AdamW, and the weights that stay are the
mean of those at the ends of the last two rounds (Izmailov et al. 2018, "Averaging Weights Leads to
Wider Optima"). `--check` only examines the model that ships. Needs the extra `local`, and `onnx` to
write the runtime's file.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from tabulate import tabulate
from tqdm import tqdm

from kagura_nb.practice.batches import batches
from kagura_nb.practice.exam import table
from kagura_nb.practice.export import export
from kagura_nb.practice.muon import Muon
from kagura_nb.practice.tokenizer import PAD, save_for_transformers, train_tokenizer
from kagura_nb.practice.wiring import wire
from kagura_nb.practice.world import dialogue
from kagura_nb.providers.base import Sampling
from kagura_nb.providers.practice import END, MODEL, PracticeProvider, token_id
from kagura_nb.records import Message

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is trained, on what, for how long.

    Args:
        rounds: optimizer steps of each round; a round ends with a learning rate of nothing.
        tokens: tokens of a batch.
        context: tokens of the longest dialogue.
        seed: of dialogues and weights.
        width: of the model.
        layers: of the model.
        heads: of each layer.
        head_width: of each head.
        hidden: width inside each layer's MLP.
        muon_rate: learning rate of the matrices at its height.
        adam_rate: learning rate of embeddings and norms at its height.
        short_pools: see `batches`.
        echoes: see `batches`.
    """

    rounds: tuple[int, ...] = (2600, 1600, 1600, 1500)
    tokens: int = 2048
    context: int = 1024
    seed: int = 1
    width: int = 192
    layers: int = 4
    heads: int = 4
    head_width: int = 64
    hidden: int = 384
    muon_rate: float = 0.008
    adam_rate: float = 0.0012
    short_pools: int = 8
    echoes: float = 0.15

    @property
    def ends(self) -> tuple[int, ...]:
        """The number of steps after which each round ends."""
        return tuple(accumulate(self.rounds))

    def pace(self, step: int) -> float:
        """The learning rate's share of its height: in every round up, level, then down."""
        rounds = iter(self.rounds)
        while step >= (length := next(rounds)):
            step -= length
        return min(1.0, (step + 1) / 60, (length - step) / (0.7 * length))


def build(recipe: Recipe, folder: Path) -> None:
    """Train tokenizer and model and write every file of the model's folder."""
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    random = Random(recipe.seed)
    texts = [message.content for _ in range(3000) for message in dialogue(random)]
    tokenizer = train_tokenizer(texts)
    model = train(recipe, tokenizer)
    save_for_transformers(tokenizer, folder, recipe.context)
    model.to(torch.float16).save_pretrained(folder)
    export(model.to(torch.float32), folder / "model.onnx")


def train(recipe: Recipe, tokenizer: "Tokenizer") -> Any:
    """Train a LlamaForCausalLM in float32 from nothing."""
    import torch

    model = new_model(recipe, tokenizer)
    names = {name for name, one in model.named_parameters() if one.ndim == 2 and "emb" not in name}
    muon = Muon(one for name, one in model.named_parameters() if name in names)
    rest = [one for name, one in model.named_parameters() if name not in names]
    adam = torch.optim.AdamW(rest, betas=(0.9, 0.98), weight_decay=0.0)
    drawn = batches(
        tokenizer,
        tokens=recipe.tokens,
        longest=recipe.context,
        seed=recipe.seed,
        short_pools=recipe.short_pools,
        echoes=recipe.echoes,
    )
    ends = []
    for step in (bar := tqdm(range(sum(recipe.rounds)), desc="pre-training", mininterval=1)):
        loss = loss_of(model, *next(drawn))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        muon.step(recipe.muon_rate * recipe.pace(step))
        adam.param_groups[0]["lr"] = recipe.adam_rate * recipe.pace(step)
        adam.step()
        adam.zero_grad()
        bar.set_postfix_str(f"loss {loss.item():.3f}", refresh=False)
        if step + 1 in recipe.ends[-2:]:
            ends.append({name: one.clone() for name, one in model.state_dict().items()})
    model.load_state_dict({name: sum(one[name] for one in ends) / len(ends) for name in ends[0]})
    return model.eval()


def new_model(recipe: Recipe, tokenizer: "Tokenizer") -> Any:
    """An untrained LlamaForCausalLM for this tokenizer."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(recipe.seed)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=recipe.width,
        intermediate_size=recipe.hidden,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        num_key_value_heads=recipe.heads,
        head_dim=recipe.head_width,
        max_position_embeddings=recipe.context,
        tie_word_embeddings=True,
        pad_token_id=token_id(tokenizer, PAD),
        eos_token_id=token_id(tokenizer, END),
        bos_token_id=None,
        rope_parameters={"rope_type": "default", "rope_theta": 100_000.0},
    )
    model = LlamaForCausalLM(config)
    wire(model)
    return model


def loss_of(model: Any, rows: "Tensor", weights: "Tensor") -> "Tensor":
    """Weighted mean of the next token's cross-entropy, in nats; both arguments (rows, length)."""
    import torch

    logits = model(rows[:, :-1]).logits
    losses = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), rows[:, 1:].flatten(), reduction="none"
    )
    weight = weights[:, 1:].flatten()
    return (losses * weight).sum() / weight.sum()


def examine(folder: Path, count: int) -> str:
    """The table of held-out accuracy of the model in a folder."""
    provider = PracticeProvider(folder)

    def answer(messages: Sequence[Message]) -> str:
        return "".join(chunk.text for chunk in provider.stream(messages, Sampling(0.0, 120)))

    rows = [(*cell, f"{share:.1%}") for *cell, share in table(answer, count)]
    return tabulate(rows, headers=["language", "skill", "right"])


def main() -> None:
    """Build the model that ships, or only check it."""
    parser = argparse.ArgumentParser(description="Pre-train the practice model.")
    parser.add_argument("--check", action="store_true", help="only print the accuracy table")
    parser.add_argument("--folder", type=Path, default=MODEL, help="where the model is written")
    parser.add_argument(
        "--rounds", type=int, nargs="+", default=Recipe().rounds, help="steps of each"
    )
    parser.add_argument("--questions", type=int, default=200, help="questions of each skill")
    given = parser.parse_args()
    if not given.check:
        build(replace(Recipe(), rounds=tuple(given.rounds)), given.folder)
    print(examine(given.folder, given.questions))  # noqa: T201


if __name__ == "__main__":
    main()
