"""ChatGPT's data export: `conversations.json`, a tree of messages for each dialogue.

    mapping: {node: {parent, children, message}}, current_node: the end of the branch last shown
    message_feedback.json beside it: [{message_id, rating: "thumbs_up", content: JSON}]

Only that branch is taken over; what was regenerated or edited away is counted. The form is not
published: it is as exports of 2023 to 2026 have it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kagura_nb.exchange import trees
from kagura_nb.exchange.dialogue import Dialogue, Note, Said, Spoken, moment
from kagura_nb.exchange.documents import Documents
from kagura_nb.exchange.notes import notes
from kagura_nb.exchange.parts import upload
from kagura_nb.exchange.skips import (
    FILES,
    HIDDEN,
    IMAGES,
    INSTRUCTIONS,
    REASONING,
    SOUND,
    TOOLS,
    VERSIONS,
    Skip,
    somebody,
)

Json = Mapping[str, Any]
CITATION = re.compile("\ue200[^\ue201]{0,2000}\ue201")
"""References to sources that are not in the export, between characters that nothing shows."""
CANVAS = "canmore."
CUT = ("interrupted", "max_tokens")
"""How a reply ends that was cut short."""
SKIPPED = {
    "thoughts": REASONING,
    "reasoning_recap": REASONING,
    "code": TOOLS,
    "execution_output": TOOLS,
    "tether_browsing_display": TOOLS,
    "tether_quote": TOOLS,
    "system_error": TOOLS,
    "user_editable_context": INSTRUCTIONS,
    "model_editable_context": Skip("ChatGPT's own memory"),
}
KINDS = {"image": IMAGES, "audio": SOUND, "video": SOUND, "real": SOUND}


def fits(value: Json) -> bool:
    """Whether an entry is a dialogue of ChatGPT's."""
    return isinstance(value.get("mapping"), Mapping)


def dialogue(value: Json, feedback: Mapping[str, Note]) -> Dialogue:
    """An entry of the export.

    Args:
        value: the entry.
        feedback: what was thought of messages, by their ids.
    """
    name = str(value.get("conversation_id") or value.get("id") or "")
    title = {"title": str(value["title"])} if value.get("title") else {}
    begun = moment(value.get("create_time"))
    return Dialogue("chatgpt", _said(value, feedback), name, begun, metadata=title)


def feedback(value: Json) -> tuple[str, Note] | None:
    """An entry of `message_feedback.json`: the message that is meant, and what is thought of it."""
    name = value.get("message_id") or value.get("id")
    content = value.get("content")
    try:
        more = json.loads(content) if isinstance(content, str) else content
    except (ValueError, RecursionError):
        more = None
    given = {**(more if isinstance(more, Mapping) else {}), "rating": value.get("rating")}
    found = [one for one in notes({"feedback": given}, {}) if isinstance(one, Note)]
    return (str(name), found[0]) if name and found else None


def _said(value: Json, feedback: Mapping[str, Note]) -> Iterator[Spoken]:
    nodes, documents = value["mapping"], Documents()
    parents = {name: node.get("parent") for name, node in nodes.items()}
    times = {name: _time(node) for name, node in nodes.items()}
    model = str(value.get("default_model_slug") or "")
    last = value.get("current_node")
    branch = trees.branch(parents, last if last in nodes else trees.newest(parents, times))
    for name in branch:
        yield from _of(nodes[name].get("message"), documents, model)
        if name in feedback:
            yield feedback[name]
    shown = set(branch)
    for name, node in nodes.items():
        said = _of(node.get("message"), Documents(), model) if name not in shown else ()
        if any(isinstance(one, Said) for one in said):
            yield VERSIONS


def _time(node: Json) -> float:
    at = moment((node.get("message") or {}).get("create_time"))
    return at.timestamp() if at else 0.0


def _of(message: Json | None, documents: Documents, model: str) -> Iterator[Said | Skip]:
    """What a node says, and what of it is left out."""
    if not message:
        return
    author, about = message["author"], message.get("metadata") or {}
    role, content = author["role"], message.get("content") or {}
    kind, to = str(content.get("content_type")), str(message.get("recipient") or "all")
    parts = content.get("parts") or [content.get("text")]
    if SKIPPED.get(kind) is INSTRUCTIONS:
        yield INSTRUCTIONS
    elif about.get("is_visually_hidden_from_conversation") or role == "system":
        yield from [HIDDEN] if any(isinstance(one, str) and one.strip() for one in parts) else ()
    elif role == "assistant" and to.startswith(CANVAS):
        raw = "".join(one for one in parts if isinstance(one, str))
        for one in documents.canvas(to, raw):
            yield one if isinstance(one, Skip) else _message(message, role, one, model)
    elif role == "tool" or to != "all":
        yield TOOLS
    elif role not in ("user", "assistant"):
        yield somebody(role)
    elif kind in SKIPPED:
        yield SKIPPED[kind]
    else:
        yield from _spoken(message, role, parts, model)


def _spoken(message: Json, role: Any, parts: list[Any], model: str) -> Iterator[Said | Skip]:
    skipped = [_kind(one) for one in parts if isinstance(one, Mapping) and "text" not in one]
    attached = (message.get("metadata") or {}).get("attachments")
    files = [upload(one) for one in (attached if isinstance(attached, list) else ())]
    skipped += [one for one in files if one is not IMAGES or IMAGES not in skipped]
    yield from skipped
    texts = [one.get("text") if isinstance(one, Mapping) else one for one in parts]
    text = CITATION.sub("", "\n".join(one for one in texts if isinstance(one, str)))
    if text.strip() or not skipped:
        yield _message(message, role, text, model)


def _message(message: Json, role: Any, text: str, model: str) -> Said:
    about = message.get("metadata") or {}
    ended = about.get("finish_details") or {}
    return Said(
        role,
        text,
        str(message.get("id") or ""),
        moment(message.get("create_time")),
        name=message["author"].get("name"),
        model=str(about.get("model_slug") or model),
        complete=ended.get("type") not in CUT,
    )


def _kind(part: Json) -> Skip:
    return KINDS.get(str(part.get("content_type")).split("_")[0], FILES)
