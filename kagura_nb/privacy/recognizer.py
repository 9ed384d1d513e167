"""What one row of the table says, and the words for saying it.

A row finds candidates by its pattern, keeps those that its check accepts, and is as sure of them
as the words around allow:

    pattern → check → nothing behind an opposing word, near beside a context word, else alone

Patterns start with a set of characters or a literal (a look-behind at the front would make the
search many times slower, so it stands behind the first character), have bounded quantifiers, and
use ASCII look-arounds, since a word boundary is none beside Japanese.
Patterns stay text until a row is tried for the first time, so that the table costs no time.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from string import ascii_lowercase

Check = Callable[[str], bool]
Finder = Callable[[str], Iterable[tuple[int, int]]]
Search = Callable[[str], Iterable[re.Match[str]]]

Free = Callable[[int, int], bool]
"""Whether no surer candidate is there already."""
Near = Callable[[str, str], bool]
"""Whether the words before and after a candidate are those in question."""

CLOSE = 32
PARTICLES = " \t\n:.#(\"'=_-はがの"
GROUP = re.compile(r"[0-9A-Za-z]+")
LETTERS = re.compile("[a-z]+")
LABELS = ("id", "no", "number", "code", "コード", "番号", "ナンバー")
LABEL = re.compile(r"(?:(?<![a-z])(?:id|no|number|code)|コード|番号|ナンバー)\Z")

compiled = cache(re.compile)
"""A pattern, ready for use."""


@cache
def _searched(pattern: str | re.Pattern[str]) -> tuple[Search, str | int]:
    """How a pattern is searched for, and the group that is its value."""
    ready = compiled(pattern)
    return ready.finditer, "value" if "value" in ready.groupindex else 0


def anything(value: str) -> bool:
    """The check of a row whose pattern says it all."""
    return True


@dataclass(frozen=True, slots=True)
class Recognizer:
    """One row.

    Args:
        type: label of what it finds.
        pattern: candidates; a group named `value` narrows the finding.
        alone: confidence without a context word, 0 to 1.
        near: confidence with one.
        context: words that make it likelier, shortly before it or right behind it.
        against: words right before it that make it something else.
        check: whether a candidate is valid.
        literals: one of them must occur in the text for the row to be tried at all.
        digits: so many ASCII digits must.
        token: so many characters must stand together without a space.
        shape: a pattern, shared by many rows, that must occur.
        split: a candidate that is not valid is tried again without its last groups, and unless it
            depends on context from its second group on: it may end inside what stands behind it.
        secret: whether it is a secret: never trained on in any form.
        switch: name of the switch that turns it on; empty: always on.
        finder: finds the candidates' spans instead of the pattern.
    """

    type: str
    pattern: str | re.Pattern[str]
    alone: float = 0.9
    near: float = 0.0
    context: Near | None = None
    against: Near | None = None
    check: Check = anything
    literals: tuple[str, ...] = ()
    digits: int = 0
    token: int = 0
    shape: str = ""
    split: bool = False
    secret: bool = False
    switch: str = ""
    finder: Finder | None = None

    @property
    def ceiling(self) -> float:
        """The highest confidence it can have."""
        return max(self.alone, self.near)

    def spans(self, text: str, free: Free) -> Iterable[tuple[int, int]]:
        """Where its valid candidates are, apart from those that a surer row has."""
        if self.split:
            return self._parts(text, free)
        if self.finder:
            found = self.finder(text)
        else:
            search, group = _searched(self.pattern)
            found = [match.span(group) for match in search(text)]
        return [one for one in found if free(*one) and self.check(text[slice(*one)])]

    def _parts(self, text: str, free: Free) -> Iterator[tuple[int, int]]:
        """The longest valid beginnings of its candidates."""
        search, at, (_, group) = compiled(self.pattern).search, 0, _searched(self.pattern)
        while match := search(text, at):
            start, at = match.span(group)
            if not free(start, at):
                continue
            groups = [one.end() for one in GROUP.finditer(text, start, at)]
            ends = (one for one in (at, *groups[-2::-1]) if self.check(text[start:one]))
            if last := next(ends, 0):
                yield start, last
            at = last or (groups[0] if self.alone else at)


def spelled(parts: Iterable[str]) -> tuple[str, ...]:
    """Words in the ways that they begin a sentence or a heading, for `literals`."""
    forms = (str.lower, str.upper, str.capitalize, str.title)
    return tuple(dict.fromkeys(form(one) for one in parts for form in forms))


def words(*parts: str) -> Near:
    """Any of these near by, in small letters: whole words of ASCII letters, the rest anywhere."""
    whole = frozenset(part for part in parts if part.isascii() and part.isalpha())
    phrases = [part for part in parts if part.isascii() and part not in whole]
    wide = [part for part in parts if not part.isascii()]

    def near(before: str, after: str) -> bool:
        text = f"{before}\n{after}".lower()
        if not whole.isdisjoint(LETTERS.findall(text)):
            return True
        return any(part in text for part in (phrases if text.isascii() else phrases + wide))

    return near


def around(before: str, after: str = "(?!)", hints: tuple[str, ...] = ("",)) -> Near:
    """These regular expressions, the one before or the other behind.

    Args:
        before: what ends right before a candidate.
        after: what begins right behind it.
        hints: small letters, some of which are always before it.
    """

    def near(text: str, rest: str) -> bool:
        low = text.lower()
        if not any(one in low for one in hints):
            return False
        return bool(compiled(before).search(text) or compiled(after).search(rest))

    return near


def behind(*parts: str) -> Near:
    """Any of these words, in small letters, with nothing but a particle or punctuation after it."""
    whole = frozenset(part for part in parts if part.isascii() and part.isalpha())
    rest = tuple(part for part in parts if part not in whole)

    def ends(text: str) -> bool:
        return text.endswith(rest) or text[len(text.rstrip(ascii_lowercase)) :] in whole

    def near(before: str, after: str) -> bool:
        text = before[-CLOSE:].lower().rstrip(PARTICLES)
        if text[-1:].isdigit():
            return False
        if ends(text):
            return True
        return text.endswith(LABELS) and ends(LABEL.sub("", text).rstrip(PARTICLES))

    return near
