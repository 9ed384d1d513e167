"""Every form that can be imported, and what is found in a file of it.

    part ── entries ── a reader of READERS ──► Conversation or Annotation, or Skip: why not

An entry that is broken is passed over, as is whatever the store could not hold.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any

from kagura_nb.errors import ExchangeError, KaguraError
from kagura_nb.exchange import chat, chatgpt, claude, lossless, ratings, transcript
from kagura_nb.exchange.dialogue import Dialogue, Skip, conversations
from kagura_nb.exchange.entries import BREAKS, entries, lines, reason, shape
from kagura_nb.exchange.files import HEAD, Part
from kagura_nb.records import Annotation, Conversation
from kagura_nb.store.rows import checked

Json = Mapping[str, Any]
Found = Conversation | Annotation | Skip
LOOKED_AT = 20
"""Entries by which a format is known; the first ones may be broken."""
TITLE = 60
"""Characters of a title that the report shows."""
WRONG = (
    LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, KaguraError
)  # fmt: skip
"""What a reader raises of an entry that is not as its format has it."""
MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True)
class Reader:
    """A form of many entries.

    Args:
        fits: whether an entry is of it.
        read: what is in an entry; one that is wrong raises one of `WRONG`.
    """

    fits: Callable[[Json], bool]
    read: Callable[[Json], Iterator[Found]]


def _of(dialogue: Callable[[Json], Dialogue]) -> Callable[[Json], Iterator[Found]]:
    return lambda value: conversations(dialogue(value))


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "kagura": Reader(lossless.fits, lossless.conversations),
        "chatgpt": Reader(chatgpt.fits, _of(chatgpt.dialogue)),
        "claude": Reader(claude.fits, _of(claude.dialogue)),
        "sharegpt": Reader(chat.fits_sharegpt, _of(chat.sharegpt)),
        "messages": Reader(chat.fits_messages, _of(chat.messages)),
        ratings.RATINGS: Reader(ratings.fits, ratings.annotations),
    }
)
"""Every form with entries, once; a file is of the first one that fits."""
FORMATS = (*READERS, MARKDOWN)


def detect(part: Part) -> str:
    """The format of a file.

    Raises:
        ExchangeError: none that is known.
    """
    looks, why = shape(part), ""
    if looks == "text":
        with part.text() as text:
            if any(map(transcript.has_speaker, text.read(HEAD).splitlines())):
                return MARKDOWN
    else:
        try:
            with part.text() as text:
                for _, value in islice(entries(text, looks), LOOKED_AT):
                    for name, reader in READERS.items():
                        if isinstance(value, Mapping) and reader.fits(value):
                            return name
        except BREAKS as error:
            why = f" ({reason(error)})"
    raise ExchangeError(
        f"The format of {part.path} is not known{why}", f"Use one of {', '.join(FORMATS)}"
    )


def found(format: str, part: Part) -> Callable[[Any], Iterator[tuple[str, Found]]]:
    """What is in a file of a format: a function from its text to findings with their places.

    The function raises one of `BREAKS` where the file breaks off.
    """
    if format == MARKDOWN:
        return _in_transcript
    looks, reader = shape(part), READERS[format]
    return lambda text: (
        (_titled(place, value), one)
        for place, value in entries(text, looks)
        for one in _checked(reader, value)
    )


def _in_transcript(text: Any) -> Iterator[tuple[str, Found]]:
    said = (line for line in lines(text) if line is not None)
    for number, dialogue in enumerate(transcript.dialogues(said), 1):
        yield from ((f"dialogue {number}", one) for one in conversations(dialogue))


def _checked(reader: Reader, value: object) -> Iterator[Found]:
    """What a reader finds in an entry, as far as the store can hold it."""
    if isinstance(value, Skip):
        yield value
    elif not isinstance(value, Mapping) or not reader.fits(value):
        yield Skip("entries of another format")
    else:
        try:
            for one in reader.read(value):
                yield checked(one) if isinstance(one, Conversation) else one
        except WRONG:
            yield Skip("entries that are not as their format has them")


def _titled(place: str, value: object) -> str:
    title = isinstance(value, Mapping) and (value.get("title") or value.get("name"))
    short = " ".join(str(title or "").split())[:TITLE]
    return f"{place}, {short!r}" if short else place
