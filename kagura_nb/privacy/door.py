"""The door for prompts: secrets stay behind as placeholders, replies get them back.

A door belongs to one request. The same value always has the same placeholder there, so the model
can still tell values apart, and a placeholder in its reply is replaced as it streams, also when it
arrives in pieces.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from kagura_nb.privacy.recognizers import find
from kagura_nb.records import Message

PLACEHOLDER = re.compile(r"\[[A-Z_]{1,40}_[0-9]{1,6}\]")
UNFINISHED = re.compile(r"\[[A-Z_0-9]{0,48}\Z")


class PromptDoor:
    """Masks one request and restores its reply.

    Args:
        policy: `secrets` masks what the recognizers find, `off` nothing.
    """

    def __init__(self, policy: str) -> None:
        self.policy = policy
        self._placeholders: dict[str, str] = {}

    def mask(self, messages: Sequence[Message]) -> tuple[Message, ...]:
        """The messages with a placeholder for every value that must not leave."""
        return tuple(replace(one, content=self.mask_text(one.content)) for one in messages)

    def mask_text(self, text: str) -> str:
        """A text with a placeholder for every value that must not leave."""
        if self.policy == "off":
            return text
        parts, end = [], 0
        for finding in find(text):
            value = text[finding.start : finding.end]
            name = f"[{finding.type}_{len(self._placeholders) + 1}]"
            parts += [text[end : finding.start], self._placeholders.setdefault(value, name)]
            end = finding.end
        return "".join([*parts, text[end:]])

    def restore(self, pieces: Iterable[str]) -> Iterator[str]:
        """The reply with the values in place again; only an unfinished placeholder is held back."""
        values = {placeholder: value for value, placeholder in self._placeholders.items()}
        held = ""
        for piece in pieces:
            held += piece
            unfinished = UNFINISHED.search(held) if values else None
            cut = unfinished.start() if unfinished else len(held)
            ready, held = held[:cut], held[cut:]
            if ready:
                yield PLACEHOLDER.sub(lambda match: values.get(match[0], match[0]), ready)
        if held:
            yield held

    @property
    def masked(self) -> int:
        """How many different values stayed behind."""
        return len(self._placeholders)
