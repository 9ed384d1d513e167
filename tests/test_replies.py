"""Replies as servers really send them: what comes over the wire, and what becomes of it."""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from servers.openai_vendor import OpenAIServer

from kagura_nb import Assistant, pricing
from kagura_nb.errors import ProviderError
from kagura_nb.notebook.commands import show
from kagura_nb.notebook.views import hidden_reasoning
from kagura_nb.notebook.workspace import Workspace
from kagura_nb.providers import quirks, wire
from kagura_nb.records import Message
from kagura_nb.settings import Settings
from kagura_nb.store import ConversationCollector

NAMES = map("openai:m{}".format, itertools.count())
"""What was refused is remembered by the model's name: each test has its own."""
DONE = "data: [DONE]\n\n"


def delta(content: Any = None, finish: str | None = None, **more: Any) -> str:
    """An event of a stream."""
    choice = {"index": 0, "delta": {"content": content, **more}, "finish_reason": finish}
    return f"data: {json.dumps({'choices': [choice]})}\n\n"


def event(**said: Any) -> str:
    return f"data: {json.dumps(said)}\n\n"


def whole(content: Any, **more: Any) -> str:
    """A completion in place of a stream."""
    message = {"role": "assistant", "content": content, **more}
    return json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})


HELLO, STOP = delta("Hello"), delta(finish="stop")
END = STOP + DONE
SSE, JSON = "text/event-stream", "application/json"

REPLIES = {
    "empty choices first": (event(choices=[]) + HELLO + END, "", "Hello"),
    "choices null": (event(choices=None) + HELLO + END, "", "Hello"),
    "no delta": (HELLO + event(choices=[{"index": 0, "delta": None}]) + END, "", "Hello"),
    "keep-alive comments": (
        ": ping\n\n" + HELLO + ": OPENROUTER PROCESSING\n\n" + END,
        "",
        "Hello",
    ),
    "CRLF": ((HELLO + END).replace("\n", "\r\n"), "", "Hello"),
    "no empty lines": ((HELLO + END).replace("\n\n", "\n"), "", "Hello"),
    "named events": ("event: message\nid: 1\nretry: 5\n" + HELLO + END, "", "Hello"),
    "an event on several lines": (
        'data: {"choices": [\ndata: {"delta": {"content": "Hello"}}]}\n\n' + END,
        "",
        "Hello",
    ),
    "no [DONE]": (HELLO + STOP, "", "Hello"),
    "no last line end": ((HELLO + STOP).rstrip(), "", "Hello"),
    "parts": (
        delta([{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]) + END,
        "",
        "Hello",
    ),
    "refusal": (delta(refusal="I cannot.") + END, "", "I cannot."),
    "whole": (whole("Hello"), "", "Hello"),
    "whole, indented": (json.dumps(json.loads(whole("Hello")), indent=2), "", "Hello"),
    "whole with reasoning": (whole("4", reasoning_content="2+2"), "2+2", "4"),
    "whole with think": (whole("<think>2+2</think>\n\n4"), "2+2", "4"),
    "reasoning_content": (
        delta(reasoning_content="hm") + delta(reasoning_content="m") + delta("4") + END,
        "hmm",
        "4",
    ),
    "reasoning": (delta(reasoning="hmm") + delta("4") + END, "hmm", "4"),
    "reasoning twice": (
        delta("", reasoning="hmm", reasoning_details=[{"type": "reasoning.text", "text": "hmm"}])
        + delta("4")
        + END,
        "hmm",
        "4",
    ),
    "reasoning_details": (
        delta(
            reasoning_details=[
                {"type": "reasoning.summary", "summary": "hmm"},
                {"type": "reasoning.encrypted", "data": "x"},
            ]
        )
        + delta("4")
        + END,
        "hmm",
        "4",
    ),
    "thinking": (delta(thinking="hmm") + delta("4") + END, "hmm", "4"),
    "thinking parts": (
        delta([{"type": "thinking", "thinking": [{"type": "text", "text": "hmm"}]}])
        + delta("4")
        + END,
        "hmm",
        "4",
    ),
    "think": (delta("<think>two") + delta(" hmm</think>\n\n4") + END, "two hmm", "4"),
    "think, cut anywhere": ("".join(map(delta, "<think>two</think>4")) + END, "two", "4"),
    "only closed": (delta("two hmm\n") + delta("</think>\n\n4") + END, "two hmm", "4"),
    "thought": (delta("<thought>hmm</thought>4") + END, "hmm", "4"),
    "Mistral": (delta("[THINK]hmm[/THINK]4") + END, "hmm", "4"),
    "harmony": (
        delta(
            "<|channel|>analysis<|message|>hmm<|end|><|start|>assistant<|channel|>final<|message|>4"
        )
        + END,
        "hmm",
        "4",
    ),
    "a mention": (
        delta("Write `<think>` and `</think>`.") + END,
        "",
        "Write `<think>` and `</think>`.",
    ),
}


@dataclass
class Script:
    """What a server answers, request by request; the last answer again and again."""

    answers: list[tuple[int, str, str]]

    def __call__(self, handler: Any, asked: Any, fault: Any) -> None:
        status, kind, body = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        handler.send_response(status)
        handler.send_header("content-type", kind)
        handler.send_header("content-length", str(len(body.encode())))
        handler.end_headers()
        handler.wfile.write(body.encode())


@pytest.fixture
def serve(
    openai_server: OpenAIServer, home: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., OpenAIServer]:
    """Let the server answer so: status, content type and body of each request."""

    def served(*answers: tuple[int, str, str]) -> OpenAIServer:
        openai_server.serve = Script(list(answers))  # type: ignore[method-assign]
        return openai_server

    return served


Serve = Callable[..., OpenAIServer]


def assistant(**more: Any) -> Assistant:
    return Assistant(model=next(NAMES), timeout=5, **more)


@pytest.mark.parametrize("kind", [SSE, JSON, "text/plain"])
@pytest.mark.parametrize("name", REPLIES)
def test_reply_and_reasoning_are_told_apart_whatever_form_they_come_in(
    serve: Serve, name: str, kind: str
) -> None:
    body, reasoning, reply = REPLIES[name]
    serve((200, kind, body))
    user = assistant()

    turn = user.ask("2+2?")

    stored = user.store.get("last")
    assert (turn.reasoning, str(turn)) == (reasoning, reply)
    assert (stored.reasoning, stored.response, stored.complete) == (reasoning, reply, True)


def test_only_reasoning_is_told_in_a_line_and_its_tokens_are_estimated(serve: Serve) -> None:
    serve((200, SSE, delta(reasoning_content="Let me see") + END))

    turn = assistant().ask("2+2?")

    assert "only reasoning and no reply" in " ".join(turn.notices)
    assert turn.usage and turn.usage.estimated and turn.usage.completion_tokens > 0


USAGES = {
    "no prompt": ({"prompt_tokens": None, "completion_tokens": 2}, None, 2, True),
    "no completion": ({"prompt_tokens": 9, "completion_tokens": None}, 9, None, True),
    "nothing": ({"prompt_tokens": None, "completion_tokens": None}, None, None, True),
    "null details": (
        {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": None},
        9,
        2,
        False,
    ),
    "reasoning counted in": (
        {
            "prompt_tokens": 9,
            "completion_tokens": 7,
            "total_tokens": 16,
            "completion_tokens_details": {"reasoning_tokens": 5},
        },
        9,
        7,
        False,
    ),
    "reasoning apart": (
        {
            "prompt_tokens": 9,
            "completion_tokens": 2,
            "total_tokens": 16,
            "completion_tokens_details": {"reasoning_tokens": 5},
        },
        9,
        7,
        False,
    ),
}


@pytest.mark.parametrize("name", USAGES)
def test_usage_that_is_missing_is_estimated_and_priced(serve: Serve, name: str) -> None:
    reported, prompt, completion, estimated = USAGES[name]
    serve((200, SSE, HELLO + STOP + event(choices=[], usage=reported) + DONE))

    turn = assistant().ask("2+2?")

    assert turn.usage and turn.usage.estimated == estimated
    assert turn.usage.prompt_tokens == prompt or (prompt is None and turn.usage.prompt_tokens > 0)
    received = turn.usage.completion_tokens
    assert received == completion or (completion is None and received > 0)
    assert (pricing.cost("gemini:gemini-3.8-flash", turn.usage, Settings()) or 0) > 0


ERRORS = {
    "object": json.dumps({"error": {"message": "model overloaded"}}),
    "text": json.dumps({"error": "model overloaded"}),
    "vLLM": json.dumps({"object": "error", "message": "model overloaded", "code": 503}),
    "detail": json.dumps({"detail": "model overloaded"}),
    "details": json.dumps({"detail": [{"loc": ["body"], "msg": "model overloaded"}]}),
    "in the stream": event(error={"message": "model overloaded", "code": 504}) + DONE,
    "midway": HELLO + event(error={"message": "model overloaded"}) + DONE,
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_inside_200_is_told_in_the_vendors_words(serve: Serve, name: str) -> None:
    server = serve((200, JSON, ERRORS[name]))

    with pytest.raises(ProviderError, match="model overloaded"):
        assistant().ask("2+2?")

    assert len(server.requests) == 1


def refusal(message: str, param: str | None = None) -> str:
    return json.dumps({"error": {"message": message, "type": "error", "param": param}})


OK = (200, SSE, HELLO + END)
ROLE_REFUSALS = [
    "Conversation roles must alternate user/assistant/user/assistant/...",
    "After the optional system message, conversation roles must alternate user and assistant",
    "System role not supported",
    "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
    "Developer instruction is not enabled for models/gemma-3-27b-it",
    "Unexpected role 'system'",
    "This model does not support system prompts",
    "Only user and assistant roles are supported! 'system' is not one of them",
]


@pytest.mark.parametrize("status", [400, 422, 200])
@pytest.mark.parametrize("said", ROLE_REFUSALS)
def test_a_model_without_a_system_role_is_asked_once_more_and_remembered(
    serve: Serve, said: str, status: int
) -> None:
    server = serve((status, JSON, refusal(said)), OK)
    user = assistant(system="Be brief.")

    first, second = user.ask("2+2?"), user.ask("And 3+3?")

    assert (str(first), str(second)) == ("Hello", "Hello")
    asked = [one.body["messages"] for one in server.requests]
    assert [[one["role"] for one in sent] for sent in asked] == [
        ["system", "user"], ["user"], ["user", "assistant", "user"],
    ]  # fmt: skip
    refused, folded, later = ("\n\n".join(one["content"] for one in sent) for sent in asked)
    assert folded == refused
    assert "Be brief." in later and "And 3+3?" in later


PARAMS = [
    ("temperature", "Unsupported value: 'temperature' does not support 0.2 with this model."),
    ("temperature", "temperature is deprecated for this model"),
    ("stream_options", "Unrecognized request argument supplied: stream_options"),
    ("stream_options", "body.stream_options: Extra inputs are not permitted"),
]


@pytest.mark.parametrize(("name", "said"), PARAMS)
def test_a_parameter_that_a_model_does_not_take_is_left_out(
    serve: Serve, name: str, said: str
) -> None:
    server = serve((400, JSON, refusal(said, name)), OK)
    user = assistant(temperature=0.2)

    user.ask("2+2?")
    user.ask("3+3?")

    assert [name in one.body for one in server.requests] == [True, False, False]


def test_each_kind_of_refusal_is_met_once(serve: Serve) -> None:
    server = serve((400, JSON, refusal(PARAMS[0][1])), (400, JSON, refusal(ROLE_REFUSALS[0])), OK)

    assert str(assistant(temperature=0.2).ask("2+2?")) == "Hello"
    assert len(server.requests) == 3


def test_a_refusal_that_stays_helps_its_reader(serve: Serve) -> None:
    server = serve((400, JSON, refusal(ROLE_REFUSALS[0])))

    with pytest.raises(ProviderError, match=r"must alternate.*another chat template"):
        assistant().ask("2+2?")

    assert len(server.requests) == 2


NO_QUIRKS = [
    "The system is overloaded, an unexpected error occurred",
    "max_tokens is too large: 99999. Unsupported for a context of 4096",
    "Invalid API key",
    "This model does not support images",
]


@pytest.mark.parametrize("said", NO_QUIRKS)
def test_other_refusals_are_not_taken_for_quirks(said: str) -> None:
    assert quirks.refused(said, {"temperature": 1, "max_tokens": 2}) is None


def test_plain_messages_lose_no_word() -> None:
    given = [
        Message("system", "a"), Message("user", "b"), Message("user", "c"),
        Message("assistant", "d"), Message("system", "e"), Message("user", "f"),
    ]  # fmt: skip

    assert quirks.plain(given) == [
        Message("user", "a\n\nb\n\nc"), Message("assistant", "d"), Message("user", "e\n\nf"),
    ]  # fmt: skip


def test_a_page_in_place_of_an_answer_is_no_reply() -> None:
    with pytest.raises(ValueError):
        list(wire.events(["<html>", "Sign in", "</html>"]))


def test_reasoning_goes_nowhere_but_into_the_store(serve: Serve) -> None:
    server = serve((200, SSE, delta("<think>zebra</think>\n\nHello") + END))
    user = assistant()
    user.rate(user.ask("2+2?"), 5)

    user.ask("And then, zebra?")

    store: ConversationCollector = user.store
    assert "zebra" not in json.dumps(server.requests[-1].body["messages"][:-1])
    assert [one.prompt for one in store.search("zebra")] == ["And then, zebra?"]
    first = store.recent(2)[-1]
    assert "zebra" in first.texts
    store.rewrite([first.id], lambda text: text.replace("zebra", "horse"))
    assert store.get(first.id).reasoning == "horse"


HOSTILE = "</details><script>x()</script> $a$ ```"


def test_reasoning_is_shown_folded_and_harmless(serve: Serve) -> None:
    body = json.dumps(HOSTILE + "\n\n<img src=x onerror=x()>")[1:-1]
    serve((200, SSE, delta(reasoning="PLACE").replace("PLACE", body) + delta("4") + END))
    user = assistant()
    turn = user.ask("2+2?")

    folded = hidden_reasoning(turn.reasoning)
    workspace = Workspace(lambda: user.settings)
    shown = show.main([turn.conversation_id or ""], obj=workspace, standalone_mode=False)

    assert folded.html.startswith("<details") and "hidden" in folded.plain
    assert "x()" not in folded.plain
    for html in (folded.html, MarkdownIt("commonmark").render(shown.markdown)):
        assert "<details" in html and html.count("</details>") == 1
        assert "<script" not in html and "<img" not in html


def test_reasoning_survives_an_export(serve: Serve, tmp_path: Path) -> None:
    serve((200, SSE, delta(reasoning="hmm") + delta("4") + END))
    assistant(user="one").ask("2+2?")
    assistant(user="one").export_file(tmp_path / "all.jsonl")

    other = assistant(user="two")
    other.import_file(tmp_path / "all.jsonl")

    assert other.store.get("last").reasoning == "hmm"
