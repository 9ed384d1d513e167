"""What passes a door is clean: masked until nothing is left, in every text, with no way around."""

import pytest

from kagura_nb import PrivacyFilter
from kagura_nb.privacy import PromptDoor, train

BESIDE = ["03-1234-5678-8.8.8.8", "8.8.8.8:03-1234-5678"]
"""Values that hide one another until one of them is masked."""
ROOMS = PrivacyFilter(custom_patterns={"ROOM": "room7", "CODE": r"(?<![0-9])[0-9]{3}(?![0-9])"})
"""A room hides the code behind it."""


@pytest.mark.parametrize("text", BESIDE)
def test_what_a_mask_brings_to_light_does_not_leave_with_a_prompt(text: str) -> None:
    door = PromptDoor("all")
    masked = door.mask_text(text)
    assert PrivacyFilter().scan(masked) == {}
    assert "".join(door.restore([masked])) == text


@pytest.mark.parametrize(
    ("policy", "kept"), [("label", "[REDACTED_ROOM][REDACTED_CODE]"), ("drop", None)]
)
def test_what_a_mask_brings_to_light_is_not_trained_on(policy: str, kept: str | None) -> None:
    assert train("room7123", ROOMS.findings, policy) == kept  # type: ignore[arg-type]


def test_surrogates_are_made_until_only_they_are_found() -> None:
    hidden = PrivacyFilter(custom_patterns={"CODE": r"(?<!room7 )E-[0-9]{3}", "ROOM": "room7"})
    kept = train("room7 E-123", hidden.findings, "surrogate", b"key")
    assert kept is not None and "room7" not in kept and "E-123" not in kept
