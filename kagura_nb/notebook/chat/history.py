"""A session's turns as the panel asks for them: the newest page, more of them, or around one."""

from collections.abc import Mapping
from typing import Any

from kagura_nb.notebook.chat.turns import shown
from kagura_nb.store.database import Database
from kagura_nb.store.sessions import page

FIRST = 20
"""Turns that a view begins with."""
MORE = 100
AROUND = 5
"""Turns before the one that was looked for."""


def window(database: Database, session: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Turns for a view.

    Args:
        database: the user's store.
        session: whose turns.
        asked: `before` or `after`, an id at the edge of what the view has; or `at`, an id to show
            with what is around it; else the newest.

    Returns:
        `turns`, oldest first; `earlier` and `later`, whether there are more (None: as before).
    """
    if before := asked.get("before"):
        found = page(database, session, MORE + 1, before=before)
        return _turns(found[-MORE:], earlier=len(found) > MORE)
    if after := asked.get("after"):
        found = page(database, session, MORE + 2, since=after)
        return _turns(found[1 : MORE + 1], later=len(found) > MORE + 1)
    if at := asked.get("at"):
        above = page(database, session, AROUND + 1, before=at)
        below = page(database, session, FIRST + 1, since=at)
        both = [*above[-AROUND:], *below[:FIRST]]
        return _turns(both, earlier=len(above) > AROUND, later=len(below) > FIRST)
    found = page(database, session, FIRST + 1)
    return _turns(found[-FIRST:], earlier=len(found) > FIRST, later=False)


def _turns(found: Any, earlier: bool | None = None, later: bool | None = None) -> dict[str, Any]:
    return {"turns": [shown(one) for one in found], "earlier": earlier, "later": later}
