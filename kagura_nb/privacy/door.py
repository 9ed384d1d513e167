"""The door for prompts: what is private stays behind as placeholders, replies get it back.

A door belongs to one request. The same value always has the same placeholder there, so the model
can still tell values apart, and a placeholder in its reply is replaced as it streams, also when it
arrives in pieces. Inside an address it stays, unless the user's side wrote that address up to
there: whoever shows a model's link or image may fetch it, and the value would go along.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache

from kagura_nb.privacy.addresses import Addresses
from kagura_nb.privacy.filter import PrivacyFilter
from kagura_nb.privacy.normal import PLACEHOLDER
from kagura_nb.privacy.policies import Find, clean
from kagura_nb.records import Message

RECENT = 256
"""Texts whose findings are kept."""
UNFINISHED = re.compile(r"\[[A-Z_0-9]{0,48}\Z")


@cache
def finder(policy: str) -> Find:
    """What finds that which a policy keeps back, and knows the texts that it was asked lately.

    A turn sends most of the last turn's texts again.
    """
    return lru_cache(maxsize=RECENT)(PrivacyFilter(detect_pii=policy != "secrets").findings)


class PromptDoor:
    """Masks one request and restores its reply.

    Args:
        policy: `all` masks secrets and personal data, `secrets` only those, `off` nothing.
    """

    def __init__(self, policy: str) -> None:
        self.policy = policy
        self._placeholders: dict[str, str] = {}
        self._taken: set[str] = set()
        self._links: set[bytes] = set()

    def mask(self, messages: Sequence[Message]) -> tuple[Message, ...]:
        """The messages with a placeholder for every value that must not leave."""
        for one in messages:
            self._reserve(f"{one.name} {one.content}")
        return tuple(
            replace(
                one, content=self.mask_text(one.content), name=one.name and self.mask_text(one.name)
            )
            for one in messages
        )

    def mask_text(self, text: str) -> str:
        """A text with a placeholder for every value that must not leave."""
        if self.policy == "off":
            return text
        self._reserve(text)
        masked, _ = clean(text, finder(self.policy), self._placeholder)
        if masked != text:
            self._links.update(_addresses(masked))
        return masked

    def restore(self, pieces: Iterable[str]) -> Iterator[str]:
        """The reply with the values in place again; only an unfinished placeholder is held back."""
        values = {placeholder: value for value, placeholder in self._placeholders.items()}
        read = Addresses()
        held = ""
        for piece in pieces:
            held += piece
            unfinished = UNFINISHED.search(held) if values else None
            cut = unfinished.start() if unfinished else len(held)
            ready, held = held[:cut], held[cut:]
            if ready:
                yield self._restored(read, ready, values) if values else ready
        if held:
            yield held

    def _restored(self, read: Addresses, ready: str, values: Mapping[str, str]) -> str:
        """What is ready of a reply, which was read up to there."""
        said = []
        for text, name in _parts(ready):
            read.read(text)
            address = read.placeholder(name) if name else None
            in_text = address is None or address in self._links
            said += [text, values.get(name, name) if in_text else name]
        return "".join(said)

    @property
    def masked(self) -> int:
        """How many different values stayed behind."""
        return len(self._placeholders)

    def notice(self, prompt: str) -> list[str]:
        """A line for the user about what stayed behind, if anything did; the prompt is masked."""
        if not self.masked:
            return []
        noun = "secret" if self.policy == "secrets" else "private value"
        count = f"1 {noun} was" if self.masked == 1 else f"{self.masked} {noun}s were"
        earlier = sum(placeholder not in prompt for placeholder in self._placeholders.values())
        some = "" if earlier == self.masked else f"{earlier} "
        where = f" ({some}in earlier messages)" if earlier else ""
        return [f"{count} masked before the prompt left{where}."]

    def _reserve(self, text: str) -> None:
        """Keep the placeholders that somebody wrote themselves from meaning anything else."""
        self._taken.update(PLACEHOLDER.findall(text))

    def _placeholder(self, type: str, value: str) -> str:
        if value not in self._placeholders:
            self._placeholders[value] = self._new(type)
        return self._placeholders[value]

    def _new(self, type: str) -> str:
        number = len(self._placeholders) + 1
        while (name := f"[{type}_{number}]") in self._taken:
            number += 1
        self._taken.add(name)
        return name


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """A text between placeholders, and the placeholder behind it; none at its end."""
    at = 0
    for one in PLACEHOLDER.finditer(text):
        yield text[at : one.start()], one[0]
        at = one.end()
    yield text[at:], ""


def _addresses(text: str) -> Iterator[bytes]:
    """What tells the addresses apart that reach up to the placeholders of a text."""
    read = Addresses()
    for between, name in _parts(text):
        read.read(between)
        if name and (address := read.placeholder(name)) is not None:
            yield address
