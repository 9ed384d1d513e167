"""What people thought of replies, as other programs keep it: stars, thumbs, scores, comments.

    "rating": 4    "score": 0.9    "feedback": {"rating": "thumbsDown", "text": …}    "label": true

A number means something only on its scale, and the scale shows in all numbers that a file has under
a name: `scales` reads them ahead. What no scale explains is told and not guessed.

    -1 1        thumbs: 1 and 5 stars
    0 … 1       spread over 1 to 5 stars
    1 … 5       stars
    1 … 10      two for a star
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import IO, Any

from kagura_nb.exchange.dialogue import Note
from kagura_nb.exchange.skips import NO_SCALE, NO_VERDICT, Skip

Json = Mapping[str, Any]
STARS = ("rating", "stars", "user_rating", "userRating")
THUMBS = ("thumbs", "thumb", "vote", "like", "liked", "reaction")
LABELS = ("label", "kto_tag")
"""Yes or no, of which much else is no rating."""
FREE = ("feedback", "annotation")
"""Words that are no rating in them are a comment."""
RATED = (*STARS, *THUMBS, *FREE, *LABELS, "score", "reward", "value")
BESIDE = RATED[:-1]
"""Names that mean a rating beside a message; a value does only within a rating."""
COMMENTS = ("comment", "feedback_comment", "feedback_text")
CORRECTIONS = ("correction", "corrected", "corrected_response", "edited_response")
ALL = frozenset((*BESIDE, *COMMENTS, *CORRECTIONS, "weight"))
"""Of these anything beside a message tells what somebody thought."""
UP = (
    "up", "upvote", "upvoted", "thumbsup", "thumbup", "like", "liked", "good", "great", "positive",
    "pos", "helpful", "correct", "yes", "true", "love", "+1", "👍", "いいね", "良い", "高評価",
)  # fmt: skip
DOWN = (
    "down", "downvote", "downvoted", "thumbsdown", "thumbdown", "dislike", "disliked", "bad",
    "poor", "negative", "neg", "unhelpful", "nothelpful", "incorrect", "no", "false", "👎", "悪い",
    "低評価",
)  # fmt: skip
WORDS = {**dict.fromkeys(UP, 5), **dict.fromkeys(DOWN, 1)}
DRAWN = re.compile("(★{1,5})☆*|(⭐{1,5})")
COUNTED = re.compile(r"(-?\d{1,9}(?:\.\d{1,20})?)\s?(?:(?:stars?|つ星)|/\s?(5|10))?")
BETWEEN = re.compile(r"(?<=[a-z])[\s_-]+(?=[a-z])|[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
"""Between the words of one, and what colours an emoji."""
NUMBERS = re.compile(
    rf'(?<!\\)"({"|".join(RATED)})"\s{{0,20}}:\s{{0,20}}"?'
    r'(-?\d{1,20}(?:\.\d{1,30})?(?:[eE][-+]?\d{1,3})?)(?=[\s,}\]"])'
)
"""A rating in the text of a file; within a string its quotation mark has a backslash before it."""
LONGEST = 120
"""Characters of such a match at most."""
SEPARATOR = re.compile(r"\s*[,;|、]\s*")
NOTHING: tuple[object, ...] = (None, "", [], {})
NEVER = "weight 0 in its file"


@dataclass(frozen=True, slots=True)
class Scale:
    """The numbers that a file has under a name.

    Args:
        name: of them.
        lowest: of them.
        highest: of them.
    """

    name: str
    lowest: float
    highest: float

    def widened(self, number: float) -> "Scale":
        """The scale with one more number."""
        return Scale(self.name, min(self.lowest, number), max(self.highest, number))

    def stars(self, number: float) -> int | None:
        """A number as stars; None where the scale is not known, or has no such number."""
        if -1 <= self.lowest < 0 and self.highest <= 1:
            return {-1.0: 1, 1.0: 5}.get(number)
        if self.name in LABELS and number in (0, 1):
            return 5 if number else 1
        yes_or_no = self.name in (*THUMBS, *LABELS)
        if self.lowest >= 0 and 0 < self.highest <= 1 and (self.lowest < 1 or yes_or_no):
            return round(1 + 4 * number)
        if yes_or_no or self.lowest < 0 or number < 1 or number != int(number):
            return None
        if self.highest <= 5:
            return int(number) if self.highest > 1 or self.name in STARS else None
        return math.ceil(number / 2) if max(self.highest, number) <= 10 else None


Scales = Mapping[str, Scale]
TEN = Scale("details", 1, 10)
PLUS_MINUS = Scale("thumbs", -1, 1)


def scales(text: IO[str], size: int) -> Scales:
    """The scales of a file: the lowest and the highest number under each name.

    Args:
        text: of JSON.
        size: characters that are read at a time.
    """
    found: dict[str, Scale] = {}
    before = ""
    while piece := text.read(size):
        for name, digits in NUMBERS.findall(before + piece):
            number = float(digits)
            found[name] = found.get(name, Scale(name, number, number)).widened(number)
        before = piece[-LONGEST:]
    return found


def notes(value: Json, known: Scales) -> Iterator[Note | Skip]:
    """What is thought of a reply, by the fields beside it; nothing where there are none.

    Args:
        value: a message, or an entry with messages.
        known: the scales of its file.
    """
    if ALL.isdisjoint(value):
        return
    given = {name: value[name] for name in BESIDE if value.get(name) not in NOTHING}
    verdicts = {one for name, said in given.items() for one in _verdicts(name, said, known)}
    stars = verdicts - {None}
    if len(stars) > 1:
        yield NO_VERDICT
    elif verdicts and not stars:
        yield NO_SCALE
    inner = [one for said in given.values() for one in _listed(said) if isinstance(one, Mapping)]
    found = Note(
        stars.pop() if len(stars) == 1 else None,
        _comment(value, given, inner),
        first(value, CORRECTIONS),
        tuple(tag for one in inner for tag in tags(one.get("tags") or one.get("tag"))),
        NEVER if value.get("weight") in (0, "0") and value["weight"] is not False else None,
    )
    if found != Note():
        yield found


def first(value: Json, names: Iterable[str]) -> str | None:
    """The first text under some names."""
    said = (value.get(name) for name in names)
    return next((one for one in said if isinstance(one, str) and one.strip()), None)


def tags(value: object) -> tuple[str, ...]:
    """Labels: a text with something between them, a list, or what has a name."""
    if isinstance(value, str):
        value = SEPARATOR.split(value)
    listed = value if isinstance(value, list) else [value]
    found = (
        first(one, ("name", "key", "label")) if isinstance(one, Mapping) else one for one in listed
    )
    return tuple(one.strip() for one in found if isinstance(one, str) and one.strip())


def _listed(said: object) -> list[Any]:
    return said if isinstance(said, list) else [said]


def _comment(value: Json, given: Json, inner: list[Json]) -> str | None:
    free = {name: said for name, said in given.items() if name in FREE and _is_comment(said)}
    own = first(value, COMMENTS) or first(free, FREE)
    within = (first(one, ("comment", "text", "content", "note", "reason")) for one in inner)
    return own or next((one for one in within if one), None)


def _is_comment(said: object) -> bool:
    return isinstance(said, str) and _word(said, "", None) is None


def _verdicts(name: str, said: object, known: Scales) -> Iterator[int | None]:
    """The stars that are given under a name, None in the place of what no scale explains."""
    scale = known.get(name)
    for one in _listed(said):
        if isinstance(one, Mapping):
            yield from _within(one, known)
        else:
            found = _stars(one, name, scale)
            silent = name in LABELS or (name in FREE and isinstance(one, str))
            if found is not None or not silent:
                yield found


def _within(rating: Json, known: Scales) -> Iterator[int | None]:
    """The stars of a rating with fields of its own; the finer scale has the word."""
    details = rating.get("details")
    fine = details.get("rating") if isinstance(details, Mapping) else None
    if fine not in NOTHING:
        yield _stars(fine, TEN.name, TEN)
        return
    for name in RATED:
        said = rating.get(name)
        if said not in NOTHING and not isinstance(said, Mapping | list):
            scale = known.get(name)
            yield _stars(said, "value", scale and replace(scale, name="value"))


def _stars(said: object, name: str, scale: Scale | None) -> int | None:
    if isinstance(said, bool):
        return WORDS[str(said).lower()]
    if isinstance(said, int | float):
        return (scale or Scale(name, said, said)).stars(said) if math.isfinite(said) else None
    return _word(said, name, scale) if isinstance(said, str) else None


def _word(said: str, name: str, scale: Scale | None) -> int | None:
    text = BETWEEN.sub("", unicodedata.normalize("NFKC", said).strip().lower())
    if text in WORDS:
        return WORDS[text]
    if drawn := DRAWN.fullmatch(text):
        return len(drawn[1] or drawn[2])
    counted = COUNTED.fullmatch(text)
    if counted is None:
        return None
    number, of = float(counted[1]), counted[2]
    fixed = {"5": Scale("stars", 1, 5), "10": TEN}.get(of)
    if fixed is not None:
        return fixed.stars(number) if number <= fixed.highest else None
    return (scale or Scale(name, number, number)).stars(number)
