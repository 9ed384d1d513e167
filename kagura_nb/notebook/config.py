"""`%kagura config`: settings, keys and consent."""

import getpass
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

import click

from kagura_nb import keys
from kagura_nb.assistant import Assistant
from kagura_nb.errors import SettingsError
from kagura_nb.notebook.views import View, conversations, line, local, table
from kagura_nb.notebook.workspace import Workspace, pass_workspace, program
from kagura_nb.privacy import consent
from kagura_nb.records import Consent
from kagura_nb.settings import Settings, write_file

SECTIONS = ("key", "consent", "index")
"""What is no setting and stands in its place."""
NEGATIVE = re.compile(r"-\d*\.?\d+")


class _TakesNegatives(click.Command):
    """A command to which `-1` is a value, not an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        at = next((i for i, one in enumerate(args) if NEGATIVE.fullmatch(one)), None)
        return super().parse_args(ctx, args if at is None else [*args[:at], "--", *args[at:]])


@click.command(cls=_TakesNegatives)
@click.argument("name", required=False)
@click.argument("value", required=False)
@click.option("--unset", is_flag=True, help="Go back to the default.")
@pass_workspace
def config(workspace: Workspace, name: str | None, value: str | None, unset: bool) -> View:
    """Show or change settings: `config recall 8`, `config key openai`, `config consent openai`,
    `config index rebuild`. Another embedder embeds every conversation anew at once.
    """
    settings = workspace.assistant.settings
    if name is None:
        return _settings(settings)
    if name == "key":
        return _key(value, unset)
    if name == "consent":
        return _consent(workspace, value, unset)
    if name == "index":
        return _rebuild(workspace.assistant, value)
    if value is None and not unset:
        return line(f"{name} = {_shown(settings, _known(name))!r}")
    write_file(settings.home, {_known(name): None if unset else value})
    workspace.reload()
    changed = f"{name} = {_shown(workspace.assistant.settings, name)!r}"
    if name == "embedder" and settings.memory:
        workspace.assistant.memory.catch_up(progress=True)
        return line(f"{changed}. {_readiness(workspace.assistant)}")
    return line(changed)


def _rebuild(assistant: Assistant, verb: str | None) -> View:
    """Make the index of memory anew from the conversations."""
    if verb != "rebuild":
        raise SettingsError(
            "All that can be done with the index is to rebuild it", "Use `config index rebuild`"
        )
    assistant.memory.rebuild(progress=True)
    return line(_readiness(assistant))


def _readiness(assistant: Assistant) -> str:
    ready = f"Memory is ready: {conversations(assistant.store.get_stats()['total'])}."
    return assistant.memory.notice or ready


def _known(name: str) -> str:
    names = [one.name for one in fields(Settings)]
    if name not in names:
        raise SettingsError(
            f"There is no setting {name!r}", f"Use one of {', '.join((*SECTIONS, *names))}"
        )
    return name


def _shown(settings: Settings, name: str) -> Any:
    value = getattr(settings, name)
    if name == "store" and value:
        return "set"  # a password may be in it
    return value


def _key(vendor: str | None, remove: bool) -> View:
    """Ask for a vendor's key without showing it, and keep it in the keyring."""
    known = [name for name, one in keys.VENDORS.items() if one.key_variables]
    if vendor is None:
        return table("Keys", ("vendor", "key"), [(name, _held(name)) for name in known])
    if vendor not in known:
        raise SettingsError("There is no such vendor with a key", f"Use one of {', '.join(known)}")
    if remove:
        keys.forget(vendor)
        return line(f"The key for {vendor} is removed from the keyring.")
    variable = keys.VENDORS[vendor].key_variables[0]
    with _somebody(f"Run it where you can type, or set the environment variable {variable}"):
        keys.store(vendor, getpass.getpass(f"Key for {vendor} (not shown): "))
    if first := keys.variable(vendor):
        return line(f"The key for {vendor} is in the keyring, but {first} is used before it.")
    return line(f"The key for {vendor} is in the keyring.")


@contextmanager
def _somebody(cure: str) -> Iterator[None]:
    """Ask somebody, or say that nobody is there: a notebook may run by itself."""
    try:
        yield
    except (EOFError, NotImplementedError):  # IPython's error is of the latter kind
        raise SettingsError("Nobody is here to be asked", cure) from None


def _held(vendor: str) -> str:
    """Where a vendor's key is, in words."""
    if first := keys.variable(vendor):
        return f"in {first}"
    return "in the keyring" if keys.has(vendor) else "none"


def _consent(workspace: Workspace, vendor: str | None, withdraw: bool) -> View:
    """Say what a vendor would get for training, and ask; without a vendor, list who may."""
    database, settings = workspace.assistant.store.database, workspace.assistant.settings
    if vendor is None:
        rows = [(one, _given(consent.standing(database, one, settings))) for one in consent.TEXTS]
        return table("Training data may go to", ("vendor", "consent"), rows)
    if withdraw:
        consent.withdraw(database, vendor)
        return line(f"Your consent for {vendor} is withdrawn: nothing more is uploaded.")
    click.echo(consent.text(vendor, settings))
    with _somebody("Run it in a notebook that is open, or in a terminal"):
        said = input("Do you agree? [y/N] ").strip().lower()
    if said not in ("y", "yes", "はい"):
        return line(f"Nothing is uploaded to {vendor}.")
    consent.give(database, vendor, settings)
    return line(f"Recorded. Take it back with `{program()} config consent {vendor} --unset`.")


def _given(standing: Consent | None) -> str:
    if standing is None:
        return "not given"
    return f"given on {local(standing.given_at)} for {standing.address}"


def _settings(settings: Settings) -> View:
    rows = [
        (one.name, _shown(settings, one.name), one.metadata["help"]) for one in fields(Settings)
    ]
    return table("Settings", ("name", "value", "what it does"), rows)
