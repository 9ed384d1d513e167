"""Exporting: conversations of the store as a file.

    kagura      everything that is known of each, a line of JSON: importing it gives the same again
    messages    a line for every session, as OpenAI has dialogues
    sharegpt    the same as ShareGPT has them
    markdown    to be read by people

The last three say the reply to learn from, which is the correction where there is one, and leave
out what was never answered. All of them say what was said, unmasked.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby, islice
from pathlib import Path
from types import MappingProxyType

from tqdm import tqdm

from kagura_nb.errors import ExchangeError
from kagura_nb.exchange import lossless, transcript
from kagura_nb.records import Conversation, Message
from kagura_nb.store import ConversationCollector, Selection, exports
from kagura_nb.store.exports import Export
from kagura_nb.store.outside import alone, place, private_file
from kagura_nb.store.rows import from_messages

LONGEST_RUN = 200
"""Conversations of a line at most; a longer session has several."""
SPEAKERS = {"system": "system", "user": "human", "assistant": "gpt"}


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written.

    Args:
        path: where.
        format: how.
        count: conversations in it.
        left_out: those that were never answered, where the format has no place for them.
    """

    path: Path
    format: str
    count: int
    left_out: int


@dataclass(slots=True)
class _Seen:
    """What went into a file so far."""

    count: int = 0
    oldest: str = ""
    newest: str = ""

    def watch(self, found: Iterable[Conversation]) -> Iterator[Conversation]:
        for one in found:
            self.count += 1
            self.oldest = min(self.oldest or one.id, one.id)
            self.newest = max(self.newest, one.id)
            yield one


def write(
    store: ConversationCollector,
    path: Path,
    selection: Selection,
    format: str | None = None,
    *,
    overwrite: bool = False,
    progress: bool = False,
) -> Written:
    """Export conversations; forgetting them later takes them out of the file too.

    Args:
        store: has them.
        path: of the file.
        selection: which ones.
        format: a name of `WRITERS`; None takes markdown for names that end in .md, else kagura.
        overwrite: whether a file that is there may be replaced.
        progress: show a bar when it takes over two seconds.

    Raises:
        ExchangeError: nothing is selected, or the file cannot be written.
        StoreError: the conversations cannot be read.
    """
    path = place(path, overwrite=overwrite)
    format = format or ("markdown" if path.suffix.lower() in (".md", ".markdown") else "kagura")
    seen, total = _Seen(), store.count(selection)
    found = store.iterate(selection) if format == "kagura" else _answered(store, selection)
    kept = tqdm(found, "Export", total, delay=2, unit=" rows", disable=not progress)
    with alone(store.database), private_file(path) as file:
        file.writelines(WRITERS[format](seen.watch(kept)))
        if not seen.count:
            raise ExchangeError(
                "No conversation is meant", "Select others, or leave the options out to write all"
            )
        with store.database.write(durable=True) as connection:
            now = datetime.now(UTC)
            exports.add(connection, Export(str(path), format, now, seen.oldest, seen.newest))
    return Written(path, format, seen.count, total - seen.count)


def _answered(store: ConversationCollector, selection: Selection) -> Iterator[Conversation]:
    """Session by session, since several may have been held at a time."""
    for name in store.sessions(selection):
        held = store.iterate(replace(selection, session=name))
        yield from (one for one in held if one.reply)


def _runs(found: Iterable[Conversation]) -> Iterator[list[Conversation]]:
    """Conversations of a session that begin with the same messages."""
    for _, run in groupby(found, lambda one: (one.session, one.messages[:-1])):
        while held := list(islice(run, LONGEST_RUN)):
            yield held


def _dialogues(name: str, form: Callable[[Sequence[Message]], object]) -> "Writer":
    def lines(found: Iterable[Conversation]) -> Iterator[str]:
        for held in _runs(found):
            said = [*held[0].messages[:-1]]
            for one in held:
                said += one.messages[-1], Message("assistant", one.reply)
            row = {"ids": [one.id for one in held], name: form(said)}
            yield json.dumps(row, ensure_ascii=False) + "\n"

    return lines


def _sharegpt(said: Sequence[Message]) -> list[dict[str, str]]:
    return [{"from": SPEAKERS[one.role], "value": one.content} for one in said]


def _markdown(found: Iterable[Conversation]) -> Iterator[str]:
    for session, run in groupby(found, lambda one: one.session):
        yield from transcript.blocks(session, run)


Writer = Callable[[Iterable[Conversation]], Iterator[str]]
WRITERS: Mapping[str, Writer] = MappingProxyType(
    {
        "kagura": lambda found: map(lossless.line, found),
        "messages": _dialogues("messages", from_messages),
        "sharegpt": _dialogues("conversations", _sharegpt),
        "markdown": _markdown,
    }
)
"""Every form that can be exported, once."""
