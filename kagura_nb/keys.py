"""What it takes to reach a vendor: an address and, unless it runs on this machine, a key.

    address:  the settings, else the vendor's own environment variables, else its usual address
    key:      the vendor's environment variables, else the system's keyring

A key lives in memory and in those two places only; `redact` keeps it out of everything that is
shown or stored. Which servers are this machine, so that nothing is masked for them, is a decision
of the user's: the setting `local_servers`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kagura_nb.addresses import check_server, is_loopback, named_servers, origin
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
        host_variable: the environment variable that says where its server listens.
    """

    title: str
    address: str
    address_variable: str
    key_variables: tuple[str, ...] = ()
    host_variable: str = ""


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
        "ollama": Vendor(
            "Ollama",
            "http://127.0.0.1:11434/v1",
            "OLLAMA_BASE_URL",
            host_variable="OLLAMA_HOST",
        ),
        "lmstudio": Vendor("LM Studio", "http://127.0.0.1:1234/v1", "LMSTUDIO_BASE_URL"),
        "vllm": Vendor("vLLM", "http://127.0.0.1:8000/v1", "VLLM_BASE_URL", ("VLLM_API_KEY",)),
    }
)

GOOGLES = ("gemini", "vertex")

_from_keyring: dict[str, str] = {}


def address(vendor: str, settings: Settings) -> str:
    """The vendor's base URL, without a slash at its end. It holds no key and may be shown.

    Raises:
        SettingsError: an environment variable holds none that can be used.
    """
    known = VENDORS[vendor]
    if vendor == "openai" and settings.base_url:
        return settings.base_url.rstrip("/")
    if said := os.environ.get(known.address_variable):
        return check_server(known.address_variable, said).rstrip("/")
    if heard := os.environ.get(known.host_variable):
        return check_server(known.host_variable, _reached(heard)).rstrip("/")
    return known.address.format(location=settings.vertex_location)


def way_to_address(vendor: str) -> str:
    """How a user gives us the vendor's address, an imperative clause."""
    if vendor == "openai":
        return "set it with `%kagura config base_url`"
    return f"set it as the environment variable {VENDORS[vendor].address_variable}"


def on_this_machine(vendor: str, model: str, settings: Settings) -> bool:
    """Whether what is sent to a model counts as staying here, so that nothing is masked.

    A server on this machine may hand on what it gets. What stands there for Google does, and Ollama
    with its cloud models; of the rest the setting `local_servers` decides.
    """
    server = address(vendor, settings)
    if not is_loopback(server) or vendor in GOOGLES or is_forwarded(model):
        return False
    listed = {origin(one) for one in named_servers(settings.local_servers)}
    return settings.local_servers == "auto" or origin(server) in listed


def is_forwarded(model: str) -> bool:
    """Whether a model's name says that it runs at Ollama's (docs.ollama.com/cloud, 2026-11)."""
    return model.lower().endswith(("-cloud", ":cloud"))


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
    _check_takes_key(vendor)
    if not key.strip():
        raise SettingsError("The key is empty", f"Paste the key that {VENDORS[vendor].title} shows")
    kept = _keep(vendor, key.strip())
    del key  # or the error's frame would show it
    if not kept:
        raise SettingsError(
            "This system has no keyring to keep the key in",
            f"Set the environment variable {VENDORS[vendor].key_variables[0]} instead",
        )


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


def _reached(host: str) -> str:
    """Where a client finds the server that listens at Ollama's OLLAMA_HOST, which may lack scheme,
    host and port, and name every address of the machine (its `envconfig/config.go`, 2026-11).
    """
    scheme, separator, rest = host.rpartition("://")
    place, slash, path = rest.partition("/")
    name, colon, port = place.rpartition(":")
    if not colon or place.endswith("]"):
        name, port = place, "" if separator else "11434"
    name = name if name not in ("", "0.0.0.0", "[::]") else "127.0.0.1"
    server = f"{scheme or 'http'}://{name}{port and ':'}{port}{slash}{path}".rstrip("/")
    return server if server.endswith("/v1") else f"{server}/v1"


def _in_environment(vendor: str) -> str:
    return os.environ.get(variable(vendor), "").strip()


def _keep(vendor: str, key: str) -> bool:
    import keyring

    try:
        keyring.set_password(KEYRING_SERVICE, vendor, key)
    except Exception:  # a keyring's own errors too, whose frames hold the key
        return False
    _from_keyring[vendor] = key
    return True


def _in_keyring(vendor: str) -> str:
    import keyring

    if vendor not in _from_keyring and VENDORS[vendor].key_variables:
        try:
            key = keyring.get_password(KEYRING_SERVICE, vendor)
        except Exception:  # likewise
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
