"""What changes together with a conversation: the words it is found by, what is still to be indexed,
what was spent, what its session was given, and what is known of its lines in training files. The
caller holds the write transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, update

from kagura_nb.records import Arm, Conversation
from kagura_nb.store import deployments, index, ledger, vetted
from kagura_nb.store.queries import fetch
from kagura_nb.store.rows import fold, from_conversation, rewritten
from kagura_nb.store.schema import conversations, pending_index, search_text, tags

ADD, ADD_WORDS, ADD_PENDING = map(insert, (conversations, search_text, pending_index))
"""Made once: making and compiling them anew takes as long as running them."""


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


def alter(
    connection: Connection, identifier: str, changes: Mapping[str, Any], *, reindex: bool
) -> None:
    """Change what its owner adds to a conversation."""
    _update(connection, identifier, changes)
    if changes.keys() & {"correction", "comment"}:
        _fold(connection, identifier)
    if "correction" in changes:
        vetted.remove(connection, [identifier])
    if reindex:
        index.pend(connection, identifier)


def rewrite(connection: Connection, identifier: str, change: Callable[[str], str]) -> None:
    """Change every text of a conversation."""
    one = fetch(connection, [identifier])[identifier]
    _update(connection, identifier, rewritten(one, change))
    _fold(connection, identifier)
    vetted.remove(connection, [identifier])
    index.remove(connection, [identifier])
    index.pend(connection, identifier)


def remove(connection: Connection, ids: Sequence[str]) -> None:
    """Remove conversations; what was spent on them stays.

    Args:
        connection: a transaction that writes.
        ids: no more than a statement takes parameters.
    """
    index.remove(connection, ids)
    vetted.remove(connection, ids)
    for table in (pending_index, search_text, tags):
        connection.execute(delete(table).where(table.c.conversation_id.in_(ids)))
    connection.execute(delete(conversations).where(conversations.c.id.in_(ids)))


def _update(connection: Connection, identifier: str, changes: Mapping[str, Any]) -> None:
    same = conversations.c.id == identifier
    connection.execute(update(conversations).where(same).values(**changes))


def _fold(connection: Connection, identifier: str) -> None:
    """Let a conversation be found by the words it has now."""
    said = {"folded": fold(fetch(connection, [identifier])[identifier])}
    connection.execute(update(search_text).filter_by(conversation_id=identifier).values(said))
