"""`@auto_finetune`: any function that answers prompts becomes one that learns from ratings.

    @auto_finetune("me")
    def reply(prompt: str) -> str: ...

    reply("Hello")
    reply.feedback(5, "friendly")

Every call is collected, and every rating counts. When enough new replies are good, training is
offered once, or with `auto_approve` begun without asking; the model it makes answers as the
assistant. Methods, coroutines and generators are taken too; what streams is collected when it is
exhausted.
"""

import functools
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from copy import copy
from dataclasses import dataclass
from types import MethodType
from typing import Any, Generic, ParamSpec, TypeVar, cast, overload

from kagura_nb.errors import StoreError, UnknownConversation
from kagura_nb.privacy import PrivacyFilter
from kagura_nb.records import GOOD_RATING
from kagura_nb.settings import Settings
from kagura_nb.store import ConversationCollector
from kagura_nb.store.collector import Stats
from kagura_nb.trainer import Trainer

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(slots=True)
class _Progress:
    """What a decorated function and the methods bound from it share."""

    last_id: str | None = None


class Collected(Generic[P, R]):
    """The decorated function; call it as before.

    Attributes:
        store: the conversations of the user.
    """

    def __init__(
        self,
        function: Callable[P, R],
        store: ConversationCollector,
        trainer: Trainer,
    ) -> None:
        functools.update_wrapper(self, function)
        self._name = getattr(function, "__name__", type(function).__name__)
        self.store = store
        self._progress = _Progress()
        self._function = function
        self._trainer = trainer

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Answer, and collect the conversation once its reply is whole."""
        result = self._function(*args, **kwargs)
        prompt = self._prompt(*args, **kwargs)
        if inspect.isawaitable(result):
            return cast(R, self._collect_awaited(prompt, result))
        if inspect.isgenerator(result):
            return cast(R, self._collect_pieces(prompt, result))
        if inspect.isasyncgen(result):
            return cast(R, self._collect_later_pieces(prompt, result))
        self._collect(prompt, result)
        return result

    def __get__(self, instance: object, owner: type | None = None) -> "Collected[..., R]":
        """The function as a method: its object is no prompt."""
        if instance is None:
            return self
        bound = copy(self)
        bound._function = MethodType(self._function, instance)
        return bound

    @property
    def last_id(self) -> str | None:
        """The conversation of the latest call whose reply is whole, None before the first."""
        return self._progress.last_id

    def feedback(self, rating: int | None, comment: str | None = None) -> Stats:
        """Rate the latest reply; None clears the rating. Training is offered, or begun, when it is
        worth while; whatever prevents it is told and never raised.

        Returns:
            The counts after it.

        Raises:
            InvalidRating: no whole number of stars from 1 to 5.
            UnknownConversation: there is no reply that is stored.
        """
        if self.last_id is None:
            raise UnknownConversation(
                f"{self._name} has no reply that is stored",
                "Call it before giving feedback",
            )
        self.store.add_feedback(self.last_id, rating, comment)
        self._trainer.rated(self.last_id)
        return self.stats()

    def stats(self) -> Stats:
        """The user's counts."""
        return self.store.get_stats()

    def _prompt(self, *args: Any, **kwargs: Any) -> str:
        """The first argument's text, wherever the caller put it."""
        bound = inspect.signature(self._function).bind(*args, **kwargs)
        return str(next(iter([*bound.args, *bound.kwargs.values()]), ""))

    def _collect(self, prompt: str, reply: object) -> None:
        model, said = f"function:{self._name}", "" if reply is None else str(reply)
        self._progress.last_id = None
        try:
            self._progress.last_id = self.store.collect(prompt, said, model, session=model)
        except StoreError as error:  # whoever asked has the reply all the same
            self._trainer.announce(f"The reply is not stored: {error}")

    async def _collect_awaited(self, prompt: str, result: Awaitable[Any]) -> Any:
        reply = await result
        self._collect(prompt, reply)
        return reply

    def _collect_pieces(self, prompt: str, pieces: Iterator[Any]) -> Iterator[Any]:
        seen = []
        for piece in pieces:
            seen.append(str(piece))
            yield piece
        self._collect(prompt, "".join(seen))

    async def _collect_later_pieces(
        self, prompt: str, pieces: AsyncIterator[Any]
    ) -> AsyncIterator[Any]:
        seen = []
        async for piece in pieces:
            seen.append(str(piece))
            yield piece
        self._collect(prompt, "".join(seen))


@overload
def auto_finetune(user_id: Callable[P, R]) -> Collected[P, R]: ...


@overload
def auto_finetune(
    user_id: str | None = None,
    threshold: int = 100,
    min_rating: int = GOOD_RATING,
    auto_approve: bool = False,
    privacy_filter: PrivacyFilter | None = None,
    *,
    announce: Callable[[str], Any] = print,
) -> Callable[[Callable[P, R]], Collected[P, R]]: ...


def auto_finetune(
    user_id: str | Callable[P, R] | None = None,
    threshold: int = 100,
    min_rating: int = GOOD_RATING,
    auto_approve: bool = False,
    privacy_filter: PrivacyFilter | None = None,
    *,
    announce: Callable[[str], Any] = print,
) -> Collected[P, R] | Callable[[Callable[P, R]], Collected[P, R]]:
    """Collect what a function answers, so that ratings of it can train a model.

    Args:
        user_id: whose store; None takes the one in the settings. Without brackets, the function.
        threshold: good conversations from which training is worth while.
        min_rating: stars from which a conversation is good.
        auto_approve: train without asking, if that is free or inside a monthly budget at a known
            price, and the user has agreed that data goes to the vendor.
        privacy_filter: what else counts as private before training, beside all that always does.
        announce: is told, a line each, that training is worth while, how it ended, and whatever
            prevents it; the end is told by another thread.

    Raises:
        InvalidUserId: an id from which no safe folder name can be made.
        SettingsError: a threshold below 1.
    """
    function, user = (user_id, None) if callable(user_id) else (None, user_id)
    store = ConversationCollector(settings=Settings.load(user=user, threshold=threshold))
    trainer = Trainer(store, announce, min_rating, auto_approve, privacy_filter)

    def decorate(function: Callable[P, R]) -> Collected[P, R]:
        return Collected(function, store, trainer)

    return decorate(function) if function else decorate
