"""The loop: how a prompt becomes a reply, and the reply a better assistant.

 1. recall   conversations related to the prompt                        memory
 2. choose   the best-rated conversations as examples                   fewshot
 3. pick     the model that answers                                     deploy
 4. assemble the messages inside the model's token budget               prompt
 5. mask     what must not leave the machine                            privacy
 6. stream   the reply, what was masked put back                        providers
 7. collect  one committed row, also of a reply that was cut short      store
 8. index    it for the next recall, off the reply's path               memory

A failing memory costs a notice, never the turn; so does a deployed model that is gone, in whose
place the base one answers. From the first step on the prompt is kept, whatever becomes of the rest.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property, partial
from typing import Any

from ulid import ULID

from kagura_nb import context, costs, deploy, effects, pricing
from kagura_nb.context import Context, Options
from kagura_nb.datasets import Datasets
from kagura_nb.errors import KaguraError, SettingsError
from kagura_nb.memory import Memory
from kagura_nb.privacy import PrivacyFilter, PromptDoor
from kagura_nb.providers import open_provider
from kagura_nb.providers.base import Chunk, Provider, Sampling, estimated
from kagura_nb.records import Arm, Conversation, Deployment, Forgotten, Usage
from kagura_nb.settings import Settings
from kagura_nb.store import ConversationCollector, Selection
from kagura_nb.tuning import Jobs, open_jobs


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

    def stream(self, text: str, **options: Any) -> "Turn":
        """Begin a turn; iterating it yields the reply as it arrives.

        Args:
            text: the prompt.
            options: fields of `Options`.

        Raises:
            SettingsError: an empty prompt, or one that is no text.
        """
        if not isinstance(text, str) or not text.strip():
            raise SettingsError("The prompt is empty", "Write what you want to say, as text")
        return Turn(self, text, Options(**{"session": self.session, **options}))

    def ask(self, text: str, **options: Any) -> "Turn":
        """Run a whole turn and return it; `str()` of it is the reply.

        Args:
            text: the prompt.
            options: fields of `Options`.

        Raises:
            ProviderError: the model cannot answer; what had arrived is stored.
            StoreError: the conversation cannot be stored.
        """
        turn = self.stream(text, **options)
        for _ in turn:
            pass
        return turn

    def rate(
        self, conversation_id: "str | Turn", rating: int | str | None, comment: str | None = None
    ) -> str:
        """Rate a conversation, by its id or the turn that made it, and say what that changed.

        Raises:
            InvalidRating: no whole number of stars from 1 to 5.
            UnknownConversation: no such id.
        """
        if isinstance(conversation_id, Turn):
            conversation_id = conversation_id.conversation_id or repr(conversation_id)
        identifier = self.store.add_feedback(conversation_id, rating, comment)
        return self.effect(self.store.get(identifier))

    def effect(self, conversation: Conversation) -> str:
        """What the present rating of a conversation means for later replies, in words."""
        ready = self.store.get_stats()["ready_for_ft"]
        return effects.words(conversation, ready, self.settings.threshold)

    def forget(self, selection: Selection) -> Forgotten:
        """Remove conversations for good, from the store and from every copy of it.

        Args:
            selection: which ones; the empty selection is everything.

        Returns:
            How many were removed, and what was trained on them.

        Raises:
            RecallError: a server that has a copy does not answer; the store has forgotten.
            StoreUnavailable: a program goes on reading some of it; the next write erases the rest.
        """
        ids = self.store.ids(selection)
        if not ids:
            return Forgotten(0)
        trained = self.datasets.discard(ids)
        try:
            return Forgotten(self.store.forget(selection), tuple(trained))
        finally:
            self.memory.discard_copies()

    def redact(self, ids: Iterable[str], private: PrivacyFilter) -> int:
        """Put labels in the place of what is private in conversations, for good; return how many.

        Raises:
            UnknownConversation: no such id.
            RecallError, StoreUnavailable: as `forget` does.
        """
        whole = list(ids)
        self.datasets.discard(whole)
        try:
            return self.store.rewrite(whole, lambda text: private.filter(text)[0] or "")
        finally:
            self.memory.discard_copies()

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


class Turn:
    """One run through the loop. Iterate it once; what it learned on the way are its attributes.

    Attributes:
        text: the reply, as far as it has arrived.
        complete: whether the reply reached its end; a token limit is none.
        model: `provider:model` that answers.
        conversation_id: the id it is stored under, None before that and for private turns.
        usage: tokens consumed.
        cost: price in USD, None where unknown.
        context: the messages sent, and the memories and examples in them.
        notices: lines for the user.
    """

    def __init__(self, assistant: Assistant, text: str, options: Options) -> None:
        self.prompt = text
        self.options = options
        self.text = ""
        self.complete = False
        self.model = options.model or ""
        self.conversation_id: str | None = None
        self.usage: Usage | None = None
        self.cost: Decimal | None = None
        self.context = Context()
        self.notices: list[str] = []
        self._assistant = assistant
        self._settings = assistant.settings
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
            with closing(self._reply()) as pieces:
                for piece in pieces:
                    self.text += piece
                    yield piece
            self.complete = not self._at_limit
            if not self.text.strip():
                self.notices.append(f"{self.model} sent an empty reply. Ask again in other words.")
        finally:
            _to_the_end(self._finish)

    def _reply(self) -> Generator[str]:
        """The chosen model's reply; the base one's where a deployed model is gone."""
        chosen = self._assistant.deployment(self.options.model, self.options.session)
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
        self.notices += self._assistant.introduce(provider)
        self.model = provider.model
        self.context = context.gather(
            self.prompt,
            self.options,
            provider,
            self._assistant.store,
            lambda: self._assistant.memory,
            self._started,
        )
        door = PromptDoor("off" if provider.on_this_machine else self._settings.prompts)
        masked = door.mask(self.context.messages)
        self._metadata = {**self.context.provenance(), "masked": door.masked}
        self.notices += [*self.context.notices, *pricing.complaints(self._settings)]
        self.notices += door.notice(masked[-1].content)
        self._estimate = partial(estimated, provider, masked)
        temperature = self._settings.temperature
        sampling = Sampling(temperature=None if temperature < 0 else temperature)
        with closing(provider.stream(masked, sampling)) as chunks:  # type: ignore[type-var]
            yield from door.restore(self._texts(chunks))

    def _texts(self, chunks: Iterator[Chunk]) -> Iterator[str]:
        """The text of the chunks; the usage on its way is kept."""
        for chunk in chunks:
            self.usage = chunk.usage or self.usage
            self._at_limit = chunk.cut or self._at_limit
            if chunk.text:
                yield chunk.text
        if self._at_limit:
            self.notices.append("The reply ends at the model's token limit. Ask it to go on.")

    def _finish(self) -> None:
        """Store the turn, whatever became of it, and index it off the reply's path.

        Of a private one no more is kept than what it cost; what was refused has cost nothing.
        """
        if self.usage is None and self._estimate is not None and self.text:
            self.usage = self._estimate(self.text)
        if self.usage is not None:
            self.cost = pricing.cost(self.model, self.usage, self._settings)
        if self.options.private:
            costs.note(self._assistant.store.database, "chat", self.model, self.usage)
            return
        self.conversation_id = self._assistant.store.collect(
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
        )
        if self._settings.memory:
            self._assistant.remember()


def _to_the_end(task: Callable[[], None]) -> None:
    """Run a task in a thread, where Ctrl-C cannot reach it: the interrupt waits for its end."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(task).result()
