"""The door for training: what is said, as it may be trained on, or nothing.

texts ── admit ──> texts without personal data ──> file ── check ──> upload
           └─ None: one holds a secret, or the policy drops it
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from kagura_nb.errors import PrivacyError
from kagura_nb.privacy.filter import PrivacyFilter
from kagura_nb.privacy.policies import train
from kagura_nb.privacy.table import SECRETS
from kagura_nb.records import Policy

REPEATED = 256
"""Texts whose findings are kept at hand: system texts, and the history of a session."""


class TrainingDoor:
    """Lets conversations into training files.

    Args:
        policy: what becomes of personal data; secrets always drop the conversation.
        private: finds it.
        key: makes surrogates, see `policies.surrogate`.
        fakes: surrogates that were made before.

    Attributes:
        fakes: every surrogate, those made since included.
    """

    def __init__(
        self, policy: Policy, private: PrivacyFilter, key: bytes = b"", fakes: Iterable[str] = ()
    ) -> None:
        self.policy = policy
        self.fakes = set(fakes)
        self._findings = lru_cache(REPEATED)(private.findings)
        self._key = key

    def admit(self, texts: Sequence[str]) -> tuple[str, ...] | None:
        """Texts of one row as they may be trained on; None where they must not."""
        clean = [self._clean(text) for text in texts]
        return None if None in clean else tuple(text or "" for text in clean)

    def why(self, texts: Sequence[str]) -> str:
        """The reason for which texts are not admitted."""
        found = {one.type for text in texts for one in self._findings(text)}
        return "holds a secret" if found & SECRETS else "holds personal data"

    def check(self, path: Path) -> None:
        """Look at a file's bytes once more, as they are about to leave.

        Surrogates are found like what they stand for; those that this door has made may leave.

        Args:
            path: one JSON value a line.

        Raises:
            PrivacyError: something is in it, or it cannot be read, and in which line.
        """
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                value = _parsed(line)
                found = {type for text in _texts(value) for type in self._left(text)}
                if value is None or found:
                    held = ", ".join(sorted(found)) or "what is not JSON"
                    raise PrivacyError(
                        f"{path.name} holds {held} in line {number}",
                        "Prepare the dataset again; nothing was uploaded",
                    )

    def _clean(self, text: str) -> str | None:
        kept = train(text, self._findings, self.policy, self._key)
        if kept is not None and self.policy == "surrogate":
            left = self._findings(kept)
            self.fakes.update(kept[one.start : one.end] for one in left)
        return kept

    def _left(self, text: str) -> Iterator[str]:
        for one in self._findings(text):
            if one.type in SECRETS or text[one.start : one.end] not in self.fakes:
                yield one.type


def _parsed(line: bytes) -> Any:
    """A line's JSON value, objects as pairs so that none hides another of its name; None if bad.

    What the parser complains of holds the line, so its error goes no further.
    """
    try:
        return json.loads(line.decode(), object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        return None


def _texts(value: Any) -> Iterator[str]:
    """Every text inside a JSON value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
