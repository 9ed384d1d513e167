"""What must not leave the machine: one engine, and the doors that use it.

normal → table (recognizer, validators, contact … secrets) → engine → filter, policies, door
"""

from kagura_nb.privacy.door import PromptDoor
from kagura_nb.privacy.filter import PrivacyFilter
from kagura_nb.privacy.policies import POLICIES, Policy, label, surrogate, train

__all__ = ["POLICIES", "Policy", "PrivacyFilter", "PromptDoor", "label", "surrogate", "train"]
