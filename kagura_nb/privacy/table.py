"""Everything that can be found, one row each; of equally sure rows the upper one wins."""

from kagura_nb.privacy import (
    contact,
    dates,
    finance,
    identity,
    network,
    people,
    secrets,
    telephone,
)
from kagura_nb.privacy.recognizer import Recognizer

TABLE: tuple[Recognizer, ...] = (
    *secrets.ROWS,
    *finance.ROWS,
    *contact.ROWS,
    *telephone.ROWS,
    *network.ROWS,
    *identity.ROWS,
    *people.ROWS,
    *dates.ROWS,
)
SECRETS = frozenset(row.type for row in TABLE if row.secret)
"""Types that are never trained on in any form."""
