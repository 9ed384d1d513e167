"""`%%kagura` asks, `%kagura` runs a sub-command: both only parse and delegate."""

import argparse
import builtins
import keyword
import os
import shlex
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

from IPython.core.error import UsageError
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, magic_arguments
from IPython.display import display
from traitlets import Unicode, observe

from kagura_nb.errors import SettingsError
from kagura_nb.notebook.answer import answer
from kagura_nb.notebook.commands import run
from kagura_nb.notebook.interpolate import Cells, Interpolated, interpolate
from kagura_nb.notebook.streaming import Format
from kagura_nb.notebook.views import View
from kagura_nb.notebook.waiting import in_notebook
from kagura_nb.notebook.workspace import Workspace
from kagura_nb.settings import Settings


def _variable(name: str) -> str:
    """The name of a variable that a reply may be kept in."""
    taken = keyword.iskeyword(name) or hasattr(builtins, name) or name in ("In", "Out")
    if taken or not name.isidentifier():
        why = "is taken by Python" if taken else "is no name of a variable"
        raise SettingsError(f"{name!r} {why}", "Choose a name of your own, like `-o reply`")
    return name


@magics_class
class KaguraMagics(Magics):
    """Talk to a model, rate what it says, and get better answers for it."""

    user = Unicode(None, allow_none=True, help="Whose store is used.").tag(config=True)
    model = Unicode(None, allow_none=True, help="provider:model that answers.").tag(config=True)

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.namespace = shell.user_ns
        self.workspace = Workspace(self.settings, notebook_session())
        self.errors: dict[int, str] = {}

    @line_cell_magic
    @no_var_expand
    @magic_arguments()
    @argument("-m", "--model", help="provider:model for this cell")
    @argument("-o", "--output", metavar="VAR", type=_variable, help="keep the reply in it")
    @argument("-f", "--format", default="md", choices=get_args(Format), help="how it is shown")
    @argument("--session", help="the conversation to continue; by default this notebook's")
    @argument("--no-memory", action="store_true", help="recall no earlier conversation")
    @argument("--no-examples", action="store_true", help="show no rated conversation")
    @argument("--private", action="store_true", help="store only what it cost, recall nothing")
    @argument("--explain", action="store_true", help="show what was recalled, with scores")
    def kagura(self, line: str, cell: str | None = None) -> None:
        """Ask with `%%kagura`; `%kagura help` lists the sub-commands."""
        if cell is None:
            words = [self._interpolated(word).text for word in _split(line)]
            _show(run(self.workspace, words))
        else:
            self._ask(self._options(line), cell)

    def _options(self, line: str) -> argparse.Namespace:
        magic: Any = self.kagura
        try:
            parsed: argparse.Namespace = magic.parser.parse_args(_split(line))
        except UsageError as error:
            raise SettingsError(str(error), "`%%kagura?` lists the options") from None
        return parsed

    def remember_error(self, result: ExecutionResult | None) -> None:
        """Keep a cell's error for `{Err[n]}`; a cell that was stopped early has no result."""
        error = result and (result.error_before_exec or result.error_in_exec)
        if result and error and result.execution_count is not None:
            self.errors[result.execution_count] = f"{type(error).__name__}: {error}"

    def _ask(self, options: argparse.Namespace, cell: str) -> None:
        chosen: dict[str, Any] = {
            "model": options.model,
            "memory": not options.no_memory,
            "examples": not options.no_examples,
            "private": options.private,
        }
        if options.session:
            chosen["session"] = options.session
        prompt = self._interpolated(cell.strip())
        turn = self.workspace.assistant.stream(prompt.text, **chosen)
        turn.notices += [prompt.notice] if prompt.notice else []
        try:
            answer(self.workspace, turn, options.format, explain=options.explain)
        finally:
            if options.output and (turn.text or turn.complete):
                self.namespace[options.output] = turn.text

    def _interpolated(self, text: str) -> Interpolated:
        history = self.shell and self.shell.history_manager
        typed: Cells = history.input_hist_raw if history else ()
        showed: Cells = history.output_hist if history else {}
        return interpolate(text, self.namespace, {"In": typed, "Out": showed, "Err": self.errors})

    def settings(self) -> Settings:
        """The settings as they are now."""
        return Settings.load(user=self.user, model=self.model)

    @observe("user", "model")
    def _reload(self, _change: object) -> None:
        if hasattr(self, "workspace"):
            self.workspace.reload()


def notebook_session() -> str | None:
    """The session of this notebook, where the server tells its path: every `Untitled` has its own.

    Returns:
        The file's name without its ending, and six digits of the whole path's SHA-256.
    """
    path = Path(os.environ.get("JPY_SESSION_NAME", "")).absolute()
    digest = sha256(os.fsencode(path)).hexdigest()
    return f"{path.stem}-{digest[:6]}" if path.suffix == ".ipynb" else None


def _show(view: View | None) -> None:
    """Show what a sub-command returned, wherever in its cell it stands."""
    if view is not None and (str(view) or view.html):
        display(view)
    if view is not None and view.live is not None and in_notebook():
        display(view.live())


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # a lone apostrophe, as in: search what's new
        return line.split()
