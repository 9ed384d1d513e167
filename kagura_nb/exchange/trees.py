"""Dialogues that are trees, since a message was edited or a reply made anew: the branch shown last.

root ── prompt ── reply              given up: counted
     └─ prompt, edited ── reply      ◄── its end is known, or is the newest message
"""

from collections.abc import Iterable, Iterator, Mapping

from kagura_nb.exchange.skips import VERSIONS, Skip


def branch(parents: Mapping[str, str | None], last: str | None) -> list[str]:
    """The names of the messages from a root to the last one; a ring in a broken file ends it.

    Args:
        parents: of every message, by name.
        last: the message with which the branch ends.
    """
    found: dict[str, None] = {}
    while last is not None and last in parents and last not in found:
        found[last] = None
        last = parents[last]
    return list(found)[::-1]


def newest(parents: Mapping[str, str | None], times: Mapping[str, float]) -> str | None:
    """The end of the branch that is shown where nothing says which: the message that nothing
    follows and that is the latest, by its time and then by its place.
    """
    followed = set(parents.values())
    ends = [name for name in parents if name not in followed]
    return max(reversed(ends), key=lambda name: times.get(name, 0.0), default=None)


def left(parents: Iterable[str], shown: Iterable[str]) -> Iterator[Skip]:
    """A count for each message that is not of the branch."""
    kept = set(shown)
    return (VERSIONS for name in parents if name not in kept)
