"""The loop, against a vendor's server: what is sent, what is stored, and what survives failures."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from servers.loopback import Fault
from servers.openai_vendor import OpenAIServer

from kagura_nb import Assistant, Selection, context
from kagura_nb.context import Options
from kagura_nb.errors import (
    KeyRejected,
    MissingKey,
    RecallError,
    ReplyCut,
    SettingsError,
    StoreUnavailable,
    UnknownConversation,
)
from kagura_nb.memory import Memory
from kagura_nb.providers import open_provider

MODEL = "openai:gpt-4.1-mini"
SECRET = "gh" + "p_" + "a1B2" * 9


@pytest.fixture
def assistant(openai_server: OpenAIServer) -> Assistant:
    return Assistant("owner", model=MODEL, session="monday")


def system(server: OpenAIServer) -> str:
    """The system message of the latest request."""
    return str(server.requests[-1].body["messages"][0]["content"])


def said(server: OpenAIServer) -> list[str]:
    """Everything after the system message of the latest request."""
    return [one["content"] for one in server.requests[-1].body["messages"][1:]]


def test_a_turn_streams_and_is_stored_with_its_usage_and_price(
    assistant: Assistant, openai_server: OpenAIServer
) -> None:
    openai_server.reply("Paris is the capital of France.")

    turn = assistant.stream("What is the capital of {France}?")
    pieces = list(turn)

    assert len(pieces) > 1
    assert str(turn) == "".join(pieces) == "Paris is the capital of France."
    stored = assistant.store.get("last")
    assert (stored.id, stored.session, stored.model) == (turn.conversation_id, "monday", MODEL)
    assert (stored.prompt, stored.response) == ("What is the capital of {France}?", str(turn))
    assert stored.complete and stored.usage == turn.usage and turn.usage
    assert turn.usage.completion_tokens == 6 and not turn.usage.estimated


def test_the_session_is_sent_along_and_another_session_is_not(
    assistant: Assistant, openai_server: OpenAIServer
) -> None:
    openai_server.reply("One.", "Two.", "Three.")
    assistant.ask("first", memory=False)
    assistant.ask("second", memory=False)
    assert said(openai_server) == ["first", "One.", "second"]

    assistant.ask("third", session="tuesday", memory=False)
    assert said(openai_server) == ["third"]


def test_a_fact_told_in_one_session_is_recalled_in_another(
    assistant: Assistant, openai_server: OpenAIServer
) -> None:
    openai_server.reply("Noted.")
    assistant.ask("My favourite colour is teal.")

    turn = assistant.ask("What is my favourite colour?", session="tuesday")

    assert "> My favourite colour is teal.\nAssistant:\n> Noted." in system(openai_server)
    assert [one.conversation.response for one in turn.context.recalled] == ["Noted."]
    assert assistant.store.get("last").metadata["recalled"] == [
        turn.context.recalled[0].conversation.id
    ]


def test_a_fact_that_no_longer_fits_into_the_history_is_recalled(
    openai_server: OpenAIServer,
) -> None:
    assistant = Assistant("owner", model="openai:small", session="monday")  # 8,192 tokens
    openai_server.reply("Noted.", *["word " * 2_000] * 3, "Teal.")
    assistant.ask("My favourite colour is teal.")
    for _ in range(3):
        assistant.ask("Tell me a long story.")

    turn = assistant.ask("What is my favourite colour?")

    assert "> My favourite colour is teal." in system(openai_server)
    assert said(openai_server)[:-1] == [
        text for one in turn.context.history for text in (one.prompt, one.response)
    ]
    assert assistant.store.get("last").metadata["history"] == len(turn.context.history) < 4


def test_memory_can_be_left_out_by_option_and_by_setting(
    assistant: Assistant, openai_server: OpenAIServer
) -> None:
    assistant.ask("My favourite colour is teal.")
    assistant.ask("What is my favourite colour?", session="tuesday", memory=False)
    assert "teal" not in system(openai_server)

    without = Assistant("owner", model=MODEL, memory=False)
    without.ask("What is my favourite colour?")
    assert "teal" not in system(openai_server)


def test_a_well_rated_reply_is_shown_as_an_example_from_now_on(
    assistant: Assistant, openai_server: OpenAIServer
) -> None:
    openai_server.reply("Rome. Cheers!")
    turn = assistant.ask("What is the capital of Italy?")
    assistant.ask("And of Spain?", session="tuesday", memory=False)
    assert said(openai_server)[:-1] == []

    told = assistant.rate(str(turn.conversation_id), 5)
    later = assistant.ask("And of Spain?", session="wednesday")

    assert (
        told == "Saved. 1 of 100 good conversations for training; shown as an example from now on."
    )
    assert said(openai_server)[:-1] == ["What is the capital of Italy?", "Rome. Cheers!"]
    assert [one.id for one in later.context.examples] == [turn.conversation_id]

    assistant.ask("And of Peru?", session="thursday", examples=False, memory=False)
    assert said(openai_server)[:-1] == []


def test_a_correction_is_shown_instead_of_the_reply(
    assistant: Assistant, openai_server: OpenAIServer
) -> None:
    openai_server.reply("Wrong words.")
    turn = assistant.ask("Greet me.")
    assistant.store.correct(str(turn.conversation_id), "Good day, captain.")

    assistant.ask("Greet me again.", session="tuesday")

    assert said(openai_server)[:-1] == ["Greet me.", "Good day, captain."]
    assert "Wrong words." not in system(openai_server)


def test_a_poor_reply_is_not_repeated_but_what_the_user_said_is_known(
    assistant: Assistant, openai_server: OpenAIServer
) -> None:
    openai_server.reply("You like purple.")
    turn = assistant.ask("My favourite colour is teal.")
    told = assistant.rate(str(turn.conversation_id), 1)

    assistant.ask("What is my favourite colour?", session="tuesday")

    assert told.endswith("this reply is not recalled as an answer.")
    assert "> My favourite colour is teal." in system(openai_server)
    assert "purple" not in system(openai_server)


GOOD_CASES = [
    ("reply", {}, {"rating": 4}, True),
    ("reply", {}, {"rating": 3}, False),
    ("reply", {}, {"correction": "better"}, True),
    ("reply", {}, {"correction": "better", "rating": 1}, True),
    ("reply", {"complete": False}, {"rating": 5}, False),
    ("reply", {"complete": False}, {"correction": "better"}, False),
    ("", {}, {"rating": 5}, False),
    ("reply", {}, {"rating": 5, "excluded": "private"}, False),
]


@pytest.mark.parametrize(("reply", "made", "judged", "good"), GOOD_CASES)
def test_what_is_good_is_the_same_in_the_store_and_in_memory(
    assistant: Assistant, reply: str, made: Any, judged: Any, good: bool
) -> None:
    store = assistant.store
    told = store.collect("hello", reply, MODEL, **made)
    store.add_feedback(told, judged.get("rating"))
    store.correct(told, judged.get("correction"))
    store.exclude(told, judged.get("excluded"))
    assert store.get(told).good == good
    assert [one.good for one in store.get_training_data()] == [True] * good


@pytest.mark.parametrize(
    ("made", "excluded", "told"),
    [
        ({}, None, "shown as an example from now on"),
        ({"complete": False}, None, "never an example, because the reply was cut short"),
        ({}, "private", "never an example, because it is kept out of training"),
    ],
)
def test_stars_promise_an_example_only_where_there_will_be_one(
    assistant: Assistant, made: Any, excluded: str | None, told: str
) -> None:
    identifier = assistant.store.collect("hello", "Hello!", MODEL, **made)
    assistant.store.exclude(identifier, excluded)
    assert told in assistant.rate(identifier, 5)


@pytest.mark.parametrize(
    ("rating", "told"),
    [
        (3, "from 4 stars on it becomes an example"),
        (None, "No rating"),
        ("4", "shown as an example"),
    ],
)
def test_rating_says_what_it_changed(assistant: Assistant, rating: Any, told: str) -> None:
    turn = assistant.ask("hello")
    assert told in assistant.rate(str(turn.conversation_id), rating)


def test_a_reply_cut_half_way_is_kept_and_marked(
    assistant: Assistant, openai_server: OpenAIServer
) -> None:
    openai_server.reply("one two three four five six seven eight")
    openai_server.fail(Fault(cut_after=4))
    turn = assistant.stream("count")

    with pytest.raises(ReplyCut):
        list(turn)

    stored = assistant.store.get("last")
    assert stored.response == turn.text
    assert "one" in stored.response and "eight" not in stored.response
    assert not stored.complete and stored.usage is not None and stored.usage.estimated
    assert stored not in assistant.store.get_training_data(1)


def test_leaving_a_reply_keeps_what_had_arrived(assistant: Assistant) -> None:
    reply = iter(assistant.stream("hello"))
    first = next(reply)
    reply.close()  # type: ignore[attr-defined]
    assert (assistant.store.get("last").response, assistant.store.get("last").complete) == (
        first,
        False,
    )


def test_a_failed_call_keeps_the_prompt(assistant: Assistant, openai_server: OpenAIServer) -> None:
    openai_server.fail(Fault(status=401, code="invalid_api_key"))
    with pytest.raises(KeyRejected):
        assistant.ask("a long and precious prompt")
    assert assistant.store.get("last").prompt == "a long and precious prompt"

    assistant.ask("again")
    assert said(openai_server) == ["again"]


def test_without_a_key_the_prompt_is_kept(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    with pytest.raises(MissingKey):
        assistant.ask("a long and precious prompt", model="gemini:gemini-3.8-flash")
    stored = assistant.store.get("last")
    assert (stored.prompt, stored.response, stored.complete, stored.usage, stored.cost) == (
        "a long and precious prompt",
        "",
        False,
        None,
        None,
    )


def test_an_interrupt_before_the_request_keeps_the_prompt(
    openai_server: OpenAIServer, interrupt_after: Callable[[float], None]
) -> None:
    remembering = Assistant("owner", model=MODEL, embedder="openai:text-embedding-3-small")
    openai_server.fail(Fault(hang=30))
    interrupt_after(0.5)
    with pytest.raises(KeyboardInterrupt):
        remembering.ask("a long and precious prompt")
    assert remembering.store.get("last").prompt == "a long and precious prompt"
    assert {one.path for one in openai_server.requests} == {"/v1/embeddings"}


def test_an_interrupt_while_the_turn_is_stored_waits_until_it_is(
    assistant: Assistant, interrupt_after: Callable[[float], None]
) -> None:
    held = threading.Event()

    def write_elsewhere() -> None:
        with assistant.store.database.write():
            held.set()
            time.sleep(0.6)

    turn = iter(assistant.stream("a long and precious prompt", memory=False))
    next(turn)
    threading.Thread(target=write_elsewhere).start()
    held.wait()
    interrupt_after(0.2)

    with pytest.raises(KeyboardInterrupt):
        list(turn)

    stored = assistant.store.get("last")
    assert (stored.prompt, stored.complete) == ("a long and precious prompt", True)


def test_a_reply_that_ends_at_the_token_limit_is_kept_and_marked(
    assistant: Assistant, openai_server: OpenAIServer
) -> None:
    openai_server.finish = "length"
    turn = assistant.ask("Tell me everything.")
    assert turn.text and not turn.complete
    assert turn.notices == ["The reply ends at the model's token limit. Ask it to go on."]
    assert not assistant.store.get("last").complete


def test_another_key_is_used_at_once(
    assistant: Assistant, openai_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    openai_server.key = "the-right-key"
    with pytest.raises(KeyRejected):
        assistant.ask("hello")

    monkeypatch.setenv("OPENAI_API_KEY", "the-right-key")

    assert assistant.ask("hello").complete


@pytest.mark.parametrize("prompt", ["", "  \n\t "])
def test_an_empty_prompt_is_refused_before_anything_happens(
    assistant: Assistant, openai_server: OpenAIServer, prompt: str
) -> None:
    with pytest.raises(SettingsError, match="The prompt is empty"):
        assistant.ask(prompt)
    assert openai_server.requests == []


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_text_without_words_never_means_everything(assistant: Assistant, text: str) -> None:
    assistant.ask("hello")
    with pytest.raises(SettingsError, match="Give at least one word"):
        assistant.forget(Selection(text=text))
    assert assistant.store.get_stats()["total"] == 1


def test_a_private_turn_leaves_no_trace_and_shows_none(
    assistant: Assistant, openai_server: OpenAIServer, home: Path
) -> None:
    assistant.ask("My favourite colour is teal.")
    turn = assistant.ask("What is my favourite colour? xyzzy", private=True)
    assert turn.conversation_id is None and turn.text
    assert "teal" not in str(openai_server.requests[-1].body)
    files = [path for path in home.rglob("*") if path.is_file()]
    assert not any(b"xyzzy" in path.read_bytes() for path in files)


def test_a_secret_stays_behind_and_comes_back_in_the_reply(remote_openai: OpenAIServer) -> None:
    assistant = Assistant("owner", model=MODEL)

    turn = assistant.ask(f"Is {SECRET} valid?")

    assert SECRET not in str(remote_openai.requests[-1].body)
    assert turn.text == f"You said: Is {SECRET} valid?"
    assert assistant.store.get("last").prompt == f"Is {SECRET} valid?"
    assert turn.notices == ["1 secret was masked before the prompt left."]


def test_secrets_of_earlier_messages_are_told_as_such(
    remote_openai: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://third.example/v1")
    assistant = Assistant("owner", model=MODEL)
    other = SECRET.replace("a1B2", "c3D4")
    assistant.ask(f"Is {SECRET} valid?")

    later = assistant.ask("Are you sure?").notices
    both = assistant.ask(f"And {other}?").notices

    assert later == ["1 secret was masked before the prompt left (in earlier messages)."]
    assert both == ["2 secrets were masked before the prompt left (1 in earlier messages)."]


def test_a_turn_can_be_rated_itself_and_says_what_it_is(assistant: Assistant) -> None:
    turn = assistant.ask("hello")
    assert repr(turn) == f"<Turn {turn.conversation_id} of {MODEL}: 'You said: hello'>"
    assistant.rate(turn, 5)
    assert assistant.store.get("last").rating == 5
    with pytest.raises(UnknownConversation):
        assistant.rate(assistant.ask("psst", private=True), 5)


@pytest.mark.parametrize("prompt", [None, 5, "", " "])
def test_a_prompt_that_says_nothing_is_one_clear_line(assistant: Assistant, prompt: Any) -> None:
    with pytest.raises(SettingsError, match="The prompt is empty"):
        assistant.ask(prompt)


def test_an_empty_reply_is_told(assistant: Assistant, openai_server: OpenAIServer) -> None:
    openai_server.reply("")
    assert any("sent an empty reply" in one for one in assistant.ask("hello").notices)


def test_a_corrected_reply_is_said_to_be_shown_as_corrected(assistant: Assistant) -> None:
    identifier = str(assistant.ask("hello").conversation_id)
    assistant.store.correct(identifier, "Hello!")
    assert "your correction is shown as an example" in assistant.rate(identifier, 3)


def test_personal_data_stays_behind_too_where_the_owner_wants_it(
    remote_openai: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://another.example/v1")
    assistant = Assistant("owner", model=MODEL, prompts="all")

    turn = assistant.ask("Write to jane@example.org, or call 03-1234-5678.")

    sent = str(remote_openai.requests[-1].body)
    assert "jane@" not in sent and "1234" not in sent
    assert turn.text == "You said: Write to jane@example.org, or call 03-1234-5678."
    assert turn.notices == ["2 private values were masked before the prompt left."]


def test_nothing_is_masked_for_a_server_on_this_machine(
    assistant: Assistant, openai_server: OpenAIServer
) -> None:
    assistant.ask(f"Is {SECRET} valid?")
    assert said(openai_server) == [f"Is {SECRET} valid?"]


def test_a_memory_that_fails_costs_a_notice_not_the_turn(openai_server: OpenAIServer) -> None:
    assistant = Assistant("owner", model=MODEL, embedder="onnx:/no/such/folder")
    assistant.ask("My favourite colour is teal.")
    turn = assistant.ask("What is my favourite colour?", session="tuesday")
    assert turn.text.startswith("You said")
    assert any("onnx" in one for one in turn.notices)


def test_a_memory_that_cannot_be_opened_costs_a_notice_not_the_turn(assistant: Assistant) -> None:
    def open_memory() -> Memory:
        raise RecallError("The memory is broken", "Mend it")

    provider = open_provider(MODEL, assistant.settings)
    found = context.gather(
        "hello", Options("monday"), provider, assistant.store, open_memory, datetime.now(UTC)
    )

    assert found.messages[-1].content == "hello"
    assert found.notices == ("Answered without memory: The memory is broken. Mend it.",)


def test_repeats_leave_room_for_what_else_is_known(
    assistant: Assistant, openai_server: OpenAIServer
) -> None:
    assistant.ask("My favourite colour is teal.", session="monday")
    openai_server.reply(*["I do not know."] * 8)
    for number in range(8):
        assistant.ask("What is my favourite colour?", session=f"day-{number}")

    assistant.ask("What is my favourite colour?", session="today")

    assert system(openai_server).count("What is my favourite colour?") == 1
    assert "My favourite colour is teal." in system(openai_server)


def test_a_full_disk_costs_the_row_not_the_reply(openai_server: OpenAIServer) -> None:
    assistant = Assistant("owner", model=MODEL, memory=False)
    assistant.ask("hello")
    with assistant.store.database.maintain() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    turn = assistant.stream("x" * 100_000)
    with pytest.raises(StoreUnavailable, match="Free some space"):
        list(turn)
    with pytest.raises(StoreUnavailable, match="Free some space") as caught:
        assistant.ask("x" * 100_000)

    assert turn.text.startswith("You said: xxx")
    assert caught.value.reply == turn.text


def test_the_practice_model_answers_with_nothing_configured_and_says_what_it_is() -> None:
    assistant = Assistant("owner")
    first, second = assistant.ask("Hello!"), assistant.ask("Thank you!")
    assert first.model == "practice" and first.text and first.cost == 0
    assert len(first.notices) == 1 and "practice model" in first.notices[0]
    assert second.notices == []


def test_a_prompt_of_a_megabyte_is_answered_or_refused_in_one_line(
    assistant: Assistant, openai_server: OpenAIServer
) -> None:
    assistant.ask("{x} " * 250_000)
    assert len(said(openai_server)[0]) == 1_000_000


def test_half_a_character_is_replaced_before_anybody_sees_it(
    assistant: Assistant, openai_server: OpenAIServer
) -> None:
    turn = assistant.ask("What is caf\udcff?")

    assert said(openai_server)[-1] == assistant.store.get("last").prompt == "What is caf\ufffd?"
    assert turn.complete


DAMAGE = {
    "no words": "DROP TABLE memory_text",
    "words without their data": "DELETE FROM memory_text_data",
    "words without a part": "DROP TABLE memory_text_idx",
    "a vector that is cut": "UPDATE memory_vectors SET vector = x'00'",
}
WORDS_DAMAGE = {
    **{name: said for name, said in DAMAGE.items() if "words" in name},
    "words with other data": "UPDATE memory_text_data SET block = zeroblob(64)",
    "words without their rows": "DROP TABLE memory_text_content",
    "words without some rows": "DELETE FROM memory_text_content WHERE id = 1",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_index_costs_a_line_and_is_made_anew(
    assistant: Assistant, openai_server: OpenAIServer, damage: str
) -> None:
    assistant.store.collect("My cat is called Tama", "Noted.", "none", session="tuesday")
    assistant.memory.catch_up()
    with assistant.store.database.write() as connection:
        connection.exec_driver_sql(damage)
    again = Assistant("owner", model=MODEL, session="monday")

    turn = again.ask("What is my cat called?")

    assert turn.complete and "Answered without memory: Its index is damaged" in turn.notices[-1]
    assert "`%kagura config index rebuild`" in turn.notices[-1]
    again.memory.rebuild(progress=False)
    again.ask("What is my cat called?")
    assert "> My cat is called Tama" in system(openai_server)


@pytest.mark.parametrize("damage", WORDS_DAMAGE.values(), ids=WORDS_DAMAGE)
def test_with_a_damaged_word_index_everything_else_goes_on(
    assistant: Assistant, damage: str
) -> None:
    store = assistant.store
    secret = store.collect("The ferret is called Quetzalcoatl", "Noted.", "none")
    kept = store.collect("My cat is called Tama", "Noted.", "none", session="tuesday")
    assistant.memory.catch_up()
    with store.database.write() as connection:
        connection.exec_driver_sql(damage)
    assistant.close()
    again = Assistant("owner", model=MODEL)

    again.rate(kept, 5)
    added = again.store.collect("My dog is called Pochi", "Noted.", "none")
    gone = again.forget(Selection(ids=(secret,)))

    assert gone.conversations == 1
    assert again.store.ids(Selection()) == (kept, added)
    assert "etzalcoat" not in _bytes_of(again)
    again.memory.rebuild(progress=False)
    found = [one.conversation.id for one in again.memory.recall("What is my cat called?", 5)]
    assert kept in found
    assert [one.id for one in again.store.search("Quetzalcoatl")] == []
    again.close()


def test_a_damaged_word_index_names_the_cure_that_works(assistant: Assistant) -> None:
    assistant.store.collect("My cat is called Tama", "Noted.", "none")
    assistant.memory.catch_up()
    with assistant.store.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM memory_text_data")
    with pytest.raises(StoreUnavailable, match="config index rebuild"):
        Assistant("owner", model=MODEL).memory.recall("cat", 5)


def _bytes_of(assistant: Assistant) -> str:
    """All that lies in the user's folder."""
    files = [one for one in assistant.settings.user_home.rglob("*") if one.is_file()]
    return "".join(one.read_bytes().decode("latin-1") for one in files)
