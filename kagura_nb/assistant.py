"""One user's assistant: it answers (see `turn`), and keeps what its owner makes of the answers."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ulid import ULID

from kagura_nb import deploy, effects, exchange, frames, offer
from kagura_nb.context import Options
from kagura_nb.datasets import Datasets
from kagura_nb.errors import ExchangeError, KaguraError, SettingsError
from kagura_nb.exchange import Report, Written
from kagura_nb.memory import Memory
from kagura_nb.privacy import PrivacyFilter
from kagura_nb.providers.base import Provider
from kagura_nb.records import Deployment, Forgotten
from kagura_nb.settings import Settings
from kagura_nb.store import ConversationCollector, Selection, outside
from kagura_nb.store.rows import storable
from kagura_nb.tuning import Jobs, open_jobs
from kagura_nb.turn import Turn

if TYPE_CHECKING:
    from pandas import DataFrame

EVERYTHING = Selection()


class Assistant:
    """One user's assistant.

    Args:
        user_id: whose; None takes the one in the settings.
        session: the default session; None starts a new one.
        settings: None loads them.
        overrides: single settings by name, for example `model="ollama:llama3.2"`.

    Raises:
        InvalidUserId: an id from which no safe folder name can be made.
        SettingsError: an unknown setting or value.
    """

    def __init__(
        self,
        user_id: str | None = None,
        *,
        session: str | None = None,
        settings: Settings | None = None,
        **overrides: Any,
    ) -> None:
        self.settings = (settings or Settings.load()).with_(**overrides)
        self.store = ConversationCollector(user_id, self.settings)
        self.settings = self.store.settings
        self.session = session or f"session-{ULID()}"
        self._introduced: set[str] = set()

    def stream(self, text: str, **options: Any) -> Turn:
        """Begin a turn; iterating it yields the reply as it arrives.

        Args:
            text: the prompt.
            options: fields of `Options`.

        Raises:
            SettingsError: an empty prompt, or one that is no text.
        """
        if not isinstance(text, str) or not text.strip():
            raise SettingsError("The prompt is empty", "Write what you want to say, as text")
        return Turn(self, storable(text), Options(**{"session": self.session, **options}))

    def ask(self, text: str, **options: Any) -> Turn:
        """Run a whole turn and return it; `str()` of it is the reply.

        Args:
            text: the prompt.
            options: fields of `Options`.

        Raises:
            ProviderError: the model cannot answer; what had arrived is stored.
            StoreError: the conversation cannot be stored; its `reply` is what the model said.
        """
        turn = self.stream(text, **options)
        for _ in turn:
            pass
        return turn

    def rate(
        self, conversation_id: str | Turn, rating: int | str | None, comment: str | None = None
    ) -> str:
        """Rate a conversation, by its id or the turn that made it, and say what that changed.

        Raises:
            InvalidRating: no whole number of stars from 1 to 5.
            UnknownConversation: no such id.
        """
        if isinstance(conversation_id, Turn):
            conversation_id = conversation_id.conversation_id or repr(conversation_id)
        return self._changed(self.store.add_feedback(conversation_id, rating, comment))

    def correct(self, conversation_id: str, reply: str | None) -> str:
        """Keep a reply as it should have been, and say what that changed; None takes it back.

        Raises:
            UnknownConversation: no such id.
        """
        identifier = self.store.correct(conversation_id, reply)
        said = self._changed(identifier)
        return said if self.store.get(identifier).correction else effects.TAKEN_BACK

    def _changed(self, identifier: str) -> str:
        """What a conversation's rating means for later replies, in words."""
        one = self.store.get(identifier)
        if one.good:
            self.datasets.ahead.ask([identifier])
        return effects.words(one, *offer.progress(self.store))

    def rate_all(
        self, selection: Selection, rating: int | str | None, comment: str | None = None
    ) -> Report:
        """Rate many conversations at once; what their ratings were is kept in a file.

        Raises:
            InvalidRating: no whole number of stars from 1 to 5.
        """
        return self._rated(exchange.rate(self.store, selection, rating, comment))

    def import_file(
        self, path: Path, format: str | None = None, *, progress: bool = False
    ) -> Report:
        """Take in conversations of other programs or an export, or ratings; see `exchange.bring`.

        Raises:
            ExchangeError: a file that cannot be read, or of no known format.
        """
        report = exchange.bring(self.store, path, format, progress=progress)
        if report.done and self.settings.memory:
            self.remember()
        return self._rated(report)

    def export_file(
        self,
        path: Path,
        selection: Selection = EVERYTHING,
        format: str | None = None,
        *,
        overwrite: bool = False,
        progress: bool = False,
    ) -> Written:
        """Write conversations to a file, unmasked; see `exchange.write`.

        Raises:
            ExchangeError: nothing is selected, or the file cannot be written.
        """
        return exchange.write(
            self.store, path, selection, format, overwrite=overwrite, progress=progress
        )

    def _rated(self, report: Report) -> Report:
        if report.changed:
            self.datasets.ahead.ask(report.changed)
        return report

    def forget(self, selection: Selection) -> Forgotten:
        """Remove conversations for good, from the store and from every copy of it.

        Args:
            selection: which ones; the empty selection is everything.

        Returns:
            How many were removed, what was trained on them, and files that may still have them.

        Raises:
            RecallError: a server that has a copy does not answer; the store has forgotten.
            StoreUnavailable: a program goes on reading some of it; the next write erases the rest.
        """
        ids = self.store.ids(selection)
        if not ids:
            return Forgotten(0)
        try:
            with outside.alone(self.store.database):  # so that no new file has it either
                trained, copies = self._discard(ids)
                return Forgotten(self.store.forget(ids), trained, copies)
        finally:
            self.memory.discard_copies()

    def redact(self, ids: Iterable[str], private: PrivacyFilter) -> int:
        """Put labels in the place of what is private in conversations, for good; return how many.

        Raises:
            UnknownConversation: no such id.
            ExchangeError: all of it is done, but a file may still have the text.
            RecallError, StoreUnavailable: as `forget` does.
        """
        whole = list(ids)
        try:
            with outside.alone(self.store.database):
                _, copies = self._discard(whole)
                count = self.store.rewrite(whole, lambda text: private.filter(text)[0] or "")
        finally:
            self.memory.discard_copies()
        if copies:
            raise ExchangeError(f"It is redacted, but {'; '.join(copies)}", "Delete what says it")
        return count

    def _discard(self, ids: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Delete what was made of conversations; return who was trained, and files that stay."""
        trained, stay = self.datasets.discard(ids)
        return tuple(trained), (*stay, *exchange.discard(self.store.database, ids))

    def frame(self, selection: Selection | None = None) -> "DataFrame":
        """Conversations as a pandas DataFrame, all or those selected; see `frames.of`.

        Raises:
            MissingExtra: pandas is not installed.
        """
        return frames.of(self.store, selection)

    def apply(self, frame: "DataFrame") -> "DataFrame":
        """Write back what was changed in a frame, and return what it was; see `frames.apply`.

        Raises:
            StoreError: an id, stars, a text or tags that are none; nothing was written.
            MissingExtra: pandas is not installed.
        """
        before = frames.apply(self.store, frame)
        self.datasets.ahead.ask(before["id"])
        return before

    def remember(self) -> None:
        """Index what is new, off the reply's path; who recalls is told of what prevents it."""
        with suppress(KaguraError):
            self.memory.catch_up_soon()

    def introduce(self, provider: Provider) -> list[str]:
        """What the user should know about a provider, the first time it is used."""
        known = provider.model in self._introduced
        self._introduced.add(provider.model)
        return [provider.notice] if provider.notice and not known else []

    def deployment(self, model: str | None = None, session: str | None = None) -> Deployment:
        """The model that answers next in a session, by default this assistant's, and why."""
        return deploy.choose(self.store.database, session or self.session, model)

    def close(self) -> None:
        """Stop what runs in the background and give back every connection and lock."""
        if "memory" in self.__dict__:
            self.memory.close()
        if "datasets" in self.__dict__:
            self.datasets.ahead.end()
        self.store.database.close()

    @cached_property
    def datasets(self) -> Datasets:
        """What of this user's conversations is ready to train on."""
        return Datasets(self.store)

    @cached_property
    def jobs(self) -> Jobs:
        """This user's jobs of fine-tuning."""
        return open_jobs(self.store)

    @cached_property
    def memory(self) -> Memory:
        """The index over all conversations of this user."""
        return Memory(self.store.database, self.settings)
