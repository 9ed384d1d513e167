"""Everything that can go wrong, as one small tree; each message ends with its cure.

    KaguraError
    ├── SettingsError          a setting or option that cannot be used
    ├── StoreError             the owner's private store
    │   ├── InvalidUserId
    │   ├── InvalidRating
    │   ├── UnknownConversation
    │   ├── StoreTooNew        written by a later version of this package
    │   └── StoreUnavailable   read-only, full, locked, damaged or not answering
    ├── PrivacyError           something that must not leave the machine
    │   └── ConsentMissing     the owner has not agreed, or has withdrawn
    ├── RecallError            embedders and the memory index
    ├── DatasetError           conversations that cannot be trained on
    ├── ExchangeError          a file that cannot be imported, or written
    ├── TuningError            a job that cannot be planned, or that a backend refuses
    │   └── OutcomeUnknown     a request may or may not have reached the vendor
    └── ProviderError          a model that cannot answer
        ├── MissingKey
        ├── KeyRejected
        ├── UnknownModel
        ├── ServerUnreachable
        ├── ServerFailed       it answers, but only with a failure of its own
        ├── RateLimited
        ├── ContextTooLong
        ├── ReplyCut           the stream ended before the reply did
        ├── ReplyStopped       the user stopped the reply
        └── MissingExtra       an optional dependency is not installed

IPython shows `_render_traceback_` instead of a traceback: the cell fails with one line, and the
exception keeps its class, so it stays catchable.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import NoReturn, ParamSpec

from kagura_nb.screen import printable

P = ParamSpec("P")


class KaguraError(Exception):
    """Base of the tree.

    Args:
        problem: what happened, one sentence without its full stop.
        cure: what the user does about it, one imperative sentence without its full stop.
    """

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(problem, cure)
        self.problem = problem
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.problem}. {self.cure}."

    def _render_traceback_(self) -> list[str]:
        return [printable(f"{type(self).__name__}: {self}")]


class SettingsError(KaguraError):
    """A setting, option or argument that cannot be used."""


class StoreError(KaguraError):
    """The owner's private store.

    Attributes:
        reply: what a model had said when it could not be stored.
    """

    reply = ""


class InvalidUserId(StoreError):
    """A user id from which no safe folder name can be made."""


class InvalidRating(StoreError):
    """A rating that is not a whole number of stars from 1 to 5."""


class UnknownConversation(StoreError):
    """No conversation, or more than one, has this id."""


class StoreTooNew(StoreError):
    """The database was written by a later version of this package."""


class StoreUnavailable(StoreError):
    """The database is read-only, full, locked, damaged or does not answer."""


class PrivacyError(KaguraError):
    """Something that must not leave the machine was about to."""


class ConsentMissing(PrivacyError):
    """The owner has not agreed that data goes to this vendor, or has withdrawn."""


class RecallError(KaguraError):
    """An embedder or the memory index cannot be used."""


class DatasetError(KaguraError):
    """Conversations, or a file of them, that cannot be trained on."""


class ExchangeError(KaguraError):
    """A file that cannot be imported, or an export that cannot be written."""


class TuningError(KaguraError):
    """A job that cannot be planned, or that its backend refuses for good."""


class OutcomeUnknown(TuningError):
    """The vendor may have taken a request whose answer never came."""


class ProviderError(KaguraError):
    """A model cannot answer."""


class MissingKey(ProviderError):
    """The vendor needs a key and none is configured."""


class KeyRejected(ProviderError):
    """The vendor refused the key, or what the key is allowed to do."""


class UnknownModel(ProviderError):
    """The vendor, server or folder does not have this model."""


class ServerUnreachable(ProviderError):
    """Nothing answers at the address, or not in time."""


class ServerFailed(ProviderError):
    """The server answers, but only with a failure of its own, also after the SDK's retries."""


class RateLimited(ProviderError):
    """The vendor still refuses after the SDK's retries."""


class ContextTooLong(ProviderError):
    """The conversation does not fit into the model's context.

    Attributes:
        context: the context that the server names, in its own tokens.
        sent: what it says was sent.
    """

    context: int | None = None
    sent: int | None = None


class ReplyLimitRefused(ProviderError):
    """The server does not take the limit of the reply that was sent.

    Attributes:
        longest: the longest reply that it names, in tokens.
        unknown: whether it does not know such a limit by this name.
    """

    longest: int | None = None
    unknown: bool = False


class ReplyCut(ProviderError):
    """The stream ended before the reply did; what had arrived is kept."""


class ReplyStopped(ProviderError):
    """The user stopped the reply; what had arrived is kept."""


class MissingExtra(ProviderError):
    """An optional dependency is not installed."""


def translator(function: Callable[P, Iterator[None]]) -> Callable[P, AbstractContextManager[None]]:
    """Like `contextlib.contextmanager`, for one that raises our errors in place of a library's.

    What a library raises holds what was sent: keys, passwords and prompts, in its text, its
    attributes, its causes and the variables of the frames it came through. Python keeps all of it
    as the context of the error that takes its place, also after `from None`; here nothing is kept.
    """
    guard = contextmanager(function)

    def made(*args: P.args, **kwargs: P.kwargs) -> AbstractContextManager[None]:
        return _Translator(guard(*args, **kwargs))

    return made


class _Translator(AbstractContextManager[None]):
    def __init__(self, inner: AbstractContextManager[None]) -> None:
        self._inner = inner

    def __enter__(self) -> None:
        self._inner.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        if not isinstance(error, Exception):  # Ctrl-C keeps its class, not the library's frames
            trace = None
        try:
            return self._inner.__exit__(kind, error, trace)
        except KaguraError as raised:
            told = raised
        del kind, error, trace
        raise_alone(told)


def raise_alone(error: KaguraError) -> NoReturn:
    """Raise an error that takes another one's place, without that one as its context or cause."""
    try:
        raise error.with_traceback(None)
    except KaguraError:
        error.__context__ = error.__cause__ = None
        raise
