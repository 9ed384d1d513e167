"""Conversations as a pandas DataFrame, and what was changed in one written back.

    frame = assistant.frame()                              a row for each conversation
    frame.loc[frame.reply.str.len() < 9, "rating"] = 1
    before = assistant.apply(frame)                        all of it on disk, or nothing
    assistant.apply(before)                                as it was

`COLUMNS` are in a frame; those of `FIELDS` are written back, and only where they differ from what
is stored. What a frame does not have, as rows or as columns, stays as it is. pandas is optional.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kagura_nb.errors import InvalidRating, MissingExtra, StoreError
from kagura_nb.records import BY_USER, KEEP, Annotation, Conversation
from kagura_nb.store import ConversationCollector, Selection
from kagura_nb.store.annotations import FIELDS, annotate

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = (
    "id", "created_at", "session", "model", "prompt", "reply", "correction", "rating", "comment",
    "tags", "excluded", "complete", "prompt_tokens", "completion_tokens", "cost",
)  # fmt: skip
WHOLE = ("rating", "prompt_tokens", "completion_tokens")
"""Columns of whole numbers that may be missing."""
OPEN = ("comment", "correction", "excluded")
"""Columns into which anything may be written, and is looked at when it is applied."""


def frame(selection: Selection | None = None, user_id: str | None = None) -> "DataFrame":
    """The user's conversations, see `of`.

    Args:
        selection: which ones; None means all.
        user_id: whose; None takes the one in the settings.

    Raises:
        MissingExtra: pandas is not installed.
    """
    return of(ConversationCollector(user_id), selection)


def of(store: ConversationCollector, selection: Selection | None = None) -> "DataFrame":
    """Conversations as a frame, oldest first.

    Args:
        store: has them.
        selection: which ones; None means all.

    Returns:
        A row for each, with `COLUMNS`: `created_at` with its time zone (UTC); `reply` as the model
        wrote it; `tags` as lists; `excluded` the reason, missing where it may train; `rating` and
        tokens as `Int64`; `cost` in USD as a float, NaN where unknown.

    Raises:
        MissingExtra: pandas is not installed.
    """
    pandas = _pandas()
    rows = [_row(one) for one in store.iterate(selection)]
    made = pandas.DataFrame(rows, columns=list(COLUMNS))
    made["created_at"] = pandas.to_datetime(made["created_at"], utc=True)
    types = dict.fromkeys(WHOLE, "Int64") | dict.fromkeys(OPEN, "object")
    return made.astype({**types, "complete": "bool", "cost": "float64"})


def apply(store: ConversationCollector, changed: "DataFrame") -> "DataFrame":
    """Write back what was changed in a frame: stars, comments, corrections, tags, exclusions.

    Args:
        store: has the conversations.
        changed: rows of `of`, or any frame with `id` and some of `FIELDS`. A missing value means
            that there is none; `excluded` may be True or False instead of a reason.

    Returns:
        The rows that are different now, as they were before, with `id` and `FIELDS`: applying them
        takes the change back.

    Raises:
        InvalidRating: stars that are none; nothing was written.
        UnknownConversation: an id that no conversation has; nothing was written.
        StoreError: ids, texts or tags that are none; nothing was written.
        MissingExtra: pandas is not installed.
    """
    pandas = _pandas()
    given = list(_annotations(pandas, changed))
    known = store.get_many(one.id for one in given)
    before = annotate(store.database, given)
    rows = [_before(one, known[one.id]) for one in before]
    made = pandas.DataFrame(rows, columns=["id", *FIELDS])
    return made.astype({"rating": "Int64"})


def _pandas() -> Any:
    try:
        import pandas
    except ImportError:
        raise MissingExtra(
            "DataFrames need pandas, which is not installed", "`pip install 'kagura-nb[frames]'`"
        ) from None
    return pandas


def _row(one: Conversation) -> tuple[Any, ...]:
    tokens = (one.usage.prompt_tokens, one.usage.completion_tokens) if one.usage else (None, None)
    said = one.prompt, one.response, one.correction, one.rating, one.comment
    cost = None if one.cost is None else float(one.cost)
    facts = list(one.tags), one.excluded, one.complete
    at = one.created_at if one.dated else None
    return (one.id, at, one.session, one.model, *said, *facts, *tokens, cost)


def _before(changed: Annotation, one: Conversation) -> tuple[Any, ...]:
    """What was there, read in the transaction that changed it where it did."""
    was = Annotation(one.id, one.rating, one.comment, one.correction, one.tags, one.excluded)
    fields = {name: value for name in FIELDS if (value := getattr(changed, name)) is not KEEP}
    was = replace(was, **fields)
    tags = list(was.tags) if isinstance(was.tags, tuple) else []
    return (one.id, was.rating, was.comment, was.correction, tags, was.excluded)


def _annotations(pandas: Any, changed: "DataFrame") -> Iterator[Annotation]:
    if "id" not in changed:
        changed = changed.reset_index()
    written = [name for name in FIELDS if name in changed]
    if "id" not in changed or not written:
        raise StoreError(
            "The frame has no id, or none of the columns that can be changed",
            f"Give id and some of {', '.join(FIELDS)}",
        )
    if changed["id"].isna().any():
        raise StoreError("The frame has rows without an id", "Leave them out")
    if changed["id"].duplicated().any():
        raise StoreError("The frame has an id twice", "Leave one row for each conversation")
    for identifier, *values in _tuples(changed, ["id", *written]):
        cells = zip(written, values, strict=True)
        fields = {name: _value(pandas, name, value) for name, value in cells}
        yield Annotation(str(identifier), **fields)


def _tuples(changed: "DataFrame", names: list[str]) -> Iterable[tuple[Any, ...]]:
    rows: Iterable[tuple[Any, ...]] = zip(*(changed[name] for name in names), strict=True)
    return rows


def _value(pandas: Any, name: str, value: Any) -> Any:
    """A cell as `Annotation` has it."""
    missing = not isinstance(value, list | tuple | set) and pandas.isna(value) is True
    if name == "tags":
        return () if missing else value
    if missing:
        return None
    if name == "rating":
        return _stars(value)
    if name == "excluded" and pandas.api.types.is_bool(value):
        return BY_USER if value else None
    return value


def _stars(value: Any) -> Any:
    """Stars as a whole number, also where the column became one of floats."""
    if isinstance(value, float) and not value.is_integer():
        raise InvalidRating(f"{value!r} is not a rating", "Give 1 to 5 stars")
    return int(value) if isinstance(value, float) else value
