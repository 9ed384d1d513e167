"""Replies as servers really send them: reasoning, whole bodies, errors inside, missing figures."""

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from servers.quirky import DONE, JSON, STREAM, QuirkyServer, content, event

from kagura_nb import Assistant
from kagura_nb.errors import KaguraError, ProviderError, ReplyCut, ServerFailed
from kagura_nb.providers import adaptations
from kagura_nb.providers.completions import pieces
from kagura_nb.records import Message, Usage

STOP = event({}, "stop") + DONE


@pytest.fixture
def server() -> Iterator[QuirkyServer]:
    with QuirkyServer() as running:
        yield running


@pytest.fixture
def assistant(server: QuirkyServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Assistant]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-000")
    chosen = Assistant("owner", model="openai:gpt-4.1-mini", base_url=server.base_url)
    yield chosen
    chosen.close()


def streamed(*events: str) -> tuple[int, str, str]:
    return 200, STREAM, "".join(events)


def whole(**message: Any) -> tuple[int, str, str]:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
    body = {"id": "1", "object": "chat.completion", "choices": [choice]}
    return 200, JSON, json.dumps(body)


def thinking(field: str, said: Any = "hmm") -> str:
    return event({field: said, "content": None})


DETAILS = [{"type": "reasoning.text", "text": "h"}, {"type": "reasoning.summary", "summary": "mm"}]
BOTH = {"reasoning": "hmm", "reasoning_details": DETAILS}
TEXT = {"type": "text", "text": "4"}
MARKED = "<think>mm</think>4"
MENTION = "Write `</think>`\nat the end."
MAGISTRAL = [{"type": "thinking", "thinking": [{"type": "text", "text": "hmm"}]}]
REPLIES: dict[str, tuple[tuple[int, str, str], str, str]] = {
    "reasoning_content": (streamed(thinking("reasoning_content"), content("4")), "hmm", "4"),
    "reasoning": (streamed(thinking("reasoning"), content("4")), "hmm", "4"),
    "thinking": (streamed(thinking("thinking"), content("4")), "hmm", "4"),
    "details alone": (streamed(thinking("reasoning_details", DETAILS), content("4")), "hmm", "4"),
    "both fields": (streamed(event(BOTH), content("4")), "hmm", "4"),
    "parts": (streamed(event({"content": MAGISTRAL}), content([TEXT])), "hmm", "4"),
    "marks": (streamed(content("<think>hmm</think>\n\n4")), "hmm", "4"),
    "marks in pieces": (streamed(content("<th", "ink>h", "mm</thi", "nk>", "\n4")), "hmm", "4"),
    "a closing mark": (streamed(content("h", "mm", "</think>", "\n\n", "4")), "hmm", "4"),
    "field and marks": (streamed(thinking("thinking", "h"), content(MARKED)), "hmm", "4"),
    "a mark in a reply": (streamed(content(MENTION)), "", MENTION),
    "whole body": (whole(content="Hello"), "", "Hello"),
    "whole body with reasoning": (whole(content="4", reasoning_content="hmm"), "hmm", "4"),
    "whole body with marks": (whole(content="<think>hmm</think>4"), "hmm", "4"),
    "stream as JSON": ((200, JSON, content("Hello")), "", "Hello"),
    "no [DONE]": (streamed(event({"content": "Hello"}), event({}, "stop")), "", "Hello"),
    "CRLF": ((200, STREAM, content("Hello").replace("\n", "\r\n")), "", "Hello"),
    "comments": (streamed(": ping\n\n", content("Hello")), "", "Hello"),
    "no choices": (streamed('data: {"id":"","choices":null}\n\n', content("Hello")), "", "Hello"),
    "no delta": (streamed(event(None), content("Hello")), "", "Hello"),
}  # fmt: skip


@pytest.mark.parametrize("name", REPLIES)
def test_reasoning_and_reply(assistant: Assistant, server: QuirkyServer, name: str) -> None:
    sent, reasoning, reply = REPLIES[name]
    server.script = lambda body: sent

    turn = assistant.ask("2 + 2?")
    kept = assistant.store.get(str(turn.conversation_id))

    assert (turn.reasoning.strip(), str(turn)) == (reasoning, reply)
    assert (kept.reasoning, kept.response, kept.complete) == (reasoning, reply, True)


def test_only_reasoning_is_told_and_estimated(assistant: Assistant, server: QuirkyServer) -> None:
    server.script = lambda body: streamed(thinking("reasoning_content"), STOP)
    turn = assistant.ask("2 + 2?")
    assert (str(turn), turn.reasoning) == ("", "hmm")
    assert "sent only its reasoning and no reply" in turn.notices[-1]
    assert turn.usage is not None and turn.usage.estimated and turn.usage.completion_tokens > 0


def test_reasoning_is_never_sent_recalled_shown_or_trained_on(
    assistant: Assistant, server: QuirkyServer
) -> None:
    server.script = lambda body: streamed(content("<think>zebra zebra</think>The answer is 4."))
    turn = assistant.ask("What is two and two?")
    assistant.rate(turn, 5)
    server.script = lambda body: streamed(content("Yes."))

    assistant.ask("Is that right?")
    assistant.ask("What is two and two, again?", session="another")
    assert "zebra" not in json.dumps(server.chats[1:])
    assert assistant.memory.recall("zebra zebra", 5) == []
    assert "zebra" not in assistant.store.get_training_data()[0].reply


def test_reasoning_is_scanned_cleaned_and_exported(assistant: Assistant, tmp_path: Any) -> None:
    kept = assistant.store.collect("Who?", "<think>Ask anna@example.org</think>Anna.", "m")
    assert assistant.store.get(kept).reasoning == "Ask anna@example.org"
    assistant.export_file(tmp_path / "all.jsonl")
    assert "Ask anna@example.org" in (tmp_path / "all.jsonl").read_text("utf-8")

    assistant.store.rewrite([kept], lambda text: text.replace("anna@example.org", "[EMAIL]"))
    assert assistant.store.get(kept).reasoning == "Ask [EMAIL]"


IN_STREAM = 'data: {"error":{"message":"overloaded"}}\n\n'
FAILURES: dict[str, tuple[tuple[int, str, str], type[KaguraError], str]] = {
    "in a body": ((200, JSON, '{"error":{"message":"overloaded"}}'), ServerFailed, "overloaded"),
    "as text": ((200, JSON, '{"error":"overloaded"}'), ServerFailed, "overloaded"),
    "as detail": ((200, JSON, '{"detail":"overloaded"}'), ServerFailed, "overloaded"),
    "in the stream": (streamed(IN_STREAM), ReplyCut, "overloaded"),
    "midway": (streamed(event({"content": "He"}), IN_STREAM), ReplyCut, "overloaded"),
    "no end": (streamed(event({"content": "Hello"}), DONE), ReplyCut, "cut short"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_says_what_the_server_says(
    assistant: Assistant, server: QuirkyServer, name: str
) -> None:
    sent, kind, words = FAILURES[name]
    server.script = lambda body: sent
    with pytest.raises(kind, match=words):
        assistant.ask("2 + 2?")


USAGES = [
    ({"prompt_tokens": None, "completion_tokens": 2, "total_tokens": 2}, "prompt_tokens"),
    ({"prompt_tokens": 7, "completion_tokens": None}, "completion_tokens"),
    ({"prompt_tokens": 7}, "completion_tokens"),
    ({}, "prompt_tokens"),
]


@pytest.mark.parametrize(("reported", "missing"), USAGES)
def test_what_usage_leaves_out_is_estimated(
    assistant: Assistant, server: QuirkyServer, reported: dict[str, Any], missing: str
) -> None:
    server.script = lambda body: streamed(
        event({"content": "Hello"}), event({}, "stop", usage=reported), DONE
    )
    turn = assistant.ask("2 + 2?")
    assert isinstance(turn.usage, Usage)
    assert getattr(turn.usage, missing) > 0
    assert turn.usage.estimated
    assert turn.cost is None or isinstance(turn.cost, Decimal)


REFUSALS = [
    "Conversation roles must alternate user/assistant/user/assistant/...",
    "System role not supported",
    "Only user and assistant roles are supported, with the exception of an initial optional system",
    "After the optional system message, conversation roles must alternate",
    "messages: the model does not support system messages",
]


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("said", REFUSALS)
def test_a_model_without_a_system_role_is_asked_once_more(
    assistant: Assistant, server: QuirkyServer, said: str, status: int
) -> None:
    def script(body: Any) -> tuple[int, str, str]:
        roles = [one["role"] for one in body["messages"]]
        if "system" in roles or any(a == b for a, b in pairwise(roles)):
            return status, JSON, json.dumps({"error": {"message": said}})
        return streamed(content("Hello"))

    server.script = script
    adaptations.of.cache_clear()
    first, second = assistant.ask("2 + 2?"), assistant.ask("And 3 + 3?")

    assert (str(first), str(second)) == ("Hello", "Hello")
    asked = server.chats
    assert len(asked) == 3
    assert asked[1]["messages"][0]["content"].startswith("You are Kagura")
    assert asked[1]["messages"][0]["content"].endswith("2 + 2?")


def test_a_refusal_that_stays_is_told_after_two_requests(
    assistant: Assistant, server: QuirkyServer
) -> None:
    error = json.dumps({"error": {"message": REFUSALS[0]}})
    server.script = lambda body: (400, JSON, error)
    with pytest.raises(ProviderError, match="Start a new session"):
        assistant.ask("2 + 2?")
    assert len(server.chats) == 2


@pytest.mark.parametrize("parameter", ["temperature", "stream_options"])
def test_a_parameter_that_is_refused_is_left_out(server: QuirkyServer, parameter: str) -> None:
    def script(body: Any) -> tuple[int, str, str]:
        if parameter in body:
            said = f"Unsupported value: '{parameter}' does not support this with this model."
            return 400, JSON, json.dumps({"error": {"message": said, "param": parameter}})
        return streamed(content("Hello"))

    server.script = script
    settings = {"base_url": server.base_url, "temperature": 0.2}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "sk-test-000")
        assistant = Assistant("owner", model="openai:m", **settings)
        assert str(assistant.ask("2 + 2?")) == str(assistant.ask("3 + 3?")) == "Hello"
        assistant.close()
    assert [parameter in body for body in server.chats] == [True, False, False]


def test_folded_messages_lose_nothing() -> None:
    said = [
        Message("system", "S"),
        Message("user", "a"),
        Message("user", "b"),
        Message("assistant", "c"),
        Message("user", "d"),
    ]
    folded = adaptations.alternate(said)
    assert [(one.role, one.content) for one in folded] == [
        ("user", "S\n\na\n\nb"),
        ("assistant", "c"),
        ("user", "d"),
    ]


@pytest.mark.parametrize("odd", [None, 3, True, [None, 3], {"a": [[]]}, [{"type": None}]])
def test_no_form_of_a_message_fails(odd: Any) -> None:
    assert list(pieces({"content": odd, "reasoning": odd})) == []
    assert list(pieces(odd)) == []
