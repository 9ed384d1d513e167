"""Who answers: one table of vendors, opened by name, and the choice when nothing is configured.

    openai:<model>      OpenAI, or any server that speaks its API (`base_url`)
    gemini:<model>      Google's Gemini
    ollama:<model>      lmstudio:<model>      vllm:<model>      a server on this machine
    local:<folder or hub id>[+<adapter folder>]                 a model in this process
    practice            the small model that comes with the package

A vendor is one line in `PROVIDERS` and one function `(vendor, model, settings) -> Provider`.
"""

import difflib
from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType

from kagura_nb import keys
from kagura_nb.errors import UnknownModel
from kagura_nb.providers import discovery
from kagura_nb.providers.base import Chunk, Provider, Sampling
from kagura_nb.records import Deployment
from kagura_nb.settings import Settings

__all__ = [
    "PROVIDERS",
    "Chunk",
    "Provider",
    "Sampling",
    "default_model",
    "known_models",
    "open_provider",
]

PRACTICE = "practice"

PROVIDERS: Mapping[str, str] = MappingProxyType(
    {
        "openai": "kagura_nb.providers.openai:open_openai",
        "gemini": "kagura_nb.providers.gemini:open_gemini",
        "ollama": "kagura_nb.providers.openai:open_openai",
        "lmstudio": "kagura_nb.providers.openai:open_openai",
        "vllm": "kagura_nb.providers.openai:open_openai",
        "local": "kagura_nb.providers.local:open_local",
        PRACTICE: "kagura_nb.providers.practice:PracticeProvider",
    }
)

DEFAULT_MODELS = {"openai": "gpt-6.1-terra", "gemini": "gemini-3.8-flash"}
"""What a key alone chooses: each vendor's current middle model (its model page, 2026-11-23)."""

SUGGESTED_MODELS = (
    "openai:gpt-6.1-terra",
    "openai:gpt-6.1-sol",
    "openai:gpt-6-luna",
    "gemini:gemini-3.8-flash",
    "gemini:gemini-3.5-flash-lite",
)


def open_provider(name: str, settings: Settings) -> Provider:
    """Make the provider of a `provider:model` name.

    Raises:
        UnknownModel: no such vendor, or a vendor without a model.
        MissingKey: the vendor needs a key and there is none.
        MissingExtra: it needs a package that is not installed.
    """
    vendor, _, model = name.strip().partition(":")
    if vendor not in PROVIDERS:
        raise _unknown_vendor(name)
    if vendor == PRACTICE:
        practice: Callable[[], Provider] = _load(vendor)
        return practice()
    if not model:
        example = DEFAULT_MODELS.get(vendor, "<model>")
        raise UnknownModel(f"{name!r} names no model", f"Name one, for example {vendor}:{example}")
    factory: Callable[[str, str, Settings], Provider] = _load(vendor)
    return factory(vendor, model, settings)


def default_model(settings: Settings) -> Deployment:
    """Choose the model: configured, else by key, else a local server's first, else practice."""
    if settings.model:
        return Deployment(settings.model, "configured")
    for vendor, model in DEFAULT_MODELS.items():
        if keys.has(vendor):
            return Deployment(
                f"{vendor}:{model}", f"there is a key for {keys.VENDORS[vendor].title}"
            )
    for vendor, models in discovery.local_models(settings).items():
        title, address = keys.VENDORS[vendor].title, keys.address(vendor, settings)
        return Deployment(f"{vendor}:{models[0]}", f"{title} answers at {address}")
    return Deployment(PRACTICE, "neither a key nor a server on this machine was found")


def known_models(settings: Settings) -> tuple[str, ...]:
    """Names to complete from; asks only servers on this machine, for at most 0.2 seconds."""
    found = discovery.local_models(settings).items()
    served = [f"{vendor}:{model}" for vendor, models in found for model in models]
    return tuple(dict.fromkeys([PRACTICE, *served, *SUGGESTED_MODELS]))


def _load(vendor: str) -> Callable[..., Provider]:
    module, _, factory = PROVIDERS[vendor].partition(":")
    loaded: Callable[..., Provider] = getattr(import_module(module), factory)
    return loaded


def _unknown_vendor(name: str) -> UnknownModel:
    vendor, _, model = name.partition(":")
    known = f"one of {', '.join(PROVIDERS)}, followed by a colon and the model"
    close = difflib.get_close_matches(vendor.lower(), PROVIDERS, n=1)
    meant = ":".join(filter(None, [*close, model])) if close else ""
    cure = f"Did you mean {meant}? The vendor is {known}" if meant else f"Name {known}"
    return UnknownModel(f"There is no vendor {vendor!r}", cure)
