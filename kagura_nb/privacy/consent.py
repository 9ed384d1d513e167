"""Consent: nothing is uploaded for training until its owner has agreed, once per vendor.

What was agreed to is the text below. Whoever changes what it says raises `VERSION`; older consents
then count no more, and the owner is asked again.
"""

from collections.abc import Mapping
from types import MappingProxyType

from kagura_nb.errors import ConsentMissing, SettingsError
from kagura_nb.records import Consent
from kagura_nb.store import Database, consents

VERSION = "2026-11-23"
TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "openai": "To train a model at OpenAI, the prompts and replies of the conversations that "
        "you choose are uploaded to OpenAI (or to the server that `base_url` names), stored there "
        "until you delete them, and used to make a model that belongs to your account.",
        "gemini": "To train a model at Google, the prompts and replies of the conversations that "
        "you choose are copied into a storage bucket of your Google Cloud project and read by "
        "Vertex AI to make a model in that project. They stay in the bucket until you delete them.",
    }
)
"""What the owner agrees to, in plain words: what goes where, and how long it stays."""
EVERYWHERE = (
    "Before that, secrets are left out and personal data is replaced as `training_policy` says; "
    "the check finds much, not everything. You can withdraw at any time: nothing more is uploaded "
    "then, and what was uploaded is deleted where the vendor allows it."
)


def text(vendor: str) -> str:
    """What the owner is asked to agree to.

    Raises:
        SettingsError: a vendor that gets no training data.
    """
    if vendor not in TEXTS:
        known = ", ".join(TEXTS)
        raise SettingsError(f"{vendor!r} gets no training data", f"Use one of {known}")
    return f"{TEXTS[vendor]} {EVERYWHERE}"


def standing(database: Database, vendor: str) -> Consent | None:
    """The consent that counts now, None where there is none."""
    with database.read() as connection:
        latest = consents.latest(connection, vendor)
    counts = latest and latest.withdrawn_at is None and latest.version == VERSION
    return latest if counts else None


def require(database: Database, vendor: str) -> Consent:
    """The consent that counts now.

    Raises:
        ConsentMissing: there is none.
    """
    consent = standing(database, vendor)
    if consent is None:
        raise ConsentMissing(
            f"You have not agreed that training data goes to {vendor}",
            f"Read what goes where with `%kagura config consent {vendor}`, which asks you",
        )
    return consent


def give(database: Database, vendor: str) -> None:
    """Record that the owner has read the text and agrees.

    Raises:
        SettingsError: a vendor that gets no training data.
    """
    text(vendor)
    with database.write(durable=True) as connection:
        consents.withdraw(connection, vendor)
        consents.give(connection, vendor, VERSION)


def withdraw(database: Database, vendor: str) -> None:
    """Record that the owner no longer agrees.

    Raises:
        SettingsError: a vendor that gets no training data.
    """
    text(vendor)
    with database.write(durable=True) as connection:
        consents.withdraw(connection, vendor)
