"""Lists of messages: ShareGPT's `conversations` with from and value, OpenAI's `messages` with role
and content, Google's `contents` with role and parts, as datasets and trainers everywhere have them.

They carry few times, and ids that are not theirs alone: a dialogue is known by its first words. Our
own have `ids`, one for each of the last exchanges.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from kagura_nb.exchange.dialogue import Dialogue, Said, Spoken, as_kept, moment
from kagura_nb.exchange.notes import Scales, first, notes, tags
from kagura_nb.exchange.parts import beside, joined
from kagura_nb.exchange.skips import TOOLS, somebody
from kagura_nb.records import Role
from kagura_nb.store.rows import storable

Json = Mapping[str, Any]
ROLES: Mapping[str, Role] = {
    **dict.fromkeys(("system", "developer", "context"), "system"),
    **dict.fromkeys(("user", "human", "prompter", "customer", "ユーザー", "ユーザ"), "user"),
    **dict.fromkeys(
        ("assistant", "gpt", "ai", "bot", "model", "chatbot", "llm", "agent", "chatgpt", "bing",
         "bard", "claude", "gemini", "アシスタント"),
        "assistant",
    ),
}  # fmt: skip
TOOL_ROLES = {"tool", "function", "function_call", "function_response", "observation", "ipython"}
SHAREGPT = ("conversations", "conversation", "items")
LISTS = ("messages", *SHAREGPT, "contents", "turns", "dialogue", "dialog", "chat", "history")
"""Where an entry has its messages."""
SPEAKERS = ("role", "from", "sender", "author", "speaker")
CONTENTS = ("content", "value", "text", "parts", "message", "body")
TIMES = ("created_at", "createdAt", "timestamp", "create_time", "time", "date", "datetime")
THREADS = ("conversation_id", "session_id", "thread_id", "chat_id")


def fits_sharegpt(value: Json) -> bool:
    """Whether an entry is a dialogue as ShareGPT has it."""
    return any(_is_list_with(value.get(name), "from") for name in SHAREGPT)


def fits_messages(value: Json) -> bool:
    """Whether an entry has a list of messages with speakers."""
    return listed(value) is not None


def is_message(value: object) -> bool:
    """Whether a value is a message itself, with a role that is known."""
    return (
        isinstance(value, Mapping)
        and _name(value).lower() in ROLES.keys() | TOOL_ROLES
        and any(name in value for name in (*CONTENTS, "tool_calls"))
    )


def sharegpt(value: Json, scales: Scales) -> Dialogue:
    """An entry with `conversations`."""
    return _dialogue("sharegpt", value, scales)


def messages(value: Json, scales: Scales) -> Dialogue:
    """An entry with `messages`, or the like."""
    return _dialogue("messages", value, scales)


def spoken(one: Json, model: str, scales: Scales) -> Iterator[Spoken]:
    """A message, what it has beside its text, and what is thought of it."""
    name = _name(one)
    role = ROLES.get(name.lower())
    text, skipped = joined(next((one[key] for key in CONTENTS if one.get(key) is not None), None))
    if name.lower() in TOOL_ROLES:
        yield TOOLS
        return
    if role is None:
        yield somebody(name)
        return
    aside = [*beside(one), *skipped]
    yield from aside
    if text.strip() or not aside:
        own_name, own_model = named(one.get("name")) or None, named(one.get("model"))
        yield Said(role, text, at=began(one), name=own_name, model=own_model or model)
    yield from notes(one, scales) if role != "system" else ()


def told(value: Json) -> dict[str, Any]:
    """The title and the id of an entry, as metadata."""
    name = next((value[key] for key in ("id", "conversation_id", "uuid") if value.get(key)), None)
    title = first(value, ("title",))
    known = {
        "dialogue": storable(str(name)) if isinstance(name, str | int) else None,
        "title": title,
    }
    return {key: one for key, one in known.items() if one}


def began(value: Json) -> datetime | None:
    """When an entry says that it was."""
    return next((at for key in TIMES if key in value and (at := moment(value[key]))), None)


def named(value: object) -> str:
    """A name, as it is or as that of an object."""
    if isinstance(value, Mapping):
        value = first(value, ("id", "name"))
    return value if isinstance(value, str) else ""


def _dialogue(origin: str, value: Json, scales: Scales) -> Dialogue:
    said = _said(value, scales)
    labels = tags(value.get("tags"))
    return Dialogue(origin, said, at=began(value), tags=labels, metadata=told(value))


def _said(value: Json, scales: Scales) -> Iterator[Spoken]:
    model, found = named(value.get("model")), listed(value) or []
    for key in ("system", "system_prompt", "systemInstruction", "system_instruction"):
        text, _ = joined(value.get(key))
        if text.strip():
            yield Said("system", text)
    ids = _ids(value.get("ids"), len(found))
    for number, message in enumerate(found):
        for one in spoken(message, model, scales):
            kept = isinstance(one, Said) and number in ids
            yield as_kept(one, ids[number]) if kept and isinstance(one, Said) else one
    yield from notes(value, scales)


def listed(value: Json) -> list[Json] | None:
    """The messages of an entry; None where it has none."""
    lists = (value[name] for name in LISTS if name in value)
    return next((one for one in lists if any(_is_list_with(one, who) for who in SPEAKERS)), None)


def _is_list_with(value: object, key: str) -> bool:
    return isinstance(value, list) and all(isinstance(one, Mapping) and key in one for one in value)


def _name(one: Json) -> str:
    """Who speaks, as the file has it."""
    who = next((one[key] for key in SPEAKERS if one.get(key)), "")
    return str(who.get("role") if isinstance(who, Mapping) else who)


def _ids(ids: object, count: int) -> dict[int, object]:
    """The ids of our own conversations, by the numbers of the messages that they begin with."""
    found = ids if isinstance(ids, list) and 2 * len(ids) <= count else []
    return {count - 2 * at: one for at, one in enumerate(reversed(found), 1)}


def thread(one: Json) -> str:
    """What says which messages of a file of messages belong together."""
    return str(next((one[name] for name in THREADS if one.get(name)), ""))
