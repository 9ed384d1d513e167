"""What a provider is: an object that streams the reply to a list of messages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from kagura_nb.prompt import ExamplesAs
from kagura_nb.providers.line import Line
from kagura_nb.records import Message, Usage


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a reply as it streams.

    Args:
        text: the next characters; may be empty.
        usage: the tokens consumed, on the last chunk, where the provider reports them.
        cut: True on the last chunk where a token limit ended the reply.
        reasoning: the next characters of what the model thinks first, where that has a field of
            its own.
    """

    text: str = ""
    usage: Usage | None = None
    cut: bool = False
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a reply is drawn.

    Args:
        temperature: 0 always picks the likeliest token; None leaves the vendor's default.
        max_tokens: the longest reply, in tokens; None leaves the vendor's default.
        line: what another thread hangs up to end the reply at once; None where nobody does.
    """

    temperature: float | None = None
    max_tokens: int | None = None
    line: Line | None = None


class Provider(Protocol):
    """Answers chats.

    Attributes:
        model: `provider:model`, as it is recorded with every conversation.
        context_tokens: tokens that prompt and reply may take together.
        context_known: False where that is a guess.
        longest_reply: tokens of a reply at most, where that is known.
        examples_as: how it reads examples best, see `prompt`.
        on_this_machine: True where nothing leaves the machine, so that nothing needs masking.
        notice: one line that the user sees on first use, or None.
    """

    model: str
    examples_as: ExamplesAs
    on_this_machine: bool
    notice: str | None

    @property
    def context_tokens(self) -> int:
        """What a refusal taught counts at once."""
        ...

    @property
    def context_known(self) -> bool:
        """See above."""
        ...

    @property
    def longest_reply(self) -> int | None:
        """See above."""
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens of a text for this model; an estimate where its tokenizer is not to be had."""
        ...

    def stream(self, messages: Sequence[Message], sampling: Sampling) -> Iterator[Chunk]:
        """Yield the reply as it arrives.

        Closing the iterator, or an exception thrown into it (KeyboardInterrupt), cancels the
        request and frees its connection. So does hanging up `sampling.line`, also while nothing
        has arrived yet; it ends the iterator, or raises HungUp from it.

        Args:
            messages: at most one system message, first; then user and assistant in turn; the
                last one is the user's.
            sampling: how to draw the reply.

        Raises:
            ProviderError: one of its subclasses, with the cure.
        """
        ...


def estimated(provider: Provider, sent: Sequence[Message], reply: str) -> Usage:
    """What a reply consumed, where the provider does not tell."""
    prompt_tokens = sum(provider.count_tokens(one.content) for one in sent)
    return Usage(prompt_tokens, provider.count_tokens(reply), estimated=True)
