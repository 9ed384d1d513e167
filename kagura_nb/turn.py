"""The loop: how a prompt becomes a reply, and the reply a better assistant.

 1. recall   conversations related to the prompt                        memory
 2. choose   the best-rated conversations as examples                   fewshot
 3. pick     the model that answers                                     deploy
 4. assemble the messages inside the model's token budget               prompt
 5. mask     what must not leave the machine                            privacy
 6. stream   the reply, what was masked put back                        providers
 7. collect  one committed row, also of a reply that was cut short      store
 8. index    it for the next recall, off the reply's path               memory

What turns out not to fit is assembled once more, within what the server then named.
A failing memory costs a notice, never the turn; so does a deployed model that is gone, in whose
place the base one answers. From the first step on the prompt is kept, whatever becomes of the rest.
"""

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Protocol

from kagura_nb import context, costs, deploy, pricing, reasoning
from kagura_nb.context import Context, Options
from kagura_nb.errors import (
    ContextTooLong,
    ProviderError,
    ReplyLimitRefused,
    ReplyStopped,
    StoreError,
)
from kagura_nb.memory import Memory
from kagura_nb.privacy import PromptDoor
from kagura_nb.providers import limits, open_provider
from kagura_nb.providers.base import Chunk, Provider, Sampling, estimated
from kagura_nb.providers.line import HungUp
from kagura_nb.records import Arm, Deployment, Message, Usage
from kagura_nb.settings import Settings
from kagura_nb.store import ConversationCollector
from kagura_nb.store.interrupts import deferred

AT_LIMIT = "The reply ends at the model's token limit. Ask it to go on."


class Host(Protocol):
    """Whose turn it is: the assistant."""

    settings: Settings
    store: ConversationCollector

    @property
    def memory(self) -> Memory:
        """Opened when it is first asked for."""
        ...

    def deployment(self, model: str | None, session: str | None) -> Deployment:
        """The model that answers in a session."""
        ...

    def introduce(self, provider: Provider) -> list[str]:
        """What the user should know about a provider."""
        ...

    def remember(self) -> None:
        """Index what is new."""
        ...


@dataclass(frozen=True, slots=True)
class _Request:
    """What a provider is sent.

    Args:
        door: masked it.
        messages: as they leave.
        longest: tokens of the reply at most.
    """

    door: PromptDoor
    messages: tuple[Message, ...]
    longest: int | None

    def same_as(self, other: "_Request") -> bool:
        """Whether sending it would bring the same refusal."""
        return (self.messages, self.longest) == (other.messages, other.longest)


class Turn:
    """One run through the loop. Iterate it once; what it learned on the way are its attributes.

    Attributes:
        text: the reply, as far as it has arrived. Where what came first turns out to have been
            reasoning, it begins anew: then it is no longer than the latest piece.
        reasoning: what the model thought before it replied.
        complete: whether the reply reached its end; a token limit is none.
        stopped: whether `stop` was called.
        model: `provider:model` that answers.
        conversation_id: the id it is stored under, None before that and for private turns.
        usage: tokens consumed.
        cost: price in USD, None where unknown.
        context: the messages sent, and the memories and examples in them.
        notices: lines for the user.
    """

    def __init__(self, host: Host, text: str, options: Options) -> None:
        self.prompt = text
        self.options = options
        self.text = ""
        self.reasoning = ""
        self.complete = False
        self.stopped = False
        self.model = options.model or ""
        self.conversation_id: str | None = None
        self.usage: Usage | None = None
        self.cost: Decimal | None = None
        self.context = Context()
        self.notices: list[str] = []
        self._host = host
        self._settings = host.settings
        self._started = datetime.now(UTC)
        self._estimate: Callable[[str], Usage] | None = None
        self._at_limit = False
        self._metadata: dict[str, Any] = {}
        self._arm: Arm | None = None

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Turn {self.conversation_id} of {self.model}: {self.text!r}>"

    def __iter__(self) -> Generator[str]:
        """Run the loop, and yield the reply as it arrives."""
        try:
            with self._stoppable(), closing(self._reply()) as pieces:
                for piece in pieces:
                    self.text += piece
                    yield piece
                    self._go_on()
                self._go_on()
            self.complete = not self._at_limit
            self.reasoning = self.reasoning.strip()
            if not self.text.strip():
                self.notices.append(_unanswered(self.model, self.reasoning))
        finally:
            with deferred():
                self._finish()

    def stop(self) -> None:
        """Stop the reply, from any thread: what has arrived is kept, who iterates is told so."""
        self.stopped = True
        if self.options.line is not None:
            self.options.line.hang_up()

    def _go_on(self) -> None:
        if self.stopped:
            raise HungUp

    @contextmanager
    def _stoppable(self) -> Iterator[None]:
        try:
            yield
        except (HungUp, ProviderError):
            if not self.stopped:
                raise
            raise ReplyStopped(
                "The reply was stopped; what had arrived is kept", "Ask again for a whole one"
            ) from None

    def _reply(self) -> Generator[str]:
        """The chosen model's reply; the base one's where a deployed model is gone."""
        chosen = self._host.deployment(self.options.model, self.options.session)
        self._arm, told = chosen.arm, len(self.notices)
        try:
            yield from self._answered_by(chosen.model)
        except deploy.GONE as error:
            base = deploy.base(self._settings).model
            if self.text or self.options.model or chosen.model == base:
                raise
            self._arm, self.notices[told:] = None, [deploy.missed(chosen.model, base, error)]
            yield from self._answered_by(base)

    def _answered_by(self, model: str) -> Generator[str]:
        self.model = model
        provider = open_provider(model, self._settings)
        self.notices += self._host.introduce(provider)
        self.model = provider.model
        told = len(self.notices)
        request = self._request(provider)
        try:
            yield from self._streamed(provider, request)
            return
        except (ContextTooLong, ReplyLimitRefused) as error:
            refusal = error
        if self.text:
            raise refusal
        del self.notices[told:]
        again = self._request(provider)  # the provider has learnt what fits
        renamed = isinstance(refusal, ReplyLimitRefused) and refusal.unknown
        if self.context.tokens >= provider.context_tokens:
            raise refusal
        if again.same_as(request) and not renamed:
            raise refusal
        self.notices.append(_sent_again(refusal, self.model))
        yield from self._streamed(provider, again)

    def _request(self, provider: Provider) -> "_Request":
        """What is sent, as it fits and as it may leave."""
        self.context = context.gather(
            self.prompt,
            self.options,
            provider,
            self._host.store,
            lambda: self._host.memory,
            self._started,
        )
        door = PromptDoor("off" if provider.on_this_machine else self._settings.prompts)
        masked = door.mask(self.context.messages)
        self._metadata = {**self.context.provenance(), "masked": door.masked}
        self.notices += [*self.context.notices, *pricing.complaints(self._settings)]
        self.notices += door.notice(masked[-1].content)
        wanted = self._settings.max_reply_tokens
        longest = context.longest_reply(provider, self.context, wanted)
        return _Request(door, tuple(masked), longest)

    def _streamed(self, provider: Provider, request: "_Request") -> Generator[str]:
        self._estimate = partial(estimated, provider, request.messages)
        temperature = self._settings.temperature
        drawn = None if temperature < 0 else temperature
        sampling = Sampling(drawn, request.longest, self.options.line)
        self._go_on()
        with closing(provider.stream(request.messages, sampling)) as chunks:  # type: ignore[type-var]
            texts = request.door.restore(self._texts(chunks, request))
            for part in reasoning.parts(texts):
                if part.restarts:
                    self.reasoning, self.text = self.reasoning + self.text, ""
                if part.reasoning:
                    self.reasoning += part.text
                elif part.text:
                    yield part.text

    def _texts(self, chunks: Iterator[Chunk], request: "_Request") -> Iterator[str]:
        """The text of the chunks, bounded also where the server knows no bound; usage and reasoning
        on their way are kept.
        """
        left = (request.longest or sys.maxsize) * limits.CHARACTERS
        thought: list[str] = []
        try:
            for chunk in chunks:
                self._go_on()
                self.usage = chunk.usage or self.usage
                thought.append(chunk.reasoning)
                left -= len(chunk.text) + len(chunk.reasoning)
                self._at_limit = chunk.cut or self._at_limit or left < 0
                if chunk.text:
                    yield chunk.text
                if left < 0:
                    break
        finally:
            self.reasoning = "".join(request.door.restore(thought)) + self.reasoning
        if self._at_limit:
            self.notices.append(AT_LIMIT)

    def _finish(self) -> None:
        """Store the turn, whatever became of it, and index it off the reply's path.

        Of a private one no more is kept than what it cost; what was refused has cost nothing.
        """
        if self.usage is None and self._estimate is not None and (self.text or self.reasoning):
            self.usage = self._estimate(self.reasoning + self.text)
        if self.usage is not None:
            self.cost = pricing.cost(self.model, self.usage, self._settings)
        if self.options.private:
            costs.note(self._host.store.database, "chat", self.model, self.usage)
            return
        try:
            self.conversation_id = self._collect()
        except StoreError as error:
            error.reply = self.text  # which is paid for
            raise
        if self._settings.memory:
            self._host.remember()

    def _collect(self) -> str:
        return self._host.store.collect(
            self.prompt,
            self.text,
            self.model,
            self._metadata,
            session=self.options.session,
            created_at=self._started,
            complete=self.complete,
            usage=self.usage,
            cost=self.cost,
            arm=self._arm,
            reasoning=self.reasoning,
        )


def _unanswered(model: str, reasoning: str) -> str:
    if not reasoning.strip():
        return f"{model} sent an empty reply. Ask again in other words."
    return f"{model} sent only reasoning and no reply. Ask again, or raise max_reply_tokens."


def _sent_again(refusal: ContextTooLong | ReplyLimitRefused, model: str) -> str:
    if isinstance(refusal, ReplyLimitRefused):
        return f"{model} did not take the limit of the reply. It was asked again with another one."
    return (
        f"The request did not fit into the context of {model}. It was sent again with less of "
        "history, memories and examples."
    )
