"""The door for training: what a conversation says, as it may be trained on, or nothing.

conversation ── admit ──> messages without personal data ──> file ── check ──> upload
                  └─ None: it holds a secret, or the policy drops it
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kagura_nb.errors import PrivacyError
from kagura_nb.privacy.filter import PrivacyFilter
from kagura_nb.privacy.policies import Policy, train
from kagura_nb.privacy.table import SECRETS
from kagura_nb.records import Conversation, Message


class TrainingDoor:
    """Lets conversations into training files.

    Args:
        policy: what becomes of personal data; secrets always drop the conversation.
        private: finds it.
        key: makes surrogates, see `policies.surrogate`.
    """

    def __init__(self, policy: Policy, private: PrivacyFilter, key: bytes = b"") -> None:
        self.policy = policy
        self._private = private
        self._key = key

    def admit(self, conversation: Conversation) -> tuple[Message, ...] | None:
        """All messages, the reply last, as they may be trained on; None where they must not."""
        texts = [*(one.content for one in conversation.messages), conversation.reply]
        clean = [self._clean(text) for text in texts]
        if None in clean:
            return None
        *said, reply = (text or "" for text in clean)
        messages = zip(conversation.messages, said, strict=True)
        return (
            *(Message(one.role, text) for one, text in messages),
            Message("assistant", reply),
        )

    def check(self, path: Path) -> None:
        """Look at a file's bytes once more, as they are about to leave.

        Surrogates are found like what they stand for, so under that policy only secrets count.

        Args:
            path: one JSON value a line.

        Raises:
            PrivacyError: something is in it, and in which line.
        """
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                found = {type for text in _texts(json.loads(line)) for type in self._left(text)}
                if found:
                    raise PrivacyError(
                        f"{path.name} holds {', '.join(sorted(found))} in line {number}",
                        "Prepare the dataset again; nothing was uploaded",
                    )

    def _clean(self, text: str) -> str | None:
        return train(text, self._private.findings, self.policy, self._key)

    def _left(self, text: str) -> Iterator[str]:
        for one in self._private.findings(text):
            if self.policy != "surrogate" or one.type in SECRETS:
                yield one.type


def _texts(value: Any) -> Iterator[str]:
    """Every text inside a JSON value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
