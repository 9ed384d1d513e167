"""Claude's data export: `conversations.json`, a list of messages for each dialogue.

The form is not published: it is as exports of 2024 to 2026 have it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from kagura_nb.exchange.dialogue import Dialogue, Said, Skip, moment
from kagura_nb.records import Role

Json = Mapping[str, Any]
ROLES: Mapping[str, Role] = {"human": "user", "user": "user", "assistant": "assistant"}
BLOCKS = {
    "tool_use": Skip("tools: calls and what they returned"),
    "tool_result": Skip("tools: calls and what they returned"),
    "thinking": Skip("reasoning"),
    "image": Skip("images"),
}


def fits(value: Json) -> bool:
    """Whether an entry is a dialogue of Claude's."""
    return isinstance(value.get("chat_messages"), list)


def dialogue(value: Json) -> Dialogue:
    """An entry of the export."""
    name = str(value.get("uuid") or "")
    return Dialogue("claude", _said(value), name, moment(value.get("created_at")))


def _said(value: Json) -> Iterator[Said | Skip]:
    model = str(value.get("model") or "")
    for message in value["chat_messages"]:
        for _ in (*(message.get("attachments") or ()), *(message.get("files") or ())):
            yield Skip("attached files")
        sender = str(message.get("sender"))
        if sender not in ROLES:
            yield Skip(f"somebody else's: {sender[:40]}")
            continue
        blocks = message.get("content") or [{"type": "text", "text": message.get("text")}]
        texts = [one.get("text") for one in blocks if one.get("type", "text") == "text"]
        yield from (BLOCKS[one["type"]] for one in blocks if one.get("type") in BLOCKS)
        text = "\n\n".join(one for one in texts if isinstance(one, str))
        identifier, at = str(message.get("uuid") or ""), moment(message.get("created_at"))
        yield Said(ROLES[sender], text, identifier, at, model=model)
