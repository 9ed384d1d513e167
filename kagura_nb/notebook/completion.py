"""Tab completion behind `%kagura` and `%%kagura`, read off the commands themselves."""

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import fields
from glob import escape
from pathlib import Path
from typing import Any

import click
from IPython.core.completer import (
    CompletionContext,
    SimpleCompletion,
    SimpleMatcherResult,
    context_matcher,
)
from IPython.core.interactiveshell import InteractiveShell

from kagura_nb import deploy, keys
from kagura_nb.assistant import Assistant
from kagura_nb.errors import KaguraError
from kagura_nb.notebook.commands import commands
from kagura_nb.notebook.config import SECTIONS
from kagura_nb.notebook.magics import KaguraMagics
from kagura_nb.notebook.workspace import Workspace
from kagura_nb.privacy import consent
from kagura_nb.records import short
from kagura_nb.settings import Settings
from kagura_nb.store import sessions
from kagura_nb.tuning import BACKENDS

MAGIC = re.compile(r"(%%?)kagura[ \t]+(.*)\Z", re.DOTALL)
_MAGIC: Any = KaguraMagics.kagura
CELL_OPTIONS = {name: one.kwds for one in _MAGIC.decorators for name in one.args}
"""What the magic declares, by option."""
IDENTIFIER = "kagura_nb"
SESSIONS = 20
"""Of the latest ones, that are offered."""


def candidates(before: str, workspace: Workspace) -> list[str] | None:
    """What may stand at the cursor.

    Args:
        before: the cell's text up to the cursor.
        workspace: knows the settings, and with them the models.

    Returns:
        The candidates that begin with the word at the cursor; None outside of the magic's line.
    """
    match = MAGIC.match(before)
    if match is None or "\n" in match[2]:
        return None
    *words, begun = re.split(r"\s+", match[2])
    is_cell = match[1] == "%%"
    offered = _for_cell(words, workspace) if is_cell else _for_line(words, begun, workspace)
    return sorted(one for one in offered if one.startswith(begun))


def install(shell: InteractiveShell, workspace: Workspace) -> None:
    """Offer the candidates in a shell."""

    @context_matcher(identifier=IDENTIFIER)
    def matcher(context: CompletionContext) -> SimpleMatcherResult:
        is_first_line = context.cursor_line == 0 or context.full_text.find("%%") != 0
        before = context.line_with_cursor[: context.cursor_position]
        found = candidates(before.lstrip(), workspace) if is_first_line else None
        if found is None:
            return {"completions": []}
        begun = re.split(r"\s+", before)[-1]
        completions = [SimpleCompletion(one, type="magic") for one in found]
        return {"completions": completions, "suppress": True, "matched_fragment": begun}

    shell.Completer.custom_matchers.append(matcher)


def uninstall(shell: InteractiveShell) -> None:
    """Offer them no more."""
    matchers = shell.Completer.custom_matchers
    matchers[:] = [one for one in matchers if getattr(one, "matcher_identifier", "") != IDENTIFIER]


def _for_cell(words: list[str], workspace: Workspace) -> list[str]:
    last = words[-1] if words else ""
    if last in {"-m", "--model"}:
        return _known(workspace, _models)
    if last == "--session":
        return _known(workspace, _sessions)
    option = CELL_OPTIONS.get(last)
    if option is not None and "action" not in option:  # it takes a value
        return list(option.get("choices", ()))
    return [name for name in CELL_OPTIONS if name.startswith("--")]


def _for_line(words: list[str], begun: str, workspace: Workspace) -> list[str]:
    if not words:
        return list(commands.commands)
    command = commands.commands.get(words[0])
    if command is None:
        return []
    options = [one for one in command.params if isinstance(one, click.Option)]
    if begun.startswith("-"):
        return [name for one in options for name in one.opts]
    if words[0] in ("import", "export") and len(words) == 1:
        folder, last = os.path.split(begun)
        found = Path(folder or ".").glob(f"{escape(last)}*")
        return [f"{Path(folder, one.name)}{'/' * one.is_dir()}" for one in found]
    for one in options:
        if words[-1] in one.opts and isinstance(one.type, click.Choice):
            return list(one.type.choices)
        if words[-1] in one.opts and one.name == "model":
            return _known(workspace, _trained if words[0] == "train" else _models)
        if words[-1] in one.opts and one.name == "session":
            return _known(workspace, _sessions)
    return _arguments([word for word in words if not word.startswith("-")], workspace)


def _arguments(words: list[str], workspace: Workspace) -> list[str]:
    match words:
        case ["help"]:
            return list(commands.commands)
        case ["use"]:
            return _known(workspace, _models)
        case ["rate" | "correct" | "show" | "forget"]:
            return ["last"]
        case ["rate", _]:
            return ["1", "2", "3", "4", "5", "clear"]
        case ["compare"]:
            return _known(workspace, _compared)
        case ["jobs"]:
            made = _known(workspace, lambda at: (short(one.id) for one in at.jobs.latest()))
            return ["last", *made]
        case ["data" | "train"]:
            made = _known(workspace, lambda at: (one.version for one in at.datasets.latest()))
            return ["last", *made]
        case ["config"]:
            return [*SECTIONS, *(one.name for one in fields(Settings))]
        case ["config", "consent"]:
            return list(consent.TEXTS)
        case ["config", "index"]:
            return ["rebuild"]
        case ["config", "model"]:
            return _known(workspace, _models)
        case ["config", "key"]:
            return [name for name, one in keys.VENDORS.items() if one.key_variables]
    return []


def _known(workspace: Workspace, names: Callable[[Assistant], Iterable[str]]) -> list[str]:
    try:
        return list(names(workspace.assistant))
    except KaguraError:
        return []


def _models(assistant: Assistant) -> Iterable[str]:
    return deploy.at_hand(assistant.store.database)


def _sessions(assistant: Assistant) -> Iterable[str]:
    """Those that can be named without quotes."""
    found = sessions.latest(assistant.store.database, SESSIONS)
    return (one.name for one in found if not re.search(r"[\s'\"\\]", one.name))


def _trained(assistant: Assistant) -> Iterable[str]:
    """What each backend trains unasked, and what was trained before."""
    usual = [made(assistant.settings).default_model for made in BACKENDS.values()]
    return dict.fromkeys([*usual, *(one.base_model for one in assistant.jobs.latest())])


def _compared(assistant: Assistant) -> Iterable[str]:
    """What has or had a share of the sessions."""
    deployed = deploy.history(assistant.store.database)
    return dict.fromkeys(str(one.model) for one in deployed if not one.whole)
