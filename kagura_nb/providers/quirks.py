"""What a model does not take, found in its refusal, and the request without it.

    roles    system text, or two messages of one role: the system text goes into the first
             message of the user, messages of one role that follow each other become one
    names    `temperature`, `stream_options`: the parameter is left out

The limit of a reply is `limits`' concern.
Servers say so in words only, and chat templates in words of their own. What a model was found not
to take is known until the process ends, so that later turns cost one request again.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from kagura_nb.records import Message

ROLES = "roles"
OPTIONAL = ("temperature", "stream_options")
ALTERNATION = re.compile(
    r"\broles? (?:must|should|have to) alternate|must alternate|alternat\w+ (?:between )?user"
    r"|consecutive (?:user|assistant|messages)|(?:same|repeated) roles?",
    re.IGNORECASE,
)
SYSTEM = re.compile(
    r"system['\"`]? (?:role|message|prompt|instruction)|role['\"`:= ]+system|['\"`]system['\"`]"
    r"|developer (?:instruction|message|role)",
    re.IGNORECASE,
)
UNSUPPORTED = re.compile(
    r"unsupported|(?:not|n't)(?: be)? (?:\w+ )?(?:support|permitted|allowed|accepted|recogni[sz]ed"
    r"|enabled|implemented|valid|available|one of)|unrecogni[sz]ed|unknown|unexpected|invalid"
    r"|extra (?:inputs|fields)|deprecated|no longer|only (?:the default|user)"
    r"|cannot be (?:used|set)",
    re.IGNORECASE,
)


def refused(said: str, sent: Mapping[str, Any], param: str | None = None) -> str | None:
    """Name what a server does not take, from its words; None where it is something else.

    Args:
        said: the server's words.
        sent: the parameters of the request.
        param: the parameter that the server names, where it does.
    """
    if ALTERNATION.search(said):
        return ROLES
    if not UNSUPPORTED.search(said):
        return None
    name = next((one for one in OPTIONAL if one in sent and (one == param or one in said)), None)
    return name or (ROLES if SYSTEM.search(said) else None)


def plain(messages: Sequence[Message]) -> list[Message]:
    """The messages in two roles that alternate, the user's first; no word of them is lost."""
    spoken = [replace(one, role="user") if one.role == "system" else one for one in messages]
    return [
        Message(role, "\n\n".join(one.content for one in some))
        for role, some in groupby(spoken, key=lambda one: one.role)
    ]
