"""Which model answers this user's next conversation, and why."""

from kagura_nb import providers
from kagura_nb.records import Deployment
from kagura_nb.settings import Settings


def choose(settings: Settings, model: str | None = None) -> Deployment:
    """Choose the model.

    Args:
        settings: what is configured.
        model: the one asked for in this call, which wins.
    """
    if model:
        return Deployment(model, "asked for")
    return providers.default_model(settings)
