"""What must not leave the machine, and the door that every prompt passes."""

from kagura_nb.privacy.door import PromptDoor
from kagura_nb.privacy.recognizers import find

__all__ = ["PromptDoor", "find"]
