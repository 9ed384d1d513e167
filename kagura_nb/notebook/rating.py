"""`%kagura rate`: one conversation by its id, or all that options choose.

rate last 5 "just right"              one
rate 1 --tag wrong                    says how many would be rated
rate 1 --tag wrong --yes              rates them, and says how to take it back
"""

from shlex import quote
from typing import Any

import click

from kagura_nb.errors import SettingsError
from kagura_nb.exchange import Report
from kagura_nb.notebook.choosing import choosing, chosen
from kagura_nb.notebook.views import View, conversations, line, stars
from kagura_nb.notebook.workspace import Workspace, pass_workspace, program
from kagura_nb.store import Selection
from kagura_nb.store.rows import to_rating

CLEARS = {"clear", "0", "０"}


@click.command()
@click.argument("words", nargs=-1, metavar="[ID] STARS [COMMENT]...")
@choosing
@click.option("--yes", is_flag=True, help="Rate all of them, instead of saying how many.")
@pass_workspace
def rate(workspace: Workspace, /, words: tuple[str, ...], yes: bool, **given: Any) -> View:
    """Rate a conversation: `rate last 5`, then a comment if you like; 0 or `clear` clears. Options
    choose many: `rate 1 --tag wrong` says how many, and rates them with --yes.
    """
    selection = chosen(**given)
    if selection is not None:
        return _rate_all(workspace, selection, words, yes)
    if len(words) < 2:
        raise SettingsError("Id and stars are needed", "Write for example `rate last 5`")
    identifier, rating, *comment = words
    return line(workspace.rate(identifier, _given(rating), " ".join(comment) or None))


def _rate_all(
    workspace: Workspace, selection: Selection, words: tuple[str, ...], yes: bool
) -> View:
    if not words:
        raise SettingsError("Stars are needed", "Write for example `rate 1 --tag wrong`")
    rating = to_rating(_given(words[0]))
    meant = stars(rating) or "no stars"
    if not yes:
        count = conversations(workspace.assistant.store.count(selection))
        return line(f"This would give {meant} to {count}. Add --yes to do it.")
    report = workspace.assistant.rate_all(selection, rating, " ".join(words[1:]) or None)
    workspace.show_again(report.changed)
    return line(told(report, f"{meant} for {conversations(report.done)}."))


def told(report: Report, changed: str) -> str:
    """What ratings of many came to, and how to take it back."""
    said = [changed]
    if report.known:
        said.append(f"{report.known:,} had it already.")
    if report.undo is not None:
        said.append(f"`{program()} import {quote(str(report.undo))}` takes it back.")
    return " ".join(said)


def _given(rating: str) -> str | None:
    return None if rating in CLEARS else rating
