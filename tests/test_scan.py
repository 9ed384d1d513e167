"""What is private in the store: counted, shown without a value, cleaned, and kept from leaving."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from kagura_nb import Assistant, ConversationCollector, PrivacyFilter, Selection
from kagura_nb.cli import cli
from kagura_nb.errors import ConsentMissing, MissingExtra, PrivacyError, SettingsError
from kagura_nb.notebook.commands import run
from kagura_nb.notebook.workspace import Workspace
from kagura_nb.privacy import consent
from kagura_nb.privacy.report import MOST_PLACES, scan
from kagura_nb.privacy.training import TrainingDoor
from kagura_nb.settings import Settings

MAIL = "hanako@example.co.jp"
SECRET = "gh" + "p_" + "a1B2" * 9
SAID = {
    "clean": "What is the capital of France?",
    "personal": f"Write to {MAIL}, or to {MAIL} again, and tell her",
    "secret": f"My token is {SECRET}, is it valid?",
}


@pytest.fixture
def filled(store: ConversationCollector) -> dict[str, str]:
    """One good conversation of each kind: name to id."""
    ids = {name: store.collect(text, "I see.", "practice") for name, text in SAID.items()}
    for one in ids.values():
        store.add_feedback(one, 5)
    return ids


@pytest.fixture
def workspace(store: ConversationCollector) -> Workspace:
    return Workspace(lambda: store.settings)


def shown(workspace: Workspace, *words: str) -> str:
    view = run(workspace, list(words))
    assert view is not None
    return view.plain + view.html


def test_a_report_counts_by_type_and_says_what_each_policy_would_do(
    store: ConversationCollector, filled: dict[str, str]
) -> None:
    report = scan(store.iterate(), PrivacyFilter())

    assert (report.scanned, report.affected) == (3, 2)
    assert report.counts == {"EMAIL": (2, 1), "API_KEY": (1, 1)}
    effects = {
        name: (one.unchanged, one.changed, one.dropped) for name, one in report.effects.items()
    }
    assert effects == {"label": (1, 1, 1), "surrogate": (1, 1, 1), "drop": (1, 0, 2)}


def test_only_good_conversations_are_the_training_set(store: ConversationCollector) -> None:
    store.collect(SAID["personal"], "I see.", "practice")
    report = scan(store.iterate(), PrivacyFilter())
    assert report.affected == 1
    assert report.effects["label"].changed == 0


def test_a_report_lists_some_places_and_counts_all(store: ConversationCollector) -> None:
    for _ in range(MOST_PLACES + 5):
        store.collect(SAID["personal"], "I see.", "practice")
    report = scan(store.iterate(), PrivacyFilter())
    assert (len(report.places), report.affected) == (MOST_PLACES, MOST_PLACES + 5)


@pytest.mark.parametrize(
    ("text", "excerpt"),
    [
        (f"Write to {MAIL} now", "Write to [REDACTED_EMAIL] now"),
        (f"{'x ' * 50}{MAIL}{' y' * 50}", f"…{'x ' * 12}[REDACTED_EMAIL]{' y' * 12}…"),
        (f"{MAIL} {'-' * 12} {MAIL}", f"[REDACTED_EMAIL] {'-' * 12}…"),
    ],
)
def test_an_excerpt_shows_the_words_around_and_no_value(
    store: ConversationCollector, text: str, excerpt: str
) -> None:
    store.collect(text, "", "practice")
    (place,) = scan(store.iterate(), PrivacyFilter()).places
    assert place.excerpt == excerpt


def test_scan_shows_no_value_in_any_form(workspace: Workspace, filled: dict[str, str]) -> None:
    said = shown(workspace, "scan")
    assert "EMAIL" in said and "something private is in 2 of them" in said
    assert MAIL not in said and SECRET not in said


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--text", "capital"], "nothing private"),
        (["--text", "token"], "in 1 of them"),
        (["--good"], "in 2 of them"),
        (["--before", "2020-01-01"], "nothing private"),
        (["--text", "capital", "--pattern", "TOWN=capital of [A-Z][a-z]{2,20}"], "in 1 of them"),
    ],
)
def test_a_scan_can_be_narrowed_and_widened(
    workspace: Workspace, filled: dict[str, str], options: list[str], found: str
) -> None:
    assert found in shown(workspace, "scan", *options)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--pattern", "nonsense"], "is no pattern"),
        (["--pattern", "X=("], "'X' is no regular expression"),
        (["--policy", "magic"], "'magic' is not one of"),
        (["--extra", "magic"], "'magic' is not one of"),
    ],
)
def test_bad_options_are_one_line(workspace: Workspace, options: list[str], line: str) -> None:
    with pytest.raises(SettingsError, match=line):
        run(workspace, ["scan", *options])


@pytest.mark.parametrize(
    ("extra", "package"), [("presidio", "presidio_analyzer"), ("ja-names", "sudachipy")]
)
def test_an_extra_that_is_absent_is_one_line(
    workspace: Workspace, extra: str, package: str
) -> None:
    if find_spec(package):
        pytest.skip("installed")
    with pytest.raises(MissingExtra, match=rf"pip install 'kagura-nb\[{extra}\]'") as error:
        run(workspace, ["scan", "--extra", extra])
    assert len(str(error.value).splitlines()) == 1


def test_check_fails_a_terminals_command_when_something_is_found(filled: dict[str, str]) -> None:
    private = CliRunner().invoke(cli, ["scan", "--check"])
    clean = CliRunner().invoke(cli, ["scan", "--check", "--text", "capital"])
    assert (private.exit_code, clean.exit_code) == (1, 0)
    assert "EMAIL" in private.output


def test_excluding_keeps_what_was_found_out_of_training(
    workspace: Workspace, store: ConversationCollector, filled: dict[str, str]
) -> None:
    assert "Kept out of training: 2 conversations" in shown(workspace, "scan", "--exclude")
    assert [one.id for one in store.get_training_data()] == [filled["clean"]]


def test_redacting_asks_and_then_leaves_no_byte(
    workspace: Workspace, store: ConversationCollector, filled: dict[str, str], home: Path
) -> None:
    assistant = workspace.assistant
    assert assistant.memory.recall("token", 5)
    assert "would redact 2 conversations for good" in shown(workspace, "scan", "--redact")

    assert "Redacted for good: 2 conversations" in shown(workspace, "scan", "--redact", "--yes")

    assert store.get(filled["secret"]).prompt == "My token is [REDACTED_API_KEY], is it valid?"
    assert store.get(filled["secret"]).rating == 5
    assert "nothing private" in shown(workspace, "scan")
    assert assistant.memory.recall("token", 5), "what is left is still found"
    assistant.close()
    files = [path for path in home.rglob("*") if path.is_file()]
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]
    assert not [path for path in files if MAIL.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("policy", "personal"),
    [
        ("label", "Write to [REDACTED_EMAIL], or to [REDACTED_EMAIL] again, and tell her"),
        ("drop", None),
    ],
)
def test_the_training_door(policy: str, personal: str | None) -> None:
    door = TrainingDoor(policy, PrivacyFilter())  # type: ignore[arg-type]

    admitted = {name: door.admit((said, "I see.")) for name, said in SAID.items()}

    assert admitted["secret"] is None
    assert admitted["clean"] == (SAID["clean"], "I see.")
    said = admitted["personal"]
    assert (said and said[0]) == personal


def test_surrogates_are_the_same_for_the_same_value() -> None:
    said = TrainingDoor("surrogate", PrivacyFilter(), b"key").admit([SAID["personal"]])
    assert said is not None
    fakes = PrivacyFilter().scan(said[0])["EMAIL"]
    assert len(fakes) == 1 and MAIL not in fakes


@pytest.mark.parametrize(
    ("policy", "text", "line"),
    [
        ("label", "All is well", None),
        ("label", f"Write to {MAIL}", "EMAIL in line 2"),
        ("surrogate", f"Write to {MAIL}", "EMAIL in line 2"),
        ("surrogate", SAID["secret"], "API_KEY in line 2"),
    ],
)
def test_a_file_is_checked_again_before_it_leaves(
    tmp_path: Path, policy: str, text: str, line: str | None
) -> None:
    file = tmp_path / "rows.jsonl"
    rows = [{"messages": []}, {"messages": [{"role": "user", "content": text}]}]
    file.write_text("\n".join(map(json.dumps, rows)))
    door = TrainingDoor(policy, PrivacyFilter())  # type: ignore[arg-type]

    if line is None:
        door.check(file)
    else:
        with pytest.raises(PrivacyError, match=line) as caught:
            door.check(file)
        assert SECRET not in str(caught.value) and MAIL not in str(caught.value)


def test_consent_is_asked_once_recorded_and_withdrawn(
    workspace: Workspace, store: ConversationCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConsentMissing, match="config consent openai"):
        consent.require(store.database, "openai", store.settings)
    monkeypatch.setattr("builtins.input", lambda _: "no")
    assert "Nothing is uploaded" in shown(workspace, "config", "consent", "openai")
    assert consent.standing(store.database, "openai", store.settings) is None

    monkeypatch.setattr("builtins.input", lambda _: "yes")
    shown(workspace, "config", "consent", "openai")
    given = consent.require(store.database, "openai", store.settings)
    assert (given.vendor, given.version) == ("openai", consent.VERSION)
    assert "given on" in shown(workspace, "config", "consent")
    assert consent.standing(store.database, "gemini", store.settings) is None

    shown(workspace, "config", "consent", "openai", "--unset")
    with pytest.raises(ConsentMissing):
        consent.require(store.database, "openai", store.settings)


def test_consent_counts_for_the_address_that_the_owner_was_shown(
    workspace: Workspace,
    store: ConversationCollector,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    run(workspace, ["config", "consent", "openai"])
    assert "uploaded to https://api.openai.com/v1, stored" in capsys.readouterr().out
    assert consent.require(store.database, "openai", store.settings).address in (
        shown(workspace, "config", "consent")
    )

    moved = store.settings.with_(base_url="https://elsewhere.example/v1")
    with pytest.raises(ConsentMissing, match=r"openai at https://elsewhere\.example/v1"):
        consent.require(store.database, "openai", moved)
    workspace = Workspace(lambda: moved)
    assert "given on" not in shown(workspace, "config", "consent")

    run(workspace, ["config", "consent", "openai"])
    assert "uploaded to https://elsewhere.example/v1, stored" in capsys.readouterr().out
    assert consent.standing(store.database, "openai", moved)
    assert consent.standing(store.database, "openai", store.settings) is None


def test_who_gets_no_training_data_needs_no_consent(workspace: Workspace) -> None:
    with pytest.raises(SettingsError, match="'ollama' gets no training data"):
        run(workspace, ["config", "consent", "ollama"])


def test_a_policy_is_a_setting() -> None:
    assert Settings(training_policy="drop").training_policy == "drop"
    with pytest.raises(SettingsError, match="Use label, surrogate, drop"):
        Settings(training_policy="magic")


def test_prompts_can_keep_personal_data_back(remote_openai: object) -> None:
    assistant = Assistant("owner", model="openai:gpt-4.1-mini", prompts="all", memory=False)
    turn = assistant.ask(f"Is {MAIL} a good address?")
    sent = str(remote_openai.requests[-1].body)  # type: ignore[attr-defined]
    assert MAIL not in sent and "[EMAIL_1]" in sent
    assert MAIL in turn.text
    assert assistant.store.count(Selection(text=MAIL)) == 1
