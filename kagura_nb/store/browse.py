"""What somebody who looks through many conversations asks for: their order, and what to choose by.

Only indexes are read, so it takes no longer where conversations are long.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from kagura_nb.store import looked
from kagura_nb.store.schema import conversations, tags
from kagura_nb.store.selection import Selection

_of = conversations.c
ORDERS: Mapping[str, ColumnElement[Any]] = MappingProxyType(
    {
        "time": _of.id,
        "stars": func.coalesce(_of.rating, 0),
        "tokens": func.coalesce(_of.prompt_tokens + _of.completion_tokens, 0),
        "length": _of.length,
    }
)
"""By what conversations may be ordered; ids are in the order of their times."""
SEPARATOR = " "
MOST_SESSIONS = 200
"""Sessions to choose from, the latest."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What conversations can be chosen by.

    Args:
        sessions: the latest ones, newest first.
        models: that answered, as `provider:model`.
        tags: that some conversation has.
        types: of personal data that were found so far.
    """

    sessions: tuple[str, ...]
    models: tuple[str, ...]
    tags: tuple[str, ...]
    types: tuple[str, ...]


def ids(
    connection: Connection, selection: Selection, order: str = "time", *, descending: bool = True
) -> tuple[str, ...]:
    """The ids of what is selected.

    Args:
        connection: an open connection.
        selection: which ones.
        order: a name of `ORDERS`; equal ones come in the order of time.
        descending: the other way round.
    """
    keys = (ORDERS[order], _of.id)
    query = select(_of.id).where(*selection.where())
    query = query.order_by(*(key.desc() if descending else key.asc() for key in keys))
    found = query.subquery()  # one text comes in half the time that as many rows take
    joined = connection.scalar(select(func.aggregate_strings(found.c.id, SEPARATOR)))
    return tuple(joined.split(SEPARATOR)) if joined else ()


def choices(connection: Connection) -> Choices:
    """What conversations can be chosen by now."""
    latest = select(_of.session).group_by(_of.session).order_by(func.max(_of.id).desc())
    models = select(_of.model).distinct().order_by(_of.model)
    names = select(tags.c.tag).distinct().order_by(tags.c.tag)
    return Choices(
        sessions=tuple(connection.scalars(latest.limit(MOST_SESSIONS))),
        models=tuple(connection.scalars(models)),
        tags=tuple(connection.scalars(names)),
        types=tuple(looked.types(connection)),
    )
