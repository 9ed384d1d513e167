"""What is not taken over from a file, and why: counted by reason, so nothing goes in silence."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Skip:
    """Something that is not taken over.

    Args:
        reason: why, in a few words that others of its kind share.
    """

    reason: str


REASONING = Skip("reasoning")
TOOLS = Skip("tools: calls and what they returned")
IMAGES = Skip("images")
SOUND = Skip("sound and video")
FILES = Skip("attached files")
OTHER_PARTS = Skip("parts of messages that are no text")
VERSIONS = Skip("other versions of a message")
HIDDEN = Skip("hidden messages")
DELETED = Skip("deleted messages")
FAILED = Skip("error messages")
INSTRUCTIONS = Skip("custom instructions")
EMPTY = Skip("an empty message")
NO_REPLY = Skip("a prompt without a reply")
NO_PROMPT = Skip("a reply without a prompt")
NOBODY = Skip("conversations without a prompt and a reply")
NO_SCALE = Skip("ratings whose scale is not known")
NO_VERDICT = Skip("ratings that contradict each other")
NOTHING_RATED = Skip("ratings of what is no reply")
EDITS = Skip("changes to a document that cannot be followed")


def somebody(role: object) -> Skip:
    """A message of a role that is none of a chat's."""
    return Skip(f"somebody else's: {str(role)[:40]}")
