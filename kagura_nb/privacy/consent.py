"""Consent: nothing is uploaded for training until its owner has agreed, once per vendor.

What was agreed to is the text below and the address it names. Whoever changes what it says raises
`VERSION`; older consents then count no more, nor do those for an address that the settings or the
environment no longer name, and the owner is asked again.
"""

from collections.abc import Mapping
from types import MappingProxyType

from kagura_nb import keys
from kagura_nb.errors import ConsentMissing, SettingsError
from kagura_nb.records import Consent
from kagura_nb.settings import Settings
from kagura_nb.store import Database, consents

VERSION = "2026-11-23"
TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "openai": "To train a model at OpenAI, the prompts and replies of the conversations that "
        "you choose are uploaded to {address}, stored there "
        "until you delete them, and used to make a model that belongs to your account.",
        "gemini": "To train a model at Google, the prompts and replies of the conversations that "
        "you choose are copied into a storage bucket of your Google Cloud project and read by "
        "Vertex AI to make a model in that project, by way of {address}. They stay in the bucket "
        "until you delete them.",
    }
)
"""What the owner agrees to, in plain words: what goes where, and how long it stays."""
TRAINED_AT = {"gemini": "vertex"}
"""Who trains another one's models, by `keys.VENDORS`."""
EVERYWHERE = (
    "Before that, secrets are left out and personal data is replaced as `training_policy` says; "
    "the check finds much, not everything. You can withdraw at any time: nothing more is uploaded "
    "then, and what was uploaded is deleted where the vendor allows it."
)


def text(vendor: str, settings: Settings) -> str:
    """What the owner is asked to agree to.

    Raises:
        SettingsError: a vendor that gets no training data.
    """
    _check(vendor)
    return f"{TEXTS[vendor].format(address=_address(vendor, settings))} {EVERYWHERE}"


def standing(database: Database, vendor: str, settings: Settings) -> Consent | None:
    """The consent that counts now, None where there is none."""
    with database.read() as connection:
        latest = consents.latest(connection, vendor)
    if latest is None or latest.withdrawn_at is not None:
        return None
    same = (latest.version, latest.address) == (VERSION, _address(vendor, settings))
    return latest if same else None


def require(database: Database, vendor: str, settings: Settings) -> Consent:
    """The consent that counts now.

    Raises:
        ConsentMissing: there is none.
    """
    consent = standing(database, vendor, settings)
    if consent is None:
        raise ConsentMissing(
            "You have not agreed that training data goes to "
            f"{vendor} at {_address(vendor, settings)}",
            f"Read what goes where with `%kagura config consent {vendor}`, which asks you",
        )
    return consent


def give(database: Database, vendor: str, settings: Settings) -> None:
    """Record that the owner has read the text and agrees.

    Raises:
        SettingsError: a vendor that gets no training data.
    """
    _check(vendor)
    with database.write(durable=True) as connection:
        consents.withdraw(connection, vendor)
        consents.give(connection, vendor, VERSION, _address(vendor, settings))


def withdraw(database: Database, vendor: str) -> None:
    """Record that the owner no longer agrees, whatever the address.

    Raises:
        SettingsError: a vendor that gets no training data.
    """
    _check(vendor)
    with database.write(durable=True) as connection:
        consents.withdraw(connection, vendor)


def _check(vendor: str) -> None:
    if vendor not in TEXTS:
        known = ", ".join(TEXTS)
        raise SettingsError(f"{vendor!r} gets no training data", f"Use one of {known}")


def _address(vendor: str, settings: Settings) -> str:
    """Where the data would go now."""
    return keys.address(TRAINED_AT.get(vendor, vendor), settings)
