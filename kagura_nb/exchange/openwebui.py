"""Open WebUI's exports: a tree of messages for each chat, and its export of feedback.

    chat: {history: {messages: {id: {parentId, role, content, annotation}}, currentId}}
    data: {rating}, details: {rating: 1 to 10}, meta: {message_id}, snapshot: {chat: {chat: …}}

The branch of `currentId` is taken over. The form is not published: it is as exports of 0.3 to 0.6
(2024 to 2026) have it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kagura_nb.exchange import trees
from kagura_nb.exchange.chat import ROLES
from kagura_nb.exchange.dialogue import Dialogue, Said, Spoken, moment
from kagura_nb.exchange.notes import PLUS_MINUS, notes, tags
from kagura_nb.exchange.parts import beside, joined
from kagura_nb.exchange.skips import FAILED, REASONING, TOOLS, somebody

Json = Mapping[str, Any]
FOLDED = re.compile(
    r'<details type="(\w{1,40})"[^>]{0,500}>(?:(?!<details).)*?</details>\s*', re.DOTALL
)
"""What a reply shows folded: reasoning, and calls of tools."""
SCALES = {"rating": PLUS_MINUS}


def fits(value: Json) -> bool:
    """Whether an entry is a chat, or a rating with one."""
    return _chat(value) is not None


def dialogue(value: Json) -> Dialogue:
    """An entry of an export."""
    chat, rows = _chat(value) or {}, _rows(value)
    meta: Json = next((one["meta"] for one in rows if isinstance(one.get("meta"), Mapping)), {})
    begun = (moment(one.get(key)) for one in rows for key in ("created_at", "timestamp"))
    title = next((str(one["title"]) for one in rows if one.get("title")), "")
    return Dialogue(
        "openwebui",
        _said(value, chat),
        str(meta.get("chat_id") or next((one["id"] for one in rows if one.get("id")), "")),
        next(filter(None, begun), None),
        tags(meta.get("tags")) or tags(chat.get("tags")),
        {"title": title} if title else {},
    )


def _rows(value: Json) -> list[Json]:
    """A chat and the rows around it, from the outside; a rating's own row is none of them."""
    found, one = [], value.get("snapshot", value)
    while isinstance(one, Mapping):
        found.append(one)
        one = one.get("chat")
    return found


def _chat(value: Json) -> Json | None:
    return next((one for one in _rows(value) if _messages(one) and _is_chat(one, value)), None)


def _is_chat(one: Json, value: Json) -> bool:
    return isinstance(one.get("history"), Mapping) or (one is not value and "messages" in one)


def _messages(chat: Json) -> dict[str, Json]:
    """The messages of a chat by name; a plain list is a tree without branches."""
    history = chat.get("history")
    held = history.get("messages") if isinstance(history, Mapping) else None
    if isinstance(held, Mapping):
        return {name: one for name, one in held.items() if isinstance(one, Mapping)}
    listed = held or chat.get("messages")
    found: dict[str, Json] = {}
    for number, one in enumerate(listed if isinstance(listed, list) else ()):
        chained = {"parentId": next(reversed(found), None), **one}
        found[str(one.get("id") or number)] = chained
    return found


def _said(value: Json, chat: Json) -> Iterator[Spoken]:
    nodes = _messages(chat)
    parents = {name: one.get("parentId") for name, one in nodes.items()}
    times = {name: at for name, one in nodes.items() if (at := _seconds(one.get("timestamp")))}
    rated = _rated(value)
    history = chat.get("history")
    current = history.get("currentId") if isinstance(history, Mapping) else None
    last = rated if rated in nodes else current
    shown = trees.branch(parents, last if last in nodes else trees.newest(parents, times))
    for name in shown:
        yield from _of(name, nodes[name], value if name == rated else None)
    yield from trees.left(nodes, shown)


def _rated(value: Json) -> str | None:
    """The message that an entry of the export of feedback is about."""
    meta = value.get("meta")
    return meta.get("message_id") if "snapshot" in value and isinstance(meta, Mapping) else None


def _of(name: str, message: Json, rating: Json | None) -> Iterator[Spoken]:
    role = ROLES.get(str(message.get("role")))
    if role is None:
        yield somebody(message.get("role"))
        return
    text, skipped = joined(message.get("content"))
    folded = FOLDED.findall(text) if role == "assistant" else []
    yield from (REASONING if kind == "reasoning" else TOOLS for kind in folded)
    yield from (*beside(message), *skipped)
    if message.get("error"):
        yield FAILED
    text = FOLDED.sub("", text) if folded else text
    if text.strip() or not (folded or skipped or message.get("error")):
        at, model = moment(message.get("timestamp")), str(message.get("model") or "")
        yield Said(role, text, name, at, model=model, complete=message.get("done") is not False)
    if role == "assistant":
        given = message if rating is None else {"feedback": _feedback(rating)}
        yield from notes(given, SCALES)


def _feedback(entry: Json) -> Json:
    data, details = entry.get("data"), entry.get("details")
    return {**(data if isinstance(data, Mapping) else {}), "details": details}


def _seconds(time: object) -> float:
    at = moment(time)
    return at.timestamp() if at else 0.0
