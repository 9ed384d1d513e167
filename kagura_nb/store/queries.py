"""Looking conversations up by id."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, bindparam, select

from kagura_nb.errors import UnknownConversation
from kagura_nb.records import Conversation
from kagura_nb.store.rows import COLUMNS, storable, to_conversation
from kagura_nb.store.schema import conversations, tags

SHORTEST_ID = 4
"""Characters of an id's end that are enough to name it."""
WHOLE_ID = 26
IDS: BindParameter[list[str]] = bindparam("ids", expanding=True)
WHOLE = select(*(conversations.c[name] for name in COLUMNS))
BY_ID = WHOLE.where(conversations.c.id.in_(IDS))
LABELS = select(tags).where(tags.c.conversation_id.in_(IDS))
"""Made once: making them anew takes as long as running them."""
BATCH = 500
"""Conversations read at a time; a statement takes only so many parameters."""


def resolve(connection: Connection, reference: str) -> str:
    """The whole id that a user's reference means.

    Args:
        connection: an open connection.
        reference: a whole id, `last`, or the unambiguous end of an id.

    Raises:
        UnknownConversation: no such id, or several.
    """
    column = conversations.c.id
    wanted = storable(str(reference)).strip().upper()
    query = select(column).order_by(column.desc()).limit(2)
    if len(wanted) == WHOLE_ID:
        query = query.where(column == wanted)
    elif wanted != "LAST":
        query = query.where(column.endswith(wanted, autoescape=True))
    found = list(connection.scalars(query)) if len(wanted) >= SHORTEST_ID else []
    if found and (wanted == "LAST" or len(found) == 1):
        return str(found[0])
    problem = "Several conversations end in" if found else "There is no conversation"
    raise UnknownConversation(
        f"{problem} {reference!r}", "`history` lists the ids; `last` means the newest one"
    )


def resolve_many(connection: Connection, references: Collection[str]) -> dict[str, str]:
    """The whole ids that references mean, as `resolve` has them; without those that mean none.

    Reads each whole id, and all ids once where any is not whole.
    """
    wanted = {one: storable(one).strip().upper() for one in references}
    whole = present(connection, [one for one in wanted.values() if len(one) == WHOLE_ID])
    ends = {one for one in wanted.values() if SHORTEST_ID <= len(one) < WHOLE_ID}
    meant = {one: [one] for one in whole}
    if ends:
        lengths = {len(one) for one in ends}
        column = conversations.c.id
        for identifier in connection.scalars(select(column).order_by(column)):
            for end in ends.intersection(identifier[-length:] for length in lengths):
                meant.setdefault(end, []).append(identifier)
            meant["LAST"] = [identifier]
    return {one: ids[0] for one, end in wanted.items() if len(ids := meant.get(end, [])) == 1}


def present(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Which of these whole ids there are."""
    found: set[str] = set()
    for start in range(0, len(ids), BATCH):
        wanted = conversations.c.id.in_(ids[start : start + BATCH])
        found.update(connection.scalars(select(conversations.c.id).where(wanted)))
    return found


def fetch(connection: Connection, ids: Sequence[str]) -> dict[str, Conversation]:
    """Conversations by id; unknown ones are left out."""
    found: dict[str, Conversation] = {}
    for start in range(0, len(ids), BATCH):
        wanted = {"ids": ids[start : start + BATCH]}
        found |= {one.id: one for one in read(connection, BY_ID, wanted)}
    return found


def read(
    connection: Connection,
    query: Select[*tuple[Any, ...]],
    given: Mapping[str, Any] = MappingProxyType({}),
) -> list[Conversation]:
    """Conversations in the order of a query.

    Args:
        connection: an open connection.
        query: `WHOLE`, of some rows.
        given: its parameters.
    """
    rows = connection.execute(query, given).all()
    labels: dict[str, list[str]] = {row[0]: [] for row in rows}
    for one, name in connection.execute(LABELS, {"ids": list(labels)}):
        labels[one].append(name)
    return [to_conversation(row, labels[row[0]]) for row in rows]
