"""Fine-tuning: jobs that are paid for once, and the backends that run them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from kagura_nb.settings import Settings
from kagura_nb.store import ConversationCollector
from kagura_nb.tuning.base import Backend
from kagura_nb.tuning.jobs import Jobs
from kagura_nb.tuning.local import LocalBackend
from kagura_nb.tuning.openai import OpenAIBackend
from kagura_nb.tuning.plan import Estimate
from kagura_nb.tuning.vertex import VertexBackend

BACKENDS: Mapping[str, Callable[[Settings], Backend]] = MappingProxyType(
    {"local": LocalBackend, "openai": OpenAIBackend, "gemini": VertexBackend}
)
"""Who trains, once."""

__all__ = ["BACKENDS", "Backend", "Estimate", "Jobs", "open_jobs"]


def open_jobs(store: ConversationCollector) -> Jobs:
    """The jobs of the user of a store."""
    return Jobs(store, {name: made(store.settings) for name, made in BACKENDS.items()})
