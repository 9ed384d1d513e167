"""Ratings of many conversations at once: by a selection, or from a file.

    id,rating,comment,correction,tags,excluded        any of them beside the id
    01H…,5,,,"home, cats",no                          an empty cell leaves things as they are

In JSON Lines null takes away what there is; in a table that is `clear`. Tags are given all
together. What a change replaced is written to a file whose import takes the change back.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kagura_nb.exchange.report import Report, Tally
from kagura_nb.exchange.skips import Skip
from kagura_nb.records import BY_USER, KEEP, Annotation
from kagura_nb.store import ConversationCollector, Selection, exports
from kagura_nb.store.annotations import FIELDS, annotate
from kagura_nb.store.exports import Export
from kagura_nb.store.outside import alone, private_file
from kagura_nb.store.rows import to_rating

Json = Mapping[str, Any]
RATINGS = "ratings"
UNDO = "undo"
"""Folder of the files that take changes back, in the user's own one."""
CLEARS = {"clear", "0"}
EXCLUDED = {"yes": BY_USER, "true": BY_USER, "1": BY_USER, "はい": BY_USER}
EXCLUDED |= dict.fromkeys(("no", "false", "0", "いいえ"))  # type: ignore[arg-type]
SEPARATOR = re.compile(r"\s*[,;|、]\s*")
NOTHING: Mapping[str, Any] = {"tags": ()}
"""What is left of a field that is cleared, where that is not None."""
NO_STARS = Skip("ratings that are not 1 to 5 stars")
NO_ID = Skip("rows without an id")


def fits(value: Json) -> bool:
    """Whether an entry rates a conversation."""
    return "id" in value and any(name in value for name in FIELDS)


def annotations(value: Json) -> Iterator[Annotation | Skip]:
    """What an entry says of a conversation."""
    identifier = str(value["id"] or "").strip()
    if not identifier:
        yield NO_ID
        return
    given = {name: value[name] for name in FIELDS if value.get(name, "") != ""}
    try:
        fitting = {name: READ[name](one) for name, one in given.items() if one is not None}
    except ValueError:
        yield NO_STARS
        return
    cleared: dict[str, Any] = {name: NOTHING.get(name) for name in given if given[name] is None}
    yield Annotation(identifier, **cleared, **fitting)


def rate(
    store: ConversationCollector,
    selection: Selection,
    rating: int | str | None,
    comment: str | None = None,
) -> Report:
    """Give conversations the same stars, and a comment where there is one.

    Args:
        store: has them.
        selection: which ones.
        rating: 1 to 5 stars; None clears rating and comment.
        comment: why; None leaves the comments there are.

    Returns:
        What became of them.

    Raises:
        InvalidRating: no whole number of stars from 1 to 5.
    """
    stars = to_rating(rating)
    words = KEEP if stars is not None and comment is None else comment
    given = [Annotation(one, rating=stars, comment=words) for one in store.ids(selection)]
    return apply(store, given, Tally())


def apply(store: ConversationCollector, given: Sequence[Annotation], tally: Tally) -> Report:
    """Change what owners have added, all of it or nothing, and keep what it was.

    Args:
        store: has the conversations.
        given: with whole ids of conversations that there are.
        tally: what was counted on the way.

    Raises:
        ExchangeError: it is changed, but what it was could not be written.
    """
    with alone(store.database):  # else what is forgotten in between would be in the file
        before = annotate(store.database, given)
        undo = _keep(store, before) if before else None
    tally.done = len(before)
    tally.known = len({one.id for one in given}) - len(before)
    tally.changed = sorted(one.id for one in before)
    return tally.report(RATINGS, undo=undo)


def _keep(store: ConversationCollector, before: Iterable[Annotation]) -> Path:
    """Write what a change replaced to a file whose import takes the change back."""
    held = sorted(before, key=lambda one: one.id)
    now = datetime.now(UTC)
    path = store.settings.user_home / UNDO / f"ratings-{now:%Y%m%d-%H%M%S-%f}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with store.database.write(durable=True) as connection:
        exports.add(connection, Export(str(path), RATINGS, now, held[0].id, held[-1].id))
    with private_file(path) as file:
        file.writelines(map(_line, held))
    return path


def _line(one: Annotation) -> str:
    said = {name: getattr(one, name) for name in FIELDS}
    kept = {name: value for name, value in said.items() if value is not KEEP}
    return json.dumps({"id": one.id, **kept}, ensure_ascii=False) + "\n"


def _stars(value: object) -> int | None:
    text = unicodedata.normalize("NFKC", str(value)).strip().lower().removesuffix(".0")
    if text in CLEARS:
        return None
    if text not in {"1", "2", "3", "4", "5"} or isinstance(value, bool):
        raise ValueError
    return int(text)


def _tags(value: object) -> tuple[str, ...]:
    names = value if isinstance(value, list | tuple) else SEPARATOR.split(str(value))
    return tuple(str(one).strip() for one in names if str(one).strip())


def _excluded(value: object) -> str | None:
    text = str(value).strip()
    return EXCLUDED.get(text.lower(), text)


READ: Mapping[str, Any] = {
    "rating": _stars,
    "comment": str,
    "correction": str,
    "tags": _tags,
    "excluded": _excluded,
}
