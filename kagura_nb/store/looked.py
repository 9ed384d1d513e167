"""What was found in conversations that were looked through: types, never values.

Beside them stands a signature of what was said, see `datasets.duplicates`, by which those that say
nearly the same are found. What is known of a conversation goes when a text of it changes or when it
is forgotten (`changes`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    Column,
    Connection,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    func,
    insert,
    or_,
    select,
)

from kagura_nb.records import Conversation
from kagura_nb.store.queries import fetch
from kagura_nb.store.schema import ORDERED, conversations

metadata = MetaData()
looked = Table(
    "looked",
    metadata,
    Column("conversation_id", ORDERED, primary_key=True),
    Column("code", Text, nullable=False),
    Column("types", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of a conversation.

    Args:
        types: of personal data and secrets in it, sorted.
        signature: of what was said in it.
    """

    types: tuple[str, ...]
    signature: bytes


def add(connection: Connection, code: str, looks: Iterable[tuple[Conversation, Look]]) -> None:
    """Remember what some code found in so many conversations as a statement takes.

    Those that are gone, or of which a text has changed since they were read, are passed over.
    """
    seen = {one.id: (one, look) for one, look in looks}
    now = fetch(connection, list(seen))
    remove(connection, list(seen))
    rows = [
        {
            "conversation_id": one.id,
            "code": code,
            "types": _joined(look.types),
            "signature": look.signature,
        }
        for one, look in seen.values()
        if one.id in now and now[one.id].texts == one.texts
    ]
    if rows:
        connection.execute(insert(looked), rows)


def find(connection: Connection, ids: Sequence[str]) -> dict[str, Look]:
    """What is known of so many conversations as a statement takes."""
    query = select(looked).where(looked.c.conversation_id.in_(ids))
    return {
        row.conversation_id: Look(tuple(row.types.split()), row.signature)
        for row in connection.execute(query)
    }


def count_missing(connection: Connection, code: str) -> int:
    """How many conversations some code has not looked through."""
    known = select(func.count()).select_from(looked).where(looked.c.code == code)
    there = select(func.count()).select_from(conversations)
    return (connection.scalar(there) or 0) - (connection.scalar(known) or 0)


def missing(connection: Connection, code: str) -> list[str]:
    """Conversations that some code has not looked through, newest first."""
    column = conversations.c.id
    known = select(looked.c.conversation_id).where(looked.c.code == code)
    query = select(column).where(column.not_in(known)).order_by(column.desc())
    return list(connection.scalars(query))


def sharing(connection: Connection, parts: Mapping[int, bytes]) -> list[tuple[str, bytes]]:
    """The ids and signatures of those whose signature has one of these parts, by their offsets."""
    same = (
        func.substr(looked.c.signature, at + 1, len(part), type_=LargeBinary()) == part
        for at, part in parts.items()
    )
    query = select(looked.c.conversation_id, looked.c.signature).where(or_(*same))
    return [(one, signature) for one, signature in connection.execute(query)]


def types(connection: Connection) -> list[str]:
    """Every type that was found somewhere, sorted."""
    found = connection.scalars(select(looked.c.types).distinct())
    return sorted({type for one in found for type in one.split()})


def counts(connection: Connection) -> dict[tuple[str, ...], int]:
    """How many conversations hold which types together; nothing at all is a key too."""
    query = select(looked.c.types, func.count()).group_by(looked.c.types)
    return {tuple(types.split()): count for types, count in connection.execute(query)}


def remove(connection: Connection, ids: Sequence[str]) -> None:
    """Forget what is known of so many conversations as a statement takes."""
    connection.execute(delete(looked).where(looked.c.conversation_id.in_(ids)))


def _joined(types: Iterable[str]) -> str:
    """Types between spaces, so that each is found with the spaces around it."""
    return "".join(f" {one}" for one in types) + " "
