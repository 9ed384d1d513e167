"""Dialogues as batches: similar lengths together, padding on the right, a weight for each token.

Beside dialogues there are *echoes*, spans of random tokens of which some are said again. Nothing in
them can be learnt but to copy, so they teach copying, on which every recalled fact depends, before
the dialogues alone would.
"""

from collections.abc import Iterator
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from kagura_nb.practice.tokenizer import PAD, SPECIAL, encode
from kagura_nb.practice.world import dialogue
from kagura_nb.providers.practice import token_id

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

POOL = 400
ECHO = 96
Row = tuple[list[int], list[float]]


def batches(
    tokenizer: "Tokenizer",
    *,
    tokens: int,
    longest: int,
    seed: int,
    short_pools: int,
    echoes: float,
) -> Iterator[tuple["Tensor", "Tensor"]]:
    """Yield token ids and loss weights, both (rows, length), without end.

    Args:
        tokenizer: encodes the dialogues.
        tokens: tokens of a batch at most, padding included.
        longest: tokens of a dialogue at most.
        seed: of the draw.
        short_pools: pools of 400 dialogues at the beginning that are short.
        echoes: the share of batches that are echoes.
    """
    random = Random(seed)
    pad = token_id(tokenizer, PAD)
    for turn in count():
        for group in _grouped(
            _pool(tokenizer, random, turn < short_pools), tokens, longest, random
        ):
            yield _padded(group, pad)
            if random.random() < echoes:
                rows = [_echo(random, tokenizer.get_vocab_size()) for _ in range(tokens // ECHO)]
                yield _padded(rows, pad)


def _pool(tokenizer: "Tokenizer", random: Random, short: bool) -> list[Row]:
    return [encode(tokenizer, dialogue(random, short)) for _ in range(POOL)]


def _echo(random: Random, vocabulary: int) -> Row:
    spans: list[list[int]] = []
    ids: list[int] = []
    weights: list[float] = []
    while len(ids) < ECHO:
        again = len(spans) > 1 and random.random() < 0.6
        if not again:
            spans.append(random.choices(range(len(SPECIAL), vocabulary), k=random.randint(3, 9)))
        span = random.choice(spans) if again else spans[-1]
        ids += span
        weights += [0.0, *[float(again)] * (len(span) - 1)]
    return ids[:ECHO], weights[:ECHO]


def _grouped(pool: list[Row], tokens: int, longest: int, random: Random) -> list[list[Row]]:
    groups: list[list[Row]] = [[]]
    for row in sorted(pool, key=lambda row: len(row[0])):
        if len(row[0]) > longest:
            break
        if len(row[0]) * (len(groups[-1]) + 1) > tokens and groups[-1]:
            groups.append([])
        groups[-1].append(row)
    random.shuffle(groups)
    return groups


def _padded(group: list[Row], pad: int) -> tuple["Tensor", "Tensor"]:
    import torch

    length = max(len(ids) for ids, _ in group)
    rows = torch.full((len(group), length), pad)
    weights = torch.zeros(len(group), length)
    for row, (ids, counted) in enumerate(group):
        rows[row, : len(ids)] = torch.tensor(ids)
        weights[row, : len(ids)] = torch.tensor(counted)
    return rows, weights
