"""The prompt door: what is private stays behind, the user sees no difference."""

import pytest

from kagura_nb.privacy import PromptDoor
from kagura_nb.records import Message

KEY = "sk-" + "proj-Ab3dEf6hIj9kLmN0pQrStUvWxYz12345678"
OTHER = "AK" + "IA" + "ABCDEFGHIJ234567"
LETTER = "Write to jane.roe@example.org or call +1 415 555 0132, says Ms. Jane Roe."


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_a_masked_value_is_restored_however_the_reply_is_cut(size: int) -> None:
    door = PromptDoor("secrets")

    masked = door.mask([Message("system", f"old {KEY}"), Message("user", f"{KEY} and {OTHER}")])
    reply = f"You said {masked[1].content}; [brackets] and [A_1] stay."
    pieces = [reply[at : at + size] for at in range(0, len(reply), size)]

    assert KEY not in str(masked) and OTHER not in str(masked)
    assert masked[0].content.split()[1] == masked[1].content.split()[0]
    restored = "".join(door.restore(pieces))
    assert restored == f"You said {KEY} and {OTHER}; [brackets] and [A_1] stay."


def test_a_reply_streams_through_unchanged_and_unheld_when_nothing_was_masked() -> None:
    pieces = ["a [", "b", "] c"]
    assert list(PromptDoor("secrets").restore(pieces)) == pieces


def test_off_masks_nothing() -> None:
    message = Message("user", OTHER)
    assert PromptDoor("off").mask([message]) == (message,)


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_all_masks_personal_data_and_gives_it_back(size: int) -> None:
    door = PromptDoor("all")

    (masked,) = door.mask([Message("user", LETTER)])
    pieces = [masked.content[at : at + size] for at in range(0, len(masked.content), size)]

    assert masked.content == "Write to [EMAIL_1] or call [PHONE_2], says Ms. [PERSON_3]."
    assert "".join(door.restore(pieces)) == LETTER
    assert door.masked == 3


def test_secrets_lets_personal_data_pass() -> None:
    message = Message("user", LETTER)
    assert PromptDoor("secrets").mask([message]) == (message,)


def test_a_placeholder_that_the_user_wrote_means_itself() -> None:
    door = PromptDoor("secrets")
    text = f"Is [API_KEY_1] like {KEY}?"
    (masked,) = door.mask([Message("user", text)])
    assert masked.content == "Is [API_KEY_1] like [API_KEY_2]?"
    assert "".join(door.restore([masked.content])) == text
