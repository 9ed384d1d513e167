"""From drafts to the lines of a training file: what may leave, as it may leave, and its measures.

    draft ──> line ──> known? ──> as it is, its measures from the store
                         └─ no ──> the door for training ──> masked or left out, and measured

A line in which nothing was found is remembered, so that a later dataset with the same line neither
looks at it nor counts it again. Files are looked at once more before they leave all the same.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.metadata import version
from itertools import islice
from pathlib import Path

from kagura_nb.datasets import duplicates
from kagura_nb.datasets.drafts import SAME, Draft
from kagura_nb.datasets.formats import METHOD_FORMATS, format_of
from kagura_nb.privacy import TrainingDoor
from kagura_nb.records import Method, Row
from kagura_nb.store import Database, vetted
from kagura_nb.store.vetted import Vetted
from kagura_nb.tokens import Estimate, counter

COUNTED_AS = "openai:gpt-4.1-mini"
"""The model whose tokens are counted; all from gpt-4o on have the same ones."""
PER_MESSAGE = 4
"""Tokens around a message: three, and one for its role."""
PER_ROW = 3
BATCH = 500
"""Drafts that are looked up together."""
REPEATED = 256
"""Texts whose findings and tokens are kept at hand: system texts, and the history of a session."""
READS = ("privacy/*.py", "datasets/*.py", "tokens.py")
"""The code whose verdicts are remembered."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A draft that has been looked at.

    Args:
        draft: with the row as it may leave, or the reason why it may not.
        line: of the training file.
        tokens: of the row.
        signature: of the row, as bytes.
    """

    draft: Draft
    line: bytes = b""
    tokens: int = 0
    signature: bytes = b""


class Admission:
    """Looks at drafts.

    Args:
        database: remembers lines.
        door: what may leave.
        method: in whose format lines are written.
        remember: whether the door is the usual one, so that its verdicts hold for other datasets.
    """

    def __init__(
        self, database: Database, door: TrainingDoor, method: Method, *, remember: bool
    ) -> None:
        count = counter(COUNTED_AS)
        self.estimated = isinstance(count, Estimate)
        self._count = lru_cache(REPEATED)(count.count)
        self._database, self._door = database, door
        self._line = format_of(METHOD_FORMATS[method]).line
        self._code = f"{fingerprint()} {type(count).__name__}" if remember else ""
        self._learns = remember and door.policy != "surrogate"  # a fake may be what it stands for

    def admit(self, drafts: Iterable[Draft]) -> Iterator[Admitted]:
        """Look at drafts, in order."""
        left = iter(drafts)
        while batch := list(islice(left, BATCH)):
            known = self._known(batch)
            fresh: list[tuple[tuple[str, ...], Vetted]] = []
            for draft in batch:
                yield self._look(draft, known, fresh)
            if fresh:
                with self._database.write() as connection:
                    vetted.add(connection, self._code, fresh)

    def _known(self, drafts: Iterable[Draft]) -> dict[bytes, Vetted]:
        ids = [one for draft in drafts for one in draft.conversations]
        with self._database.read() as connection:
            return vetted.find(connection, ids, self._code) if self._code else {}

    def _look(
        self,
        draft: Draft,
        known: Mapping[bytes, Vetted],
        fresh: list[tuple[tuple[str, ...], Vetted]],
    ) -> Admitted:
        if draft.row is None:
            return Admitted(draft)
        line = self._line(draft.row)
        digest = hashlib.blake2b(line, digest_size=16).digest()
        if seen := known.get(digest):
            return Admitted(draft, line, seen.tokens, seen.signature)
        texts = draft.row.texts
        clean = self._door.admit(texts)
        if clean is None:
            return Admitted(replace(draft, row=None, reason=self._door.why(texts)))
        row = draft.row.rewritten(clean)
        if row.reply == row.rejected:
            return Admitted(replace(draft, row=None, reason=SAME))
        measured = Vetted(digest, self._tokens(row), signature(row))
        if self._learns and clean == texts:
            fresh.append((draft.conversations, measured))
        return Admitted(
            replace(draft, row=row), self._line(row), measured.tokens, measured.signature
        )

    def _tokens(self, row: Row) -> int:
        """Tokens of a row as OpenAI counts a chat ("Data preparation", its cookbook, 2026-11).

        Three for each message, one for its role, its text, and three for the row; of a pair both
        replies.
        """
        return sum(map(self._count, row.texts)) + PER_MESSAGE * len(row.texts) + PER_ROW


def said(row: Row) -> str:
    """What was said before the reply, without the system's part, which is the same in most."""
    return "\n".join(one.content for one in row.messages if one.role != "system")


def signature(row: Row) -> bytes:
    """By which rows that say nearly the same are found, see `duplicates`.

    What shall be said and what shall not are never the same, however little they differ.
    """
    drawn = duplicates.signature(said(row), row.reply)
    return (drawn if row.good else ~drawn).tobytes()


@cache
def fingerprint() -> str:
    """Names the code that looks, so that nothing is trusted that another version passed."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256(version("phonenumberslite").encode())
    for pattern in READS:
        for path in sorted(root.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
