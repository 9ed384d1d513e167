"""What it takes to reach a vendor: an address and, unless it runs on this machine, a key.

    address:  the settings, else the vendor's own environment variable, else its usual address
    key:      the vendor's environment variables, else the system's keyring

A key lives in memory and in those two places only; `redact` keeps it out of everything that is
shown or stored.
"""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from kagura_nb.errors import MissingKey, SettingsError
from kagura_nb.settings import Settings

KEYRING_SERVICE = "kagura-nb"
SHORTEST_KEY = 8


@dataclass(frozen=True, slots=True)
class Vendor:
    """How a vendor is reached.

    Args:
        title: its name as people write it.
        address: the usual base URL; `{location}` stands for a region of Google Cloud.
        address_variable: the environment variable that replaces it.
        key_variables: the environment variables that hold its key, the first one wins.
    """

    title: str
    address: str
    address_variable: str
    key_variables: tuple[str, ...] = ()


VENDORS: Mapping[str, Vendor] = MappingProxyType(
    {
        "openai": Vendor(
            "OpenAI", "https://api.openai.com/v1", "OPENAI_BASE_URL", ("OPENAI_API_KEY",)
        ),
        "gemini": Vendor(
            "Gemini",
            "https://generativelanguage.googleapis.com",
            "GOOGLE_GEMINI_BASE_URL",
            ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        ),
        "vertex": Vendor(
            "Vertex AI",
            "https://{location}-aiplatform.googleapis.com",
            "GOOGLE_VERTEX_BASE_URL",
        ),
        "ollama": Vendor("Ollama", "http://127.0.0.1:11434/v1", "OLLAMA_BASE_URL"),
        "lmstudio": Vendor("LM Studio", "http://127.0.0.1:1234/v1", "LMSTUDIO_BASE_URL"),
        "vllm": Vendor("vLLM", "http://127.0.0.1:8000/v1", "VLLM_BASE_URL", ("VLLM_API_KEY",)),
    }
)

_from_keyring: dict[str, str] = {}


def address(vendor: str, settings: Settings) -> str:
    """The vendor's base URL, without a slash at its end."""
    known = VENDORS[vendor]
    chosen = settings.base_url if vendor == "openai" else ""
    usual = known.address.format(location=settings.vertex_location)
    return (chosen or os.environ.get(known.address_variable) or usual).rstrip("/")


def is_loopback(url: str) -> bool:
    """Whether the host of a URL is this machine, so that nothing sent there leaves it."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def shown(url: str) -> str:
    """The URL as it may be shown: without the name and password that it may carry."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def find(vendor: str) -> str:
    """Return the vendor's key.

    Raises:
        MissingKey: neither the environment nor the keyring has one.
    """
    key = _in_environment(vendor) or _in_keyring(vendor)
    if not key:
        known = VENDORS[vendor]
        raise MissingKey(f"There is no key for {known.title}", f"Set one: {ways_to_set(vendor)}")
    return key


def has(vendor: str) -> bool:
    """Whether the vendor's key is there; the environment is looked at first."""
    return bool(_in_environment(vendor) or _in_keyring(vendor))


def variable(vendor: str) -> str:
    """The environment variable that holds the vendor's key now; empty where none does."""
    held = (name for name in VENDORS[vendor].key_variables if os.environ.get(name, "").strip())
    return next(held, "")


def ways_to_set(vendor: str) -> str:
    """How a user gives us the vendor's key, in words."""
    known = VENDORS[vendor]
    if not known.key_variables:
        return "call the server openai:<model>, with its address as `%kagura config base_url`"
    variables = " or ".join(known.key_variables)
    return f"`%kagura config key {vendor}`, or the environment variable {variables}"


def store(vendor: str, key: str) -> None:
    """Put a key into the system's keyring.

    Raises:
        SettingsError: the vendor has no keys, the key is empty, or there is no keyring.
    """
    import keyring
    from keyring.errors import KeyringError

    _check_takes_key(vendor)
    if not key.strip():
        raise SettingsError("The key is empty", f"Paste the key that {VENDORS[vendor].title} shows")
    try:
        keyring.set_password(KEYRING_SERVICE, vendor, key.strip())
    except KeyringError:
        raise SettingsError(
            "This system has no keyring to keep the key in",
            f"Set the environment variable {VENDORS[vendor].key_variables[0]} instead",
        ) from None
    _from_keyring[vendor] = key.strip()


def forget(vendor: str) -> None:
    """Remove the vendor's key from the keyring; nothing happens where there is none.

    Raises:
        SettingsError: the vendor has no keys.
    """
    import keyring
    from keyring.errors import KeyringError

    _check_takes_key(vendor)
    _from_keyring.pop(vendor, None)
    try:
        keyring.delete_password(KEYRING_SERVICE, vendor)
    except KeyringError:
        return


def redact(text: str) -> str:
    """Return the text with every key that this process knows replaced by `[key]`."""
    for key in sorted(_known_keys(), key=len, reverse=True):
        text = text.replace(key, "[key]")
    return text


def _in_environment(vendor: str) -> str:
    return os.environ.get(variable(vendor), "").strip()


def _in_keyring(vendor: str) -> str:
    import keyring
    from keyring.errors import KeyringError

    if vendor not in _from_keyring and VENDORS[vendor].key_variables:
        try:
            key = keyring.get_password(KEYRING_SERVICE, vendor)
        except KeyringError:
            return ""
        if key:
            _from_keyring[vendor] = key
    return _from_keyring.get(vendor, "")


def _known_keys() -> set[str]:
    names = [name for vendor in VENDORS.values() for name in vendor.key_variables]
    keys = {os.environ.get(name, "").strip() for name in names} | set(_from_keyring.values())
    return {key for key in keys if len(key) >= SHORTEST_KEY}


def _check_takes_key(vendor: str) -> None:
    takers = [name for name, known in VENDORS.items() if known.key_variables]
    if vendor not in takers:
        raise SettingsError(f"{vendor!r} takes no key", f"Name one of {', '.join(takers)}")
