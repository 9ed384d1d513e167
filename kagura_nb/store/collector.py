"""Every conversation of one user: collected, rated, corrected, found again, forgotten.

A method returns when its transaction is committed. Ids may be given whole, as `last`, or as any
unambiguous end of at least four characters, as views show them.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypedDict

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from kagura_nb.reasoning import split
from kagura_nb.records import BY_USER, GOOD_RATING, Arm, Conversation, Message, Usage
from kagura_nb.settings import Settings
from kagura_nb.store import changes, deployments
from kagura_nb.store.database import Database
from kagura_nb.store.queries import fetch, present, read, resolve
from kagura_nb.store.rows import (
    following,
    new_id,
    storable,
    to_messages,
    to_metadata,
    to_rating,
)
from kagura_nb.store.schema import conversations, tags
from kagura_nb.store.selection import Selection, first_rows

LATE = timedelta(hours=1)
"""How long ago a conversation may have begun that is stored now; others are of the past."""
BATCH = 500
"""Rows fetched at a time while iterating."""


class Stats(TypedDict):
    """Counts: all, rated, rated good, and good ones that may train."""

    total: int
    rated: int
    high_rated: int
    ready_for_ft: int


class ConversationCollector:
    """The store of one user.

    Args:
        user_id: whose; None takes the one in the settings.
        settings: where; None loads them.

    Raises:
        InvalidUserId: an id from which no safe folder name can be made.
    """

    def __init__(self, user_id: str | None = None, settings: Settings | None = None) -> None:
        settings = settings or Settings.load()
        self.settings = settings if user_id is None else settings.with_(user=user_id)
        self.database = Database(self.settings)

    def collect(
        self,
        messages: str | Iterable[Message | Mapping[str, str]],
        response: str,
        model: str,
        metadata: Mapping[str, Any] | None = None,
        *,
        session: str = "default",
        created_at: datetime | None = None,
        complete: bool = True,
        usage: Usage | None = None,
        cost: Decimal | None = None,
        arm: Arm | None = None,
        reasoning: str | None = None,
    ) -> str:
        """Store one conversation, and what was spent on it, and return its id.

        Args:
            messages: what the user's side sent, the prompt last; a lone prompt may be plain text.
            response: the model's reply.
            model: `provider:model` that answered.
            metadata: anything that JSON can hold.
            session: the run of conversations it belongs to.
            created_at: when the prompt was sent, aware; now by default.
            complete: False where it was cut short.
            usage: tokens consumed.
            cost: price in USD; None where unknown.
            arm: the side of a comparison that the session is on from now on.
            reasoning: what the model thought first; by default what the response begins with.

        Raises:
            StoreError: messages or metadata that are none, or a database that cannot be written.
        """
        when = created_at or datetime.now(UTC)
        thought, reply = split(response) if reasoning is None else (reasoning, response)
        one = Conversation(
            new_id(when),
            storable(session),
            when,
            to_messages(messages),
            storable(reply),
            storable(model),
            complete,
            usage,
            cost,
            metadata=to_metadata(metadata) | _side(arm),
            reasoning=storable(thought),
        )
        return self._add(one, arm)

    def _add(self, one: Conversation, arm: Arm | None) -> str:
        now = datetime.now(UTC)
        with self.database.write() as connection:
            if one.created_at > now - LATE:
                latest = connection.scalar(select(func.max(conversations.c.id)))
                one = replace(one, id=following(one.id, latest, now))
            changes.add(connection, one, arm)
        return one.id

    def add_many(self, given: Iterable[Conversation]) -> int:
        """Store conversations from elsewhere as they are, in one transaction.

        Args:
            given: as `rows.checked` makes them; of those whose id is there already nothing is
                changed.

        Returns:
            How many were not there.
        """
        held = list(given)
        with self.database.write(durable=True) as connection:
            return changes.add_many(connection, held)

    def add_feedback(
        self, conversation_id: str, rating: int | str | None, comment: str | None = None
    ) -> str:
        """Rate a conversation; it is on disk when this returns.

        Args:
            conversation_id: which one.
            rating: 1 to 5 stars; None clears rating and comment.
            comment: why; None leaves the comment there is.

        Returns:
            The whole id.

        Raises:
            InvalidRating: no whole number of stars from 1 to 5.
            UnknownConversation: no such id.
        """
        stars = to_rating(rating)
        given: dict[str, Any] = {"rating": stars}
        if stars is None:
            given["comment"] = None
        elif comment is not None:
            given["comment"] = storable(comment) or None
        return self._change(conversation_id, given)

    def correct(self, conversation_id: str, reply: str | None) -> str:
        """Keep the reply as the user wishes it had been; None or blank text removes it."""
        given = {"correction": storable(reply) if reply and reply.strip() else None}
        return self._change(conversation_id, given)

    def exclude(self, conversation_id: str, reason: str | None = BY_USER) -> str:
        """Keep a conversation out of training and examples; reason None lets it in again."""
        return self._change(conversation_id, {"excluded": reason and storable(reason)})

    def rewrite(self, ids: Iterable[str], change: Callable[[str], str]) -> int:
        """Replace every text of conversations for good, erase what it was, and return how many.

        `Assistant.redact` also deletes what was copied out of the store.

        Args:
            ids: which ones; read one by one.
            change: from a text to what stands in its place.
        """
        done = 0
        try:
            for one in ids:
                with self.database.write(durable=True) as connection:
                    changes.rewrite(connection, resolve(connection, one), change)
                done += 1
        finally:
            if done:
                self.database.erase()
        return done

    def tag(self, conversation_id: str, *names: str, remove: bool = False) -> str:
        """Add labels to a conversation, or remove them."""
        with self.database.write(durable=True) as connection:
            identifier = resolve(connection, conversation_id)
            labels = {storable(name) for name in names}
            wanted = (tags.c.conversation_id == identifier, tags.c.tag.in_(labels))
            connection.execute(delete(tags).where(*wanted))
            if labels and not remove:
                rows = [{"conversation_id": identifier, "tag": name} for name in labels]
                connection.execute(insert(tags), rows)
        return identifier

    def get(self, conversation_id: str) -> Conversation:
        """The conversation with this id.

        Raises:
            UnknownConversation: no such id, or more than one that ends so.
        """
        with self.database.read() as connection:
            identifier = resolve(connection, conversation_id)
            return fetch(connection, [identifier])[identifier]

    def get_many(self, ids: Iterable[str]) -> dict[str, Conversation]:
        """Conversations by whole id; unknown ones are left out."""
        with self.database.read() as connection:
            return fetch(connection, list(ids))

    def iterate(
        self,
        selection: Selection | None = None,
        *,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Iterator[Conversation]:
        """Every selected conversation in the order of `created_at`, in constant memory.

        No transaction stays open between batches: what is added meanwhile at the far end is seen.

        Args:
            selection: which ones; None means all.
            newest_first: the order.
            limit: at most so many; None means all.
        """
        column, left = conversations.c.id, sys.maxsize if limit is None else limit
        first = page = first_rows(selection or Selection(), newest_first, min(left, BATCH))
        while left > 0:
            with self.database.read() as connection:
                found = read(connection, page)
            yield from found
            if len(found) < BATCH:
                return
            left -= len(found)
            last = found[-1].id
            beyond = column < last if newest_first else column > last
            page = first.where(beyond).limit(min(left, BATCH))

    def recent(self, limit: int, selection: Selection | None = None) -> list[Conversation]:
        """The latest selected conversations, newest first."""
        return list(self.iterate(selection, newest_first=True, limit=limit))

    def search(self, words: str, limit: int = 20) -> list[Conversation]:
        """Conversations that contain all of the words, in any case of letters, newest first."""
        return self.recent(limit, Selection(text=words))

    def get_training_data(
        self, min_rating: int = GOOD_RATING, limit: int | None = None
    ) -> list[Conversation]:
        """The complete, not excluded conversations with enough stars or a correction, newest first.

        Args:
            min_rating: fewest stars, 1 to 5.
            limit: at most so many; None means all.
        """
        stars = to_rating(min_rating)
        selection = Selection(min_rating=stars, trainable=True)
        return list(self.iterate(selection, newest_first=True, limit=limit))

    def ids(self, selection: Selection) -> tuple[str, ...]:
        """The ids of what is selected, in order."""
        query = select(conversations.c.id).where(*selection.where()).order_by(conversations.c.id)
        with self.database.read() as connection:
            return tuple(connection.scalars(query))

    def sessions(self, selection: Selection) -> list[str]:
        """The sessions that selected conversations are in, in the order in which they began."""
        of = conversations.c
        query = select(of.session).where(*selection.where()).group_by(of.session)
        with self.database.read() as connection:
            return list(connection.scalars(query.order_by(func.min(of.id))))

    def count(self, selection: Selection) -> int:
        """How many conversations are selected."""
        with self.database.read() as connection:
            return _count(connection, selection.where())

    def get_stats(self) -> Stats:
        """Count: total, rated, high_rated (4 and 5 stars), ready_for_ft (good, may train)."""
        rating = conversations.c.rating
        ready = Selection(min_rating=GOOD_RATING, trainable=True).where()
        with self.database.read() as connection:
            return Stats(
                total=_count(connection, []),
                rated=_count(connection, [rating.is_not(None)]),
                high_rated=_count(connection, [rating >= GOOD_RATING]),
                ready_for_ft=_count(connection, ready),
            )

    def forget(self, selection: Selection | Sequence[str]) -> int:
        """Remove conversations from the rows and every index in the store, bytes included.

        `Assistant.forget` also deletes what was copied out of the store.

        Args:
            selection: which ones, or their whole ids; the empty selection is everything.

        Returns:
            How many were removed.
        """
        chosen = self.ids(selection) if isinstance(selection, Selection) else selection
        with self.database.write(durable=True) as connection:
            ids = sorted(present(connection, chosen))
            for start in range(0, len(ids), BATCH):
                changes.remove(connection, ids[start : start + BATCH])
            deployments.prune(connection)
        if ids:
            self.database.erase()
        return len(ids)

    def _change(self, conversation_id: str, given: Mapping[str, Any]) -> str:
        with self.database.write(durable=True) as connection:
            identifier = resolve(connection, conversation_id)
            changes.alter(connection, {identifier: given})
        return identifier


def _side(arm: Arm | None) -> dict[str, str]:
    """What a conversation's metadata says of its side of a comparison."""
    if arm is None:
        return {}
    return {"arm": "tuned" if arm.tuned else "base", "deployment": arm.deployment}


def _count(connection: Connection, where: list[ColumnElement[bool]]) -> int:
    return connection.scalar(select(func.count()).select_from(conversations).where(*where)) or 0
