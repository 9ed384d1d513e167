"""Which conversations are meant: one description for listing, training, exporting, forgetting."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, literal_column, or_, select

from kagura_nb.errors import SettingsError
from kagura_nb.records import GOOD_RATING
from kagura_nb.store.rows import folded, storable, to_text
from kagura_nb.store.schema import conversations, search_text, tags


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
        }
        return [form.format(value) for form, value in said.items() if value is not None]

    def where(self) -> list[ColumnElement[bool]]:
        """The conditions in SQL, to be joined by AND."""
        row = conversations.c
        conditions: list[ColumnElement[bool]] = [
            column == storable(value)
            for column, value in ((row.session, self.session), (row.model, self.model))
            if value is not None
        ]
        if self.ids is not None:
            conditions.append(row.id.in_(self.ids))
        if self.tag is not None:
            conditions.append(
                exists().where(tags.c.conversation_id == row.id, tags.c.tag == storable(self.tag))
            )
        conditions += [_contains(word) for word in folded(self.text or "").split()]
        is_good = self.trainable and self.min_rating == GOOD_RATING
        if is_good:
            conditions.append(literal_column("good"))  # the same as below, and it has an index
        elif self.min_rating is not None:
            conditions.append(_rated(self.min_rating))
        if self.max_rating is not None:
            conditions += [row.rating <= self.max_rating, row.correction.is_(None)]
        if self.since is not None:
            conditions.append(row.created_at >= to_text(self.since))
        if self.until is not None:
            conditions.append(row.created_at < to_text(self.until))
        if self.unanswered:
            conditions += [row.complete.is_(False), row.response == ""]
        if self.trainable and not is_good:
            conditions += [row.complete.is_(True), row.excluded.is_(None), row.response != ""]
            if (self.min_rating or 0) > GOOD_RATING:
                conditions.append(literal_column("good"))  # says no more, but has an index
        return conditions


def _contains(word: str) -> ColumnElement[bool]:
    of = search_text.c
    found = select(of.conversation_id).where(of.folded.contains(word, autoescape=True))
    return conversations.c.id.in_(found)


def _rated(stars: int) -> ColumnElement[bool]:
    enough = conversations.c.rating >= stars
    if stars > GOOD_RATING:
        return enough
    return or_(enough, conversations.c.correction.is_not(None))
