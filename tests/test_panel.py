"""The chat panel in a real kernel: what is asked, what the views are sent, what is stored."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from kernels import Kernel
from servers.loopback import Fault
from servers.openai_vendor import OpenAIServer

Told = dict[str, Any]
USERS = itertools.count(1)
SETUP = """
import os
os.environ |= {environment}
%load_ext kagura_nb
%config KaguraMagics.user = "{user}"
%config KaguraMagics.model = {model!r}
import kagura_nb
panel = kagura_nb.chat()
store = panel._workspace.assistant.store
print(panel.comm.comm_id)
"""
FORGET = "panel._workspace.assistant.forget(kagura_nb.Selection({}))"


class View:
    """What one view sends and is sent."""

    def __init__(self, kernel: Kernel, comm: str, name: str = "one") -> None:
        self.kernel = kernel
        self.name = name
        self._comm = comm
        self._serials = itertools.count(1)

    def tell(self, kind: str, **more: Any) -> int:
        serial = next(self._serials)
        asked = {"kind": kind, "view": self.name, "serial": serial, **more}
        self.kernel.click(self._comm, asked)
        return serial

    def until(self, kind: str, **wanted: Any) -> list[Told]:
        """What every view is sent up to a message of this kind with these values."""

        def fits(message: dict[str, Any]) -> bool:
            told = _told(message)
            return told.get("kind") == kind and wanted.items() <= told.items()

        found = [_told(one) for one in self.kernel.until(fits)]
        return [one for one in found if one]

    def ask(self, text: str) -> Told:
        """Ask and wait for the end of the reply."""
        self.tell("ask", text=text)
        return self.until("turn", live=False)[-1]

    def open(self, **more: Any) -> Told:
        self.tell("open", **more)
        return self.until("history", view=self.name)[-1]


def _told(message: dict[str, Any]) -> Told:
    data = message["content"].get("data", {})
    return data["content"] if data.get("method") == "custom" else {}


def printed(kernel: Kernel, code: str) -> Any:
    messages = kernel.run(f"import json; print(json.dumps({code}))")
    text = next(one["content"]["text"] for one in messages if one["msg_type"] == "stream")
    return json.loads(text)


@pytest.fixture
def start(kernel: Kernel, openai_server: OpenAIServer) -> Callable[..., View]:
    """Open a panel of a user of this test's own."""

    def opened(model: str | None = "openai:gpt-6.1-terra") -> View:
        reached = {"OPENAI_BASE_URL": openai_server.base_url, "OPENAI_API_KEY": "test-key"}
        user = f"panel-{next(USERS)}"
        kernel.run("get_ipython().run_line_magic('reload_ext', 'kagura_nb')")
        messages = kernel.run(SETUP.format(environment=reached, user=user, model=model))
        lines = [one["content"]["text"] for one in messages if one["msg_type"] == "stream"]
        return View(kernel, "".join(lines).split()[-1])

    return opened


def test_a_reply_streams_and_is_stored(
    start: Callable[..., View], openai_server: OpenAIServer
) -> None:
    openai_server.reply("**Tokyo**.\n\nIt lies in Japan.\n")
    view = start()

    view.tell("ask", text="Capital of Japan?")
    messages = view.until("turn", live=False)

    begun = next(one for one in messages if one["kind"] == "turn")
    assert (begun["prompt"], begun["live"]) == ("Capital of Japan?", True)
    blocks: list[str] = []
    for one in messages:
        if one["kind"] == "reply" and "done" in one:
            blocks[one["at"] :] = one["done"]
    assert "".join(blocks) == "<p><strong>Tokyo</strong>.</p>\n<p>It lies in Japan.</p>\n"
    ended = messages[-1]
    assert ended["was"] == begun["turn"] and ended["model"] == "openai:gpt-6.1-terra"
    assert printed(
        view.kernel, "[store.get('last').response, panel.session == store.get('last').session]"
    ) == [
        "**Tokyo**.\n\nIt lies in Japan.\n",
        True,
    ]


def test_a_view_that_opens_later_is_shown_all(start: Callable[..., View]) -> None:
    view = start("practice")
    said = [view.ask(f"Hello {number}")["turn"] for number in range(3)]

    history = view.open()

    assert [one["turn"] for one in history["turns"]] == said
    assert (history["earlier"], history["later"], history["busy"]) == (False, False, False)


def test_a_view_that_opens_while_a_reply_streams_is_shown_what_there_is(
    start: Callable[..., View], openai_server: OpenAIServer
) -> None:
    openai_server.reply("one two three four five six seven eight")
    openai_server.fail(Fault(slow=0.4))
    view = start()
    view.tell("ask", text="Count")
    view.until("reply")

    view.tell("open")
    messages = view.until("reply", at=0)

    history = next(one for one in messages if one["kind"] == "history")
    assert history["busy"] and history["turns"][-1]["live"]
    assert "one" in messages[-1]["plain"]
    view.until("turn", live=False)


def test_long_histories_come_in_pages_and_around_a_find(start: Callable[..., View]) -> None:
    view = start("practice")
    view.kernel.run(
        "told = dict(model='none', session=panel.session)\n"
        "ids = [store.collect(f'prompt {n}', f'reply {n}', **told) for n in range(150)]"
    )
    ids = printed(view.kernel, "ids")

    newest = view.open()
    before = view.open(before=newest["turns"][0]["turn"])
    around = view.open(at=ids[70])
    after = view.open(after=around["turns"][-1]["turn"])

    assert [one["turn"] for one in newest["turns"]] == ids[130:] and newest["earlier"]
    assert [one["turn"] for one in before["turns"]] == ids[30:130] and before["earlier"]
    assert [one["turn"] for one in around["turns"]] == ids[65:90]
    assert around["earlier"] and around["later"] and around["at"] == ids[70]
    assert [one["turn"] for one in after["turns"]] == ids[90:] and not after["later"]


def test_stopping_is_immediate_and_keeps_what_had_arrived(
    start: Callable[..., View], openai_server: OpenAIServer
) -> None:
    openai_server.reply("one two three four five six seven eight")
    openai_server.fail(Fault(slow=1.0))
    view = start()
    view.tell("ask", text="Count")
    view.until("reply")

    view.tell("stop")
    view.until("stopped")
    ended = view.until("turn", live=False)[-1]

    assert not ended["complete"] and ended["error"] == ""
    assert openai_server.hung_up.wait(5)
    assert printed(view.kernel, "store.get('last').response").startswith("one")
    assert view.ask("Hello")["complete"]


def test_stopping_before_the_first_word_keeps_the_prompt(
    start: Callable[..., View], openai_server: OpenAIServer
) -> None:
    openai_server.fail(Fault(hang=3.0))
    view = start()
    view.tell("ask", text="Are you there?")
    view.until("turn", live=True)
    while not openai_server.requests:
        pass

    view.tell("stop")
    ended = view.until("turn", live=False)[-1]

    assert (ended["complete"], ended["error"]) == (False, "")
    assert printed(view.kernel, "[store.get('last').prompt, store.get('last').response]") == [
        "Are you there?",
        "",
    ]


def test_a_line_that_breaks_locks_nothing(
    start: Callable[..., View], openai_server: OpenAIServer
) -> None:
    openai_server.reply("one two three four five six seven eight")
    openai_server.fail(Fault(slow=1.0))
    view = start()
    view.tell("ask", text="Count")
    view.until("reply")

    view.kernel.client.execute("panel._line.hang_up()")
    ended = view.until("turn", live=False)[-1]

    assert (ended["complete"], ended["error"]) == (False, "")
    assert view.ask("Hello")["complete"]


def test_a_failure_is_one_line_and_may_be_tried_again(
    start: Callable[..., View], openai_server: OpenAIServer
) -> None:
    openai_server.fail(Fault(status=401, code="invalid_api_key", message="Incorrect key {key}"))
    view = start()

    failed = view.ask("Hello")
    again = view.ask("Hello")

    assert "config key openai" in failed["error"] and "test-key" not in failed["error"]
    assert again["error"] == "" and again["complete"]


def test_what_is_asked_again_is_the_whole_prompt(
    start: Callable[..., View], openai_server: OpenAIServer
) -> None:
    openai_server.fail(Fault(status=401, code="invalid_api_key", message="no"))
    view = start()
    failed = view.ask("word " * 5_000 + "end")

    view.tell("ask", turn=failed["turn"])
    again = view.until("turn", live=False)[-1]

    assert again["complete"]
    assert printed(view.kernel, "len(store.get('last').prompt)") == 25_003


def test_a_question_that_is_refused_is_told_to_its_asker(
    start: Callable[..., View], openai_server: OpenAIServer
) -> None:
    openai_server.fail(Fault(hang=3.0))
    view = start()
    view.tell("ask", text="One")
    begun = view.until("turn", live=True)[-1]

    serial = view.tell("ask", text="Two")
    problem = view.until("problem")[-1]

    assert begun["asker"] == view.name
    assert problem["text"].startswith("A reply is still coming")
    assert (problem["of"], problem["view"], problem["serial"]) == ("ask", view.name, serial)
    view.tell("stop")
    view.until("turn", live=False)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"kind": "use", "model": "--share"}, "--share"),
        ({"kind": "source"}, "KeyError: 'turn'. Try it again, or restart the kernel."),
    ],
)
def test_what_fails_is_told_in_one_line_with_a_cure(
    start: Callable[..., View], asked: Told, told: str
) -> None:
    view = start("practice")
    view.tell(**asked)

    text = view.until("problem")[-1]["text"]

    assert told in text and "\n" not in text and "BadOptionUsage" not in text


def test_a_rating_reaches_the_disk_and_every_view_and_the_other_way_round(
    start: Callable[..., View],
) -> None:
    view = start("practice")
    turn = view.ask("Hello")["turn"]

    view.tell("rate", turn=turn, rating=5, comment="short", rated=1)
    rated = view.until("rated")[-1]
    view.kernel.client.execute("%kagura rate last 2 too long")
    elsewhere = view.until("turn", rating=2)[-1]

    assert (rated["turn"], rated["rating"], rated["comment"]) == (turn, 5, "short")
    assert rated["status"].startswith("Saved.")
    assert (elsewhere["turn"], elsewhere["comment"]) == (turn, "too long")


def test_a_rating_that_cannot_be_written_says_so(start: Callable[..., View]) -> None:
    view = start("practice")
    turn = view.ask("Hello")["turn"]
    view.kernel.run(FORGET.format(""))

    view.tell("rate", turn=turn, rating=5, rated=7)
    problem = view.until("problem")[-1]

    assert problem["text"].startswith("There is no conversation")
    assert (problem["of"], problem["turn"], problem["rated"]) == ("rate", turn, 7)


def test_a_reply_is_corrected_and_the_correction_taken_back(start: Callable[..., View]) -> None:
    view = start("practice")
    turn = view.ask("Hello")["turn"]

    view.tell("correct", turn=turn, text="*Hi.*")
    shown = view.until("turn", corrected=True)[-1]
    view.until("corrected")
    view.tell("correct", turn=turn, text=None)
    back = view.until("turn", corrected=False)[-1]

    assert shown["blocks"] == ["<p><em>Hi.</em></p>\n"] and shown["original"]
    assert back["original"] is None and back["blocks"] == shown["original"]


def test_what_is_corrected_elsewhere_is_shown_with_the_reply_as_it_was(
    start: Callable[..., View],
) -> None:
    view = start("practice")
    turn = view.ask("Hello")["turn"]

    view.kernel.client.execute("%kagura correct last *Hi.*")
    shown = view.until("turn", corrected=True)[-1]

    assert (shown["turn"], shown["again"]) == (turn, True)
    assert shown["blocks"] == ["<p><em>Hi.</em></p>\n"] and shown["original"]


def test_what_is_forgotten_elsewhere_goes_from_every_view(start: Callable[..., View]) -> None:
    view = start("practice")
    view.ask("Hello")

    view.kernel.client.execute("%kagura forget --all --yes")
    view.until("session")
    view.tell("open")
    opened = view.until("choices")

    assert next(one for one in opened if one["kind"] == "history")["turns"] == []
    assert opened[-1]["sessions"] == []


def test_what_is_redacted_elsewhere_is_shown_redacted(start: Callable[..., View]) -> None:
    view = start("practice")
    view.kernel.run("store.collect('Ann is ann@example.com', 'I see.', 'x', session=panel.session)")
    before = view.open()

    view.kernel.client.execute("%kagura scan --redact --yes")
    view.until("session")

    assert "ann@example.com" in json.dumps(before)
    assert view.open()["turns"][0]["prompt"] == "Ann is [REDACTED_EMAIL]"


def test_a_training_that_is_worth_while_is_told(start: Callable[..., View]) -> None:
    view = start("practice")
    view.kernel.run("%kagura config threshold 1")
    turn = view.ask("Hello")["turn"]

    view.tell("rate", turn=turn, rating=5, rated=1)
    told = view.until("notice")[-1]["text"]
    view.kernel.run("%kagura config threshold --unset")

    assert told.startswith("1 good conversation: enough to train a model of your own.")
    assert "Nothing has begun." in told and "%kagura jobs" in told


def test_what_a_reply_was_based_on_is_shown_as_far_as_it_is_kept(
    start: Callable[..., View],
) -> None:
    view = start("practice")
    view.kernel.run(
        "told = store.collect('My cat is called Tama.', 'I see.', 'none', session='old')"
    )
    turn = view.ask("What is my cat called?")

    view.tell("basis", turn=turn["turn"])
    items = view.until("basis")[-1]["items"]
    view.kernel.run(FORGET.format("session='old'"))
    view.tell("basis", turn=turn["turn"])
    left = view.until("basis")[-1]["items"]

    assert turn["basis"] == 1
    assert [(one["why"], one["prompt"]) for one in items] == [
        ("recalled", "My cat is called Tama.")
    ]
    assert left == []


def test_sessions_are_switched_begun_and_found_by_words(start: Callable[..., View]) -> None:
    view = start("practice")
    first = view.ask("Hello")
    home = printed(view.kernel, "panel.session")

    view.tell("session", name=None)
    view.until("session")
    empty = view.open()
    view.tell("search", text="Hello")
    found = view.until("results")[-1]["items"]
    view.tell("session", name=found[0]["session"], at=found[0]["turn"])
    back = view.until("session")[-1]
    view.tell("choices")
    choices = view.until("choices")[-1]

    assert empty["turns"] == [] and empty["session"] != home
    assert found[0]["turn"] == first["turn"] and found[0]["why"] == "the words"
    assert (back["session"], back["at"]) == (home, first["turn"])
    assert choices["session"] == home and choices["sessions"][0]["title"].startswith("Hello (1)")
    assert "practice" in choices["models"]


def test_a_model_is_chosen_as_by_use(start: Callable[..., View]) -> None:
    view = start(None)
    view.tell("use", model="openai:gpt-4.1-mini")

    chosen = view.until("choices")[-1]

    assert chosen["model"] == "openai:gpt-4.1-mini"
    assert view.ask("Hello")["model"] == "openai:gpt-4.1-mini"
    view.kernel.run("%kagura config model --unset")


def test_a_model_that_cannot_be_chosen_is_told_and_the_list_shows_who_answers(
    start: Callable[..., View],
) -> None:
    view = start("practice")

    view.tell("use", model="gemini:gemini-3.8-flash")
    told = view.until("problem")

    assert "%kagura config key gemini" in told[-1]["text"]
    assert [one["model"] for one in told if one["kind"] == "choices"] == ["practice"]


def test_cells_and_panel_share_a_session(start: Callable[..., View]) -> None:
    view = start("practice")

    view.kernel.client.execute("%%kagura\nHello from a cell")
    shown = view.until("turn")[-1]

    assert shown["prompt"] == "Hello from a cell" and shown["blocks"]


def test_what_is_synced_tells_nothing_of_what_was_said(start: Callable[..., View]) -> None:
    view = start("practice")
    view.ask("my secret question")
    view.open()

    state = json.dumps(
        printed(
            view.kernel, "{k: v for k, v in panel.get_state().items() if not k.startswith('_')}"
        )
    )

    assert "secret" not in state


def test_a_transcript_is_written_into_a_cell(start: Callable[..., View]) -> None:
    view = start("practice")
    view.kernel.run(
        "reply = '![x](http://evil.test/i) **yes**'\n"
        "store.collect('Show <b>', reply, 'none', session=panel.session)"
    )

    messages = view.kernel.run("%kagura chat --transcript")

    data = next(one for one in messages if one["msg_type"] == "display_data")["content"]["data"]
    assert "**You**" in data["text/markdown"] and "**yes**" in data["text/markdown"]
    assert "![" not in data["text/markdown"] and "<b>" not in data["text/markdown"]
    assert "**yes**" in data["text/plain"]


def test_the_transcript_is_that_of_the_session_on_screen(start: Callable[..., View]) -> None:
    view = start("practice")
    view.ask("In the notebook's session")
    view.tell("session", name=None)
    view.until("session")
    view.ask("In a new one")

    messages = view.kernel.run("%kagura chat --transcript")

    data = next(one for one in messages if one["msg_type"] == "display_data")["content"]["data"]
    assert "In a new one" in data["text/plain"]
    assert "In the notebook" not in data["text/plain"]


def test_there_is_one_panel_and_it_reads_as_a_line_elsewhere(start: Callable[..., View]) -> None:
    view = start("practice")

    assert printed(view.kernel, "kagura_nb.chat() is panel")
    assert "%kagura chat" in printed(view.kernel, "repr(panel)")


def test_bytes_of_a_long_reply(start: Callable[..., View], openai_server: OpenAIServer) -> None:
    openai_server.pieces = 2_000
    openai_server.reply(("eight ch" * 40 + "\n\n") * 50)
    view = start()
    view.kernel.bytes_on_wire()

    view.ask("Write much")

    assert view.kernel.bytes_on_wire() < 100_000
