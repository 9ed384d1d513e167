"""What is read for the dashboard, at most once and only where a card asks for it."""

from functools import cached_property

from kagura_nb import costs, offer
from kagura_nb.assistant import Assistant
from kagura_nb.costs import Month
from kagura_nb.notebook.dashboard.timeline import Stars, Timeline, given, timeline
from kagura_nb.store.collector import Stats


class Facts:
    """The store as it is at one look.

    Args:
        assistant: whose.
    """

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant

    @cached_property
    def stats(self) -> Stats:
        """Counts of all conversations."""
        return self.assistant.store.get_stats()

    @cached_property
    def course(self) -> Timeline:
        """Conversations and stars over time."""
        return timeline(self.assistant.store.database)

    @cached_property
    def given(self) -> Stars:
        """All ratings, whatever their time."""
        return given(self.assistant.store.database)

    @cached_property
    def month(self) -> Month:
        """What this month costs."""
        return costs.month(self.assistant.store.database)

    @cached_property
    def ready(self) -> tuple[int, int]:
        """Good conversations that no model has seen, and how many the next training takes."""
        return offer.progress(self.assistant.store)
