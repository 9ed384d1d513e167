"""What a turn is based on: the session's history, related memories, well-rated examples.

A failing memory costs a notice, never the turn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from kagura_nb import fewshot, prompt
from kagura_nb.errors import KaguraError
from kagura_nb.memory import Memory
from kagura_nb.providers.base import Provider
from kagura_nb.records import GOOD_RATING, Conversation, Message, Recalled
from kagura_nb.settings import Settings
from kagura_nb.store import ConversationCollector, Selection

HISTORY = 20
"""Conversations of the session that are sent along at most."""
CANDIDATES = 50
"""Recalled and newest good conversations among which examples are chosen."""
REPLY_SHARE = 4
"""One part in so many of the context is kept free for the reply, up to `LONGEST_REPLY`."""
LONGEST_REPLY = 8192


@dataclass(frozen=True, slots=True)
class Options:
    """How one turn is run.

    Args:
        session: the run of conversations whose history is sent along.
        model: `provider:model`; None takes the deployed one.
        memory: recall earlier conversations.
        examples: show the best-rated conversations.
        private: store nothing; recall and show nothing either.
    """

    session: str
    model: str | None = None
    memory: bool = True
    examples: bool = True
    private: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """The messages of a turn and what they contain.

    Args:
        messages: system, history and prompt, as assembled.
        history: the session's conversations that were considered, oldest first.
        recalled: the memories shown, with scores, best first.
        examples: the examples shown, best first.
        notices: lines for the user about what was missing.
    """

    messages: tuple[Message, ...] = ()
    history: tuple[Conversation, ...] = ()
    recalled: tuple[Recalled, ...] = ()
    examples: tuple[Conversation, ...] = ()
    notices: tuple[str, ...] = ()

    def provenance(self) -> dict[str, Any]:
        """What is recorded with the conversation: ids, no text."""
        return {
            "history": len(self.history),
            "recalled": [one.conversation.id for one in self.recalled],
            "examples": [one.id for one in self.examples],
        }


def wants_memory(options: Options, settings: Settings) -> bool:
    """Whether a turn may look at earlier conversations by their meaning."""
    return settings.memory and options.memory and not options.private


def gather(
    text: str,
    options: Options,
    provider: Provider,
    store: ConversationCollector,
    memory: Memory | None,
    now: datetime,
) -> Context:
    """Find what a turn is based on and assemble its messages.

    Args:
        text: the prompt.
        options: how the turn is run.
        provider: knows the model's context and counts its tokens.
        store: the user's conversations.
        memory: None where nothing is recalled.
        now: the time from which age is counted, aware.
    """
    history = [] if options.private else _history(store, options.session)
    known = {one.id for one in history}
    related, notices = _recall(text, memory, known)
    wants_examples = store.settings.few_shot and options.examples and not options.private
    pool = _candidates(store, related, known) if wants_examples else []
    examples = _choose(text, pool, store.settings.examples, memory, now)
    return _assemble(text, provider, store.settings, history, related, examples, notices)


def _history(store: ConversationCollector, session: str) -> list[Conversation]:
    """The session's latest answered conversations, oldest first."""
    latest = store.recent(HISTORY, Selection(session=session))
    return [one for one in reversed(latest) if one.response]


def _recall(
    text: str, memory: Memory | None, known: set[str]
) -> tuple[list[Recalled], tuple[str, ...]]:
    """Related answered conversations that the history does not show already, best first."""
    if memory is None:
        return [], ()
    try:
        found = memory.recall(text, CANDIDATES + len(known))
    except KaguraError as error:
        return [], (f"Answered without memory: {error}",)
    new = [one for one in found if one.conversation.id not in known and one.conversation.response]
    return new, (memory.notice,) if memory.notice else ()


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
    except KaguraError:
        return fewshot.choose(pool, limit, now)


def _assemble(
    text: str,
    provider: Provider,
    settings: Settings,
    history: Sequence[Conversation],
    related: Sequence[Recalled],
    examples: Sequence[Conversation],
    notices: tuple[str, ...],
) -> Context:
    shown = {one.id for one in examples}
    memories = [one.conversation for one in related if one.conversation.id not in shown]
    room = provider.context_tokens
    sent = prompt.assemble(
        text,
        budget=room - min(room // REPLY_SHARE, LONGEST_REPLY),
        count=lru_cache(maxsize=None)(provider.count_tokens),
        system=settings.system or prompt.SYSTEM,
        recalled=memories[: settings.recall],
        examples=examples,
        history=[
            message
            for one in history
            for message in (Message("user", one.prompt), Message("assistant", one.reply))
        ],
    )
    remembered = {one.id for one in sent.recalled}
    recalled = tuple(one for one in related if one.conversation.id in remembered)
    return Context(sent.messages, tuple(history), recalled, sent.examples, notices)
