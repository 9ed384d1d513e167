"""From conversations to the index's entries."""

from collections.abc import Sequence
from datetime import datetime

from kagura_nb.memory.embedders import Embedder, Vector
from kagura_nb.memory.text import words
from kagura_nb.records import DATED_FROM
from kagura_nb.store.index import Entry, Source

LONGEST_TEXT = 50_000
"""Characters of a conversation whose words are indexed."""


def entries(sources: Sequence[Source], vectors: Sequence[Vector | None]) -> list[Entry]:
    """Entries for the index.

    Args:
        sources: the conversations.
        vectors: theirs, in the same order; None where there is none.
    """
    return [_entry(*pair) for pair in zip(sources, vectors, strict=True)]


def embed(embedder: Embedder, sources: Sequence[Source]) -> Vector:
    """Vectors of conversations as `[date] speaker: prompt reply`, shape (n, dimension)."""
    return embedder.embed([_to_embed(one) for one in sources])


def embed_prompt(embedder: Embedder, prompt: str) -> Vector:
    """The vector of a prompt, shape (dimension,)."""
    vector: Vector = embedder.embed([prompt])[0]
    return vector


def _entry(source: Source, vector: Vector | None) -> Entry:
    said = words(_text(source)[:LONGEST_TEXT])
    label = words(f"{source.speaker} {_day(source)}")
    body = " ".join(dict.fromkeys(said))
    return Entry(source, body, " ".join(label), len(said), vector)


def _to_embed(source: Source) -> str:
    speaker = f"{source.speaker}: " if source.speaker else ""
    day = _day(source)
    return f"{f'[{day}] ' if day else ''}{speaker}{_text(source)}"


def _text(source: Source) -> str:
    return f"{source.prompt}\n{source.reply}" if source.reply else source.prompt


def _day(source: Source) -> str:
    """When it was said where the user is, spelled out; empty where nobody knows."""
    at = datetime.fromisoformat(source.created_at)
    if at < DATED_FROM:
        return ""
    day = at.astimezone()
    return f"{day.day} {day:%B %Y}"
