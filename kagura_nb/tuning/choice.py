"""Who trains where nobody is named."""

import importlib.util

from kagura_nb import keys
from kagura_nb.settings import Settings
from kagura_nb.tuning.local import NEEDED


def default_backend(settings: Settings) -> str:
    """The backend of the settings; else `local` where its extra is installed, else `openai` where
    there is a key for it, else `local` again, which says what it needs.
    """
    if settings.backend:
        return settings.backend
    here = all(importlib.util.find_spec(name) for name in NEEDED)
    return "local" if here or not keys.has("openai") else "openai"
