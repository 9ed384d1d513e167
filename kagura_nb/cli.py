"""The same sub-commands in a terminal, and `start`, the chat loop."""

import sys
from typing import Any

import click

from kagura_nb import __version__
from kagura_nb.assistant import Assistant, Turn
from kagura_nb.errors import InvalidRating, KaguraError, ProviderError
from kagura_nb.notebook.commands import commands
from kagura_nb.notebook.safe import printable
from kagura_nb.notebook.views import View
from kagura_nb.notebook.workspace import Workspace
from kagura_nb.settings import Settings

RATING = "Rating (1-5, or press Enter to skip)"


@click.group(
    "kagura-nb",
    commands=dict(commands.commands),
    help=commands.help,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("-u", "--user-id", help="Whose conversations; the setting `user` by default.")
@click.version_option(__version__, package_name="kagura-nb")
@click.pass_context
def cli(context: click.Context, user_id: str | None) -> None:
    """Prepare the workspace that every sub-command works on."""
    context.obj = Workspace(lambda: Settings.load(user=user_id))


@cli.result_callback()
def show(view: object, **_: Any) -> None:
    """Write what a sub-command returned."""
    if isinstance(view, View):
        click.echo(_worded(view.plain))
        if view.failed:
            sys.exit(1)


@cli.command()
@click.option("-m", "--model", help="provider:model that answers.")
@click.option("--session", help="The conversation to continue; a new one by default.")
@click.pass_obj
def start(workspace: Workspace, model: str | None, session: str | None) -> None:
    """Chat: type, read, rate. An empty line or Ctrl-D ends it, Ctrl-C stops a reply."""
    assistant = workspace.assistant
    options = {"model": model} | ({"session": session} if session else {})
    click.echo(f"{assistant.deployment(model).model} answers. An empty line ends the chat.")
    while prompt := _line("You"):
        turn = assistant.stream(prompt, **options)
        try:
            _write(turn)
        except ProviderError as error:
            click.echo(f"\n{_worded(str(error))}", err=True)
        if turn.conversation_id and turn.text:
            _ask_rating(assistant, turn.conversation_id)


def _write(turn: Turn) -> None:
    try:
        for piece in turn:
            click.echo(printable(piece), nl=False)
    except KeyboardInterrupt:
        click.echo(" (stopped)", nl=False)
    click.echo()
    for notice in turn.notices:
        click.echo(f"({_worded(notice)})")


def _ask_rating(assistant: Assistant, conversation_id: str) -> None:
    while rating := _line(RATING):
        try:
            click.echo(assistant.rate(conversation_id, rating))
            return
        except InvalidRating as error:
            click.echo(_worded(str(error)), err=True)


def _worded(text: str) -> str:
    """The text as it is right in a terminal, where the magic is a command."""
    return printable(text).replace("%kagura ", "kagura-nb ")


def _line(label: str) -> str:
    try:
        return str(click.prompt(label, default="", show_default=False)).strip()
    except click.Abort:
        click.echo()
        return ""


def main() -> None:
    """Run the command line; an error is one line on stderr and exit status 1."""
    try:
        cli()
    except KaguraError as error:
        click.echo(_worded(str(error)), err=True)
        sys.exit(1)
