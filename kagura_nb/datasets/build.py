"""From conversations to the files of a dataset, in memory that does not grow with their texts.

    admitted ──► one file of all rows ──► near-duplicates out ──► train.jsonl, validation.jsonl

The version is a hash of the files, so the same rows always are the same dataset. A row's part hangs
on its messages alone: no prompt is on both sides, and from the first rows held out on, when there
are `FEWEST`, none changes sides.
"""

import hashlib
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

from kagura_nb.datasets import duplicates
from kagura_nb.datasets.admission import Admitted, fingerprint, said
from kagura_nb.datasets.drafts import Spec
from kagura_nb.datasets.files import version_of
from kagura_nb.datasets.remarks import remarks
from kagura_nb.errors import DatasetError
from kagura_nb.records import Dataset, Row, short
from kagura_nb.store.datasets import OUT, TRAIN, VALIDATION, Line

VALIDATION_SHARE = 0.1
FEWEST = 20
"""Rows from which some are held out to measure on: vendors want ten to learn from."""
DRAFT_FILE = "draft.jsonl"
DUPLICATE = "nearly the same as"


@dataclass(slots=True)
class Pile:
    """The rows of the draft file and what is known of each, and what has no row.

    Args:
        ids: the conversations it is made of.
        tokens: its number of tokens.
        ranks: see `Draft`.
        shares: its place between 0 and 1, by its messages.
        replies: a hash of its reply.
        signatures: its MinHash signature, as bytes.
        out: conversations that were left out.
    """

    ids: list[tuple[str, ...]] = field(default_factory=list)
    tokens: "array[int]" = field(default_factory=lambda: array("q"))
    ranks: "array[int]" = field(default_factory=lambda: array("q"))
    shares: "array[float]" = field(default_factory=lambda: array("d"))
    replies: "array[int]" = field(default_factory=lambda: array("q"))
    signatures: bytearray = field(default_factory=bytearray)
    out: list[Line] = field(default_factory=list)

    def add(self, one: Admitted, row: Row) -> None:
        """Know a row of the draft file."""
        digest = hashlib.sha256(said(row).encode()).digest()
        self.ids.append(one.draft.conversations)
        self.tokens.append(one.tokens)
        self.ranks.append(one.draft.rank)
        self.shares.append(int.from_bytes(digest[:6]) / 2**48)
        self.replies.append(hash(row.reply))
        self.signatures += one.signature

    def leave_out(self, ids: Iterable[str], reason: str) -> None:
        """Know why conversations have no row."""
        self.out += [Line(one, OUT, reason=reason) for one in ids]


def build(
    found: Iterable[Admitted], spec: Spec, folder: Path, *, estimated: bool
) -> tuple[Dataset, Iterator[Line]]:
    """Write the files of a dataset into an empty folder.

    Args:
        found: its drafts, looked at.
        spec: what they were made by.
        folder: gets `train.jsonl` and `validation.jsonl`, in the method's own format.
        estimated: whether the numbers of tokens are our estimate.

    Returns:
        The dataset, and what became of every conversation that was meant.

    Raises:
        DatasetError: nothing is left to train on.
        StoreError: the conversations cannot be read.
    """
    pile = _pile_up(found, folder / DRAFT_FILE)
    if not pile.ids:
        raise _nothing_left(pile)
    ranks = np.frombuffer(pile.ranks, np.int64)
    same = duplicates.find(np.frombuffer(pile.signatures, np.uint32), ranks)
    for one, kept in same.items():
        pile.leave_out(pile.ids[one], f"{DUPLICATE} {short(pile.ids[kept][0])}")
    parts = _parts(pile, same)
    tokens = np.frombuffer(pile.tokens, np.int64)
    train, validation = (np.array([one == part for one in parts]) for part in (TRAIN, VALIDATION))
    kept = train | validation
    left_out = Counter(_kind(one.reason or "") for one in pile.out)
    _deal(parts, folder)
    dataset = Dataset(
        version=version_of(folder, spec.method, spec.policy),
        method=spec.method,
        created_at=datetime.now(UTC),
        train_rows=int(train.sum()),
        validation_rows=int(validation.sum()),
        train_tokens=int(tokens[train].sum()),
        validation_tokens=int(tokens[validation].sum()),
        longest=int(tokens[kept].max()),
        estimated=estimated,
        policy=spec.policy,
        code=f"{version('kagura-nb')}+{fingerprint()}",
        selection=spec.words,
        left_out=dict(left_out.most_common()),
        warnings=remarks(tokens[kept], np.frombuffer(pile.replies, np.int64)[kept], len(same)),
    )
    return dataset, _lines(pile, parts)


def _pile_up(found: Iterable[Admitted], path: Path) -> Pile:
    pile = Pile()
    with path.open("wb") as file:
        for one in found:
            if one.draft.row is None:
                pile.leave_out(one.draft.conversations, one.draft.reason or "")
            else:
                file.write(one.line)
                pile.add(one, one.draft.row)
    return pile


def _parts(pile: Pile, same: Collection[int]) -> list[str]:
    """The part of each row; those that say the same as another one are left out."""
    least = VALIDATION_SHARE if len(pile.ids) - len(same) >= FEWEST else 0.0
    return [
        OUT if one in same else VALIDATION if share < least else TRAIN
        for one, share in enumerate(pile.shares)
    ]


def _deal(parts: Sequence[str], folder: Path) -> None:
    """Let each row of the draft file be in its part."""
    draft = folder / DRAFT_FILE
    with (
        draft.open("rb") as drafts,
        (folder / f"{TRAIN}.jsonl").open("wb") as train,
        (folder / f"{VALIDATION}.jsonl").open("wb") as validation,
    ):
        files = {TRAIN: train, VALIDATION: validation}
        for part, text in zip(parts, drafts, strict=True):
            if part != OUT:
                files[part].write(text)
    draft.unlink()


def _lines(pile: Pile, parts: Sequence[str]) -> Iterator[Line]:
    """What became of every conversation."""
    numbers = Counter[str]()
    for ids, part, tokens in zip(pile.ids, parts, pile.tokens, strict=True):
        if part != OUT:
            yield from (Line(one, part, numbers[part], tokens) for one in ids)
            numbers[part] += 1
    yield from pile.out


def _kind(reason: str) -> str:
    """A reason without the conversation that it names."""
    return f"{DUPLICATE} another" if reason.startswith(DUPLICATE) else reason


def _nothing_left(pile: Pile) -> DatasetError:
    reasons = Counter(_kind(one.reason or "") for one in pile.out)
    if not reasons:
        return DatasetError(
            "There is no conversation to train on", "Rate replies with 4 or 5 stars, or correct one"
        )
    why = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    cure = "`%kagura scan` shows what is private" if "holds" in why else "Rate or correct more"
    return DatasetError(f"Every conversation is left out ({why})", cure)
