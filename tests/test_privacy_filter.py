"""The privacy filter: what it tells, what it takes out, what it refuses, for any text."""

import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.util import find_spec

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kagura_nb import KaguraError, PrivacyFilter
from kagura_nb.errors import MissingExtra, SettingsError
from kagura_nb.privacy import PromptDoor, surrogate, train
from kagura_nb.records import Conversation, Finding, Message

TEXT = "Mail jane@example.org or jane@example.org, call 03-1234-5678."
SECRET = "gh" + "p_" + "Ab3dEf6hIj9kLmN0pQrStUvWxYz123456789"
LIMIT = 0.25
"""Seconds for 20,000 characters; 0.1 on a machine of its own, the suite shares its machine."""


def test_scan_gives_every_value_once_by_type() -> None:
    assert PrivacyFilter().scan(TEXT) == {"EMAIL": ["jane@example.org"], "PHONE": ["03-1234-5678"]}


def test_findings_are_places_in_the_original_text_and_show_no_value() -> None:
    text = "電話は０９０ー１２３４\u200bー５６７８です"
    (finding,) = PrivacyFilter().findings(text)
    assert finding == Finding("PHONE", 3, 17, finding.confidence)
    assert text[3:17] == "０９０ー１２３４\u200bー５６７８"
    assert "1234" not in repr(finding) and 0.5 <= finding.confidence <= 1


def test_filter_labels_and_tells_what_it_labelled() -> None:
    text, found = PrivacyFilter().filter(TEXT)
    assert text == "Mail [REDACTED_EMAIL] or [REDACTED_EMAIL], call [REDACTED_PHONE]."
    assert [one.type for one in found] == ["EMAIL", "EMAIL", "PHONE"]


def test_filter_drops_a_text_instead() -> None:
    private = PrivacyFilter(anonymize=False)
    assert private.filter(TEXT)[0] is None
    assert private.filter("Hello!") == ("Hello!", [])


def test_without_personal_data_secrets_and_own_patterns_remain() -> None:
    private = PrivacyFilter(detect_pii=False, custom_patterns={"room": r"room [0-9]{3}"})
    assert private.filter(f"jane@example.org, {SECRET}, room 101")[0] == (
        "jane@example.org, [REDACTED_API_KEY], [REDACTED_ROOM]"
    )


@pytest.mark.parametrize("field", ["messages", "response", "correction"])
def test_a_conversation_is_safe_only_if_each_of_its_texts_is(field: str) -> None:
    texts = {"messages": "Hi", "response": "Hello", "correction": None} | {field: TEXT}
    conversation = Conversation(
        "1", "s", datetime.now(UTC), (Message("user", str(texts["messages"])),),
        str(texts["response"]), "practice", correction=texts["correction"],
    )  # fmt: skip
    assert not PrivacyFilter().is_safe(conversation)
    assert PrivacyFilter().is_safe("Hello")


@pytest.mark.parametrize(
    ("switch", "type", "value"),
    [
        ("urls", "URL", "https://example.org/a?b=1"),
        ("urls", "URL", "www.example.org"),
        ("dates", "DATE", "2023-10-15"),
        ("dates", "DATE", "15 October 2023"),
        ("dates", "DATE", "令和5年10月15日"),
        ("private_ips", "IP_ADDRESS", "192.168.1.1"),
        ("private_ips", "IP_ADDRESS", "2001:db8::1"),
    ],
)
def test_what_is_usually_nobodys_is_found_on_request(switch: str, type: str, value: str) -> None:
    text = f"see {value}, please"
    assert PrivacyFilter().scan(text) == {}
    assert PrivacyFilter(**{switch: True}).scan(text) == {type: [value]}


def employees(text: str) -> Iterable[tuple[int, int]]:
    """Spans of the word before `-san`."""
    return [match.span(1) for match in re.finditer(r"(\w+)-san", text)]


@pytest.mark.parametrize("pattern", [r"E-[0-9]{6}", re.compile(r"e-\d{6}", re.I)])
def test_a_users_own_pattern_is_found(pattern: str | re.Pattern[str]) -> None:
    private = PrivacyFilter(custom_patterns={"employee id": pattern})
    assert private.filter("I am E-123456.")[0] == "I am [REDACTED_EMPLOYEE_ID]."


def test_a_users_own_function_is_asked() -> None:
    assert PrivacyFilter(custom_patterns={"STAFF": employees}).scan("ken-san") == {"STAFF": ["ken"]}


@pytest.mark.parametrize(
    ("name", "pattern", "reason"),
    [
        ("BAD", "(", "no regular expression"),
        ("EMPTY", "x*", "matches nothing"),
        ("SLOW", r"(a+)+$", "takes too long"),
        ("SLOW", r"(\w+\s?)*!", "takes too long"),
        ("1st", "x", "cannot name"),
        ("名前", "x", "cannot name"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused_with_the_reason(
    name: str, pattern: str, reason: str
) -> None:
    with pytest.raises(SettingsError, match=reason):
        PrivacyFilter(custom_patterns={name: pattern})


def test_a_function_that_fails_does_not_tell_the_text() -> None:
    def leak(text: str) -> Iterable[tuple[int, int]]:
        raise ValueError(text)

    with pytest.raises(KaguraError, match="failed with ValueError") as caught:
        PrivacyFilter(custom_patterns={"LEAK": leak}).findings("my secret diary")
    assert "diary" not in str(caught.value)


@pytest.mark.parametrize(("extra", "module"), [("presidio", "spacy"), ("ja-names", "sudachipy")])
def test_an_extra_that_is_absent_names_its_command(extra: str, module: str) -> None:
    if find_spec(module):
        assert PrivacyFilter(extras=[extra]).scan("8.8.8.8") == {"IP_ADDRESS": ["8.8.8.8"]}
        return
    with pytest.raises(MissingExtra, match=rf"pip install 'kagura-nb\[{extra}\]'"):
        PrivacyFilter(extras=[extra])


def test_an_extra_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SettingsError, match="Use one of presidio, ja-names"):
        PrivacyFilter(extras=["magic"])


def test_the_same_value_has_the_same_fake_under_a_key_and_another_under_another() -> None:
    found = PrivacyFilter().findings(TEXT)
    fake = surrogate(TEXT, found, b"one")
    mail = re.findall(r"\S+@example\.com", fake)
    assert len(mail) == 2 and mail[0].rstrip(",") == mail[1].rstrip(",")
    assert "jane" not in fake and re.search(r"call 03\d-0000-\d{4}\.|call 03-\d{4}-\d{4}\.", fake)
    assert fake == surrogate(TEXT, found, b"one") != surrogate(TEXT, found, b"two")


@pytest.mark.parametrize(
    ("policy", "result"),
    [("label", "[REDACTED_EMAIL]"), ("surrogate", "@example.com"), ("drop", None)],
)
def test_policies_of_training(policy: str, result: str | None) -> None:
    text = "jane@example.org"
    kept = train(text, PrivacyFilter().findings, policy, b"key")  # type: ignore[arg-type]
    assert kept is None if result is None else kept is not None and kept.endswith(result)


@pytest.mark.parametrize("policy", ["label", "surrogate", "drop"])
def test_a_secret_never_trains(policy: str) -> None:
    find = PrivacyFilter().findings
    assert train(SECRET, find, policy) is None  # type: ignore[arg-type]
    assert train("Hello", find, policy) == "Hello"  # type: ignore[arg-type]


PIECES = [
    "jane@example.org", "03-1234-5678", "+44 20 7946 0958", "4111 1111 1111 1111",
    "SSN 123-45-6789",
    "DE89370400440532013000", "8.8.8.8", "00:1A:2B:3C:4D:5E", SECRET, "password: hunter2", "佐藤様",
    "マイナンバー 391847261055", "〒150-0001 東京都渋谷区神宮前1-2-3", "Dear Ann Lee,", "call",
    "at", "dot",
    "[REDACTED_EMAIL]", "[EMAIL_1]", "[", "]", "\u200b", "ー", "１２３", "-", ".", "@", " ", "\n",
    "1", "a",
]  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=60),
    st.text("0123456789-+.() @aAkey:=[]_ー０様\u200b\x00", max_size=60),
    st.lists(st.sampled_from(PIECES), max_size=9).map("".join),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=9).map(" ".join),
)
EVERYTHING = PrivacyFilter(urls=True, dates=True, private_ips=True)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_findings_lie_inside_the_text_in_order(text: str) -> None:
    edges = [edge for one in EVERYTHING.findings(text) for edge in (one.start, one.end)]
    assert edges == sorted(edges) and all(0 <= edge <= len(text) for edge in edges)
    assert all(one.start < one.end for one in EVERYTHING.findings(text))


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_a_filtered_text_is_clean_and_stays_as_it_is(text: str) -> None:
    masked, _ = EVERYTHING.filter(text)
    assert masked is not None and EVERYTHING.findings(masked) == []
    assert EVERYTHING.filter(masked) == (masked, [])


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.integers(1, 9))
def test_what_a_door_masks_it_restores(text: str, size: int) -> None:
    door = PromptDoor("all")
    masked = door.mask_text(text)
    pieces = [masked[at : at + size] for at in range(0, len(masked), size)]
    assert "".join(door.restore(pieces)) == text


HOSTILE = [
    "1", "1-", "1 ", "a@", "@", "a.a@a.", "+1", "(1", "http://", "http://a:b@", "00-0000-", "a1:",
    "::",
    "GB1 ", "eyJ", "eyJaaaaaaaaaa.", "sk-", "sk-a1", "password=", "-----BEGIN PRIVATE KEY-----",
    "[", "((",
    "\u200b", "1\u200b", "１", "ー", "東京都", "東京都港区1-", "様", "田中", "Mr. A ", "1 Aa ",
    "a at a dot ",
    "a(at)", "token=", "8.8.8.8 ", "090-1234-5678 ", "4111 1111 ", "[REDACTED_A]",
    '"', "$", " ", "\n",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_no_text_takes_long(unit: str) -> None:
    text = (unit * 20_000)[:20_000]

    def seconds() -> float:
        begin = time.process_time()
        EVERYTHING.findings(text)
        return time.process_time() - begin

    assert min(seconds() for _ in range(3)) < LIMIT


def test_two_filters_joined_find_what_either_finds() -> None:
    staff = PrivacyFilter(detect_pii=False, custom_patterns={"STAFF": r"S-[0-9]{5}"})
    text = "S-20817 writes to ann@example.com"

    both = PrivacyFilter().joined(staff)

    assert both.scan(text) == {"STAFF": ["S-20817"], "EMAIL": ["ann@example.com"]}
    assert staff.scan(text) == {"STAFF": ["S-20817"]}
