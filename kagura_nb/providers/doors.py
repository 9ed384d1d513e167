"""Which door a model is behind, in words: where prompts go, and what of them is masked before.

The same holds for the texts that an embedder is sent.
"""

from kagura_nb import keys
from kagura_nb.providers import vertex
from kagura_nb.settings import Settings

MASKED = {
    "off": "prompts are sent unmasked, because `prompts` is off",
    "secrets": "secrets are masked",
    "all": "secrets and personal data are masked",
}
"""By the setting `prompts`."""
HERE = ("practice", "local", "builtin", "onnx")
"""Models and embedders that run in this process."""
UNMASKED = "prompts are sent unmasked"


def door(name: str, settings: Settings) -> str:
    """Where prompts to a `provider:model` go, and what is masked; also of an embedder's name.

    Raises:
        SettingsError: an environment variable holds no address that can be used.
    """
    vendor, _, model = name.partition(":")
    if vendor in HERE:
        return f"on this machine: {UNMASKED}"
    if vendor not in keys.VENDORS:
        return "nowhere: there is no such vendor"
    tuned = vertex.place_of(model, settings) if vendor == "gemini" else None
    address = tuned.address if tuned else keys.address(vendor, settings)
    if keys.on_this_machine(vendor, model, settings):
        return f"on this machine at {address}: {UNMASKED}"
    return f"remote by way of {address}: {MASKED[settings.prompts]}"
