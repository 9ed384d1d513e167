"""What a model does not take, learnt from its refusal, and the request without it.

    roles          no system role, or none but user and assistant in turn (the templates of Gemma,
                   Mistral and others): the system text is said at the beginning of the user's first
                   message, and what one role says in a row becomes one message
    temperature    only the vendor's own
    usage          no `stream_options`

A refused request is sent once more for each of them. What a model at an address has refused is
remembered in this process, so that its next turn takes one request.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

from kagura_nb.records import Message

ROLES, TEMPERATURE, USAGE = "roles", "temperature", "usage"

SIGNS: dict[str, Callable[[str], bool]] = {
    ROLES: lambda said: (
        "alternat" in said
        or ("system" in said and any(word in said for word in ("role", "message", "prompt")))
        or "only user and assistant" in said
    ),
    TEMPERATURE: lambda said: "temperature" in said,
    USAGE: lambda said: "stream_options" in said or "include_usage" in said,
}
"""Whether a refusal, in lower case, is of that."""


@lru_cache(maxsize=256)
def of(address: str, model: str) -> set[str]:
    """What a model at an address is known not to take; to be added to."""
    return set()


def refused(said: str, sent: set[str]) -> str | None:
    """What of a request a refusal is about; None where leaving nothing out would help.

    Args:
        said: the server's words.
        sent: what was in the request.
    """
    words = said.lower()
    return next((name for name, fits in SIGNS.items() if name in sent and fits(words)), None)


def alternate(messages: Sequence[Message]) -> list[Message]:
    """The same without a system role, user and assistant in turn, beginning with the user."""
    said: list[Message] = []
    for one in messages:
        role = "user" if one.role == "system" else one.role
        if said and said[-1].role == role:
            said[-1] = replace(said[-1], content=f"{said[-1].content}\n\n{one.content}")
        else:
            said.append(replace(one, role=role))
    return said
