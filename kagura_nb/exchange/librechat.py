"""LibreChat's JSON export of a conversation: messages with their parents, or with their children.

    messages: [{messageId, parentMessageId, isCreatedByUser, text or content, feedback}]
    messagesTree: [{…, children: [{…, children: …}]}]

Nothing says which branch was shown last, so the newest message ends it. The form is that of its
source code in 2025 (`useExportConversation.ts`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from kagura_nb.exchange import trees
from kagura_nb.exchange.chat import began
from kagura_nb.exchange.dialogue import Dialogue, Said, Spoken, moment
from kagura_nb.exchange.notes import notes
from kagura_nb.exchange.parts import joined, upload
from kagura_nb.exchange.skips import FAILED
from kagura_nb.records import Role

Json = Mapping[str, Any]
LISTS = ("messagesTree", "messages")


def fits(value: Json) -> bool:
    """Whether an entry is a conversation of LibreChat's."""
    return "conversationId" in value and any(isinstance(value.get(name), list) for name in LISTS)


def dialogue(value: Json) -> Dialogue:
    """An export."""
    title = {"title": str(value["title"])} if value.get("title") else {}
    name = str(value["conversationId"] or "")
    return Dialogue("librechat", _said(value), name, began(value), metadata=title)


def _said(value: Json) -> Iterator[Spoken]:
    held = next(value[name] for name in LISTS if isinstance(value.get(name), list))
    nodes = _flat(held)
    parents = {name: parent for name, (parent, _) in nodes.items()}
    times = {name: _seconds(one.get("createdAt")) for name, (_, one) in nodes.items()}
    shown = trees.branch(parents, trees.newest(parents, times))
    model = _model(value, value.get("options"))
    for name in shown:
        yield from _of(name, nodes[name][1], model)
    yield from trees.left(nodes, shown)


def _flat(held: list[Json]) -> dict[str, tuple[str | None, Json]]:
    """The messages by name, each with its parent, which is the one before it where none is named;
    without recursion, since a tree may be deep.
    """
    found: dict[str, tuple[str | None, Json]] = {}
    waiting: list[tuple[str | None, Json]] = [(None, one) for one in reversed(held)]
    while waiting:
        above, one = waiting.pop()
        name = str(one.get("messageId") or len(found))
        found[name] = above or one.get("parentMessageId") or next(reversed(found), None), one
        children = one.get("children")
        waiting += [(name, child) for child in reversed(children or [])]
    return found


def _of(name: str, message: Json, model: str) -> Iterator[Spoken]:
    role: Role = "user" if _is_users(message) else "assistant"
    content = message.get("content")
    text, skipped = joined(content if content else message.get("text"), "\n\n")
    files = message.get("files") or message.get("attachments")
    yield from (*skipped, *map(upload, files if isinstance(files, list) else ()))
    if message.get("error"):
        yield FAILED
        return
    if text.strip() or not skipped:
        at, own = moment(message.get("createdAt")), _model(message) or model
        yield Said(role, text, name, at, model=own, complete=not message.get("unfinished"))
    if role == "assistant":
        yield from notes(message, {})


def _is_users(message: Json) -> bool:
    made = message.get("isCreatedByUser")
    return made if isinstance(made, bool) else str(message.get("sender")).lower() == "user"


def _model(*held: object) -> str:
    named = (one.get("model") for one in held if isinstance(one, Mapping))
    return next((one for one in named if isinstance(one, str)), "")


def _seconds(time: object) -> float:
    at = moment(time)
    return at.timestamp() if at else 0.0
