"""What a message holds: a text, or a list of parts as OpenAI, Anthropic and Google have them.

    "Hello"   ["Hello", {"type": "text", "text": …}, {"type": "image_url", …}, {"functionCall": …}]

Text is kept; of everything else its kind is told.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kagura_nb.exchange.skips import (
    FAILED,
    FILES,
    IMAGES,
    OTHER_PARTS,
    REASONING,
    SOUND,
    TOOLS,
    Skip,
)

Json = Mapping[str, Any]
KINDS: tuple[tuple[Skip, tuple[str, ...]], ...] = (
    (REASONING, ("think", "reason", "thought")),
    (TOOLS, ("tool", "function", "executablecode", "codeexecution", "code_execution", "search")),
    (SOUND, ("audio", "video", "voice", "sound")),
    (IMAGES, ("image", "picture", "photo")),
    (FAILED, ("error",)),
    (FILES, ("file", "document", "attachment", "inlinedata", "inline_data")),
)
"""Words in the kind of a part, or in the name of its field, by which it is known."""
MIMES = {"image": IMAGES, "audio": SOUND, "video": SOUND}
THOUGHTS = ("reasoning_content", "reasoning", "thinking", "thoughts")
"""Fields of a message beside its text."""
CALLS = ("tool_calls", "function_call", "toolCalls")
UPLOADS = ("attachments", "files", "images")


def joined(content: object, glue: str = "\n") -> tuple[str, list[Skip]]:
    """The text of what a message holds, and what is left out of it."""
    found = list(texts(content))
    text = glue.join(one for one in found if isinstance(one, str) and one)
    return text, [one for one in found if isinstance(one, Skip)]


def texts(content: object) -> Iterator[str | Skip]:
    """The texts of what a message holds, in order."""
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, str):
            yield part
        elif isinstance(part, Mapping):
            yield _of(part)
        elif part is not None:
            yield OTHER_PARTS


def beside(message: Json) -> Iterator[Skip]:
    """What a message has beside its text and is left out: reasoning, calls of tools, files."""
    yield from (REASONING for name in THOUGHTS if message.get(name))
    yield from (TOOLS for name in CALLS if message.get(name))
    for name in UPLOADS:
        held = message.get(name)
        yield from map(upload, held if isinstance(held, list) else ())


def upload(file: object) -> Skip:
    """The kind of a file."""
    if not isinstance(file, Mapping):
        return FILES
    said = (file.get(name) for name in ("type", "mime_type", "mimeType", "file_type", "mimetype"))
    return next((MIMES[one] for one in map(_family, said) if one in MIMES), FILES)


def _family(kind: object) -> str:
    return str(kind).lower().partition("/")[0]


def _of(part: Json) -> str | Skip:
    kind = str(part.get("type") or "").lower()
    text = part.get("text", part.get("content", part.get("refusal")))
    if isinstance(text, Mapping):
        text = text.get("value")
    if part.get("thought") is True:
        return REASONING
    if isinstance(text, str) and ("text" in kind or _known((kind,)) in (None, SOUND)):
        return text
    return _known((kind, *map(str.lower, part))) or OTHER_PARTS


def _known(names: Iterable[str]) -> Skip | None:
    listed = tuple(names)
    return next(
        (skip for skip, words in KINDS if any(word in one for one in listed for word in words)),
        None,
    )
