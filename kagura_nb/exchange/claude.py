"""Claude's data export: `conversations.json`, a list of messages for each dialogue; and a single
conversation as its web page loads it, where they are a tree.

    chat_messages: [{uuid, parent_message_uuid, sender, text, content: [block], attachments}],
    current_leaf_message_uuid: the end of the branch last shown

Pasted text and the text of files stands in `extracted_content` and is kept behind the prompt's own.
The form is not published: it is as exports of 2024 to 2026 have it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from kagura_nb.exchange import trees
from kagura_nb.exchange.dialogue import Dialogue, Said, Spoken, moment
from kagura_nb.exchange.documents import Documents
from kagura_nb.exchange.notes import notes
from kagura_nb.exchange.parts import texts, upload
from kagura_nb.exchange.skips import Skip, somebody
from kagura_nb.records import Role

Json = Mapping[str, Any]
ROLES: Mapping[str, Role] = {"human": "user", "user": "user", "assistant": "assistant"}
ARTIFACTS = "artifacts"
"""The tool by which it writes documents."""


def fits(value: Json) -> bool:
    """Whether an entry is a dialogue of Claude's."""
    return isinstance(value.get("chat_messages"), list)


def dialogue(value: Json) -> Dialogue:
    """An entry of the export."""
    name, title = str(value.get("uuid") or ""), value.get("name")
    begun = moment(value.get("created_at"))
    metadata = {"title": str(title)} if title else {}
    return Dialogue("claude", _said(value), name, begun, metadata=metadata)


def _said(value: Json) -> Iterator[Spoken]:
    model, documents = str(value.get("model") or ""), Documents()
    nodes = {str(one.get("uuid") or n): one for n, one in enumerate(value["chat_messages"])}
    shown = _shown(nodes, value.get("current_leaf_message_uuid"))
    for name in shown:
        yield from _of(name, nodes[name], documents, model)
    yield from trees.left(nodes, shown)


def _shown(nodes: Mapping[str, Json], last: object) -> list[str]:
    """The messages of the branch last shown: all of them where nothing branches off."""
    parents = {name: one.get("parent_message_uuid") for name, one in nodes.items()}
    if not any(one in nodes for one in parents.values()):
        return list(nodes)
    times = {name: _time(one) for name, one in nodes.items()}
    end = last if isinstance(last, str) and last in nodes else trees.newest(parents, times)
    return trees.branch(parents, end)


def _time(message: Json) -> float:
    at = moment(message.get("created_at"))
    return at.timestamp() if at else 0.0


def _of(name: str, message: Json, documents: Documents, model: str) -> Iterator[Spoken]:
    sender = str(message.get("sender"))
    if sender not in ROLES:
        yield somebody(sender)
        return
    found = [*_texts(message, documents), *_attached(message)]
    skipped = [one for one in found if isinstance(one, Skip)]
    yield from skipped
    text = "\n\n".join(one for one in found if isinstance(one, str) and one.strip())
    if text or not skipped:
        at, own = moment(message.get("created_at")), str(message.get("model") or model)
        yield Said(ROLES[sender], text, name, at, model=own)
    judged = message.get("chat_feedback")
    if isinstance(judged, Mapping):
        yield from notes({"feedback": {**judged, "value": judged.get("type")}}, {})


def _texts(message: Json, documents: Documents) -> Iterator[str | Skip]:
    blocks = message.get("content") or [message.get("text")]
    for one in blocks if isinstance(blocks, list) else [blocks]:
        called = one.get("input") if isinstance(one, Mapping) else None
        if isinstance(called, Mapping) and one.get("name") == ARTIFACTS:
            yield from documents.artifact(called)
        else:
            yield from texts(one)


def _attached(message: Json) -> Iterator[str | Skip]:
    """The text of what is attached, or that it has none."""
    named = set()
    for one in message.get("attachments") or ():
        content = one.get("extracted_content")
        kept = isinstance(content, str) and bool(content.strip())
        named.add(one.get("file_name"))
        yield content if kept else upload(one)
    for one in (*(message.get("files") or ()), *(message.get("files_v2") or ())):
        name = one.get("file_name")
        if name is None or name not in named:
            named.add(name)
            yield upload({"type": one.get("file_kind"), **one})
