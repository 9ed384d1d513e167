"""What went wrong, as the one line that a view or a widget shows."""

from kagura_nb.errors import KaguraError
from kagura_nb.notebook.views import excerpt
from kagura_nb.notebook.workspace import MAGIC, program
from kagura_nb.screen import printable

LONGEST = 300
"""Characters that are told of an error which nobody foresaw."""


def told(error: Exception) -> str:
    """What went wrong, and its cure, which names sub-commands as they are called here.

    Args:
        error: any; one that is not the package's own is told with its type.
    """
    if isinstance(error, KaguraError):
        cure = error.cure.replace(f"{MAGIC} ", f"{program()} ")
        return printable(f"{error.problem}. {cure}.")
    said = excerpt(f"{type(error).__name__}: {error}", LONGEST).rstrip(": .")
    return printable(f"{said}. Try it again, or restart the kernel.")
