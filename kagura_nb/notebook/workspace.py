"""The assistant that a notebook or a terminal works with, rebuilt when its settings change."""

from collections.abc import Callable
from functools import cached_property

from kagura_nb.assistant import Assistant
from kagura_nb.settings import Settings


class Workspace:
    """One assistant at a time.

    Args:
        load: reads the settings afresh.
        session: the session's name; None starts a new one.
    """

    def __init__(self, load: Callable[[], Settings], session: str | None = None) -> None:
        self._load = load
        self._session = session

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
