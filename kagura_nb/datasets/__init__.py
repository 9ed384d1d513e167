"""Conversations as versioned rows to train on."""

from kagura_nb.datasets.drafts import Spec
from kagura_nb.datasets.formats import FORMATS
from kagura_nb.datasets.versions import Datasets

__all__ = ["FORMATS", "Datasets", "Spec"]
