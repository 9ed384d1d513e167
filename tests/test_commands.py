"""Sub-commands: what each one says, changes, and refuses; the same in a notebook and a terminal."""

import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner
from servers.loopback import Fault
from servers.openai_vendor import OpenAIServer
from sqlalchemy import delete

from kagura_nb import Assistant, ConversationCollector, Settings
from kagura_nb.cli import cli
from kagura_nb.errors import KaguraError, ReplyStopped, SettingsError
from kagura_nb.notebook.answer import answer
from kagura_nb.notebook.commands import commands, run
from kagura_nb.notebook.views import View
from kagura_nb.notebook.workspace import Workspace
from kagura_nb.store import index
from kagura_nb.store.schema import pending_index

MODEL = "openai:gpt-4.1-mini"


@pytest.fixture
def workspace(home: Path, openai_server: OpenAIServer) -> Workspace:
    return Workspace(lambda: Settings.load())


@pytest.fixture
def filled(workspace: Workspace, openai_server: OpenAIServer) -> Workspace:
    """A store with three conversations."""
    openai_server.reply("Paris.", "Noted: teal.", "猫ですね。")
    for text in ("The capital of France?", "My favourite colour is teal.", "猫が好きです"):
        workspace.assistant.ask(text)
    return workspace


def shown(workspace: Workspace, *words: str) -> View:
    view = run(workspace, list(words))
    assert view is not None
    return view


@pytest.mark.parametrize("name", sorted(commands.commands))
def test_every_sub_command_is_listed_and_explained(workspace: Workspace, name: str) -> None:
    assert name in shown(workspace).plain
    help_text = commands.commands[name].help
    assert help_text
    explained = " ".join(shown(workspace, "help", name).plain.split())
    assert " ".join(help_text.split()) in explained


def test_status_tells_who_answers_what_is_stored_and_how_far_training_is(filled: Workspace) -> None:
    shown(filled, "rate", "last", "5")
    plain = shown(filled, "status").plain
    for part in ("gpt-6.1-terra", "there is a key for OpenAI", "3, 1 rated, 1 good", "1 of 100"):
        assert part in plain


def test_status_tells_requests_that_failed_apart(
    filled: Workspace, openai_server: OpenAIServer
) -> None:
    assert "without a reply" not in shown(filled, "status").plain
    openai_server.fail(Fault(400, "", "Bad"))
    with pytest.raises(KaguraError):
        filled.assistant.ask("hello")
    assert "4, 0 rated, 0 good, 1 without a reply" in shown(filled, "status").plain


def test_history_lists_the_newest_first_with_ids_that_other_commands_take(
    filled: Workspace,
) -> None:
    rows = shown(filled, "history", "-n", "2").plain.splitlines()[4:]
    assert ["猫が好きです" in rows[0], "teal" in rows[1], len(rows)] == [True, True, 2]
    identifier = rows[1].split()[0]
    assert "Noted: teal." in shown(filled, "show", identifier).plain


@pytest.mark.parametrize(
    ("words", "found"), [(["teal"], "teal"), (["favourite", "color"], "teal"), (["猫"], "猫")]
)
def test_search_finds_words_in_both_languages(
    filled: Workspace, words: list[str], found: str
) -> None:
    rows = shown(filled, "search", *words).plain.splitlines()[4:]
    assert found in rows[0]


def test_search_lists_what_has_the_words_before_what_is_only_related(
    workspace: Workspace, openai_server: OpenAIServer
) -> None:
    openai_server.reply("Noted.")
    for text in ("My sister plays the violin.", "A violin concert, tonight.", "I play violins."):
        workspace.assistant.ask(text)
    rows = shown(workspace, "search", "violin", "concert").plain.splitlines()[4:]
    assert "concert" in rows[0] and rows[0].startswith("the words")
    assert len(rows) > 1 and all(row.startswith("related") for row in rows[1:])


@pytest.mark.parametrize(("words", "count"), [(["ca"], 1), (["猫"], 1), (["zz"], 0)])
def test_search_for_one_or_two_characters_finds_only_what_has_them(
    filled: Workspace, words: list[str], count: int
) -> None:
    plain = shown(filled, "search", *words).plain
    assert (plain.count("the words"), plain.count("related")) == (count, 0)


def test_search_for_nothing_known_says_so(filled: Workspace) -> None:
    assert "Nothing was found for 'zzzz'" in shown(filled, "search", "zzzz").plain


def test_rate_correct_and_take_back(filled: Workspace) -> None:
    assert "1 of 100 good" in shown(filled, "rate", "last", "4", "so", "kind").plain
    assert filled.assistant.store.get("last").comment == "so kind"
    shown(filled, "rate", "last", "clear")
    assert filled.assistant.store.get("last").rating is None
    for zero in ("0", "０"):
        shown(filled, "rate", "last", "4")
        shown(filled, "rate", "last", zero)
        assert filled.assistant.store.get("last").rating is None
    assert "1 of 100 good" in shown(filled, "correct", "last", "はい、", "猫。").plain
    assert filled.assistant.store.get("last").correction == "はい、 猫。"
    shown(filled, "correct", "last", "--remove")
    assert filled.assistant.store.get("last").correction is None


def test_forgetting_says_what_it_would_do_and_does_it_only_then(filled: Workspace) -> None:
    assert "would forget 1 conversation for good" in shown(filled, "forget", "last").plain
    assert filled.assistant.store.get_stats()["total"] == 3
    shown(filled, "forget", "--text", "capital", "--yes")
    assert filled.assistant.store.get_stats()["total"] == 2
    assert "would forget 0 conv" in shown(filled, "forget", "--before", "2020-01-01").plain
    shown(filled, "forget", "--all", "--yes")
    assert filled.assistant.store.get_stats()["total"] == 0


def test_use_chooses_the_model_for_good(workspace: Workspace) -> None:
    session = workspace.assistant.session
    assert "openai:gpt-4.1-mini answers" in shown(workspace, "use", MODEL).plain
    assert Assistant("other").deployment().model == MODEL
    assert workspace.assistant.session == session
    assert "practice" in shown(workspace, "use").plain


def test_use_marks_the_model_that_answers_also_an_unusual_one(workspace: Workspace) -> None:
    for name in ("practice", "openai:ft:gpt-4.1-mini:me::x"):
        shown(workspace, "use", name)
        marked = [row for row in shown(workspace, "use").plain.splitlines() if "now" in row]
        assert [row.split() for row in marked] == [[name, "answers", "now"]]


def test_help_gives_whole_sentences(workspace: Workspace) -> None:
    view = shown(workspace, "help")
    assert "..." not in view.plain
    assert "first those with the words in them, then related ones." in view.plain


def test_the_vendors_with_a_key_are_listed(workspace: Workspace) -> None:
    rows = shown(workspace, "config", "key").plain.splitlines()
    assert "openai    in OPENAI_API_KEY" in rows and "gemini    none" in rows


def test_config_shows_changes_and_unsets(workspace: Workspace) -> None:
    assert "how many conversations memory recalls" in shown(workspace, "config").plain
    assert shown(workspace, "config", "recall", "8").plain == "recall = 8"
    assert workspace.assistant.settings.recall == 8
    assert shown(workspace, "config", "recall").plain == "recall = 8"
    assert shown(workspace, "config", "recall", "--unset").plain == "recall = 5"


@pytest.mark.parametrize("value", ["-1", "-0.5", "-.5"])
def test_a_negative_number_is_a_value_not_an_option(workspace: Workspace, value: str) -> None:
    told = f"temperature = {float(value)}"
    shown(workspace, "config", "temperature", "0.7")
    assert shown(workspace, "config", "temperature", value).plain == told
    result = CliRunner().invoke(cli, ["config", "temperature", value])
    assert (result.exit_code, result.output) == (0, f"{told}\n")


def test_another_embedder_embeds_everything_anew_at_once(
    filled: Workspace, openai_server: OpenAIServer
) -> None:
    name = "openai:text-embedding-3-small"
    told = shown(filled, "config", "embedder", name).plain
    assert told == f"embedder = {name!r}. Memory is ready: 3 conversations."
    asked = [one for one in openai_server.requests if one.path == "/v1/embeddings"]
    assert sum(len(one.body["input"]) for one in asked) == 3
    ids = [one.id for one in filled.assistant.store.iterate()]
    assert filled.assistant.memory.vectors(ids).keys() == set(ids)


def test_an_embedder_that_does_not_answer_is_told_at_once(
    filled: Workspace, openai_server: OpenAIServer
) -> None:
    openai_server.fail(*[Fault(status=401, code="invalid_api_key")] * 9)
    told = shown(filled, "config", "embedder", "openai:text-embedding-3-small").plain
    assert "Memory searches by words only." in told and "is ready" not in told


def test_the_index_is_rebuilt_on_demand(filled: Workspace) -> None:
    memory = filled.assistant.memory
    memory.catch_up()
    with filled.assistant.store.database.write() as connection:
        index.clear(connection)  # as good as damaged
        connection.execute(delete(pending_index))
    assert memory.recall("favourite colour", 5) == []

    told = shown(filled, "config", "index", "rebuild").plain

    assert told == "Memory is ready: 3 conversations."
    assert "teal" in memory.recall("favourite colour", 5)[0].conversation.prompt


def test_the_address_of_the_store_is_never_shown(workspace: Workspace) -> None:
    address = "postgresql://kagura:verysecret@127.0.0.1:9/kagura"
    said = [shown(workspace, "config", "store", address).plain]
    said += [shown(workspace, "config", *rest).plain for rest in ((), ("store",))]
    assert [one for one in said if "verysecret" in one] == []
    assert "verysecret" not in repr(workspace.assistant.settings)
    assert shown(workspace, "config", "store", "--unset").plain == "store = ''"


def test_config_keeps_no_address_with_a_password(workspace: Workspace) -> None:
    with pytest.raises(SettingsError, match="a password in it") as caught:
        shown(workspace, "config", "base_url", "https://me:verysecret@gateway.example/v1")
    assert "verysecret" not in str(caught.value) + shown(workspace, "config").plain


def test_a_key_is_asked_for_without_echo_and_kept_in_the_keyring(
    workspace: Workspace,
    keyring_folder: None,
    monkeypatch: pytest.MonkeyPatch,
    home: Path,
) -> None:
    key = "sk-" + "secret-of-the-owner-0123456789"
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setattr("getpass.getpass", lambda prompt: key)

    assert "in the keyring" in shown(workspace, "config", "key", "openai").plain

    assert "there is a key for OpenAI" in shown(workspace, "status").plain
    files = [path for path in home.rglob("*") if path.is_file()]
    assert not any(key.encode() in path.read_bytes() for path in files)
    assert "removed" in shown(workspace, "config", "key", "openai", "--unset").plain


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["help", "nonsense"],
        ["rate"],
        ["rate", "last"],
        ["rate", "last", "6"],
        ["rate", "last", "abc"],
        ["rate", "nobody", "5"],
        ["correct", "last"],
        ["correct", "last", " "],
        ["history", "--nonsense"],
        ["history", "-n", "many"],
        ["search"],
        ["search", ""],
        ["forget"],
        ["forget", "--before", "yesterday"],
        ["forget", "--text", " ", "--yes"],
        ["forget", "--text", "", "--yes"],
        ["forget", "--all", "--text", "", "--yes"],
        ["search", " "],
        ["scan", "--text", " ", "--exclude"],
        ["use", "nonsense"],
        ["use", "openai"],
        ["config", "nonsense"],
        ["config", "recall", "many"],
        ["config", "user", "../x"],
        ["config", "key", "nonsense"],
        ["config", "index"],
        ["config", "index", "nonsense"],
        ["config", "embedder", "nonsense"],
    ],
    ids=" ".join,
)
def test_bad_input_is_one_line_with_a_cure_and_changes_nothing(
    filled: Workspace, words: list[str]
) -> None:
    before = list(filled.assistant.store.iterate())
    with pytest.raises(KaguraError) as caught:
        run(filled, words)
    assert "\n" not in str(caught.value) and caught.value.cure
    assert list(filled.assistant.store.iterate()) == before


def test_what_was_said_is_shown_as_text_never_as_markup(
    workspace: Workspace, openai_server: OpenAIServer
) -> None:
    openai_server.reply(
        "<img src=https://evil.example/x onerror=alert(1)> ![x](https://evil.example)"
    )
    workspace.assistant.ask("<script>alert(1)</script>")
    listing, whole = shown(workspace, "history"), shown(workspace, "show")
    assert "<script>" not in listing.html and "<img" not in listing.html
    assert "<img" not in whole.markdown and "![" not in whole.markdown


def test_what_has_no_reply_is_shown_without_one(
    workspace: Workspace, openai_server: OpenAIServer
) -> None:
    openai_server.reply("")
    workspace.assistant.ask("hello")
    whole = shown(workspace, "show")
    assert "Reply" not in whole.plain and "Reply" not in whole.markdown


def test_an_unclosed_fence_in_what_is_shown_ends_with_its_text(
    workspace: Workspace, openai_server: OpenAIServer
) -> None:
    openai_server.reply("```\n![x](https://evil.example)")
    workspace.assistant.ask("Why does this fail?\n```python\nprint(1)")
    whole = shown(workspace, "show")
    assert "print(1)\n```\n\n**Reply**\n\n```\n![x](https://evil.example)\n```" in whole.markdown


@pytest.mark.parametrize(
    ("private", "kept"), [(False, "what had arrived is kept"), (True, "nothing of it is kept")]
)
def test_a_stopped_reply_says_truly_what_is_kept(
    workspace: Workspace,
    openai_server: OpenAIServer,
    interrupt_after: Callable[[float], None],
    private: bool,
    kept: str,
) -> None:
    openai_server.fail(Fault(slow=0.2))
    turn = workspace.assistant.stream("hello", private=private)
    interrupt_after(0.6)
    with pytest.raises(ReplyStopped, match=kept):
        answer(workspace, turn)
    assert len(list(workspace.assistant.store.iterate())) == (not private)


def test_a_terminal_is_never_told_to_obey_what_was_said(
    workspace: Workspace, openai_server: OpenAIServer
) -> None:
    openai_server.reply("red \x1b[31malert\x07")
    workspace.assistant.ask("tell \x1b]52;c;x\x07 me")
    for words in (["show"], ["history"], ["search", "red"]):
        view = shown(workspace, *words)
        assert "\x1b" not in view.plain + view.html + view.markdown
        assert "alert" in view.plain


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["history", "--session", "nosuch"], "No conversation is in the session 'nosuch'."),
        (
            ["history", "--session", "nosuch", "--good"],
            "No good conversation is in the session 'nosuch'.",
        ),
        (["history", "--good"], "No conversation is good yet: rate one with 4 stars or more."),
    ],
)
def test_a_list_without_rows_says_why(filled: Workspace, words: list[str], told: str) -> None:
    assert shown(filled, *words).plain == told


# --- terminal ----------------------------------------------------------------------------------


def test_the_terminal_has_every_sub_command_and_the_chat() -> None:
    assert set(cli.commands) == {*commands.commands, "start"}


@pytest.mark.parametrize(
    "words",
    [["-u", "ann", "status"], ["status", "-u", "ann"], ["-u", "bob", "status", "--user-id", "ann"]],
    ids=" ".join,
)
def test_the_user_is_named_before_the_sub_command_or_behind_it(
    home: Path, words: list[str]
) -> None:
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.output
    assert re.search(r"^user +ann$", result.output, re.MULTILINE)


def test_a_chat_in_the_terminal_streams_and_rates(openai_server: OpenAIServer) -> None:
    openai_server.reply("Paris.", "You are welcome.")
    typed = "The capital of France?\n9\n5\nThanks\n\n\n"

    result = CliRunner().invoke(cli, ["-u", "me", "start", "-m", MODEL], input=typed)

    assert result.exit_code == 0
    for part in (
        "Paris.",
        "Rating (1-5, or press Enter to skip)",
        "'9' is not a rating",
        "1 of 100",
    ):
        assert part in result.output
    stored = list(ConversationCollector("me").iterate())
    assert [(one.prompt, one.rating) for one in stored] == [
        ("The capital of France?", 5),
        ("Thanks", None),
    ]


@pytest.mark.parametrize("end", ["exit", "quit", "/exit", "/quit", "EXIT", ""])
@pytest.mark.parametrize("at", ["", "Hello\n"], ids=["first", "at the rating"])
def test_a_word_ends_the_chat_wherever_it_is_typed(
    openai_server: OpenAIServer, end: str, at: str
) -> None:
    openai_server.reply("Hi!")
    typed = f"{at}{end}\n" if end else f"{at}\n\n"
    result = CliRunner().invoke(cli, ["start", "-m", MODEL], input=f"{typed}never sent\n")
    assert result.exit_code == 0
    assert "taken as" not in result.output
    assert [one.prompt for one in ConversationCollector().iterate()] == at.split()


def test_text_at_the_rating_is_the_next_message(openai_server: OpenAIServer) -> None:
    openai_server.reply("Hi!", "Paris.")
    typed = "Hello\nThe capital of France?\n5\nexit\n"
    output = CliRunner().invoke(cli, ["start", "-m", MODEL], input=typed).output
    assert "taken as your next message" in output and "not a rating" not in output
    stored = [(one.prompt, one.rating) for one in ConversationCollector().iterate()]
    assert stored == [("Hello", None), ("The capital of France?", 5)]


def test_the_chat_tells_what_can_be_typed(openai_server: OpenAIServer) -> None:
    openai_server.reply("Hi!")
    typed = "help\nHello\nhelp\nexit\n"
    output = CliRunner().invoke(cli, ["start", "-m", MODEL], input=typed).output
    assert output.count("other text is the next message") == 2
    assert [one.prompt for one in ConversationCollector().iterate()] == ["Hello"]
    explained = CliRunner().invoke(cli, ["start", "--help"]).output
    for word in ("exit", "quit", "help", "Ctrl-C"):
        assert word in explained


def test_a_chat_goes_on_after_a_failed_turn(openai_server: OpenAIServer) -> None:
    result = CliRunner().invoke(cli, ["start", "-m", "openai:"], input="hello\n\n")
    assert result.exit_code == 0
    assert "names no model" in result.output


def test_the_program_says_one_line_on_stderr_and_fails(home: Path) -> None:
    program = [sys.executable, "-c", "from kagura_nb.cli import main; main()", "rate", "last", "9"]
    done = subprocess.run(program, capture_output=True, text=True, env=os.environ)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "'9' is not a rating. Give 1 to 5 stars.\n"


def test_in_a_terminal_a_cure_names_the_terminals_command(home: Path) -> None:
    program = [sys.executable, "-c", "from kagura_nb.cli import main; main()", "history", "-n", "x"]
    done = subprocess.run(program, capture_output=True, text=True, env=os.environ)
    assert done.returncode != 0
    assert "%kagura" not in done.stderr
    notice = CliRunner().invoke(cli, ["start", "-m", "practice"], input="Hello\n\n\n").output
    assert "kagura-nb use ollama" in notice and "%kagura" not in notice


def test_what_was_said_about_the_magic_stays_as_it_was_said(openai_server: OpenAIServer) -> None:
    openai_server.reply("Run %kagura use, then.")
    said = "How do I %kagura rate it?"
    Assistant().ask(said, model=MODEL)
    for words in (["history"], ["show"], ["search", "%kagura rate"]):
        output = CliRunner().invoke(cli, words).output
        assert said in output and "Run %kagura use, then." in output


def test_an_empty_history_names_what_begins_one_here(workspace: Workspace) -> None:
    assert "with `%%kagura`" in shown(workspace, "history").plain
    assert "with `kagura-nb start`" in CliRunner().invoke(cli, ["history"]).output


def test_a_correction_is_read_from_stdin(
    filled: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("two\nlines"))
    shown(filled, "correct", "last", "-")
    assert filled.assistant.store.get("last").correction == "two\nlines"


def test_settings_errors_are_settings_errors(workspace: Workspace) -> None:
    with pytest.raises(SettingsError, match=r"No such option.*help"):
        run(workspace, ["history", "--nonsense"])


@pytest.mark.parametrize("formula", ["$5 and $6", r"\(x\)", r"\[x\]", r"\begin{a}x\end{a}"])
def test_a_table_holds_no_formula_and_nothing_that_turns_text_around(
    workspace: Workspace, openai_server: OpenAIServer, formula: str
) -> None:
    openai_server.reply("Yes.")
    workspace.assistant.ask(f"{formula} \u202eevil\x1b[2J\u200b")

    listed = shown(workspace, "history")

    assert f"{formula} evil[2J" in listed.plain
    assert not re.search(r"(?<!<span>)[$\\]|[\u202e\x1b\u200b]", listed.html)
    assert f"{formula} evil" in unescape(re.sub(r"</?span>", "", listed.html))
