"""To which vendor training data may go: every consent and its withdrawal, with their times."""

from datetime import UTC, datetime

from sqlalchemy import Column, Connection, MetaData, Table, Text, insert, select, update

from kagura_nb.records import Consent
from kagura_nb.store.rows import to_text
from kagura_nb.store.schema import ORDERED

consents = Table(
    "consents",
    MetaData(),
    Column("vendor", Text, primary_key=True),
    Column("given_at", ORDERED, primary_key=True),
    Column("version", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("withdrawn_at", ORDERED),
)


def latest(connection: Connection, vendor: str) -> Consent | None:
    """The newest consent for a vendor, withdrawn or not; None where there never was one."""
    of = consents.c
    query = select(consents).where(of.vendor == vendor).order_by(of.given_at.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    withdrawn = row["withdrawn_at"] and datetime.fromisoformat(row["withdrawn_at"])
    given = datetime.fromisoformat(row["given_at"])
    return Consent(row["vendor"], row["address"], given, row["version"], withdrawn)


def give(connection: Connection, vendor: str, version: str, address: str) -> None:
    """Record that the owner has agreed to this version of the text, and to this address."""
    row = {"vendor": vendor, "version": version, "address": address}
    connection.execute(insert(consents), {**row, "given_at": to_text(datetime.now(UTC))})


def withdraw(connection: Connection, vendor: str) -> None:
    """Record that the owner no longer agrees."""
    of = consents.c
    query = update(consents).where(of.vendor == vendor, of.withdrawn_at.is_(None))
    connection.execute(query.values(withdrawn_at=to_text(datetime.now(UTC))))
