"""What must not leave the machine: one engine, and the doors that use it.

normal → table (recognizer, validators, contact … secrets) → engine → filter, policies, door
"""

from kagura_nb.privacy.door import PromptDoor
from kagura_nb.privacy.filter import PrivacyFilter
from kagura_nb.privacy.policies import POLICIES, label, surrogate, train
from kagura_nb.privacy.training import TrainingDoor
from kagura_nb.records import Policy

__all__ = [
    "POLICIES",
    "Policy",
    "PrivacyFilter",
    "PromptDoor",
    "TrainingDoor",
    "label",
    "surrogate",
    "train",
]
