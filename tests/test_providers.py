"""Providers: what goes over the wire, what comes back, and every way in which it can fail."""

import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator

import pytest
from servers.gemini_vendor import GeminiServer
from servers.loopback import Fault
from servers.openai_vendor import OpenAIServer

from kagura_nb.errors import (
    ContextTooLong,
    KeyRejected,
    MissingKey,
    ProviderError,
    RateLimited,
    ReplyCut,
    ServerFailed,
    ServerUnreachable,
    UnknownModel,
)
from kagura_nb.providers import Provider, Sampling, default_model, known_models, open_provider
from kagura_nb.records import Message, Usage
from kagura_nb.settings import Settings

CHAT = (
    Message("system", "Be {brief}."),
    Message("user", "My cat is called {name}."),
    Message("assistant", "Noted."),
    Message("user", "What is 猫 called? {x} }{ {{y}}"),
)
PROMPT = (Message("user", "hello there"),)
KEY = "sk-test-0123456789abcdef"
OPENAI, GEMINI = "openai:gpt-6.1-terra", "gemini:gemini-3.8-flash"
VENDORS = pytest.mark.parametrize(
    ("name", "fixture"), [(OPENAI, "openai_server"), (GEMINI, "gemini_server")]
)


@pytest.fixture
def settings() -> Settings:
    return Settings.load(timeout=5)


def ask(provider: Provider, messages: tuple[Message, ...] = PROMPT, **drawn: float) -> str:
    return "".join(chunk.text for chunk in provider.stream(messages, Sampling(**drawn)))


def usage(provider: Provider) -> Usage:
    return [one.usage for one in provider.stream(PROMPT, Sampling()) if one.usage][-1]


# --- a reply -----------------------------------------------------------------------------------


def test_openai_is_sent_exactly_this(openai_server: OpenAIServer, settings: Settings) -> None:
    ask(open_provider(OPENAI, settings), CHAT, temperature=0.5, max_tokens=7)

    assert openai_server.requests[-1].path == "/v1/chat/completions"
    assert openai_server.requests[-1].headers["authorization"] == f"Bearer {KEY}"
    assert openai_server.requests[-1].body == {
        "model": "gpt-6.1-terra",
        "messages": [{"role": one.role, "content": one.content} for one in CHAT],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.5,
        "max_completion_tokens": 7,
    }


def test_gemini_is_sent_exactly_this(gemini_server: GeminiServer, settings: Settings) -> None:
    ask(open_provider(GEMINI, settings), CHAT, temperature=0.5, max_tokens=7)

    asked = gemini_server.requests[-1]
    assert asked.path == "/v1/models/gemini-3.8-flash:streamGenerateContent?alt=sse"
    assert asked.headers["x-goog-api-key"] == KEY
    assert asked.body["systemInstruction"]["parts"] == [{"text": "Be {brief}."}]
    assert asked.body["contents"] == [
        {"role": "user", "parts": [{"text": "My cat is called {name}."}]},
        {"role": "model", "parts": [{"text": "Noted."}]},
        {"role": "user", "parts": [{"text": "What is 猫 called? {x} }{ {{y}}"}]},
    ]
    assert asked.body["generationConfig"] == {"temperature": 0.5, "maxOutputTokens": 7}


@VENDORS
def test_nothing_is_drawn_unless_it_is_set(
    name: str, fixture: str, settings: Settings, request: pytest.FixtureRequest
) -> None:
    server = request.getfixturevalue(fixture)

    ask(open_provider(name, settings))

    assert (
        not {"temperature", "max_completion_tokens", "max_tokens"} & server.requests[-1].body.keys()
    )
    assert not server.requests[-1].body.get("generationConfig")


@VENDORS
def test_the_reply_arrives_in_pieces(
    name: str, fixture: str, settings: Settings, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(fixture).reply("A reply of some length. 返事です。")

    pieces = [one.text for one in open_provider(name, settings).stream(PROMPT, Sampling())]

    assert "".join(pieces) == "A reply of some length. 返事です。"
    assert len([piece for piece in pieces if piece]) == 8


def test_openai_reports_its_usage(openai_server: OpenAIServer, settings: Settings) -> None:
    openai_server.reply("three words here")
    openai_server.cached_tokens = 1

    assert usage(open_provider(OPENAI, settings)) == Usage(2, 3, cached_tokens=1)


def test_gemini_counts_its_thoughts_as_output(
    gemini_server: GeminiServer, settings: Settings
) -> None:
    gemini_server.thoughts = 5

    assert usage(open_provider(GEMINI, settings)) == Usage(2, 4 + 5)


@VENDORS
def test_a_megabyte_gets_through(
    name: str, fixture: str, settings: Settings, request: pytest.FixtureRequest
) -> None:
    server = request.getfixturevalue(fixture)
    prompt = "long 長い " * 100_000

    ask(open_provider(name, settings), (Message("user", prompt),))

    assert prompt in str(server.requests[-1].body)


# --- failures ----------------------------------------------------------------------------------

TOO_LONG = "This model's maximum context length is 8192 tokens. However, you sent 9000"
OPENAI_FAILURES = [
    (Fault(401, "invalid_api_key", "Incorrect API key provided: {key}"), KeyRejected, "config key"),
    (Fault(403, "", "Project may not use {key}"), KeyRejected, "another model"),
    (Fault(404, "model_not_found", "No such model {key}"), UnknownModel, "%kagura use"),
    (Fault(404, "model_not_found", "It has been deprecated {key}"), UnknownModel, "shut down"),
    (Fault(410, "", "Gone {key}"), UnknownModel, "shut down"),
    (Fault(400, "context_length_exceeded", TOO_LONG), ContextTooLong, "Shorten the prompt"),
    (Fault(400, "", "Requested context window too small {key}"), ContextTooLong, "new session"),
    (Fault(413, "", "Too large {key}"), ContextTooLong, "Shorten"),
    (Fault(429, "insufficient_quota", "Pay {key}"), RateLimited, "credit"),
    (Fault(429, "rate_limit_exceeded", "Slow down {key}"), RateLimited, "Wait"),
    (Fault(500, "", "Oops {key}"), ServerFailed, r"HTTP 500 \(Oops \[key\]\)\. Try again"),
    (Fault(400, "", "Unsupported value: 'temperature' {key}"), ProviderError, "temperature -1"),
    (Fault(400, "", "Bad {key}. "), ProviderError, r"refused the request \(Bad \[key\]\)"),
]
GEMINI_FAILURES = [
    (Fault(400, "INVALID_ARGUMENT", "API key not valid: {key}"), KeyRejected, "config key gemini"),
    (Fault(401, "UNAUTHENTICATED", "Who is {key}"), KeyRejected, "config key gemini"),
    (Fault(403, "PERMISSION_DENIED", "Not for {key}"), KeyRejected, "another model"),
    (Fault(404, "NOT_FOUND", "models/x is not found {key}"), UnknownModel, "%kagura use"),
    (Fault(404, "NOT_FOUND", "Model is no longer available {key}"), UnknownModel, "shut down"),
    (
        Fault(400, "INVALID_ARGUMENT", "The input token count (2) exceeds the maximum {key}"),
        ContextTooLong,
        "Shorten",
    ),
    (Fault(429, "RESOURCE_EXHAUSTED", "Slow down {key}"), RateLimited, "Wait"),
    (Fault(503, "UNAVAILABLE", "Overloaded {key}"), ServerFailed, "HTTP 503 .Overloaded"),
    (Fault(400, "INVALID_ARGUMENT", "Bad {key}"), ProviderError, r"\(Bad \[key\]\)"),
]
FAILURES = [
    *((OPENAI, "openai_server", *one) for one in OPENAI_FAILURES),
    *((GEMINI, "gemini_server", *one) for one in GEMINI_FAILURES),
]


@pytest.mark.parametrize(("name", "fixture", "fault", "kind", "cure"), FAILURES)
def test_a_refusal_is_one_line_with_its_cure_and_without_the_key(
    name: str,
    fixture: str,
    fault: Fault,
    kind: type[ProviderError],
    cure: str,
    settings: Settings,
    request: pytest.FixtureRequest,
) -> None:
    request.getfixturevalue(fixture).fail(fault, fault, fault)
    provider = open_provider(name, settings)

    with pytest.raises(ProviderError, match=cure) as caught:
        ask(provider)

    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value))
    assert KEY not in shown + str(caught.value) + repr(caught.value) + repr(provider)


@VENDORS
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_failure_is_not_noticed(
    name: str, fixture: str, status: int, settings: Settings, request: pytest.FixtureRequest
) -> None:
    server = request.getfixturevalue(fixture)
    server.fail(Fault(status))

    assert ask(open_provider(name, settings)) == "You said: hello there"
    assert len(server.requests) == 2


@VENDORS
@pytest.mark.parametrize("cut_after", [1, 4])
def test_a_cut_stream_keeps_what_had_arrived(
    name: str, fixture: str, cut_after: int, settings: Settings, request: pytest.FixtureRequest
) -> None:
    server = request.getfixturevalue(fixture)
    server.reply("12345678")
    server.fail(Fault(cut_after=cut_after))
    arrived: list[str] = []

    with pytest.raises(ReplyCut, match=r"cut short. Ask again\."):
        arrived.extend(one.text for one in open_provider(name, settings).stream(PROMPT, Sampling()))

    assert "".join(arrived) == "12345678"[:cut_after]


@VENDORS
def test_a_stream_that_reports_its_own_failure_is_cut_and_quoted(
    name: str, fixture: str, settings: Settings, request: pytest.FixtureRequest
) -> None:
    server = request.getfixturevalue(fixture)
    server.fail(Fault(cut_after=3, code="INTERNAL", message=f"out of memory for {KEY}"))

    with pytest.raises(ReplyCut, match=r"cut short \(out of memory for \[key\]\). Ask again"):
        ask(open_provider(name, settings))


@VENDORS
def test_a_silent_server_is_given_up(
    name: str, fixture: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(fixture).fail(*[Fault(hang=5)] * 3)

    with pytest.raises(ServerUnreachable, match="does not answer in time"):
        ask(open_provider(name, Settings.load(timeout=0.1)))


@pytest.mark.parametrize(
    ("name", "variable", "cure"),
    [
        (OPENAI, "OPENAI_BASE_URL", "Check the address"),
        (GEMINI, "GOOGLE_GEMINI_BASE_URL", "Check the address"),
        ("ollama:llama3.2", "OLLAMA_BASE_URL", "Start it with `ollama serve`"),
        ("lmstudio:qwen", "LMSTUDIO_BASE_URL", "lms server start"),
        ("vllm:qwen", "VLLM_BASE_URL", "vllm serve"),
    ],
)
def test_a_server_that_is_down_is_named_with_its_address(
    name: str, variable: str, cure: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, f"http://127.0.0.1:{closed_port()}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("GEMINI_API_KEY", KEY)

    with pytest.raises(ServerUnreachable, match=rf"127\.0\.0\.1:\d+/v1 does not answer.*{cure}"):
        ask(open_provider(name, settings))


def test_a_page_instead_of_an_api_is_told(openai_server: OpenAIServer, settings: Settings) -> None:
    wrong = settings.with_(base_url=f"{openai_server.url}/not/here")

    with pytest.raises(UnknownModel, match="there is no /not/here/chat/completions"):
        ask(open_provider(OPENAI, wrong))


@pytest.mark.parametrize("reason", ["SAFETY", "PROHIBITED_CONTENT", "RECITATION"])
def test_a_blocked_reply_says_why(
    reason: str, gemini_server: GeminiServer, settings: Settings
) -> None:
    gemini_server.finish = reason

    with pytest.raises(ProviderError, match=rf"Gemini blocked the reply \({reason}\)"):
        ask(open_provider(GEMINI, settings))


@pytest.mark.parametrize(
    ("name", "fixture", "ordinary", "limit"),
    [
        (OPENAI, "openai_server", "stop", "length"),
        (GEMINI, "gemini_server", "STOP", "MAX_TOKENS"),
    ],
)
def test_a_reply_that_ends_at_the_token_limit_says_so(
    name: str,
    fixture: str,
    ordinary: str,
    limit: str,
    settings: Settings,
    request: pytest.FixtureRequest,
) -> None:
    server, provider = request.getfixturevalue(fixture), open_provider(name, settings)
    for server.finish in (ordinary, limit):
        *pieces, last = provider.stream(PROMPT, Sampling())
        assert last.cut == (server.finish == limit)
        assert not any(one.cut for one in pieces)


# --- cancelling --------------------------------------------------------------------------------


@VENDORS
@pytest.mark.parametrize("how", ["close", "interrupt"])
def test_leaving_a_stream_hangs_up(
    name: str, fixture: str, how: str, settings: Settings, request: pytest.FixtureRequest
) -> None:
    server = request.getfixturevalue(fixture)
    server.pieces = 200
    server.reply("x" * 200)
    server.fail(Fault(slow=0.02))
    stream = open_provider(name, settings).stream(PROMPT, Sampling())
    next(stream)

    leave(stream, how)

    assert server.hung_up.wait(5)
    assert ask(open_provider(name, settings)) == "You said: hello there"


def leave(stream: Iterator[object], how: str) -> None:
    if how == "close":
        stream.close()
    else:
        with pytest.raises(KeyboardInterrupt):
            stream.throw(KeyboardInterrupt)


# --- names and defaults ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("opneai:gpt-6", "no vendor 'opneai'. Did you mean openai:gpt-6?"),
        ("practise", r"no vendor 'practise'. Did you mean practice\?"),
        ("gpt-6.1-terra", "no vendor 'gpt-6.1-terra'. Name one of openai, gemini, ollama,"),
        ("", "no vendor ''. Name one of openai"),
        ("openai", "names no model. Name one, for example openai:gpt-"),
        ("gemini:", "names no model. Name one, for example gemini:gemini-"),
        ("local:", "names no model. Name one, for example local:<model>"),
    ],
)
def test_a_wrong_name_names_the_right_ones(name: str, complaint: str, settings: Settings) -> None:
    with pytest.raises(UnknownModel, match=complaint):
        open_provider(name, settings)


@pytest.mark.parametrize(("name", "vendor"), [(OPENAI, "OpenAI"), (GEMINI, "Gemini")])
def test_without_a_key_the_cure_is_told(name: str, vendor: str, settings: Settings) -> None:
    with pytest.raises(MissingKey, match=f"There is no key for {vendor}. Set one: `%kagura config"):
        open_provider(name, settings)


@pytest.mark.parametrize(
    ("variables", "model"),
    [
        ({}, "practice"),
        ({"GOOGLE_API_KEY": KEY}, GEMINI),
        ({"GEMINI_API_KEY": KEY}, GEMINI),
        ({"GEMINI_API_KEY": KEY, "OPENAI_API_KEY": KEY}, OPENAI),
        ({"OPENAI_API_KEY": KEY, "KAGURA_MODEL": "ollama:llama3.2"}, "ollama:llama3.2"),
    ],
)
def test_the_default_model(
    variables: dict[str, str], model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    chosen = default_model(Settings.load())

    assert chosen.model == model
    assert chosen.reason


@pytest.mark.parametrize("vendor", ["ollama", "lmstudio", "vllm"])
def test_a_local_server_is_found_and_answers(
    vendor: str, openai_server: OpenAIServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{vendor.upper()}_BASE_URL", openai_server.base_url)
    monkeypatch.delenv("OPENAI_API_KEY")
    openai_server.models = ("llama3.2", "qwen3")

    chosen = default_model(settings)
    provider = open_provider(chosen.model, settings)

    assert chosen.model == f"{vendor}:llama3.2"
    assert openai_server.base_url in chosen.reason
    assert ask(provider, max_tokens=5) == "You said: hello there"
    assert openai_server.requests[-1].body["max_tokens"] == 5
    assert openai_server.requests[-1].headers["authorization"] == "Bearer none"
    assert provider.on_this_machine
    assert known_models(settings)[:3] == ("practice", f"{vendor}:llama3.2", f"{vendor}:qwen3")


def test_a_local_server_never_sees_the_vendors_key(
    openai_server: OpenAIServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_BASE_URL", openai_server.base_url)

    ask(open_provider("ollama:llama3.2", settings))

    assert KEY not in str(openai_server.requests[-1].headers)


def test_servers_that_hang_cost_a_moment(
    openai_server: OpenAIServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for vendor in ("OLLAMA", "LMSTUDIO", "VLLM"):
        monkeypatch.setenv(f"{vendor}_BASE_URL", openai_server.base_url)
    openai_server.fail(*[Fault(hang=3)] * 3)
    begun = time.monotonic()

    names = known_models(settings)

    assert time.monotonic() - begun < 0.5
    assert "practice" in names


def test_a_name_of_another_machine_is_remote(
    remote_openai: OpenAIServer, settings: Settings
) -> None:
    provider = open_provider(OPENAI, settings)

    assert ask(provider) == "You said: hello there"
    assert not provider.on_this_machine


def test_gemini_is_never_on_this_machine(gemini_server: GeminiServer, settings: Settings) -> None:
    assert not open_provider(GEMINI, settings).on_this_machine


@pytest.mark.parametrize(
    ("name", "context"),
    [
        ("openai:gpt-6.1-terra", 1_050_000),
        ("openai:gpt-5.4-mini-2026-03-17", 400_000),
        ("openai:gpt-5.4", 1_050_000),
        ("openai:ft:gpt-4o-mini-2024-07-18:org::id", 128_000),
        ("openai:some/model", 8_192),
        ("ollama:llama3.2", 4_096),
        ("gemini:gemini-3.8-flash", 1_048_576),
    ],
)
def test_the_context_of_a_model(
    name: str, context: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("GEMINI_API_KEY", KEY)

    assert open_provider(name, settings).context_tokens == context


def test_two_threads_stream_at_once(openai_server: OpenAIServer, settings: Settings) -> None:
    openai_server.fail(*[Fault(slow=0.01)] * 4)
    replies: list[str] = []

    def one(number: int) -> None:
        prompt = (Message("user", f"number {number}"),)
        replies.append(ask(open_provider(OPENAI, settings), prompt))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(replies) == [f"You said: number {number}" for number in range(4)]


def test_opening_the_table_loads_no_sdk() -> None:
    code = (
        "import sys, kagura_nb.providers, kagura_nb.pricing, kagura_nb.tokens\n"
        "heavy = {'openai', 'google.genai', 'torch', 'transformers', 'tiktoken', 'keyring'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
