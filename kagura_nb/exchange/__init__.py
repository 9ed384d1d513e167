"""Conversations from elsewhere into the store, and out of it again."""

from kagura_nb.exchange.copies import discard
from kagura_nb.exchange.importing import bring
from kagura_nb.exchange.ratings import rate
from kagura_nb.exchange.reading import FORMATS
from kagura_nb.exchange.report import Report
from kagura_nb.exchange.writing import WRITERS, Written, write

__all__ = ["FORMATS", "WRITERS", "Report", "Written", "bring", "discard", "rate", "write"]
