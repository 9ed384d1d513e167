"""What `%load_ext kagura_nb` adds to a shell, and `%unload_ext` and `%reload_ext` take away."""

from IPython.core.interactiveshell import InteractiveShell

from kagura_nb.notebook import completion
from kagura_nb.notebook.following import take_up
from kagura_nb.notebook.magics import KaguraMagics
from kagura_nb.notebook.streaming import readable_markdown
from kagura_nb.turn import Turn


def load(shell: InteractiveShell) -> None:
    """Add the magics, their completion, the memory of errors, and how a turn is shown."""
    magics = KaguraMagics(shell)
    shell.register_magics(magics)
    completion.install(shell, magics.workspace)
    shell.events.register("post_run_cell", magics.remember_error)
    take_up(magics.settings)
    if shell.display_formatter:
        shell.display_formatter.formatters["text/markdown"].for_type(Turn, _markdown)


def _markdown(turn: Turn) -> str | None:
    return readable_markdown(turn.text) or None


def unload(shell: InteractiveShell) -> None:
    """Take them away, and give back what they hold."""
    magics = shell.magics_manager.registry.pop(KaguraMagics.__name__)
    for names in shell.magics_manager.magics.values():
        names.pop("kagura", None)
    completion.uninstall(shell)
    shell.events.unregister("post_run_cell", magics.remember_error)
    magics.workspace.reload()
