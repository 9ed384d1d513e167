"""Every sub-command, once: `%kagura NAME` in a notebook and `kagura-nb NAME` in a terminal run the
same function. Each takes a `Workspace` and what click parsed, and returns a `View`.
"""

import sys
from datetime import datetime
from difflib import get_close_matches

import click

from kagura_nb import keys, offer
from kagura_nb.errors import KaguraError, SettingsError
from kagura_nb.notebook.chat.command import chat
from kagura_nb.notebook.config import config
from kagura_nb.notebook.costs import costs
from kagura_nb.notebook.dashboard.live import dashboard
from kagura_nb.notebook.data import data
from kagura_nb.notebook.exchange import export, import_
from kagura_nb.notebook.finding import find
from kagura_nb.notebook.models import compare, models, use
from kagura_nb.notebook.rating import rate
from kagura_nb.notebook.scan import scan
from kagura_nb.notebook.streaming import readable_markdown
from kagura_nb.notebook.training import jobs, train
from kagura_nb.notebook.views import (
    View,
    conversations,
    excerpt,
    forgotten,
    hidden_reasoning,
    line,
    local,
    stars,
    table,
)
from kagura_nb.notebook.workspace import MAGIC, Day, Workspace, pass_workspace, program
from kagura_nb.providers.doors import door
from kagura_nb.records import Conversation, short
from kagura_nb.store import Selection

SENTENCE = 200
"""Characters of a sub-command's first sentence at most."""
LISTED = ("id", "time", "stars", "you", "reply")


@click.group(no_args_is_help=False, add_help_option=False)
def commands() -> None:
    """Talk, rate, remember: an assistant that gets better the more you rate it."""


@commands.command("help")
@click.argument("name", required=False)
@click.pass_context
def show_help(context: click.Context, name: str | None) -> View:
    """List the sub-commands, or explain one."""
    if name is None:
        rows = [(key, command.get_short_help_str(SENTENCE)) for key, command in _all(context)]
        return table("Sub-commands", ("name", "what it does"), rows)
    command = dict(_all(context)).get(name)
    if command is None:
        raise SettingsError(f"There is no sub-command {name!r}", "`help` lists them")
    return View(command.get_help(click.Context(command, info_name=name)))


@commands.command()
@pass_workspace
def status(workspace: Workspace) -> View:
    """Show who answers, what is stored, and how far training is."""
    assistant = workspace.assistant
    settings, stats = assistant.settings, assistant.store.get_stats()
    deployment = assistant.deployment()
    memory = f"on, {settings.embedder} embedder" if settings.memory else "off"
    if settings.memory and settings.embedder.partition(":")[0] in keys.VENDORS:
        memory += f", {door(settings.embedder, settings)}"
    counts = f"{stats['total']}, {stats['rated']} rated, {stats['high_rated']} good"
    if unanswered := assistant.store.count(Selection(unanswered=True)):
        counts += f", {unanswered} without a reply"
    rows = [
        ("user", settings.user),
        ("model", f"{deployment.model} ({deployment.reason})"),
        ("prompts go", door(deployment.model, settings)),
        ("session", assistant.session),
        ("conversations", counts),
        ("ready for training", "{:,} of {:,}".format(*offer.progress(assistant.store))),
        ("trained on", conversations(assistant.jobs.used())),
        ("memory", memory),
        ("examples", f"at most {settings.examples}" if settings.few_shot else "off"),
        ("store", "set by KAGURA_STORE" if settings.store else settings.user_home),
    ]
    return table("Status", ("what", "value"), rows)


@commands.command()
@click.argument("conversation_id")
@click.argument("reply", nargs=-1)
@click.option("--remove", is_flag=True, help="Take the correction back.")
@pass_workspace
def correct(
    workspace: Workspace, conversation_id: str, reply: tuple[str, ...], remove: bool
) -> View:
    """Keep the reply as it should have been: `correct last "Better words."`; `-` reads stdin."""
    text = sys.stdin.read() if reply == ("-",) else " ".join(reply)
    if not remove and not text.strip():
        raise SettingsError("The correction is empty", "Write the better reply behind the id")
    changed = workspace.assistant.correct(conversation_id, None if remove else text)
    workspace.show_again([workspace.assistant.store.get(conversation_id).id])
    return line(changed)


@commands.command()
@click.option("-n", "--limit", default=20, help="How many at most.")
@click.option("--session", help="Only this session.")
@click.option("--good", is_flag=True, help="Only those shown as examples.")
@pass_workspace
def history(workspace: Workspace, limit: int, session: str | None, good: bool) -> View:
    """List the latest conversations."""
    selection = Selection(session=session, min_rating=4 if good else None, trainable=good)
    found = workspace.assistant.store.recent(limit, selection)
    if not found and session:
        which = "good conversation" if good else "conversation"
        return line(f"No {which} is in the session {session!r}.")
    if not found and good:
        return line("No conversation is good yet: rate one with 4 stars or more.")
    return _listing("Latest conversations", found)


@commands.command()
@click.argument("words", nargs=-1)
@click.option("-n", "--limit", default=10, help="How many at most.")
@pass_workspace
def search(workspace: Workspace, words: tuple[str, ...], limit: int) -> View:
    """Find conversations: first those with the words in them, then related ones."""
    text = " ".join(words)
    found = find(workspace.assistant, text, limit)
    if not found:
        return line(f"Nothing was found for {text!r}. Try fewer or other words.")
    rows = [(why, *_listed(one)) for why, one in found]
    return table(f"Found for {text!r}", ("has", *LISTED), rows)


@commands.command()
@click.argument("conversation_id", default="last")
@pass_workspace
def show(workspace: Workspace, conversation_id: str) -> View:
    """Show a whole conversation; without an id, the newest one."""
    one = workspace.assistant.store.get(conversation_id)
    facts = [
        short(one.id),
        local(one.created_at),
        one.model,
        stars(one.rating),
        "" if one.complete else "cut",
    ]
    head = " · ".join(fact for fact in facts if fact)
    parts = [("You", one.prompt)]
    parts += [("Reply", one.response)] if one.response else []
    parts += [("Correction", one.correction)] if one.correction is not None else []
    parts += [("Comment", one.comment)] if one.comment else []
    plain = "\n\n".join([head, *(f"{name}:\n{text}" for name, text in parts)])
    written = [f"**{name}**\n\n{readable_markdown(text)}" for name, text in parts]
    if one.reasoning:
        plain += f"\n\nReasoning:\n{one.reasoning}"
        written.append(hidden_reasoning(one.reasoning).html)
    return View(plain, markdown="\n\n".join([readable_markdown(f"`{head}`"), *written]))


@commands.command()
@click.argument("ids", nargs=-1)
@click.option("--session", help="Everything of this session.")
@click.option("--before", type=Day(), help="Everything before this date, YYYY-MM-DD.")
@click.option("--text", help="Everything with these words.")
@click.option("--all", "everything", is_flag=True, help="Everything.")
@click.option("--yes", is_flag=True, help="Do it, instead of saying what would be done.")
@pass_workspace
def forget(
    workspace: Workspace,
    ids: tuple[str, ...],
    session: str | None,
    before: datetime | None,
    text: str | None,
    everything: bool,
    yes: bool,
) -> View:
    """Remove conversations for good, from the store and from every index."""
    if not (ids or session or before or text is not None or everything):
        raise SettingsError("Nothing was named", "Give ids, --session, --before, --text or --all")
    store = workspace.assistant.store
    whole = tuple(store.get(one).id for one in ids) or None
    selection = Selection(ids=whole, session=session, until=before, text=text)
    if not yes:
        meant = conversations(store.count(selection))
        return line(f"This would forget {meant} for good. Add --yes to do it.")
    gone = workspace.assistant.forget(selection)
    workspace.renew()
    return line(forgotten(gone))


TABLE = (
    chat, dashboard, data, scan, config, use, models, compare, costs, train, jobs, rate, import_,
    export,
)  # fmt: skip
for one in TABLE:
    commands.add_command(one)


def _all(context: click.Context) -> list[tuple[str, click.Command]]:
    group = context.find_root().command
    assert isinstance(group, click.Group)
    return sorted(group.commands.items())


def _listing(caption: str, found: list[Conversation]) -> View:
    if not found:
        begin = "%%kagura" if program() == MAGIC else f"{program()} start"
        return line(f"There are no conversations yet. Begin one with `{begin}`.")
    return table(caption, LISTED, [_listed(one) for one in found])


def _listed(one: Conversation) -> tuple[str, ...]:
    return (
        short(one.id),
        local(one.created_at),
        stars(one.rating),
        excerpt(one.prompt),
        excerpt(one.reply),
    )


def _refused(words: list[str], error: click.ClickException) -> SettingsError:
    """What is wrong with a sub-command's line, and how it is right."""
    name, said = words[0], error.format_message().rstrip(".")
    if name not in commands.commands:
        near = "".join(
            f"Did you mean `{one}`? " for one in get_close_matches(name, commands.commands, 1)
        )
        return SettingsError(
            f"No such command {name!r}",
            f"{near}Say something to the model below `%%kagura`; `%kagura help` lists the commands",
        )
    if words[:2] == ["config", "key"]:  # what is too much may be one
        said = "`config key` takes a vendor's name alone, and asks for the key"
    return SettingsError(said, f"`%kagura help {name}` shows how it is done")


def run(workspace: Workspace, words: list[str]) -> View | None:
    """Run a sub-command and return what it shows.

    Args:
        workspace: what it works on.
        words: its name and arguments; none at all shows the help.

    Raises:
        SettingsError: an unknown sub-command, option or value.
        KaguraError: what the sub-command raises, or that it was interrupted.
    """
    try:
        result = commands.main(
            words or ["help"], prog_name=MAGIC, standalone_mode=False, obj=workspace
        )
    except click.ClickException as error:
        raise _refused(words, error) from None
    except click.Abort:
        raise KaguraError("The sub-command was stopped", "Run it again to go on") from None
    return result if isinstance(result, View) else None
