"""The same sub-commands in a terminal, and `start`, the chat loop."""

import re
import sys
from contextlib import closing
from copy import copy
from typing import Any

import click

from kagura_nb import __version__
from kagura_nb.assistant import Assistant
from kagura_nb.errors import InvalidRating, KaguraError, ProviderError
from kagura_nb.notebook.commands import commands
from kagura_nb.notebook.dashboard.page import cards, page
from kagura_nb.notebook.dashboard.serving import serving
from kagura_nb.notebook.training import offered
from kagura_nb.notebook.views import View, hidden_reasoning
from kagura_nb.notebook.workspace import Workspace
from kagura_nb.providers.doors import door
from kagura_nb.screen import printable
from kagura_nb.settings import Settings
from kagura_nb.turn import Turn

RATING = "Rating (1-5, or press Enter to skip)"
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
ENDS = {"", "exit", "quit", "/exit", "/quit"}
HELPS = {"help", "/help"}
TYPED = """\
anything          the model answers it
1 to 5            at the rating: stars for the reply; Enter skips; other text is the next message
help              this list
exit, quit        end the chat; so do an empty line and Ctrl-D
Ctrl-C            stop a reply"""


def _open_workspace(context: click.Context, _: click.Parameter, user_id: str | None) -> None:
    """Prepare what the sub-command works on; the user named nearest to it counts."""
    if user_id is not None or context.obj is None:
        context.obj = Workspace(lambda: Settings.load(user=user_id))


USER = click.Option(
    ["-u", "--user-id"],
    help="Whose conversations; the setting `user` by default.",
    callback=_open_workspace,
    expose_value=False,
)


def _with_user(command: click.Command) -> click.Command:
    """The sub-command with `--user-id` behind its name too."""
    taken = copy(command)
    taken.params = [*command.params, USER]
    return taken


@click.group(
    "kagura-nb",
    commands={name: _with_user(one) for name, one in commands.commands.items()},
    params=[USER],
    help=commands.help,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, package_name="kagura-nb")
def cli() -> None:
    """The program."""


@cli.result_callback()
def show(view: object, **_: Any) -> None:
    """Write what a sub-command returned."""
    if isinstance(view, View):
        click.echo(view.plain)
        if view.failed:
            sys.exit(1)


@cli.command(params=[USER])
@click.option("-m", "--model", help="provider:model that answers.")
@click.option("--session", help="The conversation to continue; a new one by default.")
@click.pass_obj
def start(workspace: Workspace, model: str | None, session: str | None) -> None:
    """Chat: type, read, rate. `exit`, `quit`, an empty line or Ctrl-D ends it, Ctrl-C stops a
    reply, and `help` lists what can be typed.
    """
    assistant = workspace.assistant
    options = {"model": model} | ({"session": session} if session else {})
    answering = assistant.deployment(model, session).model
    click.echo(f"{answering} answers. `exit` ends the chat, `help` helps.")
    click.echo(f"It is {door(answering, assistant.settings)}.")
    said = _line("You")
    while said.lower() not in ENDS:
        following = ""
        if said.lower() in HELPS:
            click.echo(TYPED)
        else:
            following = _answer(assistant, said, options)
        said = following or _line("You")


@cli.command(params=[USER])
@click.option("--port", type=click.IntRange(1, 65_535), help="Where; any free one by default.")
@click.option("--no-browser", is_flag=True, help="Only say where it is.")
@click.option("--dark", is_flag=True, help="In dark colours.")
@click.option("--text", is_flag=True, help="Print it instead.")
@click.pass_obj
def dashboard(
    workspace: Workspace, port: int | None, no_browser: bool, dark: bool, text: bool
) -> View | None:
    """Open conversations, ratings, trainings, models, personal data and costs as a page in the
    browser, on this machine only, until Ctrl-C ends it.
    """
    assistant = workspace.assistant
    if text:
        return page(assistant, cards(assistant))
    with serving(assistant.settings, port, dark=dark) as served:
        click.echo(f"The dashboard is at {served.url} until Ctrl-C ends it.")
        if not no_browser:
            served.open_browser()
        served.wait()
    return None


def _answer(assistant: Assistant, prompt: str, options: dict[str, Any]) -> str:
    """Answer and ask for the stars; what was said instead of them is returned."""
    turn = assistant.stream(prompt, **options)
    try:
        _write(turn)
    except ProviderError as error:
        click.echo(f"\n{_told(error)}", err=True)
    rateable = turn.conversation_id and turn.text
    return _ask_rating(assistant, str(turn.conversation_id)) if rateable else ""


def _write(turn: Turn) -> None:
    shown = False
    try:
        with closing(iter(turn)) as pieces:
            for piece in pieces:
                if shown and turn.text == piece:
                    click.echo("\n(So far its reasoning.)\n")
                shown = True
                click.echo(printable(piece), nl=False)
    except KeyboardInterrupt:
        click.echo(" (stopped)", nl=False)
    click.echo()
    if turn.reasoning.strip():
        click.secho(hidden_reasoning(turn.reasoning).plain, fg="bright_black")
    for notice in turn.notices:
        click.echo(f"({_worded(notice)})")


def _ask_rating(assistant: Assistant, conversation_id: str) -> str:
    """Rate; what is neither a rating nor a number is returned: the next thing said."""
    while said := _line(RATING):
        try:
            click.echo(assistant.rate(conversation_id, said))
            if card := offered(assistant):
                click.echo(card.plain)
            return ""
        except InvalidRating as error:
            if not NUMBER.fullmatch(said):
                if said.lower() not in ENDS | HELPS:
                    click.echo("(No rating: taken as your next message.)")
                return said
            click.echo(_told(error), err=True)
    return ""


def _told(error: KaguraError) -> str:
    """An error in a terminal, where the magic that its cure names is a command."""
    return printable(f"{error.problem}. {_worded(error.cure)}.")


def _worded(text: str) -> str:
    """The program's own words, right for a terminal; never what somebody else said."""
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
        cli.main(prog_name="kagura-nb")
    except KaguraError as error:
        click.echo(_told(error), err=True)
        sys.exit(1)
