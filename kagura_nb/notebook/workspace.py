"""The assistant that a notebook or a terminal works with, rebuilt when its settings change."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from threading import RLock
from typing import Any, Protocol
from weakref import WeakValueDictionary

import click

from kagura_nb.assistant import Assistant
from kagura_nb.records import Conversation
from kagura_nb.settings import Settings

MOST_ON_SCREEN = 500
"""Conversations that are looked for on screen."""


class ShownRating(Protocol):
    """The stars under an answer."""

    def show(self, rating: int | None, comment: str | None, status: str) -> None:
        """Show a rating that was written elsewhere."""


class ShownTurns(Protocol):
    """A chat panel."""

    session: str

    def said(self, one: Conversation) -> None:
        """Show a conversation that was had elsewhere."""

    def rated(self, one: Conversation, status: str) -> None:
        """Show a rating that was given elsewhere."""

    def changed(self, one: Conversation) -> None:
        """Show a conversation as it is now, where it is on screen."""

    def renew(self) -> None:
        """Read the store again."""


class Workspace:
    """One assistant at a time.

    Args:
        load: reads the settings afresh.
        session: the session's name; None starts a new one.
    """

    def __init__(self, load: Callable[[], Settings], session: str | None = None) -> None:
        self._load = load
        self._session = session
        self._assistant: Assistant | None = None
        self.shown: WeakValueDictionary[str, ShownRating] = WeakValueDictionary()
        """The stars on screen, by conversation."""
        self.panels: list[ShownTurns] = []
        """The chat panels on screen."""
        self._lock = RLock()

    def rate(
        self,
        conversation_id: str,
        rating: int | str | None,
        comment: str | None,
        assistant: Assistant | None = None,
    ) -> str:
        """Rate a conversation, wherever it is on screen, and say what that changed.

        Args:
            conversation_id: which one.
            rating: 1 to 5 stars; None clears.
            comment: why; None leaves the comment there is.
            assistant: whose it is; by default the present one's.

        Raises:
            InvalidRating: no whole number of stars from 1 to 5.
            UnknownConversation: no such id.
        """
        owner = assistant or self.assistant
        status = owner.rate(conversation_id, rating, comment)
        one = owner.store.get(conversation_id)
        if one.id in self.shown:
            self.shown[one.id].show(one.rating, one.comment, status)
        for panel in self.panels:
            panel.rated(one, status)
        return status

    def said(self, one: Conversation) -> None:
        """Show a conversation that is new in the panels."""
        for panel in self.panels:
            panel.said(one)

    def show_again(self, ids: Iterable[str]) -> None:
        """Show conversations as they are now, wherever they are on screen."""
        whole = sorted(ids)
        found = self.assistant.store.get_many(whole[-MOST_ON_SCREEN:]).values()
        for one in found:
            if stars := self.shown.get(one.id):
                stars.show(one.rating, one.comment, "")
            for panel in self.panels:
                panel.changed(one)
        if len(found) < len(whole):
            self.renew()

    def renew(self) -> None:
        """Have the panels read the store again, of which something is gone."""
        for panel in self.panels:
            panel.renew()

    @property
    def assistant(self) -> Assistant:
        """The assistant of the present settings."""
        with self._lock:
            if self._assistant is None:
                self._assistant = Assistant(session=self._session, settings=self._load())
            return self._assistant

    def reload(self) -> None:
        """Read the settings again; the session goes on."""
        with self._lock:
            if self._assistant is not None:
                self._session = self._assistant.session
                self._assistant.close()
                self._assistant = None


MAGIC = "%kagura"

pass_workspace = click.make_pass_decorator(Workspace)


def program() -> str:
    """How sub-commands are called here: `MAGIC` in a notebook, `kagura-nb` in a terminal."""
    context = click.get_current_context(silent=True)
    return MAGIC if context is None else str(context.find_root().info_name)


class Day(click.ParamType[datetime]):
    """A date as YYYY-MM-DD, meaning its beginning in local time."""

    name = "date"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Parse it, or fail with the form that is wanted."""
        try:
            return datetime.strptime(value, "%Y-%m-%d").astimezone(UTC)
        except ValueError:
            self.fail(f"{value!r} is not a date like 2026-11-23", param, ctx)
