"""The nouns of the project, as frozen dataclasses: what every layer passes to the next."""

from kagura_nb.records.conversations import (
    GOOD_RATING,
    POOR_RATING,
    Arm,
    Conversation,
    Deployment,
    Finding,
    Message,
    Recalled,
    Role,
    Usage,
    short,
)
from kagura_nb.records.training import (
    Consent,
    Dataset,
    Forgotten,
    Job,
    JobEvent,
    Method,
    Policy,
    Row,
    State,
)

__all__ = [
    "GOOD_RATING",
    "POOR_RATING",
    "Arm",
    "Consent",
    "Conversation",
    "Dataset",
    "Deployment",
    "Finding",
    "Forgotten",
    "Job",
    "JobEvent",
    "Message",
    "Method",
    "Policy",
    "Recalled",
    "Role",
    "Row",
    "State",
    "Usage",
    "short",
]
