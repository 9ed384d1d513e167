"""Memory: what earlier conversations say about a prompt."""

from kagura_nb.memory.memory import Memory

__all__ = ["Memory"]
