"""The options by which sub-commands choose conversations."""

from collections.abc import Callable
from typing import Any

import click

from kagura_nb.notebook.workspace import Day
from kagura_nb.store import Selection

CHOICES = (
    click.option("--session", help="Only this session."),
    click.option("--text", help="Only with these words."),
    click.option("--tag", help="Only with this tag."),
    click.option("--model", help="Only what this model answered."),
    click.option("--since", type=Day(), help="Only from this date on, YYYY-MM-DD."),
    click.option("--before", "until", type=Day(), help="Only before this date, YYYY-MM-DD."),
)


def choosing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a sub-command the options, as keyword arguments that `chosen` takes."""
    for one in reversed(CHOICES):
        command = one(command)
    return command


def chosen(**given: Any) -> Selection | None:
    """What the options say; None where none was given."""
    named = {name: value for name, value in given.items() if value is not None}
    return Selection(**named) if named else None
