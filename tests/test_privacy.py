"""The prompt door: secrets stay behind, the model sees placeholders, the user sees the values."""

import time

import pytest

from kagura_nb.privacy import PromptDoor, find
from kagura_nb.records import Message

BODY = "Ab3dEf6hIj9kLmN0pQrStUvWxYz12345678"
SECRETS = {
    "OPENAI_KEY": "sk-" + "proj-" + BODY,
    "ANTHROPIC_KEY": "sk-" + "ant-api03-" + BODY,
    "GOOGLE_KEY": "AI" + "za" + BODY,
    "AWS_KEY": "AK" + "IA" + "ABCDEFGHIJ234567",
    "GITHUB_TOKEN": "gh" + "p_" + BODY + "90",
    "GITLAB_TOKEN": "glpat" + "-" + BODY[:20],
    "HUGGING_FACE_TOKEN": "h" + "f_" + BODY[:34],
    "SLACK_TOKEN": "xo" + "xb-123456789012-abcdefGHIJ",
    "STRIPE_KEY": "sk" + "_live_" + BODY[:24],
    "JSON_WEB_TOKEN": "ey" + "JhbGciOiJIUzI1NiJ9.ey" + "JzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    "PRIVATE_KEY": "-----BEGIN RSA " + "PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----",
}
HARMLESS = ["sk-short", "task-force-" + BODY, "AKIAabc", "hf_", "the sky is blue", "ey.ey.ey"]


@pytest.mark.parametrize(("type", "secret"), SECRETS.items())
@pytest.mark.parametrize("around", ["key={} ok", "鍵は{}です", "`{}`", "{}"])
def test_a_secret_is_found_whole_in_any_surroundings(type: str, secret: str, around: str) -> None:
    text = around.format(secret)
    (finding,) = find(text)
    assert (finding.type, text[finding.start : finding.end]) == (type, secret)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert find(text) == []


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_a_masked_value_is_restored_however_the_reply_is_cut(size: int) -> None:
    key, other = SECRETS["OPENAI_KEY"], SECRETS["AWS_KEY"]
    door = PromptDoor("secrets")

    masked = door.mask([Message("system", f"old {key}"), Message("user", f"{key} and {other}")])
    reply = f"You said {masked[1].content}; [brackets] and [A_1] stay."
    pieces = [reply[at : at + size] for at in range(0, len(reply), size)]

    assert key not in str(masked) and other not in str(masked)
    assert masked[0].content.split()[1] == masked[1].content.split()[0]
    restored = "".join(door.restore(pieces))
    assert restored == f"You said {key} and {other}; [brackets] and [A_1] stay."


def test_a_reply_streams_through_unchanged_and_unheld_when_nothing_was_masked() -> None:
    pieces = ["a [", "b", "] c"]
    assert list(PromptDoor("secrets").restore(pieces)) == pieces


def test_off_masks_nothing() -> None:
    message = Message("user", SECRETS["AWS_KEY"])
    assert PromptDoor("off").mask([message]) == (message,)


@pytest.mark.parametrize(
    "hostile",
    [
        "sk-" * 50_000,
        "-----BEGIN PRIVATE KEY-----" * 5_000,
        "eyJ" + "a" * 100_000,
        "eyJa.eyJ" * 20_000,
    ],
)
def test_hostile_text_takes_time_linear_in_its_length(hostile: str) -> None:
    def seconds(text: str) -> float:
        begin = time.perf_counter()
        find(text)
        return time.perf_counter() - begin

    half = min(seconds(hostile[: len(hostile) // 2]) for _ in range(3))
    assert min(seconds(hostile) for _ in range(3)) < max(6 * half, 0.05)
