"""The owner's private store, and the only code that speaks SQL."""

from kagura_nb.store.collector import ConversationCollector
from kagura_nb.store.database import Database
from kagura_nb.store.selection import Selection

__all__ = ["ConversationCollector", "Database", "Selection"]
