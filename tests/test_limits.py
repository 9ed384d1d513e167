"""How much a model reads and writes: what servers say, what refusals teach, what is bounded."""

from collections.abc import Iterator
from typing import Any

import pytest
from servers.gemini_vendor import GeminiServer
from servers.loopback import Fault
from servers.openai_vendor import OpenAIServer

from kagura_nb import Assistant
from kagura_nb.errors import ContextTooLong, ProviderError
from kagura_nb.providers import Sampling, open_provider
from kagura_nb.providers.refusals import Named, Reply, is_too_long, named, reply
from kagura_nb.records import Message
from kagura_nb.settings import Settings

OPENAI = "openai:some-model"
GREEDY = Sampling(temperature=0)
ENDS = "The reply ends at the model's token limit. Ask it to go on."
AGAIN = (
    f"The request did not fit into the context of {OPENAI}. It was sent again with less of "
    "history, memories and examples."
)

# --- the words of refusals -----------------------------------------------------------------------

LENGTHS = [
    (
        "This model's maximum context length is 128000 tokens. However, your messages "
        "resulted in 150123 tokens. Please reduce the length of the messages.",
        Named(128000, 150123),
    ),
    (
        "This model's maximum context length is 4097 tokens. However, you requested 5197 "
        "tokens (4173 in the messages, 1024 in the completion). Please reduce the length of "
        "the messages or completion.",
        Named(4097, 4173),
    ),
    (
        "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in"
        " 300000 tokens. Please reduce the length of the messages.",
        Named(272000, 300000),
    ),
    (
        "Your input exceeds the context window of this model. Please adjust your input and "
        "try again.",
        Named(None, None),
    ),
    (
        "'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum "
        "context length is 4096 tokens and your request has 808 input tokens (8192 > 4096 - "
        "808).",
        Named(4096, 808),
    ),
    (
        "The decoder prompt (length 5012) is longer than the maximum model length of 4096. "
        "Make sure that `max_model_len` is no smaller than the number of text tokens.",
        Named(4096, 5012),
    ),
    (
        "You passed 5001 input tokens and requested 1 output tokens. However, the model's "
        "context length is only 4096 tokens, resulting in a maximum input length of 4095 "
        "tokens. Please reduce the length of the input prompt.",
        Named(4096, 5001),
    ),
    (
        "request (5075 tokens) exceeds the available context size (4096 tokens), try increasing it",
        Named(4096, 5075),
    ),
    (
        "the request exceeds the available context size. try increasing the context size or "
        "enable context shift",
        Named(None, None),
    ),
    (
        "Trying to keep the first 5075 tokens when context the overflows. However, the model "
        "is loaded with context length of only 4096 tokens, which is not enough. Try to load "
        "the model with a larger context length, or provide a shorter input",
        Named(4096, 5075),
    ),
    (
        "The number of tokens to keep from the initial prompt is greater than the context "
        "length (n_keep: 5075>= n_ctx: 4096).",
        Named(4096, 5075),
    ),
    (
        "prompt too long; exceeded max context length by 123 tokens",
        Named(None, None),
    ),
    (
        "the input length exceeds the context length",
        Named(None, None),
    ),
    (
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: "
        "5000 `inputs` tokens and 512 `max_new_tokens`",
        Named(4097, 5000),
    ),
    (
        "Input validation error: `inputs` must have less than 4096 tokens. Given: 5000",
        Named(4096, 5000),
    ),
    (
        "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
        Named(8192, 9000),
    ),
    (
        "Requested token count exceeds the model's maximum context length of 4096 tokens. You"
        " requested a total of 5000 tokens: 4900 tokens from the input messages and 100 "
        "tokens for the completion.",
        Named(4096, 4900),
    ),
    (
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        Named(1048576, 1200000),
    ),
    (
        "The input token count exceeds the maximum number of tokens allowed 1048575.",
        Named(1048575, None),
    ),
    (
        "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 "
        "maximum context length",
        Named(32768, 40000),
    ),
    (
        "prompt is too long: 210,000 tokens > 200,000 maximum",
        Named(200000, 210000),
    ),
    (
        "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, "
        "decrease input length or `max_tokens` and try again",
        Named(200000, 190000),
    ),
    (
        "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
        Named(131072, 537812),
    ),
    (
        "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received "
        "4292. Try using a shorter prompt.",
        Named(4081, 4292),
    ),
    (
        "Please reduce the length of the messages or completion. Current length is 9000 while"
        " limit is 8192",
        Named(8192, 9000),
    ),
    (
        "The prompt is too long: 5000, model maximum context length: 4096",
        Named(4096, 5000),
    ),
    (
        "Invalid request: Your request exceeded model token limit: 8192 (requested: 9000)",
        Named(8192, 9000),
    ),
    (
        "Range of input length should be [1, 30720]",
        Named(30720, None),
    ),
    (
        "Request too large for model `x` in organization `o` service tier `on_demand` on "
        "tokens per minute (TPM): Limit 6000, Requested 9000, please reduce your message size"
        " and try again.",
        Named(6000, 9000),
    ),
]
REPLIES = [
    (
        "max_tokens is too large: 32768. This model supports at most 16384 completion tokens,"
        " whereas you provided 32768.",
        Reply(16384),
    ),
    (
        "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
        Reply(8192),
    ),
    (
        "`max_tokens` must be less than or equal to `8192`, the maximum value for "
        "`max_tokens` is less than the `context_window` for this model",
        Reply(8192),
    ),
    (
        "max_tokens: 16384 > 8192, which is the maximum allowed number of output tokens for "
        "claude-x",
        Reply(8192),
    ),
    (
        "Unable to submit request because it has a maxOutputTokens value of 16384 but the "
        "supported range is from 1 (inclusive) to 8193 (exclusive). Update the value and try "
        "again.",
        Reply(8192),
    ),
    (
        "max_tokens must be between 1 and 4096",
        Reply(4096),
    ),
    (
        "max_completion_tokens cannot be greater than 4096.",
        Reply(4096),
    ),
    (
        "`max_tokens` exceeds the maximum output limit of 4096",
        Reply(4096),
    ),
    (
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
        "'max_completion_tokens' instead.",
        Reply(unknown=True),
    ),
    (
        "Unrecognized request argument supplied: max_completion_tokens",
        Reply(unknown=True),
    ),
    (
        "body.max_completion_tokens: Extra inputs are not permitted",
        Reply(unknown=True),
    ),
    ("Unsupported value: 'temperature' does not support 0.2 with this model.", None),
    ("Conversation roles must alternate user/assistant/user/assistant/...", None),
]


@pytest.mark.parametrize(("said", "numbers"), LENGTHS)
def test_a_refusal_of_the_length_names_its_numbers(said: str, numbers: Named) -> None:
    assert is_too_long(said) or "TPM" in said
    assert named(said) == numbers


@pytest.mark.parametrize(("said", "limit"), REPLIES)
def test_a_refusal_of_the_reply_limit_names_it(said: str, limit: Reply | None) -> None:
    assert not is_too_long(said)
    assert reply(said) == limit


def test_llama_cpp_names_them_in_fields_of_the_error() -> None:
    fields = {"message": "too much", "n_prompt_tokens": 5075, "n_ctx": 4096}
    assert named("exceed_context_size_error", fields) == Named(4096, 5075)


# --- what servers say of themselves --------------------------------------------------------------


def listed(**fields: Any) -> dict[str, Any]:
    return {"/v1/models": {"data": [{"id": "other", "context_length": 999}, LISTED | fields]}}


LISTED = {"id": "some-model", "object": "model"}
OLLAMA = {"name": "some-model:latest", "model": "some-model:latest"}
SAID: dict[str, tuple[Any, int | None]] = {
    "vLLM, SGLang": (listed(max_model_len=32768), 32768),
    "OpenRouter, Together": (listed(context_length=131072), 131072),
    "Together's bare list": ({"/v1/models": [LISTED | {"context_length": 5000}]}, 5000),
    "Groq": (listed(context_window=8193), 8193),
    "Mistral": (listed(max_context_length=32000), 32000),
    "an alias": (listed(id="m", aliases=["some-model"], max_model_len=7000), 7000),
    "the only model, by another name": (
        {"/v1/models": {"data": [{"id": "/models/x.gguf", "max_model_len": 6000}]}},
        6000,
    ),
    "llama.cpp": (listed(meta={"n_ctx": 2048, "n_ctx_train": 8192}), 2048),
    "llama.cpp by its properties": (
        listed(meta={"n_ctx_train": 8192})
        | {"/props": {"default_generation_settings": {"n_ctx": 2048}, "total_slots": 4}},
        2048,
    ),
    "llama.cpp of old": (
        {"/v1/models": {"data": [{"id": "x", "meta": {"n_ctx_train": 3000}}]}},
        3000,
    ),
    "LM Studio": (
        listed()
        | {
            "/api/v0/models": {
                "data": [LISTED | {"loaded_context_length": 5120, "max_context_length": 131072}]
            }
        },
        5120,
    ),
    "LM Studio that has not loaded it": (
        listed() | {"/api/v0/models": {"data": [LISTED | {"max_context_length": 131072}]}},
        None,
    ),
    "Ollama": (listed() | {"/api/ps": {"models": [OLLAMA | {"context_length": 16384}]}}, 16384),
    "Ollama that has not loaded it": (
        listed()
        | {
            "/api/ps": {"models": []},
            "/api/show": {
                "details": {},
                "parameters": 'stop "x"\nnum_ctx                        12288',
                "model_info": {"llama.context_length": 131072},
            },
        },
        12288,
    ),
    "Ollama that does not know yet": (
        listed()
        | {
            "/api/ps": {"models": []},
            "/api/show": {"details": {}, "model_info": {"llama.context_length": 131072}},
        },
        None,
    ),
    "TGI": (listed() | {"/info": {"max_total_tokens": 2222}}, 2222),
    "nothing": (listed(), None),
    "nonsense": (
        {
            "/v1/models": {"data": "x"},
            "/props": [],
            "/api/v0/models": 7,
            "/api/ps": {"models": 1},
            "/api/show": None,
            "/info": {"max_total_tokens": 1e999},
        },
        None,
    ),
    "no number": (listed(max_model_len="long"), None),
    "too small a number": (listed(max_model_len=3), None),
}


@pytest.mark.parametrize("server", SAID)
def test_a_server_says_how_much_its_model_reads(server: str, openai_server: OpenAIServer) -> None:
    openai_server.says, context = SAID[server]

    provider = open_provider(OPENAI, Settings.load())

    assert provider.context_tokens == (context or 8_192)
    assert provider.context_known == (context is not None)
    assert not openai_server.requests


@pytest.mark.parametrize("vendor", ["ollama", "lmstudio", "vllm"])
def test_the_servers_of_this_machine_are_asked_too(
    vendor: str, openai_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    openai_server.says = listed(max_model_len=6_000)
    monkeypatch.setenv(f"{vendor.upper()}_BASE_URL", openai_server.base_url)

    assert open_provider(f"{vendor}:some-model", Settings.load()).context_tokens == 6_000


def test_it_is_asked_once_and_not_before_it_matters(openai_server: OpenAIServer) -> None:
    openai_server.says = listed(max_model_len=6_000)
    provider = open_provider(OPENAI, Settings.load())
    assert not openai_server.looked_up

    for one in (provider, open_provider(OPENAI, Settings.load())):
        assert one.context_tokens == 6_000

    assert openai_server.looked_up == ["/v1/models"]


def test_a_server_without_a_word_is_not_asked_again(openai_server: OpenAIServer) -> None:
    for _ in range(3):
        assert open_provider(OPENAI, Settings.load()).context_tokens == 8_192

    assert len(openai_server.looked_up) == len(set(openai_server.looked_up)) + 1


def test_a_model_that_is_loaded_later_is_asked_for_again(openai_server: OpenAIServer) -> None:
    openai_server.says = SAID["LM Studio that has not loaded it"][0]
    assert open_provider(OPENAI, Settings.load()).context_tokens == 8_192

    openai_server.says = SAID["LM Studio"][0]

    assert open_provider(OPENAI, Settings.load()).context_tokens == 5_120


def test_a_server_that_is_not_there_costs_nothing() -> None:
    provider = open_provider("ollama:some-model", Settings.load())

    assert (provider.context_tokens, provider.context_known) == (4_096, False)


def test_openai_itself_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-nothing")  # a connection would be an error here

    provider = open_provider("openai:gpt-4.1-mini", Settings.load())

    assert (provider.context_tokens, provider.context_known) == (1_047_576, True)


@pytest.mark.parametrize("model", [OPENAI, "gemini:some-model", "local:practice"])
def test_the_setting_goes_before_it(
    model: str, openai_server: OpenAIServer, gemini_server: GeminiServer
) -> None:
    openai_server.says = listed(max_model_len=6_000)

    assert open_provider(model, Settings.load(context_tokens=500)).context_tokens == 500
    assert not openai_server.looked_up


# --- what does not fit ---------------------------------------------------------------------------

TURN = "A line that is said again and again. " * 40


@pytest.fixture
def talkative(openai_server: OpenAIServer) -> Iterator[Assistant]:
    """An assistant whose history is longer than its server will read from now on."""
    openai_server.answer = lambda body: TURN
    assistant = Assistant("owner", model=OPENAI, session="long", memory=False, few_shot=False)
    for number in range(8):
        assistant.ask(f"{number} {TURN}")
    openai_server.requests.clear()
    openai_server.reads = 3_000
    yield assistant


def numbers(sent: int, reads: int) -> Any:
    return {"message": "no", "type": "exceed_context_size_error"} | {
        "n_prompt_tokens": sent,
        "n_ctx": reads,
    }


REFUSALS: dict[str, Any] = {
    "OpenAI": None,
    "llama.cpp": numbers,
    "vLLM": lambda sent, reads: {
        "message": f"'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's "
        f"maximum context length is {reads} tokens and your request has {sent} input tokens."
    },
    "without what was sent": lambda sent, reads: {
        "message": f"This model has a context length of only {reads} tokens."
    },
}


@pytest.mark.parametrize("vendor", REFUSALS)
def test_what_does_not_fit_is_sent_again_as_it_fits(
    vendor: str, talkative: Assistant, openai_server: OpenAIServer
) -> None:
    openai_server.refuses = REFUSALS[vendor] or openai_server.refuses

    turn = talkative.stream("And now?")
    pieces = list(turn)

    assert "".join(pieces) == turn.text == TURN
    assert turn.notices == [AGAIN] and turn.complete
    first, second = (one.body["messages"] for one in openai_server.requests)
    assert len(second) < len(first) and second[-1] == first[-1]
    assert len(second) >= 4, "some of the history is left"
    assert talkative.store.get("last").response == TURN
    assert talkative.store.get_stats()["total"] == 9


def test_the_next_turn_fits_at_once(talkative: Assistant, openai_server: OpenAIServer) -> None:
    talkative.ask("And now?")
    openai_server.requests.clear()

    again = talkative.ask("And then?")

    assert (again.notices, len(openai_server.requests)) == ([], 1)


def test_a_refusal_without_a_number_is_told(
    talkative: Assistant, openai_server: OpenAIServer
) -> None:
    openai_server.refuses = lambda sent, reads: {"message": "Your input exceeds the context window"}
    with pytest.raises(ContextTooLong, match="Shorten the prompt, start a new session"):
        talkative.ask("And now?")
    assert len(openai_server.requests) == 1


def test_a_server_that_was_started_anew_with_less_is_asked_again(
    openai_server: OpenAIServer,
) -> None:
    openai_server.says = listed(max_model_len=20_000)
    openai_server.answer = lambda body: TURN
    assistant = Assistant("owner", model=OPENAI, session="long", memory=False, few_shot=False)
    for number in range(8):
        assistant.ask(f"{number} {TURN}")
    openai_server.says, openai_server.reads = listed(max_model_len=4_000), 4_000
    openai_server.refuses = lambda sent, reads: {"message": "Your input exceeds the context window"}

    turn = assistant.ask("And now?")

    assert (turn.text, turn.notices) == (TURN, [AGAIN])


def test_nothing_is_sent_a_third_time(talkative: Assistant, openai_server: OpenAIServer) -> None:
    openai_server.reads = 10
    openai_server.refuses = lambda sent, reads: {"message": "maximum context length is 3000 tokens"}

    with pytest.raises(ContextTooLong, match=r"which reads 3,000 tokens\. Shorten the prompt"):
        talkative.ask("And now?")

    assert len(openai_server.requests) == 2
    assert talkative.store.get("last").prompt == "And now?"


def test_a_prompt_that_does_not_fit_alone_is_refused(
    talkative: Assistant, openai_server: OpenAIServer
) -> None:
    with pytest.raises(ContextTooLong, match=r"Shorten the prompt, start a new session, or choose"):
        talkative.ask("word " * 5_000)

    assert len(openai_server.requests) == 1


def test_nothing_is_shown_twice(talkative: Assistant, openai_server: OpenAIServer) -> None:
    openai_server.reads = 100_000
    openai_server.fail(Fault(cut_after=3, code="context_length_exceeded", message="context length"))
    turn = talkative.stream("And now?")

    with pytest.raises(ContextTooLong):
        list(turn)

    assert turn.text and TURN.startswith(turn.text)
    assert len(openai_server.requests) == 1


def test_gemini_is_sent_less_too(gemini_server: GeminiServer) -> None:
    gemini_server.answer = lambda body: TURN
    assistant = Assistant(
        "owner", model="gemini:some-model", session="long", memory=False, few_shot=False
    )
    for number in range(8):
        assistant.ask(f"{number} {TURN}")
    words = "The input token count (9000) exceeds the maximum number of tokens allowed (4000)."
    gemini_server.fail(Fault(400, "INVALID_ARGUMENT", words))
    gemini_server.requests.clear()

    turn = assistant.ask("And now?")

    first, second = (len(one.body["contents"]) for one in gemini_server.requests)
    assert second < first
    assert turn.text == TURN and len(turn.notices) == 1


# --- replies without an end ----------------------------------------------------------------------

PARAMETERS = [
    ("openai", "max_completion_tokens"),
    ("ollama", "max_tokens"),
    ("lmstudio", "max_tokens"),
    ("vllm", "max_tokens"),
]


@pytest.mark.parametrize(("vendor", "name"), PARAMETERS)
@pytest.mark.parametrize(
    ("settings", "context", "sent"),
    [
        ({}, None, 16_384),
        ({"max_reply_tokens": 300}, None, 300),
        ({"max_reply_tokens": 300}, 4_000, 300),
        ({}, 4_000, 4_000),
        ({"max_reply_tokens": 0}, None, None),
        ({"max_reply_tokens": 0}, 4_000, None),
    ],
)
def test_every_reply_is_bounded(
    vendor: str,
    name: str,
    settings: dict[str, Any],
    context: int | None,
    sent: int | None,
    openai_server: OpenAIServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(f"{vendor.upper()}_BASE_URL", openai_server.base_url)
    openai_server.says = listed(max_model_len=context) if context else {}
    assistant = Assistant("owner", model=f"{vendor}:some-model", memory=False, **settings)

    assistant.ask("Hello")

    limits = {key: value for key, value in openai_server.requests[-1].body.items() if "max" in key}
    if sent == context and sent:
        assert limits.keys() == {name} and 3_900 < limits[name] < 4_000, "what the context leaves"
    else:
        assert limits == ({name: sent} if sent else {})


def test_where_nothing_seems_to_be_left_a_reply_has_some_room(openai_server: OpenAIServer) -> None:
    openai_server.says = listed(max_model_len=1_000)

    Assistant("owner", model=OPENAI, memory=False).ask("word " * 1_100)

    assert openai_server.requests[-1].body["max_completion_tokens"] == 128


@pytest.mark.parametrize(("limit", "sent"), [(16_384, 16_384), (0, None)])
def test_gemini_bounds_it_by_its_own_name(
    limit: int, sent: int | None, gemini_server: GeminiServer
) -> None:
    Assistant("owner", model="gemini:some-model", max_reply_tokens=limit).ask("Hello")

    config = gemini_server.requests[-1].body.get("generationConfig") or {}
    assert config.get("maxOutputTokens") == sent


@pytest.mark.parametrize("model", ["local:{tiny}", "practice"])
def test_models_in_this_process_end_there_and_say_so(model: str, tiny_model: Any) -> None:
    name = model.format(tiny=tiny_model / "model")
    assistant = Assistant("owner", model=name, max_reply_tokens=3, memory=False)

    turn = assistant.ask("What is the capital of France?")

    assert turn.usage and turn.usage.completion_tokens == 3
    assert turn.notices[-1:] == [ENDS] and not turn.complete


def test_a_server_that_knows_no_bound_is_left(openai_server: OpenAIServer) -> None:
    openai_server.answer = lambda body: "on and on " * 10_000
    openai_server.pieces = 1_000
    assistant = Assistant("owner", model=OPENAI, max_reply_tokens=100)

    turn = assistant.ask("Hello")

    assert 1_600 <= len(turn.text) < 2_000
    assert turn.notices == [ENDS] and not turn.complete
    assert turn.usage and turn.usage.estimated


@pytest.mark.parametrize("longest", [8_192, 4_096])
def test_a_vendor_with_shorter_replies_is_asked_for_those(
    longest: int, openai_server: OpenAIServer
) -> None:
    openai_server.longest = longest
    assistant = Assistant("owner", model=OPENAI)

    first, second = assistant.ask("Hello"), assistant.ask("Hello again")

    asked = [one.body["max_completion_tokens"] for one in openai_server.requests]
    assert asked == [16_384, longest, longest]
    assert len(first.notices) == 1 and not second.notices


def test_a_vendor_with_another_name_for_it_is_asked_by_that(openai_server: OpenAIServer) -> None:
    openai_server.unknown = ("max_completion_tokens",)
    assistant = Assistant("owner", model=OPENAI)

    assistant.ask("Hello"), assistant.ask("Hello again")

    names = [next(name for name in one.body if "max" in name) for one in openai_server.requests]
    assert names == ["max_completion_tokens", "max_tokens", "max_tokens"]


def test_a_vendor_that_takes_no_bound_names_the_cure(openai_server: OpenAIServer) -> None:
    openai_server.unknown = ("max_completion_tokens", "max_tokens")

    with pytest.raises(ProviderError, match="`%kagura config max_reply_tokens`, or 0 for none"):
        Assistant("owner", model=OPENAI).ask("Hello")

    assert len(openai_server.requests) == 2
    assert Assistant("owner", model=OPENAI, max_reply_tokens=0).ask("Hello").text


# --- larger than any context ---------------------------------------------------------------------

HUGE = 100_000_000


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (OPENAI, "fit into the 2,097,152 tokens of openai:some-model. Shorten"),
        ("openai:gpt-4o", "fit into the 128,000 tokens of openai:gpt-4o. Shorten"),
        ("gemini:some-model", "fit into the 1,048,576 tokens of gemini:some-model. Shorten"),
        ("practice", "fit into the 1,024 tokens of practice. Shorten"),
        ("local:practice", "fit into the 1,024 tokens of local:practice. Shorten"),
    ],
)
def test_what_no_model_reads_is_sent_to_none(
    model: str, told: str, openai_server: OpenAIServer, gemini_server: GeminiServer
) -> None:
    with pytest.raises(ContextTooLong, match=f"100,000,0.. characters do not {told}"):
        Assistant("owner", model=model).ask("x" * HUGE, private=True)

    assert not openai_server.requests and not gemini_server.requests


@pytest.mark.parametrize("model", ["practice", "local:practice"])
def test_it_is_not_even_tokenised(model: str) -> None:
    with pytest.raises(ContextTooLong, match="100,000,000 characters do not fit into the 1,024"):
        next(open_provider(model, Settings.load()).stream([Message("user", "x" * HUGE)], GREEDY))


def test_a_huge_conversation_is_left_out_of_what_is_sent(openai_server: OpenAIServer) -> None:
    assistant = Assistant("owner", model=OPENAI, session="here")
    huge = "a story of a fox and a dog. " * 100_000
    store = assistant.store
    told = [
        store.collect([Message("user", huge)], huge, OPENAI, {}, session=session)
        for session in ("here", "elsewhere")
    ]
    assistant.rate(told[1], 5)

    turn = assistant.ask("What of the fox and the dog?")

    assert turn.text and not turn.context.history
    assert sum(len(one["content"]) for one in openai_server.requests[-1].body["messages"]) < 1_000
