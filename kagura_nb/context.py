"""What a turn is based on: the session's history, related memories, well-rated examples.

A memory that fails, or cannot even be opened, costs a notice, never the turn.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from kagura_nb import fewshot, prompt
from kagura_nb.errors import KaguraError, RecallError
from kagura_nb.memory import Memory
from kagura_nb.providers import limits
from kagura_nb.providers.base import Provider
from kagura_nb.providers.line import Line
from kagura_nb.records import GOOD_RATING, Conversation, Message, Recalled
from kagura_nb.settings import Settings
from kagura_nb.store import ConversationCollector, Selection

HISTORY = 20
"""Conversations of the session that are sent along at most."""
CANDIDATES = 30
"""Recalled and newest good conversations among which examples are chosen."""
HISTORY_SHARE = 2
"""One part in so many of what prompt and system text leave goes to the history at most."""
REPLY_SHARE = 4
"""One part in so many of the context is kept free for the reply, up to `LONGEST_REPLY`."""
LONGEST_REPLY = 8192
LEAST_REPLY = 128
"""Tokens that a reply may have also where none seem to be left: we may have counted too many."""
COUNTED_WRONG = 16
"""One part in so many of what is sent may be more than we count: roles, and what is estimated."""


@dataclass(frozen=True, slots=True)
class Options:
    """How one turn is run.

    Args:
        session: the run of conversations whose history is sent along.
        model: `provider:model`; None takes the deployed one.
        memory: recall earlier conversations.
        examples: show the best-rated conversations.
        private: store nothing but what it cost; recall and show nothing either.
        line: what `Turn.stop` hangs up, so that it need not wait for the next piece.
    """

    session: str
    model: str | None = None
    memory: bool = True
    examples: bool = True
    private: bool = False
    line: Line | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """The messages of a turn and what they contain.

    Args:
        messages: system, history and prompt, as assembled.
        history: the session's conversations that are sent along, oldest first.
        recalled: the memories shown, with scores, best first.
        examples: the examples shown, best first.
        notices: lines for the user about what was missing.
        tokens: of the messages, as the provider counts them.
    """

    messages: tuple[Message, ...] = ()
    history: tuple[Conversation, ...] = ()
    recalled: tuple[Recalled, ...] = ()
    examples: tuple[Conversation, ...] = ()
    notices: tuple[str, ...] = ()
    tokens: int = 0

    def provenance(self) -> dict[str, Any]:
        """What is recorded with the conversation: ids, no text."""
        return {
            "history": len(self.history),
            "recalled": [one.conversation.id for one in self.recalled],
            "examples": [one.id for one in self.examples],
        }


def gather(
    text: str,
    options: Options,
    provider: Provider,
    store: ConversationCollector,
    open_memory: Callable[[], Memory],
    now: datetime,
) -> Context:
    """Find what a turn is based on and assemble its messages.

    Args:
        text: the prompt.
        options: how the turn is run.
        provider: knows the model's context and counts its tokens.
        store: the user's conversations.
        open_memory: called only where something may be recalled.
        now: the time from which age is counted, aware.

    Raises:
        ContextTooLong: the prompt is longer than any text that fits.
    """
    settings = store.settings
    system = settings.system or prompt.SYSTEM
    count, budget = _measure(provider, len(system) + len(text))
    room = (budget - count(system) - count(text)) // HISTORY_SHARE
    history = prompt.latest(_history(store, options), room, count)
    known = {one.id for one in history}
    memory, notices = _opened(open_memory) if _recalls(options, settings) else (None, ())
    related, failures = _recall(text, memory, known)
    pool = _candidates(store, related, known) if _shows(options, settings) else []
    examples = _choose(text, pool, settings.examples, memory, now)
    shown = {one.id for one in examples}
    memories = _distinct(one.conversation for one in related if one.conversation.id not in shown)
    sent = prompt.assemble(
        text,
        budget=budget,
        count=count,
        system=system,
        recalled=memories[: settings.recall],
        examples=examples,
        history=[message for one in history for message in prompt.turn(one)],
        examples_as=provider.examples_as,
    )
    remembered = {one.id for one in sent.recalled}
    recalled = tuple(one for one in related if one.conversation.id in remembered)
    tokens = sum(count(one.content) for one in sent.messages)
    told = notices + failures
    return Context(sent.messages, tuple(history), recalled, sent.examples, told, tokens)


def _measure(provider: Provider, characters: int) -> tuple[Callable[[str], int], int]:
    """What counts tokens, and how many may be sent; the rest is kept for the reply."""
    room = provider.context_tokens
    limits.check_length(provider.model, room if provider.context_known else None, characters)
    longest = limits.CHARACTERS * room

    @cache
    def count(text: str) -> int:
        """Of what is too long to fit, the characters are more than enough."""
        return provider.count_tokens(text) if len(text) <= longest else len(text)

    return count, room - min(room // REPLY_SHARE, LONGEST_REPLY)


def longest_reply(provider: Provider, sent: Context, wanted: int) -> int | None:
    """Tokens that a reply may have; None where nothing bounds it.

    Args:
        provider: knows its context, and may know the longest reply.
        sent: what stands in the context already.
        wanted: the longest reply that is asked for; 0 for any.
    """
    limit = min(filter(None, (wanted, provider.longest_reply)), default=None)
    if limit is None or not provider.context_known:
        return limit
    left = provider.context_tokens - sent.tokens - sent.tokens // COUNTED_WRONG
    return min(limit, max(left, LEAST_REPLY))


def _recalls(options: Options, settings: Settings) -> bool:
    return settings.memory and options.memory and not options.private


def _shows(options: Options, settings: Settings) -> bool:
    return settings.few_shot and options.examples and not options.private


def _history(store: ConversationCollector, options: Options) -> list[Conversation]:
    """The session's latest answered conversations, oldest first."""
    if options.private:
        return []
    latest = store.recent(HISTORY, Selection(session=options.session))
    return [one for one in reversed(latest) if one.response]


def _opened(open_memory: Callable[[], Memory]) -> tuple[Memory | None, tuple[str, ...]]:
    try:
        return open_memory(), ()
    except Exception as error:
        return None, (_without_memory(error),)


def _recall(
    text: str, memory: Memory | None, known: set[str]
) -> tuple[list[Recalled], tuple[str, ...]]:
    """Related answered conversations that the history does not show already, best first."""
    if memory is None:
        return [], ()
    try:
        found = memory.recall(text, CANDIDATES + len(known))
    except Exception as error:
        return [], (_without_memory(error),)
    new = [one for one in found if one.conversation.id not in known and one.conversation.response]
    return new, (memory.notice,) if memory.notice else ()


def _without_memory(error: Exception) -> str:
    """A line for the user, also of damage to the index that nobody foresaw."""
    if not isinstance(error, RecallError):  # the rest of the store is well: the history was read
        reason = error.problem if isinstance(error, KaguraError) else type(error).__name__
        cure = "Make it anew with `%kagura config index rebuild`"
        error = RecallError(f"Its index is damaged ({reason})", cure)
    return f"Answered without memory: {error}"


def _distinct(conversations: Iterable[Conversation]) -> list[Conversation]:
    """The first of those that say the same: repeats would leave no room for anything else."""
    first: dict[tuple[str, str], Conversation] = {}
    for one in conversations:
        first.setdefault((one.prompt.strip(), one.reply.strip()), one)
    return list(first.values())


def _candidates(
    store: ConversationCollector, related: Sequence[Recalled], known: set[str]
) -> list[Conversation]:
    """Good conversations outside of the history: the related ones and the newest."""
    newest = store.recent(CANDIDATES, Selection(min_rating=GOOD_RATING, trainable=True))
    pool = [*(one.conversation for one in related), *newest]
    return [one for one in pool if one.good and one.id not in known]


def _choose(
    text: str, pool: Sequence[Conversation], limit: int, memory: Memory | None, now: datetime
) -> list[Conversation]:
    if not pool or memory is None:
        return fewshot.choose(pool, limit, now)
    try:
        vectors = memory.vectors([one.id for one in pool])
        return fewshot.choose(pool, limit, now, memory.embed(text), vectors)
    except Exception:  # `_recall` has told of it
        return fewshot.choose(pool, limit, now)
