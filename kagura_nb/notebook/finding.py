"""Finding conversations again: by their words, then by what they are about."""

from kagura_nb.assistant import Assistant
from kagura_nb.records import Conversation

SHORTEST_RELATED = 3
"""Characters of a query from which on it also finds what is only related."""


def find(assistant: Assistant, text: str, limit: int) -> list[tuple[str, Conversation]]:
    """Conversations and why they were found, those with the words in them first.

    Raises:
        SettingsError: a text without a word.
        RecallError: the memory cannot be used.
    """
    literal = assistant.store.search(text, limit)
    found = {one.id: ("the words", one) for one in literal}
    if len(text.strip()) >= SHORTEST_RELATED:
        for one in assistant.memory.recall(text, limit):
            found.setdefault(one.conversation.id, ("related", one.conversation))
    return list(found.values())[:limit]
