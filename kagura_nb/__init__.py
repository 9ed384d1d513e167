"""A personal AI assistant that lives in Jupyter and gets better the more you rate it.

    %load_ext kagura_nb

    %%kagura
    What is the capital of France?

The names below are imported when they are first used, so that `import kagura_nb` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from kagura_nb.assistant import Assistant
    from kagura_nb.auto import auto_finetune
    from kagura_nb.errors import KaguraError
    from kagura_nb.frames import frame
    from kagura_nb.notebook.chat.opening import chat
    from kagura_nb.privacy import PrivacyFilter
    from kagura_nb.settings import Settings
    from kagura_nb.store import ConversationCollector, Selection
    from kagura_nb.tuning.finetune import GeminiFinetune, LocalFinetune, OpenAIFinetune

PUBLIC = {
    "Assistant": "kagura_nb.assistant",
    "ConversationCollector": "kagura_nb.store",
    "GeminiFinetune": "kagura_nb.tuning.finetune",
    "KaguraError": "kagura_nb.errors",
    "LocalFinetune": "kagura_nb.tuning.finetune",
    "OpenAIFinetune": "kagura_nb.tuning.finetune",
    "PrivacyFilter": "kagura_nb.privacy",
    "Selection": "kagura_nb.store",
    "Settings": "kagura_nb.settings",
    "auto_finetune": "kagura_nb.auto",
    "chat": "kagura_nb.notebook.chat.opening",
    "frame": "kagura_nb.frames",
}

__version__ = "0.1.0"
__all__ = [
    "Assistant",
    "ConversationCollector",
    "GeminiFinetune",
    "KaguraError",
    "LocalFinetune",
    "OpenAIFinetune",
    "PrivacyFilter",
    "Selection",
    "Settings",
    "auto_finetune",
    "chat",
    "frame",
    "load_ipython_extension",
    "unload_ipython_extension",
]


def __getattr__(name: str) -> Any:
    if name in PUBLIC:
        return getattr(import_module(PUBLIC[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """Add `%%kagura` and `%kagura` to a notebook or an IPython terminal."""
    from kagura_nb.notebook.extension import load

    load(shell)


def unload_ipython_extension(shell: "InteractiveShell") -> None:
    """Take them away again."""
    from kagura_nb.notebook.extension import unload

    unload(shell)
