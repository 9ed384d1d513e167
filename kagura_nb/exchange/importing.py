"""Importing: a file of another program, or of ours, into the store.

    file ── parts ── reading.found ──► conversations ── batches ──► store
                           │                └ ratings ── one transaction ──► store
                           └──► Skip: counted by reason, with the first place of each

Where a file breaks off, what came before stays. Ids say what is there already (`dialogue`), so a
file may be imported again, also one that has grown, or an import that was stopped: what is new is
added, and nothing that is there changes. What the user has forgotten comes back with its file, for
nothing is kept that could tell.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from tqdm import tqdm

from kagura_nb.errors import ExchangeError
from kagura_nb.exchange import chatgpt, ratings
from kagura_nb.exchange.dialogue import Note, Undated
from kagura_nb.exchange.entries import BREAKS, entries, layouts, reason
from kagura_nb.exchange.files import FEEDBACK, Part, parts
from kagura_nb.exchange.reading import Source, detect, found
from kagura_nb.exchange.report import Report, Tally
from kagura_nb.exchange.skips import Skip
from kagura_nb.records import Annotation, Conversation
from kagura_nb.store import ConversationCollector, Selection
from kagura_nb.store.queries import resolve_many

BATCH = 500
"""Conversations of a transaction."""
Judgement = tuple[int | None, str | None, str | None]
UNJUDGED: Judgement = (None, None, None)
STAYS = "ratings of what is there already, which stays as it is"
LARGE = 8_000_000
"""Characters from which on a batch has fewer."""


def bring(
    store: ConversationCollector, path: Path, format: str | None = None, *, progress: bool = False
) -> Report:
    """Import a file.

    Args:
        store: takes what is in it.
        path: of the file, or of a .zip with it.
        format: a name of `reading.FORMATS`; None finds it out.
        progress: show a bar when it takes over two seconds.

    Raises:
        ExchangeError: a file that cannot be read, or of no known format.
        StoreError: the store cannot be written; what was committed stays.
    """
    tally = Tally()
    held, feedback = _sources(parts(path.expanduser()), format, tally)
    format = held[0].format
    total = sum(one.part.size for one in held)
    bar = tqdm(total=total, desc="Import", unit="B", unit_scale=True, delay=2, disable=not progress)
    with bar, store.database.exclusive("import") as mine:
        if not mine:
            raise ExchangeError("Another import is running", "Wait for its end and repeat")
        contents = _contents(held, feedback, tally, bar.update)
        if format == ratings.RATINGS:
            return _rate(store, contents, tally)
        if format != "kagura":
            contents = _placed(contents, Undated(store.ids(Selection(dated=False))))
        return _add(store, contents, tally, format)


def _placed(
    contents: Iterable[tuple[str, Conversation | Annotation]], undated: Undated
) -> Iterator[tuple[str, Conversation | Annotation]]:
    for place, one in contents:
        yield place, undated.place(one) if isinstance(one, Conversation) else one


def _sources(
    held: list[Part], format: str | None, tally: Tally
) -> tuple[list[Source], dict[str, Note]]:
    """What is to be read, and what was thought of messages in it.

    Of several files in a .zip those count that are of a known form; ratings of what is in the store
    are not mixed with conversations.
    """
    feedback = dict(chain.from_iterable(_feedback(one) for one in held if _is_feedback(one)))
    found, errors = list[Source](), list[ExchangeError]()
    for part in held:
        try:
            if not _is_feedback(part):
                found.append(detect(part, format))
        except ExchangeError as error:
            errors.append(error)
            tally.skip("files of no known form", part.member)
    if not found:
        raise next(iter(errors), ExchangeError("There is only feedback", "Name a whole export"))
    alike = [one for one in found if _is_ratings(one) == _is_ratings(found[0])]
    for one in found:
        if one not in alike:
            tally.skip("files of ratings beside conversations", one.part.member)
    return alike, feedback


def _is_ratings(source: Source) -> bool:
    return source.format == ratings.RATINGS


def _is_feedback(part: Part) -> bool:
    return part.member.rpartition("/")[2] == FEEDBACK


def _feedback(part: Part) -> Iterator[tuple[str, Note]]:
    with suppress(*BREAKS), part.text() as text:
        for _, value in entries(text, layouts(part)[-1]):
            if isinstance(value, Mapping) and (found := chatgpt.feedback(value)):
                yield found


def _contents(
    held: list[Source],
    feedback: Mapping[str, Note],
    tally: Tally,
    told: Callable[[int], object],
) -> Iterator[tuple[str, Conversation | Annotation]]:
    """What is taken over from a file, with its places; the rest is counted."""
    for source in held:
        place, part = "its beginning", source.part
        try:
            with part.text(told) as text:
                for place, one in found(source, feedback)(text):
                    if isinstance(one, Skip):
                        tally.skip(one.reason, place)
                    else:
                        yield place, one
        except BREAKS as error:
            tally.broken.append(
                f"{part.member or part.path.name} breaks off behind {place} ({reason(error)})"
            )


@dataclass(slots=True)
class _Batch:
    """Conversations on their way into the store."""

    store: ConversationCollector
    tally: Tally
    held: list[Conversation] = field(default_factory=list)
    judged: dict[str, Judgement] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    size: int = 0

    def add(self, place: str, one: Conversation) -> bool:
        """Add one, and say whether they are enough for a transaction."""
        self.held.append(one)
        if _judged(one) != UNJUDGED:
            self.places.setdefault(one.id, place)
            if self.judged.get(one.id, _judged(one)) != _judged(one):
                self.tally.skip(STAYS, place)
        self.judged.setdefault(one.id, _judged(one))
        self.size += len(one.prompt) + len(one.response)
        return len(self.held) == BATCH or self.size > LARGE

    def write(self) -> None:
        """Store and count them."""
        self._compare()
        added = self.store.add_many(self.held)
        self.tally.done += added
        self.tally.changed += [one.id for one in self.held if one.good]
        self.tally.known += len(self.held) - added
        self.held, self.judged, self.places, self.size = [], {}, {}, 0

    def _compare(self) -> None:
        """Tell of what is there with another rating than the file has, which stays as it is."""
        there = self.store.iterate(Selection(ids=tuple(self.places))) if self.places else ()
        for one in there:
            if self.judged[one.id] not in (UNJUDGED, _judged(one)):
                self.tally.skip(STAYS, self.places[one.id])


def _judged(one: Conversation) -> Judgement:
    return one.rating, one.comment, one.correction


def _add(
    store: ConversationCollector,
    contents: Iterator[tuple[str, Conversation | Annotation]],
    tally: Tally,
    format: str,
) -> Report:
    """Store the conversations of a file, batch by batch; the user may stop it.

    A batch is written in a thread, where Ctrl-C cannot reach it: it ends behind one.
    """
    stopped, batch = False, _Batch(store, tally)
    with ThreadPoolExecutor(1) as writer:
        try:
            for place, one in contents:
                assert isinstance(one, Conversation)
                if batch.add(place, one):
                    writer.submit(batch.write).result()
        except KeyboardInterrupt:
            stopped = True
        writer.submit(batch.write).result()
    return tally.report(format, stopped=stopped)


def _rate(
    store: ConversationCollector,
    contents: Iterator[tuple[str, Conversation | Annotation]],
    tally: Tally,
) -> Report:
    """Change the ratings that a file names, all of them or none."""
    found = [(place, one) for place, one in contents if isinstance(one, Annotation)]
    with store.database.read() as connection:
        meant = resolve_many(connection, {one.id for _, one in found})
    for place, one in found:
        if one.id not in meant:
            tally.skip("ratings of no conversation that there is", place)
    known = [replace(one, id=meant[one.id]) for _, one in found if one.id in meant]
    return ratings.apply(store, known, tally)
