"""What other programs export comes in as it was said, and of everything else its kind is counted.

Each form is written here as its program writes it; the store is a real one.
"""

import json
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kagura_nb import Assistant, ConversationCollector, PrivacyFilter
from kagura_nb.errors import ExchangeError
from kagura_nb.exchange import Report, bring, markup
from kagura_nb.records import Conversation

Bring = Callable[..., tuple[Report, list[Conversation]]]
SECONDS = 1_750_000_000
"""2025-06-15 15:06:40 UTC."""
ZEROS = "00000000-0000-4000-8000-000000000000"
REASONING, TOOLS = "reasoning", "tools: calls and what they returned"
VERSIONS, FILES, IMAGES = "other versions of a message", "attached files", "images"


@pytest.fixture
def taken(store: ConversationCollector, tmp_path: Path) -> Bring:
    """What becomes of a file: of JSON, of a text as it is, or of many values as JSON Lines."""

    def take(*values: Any, lines: bool = False) -> tuple[Report, list[Conversation]]:
        path = tmp_path / "file"
        texts = [one if isinstance(one, str) else json.dumps(one) for one in values]
        path.write_text("\n".join(texts) + "\n" if lines else texts[0], encoding="utf-8")
        return bring(store, path), list(store.iterate())

    return take


def said(held: list[Conversation]) -> list[tuple[str, str]]:
    return [(one.prompt, one.response) for one in held]


def user(text: Any) -> dict[str, Any]:
    return {"role": "user", "content": text}


def reply(text: Any, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": text, **more}


def pair(**more: Any) -> dict[str, Any]:
    """A dialogue of one exchange with something beside its messages."""
    return {"messages": [user("Hello"), reply("Hi.")], **more}


# --- products --------------------------------------------------------------------------------


def chatgpt(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A dialogue without branches, as little of it as an export may have."""
    names = [f"n{number}" for number, _ in enumerate(messages)]
    nodes = {
        name: {"parent": names[number - 1] if number else None, "message": {"id": name, **message}}
        for number, (name, message) in enumerate(zip(names, messages, strict=True))
    }
    return {"id": "c1", "mapping": nodes, "current_node": names[-1], **more}


def node(role: str, *parts: Any, to: str = "all", **content: Any) -> dict[str, Any]:
    return {
        "author": {"role": role},
        "recipient": to,
        "content": {"content_type": "text", "parts": list(parts), **content},
    }


def canvas(call: str, **given: Any) -> dict[str, Any]:
    raw = json.dumps(given)
    return node("assistant", to=f"canmore.{call}", content_type="code", text=raw)


def update(*changes: tuple[str, str]) -> dict[str, Any]:
    listed = [{"pattern": old, "replacement": new, "multiple": False} for old, new in changes]
    return canvas("update_textdoc", updates=listed)


WRITTEN = canvas("create_textdoc", name="p", type="document", content="The heron waits.")


@pytest.mark.parametrize(
    ("messages", "replies", "skipped"),
    [
        ([node("user", "Hi"), node("assistant", "Yo")], ["Yo"], {}),
        (
            [
                node("user", "Hi"),
                node("assistant", content_type="thoughts", thoughts=[{"content": "THINK"}]),
                node("assistant", "Yo"),
            ],
            ["Yo"],
            {REASONING: 1},
        ),
        (
            [node("user", "Hi"), WRITTEN, node("tool", "Created"), node("assistant", "Done.")],
            ["The heron waits.\n\nDone."],
            {TOOLS: 1},
        ),
        (
            [node("user", "Hi"), canvas("create_textdoc", type="code/python", content="x = 1")],
            ["```python\nx = 1\n```"],
            {},
        ),
        (
            [node("user", "A"), WRITTEN, node("user", "B"), update((".*", "It flies."))],
            ["The heron waits.", "It flies."],
            {},
        ),
        (
            [node("user", "A"), WRITTEN, node("user", "B"), update((r"waits\.", "sleeps."))],
            ["The heron waits.", "The heron sleeps."],
            {},
        ),
        (
            [node("user", "A"), WRITTEN, node("user", "B"), update(("(a+)+$", "It flies."))],
            ["The heron waits.", "The heron waits.\n\nIt flies."],
            {"changes to a document that cannot be followed": 1},
        ),
        (
            [node("user", "A"), canvas("comment_textdoc", comments=[]), node("assistant", "Yo")],
            ["Yo"],
            {TOOLS: 1},
        ),
        (
            [
                node("user", content_type="user_editable_context", user_profile="Call me Aki"),
                node("system", "You are ChatGPT"),
                node("user", {"content_type": "image_asset_pointer"}, "Look"),
                node("assistant", "A cat."),
            ],
            ["A cat."],
            {"custom instructions": 1, "hidden messages": 1, IMAGES: 1},
        ),
        (
            [
                node("user", {"content_type": "audio_transcription", "text": "Spoken"}),
                node("assistant", "Heard."),
            ],
            ["Heard."],
            {},
        ),
    ],
)
def test_chatgpt(
    taken: Bring, messages: list[Any], replies: list[str], skipped: dict[str, int]
) -> None:
    report, held = taken([chatgpt(*messages, default_model_slug="gpt-5", create_time=SECONDS)])
    assert [one.response for one in held] == replies
    assert {one.model for one in held} == {"chatgpt:gpt-5"}
    assert report.skipped == skipped


def test_thumbs_of_chatgpt_come_from_the_file_beside_it(
    store: ConversationCollector, tmp_path: Path
) -> None:
    talk = chatgpt(
        node("user", "A"), node("assistant", "B"), node("user", "C"), node("assistant", "D")
    )
    thumbs = [
        {"message_id": "n1", "conversation_id": "c1", "rating": "thumbs_up", "content": "{}"},
        {"id": "n3", "rating": "thumbsDown", "content": '{"text": "wrong", "tags": ["false"]}'},
    ]
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as packed:
        packed.writestr("conversations.json", json.dumps([talk]))
        packed.writestr("message_feedback.json", json.dumps(thumbs))
        packed.writestr("user.json", "{}")
    bring(store, tmp_path / "export.zip")
    assert [(one.rating, one.comment, one.tags) for one in store.iterate()] == [
        (5, None, ()),
        (1, "wrong", ("false",)),
    ]


def claude(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"uuid": "k", "name": "n", "chat_messages": list(messages), **more}


def turn(name: str, sender: str, *blocks: Any, **more: Any) -> dict[str, Any]:
    found = [{"type": "text", "text": one} if isinstance(one, str) else one for one in blocks]
    return {"uuid": name, "sender": sender, "text": "", "content": found, **more}


def artifact(**given: Any) -> dict[str, Any]:
    return {"type": "tool_use", "name": "artifacts", "input": {"id": "d", **given}}


PASTED = {"file_name": "pasted.txt", "extracted_content": "the hern flies"}
BRANCHED = (
    turn("m1", "human", "Old", parent_message_uuid=ZEROS),
    turn("m2", "assistant", "Old answer", parent_message_uuid="m1"),
    turn("m3", "human", "New", parent_message_uuid=ZEROS),
    turn("m4", "assistant", "New answer", parent_message_uuid="m3"),
)


@pytest.mark.parametrize(
    ("value", "wanted", "skipped"),
    [
        (
            claude(*BRANCHED, current_leaf_message_uuid="m4"),
            [("New", "New answer")],
            {VERSIONS: 2},
        ),
        (
            claude(*BRANCHED, current_leaf_message_uuid="m2"),
            [("Old", "Old answer")],
            {VERSIONS: 2},
        ),
        (claude(*BRANCHED), [("New", "New answer")], {VERSIONS: 2}),
        (
            claude(
                turn("a", "human", "Proofread", attachments=[PASTED]), turn("b", "assistant", "So")
            ),
            [("Proofread\n\nthe hern flies", "So")],
            {},
        ),
        (
            claude(turn("a", "human", attachments=[PASTED]), turn("b", "assistant", "So")),
            [("the hern flies", "So")],
            {},
        ),
        (
            claude(
                turn("a", "human", "See", files=[{"file_kind": "image", "file_name": "x.png"}]),
                turn("b", "assistant", {"type": "thinking", "thinking": "hm"}, "A cat."),
            ),
            [("See", "A cat.")],
            {IMAGES: 1, REASONING: 1},
        ),
        (
            claude(
                turn("a", "human", "Write"),
                turn("b", "assistant", "Here:", artifact(command="create", content="A heron.")),
                turn("c", "human", "Blue"),
                turn("d", "assistant", artifact(command="update", old_str="A", new_str="A blue")),
            ),
            [("Write", "Here:\n\nA heron."), ("Blue", "A blue heron.")],
            {},
        ),
    ],
)
@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: [one], lambda one: {"data": [one]}])
def test_claude(
    taken: Bring,
    value: Any,
    wanted: list[tuple[str, str]],
    skipped: dict[str, int],
    wrap: Callable[[Any], Any],
) -> None:
    report, held = taken(wrap(value))
    assert (report.format, said(held), report.skipped) == ("claude", wanted, skipped)


def webui(*messages: dict[str, Any], current: str = "b", **more: Any) -> dict[str, Any]:
    nodes = {one["id"]: one for one in messages}
    history = {"currentId": current, "messages": nodes}
    return {"id": "o1", "chat": {"title": "t", "history": history}, **more}


def leaf(name: str, parent: str | None, text: str, **more: Any) -> dict[str, Any]:
    role = "user" if name in "ac" else "assistant"
    return {"id": name, "parentId": parent, "role": role, "content": text, "model": "llama3"} | more


FOLDED = '<details type="reasoning" done="true">\n<summary>Thought</summary>\n> hm\n</details>\n'
ASKED, ANSWERED = leaf("a", None, "Hello", timestamp=SECONDS), leaf("b", "a", "Hi.")
FEEDBACK = {
    "id": "f1",
    "type": "rating",
    "data": {"rating": 1, "comment": "nice", "tags": ["short"]},
    "meta": {"chat_id": "o1", "message_id": "b"},
    "snapshot": {"chat": webui(ASKED, ANSWERED, leaf("d", "a", "Other"), current="d")},
}


@pytest.mark.parametrize(
    ("value", "wanted", "judged", "skipped"),
    [
        ([webui(ASKED, ANSWERED)], ("Hello", "Hi."), (None, None, ()), {}),
        (webui(ASKED, ANSWERED), ("Hello", "Hi."), (None, None, ()), {}),
        (webui(ASKED, ANSWERED)["chat"], ("Hello", "Hi."), (None, None, ()), {}),
        (
            {"id": "o1", "chat": {"messages": [user("Hello"), reply("Hi.")]}},
            ("Hello", "Hi."),
            (None, None, ()),
            {},
        ),
        (
            [webui(ASKED, ANSWERED, leaf("d", "a", "Other"), meta={"tags": ["home"]})],
            ("Hello", "Hi."),
            (None, None, ("home",)),
            {VERSIONS: 1},
        ),
        (
            [webui(ASKED, leaf("b", "a", f"{FOLDED}Hi."))],
            ("Hello", "Hi."),
            (None, None, ()),
            {REASONING: 1},
        ),
        (
            [webui(ASKED, leaf("b", "a", "Hi.", annotation={"rating": 1}))],
            ("Hello", "Hi."),
            (5, None, ()),
            {},
        ),
        (
            [webui(ASKED, leaf("b", "a", "Hi.", annotation={"rating": -1, "comment": "no"}))],
            ("Hello", "Hi."),
            (1, "no", ()),
            {},
        ),
        (
            [
                webui(
                    ASKED, leaf("b", "a", "Hi.", annotation={"rating": 1, "details": {"rating": 7}})
                )
            ],
            ("Hello", "Hi."),
            (4, None, ()),
            {},
        ),
        (
            [
                webui(
                    ASKED,
                    leaf("b", "a", "Hi.", annotation={"rating": 1, "details": {"rating": 11}}),
                )
            ],
            ("Hello", "Hi."),
            (None, None, ()),
            {"ratings whose scale is not known": 1},
        ),
        ([FEEDBACK], ("Hello", "Hi."), (5, "nice", ("short",)), {VERSIONS: 1}),
    ],
)
def test_open_webui(
    taken: Bring, value: Any, wanted: tuple[str, str], judged: Any, skipped: dict[str, int]
) -> None:
    report, (one,) = taken(value)
    assert (report.format, (one.prompt, one.response)) == ("openwebui", wanted)
    assert (one.rating, one.comment, one.tags) == judged
    assert report.skipped == skipped


def test_a_chat_and_its_feedback_are_one_conversation(taken: Bring) -> None:
    taken([webui(ASKED, ANSWERED)])
    report, held = taken([FEEDBACK])
    assert (report.known, len(held), held[0].rating) == (1, 1, None)
    assert report.places["ratings of what is there already, which stays as it is"] == ["entry 1"]


def libre(
    name: str, mine: bool, text: str, parent: str | None = None, **more: Any
) -> dict[str, Any]:
    return {"messageId": name, "isCreatedByUser": mine, "text": text, "model": "gpt-4o"} | (
        {"parentMessageId": parent or ZEROS} | more
    )


THUMB = {"rating": "thumbsDown", "tag": "inaccurate", "text": "wrong"}
PARTS = [
    {"type": "think", "think": "hm"},
    {"type": "text", "text": {"value": "Hi."}},
    {"type": "tool_call", "tool_call": {"type": "function"}},
]


@pytest.mark.parametrize(
    ("messages", "skipped", "rating"),
    [
        (
            {"messages": [libre("1", True, "Hello"),
                          libre("2", False, "Hi.", "1", feedback=THUMB)]},
            {},
            (1, "wrong", ("inaccurate",)),
        ),
        (
            {
                "messages": [
                    libre("1", True, "Hello"),
                    libre("2", False, "Hi.", "1", createdAt="2025-05-02T10:00:00.000Z"),
                    libre("3", False, "Older", "1", createdAt="2025-05-01T10:00:00.000Z"),
                ]
            },
            {VERSIONS: 1},
            (None, None, ()),
        ),
        (
            {
                "messagesTree": [
                    libre(
                        "1",
                        True,
                        "Hello",
                        children=[
                            libre("2", False, "Older", "1", children=[]),
                            libre("3", False, "", "1", content=PARTS, children=[]),
                        ],
                    )
                ],
                "recursive": True,
            },
            {VERSIONS: 1, REASONING: 1, TOOLS: 1},
            (None, None, ()),
        ),
        (
            {"messages": [libre("1", True, "Hello"), libre("2", False, "Hi.", "1"),
                          libre("3", True, "More", "2"),
                          libre("4", False, "503", "3", error=True)]},
            {"error messages": 1, "a prompt without a reply": 1},
            (None, None, ()),
        ),
    ],
)  # fmt: skip
def test_librechat(
    taken: Bring, messages: dict[str, Any], skipped: dict[str, int], rating: Any
) -> None:
    report, (one,) = taken({"conversationId": "L", "title": "T", **messages})
    assert (report.format, one.prompt, one.response) == ("librechat", "Hello", "Hi.")
    assert (one.model, one.rating, one.comment, one.tags) == ("librechat:gpt-4o", *rating)
    assert report.skipped == skipped


@pytest.mark.parametrize(
    "value",
    [
        [webui(ASKED, leaf("b", "a", "Hi", done=False))],
        {
            "conversationId": "L",
            "messages": [libre("1", True, "A"), libre("2", False, "Hi", "1", unfinished=True)],
        },
        [
            chatgpt(
                node("user", "A"),
                node("assistant", "Hi") | {"metadata": {"finish_details": {"type": "interrupted"}}},
            )
        ],
    ],
)
def test_a_reply_that_was_cut_short_is_marked_so(taken: Bring, value: Any) -> None:
    assert [one.complete for one in taken(value)[1]] == [False]


def test_a_tree_deeper_than_python_recurses_comes_in_whole(taken: Bring) -> None:
    text = '{"conversationId": "L", "messagesTree": ['
    for number in range(2000):
        mine = "true" if number % 2 == 0 else "false"
        text += f'{{"messageId": "{number}", "isCreatedByUser": {mine}, "text": "m{number}", '
        text += '"children": ['
    report, held = taken(text + "]}" * 2001)
    assert (report.done, held[-1].response) == (1000, "m1999")


def gemini(title: str, *html: str, **more: Any) -> dict[str, Any]:
    return {
        "header": "Gemini Apps",
        "title": title,
        "time": "2026-03-01T10:00:00.000Z",
        "products": ["Gemini Apps"],
        "safeHtmlItem": [{"html": one} for one in html],
    } | more


JAPANESE = {"header": "Gemini アプリ", "products": ["Gemini アプリ"]}


@pytest.mark.parametrize(
    ("value", "wanted", "skipped"),
    [
        (
            gemini("Prompted Name a heron", "<p>Grey heron.</p>"),
            ("Name a heron", "Grey heron."),
            {},
        ),
        (gemini("Asked Prompted?", "Yes"), ("Prompted?", "Yes"), {}),
        (gemini("Prompted a", "<p>1</p>", "<p>2</p>"), ("a", "1\n\n2"), {}),
        (
            gemini("送信したメッセージ: 猫の名前は？", "<p>タマ &amp; ミケ</p>", **JAPANESE),
            ("猫の名前は？", "タマ & ミケ"),
            {},
        ),
        (
            gemini("「鷺とは」というプロンプトを入力しました", "鳥<br>です", **JAPANESE),
            ("鷺とは", "鳥\nです"),
            {},
        ),
        (
            gemini("送信したメッセージ: これは？ 添付ファイル 1 件", "猫", **JAPANESE),
            ("これは？", "猫"),
            {FILES: 1},
        ),
        (
            gemini("Prompted See Attached 2 files.", "<img src=x>Ok", attachedFiles=["a", "b"]),
            ("See", "Ok"),
            {FILES: 2, IMAGES: 1},
        ),
        (gemini("Запит: ось", "Так"), ("Запит: ось", "Так"), {}),
        (gemini("Prompted Silence"), None, {"a prompt without a reply": 1}),
        (gemini("Used Gemini Apps"), None, {"activities that are no prompts": 1}),
        (
            gemini("Gemini アプリ を使用しました", **JAPANESE),
            None,
            {"activities that are no prompts": 1},
        ),
        (
            gemini("Watched a film", header="YouTube", products=["YouTube"]),
            None,
            {"entries of another format": 1},
        ),
    ],
)
def test_gemini(
    taken: Bring, value: Any, wanted: tuple[str, str] | None, skipped: dict[str, int]
) -> None:
    first = gemini("Prompted First", "One", time="2026-02-01T10:00:00Z")
    report, held = taken([first, value])
    assert report.format == "gemini-apps" and report.skipped == skipped
    assert said(held) == [("First", "One"), *([wanted] if wanted else [])]
    assert held[0].created_at == datetime(2026, 2, 1, 10, tzinfo=UTC)


def test_activities_of_one_chat_are_a_session(taken: Bring) -> None:
    chat = {"details": [{"name": "x", "url": "https://gemini.google.com/app/abc123"}]}
    entries = [
        gemini(f"Prompted {name}", "Yes", time=f"2026-03-01T1{name}:00:00Z", **more)
        for name, more in (("3", {}), ("2", chat), ("1", chat))
    ]
    _, held = taken(entries)
    assert [one.prompt for one in held] == ["1", "2", "3"]
    assert held[0].session == held[1].session != held[2].session


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain &lt;b&gt; &#39;q&#39; &nbsp;x", "plain <b> 'q' \xa0x"),
        ("<p>a\n b</p><p>c</p>", "a b\n\nc"),
        ("<ul><li>a</li><li><p>b</p></li></ul>", "- a\n- b"),
        ("<pre><code>x &lt; 1\n  y</code></pre>end", "```\nx < 1\n  y\n```\n\nend"),
        ("<h2>T</h2><b>x</b> <code>y</code>", "T\n\nx `y`"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a | b\nc"),
        ("<script>alert(1)</script>ok<style>p{}</style>", "ok"),
        ("a<div>" * 3000, "\n\n".join(["a"] * 3000)),
        ("<p>unclosed <b>tags", "unclosed tags"),
        ("", ""),
    ],
)
def test_html_as_text(html: str, text: str) -> None:
    assert markup.text(html)[0] == text


def jupyter(*messages: dict[str, Any], users: Any, **more: Any) -> dict[str, Any]:
    return {"users": users, "messages": list(messages), "metadata": {}, **more}


def post(sender: str, body: str, **more: Any) -> dict[str, Any]:
    return {"type": "msg", "id": body, "time": SECONDS, "sender": sender, "body": body} | more


PERSONA = "jupyter-ai-personas::jupyter_ai::JupyternautPersona"
SELECTED = {"x": {"type": "file", "value": "a.py", "selection": {"content": "x = 1"}}}


@pytest.mark.parametrize(
    ("value", "wanted", "skipped"),
    [
        (
            jupyter(post("u", "Hello"), post("bot", "Hi."), users={"u": {"username": "u"}}),
            "Hello",
            {},
        ),
        (
            jupyter(
                post("u", "Hello"),
                post(PERSONA, "Hi."),
                users={
                    "u": {"username": "u", "bot": False},
                    PERSONA: {"username": "J", "bot": True},
                },
            ),
            "Hello",
            {},
        ),
        (
            jupyter(
                post("ai", "Hello"),
                post("x", "Hi."),
                users={"ai": {"name": "Ai"}, "x": {"display_name": "Jupyternaut"}},
            ),
            "Hello",
            {},
        ),
        (jupyter(post("u", "Hello"), post("z", "Hi."), users={}), "Hello", {}),
        (
            jupyter(
                post("u", "Hello"),
                post("u", "", deleted=True),
                post("bot", "Hi."),
                users={"u": {}},
            ),
            "Hello",
            {"deleted messages": 1},
        ),
        (
            jupyter(
                post("u", "Hello", attachments=["x"]),
                post("bot", "Hi."),
                users={"u": {}},
                attachments=SELECTED,
            ),
            "Hello\n\nx = 1",
            {},
        ),
        (
            jupyter(post("u", "Hello", attachments=["y"]), post("bot", "Hi."), users={"u": {}}),
            "Hello",
            {FILES: 1},
        ),
    ],
)
def test_jupyter_ai(taken: Bring, value: Any, wanted: str, skipped: dict[str, int]) -> None:
    report, held = taken(value)
    assert (report.format, said(held)) == ("jupyter-ai", [(wanted, "Hi.")])
    assert held[0].created_at == datetime.fromtimestamp(SECONDS, UTC)
    assert report.skipped == skipped


# --- datasets --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "entry",
    [
        {"messages": [user("Hello"), reply("Hi.")]},
        {"messages": [user([{"type": "text", "text": "Hello"}]), reply([{"text": "Hi."}])]},
        {"messages": [{"role": "human", "content": "Hello"}, {"role": "AI", "content": "Hi."}]},
        {"messages": [{"author": {"role": "user"}, "text": "Hello"},
                      {"author": {"role": "bot"}, "text": "Hi."}]},
        {"conversations": [{"from": "human", "value": "Hello"}, {"from": "gpt", "value": "Hi."}]},
        {"conversations": [user("Hello"), reply("Hi.")]},
        {"contents": [{"role": "user", "parts": [{"text": "Hello"}]},
                      {"role": "model", "parts": [{"text": "Hi."}]}]},
        {"turns": [{"speaker": "User", "text": "Hello"}, {"speaker": "Assistant", "text": "Hi."}]},
        {"prompt": "Hello", "completion": "Hi."},
        {"prompt": [user("Hello")], "completion": [reply("Hi.")]},
        {"question": "Hello", "answer": "Hi."},
        {"query": "Hello", "response": "Hi."},
        {"input": "Hello", "output": "Hi."},
        {"instruction": "Hello", "input": "", "output": "Hi."},
        {"instruction": "Hello", "response": "Hi."},
        {"input_text": "Hello", "output_text": "Hi."},
        {"質問": "Hello", "回答": "Hi."},
        [user("Hello"), reply("Hi.")],
    ],
    ids=lambda one: "-".join(one) if isinstance(one, dict) else "list",
)  # fmt: skip
@pytest.mark.parametrize("shape", ["array", "lines", "data", "indented"])
def test_every_list_of_role_and_content_is_read(taken: Bring, entry: Any, shape: str) -> None:
    other = {"prompt": "Bye", "completion": "See you."}
    given: dict[str, list[Any]] = {
        "array": [[entry, other]],
        "data": [{"version": 1, "rows": [entry, other]}],
        "lines": [entry, other],
        "indented": [json.dumps([entry, other], indent=1)],
    }
    report, held = taken(*given[shape], lines=shape == "lines")
    assert sorted(said(held)) == [("Bye", "See you."), ("Hello", "Hi.")]
    assert report.skipped == {}


@pytest.mark.parametrize("lines", [True, False])
def test_a_file_of_messages_is_one_dialogue(taken: Bring, lines: bool) -> None:
    rows = [user("A"), reply("B"), user("C"), reply("D", rating=4)]
    _, held = taken(*rows, lines=True) if lines else taken(rows)
    assert (said(held), held[1].rating) == ([("A", "B"), ("C", "D")], 4)
    assert held[0].session == held[1].session


def test_messages_of_several_threads_are_as_many_dialogues(taken: Bring) -> None:
    rows = [{"session_id": name, **one} for name in "xy" for one in (user("A"), reply(name))]
    _, held = taken(*rows, lines=True)
    assert {one.response for one in held} == {"x", "y"}
    assert held[0].session != held[1].session


def test_alpaca_has_its_input_its_system_and_its_history(taken: Bring) -> None:
    row = {"instruction": "Translate", "input": "cat", "output": "猫", "system": "Be brief.",
           "history": [["One", "Two"]]}  # fmt: skip
    report, (before, last) = taken([row])
    assert report.format == "alpaca"
    assert (before.prompt, before.response) == ("One", "Two")
    assert [one.content for one in last.messages] == ["Be brief.", "Translate\n\ncat"]
    assert before.session == last.session


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "Hello", "chosen": "Good", "rejected": "Bad"},
        {"prompt": [user("Hello")], "chosen": [reply("Good")], "rejected": [reply("Bad")]},
        {"chosen": [user("Hello"), reply("Good")], "rejected": [user("Hello"), reply("Bad")]},
        {"input": {"messages": [user("Hello")]}, "preferred_output": [reply("Good")],
         "non_preferred_output": [reply("Bad")]},
        {"instruction": "Hello", "chosen": "Good", "rejected": "Bad"},
        {"conversations": [{"from": "human", "value": "Hello"}],
         "chosen": {"from": "gpt", "value": "Good"}, "rejected": {"from": "gpt", "value": "Bad"}},
        {"prompt": "Hello", "chosen": [user("Hello"), reply("Good")], "score_chosen": 9.0,
         "rejected": [user("Hello"), reply("Bad")], "messages": [user("Hello"), reply("Good")]},
        {"chosen": "\n\nHuman: Hello\n\nAssistant: Good",
         "rejected": "\n\nHuman: Hello\n\nAssistant: Bad"},
    ],
)  # fmt: skip
def test_a_preference_is_a_reply_with_its_correction(taken: Bring, row: Any) -> None:
    _, (one,) = taken([row])
    assert (one.prompt, one.response, one.correction) == ("Hello", "Bad", "Good")


def test_what_was_thought_is_no_part_of_what_is_learnt(taken: Bring) -> None:
    row = {"prompt": "A", "chosen": "<think>hm</think>Good", "rejected": "<think>hm</think>Bad"}
    report, (one,) = taken(row, lines=True)
    assert (one.response, one.correction) == ("Bad", "Good")
    assert report.skipped == {REASONING: 2}


# --- what people thought ---------------------------------------------------------------------

NO_SCALE = "ratings whose scale is not known"


@pytest.mark.parametrize(
    ("beside", "stars"),
    [
        *(({"rating": one}, one) for one in range(1, 6)),
        ({"rating": "4"}, 4),
        ({"rating": 4.0}, 4),
        ({"stars": 2}, 2),
        ({"rating": "★★★☆☆"}, 3),
        ({"rating": "4/5"}, 4),
        ({"rating": "8/10"}, 4),
        ({"rating": "5 stars"}, 5),
        ({"rating": -1}, 1),
        ({"rating": 9}, 5),
        ({"rating": 0.8}, 4),
        ({"score": 0.0001}, 1),
        ({"score": 0.5}, 3),
        ({"score": 0.9}, 5),
        ({"score": 4}, 4),
        ({"feedback": "thumbs_up"}, 5),
        ({"feedback": "thumbsDown"}, 1),
        ({"feedback": {"rating": "thumbsUp"}}, 5),
        ({"feedback": [{"score": 0.2}]}, 2),
        ({"feedback": {"value": True}}, 5),
        ({"annotation": {"rating": 1, "details": {"rating": 10}}}, 5),
        ({"thumbs": "down"}, 1),
        ({"thumbs": 1}, 5),
        ({"thumb": "👍🏽"}, 5),
        ({"vote": -1}, 1),
        ({"liked": False}, 1),
        ({"label": True}, 5),
        ({"label": False}, 1),
        ({"label": 0}, 1),
        ({"kto_tag": True}, 5),
        ({"rating": 5, "label": True}, 5),
    ],
    ids=str,
)
@pytest.mark.parametrize("place", ["entry", "message"])
def test_a_rating_beside_messages_is_taken_in(
    taken: Bring, beside: dict[str, Any], stars: int, place: str
) -> None:
    row = pair(**beside) if place == "entry" else {"messages": [user("A"), reply("B", **beside)]}
    report, (one,) = taken(row, lines=True)
    assert (one.rating, report.skipped) == (stars, {})


@pytest.mark.parametrize(
    ("beside", "reason"),
    [
        *(
            ({"rating": one}, NO_SCALE)
            for one in (0, 99, 4.5, -5, 1e300, "meh", "six", float("nan"), [[]], {"rating": "?"})
        ),
        ({"score": 1}, NO_SCALE),
        ({"score": 87}, NO_SCALE),
        ({"thumbs": 7}, NO_SCALE),
        ({"rating": 5, "label": False}, "ratings that contradict each other"),
        ({"rating": 5, "score": 0.1}, "ratings that contradict each other"),
        (
            {"messages": [{**user("Hello"), "rating": 4}, reply("Hi.")]},
            "ratings of what is no reply",
        ),
    ],
    ids=str,
)
@pytest.mark.parametrize("lines", [True, False])
def test_what_no_scale_explains_is_told_and_not_guessed(
    taken: Bring, beside: dict[str, Any], reason: str, lines: bool
) -> None:
    report, (one,) = taken(pair(**beside), lines=True) if lines else taken([pair(**beside)])
    assert (one.rating, report.skipped) == (None, {reason: 1})


@pytest.mark.parametrize(
    ("name", "numbers", "stars"),
    [
        ("rating", [1, 3, 5], [1, 3, 5]),
        ("rating", [-1, 1], [1, 5]),
        ("rating", [0, 1], [1, 5]),
        ("rating", [0.25, 1], [2, 5]),
        ("rating", [1, 4, 10], [1, 2, 5]),
        ("score", [1, 5], [1, 5]),
        ("score", [0, 0.5, 1], [1, 3, 5]),
        ("score", [0, 3, 5], [None, 3, 5]),
        ("score", [2, 50], [None, None]),
        ("thumbs", [0, 1], [1, 5]),
    ],
)
def test_the_scale_is_that_of_the_whole_file(
    taken: Bring, name: str, numbers: list[float], stars: list[int | None]
) -> None:
    rows = [
        {"messages": [user(f"{number}"), reply("Hi.")], name: one}
        for number, one in enumerate(numbers)
    ]
    _, held = taken(*rows, lines=True)
    assert {one.prompt: one.rating for one in held} == {
        f"{number}": one for number, one in enumerate(stars)
    }


def test_of_one_exchange_that_is_rated_twice_the_first_rating_stays(taken: Bring) -> None:
    report, (one,) = taken(pair(rating=4), pair(rating=2), pair(rating=4), pair(), lines=True)
    assert (one.rating, report.known) == (4, 3)
    assert report.skipped == {"ratings of what is there already, which stays as it is": 1}


def test_a_rating_in_what_was_said_is_no_number_of_the_scale(taken: Bring) -> None:
    rows = [{"messages": [user('{"rating": 10}'), reply("Hi.")], "rating": 4}]
    assert taken(*rows, lines=True)[1][0].rating == 4


def test_all_that_stands_beside_messages_is_taken_in(taken: Bring) -> None:
    row = {
        "id": "r1",
        "title": "A talk",
        "model": "m1",
        "created_at": SECONDS * 1000,
        "tags": "home, cats",
        "rating": 3,
        "comment": "so-so",
        "correction": "Better",
        "messages": [user("A"), reply("B"), user("C"), reply("D", weight=0)],
    }
    _, (first, last) = taken(row, lines=True)
    assert (first.rating, first.comment, first.correction) == (None, None, None)
    assert (last.rating, last.comment, last.correction) == (3, "so-so", "Better")
    assert (first.excluded, last.excluded) == (None, "weight 0 in its file")
    for one in (first, last):
        assert (one.model, one.tags) == ("messages:m1", ("cats", "home"))
        assert one.metadata == {"imported": "messages", "dialogue": "r1", "title": "A talk"}
    assert first.created_at == datetime.fromtimestamp(SECONDS, UTC)


def test_a_title_is_redacted_with_what_was_said(taken: Bring, store: ConversationCollector) -> None:
    _, (one,) = taken([pair(title="Mail aki@example.com")])
    assistant = Assistant()
    assistant.redact([one.id], PrivacyFilter())
    assistant.close()
    assert "aki@" not in store.get(one.id).metadata["title"]


# --- what is left out, and what is broken ----------------------------------------------------


@pytest.mark.parametrize(
    ("messages", "skipped"),
    [
        (
            [{"role": "system", "content": "Be brief."}],
            {"conversations without a prompt and a reply": 1},
        ),
        ([], {"conversations without a prompt and a reply": 1}),
        ([user("A"), reply("")], {"an empty message": 1, "a prompt without a reply": 1}),
        ([reply("B")], {"a reply without a prompt": 1}),
        (
            [user(5), reply("B")],
            {"parts of messages that are no text": 1, "a reply without a prompt": 1},
        ),
        ([user("A"), reply("B", tool_calls=[{}])], {TOOLS: 1}),
        ([user("A"), reply("B", reasoning_content="hm")], {REASONING: 1}),
        ([user("A"), reply("B", reasoning_content=None)], {}),
        ([user("A"), reply("<think>hm</think>\n\nB", reasoning_content=None)], {REASONING: 1}),
        ([user("A"), reply("<think>\n\n</think>\n\nB")], {}),
        ([user("A"), reply([{"type": "text", "text": "<think>hm</think>B"}])], {REASONING: 1}),
        ([user("<think>A"), reply("B <think> tags")], {}),
        (
            [user("A"), reply([{"type": "thinking", "thinking": "hm"}, {"text": "B"}])],
            {REASONING: 1},
        ),
        ([user("A"), reply([{"text": "hm", "thought": True}, {"text": "B"}])], {REASONING: 1}),
        ([user([{"text": "A"}, {"type": "image_url", "image_url": {}}]), reply("B")], {IMAGES: 1}),
        ([user([{"text": "A"}, {"type": "input_audio"}]), reply("B")], {"sound and video": 1}),
        ([user([{"text": "A"}, {"type": "document", "source": {}}]), reply("B")], {FILES: 1}),
        ([user([{"text": "A"}, {"functionResponse": {}}]), reply("B")], {TOOLS: 1}),
        (
            [user([{"text": "A"}, {"hologram": 1}]), reply("B")],
            {"parts of messages that are no text": 1},
        ),
        (
            [user("A"), {"role": "narrator", "content": "x"}, reply("B")],
            {"somebody else's: narrator": 1},
        ),
    ],
)
def test_nothing_is_left_out_in_silence(
    taken: Bring, messages: list[Any], skipped: dict[str, int]
) -> None:
    report, held = taken({"messages": messages}, pair(), lines=True)
    assert report.skipped == skipped
    assert ("Hello", "Hi.") in said(held)
    assert "hm" not in "".join(one.response for one in held)


@pytest.mark.parametrize(
    ("raw", "look"),
    [
        (
            '[{"name": "Aki", "aki@example.com": 1}]',
            "a JSON list, first an object with the fields name, …",
        ),
        ('{"a": {"b": 1}}', "JSON, first an object with the fields a"),
        ("[1, 2]", "a JSON list without objects"),
        ("<!DOCTYPE html><html></html>", "a web page"),
        ("My secret diary", "text that names no speaker"),
        ("SQLite format 3\0\1", "no text and begins with the bytes 53 51 4C 69"),
        ("%PDF-1.7\0\2\n", "no text and begins with the bytes 25 50 44 46"),
        ("", "it is empty"),
    ],
)
def test_what_is_unknown_is_told_from_afar(taken: Bring, raw: str, look: str) -> None:
    with pytest.raises(ExchangeError) as caught:
        taken(raw)
    told = str(caught.value)
    assert look in told and "openwebui" in told
    assert "Aki" not in told and "aki@" not in told and "diary" not in told


def test_numbers_that_json_has_not_cost_no_file(taken: Bring) -> None:
    rows = (
        '[{"messages": [{"role": "user", "content": "a NaN, b"}, {"role": "assistant", "content": '
    )
    report, (one,) = taken(f'{rows}"Infinity"}}], "x": NaN, "y": -Infinity}}]')
    assert (one.prompt, one.response, report.broken) == ("a NaN, b", "Infinity", "")


def test_lines_that_are_broken_are_named(taken: Bring) -> None:
    good = json.dumps(pair())
    report, _ = taken("\n".join([good, "{", good.replace("Hello", "Bye"), '{"messages": ', "[1]"]))
    assert report.done == 2
    assert report.places["lines that are broken"] == ["line 2", "line 4"]


@pytest.mark.parametrize("cut", [0.5, 0.9])
def test_of_a_list_in_an_object_that_was_cut_the_whole_entries_stay(
    taken: Bring, cut: float
) -> None:
    rows = [{"messages": [user(f"{number}"), reply("Hi.")]} for number in range(100)]
    text = json.dumps({"data": rows})
    report, held = taken(text[: int(len(text) * cut)])
    assert report.broken and len(held) == report.done
    assert int(100 * cut) - 3 <= len(held) <= int(100 * cut)


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize(
    "value",
    [
        {"messages": [user("A"), reply("B"), user("C"), reply("D"), user("E"), reply("FINE" * 20)]},
        {
            "conversationId": "L",
            "messages": [
                libre("1", True, "A"),
                libre("2", False, "B", "1"),
                libre("3", True, "C", "2"),
                libre("4", False, "D", "3"),
                libre("5", True, "FINE" * 40, "4"),
            ],
        },
        [user("A"), reply("B"), user("C"), reply("D"), user("FINE" * 20)],
    ],
    ids=["messages", "librechat", "list"],
)
def test_of_one_dialogue_that_was_cut_the_whole_messages_stay(
    taken: Bring, value: Any, indent: int | None
) -> None:
    text = json.dumps(value, indent=indent)
    report, held = taken(text[: text.index("FINE") + 5])
    assert said(held) == [("A", "B"), ("C", "D")]
    assert report.broken


@pytest.mark.parametrize(
    "time",
    [SECONDS, SECONDS * 1000, SECONDS * 1_000_000, str(SECONDS), "2025-06-15T15:06:40Z",
     "2025-06-16T00:06:40+09:00", "2025-06-15 15:06:40", "2025-06-15 15:06:40 UTC"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["created_at", "timestamp", "create_time", "createdAt"])
def test_times_are_read_in_every_usual_form(taken: Bring, name: str, time: Any) -> None:
    row = {"prompt": "A", "completion": "B", name: time}
    assert taken([row])[1][0].created_at == datetime.fromtimestamp(SECONDS, UTC)


def test_a_branch_whose_end_is_not_there_is_the_newest_one(taken: Bring) -> None:
    talk = chatgpt(node("user", "A"), node("assistant", "B")) | {"current_node": "gone"}
    report, held = taken([talk])
    assert (said(held), report.skipped) == ([("A", "B")], {})


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("Takeout/My Activity/Gemini Apps/MyActivity.json", [gemini("Prompted Hello", "Hi.")]),
        ("Takeout/マイ アクティビティ/Gemini アプリ/マイアクティビティ.json",
         [gemini("送信したメッセージ: Hello", "Hi.", **JAPANESE)]),
        ("chats/all.json", [webui(ASKED, ANSWERED)]),
        ("talk.chat", jupyter(post("u", "Hello"), post("bot", "Hi."), users={"u": {}})),
    ],
)  # fmt: skip
def test_a_zip_of_any_form_is_read(
    store: ConversationCollector, tmp_path: Path, member: str, value: Any
) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as packed:
        packed.writestr("Takeout/other.json", '[{"a": 1}]')
        packed.writestr(member, json.dumps(value))
        packed.writestr("Takeout/picture.png", b"\x89PNG")
    report = bring(store, tmp_path / "export.zip")
    assert said(list(store.iterate())) == [("Hello", "Hi.")]
    assert report.skipped == ({} if "Gemini" in member else {"files of no known form": 1})


@pytest.mark.parametrize(
    "value",
    [
        [webui(ASKED, ANSWERED)],
        {"conversationId": "L", "messages": [libre("1", True, "A"), libre("2", False, "B", "1")]},
        [gemini("Prompted A", "B")],
        jupyter(post("u", "A"), post("bot", "B"), users={"u": {}}),
        [{"instruction": "A", "output": "B"}],
        [user("A"), reply("B")],
        [claude(*BRANCHED)],
    ],
)
def test_the_same_file_again_adds_nothing(taken: Bring, value: Any) -> None:
    first, held = taken(value)
    again, after = taken(value)
    assert (first.done, again.done, again.known, after) == (1, 0, 1, held)


def test_a_large_list_in_an_object_is_read_in_pieces(
    store: ConversationCollector, tmp_path: Path
) -> None:
    row = json.dumps({"messages": [user("x" * 100_000), reply("")]})
    with (tmp_path / "large.json").open("w") as file:
        file.write(f'{{"data": [{json.dumps(pair())}')
        for _ in range(400):
            file.write(f", {row}")
        file.write("]}")
    tracemalloc.start()
    report = bring(store, tmp_path / "large.json")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert report.done == 1 and peak < 16_000_000


WHOLE: dict[str, Any] = {
    "chatgpt": chatgpt(node("user", "A"), WRITTEN, node("user", "B"), update((".*", "x"))),
    "claude": claude(
        turn("a", "human", "P", attachments=[PASTED], parent_message_uuid=ZEROS),
        turn("b", "assistant", artifact(content="c"), parent_message_uuid="a"),
    ),
    "openwebui": webui(ASKED, leaf("b", "a", "Hi.", annotation={"rating": 1})),
    "librechat": {
        "conversationId": "L",
        "messages": [libre("1", True, "A"), libre("2", False, "", content=PARTS, feedback=THUMB)],
    },
    "gemini-apps": gemini("Prompted A", "B", details=[{"url": "x"}], attachedFiles=["a"]),
    "jupyter-ai": jupyter(
        post("u", "A", attachments=["x"]), post("bot", "B"), users={"u": {}}, attachments=SELECTED
    ),
    "messages": pair(rating=3, tags="a", model="m", annotation={"details": {"rating": 3}}),
    "alpaca": {"instruction": "a", "input": "b", "output": "c", "history": [["q", "a"]]},
    "preferences": {"prompt": [user("a")], "chosen": [reply("b")], "rejected": "c"},
}
ODD = (None, 5, "x", [], {}, True, float("nan"), [None], {"a": [{}]}, "\ud800\0", 10**400)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    listed = enumerate(value) if isinstance(value, list) else ()
    for name, one in value.items() if isinstance(value, dict) else listed:
        yield from places(one, (*at, name))


def replaced(value: Any, at: tuple[Any, ...], by: Any) -> Any:
    if not at:
        return by
    copied = value.copy()
    copied[at[0]] = replaced(value[at[0]], at[1:], by)
    return copied


@pytest.mark.parametrize("format", WHOLE)
def test_whatever_stands_in_any_place_is_taken_in_or_told(
    store: ConversationCollector, tmp_path: Path, format: str
) -> None:
    value = WHOLE[format]
    odd = [replaced(value, at, one) for at in places(value) for one in ODD]
    (tmp_path / "file").write_text("\n".join(map(json.dumps, odd)) + "\n")
    report = bring(store, tmp_path / "file", format)
    assert not report.broken
    assert report.done + report.known + sum(report.skipped.values()) >= len(odd)
