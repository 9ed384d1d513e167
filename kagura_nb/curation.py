"""Working through conversations: what is asked for, what is done to it, and how it is taken back.

    find(selection, order) ──> ids ──> page(start, count)      as they are now
                                │
                  change, tag, forget, redact ──> undo ──> build the next dataset

What was found stays found until something else is asked for: a conversation that was unrated and
gets its stars does not jump away from under the cursor. Everything is on disk when it returns.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from kagura_nb.assistant import Assistant
from kagura_nb.datasets import Spec, looking
from kagura_nb.errors import DatasetError, SettingsError
from kagura_nb.memory.background import Background
from kagura_nb.privacy import PrivacyFilter
from kagura_nb.records import GOOD_RATING, KEEP, Annotation, Conversation, Dataset, Forgotten
from kagura_nb.store import Selection, browse
from kagura_nb.store.annotations import annotate, annotations, merged, take_back
from kagura_nb.store.datasets import Difference

BATCH = 500
"""Conversations that are looked up or forgotten together."""
AT_ONCE = 200
"""Conversations that are looked through while somebody waits."""


@dataclass(frozen=True, slots=True)
class Change:
    """What was done, and what it takes to undo it.

    Args:
        what: in words.
        at: when.
        done: what was there, and what was said instead.
        dataset: version of the dataset that it came after, None where there was none.
    """

    what: str
    at: datetime
    done: tuple[tuple[Annotation, Annotation], ...]
    dataset: str | None


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back.

    Args:
        what: in words.
        ids: conversations that are different now.
        left: how many are as they were, because they were changed elsewhere meanwhile.
    """

    what: str
    ids: tuple[str, ...]
    left: int


class Curation:
    """A user's conversations, worked through. One thread at a time may use it.

    Args:
        assistant: whose conversations.
        dataset: what was built of them last.
        spec: by which the next one is built; None where that is not known.

    Attributes:
        ids: what was found, in order.
        changed: how many changes there are since the dataset was built.
        unlooked: how many conversations were not looked through when `find` last needed it.
    """

    def __init__(
        self, assistant: Assistant, dataset: Dataset | None = None, spec: Spec | None = None
    ) -> None:
        self.dataset = dataset
        self.spec = spec
        self.ids: tuple[str, ...] = ()
        self.changed = 0
        self.unlooked = 0
        self._assistant, self._store = assistant, assistant.store
        self._done: list[Change] = []
        self._told: Callable[[int], None] = lambda left: None
        self._looking = Background(self._look_at_all)

    def find(self, selection: Selection, order: str = "time", *, descending: bool = True) -> None:
        """Find conversations: which ones, and in which of `browse.ORDERS`."""
        self.unlooked = 0
        if selection.holds is not None:
            self._look_at_few()
        with self._store.database.read() as connection:
            self.ids = browse.ids(connection, selection, order, descending=descending)

    def find_like(self, conversation_id: str) -> None:
        """Find a conversation and those that say nearly the same, of all that were looked through.

        Raises:
            UnknownConversation: no such id.
        """
        self._look_at_few()
        one = self._store.get(conversation_id)
        self.ids = (one.id, *looking.like(self._store, one))

    def page(self, start: int, count: int) -> list[Conversation]:
        """Some of what was found, as it is now; what was forgotten meanwhile is left out."""
        wanted = self.ids[start : start + count]
        known = self._store.get_many(wanted)
        return [known[one] for one in wanted if one in known]

    def change(self, what: str, ids: Sequence[str], **fields: Any) -> int:
        """Change the same about conversations.

        Args:
            what: is done, in words, for who wants to undo it.
            ids: whole ids.
            fields: of `Annotation`.

        Returns:
            How many are different now.

        Raises:
            StoreError: nothing was changed; the message says why.
        """
        return self._annotate(what, (Annotation(one, **fields) for one in ids))

    def tag(self, what: str, ids: Sequence[str], name: str, *, remove: bool = False) -> int:
        """Add a label to conversations, or take it away; see `change`."""
        if not name.strip():
            raise SettingsError("The tag is empty", "Write its name")
        return self._annotate(what, self._tagged(ids, name.strip(), remove))

    @property
    def undoable(self) -> str:
        """What `undo` would take back, in words; empty where there is nothing."""
        return self._done[-1].what if self._done else ""

    def undo(self) -> Undone:
        """Take the last change back, except what was changed, redacted or forgotten meanwhile.

        Raises:
            SettingsError: there is nothing to take back.
            StoreError: it cannot be written; it can be tried again.
        """
        if not self._done:
            raise SettingsError("There is nothing to undo", "Change something first")
        last = self._done[-1]
        ids, left = take_back(self._store.database, last.done, last.at)
        self._done.pop()
        self.changed += -len(ids) if last.dataset == self._version else len(ids)
        return Undone(last.what, tuple(ids), left)

    def forget(self, ids: Sequence[str]) -> Forgotten:
        """Remove conversations for good, see `Assistant.forget`; nothing of them can be undone."""
        self._cannot_be_undone(ids)
        gone, trained, copies = 0, set[str](), set[str]()
        for some in _batches(ids, BATCH):
            one = self._assistant.forget(Selection(ids=tuple(some)))
            gone, trained = gone + one.conversations, trained | set(one.trained)
            copies |= set(one.copies)
        lost = set(ids)
        self.ids = tuple(one for one in self.ids if one not in lost)
        self.changed += gone
        return Forgotten(gone, tuple(sorted(trained)), tuple(sorted(copies)))

    def redact(self, ids: Sequence[str]) -> int:
        """Mask what is private in conversations for good; nothing of them can be undone."""
        self._cannot_be_undone(ids)
        done = self._assistant.redact(ids, PrivacyFilter())
        self.changed += done
        return done

    def build(self) -> tuple[Dataset, Difference | None]:
        """Build the next dataset; return it, and what it has of the one before.

        Raises:
            DatasetError: nothing is left to train on, or it is not known what is to be selected.
        """
        if self.spec is None:
            raise DatasetError(
                "It is not known how this dataset was selected",
                "Build the next one with `%kagura data` and the same options",
            )
        before, self.dataset = self.dataset, self._assistant.datasets.build(self.spec)
        self.changed = 0
        if before is None:
            return self.dataset, None
        return self.dataset, self._assistant.datasets.difference(before, self.dataset)

    def look(self, told: Callable[[int], None]) -> None:
        """Look through the rest, beside everything else.

        Args:
            told: called now and then, in another thread, with how many are left; 0 at the end.
        """
        self._told = told
        self._looking.ask()

    def stop_looking(self) -> None:
        """End it; what was looked through is remembered."""
        self._looking.end()
        self._looking = Background(self._look_at_all)

    def _annotate(self, what: str, given: Iterable[Annotation]) -> int:
        at, wanted = datetime.now(UTC), merged(given)
        before = annotate(self._store.database, wanted.values())
        if before:
            done = tuple((one, wanted[one.id]) for one in before)
            self._done.append(Change(what, at, done, self._version))
            self.changed += len(before)
        self._assistant.datasets.ahead.ask(one.id for one in wanted.values() if _may_be_good(one))
        return len(before)

    @property
    def _version(self) -> str | None:
        return None if self.dataset is None else self.dataset.version

    def _tagged(self, ids: Sequence[str], name: str, remove: bool) -> Iterator[Annotation]:
        for one, now in self._annotations(ids):
            names = set(now.tags) if isinstance(now.tags, tuple) else set()
            yield Annotation(one, tags=tuple(names - {name} if remove else names | {name}))

    def _annotations(self, ids: Sequence[str]) -> Iterator[tuple[str, Annotation]]:
        for some in _batches(ids, BATCH):
            with self._store.database.read() as connection:
                found = annotations(connection, some)
            yield from found.items()

    def _cannot_be_undone(self, ids: Sequence[str]) -> None:
        """Let no change be taken back that would bring back what is gone."""
        lost = set(ids)
        kept = (
            replace(one, done=tuple(pair for pair in one.done if pair[0].id not in lost))
            for one in self._done
        )
        self._done = [one for one in kept if one.done]

    def _look_at_few(self) -> None:
        self.unlooked = looking.count_missing(self._store)
        if 0 < self.unlooked <= AT_ONCE:
            for some in _batches(looking.missing(self._store), looking.BATCH):
                looking.look(self._store, some)
            self.unlooked = 0

    def _look_at_all(self) -> None:
        ended, waiting = self._looking.ended, looking.missing(self._store)
        left = len(waiting)
        for some in _batches(waiting, looking.BATCH):
            if ended.is_set():
                return
            looking.look(self._store, some)
            left -= len(some)
            self._told(left)


def _batches(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (ids[at : at + size] for at in range(0, len(ids), size))


def _may_be_good(one: Annotation) -> bool:
    rated = one.rating is not KEEP and (one.rating or 0) >= GOOD_RATING
    return rated or (one.correction is not KEEP and one.correction is not None)
