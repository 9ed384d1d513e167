"""What changes together with a conversation: the words it is found by, what is still to be indexed,
what was spent, what its session was given, what was found in it, and what is known of its lines in
training files. The caller holds the write transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, update

from kagura_nb.records import Arm, Conversation
from kagura_nb.store import deployments, index, ledger, looked, vetted
from kagura_nb.store.queries import fetch, present
from kagura_nb.store.rows import fold, from_conversation, rewritten
from kagura_nb.store.schema import conversations, pending_index, search_text, tags

ADD, ADD_WORDS, ADD_PENDING = map(insert, (conversations, search_text, pending_index))
"""Made once: making and compiling them anew takes as long as running them."""
ALTER = update(conversations).where(conversations.c.id == bindparam("altered"))
REPLY = func.coalesce(conversations.c.correction, conversations.c.response)
MEASURE = update(conversations).values(
    length=func.length(conversations.c.prompt) + func.length(REPLY)
)
SPOKEN = {"correction", "comment"}
"""What owners add that words are looked up in."""


def add(connection: Connection, one: Conversation, arm: Arm | None) -> None:
    """Store a new conversation."""
    key = {"conversation_id": one.id}
    connection.execute(ADD, from_conversation(one))
    connection.execute(ADD_WORDS, {**key, "folded": fold(one)})
    connection.execute(ADD_PENDING, key)
    if one.usage is not None:
        at = one.created_at
        ledger.add(connection, "chat", one.model, at=at, usage=one.usage, cost=one.cost)
    if arm is not None:
        deployments.assign(connection, one.session, arm)


def add_many(connection: Connection, ones: Sequence[Conversation]) -> int:
    """Store conversations that are not there yet, and return how many those were.

    The ledger says what was spent here, so nothing is written to it.
    """
    known = present(connection, [one.id for one in ones])
    fresh = list({one.id: one for one in reversed(ones) if one.id not in known}.values())
    if fresh:
        keys = [{"conversation_id": one.id} for one in fresh]
        connection.execute(ADD, [from_conversation(one) for one in fresh])
        words = [{**key, "folded": fold(one)} for key, one in zip(keys, fresh, strict=True)]
        connection.execute(ADD_WORDS, words)
        connection.execute(ADD_PENDING, keys)
    if labels := [{"conversation_id": one.id, "tag": name} for one in fresh for name in one.tags]:
        connection.execute(insert(tags), labels)
    return len(fresh)


def alter(connection: Connection, changes: Mapping[str, Mapping[str, Any]]) -> None:
    """Change what owners add to conversations.

    Args:
        connection: a transaction that writes.
        changes: columns by id, of no more conversations than a statement takes parameters.
    """
    alike: dict[frozenset[str], list[dict[str, Any]]] = {}
    for one, columns in changes.items():
        alike.setdefault(frozenset(columns), []).append({"altered": one, **columns})
    for rows in alike.values():
        connection.execute(ALTER, rows)
    corrected = [one for one, columns in changes.items() if "correction" in columns]
    spoken = [one for one, columns in changes.items() if columns.keys() & SPOKEN]
    connection.execute(MEASURE.where(conversations.c.id.in_(corrected)))
    _fold(connection, spoken)
    looked.remove(connection, spoken)
    vetted.remove(connection, corrected)
    index.pend(connection, corrected)


def rewrite(connection: Connection, identifier: str, change: Callable[[str], str]) -> None:
    """Change every text of a conversation."""
    one = fetch(connection, [identifier])[identifier]
    connection.execute(ALTER, [{"altered": identifier, **rewritten(one, change)}])
    _fold(connection, [identifier])
    looked.remove(connection, [identifier])
    vetted.remove(connection, [identifier])
    index.remove(connection, [identifier])
    index.pend(connection, [identifier])


def remove(connection: Connection, ids: Sequence[str]) -> None:
    """Remove conversations; what was spent on them stays.

    Args:
        connection: a transaction that writes.
        ids: no more than a statement takes parameters.
    """
    index.remove(connection, ids)
    looked.remove(connection, ids)
    vetted.remove(connection, ids)
    for table in (pending_index, search_text, tags):
        connection.execute(delete(table).where(table.c.conversation_id.in_(ids)))
    connection.execute(delete(conversations).where(conversations.c.id.in_(ids)))


def _fold(connection: Connection, ids: Sequence[str]) -> None:
    """Let conversations be found by the words they have now."""
    found = fetch(connection, ids)
    rows = [{"altered": one.id, "folded": fold(one)} for one in found.values()]
    if rows:
        same = search_text.c.conversation_id == bindparam("altered")
        connection.execute(update(search_text).where(same), rows)
