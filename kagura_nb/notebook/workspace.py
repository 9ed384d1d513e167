"""The assistant that a notebook or a terminal works with, rebuilt when its settings change."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Protocol
from weakref import WeakValueDictionary

import click

from kagura_nb.assistant import Assistant
from kagura_nb.settings import Settings


class ShownRating(Protocol):
    """The stars under an answer."""

    def show(self, rating: int | None, comment: str | None, status: str) -> None:
        """Show a rating that was written elsewhere."""


class Workspace:
    """One assistant at a time.

    Args:
        load: reads the settings afresh.
        session: the session's name; None starts a new one.
    """

    def __init__(self, load: Callable[[], Settings], session: str | None = None) -> None:
        self._load = load
        self._session = session
        self.shown: WeakValueDictionary[str, ShownRating] = WeakValueDictionary()
        """The stars on screen, by conversation."""

    def rate(self, conversation_id: str, rating: int | str | None, comment: str | None) -> str:
        """Rate a conversation, under its answer too, and say what that changed.

        Raises:
            InvalidRating: no whole number of stars from 1 to 5.
            UnknownConversation: no such id.
        """
        status = self.assistant.rate(conversation_id, rating, comment)
        one = self.assistant.store.get(conversation_id)
        if one.id in self.shown:
            self.shown[one.id].show(one.rating, one.comment, status)
        return status

    @cached_property
    def assistant(self) -> Assistant:
        """The assistant of the present settings."""
        return Assistant(session=self._session, settings=self._load())

    def reload(self) -> None:
        """Read the settings again; the session goes on."""
        if "assistant" in self.__dict__:
            self._session = self.assistant.session
            self.assistant.close()
            del self.assistant


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
