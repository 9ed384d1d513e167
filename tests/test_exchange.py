"""Conversations come in from other programs, go out again, and nothing of them is lost or doubled.

What other programs write is written here as they write it; the store is a real one.
"""

import json
import stat
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from ulid import ULID

from kagura_nb import Assistant, ConversationCollector, PrivacyFilter, Selection
from kagura_nb.errors import ExchangeError, InvalidRating, KaguraError, SettingsError
from kagura_nb.exchange import WRITERS, bring, write
from kagura_nb.notebook.chat import turns
from kagura_nb.notebook.commands import run
from kagura_nb.notebook.views import View
from kagura_nb.notebook.workspace import Workspace
from kagura_nb.records import Conversation, Message, Usage
from kagura_nb.settings import Settings
from kagura_nb.store import outside
from kagura_nb.store.rows import checked

NOON = 1_760_000_000.0
"""Seconds since 1970: 2025-10-09 08:53:20 UTC."""


@pytest.fixture
def assistant(store: ConversationCollector) -> Iterable[Assistant]:
    opened = Assistant()
    yield opened
    opened.close()


@pytest.fixture
def shown(store: ConversationCollector) -> Callable[..., View]:
    """Run a sub-command: `shown("import", path)`."""
    workspace = Workspace(lambda: Settings.load())

    def show(*words: object) -> View:
        view = run(workspace, [str(one) for one in words])
        assert view is not None
        return view

    return show


def node(name: str, parent: str | None, role: str, text: str, **message: Any) -> dict[str, Any]:
    """A node of ChatGPT's tree, `name` seconds after noon where that is a number."""
    said = {
        "id": name,
        "author": {"role": role, "name": None, "metadata": {}},
        "create_time": NOON + int(name) if name.isdigit() else None,
        "content": {"content_type": "text", "parts": [text]},
        "metadata": {"model_slug": "gpt-5"} if role == "assistant" else {},
        "recipient": "all",
    } | message
    return {"id": name, "parent": parent, "children": [], "message": said}


def chatgpt(*nodes: dict[str, Any], title: str = "A talk", name: str = "talk") -> dict[str, Any]:
    mapping = {"root": {"id": "root", "parent": None, "children": [], "message": None}}
    mapping |= {one["id"]: one for one in nodes}
    return {
        "title": title,
        "create_time": NOON,
        "mapping": mapping,
        "current_node": nodes[-1]["id"],
        "conversation_id": name,
    }


def talk(count: int, name: str = "talk", size: int = 0) -> dict[str, Any]:
    """A dialogue of ChatGPT's with so many exchanges."""
    nodes, last = [], "root"
    for number in range(1, count + 1):
        asked, answered = str(2 * number), str(2 * number + 1)
        nodes.append(node(asked, last, "user", f"Question {number} of {name}?"))
        nodes.append(node(answered, asked, "assistant", f"Answer {number}. {'x' * size}"))
        last = answered
    return chatgpt(*nodes, name=name, title=f"About {name}")


def claude(*said: tuple[str, str]) -> dict[str, Any]:
    return {
        "uuid": "c1",
        "name": "A chat",
        "created_at": "2025-10-09T09:00:00.000000Z",
        "chat_messages": [
            {
                "uuid": f"m{number}",
                "sender": sender,
                "text": text,
                "content": [{"type": "text", "text": text}],
                "created_at": f"2025-10-09T09:00:{number:02}.500000Z",
                "attachments": [],
                "files": [],
            }
            for number, (sender, text) in enumerate(said)
        ],
    }


def dumped(path: Path, *values: Any, array: bool = True, encoding: str = "utf-8") -> Path:
    """A file of JSON: one array, or a value a line."""
    lines = [json.dumps(one, ensure_ascii=False) for one in values]
    text = f"[{', '.join(lines)}]" if array else "\n".join(lines) + "\n"
    path.write_text(text, encoding=encoding)
    return path


def exchanges(store: ConversationCollector) -> list[tuple[str, str]]:
    return [(one.prompt, one.response) for one in store.iterate()]


# --- what comes in ---------------------------------------------------------------------------


def test_a_talk_with_chatgpt_becomes_a_session_of_its_shown_branch(
    store: ConversationCollector, tmp_path: Path
) -> None:
    picture = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://x"}
    entry = chatgpt(
        node("1", "root", "system", "You are ChatGPT"),
        node("2", "1", "user", "What is this?", content={"parts": [picture, "What is this?"]}),
        node("3", "2", "assistant", "search()", recipient="browser"),
        node("4", "3", "tool", "results"),
        node("5", "4", "assistant", "", content={"content_type": "thoughts", "thoughts": []}),
        node("6", "4", "assistant", "A dog."),
        node("7", "5", "assistant", "A cat\ue200cite\ue202turn0search0\ue201."),
        node("8", "7", "user", "猫の名前は？"),
        node("9", "8", "assistant", "タマ。"),
    )

    report = bring(store, dumped(tmp_path / "conversations.json", entry))

    first, second = store.iterate()
    assert exchanges(store) == [("What is this?", "A cat."), ("猫の名前は？", "タマ。")]
    assert first.created_at == datetime.fromtimestamp(NOON + 2, UTC)
    assert first.session == second.session != "default"
    assert (first.model, second.messages) == ("chatgpt:gpt-5", (Message("user", "猫の名前は？"),))
    assert first.metadata == {"imported": "chatgpt", "dialogue": "talk", "title": "A talk"}
    assert (report.format, report.done) == ("chatgpt", 2)
    assert report.skipped == {
        "tools: calls and what they returned": 2,
        "images": 1,
        "reasoning": 1,
        "other versions of a message": 1,
        "hidden messages": 1,
    }
    assert report.places["images"] == ["entry 1, 'A talk'"]


def test_a_talk_with_claude_becomes_a_session(store: ConversationCollector, tmp_path: Path) -> None:
    entry = claude(("human", "Hello"), ("assistant", "Hi."), ("human", "Look"), ("assistant", "So"))
    entry["chat_messages"][2]["attachments"] = [{"file_name": "a.pdf"}]
    entry["chat_messages"][3]["content"] = [
        {"type": "thinking", "thinking": "hm"},
        {"type": "tool_use", "name": "search", "input": {}},
        {"type": "text", "text": "It is a letter."},
    ]

    report = bring(store, dumped(tmp_path / "conversations.json", entry))

    assert exchanges(store) == [("Hello", "Hi."), ("Look", "It is a letter.")]
    assert next(store.iterate()).created_at == datetime(2025, 10, 9, 9, 0, 0, 500000, UTC)
    assert (report.format, report.done) == ("claude", 2)
    assert set(report.skipped) == {
        "attached files", "reasoning", "tools: calls and what they returned"
    }  # fmt: skip


SHAREGPT = {
    "id": "0",
    "conversations": [
        {"from": "system", "value": "Be brief."},
        {"from": "human", "value": "Hi"},
        {"from": "gpt", "value": "Hello"},
        {"from": "human", "value": "Bye"},
        {"from": "gpt", "value": "See you"},
    ],
}
MESSAGES = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "x"}]},
        {"role": "tool", "content": "42", "tool_call_id": "x"},
        {"role": "assistant", "content": "Hello", "weight": 1},
        {"role": "user", "content": "Bye"},
        {"role": "assistant", "content": "See you"},
    ]
}


@pytest.mark.parametrize("array", [True, False])
@pytest.mark.parametrize(("format", "entry"), [("sharegpt", SHAREGPT), ("messages", MESSAGES)])
def test_lists_of_messages_come_in_with_the_words_of_the_system(
    store: ConversationCollector, tmp_path: Path, format: str, entry: Any, array: bool
) -> None:
    report = bring(store, dumped(tmp_path / "file", entry, array=array))

    assert (report.format, report.done) == (format, 2)
    assert exchanges(store) == [("Hi", "Hello"), ("Bye", "See you")]
    first, second = store.iterate()
    assert first.messages[0] == second.messages[0] == Message("system", "Be brief.")
    assert first.session == second.session
    assert first.created_at < second.created_at < datetime(1971, 1, 1, tzinfo=UTC)


def test_an_object_over_several_lines_is_one_entry(
    store: ConversationCollector, tmp_path: Path
) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(SHAREGPT, indent=2))
    assert bring(store, path).done == 2


def test_the_same_words_under_another_system_are_another_dialogue(
    store: ConversationCollector, tmp_path: Path
) -> None:
    said = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    rows = [{"messages": [{"role": "system", "content": f"Be {how}."}, *said]} for how in "ab"]
    report = bring(store, dumped(tmp_path / "file", *rows, *rows, {"messages": said}))
    assert (report.done, report.known) == (3, 2)


HEADINGS = "# Notes\n\n## You\nHi\n\n## ChatGPT said:\n\nHello\n---\n\n## User\nBye\n## AI\nSee you"
BOLD = "**You:** Hi\n\n**Claude:** Hello\n\n**You**\nBye\n\n**Claude**\nSee you\n"
PLAIN = "User: Hi\nAssistant: Hello\n\nUser: Bye\nAssistant: See you\n"
JAPANESE = "## あなた\nHi\n## アシスタント\nHello\n## ユーザー\nBye\n## ChatGPT\nSee you\n"


@pytest.mark.parametrize("text", [HEADINGS, BOLD, PLAIN, JAPANESE, PLAIN.replace("\n", "\r\n")])
def test_transcripts_in_markdown_come_in(
    store: ConversationCollector, tmp_path: Path, text: str
) -> None:
    (tmp_path / "talk.md").write_text(text, encoding="utf-8", newline="")
    report = bring(store, tmp_path / "talk.md")
    assert (report.format, report.done) == ("markdown", 2)
    assert exchanges(store) == [("Hi", "Hello"), ("Bye", "See you")]


def test_what_only_looks_like_a_speaker_stays_text(
    store: ConversationCollector, tmp_path: Path
) -> None:
    reply = "```\n## You\ncode\n```\nUser: in text"
    (tmp_path / "talk.md").write_text(f"## You\nShow me\n\n## Assistant\n{reply}\n")
    bring(store, tmp_path / "talk.md")
    assert exchanges(store) == [("Show me", reply)]


def test_a_zip_is_read_as_it_is(store: ConversationCollector, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("user.json", "{}")
        packed.writestr("data/conversations-000.json", json.dumps([talk(2, "one")]))
        packed.writestr("data/conversations-001.json", json.dumps([talk(3, "two")]))
    assert bring(store, tmp_path / "export.zip").done == 5


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp932"])
@pytest.mark.parametrize("array", [True, False])
def test_every_usual_encoding_is_read(
    store: ConversationCollector, tmp_path: Path, encoding: str, array: bool
) -> None:
    said = [{"role": "user", "content": "猫の名前は？"}, {"role": "assistant", "content": "タマ。"}]
    path = dumped(tmp_path / "file", {"messages": said}, array=array, encoding=encoding)
    bring(store, path)
    assert exchanges(store) == [("猫の名前は？", "タマ。")]


def test_a_byte_that_is_wrong_costs_a_character_not_the_file(
    store: ConversationCollector, tmp_path: Path
) -> None:
    said = [{"role": "user", "content": "猫の名前は？"}, {"role": "assistant", "content": "Tama"}]
    path = dumped(tmp_path / "file", {"messages": said}, array=False)
    path.write_bytes(path.read_bytes().replace(b"Tama", b"Tam\xffa"))
    bring(store, path)
    assert exchanges(store) == [("猫の名前は？", "Tam\ufffda")]


@pytest.mark.parametrize(
    ("time", "wanted"),
    [
        (NOON, datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)),
        (NOON * 1000, datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)),
        ("2025-10-09T08:53:20", datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)),
        ("2025-10-09T17:53:20+09:00", datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)),
        *((odd, None) for odd in (None, 0, -5, 9e12, 1e300, "soon", True, [], "2999-01-01")),
    ],
)
def test_a_time_is_taken_as_it_is_meant_or_as_none(
    store: ConversationCollector, tmp_path: Path, time: object, wanted: datetime | None
) -> None:
    asked = node("a", "root", "user", "Hi", create_time=time)
    entry = chatgpt(asked, node("b", "a", "assistant", "Hello")) | {"create_time": None}
    bring(store, dumped(tmp_path / "conversations.json", entry))
    found = store.get("last").created_at
    assert found == wanted if wanted else found.year == 1970


def test_what_was_imported_is_found_and_goes_on(
    assistant: Assistant, shown: Callable[..., View], tmp_path: Path
) -> None:
    entry = chatgpt(
        node("1", "root", "user", "My sister's violin teacher is called Amelie."),
        node("2", "1", "assistant", "Noted."),
    )
    said = shown("import", dumped(tmp_path / "conversations.json", entry)).plain
    assert "Took in 1 conversation from conversations.json (chatgpt)." in said
    assistant.memory.catch_up()
    (found,) = assistant.memory.recall("Who teaches my sister the violin?", 5)
    assert found.conversation.response == "Noted."
    assert [one.response for one in assistant.store.search("amelie")] == ["Noted."]
    turn = assistant.ask("And what do I call her?", session=found.conversation.session)
    assert [one.response for one in turn.context.history] == ["Noted."]


# --- once and again --------------------------------------------------------------------------


def test_importing_again_adds_only_what_is_new_and_changes_nothing(
    store: ConversationCollector, tmp_path: Path
) -> None:
    path = tmp_path / "conversations.json"
    assert bring(store, dumped(path, talk(3, "one"), talk(2, "two"))).done == 5
    store.add_feedback("last", 5, "mine")
    before = list(store.iterate())

    grown = bring(store, dumped(path, talk(1, "three"), talk(4, "one"), talk(2, "two")))

    assert (grown.done, grown.known) == (2, 5)
    assert [one for one in store.iterate() if one in before] == before


@pytest.mark.parametrize("format", ["sharegpt", "messages", "markdown"])
def test_what_has_no_id_and_no_time_is_known_again_too(
    store: ConversationCollector, tmp_path: Path, format: str
) -> None:
    for number in range(4):
        store.collect(f"Question {number}", f"Answer {number}", "none", session="mine")
    write(store, tmp_path / "file", Selection(), format)
    other = ConversationCollector("other", store.settings)

    first = bring(other, tmp_path / "file")
    store.collect("One more", "Yes", "none", session="mine")
    write(store, tmp_path / "file", Selection(), format, overwrite=True)
    second = bring(other, tmp_path / "file")

    assert ((first.done, first.known), (second.done, second.known)) == ((4, 0), (1, 4))
    assert len({found.session for found in other.iterate()}) == 1


def test_an_import_that_was_stopped_goes_on_when_it_is_run_again(
    store: ConversationCollector, tmp_path: Path, interrupt_after: Callable[[float], None]
) -> None:
    path = dumped(tmp_path / "file", *(talk(10, f"t{number}") for number in range(1500)))
    store.get_stats()  # opens the store
    interrupt_after(1.0)
    first = bring(store, path)
    assert first.stopped and first.done == store.get_stats()["total"] < 15_000
    second = bring(store, path)
    assert (second.done, second.known) == (15_000 - first.done, first.done)


# --- what is broken --------------------------------------------------------------------------


def test_a_file_that_was_cut_keeps_what_came_before(
    store: ConversationCollector, shown: Callable[..., View], tmp_path: Path
) -> None:
    path = dumped(tmp_path / "cut.json", *(talk(1, f"t{number}") for number in range(100)))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    view = shown("import", path)
    kept = store.get_stats()["total"]
    assert 50 < kept < 70 and view.failed
    assert f"cut.json breaks off behind entry {kept}, 'About t{kept - 1}'" in view.plain


def test_a_zip_that_is_damaged_keeps_what_came_before(
    store: ConversationCollector, tmp_path: Path
) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as packed:
        held = json.dumps([talk(1, f"t{number}", 2000) for number in range(1000)])
        packed.writestr("conversations.json", held)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 0x15
    path.write_bytes(raw)
    report = bring(store, path)
    assert report.broken and report.done == store.get_stats()["total"] > 0


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED])
def test_a_damaged_zip_is_one_line(
    store: ConversationCollector, tmp_path: Path, method: int
) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", method) as packed:
        packed.writestr("conversations.json", json.dumps([talk(1, f"{n * n}") for n in range(400)]))
    raw = bytearray(path.read_bytes())
    raw[200:400] = bytes(one ^ 0x5A for one in raw[200:400])
    path.write_bytes(raw)
    with pytest.raises(ExchangeError) as caught:
        bring(store, path)
    assert "\n" not in str(caught.value)


def test_a_zip_that_is_packed_in_an_unknown_way_is_not_called_encrypted(
    store: ConversationCollector, tmp_path: Path
) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("conversations.json", "[]")
    raw = bytearray(path.read_bytes())
    at = raw.find(b"PK\1\2")
    raw[8:10] = raw[at + 10 : at + 12] = b"\x09\x00"  # "deflate64"
    path.write_bytes(raw)
    with pytest.raises(ExchangeError, match="packed in a way that is not known"):
        bring(store, path)


def deep(depth: int) -> dict[str, Any]:
    value: Any = "]"
    for _ in range(depth):
        value = {"a": [value]}
    return talk(1, "deep") | {"more": value}


def test_what_is_nested_without_an_end_breaks_off_in_a_line(
    store: ConversationCollector, tmp_path: Path
) -> None:
    text = json.dumps([talk(2, '"[[[\\'), deep(90), talk(1), deep(400)])
    (tmp_path / "deep.json").write_text(text.replace('{"a": [', '{"a":\n ['))
    report = bring(store, tmp_path / "deep.json", "chatgpt")
    assert "over 200 brackets within each other" in report.broken
    with pytest.raises(ExchangeError, match="over 200 brackets within each other"):
        bring(store, dumped(tmp_path / "deep.json", deep(60_000 // 400)))


def test_a_text_without_an_end_breaks_off_in_a_line(
    store: ConversationCollector, tmp_path: Path
) -> None:
    with (
        zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as packed,
        packed.open("conversations.json", "w") as member,
    ):
        member.write(b'[{"mapping": "')
        for _ in range(80):
            member.write(b"a" * 1_000_000)
    with pytest.raises(ExchangeError, match="an entry has over 64,000,000 characters"):
        bring(store, tmp_path / "bomb.zip")


def test_broken_and_foreign_entries_are_passed_over_and_counted(
    store: ConversationCollector, shown: Callable[..., View], tmp_path: Path
) -> None:
    good = json.dumps(MESSAGES)
    lines = [good, '{"messages": [', "", "[1, 2]", '{"messages": 5}', '{"messages": [{"role": 1}]}']
    lines += [json.dumps({"messages": [{"role": "user", "content": "alone"}]})]
    lines += [json.dumps({"messages": [{"role": "narrator", "content": "Once"}]}), "[" * 10**6]
    (tmp_path / "some.jsonl").write_text("\n".join(lines))
    plain = shown("import", tmp_path / "some.jsonl").plain
    assert store.get_stats()["total"] == 2
    for said in (
        "lines that are broken",
        "entries of another format",
        "a prompt without a reply",
        "somebody else's: narrator",
        "line 2\n",
        "line 9",
    ):
        assert said in plain


@pytest.mark.parametrize(
    "broken",
    [
        {"mapping": {"a": {"message": {"author": None}}}, "current_node": "a"},
        {"mapping": {"a": 5}, "current_node": "a"},
        {"mapping": {}, "current_node": None},
        {"mapping": {"a": {"parent": "b"}, "b": {"parent": "a"}}, "current_node": "a"},
        chatgpt(node("1", "root", "user", "Hi", author={"role": "user", "name": {"x": 1}})),
    ],
)
def test_a_broken_dialogue_costs_no_other(
    store: ConversationCollector, tmp_path: Path, broken: Any
) -> None:
    report = bring(store, dumped(tmp_path / "file", talk(1, "one"), broken, talk(1, "two")))
    assert report.done == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("nothing.json", None),
        ("empty.json", b""),
        ("empty-array.json", b"[]"),
        ("other.json", b'[{"a": 1}]'),
        ("prose.md", b"Once upon a time"),
        ("broken.zip", b"PK\3\4 and no more"),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256))),
        (".", None),
    ],
)
def test_a_file_that_cannot_be_imported_is_one_line_with_a_cure(
    store: ConversationCollector, tmp_path: Path, name: str, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ExchangeError) as caught:
        bring(store, tmp_path / name)
    assert "\n" not in str(caught.value) and caught.value.cure
    assert store.get_stats()["total"] == 0


# --- what goes out ---------------------------------------------------------------------------

TEXT = some.text(some.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
MOMENTS = some.datetimes(datetime(1980, 1, 1), datetime(2026, 1, 1), timezones=some.just(UTC))
COUNT = some.integers(0, 2**31 - 1)
CONVERSATIONS = some.builds(
    Conversation,
    id=some.binary(min_size=16, max_size=16).map(lambda raw: str(ULID.from_bytes(raw))),
    session=TEXT,
    created_at=MOMENTS,
    messages=some.builds(
        lambda before, prompt: (*before, prompt),
        some.lists(
            some.builds(Message, some.sampled_from(["system", "user", "assistant"]), TEXT),
            max_size=2,
        ),
        some.builds(Message, some.just("user"), TEXT, some.none() | some.just("Aki")),
    ),
    response=TEXT,
    model=TEXT,
    complete=some.booleans(),
    usage=some.none() | some.builds(Usage, COUNT, COUNT, COUNT, COUNT, some.booleans()),
    cost=some.none() | some.decimals(0, 100, places=12),
    rating=some.none() | some.integers(1, 5),
    comment=some.none() | TEXT,
    correction=some.none() | TEXT,
    tags=some.lists(TEXT.filter(bool), max_size=2).map(lambda names: tuple(sorted(set(names)))),
    excluded=some.none() | TEXT,
    metadata=some.dictionaries(TEXT, some.none() | TEXT | some.integers(-9, 9) | some.floats(0, 1)),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(some.lists(CONVERSATIONS, min_size=1, max_size=4, unique_by=lambda one: one.id))
def test_our_own_form_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory, held: list[Conversation]
) -> None:
    folder = tmp_path_factory.mktemp("lossless")
    mine = ConversationCollector("mine", Settings(home=folder))
    yours = ConversationCollector("yours", Settings(home=folder))
    assert mine.add_many(map(checked, held)) == len(held)

    write(mine, folder / "all.jsonl", Selection())
    assert bring(yours, folder / "all.jsonl").done == len(held)

    assert list(yours.iterate()) == list(mine.iterate()) == sorted(held, key=lambda one: one.id)
    mine.database.close()
    yours.database.close()


@pytest.mark.parametrize(
    "change",
    [
        {"kagura": 2},
        {"id": "nothing"},
        {"rating": 9},
        {"created_at": "soon"},
        {"messages": []},
        {"cost": "NaN"},
        {"cost": "much"},
        {"usage": {"prompt_tokens": 10**30, "completion_tokens": 1}},
        {"usage": {"tokens": 1}},
        {"tags": [1]},
        {"complete": "yes"},
        {"metadata": 5},
        {"session": None},
    ],
    ids=str,
)
def test_a_line_of_ours_that_is_wrong_is_passed_over(
    store: ConversationCollector, tmp_path: Path, change: dict[str, Any]
) -> None:
    store.collect("Hello", "Hi", "none")
    store.collect("Bye", "Bye", "none")
    write(store, tmp_path / "all.jsonl", Selection())
    first, second = (tmp_path / "all.jsonl").read_text().splitlines()
    wrong = json.dumps(json.loads(first) | change)
    (tmp_path / "all.jsonl").write_text(f"{second}\n{wrong}\n")
    other = ConversationCollector("other", store.settings)
    report = bring(other, tmp_path / "all.jsonl")
    assert (report.done, sum(report.skipped.values())) == (1, 1)


@pytest.mark.parametrize("format", WRITERS)
def test_an_export_is_private_whole_and_says_that_it_is_raw(
    store: ConversationCollector, shown: Callable[..., View], tmp_path: Path, format: str
) -> None:
    store.collect("Hello", "Hi", "none")
    plain = shown("export", tmp_path / "mine", "--format", format).plain
    assert "Wrote 1 conversation to" in plain and "unmasked" in plain
    assert stat.S_IMODE((tmp_path / "mine").stat().st_mode) == 0o600
    assert {one.name for one in tmp_path.iterdir()} == {"home", "mine"}


def test_an_export_has_what_the_options_choose(
    store: ConversationCollector, shown: Callable[..., View], tmp_path: Path
) -> None:
    for session in ("one", "two"):
        store.add_feedback(store.collect(f"Hello {session}", "Hi", "none", session=session), 5)
        store.collect("Unrated", "Hm", "none", session=session)
    shown("export", tmp_path / "mine.md", "--session", "two", "--min-rating", "4")
    text = (tmp_path / "mine.md").read_text("utf-8")
    assert "Hello two" in text and "Hello one" not in text and "Unrated" not in text


def test_an_export_replaces_nothing_unless_told_to(
    store: ConversationCollector, shown: Callable[..., View], tmp_path: Path
) -> None:
    store.collect("Hello", "Hi", "none")
    (tmp_path / "mine.jsonl").write_text("precious")
    with pytest.raises(ExchangeError, match="--overwrite"):
        shown("export", tmp_path / "mine.jsonl")
    assert (tmp_path / "mine.jsonl").read_text() == "precious"
    shown("export", tmp_path / "mine.jsonl", "--overwrite")
    assert "Hello" in (tmp_path / "mine.jsonl").read_text()


@pytest.mark.parametrize("words", [["--session", "nobody"], ["--text", " "]])
def test_an_export_of_nothing_writes_nothing(
    store: ConversationCollector, shown: Callable[..., View], tmp_path: Path, words: list[str]
) -> None:
    store.collect("Hello", "Hi", "none")
    with pytest.raises(KaguraError):
        shown("export", tmp_path / "mine.jsonl", *words)
    assert [one.name for one in tmp_path.iterdir()] == ["home"]


def test_a_folder_that_is_not_there_is_one_line_with_a_cure(
    store: ConversationCollector, shown: Callable[..., View], tmp_path: Path
) -> None:
    store.collect("Hello", "Hi", "none")
    with pytest.raises(ExchangeError, match="Name a file in a folder of yours"):
        shown("export", tmp_path / "nowhere" / "mine.jsonl")


@pytest.mark.parametrize("format", ["messages", "sharegpt", "markdown"])
def test_other_forms_come_back_as_the_same_dialogues(
    store: ConversationCollector, tmp_path: Path, format: str
) -> None:
    said = [
        "Hello",
        "## You\nnot me\n\\## You",
        "```\nunclosed",
        "<!-- kagura session -->\nx",
        "猫",
    ]
    for number, text in enumerate(said):
        session = "one" if number % 2 else "two"
        store.collect(text, f"Re: {text}", "none", session=session)
    store.correct(store.collect("Wrong?", "Yes", "none", session="two"), "No")
    store.collect("Never answered", "", "none", session="two")

    written = write(store, tmp_path / "file", Selection(), format)
    other = ConversationCollector("other", store.settings)
    bring(other, tmp_path / "file")

    assert (written.count, written.left_out) == (6, 1)
    wanted = [(text, f"Re: {text}") for text in said] + [("Wrong?", "No")]
    assert sorted(exchanges(other)) == sorted(wanted)
    assert len({one.session for one in other.iterate()}) == 2


@pytest.mark.parametrize("format", ["messages", "sharegpt", "markdown"])
def test_what_comes_back_to_where_it_was_is_known(
    store: ConversationCollector, tmp_path: Path, format: str
) -> None:
    said = [Message("system", "Be brief."), Message("user", "Hello")]
    ids = [store.collect(said, f"Hi {number}", "none", session="mine") for number in range(3)]
    write(store, tmp_path / "file", Selection(), format)
    before = list(store.iterate())

    again = bring(store, tmp_path / "file")
    assert (again.done, again.known, list(store.iterate())) == (0, 3, before)

    store.forget(Selection(ids=(ids[1],)))
    back = bring(store, tmp_path / "file")
    assert (back.done, back.known) == (1, 2)
    assert [one.id for one in store.iterate()] == ids
    assert store.get(ids[1]).created_at == ULID.from_str(ids[1]).datetime


def test_the_panels_transcript_comes_in_as_it_was_said(
    store: ConversationCollector, tmp_path: Path
) -> None:
    for number in range(2):
        store.collect(f"Question {number}", f"Answer {number}", "practice", session="mine")
    (tmp_path / "talk.md").write_text(turns.transcript(list(store.iterate())))
    other = ConversationCollector("other", store.settings)
    bring(other, tmp_path / "talk.md")
    assert exchanges(other) == [(f"Question {n}", f"Answer {n}") for n in range(2)]


# --- forgetting ------------------------------------------------------------------------------


@pytest.mark.parametrize("format", WRITERS)
def test_what_is_forgotten_goes_from_exported_files_too(
    assistant: Assistant, tmp_path: Path, format: str
) -> None:
    for word in ("alpha", "beta", "gamma"):
        assistant.store.collect(f"About {word}", f"{word} it is", "none", session="mine")
    path = tmp_path / "mine"
    assistant.export_file(path, format=format)

    gone = assistant.forget(Selection(text="beta"))

    text = path.read_text("utf-8")
    assert [text.count(word) > 0 for word in ("alpha", "beta", "gamma")] == [True, False, True]
    assert (gone.conversations, gone.copies) == (1, ())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = ConversationCollector("other", assistant.settings)
    assert bring(again, path).done == 2


def test_of_a_file_that_is_gone_from_its_place_the_user_is_told_once(
    assistant: Assistant, shown: Callable[..., View], tmp_path: Path
) -> None:
    for word in ("alpha", "beta"):
        assistant.store.collect(f"About {word}", word, "none")
    assistant.export_file(tmp_path / "mine.jsonl")
    (tmp_path / "mine.jsonl").rename(tmp_path / "moved.jsonl")
    assert f"{tmp_path / 'mine.jsonl'} was written out" in shown("forget", "last", "--yes").plain
    assert "mine.jsonl" not in shown("forget", "last", "--yes").plain


def test_of_a_file_that_cannot_be_changed_the_user_is_told(
    assistant: Assistant, tmp_path: Path
) -> None:
    assistant.store.collect("About alpha", "alpha", "none")
    assistant.export_file(tmp_path / "mine.jsonl")
    with (tmp_path / "mine.jsonl").open("a") as file:
        file.write(f"my note on {assistant.store.get('last').id}\n")
    (told,) = assistant.forget(Selection()).copies
    assert "mine.jsonl still says it, delete it yourself" in told


def test_what_is_redacted_goes_from_exported_files_too(
    assistant: Assistant, tmp_path: Path
) -> None:
    assistant.store.collect("Mail me at aki@example.com", "Yes", "none")
    kept = assistant.store.collect("Hello", "Hi", "none")
    assistant.export_file(tmp_path / "mine.jsonl")
    assistant.redact([one.id for one in assistant.store.iterate()][:1], PrivacyFilter())
    (line,) = (tmp_path / "mine.jsonl").read_text().splitlines()
    assert json.loads(line)["id"] == kept


def test_a_file_for_a_trainer_goes_with_a_conversation_in_it(
    assistant: Assistant, rate: Callable[..., list[str]], tmp_path: Path
) -> None:
    ids = rate(12)
    dataset = assistant.datasets.build()
    assistant.datasets.write(dataset, "train", "openai", tmp_path / "train.jsonl")
    assistant.store.collect("Another", "one", "none")
    assistant.forget(Selection(text="another"))
    assert (tmp_path / "train.jsonl").exists()
    assistant.forget(Selection(ids=(ids[0],)))
    assert not (tmp_path / "train.jsonl").exists()


def rewrite(path: Path) -> None:
    path.write_text("MY OWN PRECIOUS FILE\n")


def become_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("change", [rewrite, become_a_folder])
def test_what_has_taken_the_place_of_a_trainers_file_stays_and_is_named(
    assistant: Assistant,
    rate: Callable[..., list[str]],
    tmp_path: Path,
    change: Callable[[Path], None],
) -> None:
    ids, path = rate(12), tmp_path / "train.jsonl"
    assistant.datasets.write(assistant.datasets.build(), "train", "openai", path)
    change(path)

    gone = assistant.forget(Selection(ids=(ids[0],)))

    assert path.exists() and gone.conversations == 1
    assert [f"{path} stays and may still say it" in one for one in gone.copies] == [True]


def test_a_file_behind_a_link_is_cleaned_too(assistant: Assistant, tmp_path: Path) -> None:
    assistant.store.collect("About alpha", "alpha it is", "none")
    assistant.store.collect("About beta", "beta it is", "none")
    path, moved = tmp_path / "mine.jsonl", tmp_path / "moved.jsonl"
    assistant.export_file(path)
    path.rename(moved)
    path.symlink_to(moved)

    assert assistant.forget(Selection(text="beta")).copies == ()

    assert path.is_symlink() and "alpha" in moved.read_text() and "beta" not in moved.read_text()


@pytest.mark.parametrize(
    ("text", "encoding"), [(None, "utf-16"), ("my own notes, without an id", "utf-8")]
)
def test_of_a_file_that_names_nothing_of_ours_the_user_is_told(
    assistant: Assistant, tmp_path: Path, text: str | None, encoding: str
) -> None:
    assistant.store.collect("About alpha", "alpha it is", "none")
    path = tmp_path / "mine.jsonl"
    assistant.export_file(path)
    kept = text or path.read_text()
    path.write_text(kept, encoding=encoding)
    (told,) = assistant.forget(Selection()).copies
    assert "mine.jsonl was changed since it was written and may still say it" in told
    assert path.read_text(encoding) == kept


def test_a_file_out_of_which_all_was_taken_is_nothing_to_speak_of(
    assistant: Assistant, tmp_path: Path
) -> None:
    first = assistant.store.collect("About alpha", "alpha", "none", created_at=day(1))
    third = assistant.store.collect("About gamma", "gamma", "none", created_at=day(3))
    assistant.export_file(tmp_path / "mine.jsonl")
    assistant.forget(Selection(ids=(first, third)))
    assistant.store.collect("About beta", "beta", "none", created_at=day(2))
    assert assistant.forget(Selection()).copies == ()


def day(number: int) -> datetime:
    return datetime(2026, 1, number, tzinfo=UTC)


def meanwhile(work: Callable[[], object]) -> Thread:
    """Something that another program does."""
    thread = Thread(target=work)
    thread.start()
    return thread


def test_an_export_that_is_made_while_forgetting_has_nothing_of_it(
    assistant: Assistant, tmp_path: Path
) -> None:
    for number in range(2000):
        assistant.store.collect(f"About alpha {number}", "alpha", "none")
    assistant.store.collect("About beta", "beta", "none")
    other = Assistant()
    writing = [
        meanwhile(lambda path=tmp_path / f"{number}.jsonl": other.export_file(path))  # type: ignore[misc]
        for number in range(4)
    ]
    assistant.forget(Selection(text="alpha"))
    for one in writing:
        one.join()
    assert [path.read_text().count("\n") for path in tmp_path.glob("*.jsonl")] == [1] * 4
    other.close()


def test_a_file_that_takes_changes_back_waits_for_who_forgets(
    assistant: Assistant, shown: Callable[..., View]
) -> None:
    kept = assistant.store.collect("About alpha", "alpha", "none")
    assistant.store.add_feedback(kept, 3, "my secret")
    with outside.alone(assistant.store.database):
        rating = meanwhile(lambda: shown("rate", "clear", "--text", "alpha", "--yes"))
        sleep(0.3)
        assert assistant.store.get(kept).comment == "my secret"
    rating.join()
    assistant.forget(Selection())
    (undo,) = (assistant.settings.user_home / "undo").iterdir()
    assert "secret" not in undo.read_text()


def test_redacting_names_every_file_that_still_says_it(
    assistant: Assistant, tmp_path: Path
) -> None:
    kept = assistant.store.collect("Mail me at aki@example.com", "Yes", "none")
    for name in ("one.jsonl", "two.jsonl"):
        assistant.export_file(tmp_path / name)
        (tmp_path / name).write_text("{\n" + (tmp_path / name).read_text())
    with pytest.raises(ExchangeError) as caught:
        assistant.redact([kept], PrivacyFilter())
    assert "one.jsonl" in str(caught.value) and "two.jsonl" in str(caught.value)
    assert "aki@example.com" not in assistant.store.get(kept).prompt


# --- ratings in bulk -------------------------------------------------------------------------


def annotated(store: ConversationCollector) -> list[tuple[object, ...]]:
    return [
        (one.rating, one.comment, one.correction, one.tags, one.excluded) for one in store.iterate()
    ]


@pytest.fixture
def three(store: ConversationCollector) -> list[str]:
    """Three conversations, the first with all that an owner can add."""
    ids = [store.collect(f"Hello {number}", "Hi", "none") for number in range(3)]
    store.add_feedback(ids[0], 2, "dull")
    store.correct(ids[0], "Hi there!")
    store.tag(ids[0], "old")
    store.exclude(ids[0])
    return ids


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_of_ratings_changes_what_it_names(
    store: ConversationCollector,
    shown: Callable[..., View],
    three: list[str],
    tmp_path: Path,
    delimiter: str,
    encoding: str,
) -> None:
    before = annotated(store)
    rows = [
        ("id", "Rating", "comment", "tags", "excluded"),
        (three[0][-8:], "5.0", "", "猫、new", "no"),
        (three[1], "", "良い", "", "yes"),
        (three[2], "seven", "", "", ""),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "3", "", "", ""),
        ("", "3", "", "", ""),
    ]
    path = tmp_path / "ratings.csv"
    path.write_text("\n".join(delimiter.join(row) for row in rows), encoding=encoding)

    plain = shown("import", path).plain

    assert annotated(store) == [
        (5, "dull", "Hi there!", ("new", "猫"), None),
        (None, "良い", None, (), "by the user"),
        (None, None, None, (), None),
    ]
    assert "Changed 2 conversations." in plain
    for reason in ("not 1 to 5 stars", "no conversation that there is", "without an id"):
        assert reason in plain
    undo = plain.split("`%kagura import ")[1].split("`")[0]
    shown("import", undo)
    assert annotated(store) == before


@pytest.mark.parametrize(
    "head", ["id;rating;comment;correction;tags;excluded", "sep=;\nrating;id;tags;comment"]
)
def test_clear_takes_away_what_there_is_in_any_column_of_a_table(
    store: ConversationCollector, three: list[str], tmp_path: Path, head: str
) -> None:
    columns = head.splitlines()[-1].split(";")
    row = ";".join(three[0] if name == "id" else "Clear" for name in columns)
    (tmp_path / "ratings.csv").write_text(f"{head}\n{row}\nlast;last;;\n")
    report = bring(store, tmp_path / "ratings.csv")
    cleared = (None, None, None, (), None)
    kept = (None, None, "Hi there!", (), "by the user")
    assert annotated(store)[0] == (cleared if "excluded" in columns else kept)
    assert report.places["ratings that are not 1 to 5 stars"] == [f"line {2 + len(head.split())}"]


def test_a_table_without_ids_says_so(store: ConversationCollector, tmp_path: Path) -> None:
    (tmp_path / "ratings.csv").write_text("name,rating\nHello,5\n")
    with pytest.raises(ExchangeError, match="no column id"):
        bring(store, tmp_path / "ratings.csv")


def test_ids_of_ratings_mean_what_they_mean_elsewhere(
    store: ConversationCollector, tmp_path: Path
) -> None:
    ids = [store.collect(f"Hello {number}", "Hi", "none") for number in range(3)]
    twin = ULID.from_str(f"00000000AA{ids[1][10:]}")  # ends as the second one does
    store.add_many([checked(replace(store.get(ids[1]), id=str(twin)))])
    rows = [(ids[0].lower(), 1), (ids[1][-6:], 2), (f" {ids[2][-5:]} ", 3), ("LAST", 4), ("AB", 5)]
    text = "".join(f"{name},{stars}\n" for name, stars in rows)
    (tmp_path / "ratings.csv").write_text(f"id,rating\n{text}")

    report = bring(store, tmp_path / "ratings.csv")

    assert [store.get(one).rating for one in ids] == [1, None, 4]
    assert report.places == {"ratings of no conversation that there is": ["line 3", "line 6"]}


def test_json_lines_of_ratings_take_away_too(
    store: ConversationCollector, three: list[str], tmp_path: Path
) -> None:
    cleared = {"id": three[0], "rating": None, "comment": None, "correction": None, "tags": []}
    report = bring(store, dumped(tmp_path / "ratings.jsonl", cleared, array=False))
    assert (report.format, report.done) == ("ratings", 1)
    assert annotated(store)[0] == (None, None, None, (), "by the user")


def test_many_are_rated_by_options_after_a_count_and_taken_back(
    store: ConversationCollector, shown: Callable[..., View], three: list[str]
) -> None:
    before = annotated(store)
    words = ("rate", "4", "fine", "--text", "hello")
    assert "This would give ★★★★☆ to 3 conversations." in shown(*words).plain
    assert annotated(store) == before
    plain = shown(*words, "--yes").plain
    assert "★★★★☆ for 3 conversations." in plain
    assert [one.rating for one in store.iterate()] == [4, 4, 4]
    shown("import", plain.split("`%kagura import ")[1].split("`")[0])
    assert annotated(store) == before


def test_rating_many_again_changes_nothing(
    store: ConversationCollector, shown: Callable[..., View], three: list[str]
) -> None:
    shown("rate", "4", "--text", "hello", "--yes")
    plain = shown("rate", "4", "--text", "hello", "--yes").plain
    assert plain == "★★★★☆ for 0 conversations. 3 had it already."


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--text", "hello", "--yes"], SettingsError),
        (["9", "--text", "hello", "--yes"], InvalidRating),
        (["last", "5", "--text", "hello", "--yes"], InvalidRating),
    ],
)
def test_a_bulk_rating_that_is_none_changes_nothing(
    store: ConversationCollector,
    shown: Callable[..., View],
    three: list[str],
    words: list[str],
    error: type[KaguraError],
) -> None:
    before = annotated(store)
    with pytest.raises(error):
        shown("rate", *words)
    assert annotated(store) == before


def test_forgetting_reaches_the_files_that_take_changes_back(
    assistant: Assistant, shown: Callable[..., View], three: list[str]
) -> None:
    shown("rate", "clear", "--text", "hello", "--yes")
    (undo,) = (assistant.settings.user_home / "undo").iterdir()
    assert "dull" in undo.read_text()
    assistant.forget(Selection(ids=(three[0],)))
    assert "dull" not in undo.read_text()
