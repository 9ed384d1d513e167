"""Every form that can be imported, and what is found in a file of it.

    part ── entries ── a reader of READERS ──► Conversation or Annotation, or Skip: why not

An entry that is broken is passed over, as is whatever the store could not hold. In a list of
dialogues each may have another of the forms that datasets have.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, groupby, islice
from types import MappingProxyType
from typing import Any

from kagura_nb.errors import ExchangeError, KaguraError
from kagura_nb.exchange import (
    chat,
    chatgpt,
    claude,
    gemini,
    jupyter_ai,
    librechat,
    look,
    lossless,
    openwebui,
    pairs,
    ratings,
    transcript,
)
from kagura_nb.exchange.dialogue import Dialogue, Note, conversations
from kagura_nb.exchange.entries import BREAKS, Layout, entries, layouts, lines, reason
from kagura_nb.exchange.files import CHUNK, HEAD, Part
from kagura_nb.exchange.notes import Scales, scales
from kagura_nb.exchange.skips import Skip
from kagura_nb.records import Annotation, Conversation
from kagura_nb.store.rows import checked

Json = Mapping[str, Any]
Found = Conversation | Annotation | Skip
Entries = Iterable[tuple[str, object]]
LOOKED_AT = 20
"""Entries by which a format is known; the first ones may be broken."""
TITLE = 60
"""Characters of a title that the report shows."""
WRONG = (
    LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, KaguraError
)  # fmt: skip
"""What a reader raises of an entry that is not as its format has it."""
MARKDOWN = "markdown"
MESSAGES = "messages"
ANOTHER = Skip("entries of another format")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a file beside its entries.

    Args:
        scales: of the ratings in it.
        feedback: what was thought of messages, by their ids.
    """

    scales: Scales = field(default_factory=dict)
    feedback: Mapping[str, Note] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reader:
    """A form of many entries.

    Args:
        fits: whether an entry is of it.
        read: what is in an entry; one that is wrong raises one of `WRONG`.
        free: whether it is one of datasets, which have ratings on scales of their own.
    """

    fits: Callable[[Json], bool]
    read: Callable[[Json, Known], Iterator[Found]]
    free: bool = False


def _own(fits: Callable[[Json], bool], read: Callable[[Json], Iterator[Found]]) -> Reader:
    return Reader(fits, lambda value, _: read(value))


def _product(fits: Callable[[Json], bool], dialogue: Callable[[Json], Dialogue]) -> Reader:
    return Reader(fits, lambda value, _: conversations(dialogue(value)))


def _free(fits: Callable[[Json], bool], dialogue: Callable[[Json, Scales], Dialogue]) -> Reader:
    read = lambda value, known: conversations(dialogue(value, known.scales))  # noqa: E731
    return Reader(fits, read, free=True)


def _chatgpt(value: Json, known: Known) -> Iterator[Found]:
    return conversations(chatgpt.dialogue(value, known.feedback))


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "kagura": _own(lossless.fits, lossless.conversations),
        "chatgpt": Reader(chatgpt.fits, _chatgpt),
        "claude": _product(claude.fits, claude.dialogue),
        "openwebui": _product(openwebui.fits, openwebui.dialogue),
        "librechat": _product(librechat.fits, librechat.dialogue),
        "gemini-apps": _product(gemini.fits, gemini.dialogue),
        "jupyter-ai": _product(jupyter_ai.fits, jupyter_ai.dialogue),
        "preferences": _free(pairs.fits_preferences, pairs.preferences),
        "sharegpt": _free(chat.fits_sharegpt, chat.sharegpt),
        MESSAGES: _free(chat.fits_messages, chat.messages),
        "alpaca": _free(pairs.fits_alpaca, pairs.alpaca),
        "pairs": _free(pairs.fits_pairs, pairs.pairs),
        ratings.RATINGS: _own(ratings.fits, ratings.annotations),
    }
)
"""Every form with entries, once; a file is of the first one that fits."""
FORMATS = (*READERS, MARKDOWN)


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or one in a .zip, and what it is.

    Args:
        part: the file.
        format: a name of `FORMATS`.
        layout: how it holds its entries.
    """

    part: Part
    format: str
    layout: Layout


def detect(part: Part, format: str | None = None) -> Source:
    """What a file is.

    Args:
        part: the file.
        format: what the user says that it is; None finds it out.

    Raises:
        ExchangeError: none that is known.
    """
    why, looks = "", layouts(part)
    if format == MARKDOWN:
        return Source(part, format, looks[-1])
    for layout in looks:
        try:
            name = _format(part, layout, format)
        except BREAKS as error:
            why = f" ({reason(error)})"
            continue
        if name is not None:
            return Source(part, name, layout)
    if format is not None:
        return Source(part, format, looks[-1])
    raise ExchangeError(
        f"The format of {part.name} is not known{why}: {look.like(part, looks[-1])}",
        f"Use one of {', '.join(FORMATS)}",
    )


def found(
    source: Source, feedback: Mapping[str, Note]
) -> Callable[[Any], Iterator[tuple[str, Found]]]:
    """What is in a file: a function from its text to findings with their places.

    The function raises one of `BREAKS` where the file breaks off.

    Args:
        source: the file.
        feedback: what was thought of messages, by their ids.
    """
    if source.format == MARKDOWN:
        return _in_transcript
    reader = READERS[source.format]
    known = Known(_scales(source.part) if reader.free else {}, feedback)
    return lambda text: _in_entries(entries(text, source.layout), reader, known)


def _format(part: Part, layout: Layout, wanted: str | None) -> str | None:
    """The name of the first reader that fits an entry at the beginning of a file."""
    with part.text() as text:
        if layout.kind == "text":
            said = any(map(transcript.has_speaker, text.read(HEAD).splitlines()))
            return MARKDOWN if said else None
        single = layout.prefix in ("", "item")
        readers = {name: one for name, one in READERS.items() if single or name != ratings.RATINGS}
        for _, value in islice(entries(text, layout), LOOKED_AT):
            if single and chat.is_message(value) and wanted in (None, MESSAGES):
                return MESSAGES
            for name, reader in readers.items():
                if wanted in (None, name) and _fits(reader, _entry(value)):
                    return name
    return None


def _scales(part: Part) -> Scales:
    with suppress(*BREAKS), part.text() as text:
        return scales(text, CHUNK)
    return {}


def _in_transcript(text: Any) -> Iterator[tuple[str, Found]]:
    said = (line for line in lines(text) if line is not None)
    for number, dialogue in enumerate(transcript.dialogues(said), 1):
        yield from ((f"dialogue {number}", one) for one in conversations(dialogue))


def _in_entries(held: Entries, reader: Reader, known: Known) -> Iterator[tuple[str, Found]]:
    """What a reader finds in entries; those that are messages themselves are one dialogue."""
    for thread, run in groupby(held, lambda one: _thread(one[1], reader)):
        if thread is None:
            for place, value in run:
                yield from ((_titled(place, value), one) for one in _checked(reader, value, known))
        else:
            place, first = next(run)
            broken: list[Exception] = []
            values = _whole(chain([first], (one for _, one in run)), broken)
            read = partial(_gathered, values, thread, known)
            yield from ((place, one) for one in _stored(read))
            if broken:
                raise broken[0]


def _whole(values: Iterator[Any], broken: list[Exception]) -> Iterator[Any]:
    """The values before a file breaks off, so that what was said in them is not lost with it."""
    try:
        yield from values
    except BREAKS as error:
        broken.append(error)


def _thread(value: object, reader: Reader) -> str | None:
    """What a message that is an entry belongs to; None of anything else."""
    return chat.thread(value) if reader.free and chat.is_message(value) else None  # type: ignore[arg-type]


def _gathered(values: Iterable[Any], thread: str, known: Known) -> Iterator[Found]:
    said = (one for value in values for one in chat.spoken(value, "", known.scales))
    metadata = {"dialogue": thread} if thread else {}
    return conversations(Dialogue(MESSAGES, said, metadata=metadata))


def _entry(value: object) -> object:
    """An entry; a list of messages is one that has them."""
    listed = isinstance(value, list) and value and all(map(chat.is_message, value))
    return {MESSAGES: value} if listed else value


def _fits(reader: Reader, value: object) -> bool:
    try:
        return isinstance(value, Mapping) and reader.fits(value)
    except WRONG:
        return False


def _checked(reader: Reader, raw: object, known: Known) -> Iterator[Found]:
    """What is found in an entry; where a dataset's form does not fit, another of them may."""
    value = _entry(raw)
    readers = [reader, *(one for one in READERS.values() if reader.free and one.free)]
    fitting = next((one for one in readers if _fits(one, value)), None)
    if isinstance(value, Skip):
        yield value
    elif fitting is None or not isinstance(value, Mapping):
        yield ANOTHER
    else:
        yield from _stored(partial(fitting.read, value, known))


def _stored(read: Callable[[], Iterator[Found]]) -> Iterator[Found]:
    """What is read, as far as the store can hold it."""
    try:
        for one in read():
            yield checked(one) if isinstance(one, Conversation) else one
    except WRONG:
        yield Skip("entries that are not as their format has them")


def _titled(place: str, value: object) -> str:
    title = isinstance(value, Mapping) and (value.get("title") or value.get("name"))
    short = " ".join(str(title or "").split())[:TITLE]
    return f"{place}, {short!r}" if short else place
