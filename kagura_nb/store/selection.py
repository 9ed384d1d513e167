"""Which conversations are meant: one description for listing, training, exporting, forgetting."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, exists, literal_column, or_, select

from kagura_nb.errors import SettingsError
from kagura_nb.records import DATED_FROM, GOOD_RATING
from kagura_nb.store.datasets import lineage
from kagura_nb.store.looked import looked
from kagura_nb.store.queries import WHOLE
from kagura_nb.store.rows import folded, storable, to_text
from kagura_nb.store.schema import conversations, search_text, tags

ANYTHING = "anything"
"""Stands for every type of personal data."""
_other = conversations.alias("other").c
CORRECTED = select(_other.id).where(_other.correction.is_not(None))
EXCLUDED = select(_other.id).where(_other.excluded.is_not(None))
"""Each has an index of its own, so that no text is read where there are few."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Conversations that meet every condition given; the empty selection is all of them.

    Args:
        ids: these and no others.
        session: of this session.
        model: answered by this `provider:model`.
        tag: with this tag.
        text: with all of these words somewhere in messages, reply, correction or comment, in any
            case and width of their letters.
        min_rating: with at least so many stars; a corrected one counts as good.
        max_rating: with at most so many stars, and not corrected.
        since: from this time on.
        until: before this time.
        trainable: complete, not excluded.
        unanswered: failed before a reply began.
        stars: with exactly so many stars; 0 means unrated.
        corrected: whether there is a correction.
        excluded: whether it is kept out of training.
        complete: whether the reply was not cut short.
        dataset: of this version, also what was left out of it.
        part: of the dataset: train, validation or out.
        dated: whether it is known when it was.
        holds: this type of personal data or secret was found in it, `ANYTHING` for any.

    Raises:
        SettingsError: a text without a word, which would mean every conversation.
    """

    ids: tuple[str, ...] | None = None
    session: str | None = None
    model: str | None = None
    tag: str | None = None
    text: str | None = None
    min_rating: int | None = None
    max_rating: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    trainable: bool = False
    unanswered: bool = False
    stars: int | None = None
    corrected: bool | None = None
    excluded: bool | None = None
    complete: bool | None = None
    dataset: str | None = None
    part: str | None = None
    dated: bool | None = None
    holds: str | None = None

    def __post_init__(self) -> None:
        if self.text is not None and not self.text.strip():
            raise SettingsError("The text to look for is empty", "Give at least one word")

    @property
    def words(self) -> list[str]:
        """The conditions other than the stars, in words."""
        said = {
            "{} named conversations": self.ids and len(self.ids),
            "session {}": self.session,
            "model {}": self.model,
            "tag {}": self.tag,
            "with the words {!r}": self.text,
            "since {:%Y-%m-%d}": self.since,
            "before {:%Y-%m-%d}": self.until,
            "dataset {}": self.dataset,
            "part {}": self.part,
            "with {} in it": self.holds,
            "{} stars": self.stars,
        }
        states = {"corrected": self.corrected, "kept out": self.excluded, "whole": self.complete}
        return [form.format(value) for form, value in said.items() if value is not None] + [
            name if state else f"not {name}" for name, state in states.items() if state is not None
        ]

    def where(self) -> list[ColumnElement[bool]]:
        """The conditions in SQL, to be joined by AND."""
        return [*self._named(), *self._said(), *self._rated(), *self._states(), *self._used()]

    def _named(self) -> Iterator[ColumnElement[bool]]:
        row = conversations.c
        for column, value in ((row.session, self.session), (row.model, self.model)):
            if value is not None:
                yield column == storable(value)
        if self.ids is not None:
            yield row.id.in_(self.ids)
        if self.tag is not None:
            yield row.id.in_(_holders(tags, tags.c.tag == storable(self.tag)))

    def _said(self) -> Iterator[ColumnElement[bool]]:
        created_at = conversations.c.created_at
        said = search_text.c
        for word in folded(self.text or "").split():
            found = said.folded.contains(word, autoescape=True)
            yield exists().where(said.conversation_id == conversations.c.id, found)
        if self.since is not None:
            yield created_at >= to_text(self.since)
        if self.until is not None:
            yield created_at < to_text(self.until)
        if self.dated is False:
            yield created_at < to_text(DATED_FROM)
        elif self.dated or self.since is not None or self.until is not None:
            yield created_at >= to_text(DATED_FROM)

    def _rated(self) -> Iterator[ColumnElement[bool]]:
        row = conversations.c
        if self.trainable and self.min_rating == GOOD_RATING:
            yield literal_column("good")  # the same as elsewhere, and it has an index
        elif self.min_rating is not None:
            enough = row.rating >= self.min_rating
            yield enough if self.min_rating > GOOD_RATING else or_(enough, row.id.in_(CORRECTED))
        if self.max_rating is not None:
            yield row.rating <= self.max_rating
            yield row.id.not_in(CORRECTED)
        if self.stars is not None:
            yield row.rating == self.stars if self.stars else row.rating.is_(None)

    def _states(self) -> Iterator[ColumnElement[bool]]:
        row = conversations.c
        for state, ids in ((self.corrected, CORRECTED), (self.excluded, EXCLUDED)):
            if state is not None:
                yield row.id.in_(ids) if state else row.id.not_in(ids)
        if self.complete is not None:
            yield row.complete.is_(self.complete)
        if self.unanswered:
            yield row.complete.is_(False)
            yield row.response == ""
        if self.trainable and self.min_rating != GOOD_RATING:
            yield row.complete.is_(True)
            yield row.excluded.is_(None)
            yield row.response != ""
            if (self.min_rating or 0) > GOOD_RATING:
                yield literal_column("good")  # says no more, but has an index

    def _used(self) -> Iterator[ColumnElement[bool]]:
        row, line = conversations.c, lineage.c
        if self.dataset is not None:
            # Most conversations are in it, so going through an index of all of them is sooner.
            there = [line.version == self.dataset, line.conversation_id == row.id]
            there += [] if self.part is None else [line.part == self.part]
            yield exists().where(*there)
        if self.holds is not None:
            type = "" if self.holds == ANYTHING else f"{self.holds} "
            found = looked.c.types.contains(f" {type}", autoescape=True)
            yield row.id.in_(_holders(looked, found, looked.c.types != " "))


def first_rows(selection: Selection, newest_first: bool, size: int) -> Select[Any]:
    """So many conversations of a selection, by id."""
    made = _first_rows if selection.ids else _usual_first_rows
    return made(selection, newest_first, size)


def _first_rows(selection: Selection, newest_first: bool, size: int) -> Select[Any]:
    order = conversations.c.id.desc() if newest_first else conversations.c.id
    return WHOLE.where(*selection.where()).order_by(order).limit(size)


_usual_first_rows = lru_cache(maxsize=8)(_first_rows)
"""A turn asks for the same as the one before, and building it takes long."""


def _holders(table: Table, *conditions: ColumnElement[bool]) -> Select[tuple[str]]:
    """The conversations with such a row in another table."""
    return select(table.c.conversation_id).where(*conditions)
