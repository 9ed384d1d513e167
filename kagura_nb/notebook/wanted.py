"""What somebody chose in the browser, as a `Selection`."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from kagura_nb.errors import SettingsError
from kagura_nb.records import GOOD_RATING, POOR_RATING
from kagura_nb.store import Selection

STARS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "good": {"min_rating": GOOD_RATING},
        "poor": {"max_rating": POOR_RATING},
        **{str(number): {"stars": number} for number in range(6)},
    }
)
"""Good is also what was corrected, and poor is not; 0 is unrated."""
STATES: Mapping[str, Mapping[str, bool]] = MappingProxyType(
    {
        "corrected": {"corrected": True},
        "uncorrected": {"corrected": False},
        "excluded": {"excluded": True},
        "included": {"excluded": False},
        "cut": {"complete": False},
    }
)
SAME = ("text", "tag", "session", "model", "holds")
"""Fields of a selection that are chosen by their value."""


def selection(wanted: Mapping[str, str], dataset: str | None) -> Selection:
    """The conversations that somebody wants to see.

    Args:
        wanted: fields by name, those left empty do not count: text, stars, state, part, tag,
            session, model, since, until, holds.
        dataset: version of the dataset that the part is of.

    Raises:
        SettingsError: a date that is none.
    """
    given = {name: value.strip() for name, value in wanted.items() if value and value.strip()}
    fields: dict[str, Any] = {name: given[name] for name in SAME if name in given}
    fields |= STARS.get(given.get("stars", ""), {})
    fields |= STATES.get(given.get("state", ""), {})
    if "part" in given and dataset is not None:
        fields["dataset"] = dataset
        fields["part"] = None if given["part"] == "any" else given["part"]
    if "since" in given:
        fields["since"] = _day(given["since"])
    if "until" in given:
        fields["until"] = _day(given["until"]) + timedelta(days=1)
    return Selection(**fields)


def _day(text: str) -> datetime:
    """The beginning of a day in local time."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").astimezone(UTC)
    except ValueError:
        raise SettingsError(f"{text!r} is no date", "Write it like 2026-11-23") from None
