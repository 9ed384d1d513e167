"""ChatGPT's data export: `conversations.json`, a tree of messages for each dialogue.

    mapping: {node: {parent, children, message}}, current_node: the end of the branch last shown

Only that branch is taken over; what was regenerated or edited away is counted. The form is not
published: it is as exports of 2023 to 2026 have it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kagura_nb.exchange.dialogue import Dialogue, Said, Skip, moment

Json = Mapping[str, Any]
CITATION = re.compile("\ue200[^\ue201]{0,2000}\ue201")
"""References to sources that are not in the export, between characters that nothing shows."""
TOOL = Skip("tools: calls and what they returned")
REASONING = Skip("reasoning")
SKIPPED = {
    "thoughts": REASONING,
    "reasoning_recap": REASONING,
    "code": TOOL,
    "execution_output": TOOL,
    "tether_browsing_display": TOOL,
    "tether_quote": TOOL,
    "system_error": TOOL,
    "user_editable_context": Skip("custom instructions"),
    "model_editable_context": Skip("ChatGPT's own memory"),
}
KINDS = {
    "image": Skip("images"),
    "audio": Skip("sound and video"),
    "video": Skip("sound and video"),
    "real": Skip("sound and video"),
}
FILES = Skip("attached files")


def fits(value: Json) -> bool:
    """Whether an entry is a dialogue of ChatGPT's."""
    return isinstance(value.get("mapping"), Mapping)


def dialogue(value: Json) -> Dialogue:
    """An entry of the export."""
    name = str(value.get("conversation_id") or value.get("id") or "")
    return Dialogue("chatgpt", _said(value), name, moment(value.get("create_time")))


def _said(value: Json) -> Iterator[Said | Skip]:
    nodes = value["mapping"]
    branch = _branch(nodes, value.get("current_node") or _newest(nodes))
    for name in branch:
        yield from _of(nodes[name].get("message"))
    shown = set(branch)
    for name, node in nodes.items():
        if name not in shown and any(isinstance(one, Said) for one in _of(node.get("message"))):
            yield Skip("other versions of a message")


def _branch(nodes: Json, last: str | None) -> list[str]:
    """The names of the nodes from the root to the last one; a ring in a broken file ends it."""
    branch: dict[str, None] = {}
    while last is not None and last in nodes and last not in branch:
        branch[last] = None
        last = nodes[last].get("parent")
    return list(branch)[::-1]


def _newest(nodes: Json) -> str | None:
    leaves = [name for name, node in nodes.items() if not node.get("children")]
    return max(leaves, key=lambda name: _time(nodes[name]), default=None)


def _time(node: Json) -> float:
    at = moment((node.get("message") or {}).get("create_time"))
    return at.timestamp() if at else 0.0


def _of(message: Json | None) -> Iterator[Said | Skip]:
    """What a node says, and what of it is left out."""
    if not message:
        return
    author, about = message["author"], message.get("metadata") or {}
    role, content = author["role"], message["content"]
    if about.get("is_visually_hidden_from_conversation") or role == "system":
        return  # never seen by the user
    if role == "tool" or message.get("recipient", "all") not in ("all", None):
        yield TOOL
    elif role not in ("user", "assistant"):
        yield Skip(f"somebody else's: {str(role)[:40]}")
    elif content.get("content_type") in SKIPPED:
        yield SKIPPED[content["content_type"]]
    else:
        yield from _spoken(message, role, content.get("parts") or [content.get("text")])


def _spoken(message: Json, role: Any, parts: list[Any]) -> Iterator[Said | Skip]:
    skipped = [one for one in parts if isinstance(one, Mapping) and "text" not in one]
    for one in skipped:
        yield KINDS.get(str(one.get("content_type")).split("_")[0], FILES)
    texts = [one.get("text") if isinstance(one, Mapping) else one for one in parts]
    text = CITATION.sub("", "\n".join(one for one in texts if isinstance(one, str)))
    if text.strip() or not skipped:
        yield Said(
            role,
            text,
            str(message.get("id") or ""),
            moment(message.get("create_time")),
            name=message["author"].get("name"),
            model=str((message.get("metadata") or {}).get("model_slug") or ""),
        )
