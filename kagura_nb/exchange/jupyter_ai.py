"""Chats of jupyter-ai: the `.chat` files of jupyterlab-chat.

    users: {id: {username, bot}}, messages: [{sender, body, time, deleted, attachments: [id]}],
    attachments: {id: {value: a path, selection: {content}}}

Who is a bot is in `users` since jupyterlab-chat 0.17; before, its name or its absence tells. Text
that was selected as an attachment stands in the file and is kept. As jupyterlab-chat 0.25
(`models.py`, 2026) has it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kagura_nb.exchange.dialogue import Dialogue, Said, Spoken, moment
from kagura_nb.exchange.parts import upload
from kagura_nb.exchange.skips import DELETED

Json = Mapping[str, Any]
BOTS = re.compile(
    r"jupyter-ai|jupyternaut|\bbot\b|assistant|claude|gemini|gpt|copilot|codex|goose|mistral",
    re.IGNORECASE,
)


def fits(value: Json) -> bool:
    """Whether an entry is such a chat."""
    held = value.get("messages")
    return isinstance(held, list) and "users" in value and all(map(_is_message, held))


def dialogue(value: Json) -> Dialogue:
    """The chat in a file."""
    metadata = value.get("metadata")
    name = str(metadata.get("id") or "") if isinstance(metadata, Mapping) else ""
    return Dialogue("jupyter-ai", _said(value), name)


def _is_message(one: object) -> bool:
    return isinstance(one, Mapping) and "sender" in one and ("body" in one or "mime_model" in one)


def _said(value: Json) -> Iterator[Spoken]:
    users = value["users"] if isinstance(value["users"], Mapping) else {}
    attachments = value.get("attachments")
    held: Json = attachments if isinstance(attachments, Mapping) else {}
    bots = _bots(value["messages"], users)
    for one in value["messages"]:
        sender = str(one["sender"])
        if one.get("deleted"):
            yield DELETED
            continue
        texts = [_body(one)]
        for name in one.get("attachments") or ():
            selected = list(_selected(held.get(name) if isinstance(name, str) else name))
            texts += selected
            if not selected:
                yield upload(held.get(name))
        text = "\n\n".join(filter(None, texts))
        role: Any = "assistant" if sender in bots else "user"
        yield Said(role, text, str(one.get("id") or ""), moment(one.get("time")))


def _bots(messages: list[Json], users: Json) -> set[str]:
    senders = list(dict.fromkeys(str(one["sender"]) for one in messages))
    bots = {one for one in senders if _is_bot(one, users.get(one))}
    strangers = {one for one in senders if one not in users}
    return bots or (strangers if len(strangers) < len(senders) else set(senders[1:]))


def _is_bot(sender: str, user: object) -> bool:
    if not isinstance(user, Mapping):
        return BOTS.search(sender) is not None
    if isinstance(user.get("bot"), bool):
        return bool(user["bot"])
    named = (str(user.get(name) or "") for name in ("username", "name", "display_name"))
    return any(BOTS.search(one) for one in (sender, *named))


def _body(message: Json) -> str:
    """The text of a message; its rich form has the word, where that is text."""
    rich = message.get("mime_model")
    data = rich.get("data") if isinstance(rich, Mapping) else None
    texts = (
        (data.get(kind) for kind in ("text/markdown", "text/plain"))
        if isinstance(data, Mapping)
        else ()
    )
    return next(
        (one for one in texts if isinstance(one, str) and one), str(message.get("body") or "")
    )


def _selected(attachment: object) -> Iterator[str]:
    """What was selected in a file, or in cells of a notebook."""
    if not isinstance(attachment, Mapping):
        return
    for one in (attachment, *(attachment.get("cells") or ())):
        selection = one.get("selection") if isinstance(one, Mapping) else None
        content = selection.get("content") if isinstance(selection, Mapping) else None
        if isinstance(content, str) and content.strip():
            yield content
