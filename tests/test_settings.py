"""Settings: defaults < file < environment < what the caller sets; nothing unusable gets in."""

import stat
import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from kagura_nb.errors import InvalidUserId, SettingsError
from kagura_nb.settings import CONFIG_FILE, Settings, write_file


def test_each_layer_overrides_the_one_before(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_file(home, {"recall": 7, "examples": 3, "model": "ollama:a"})
    monkeypatch.setenv("KAGURA_EXAMPLES", "4")
    monkeypatch.setenv("KAGURA_MODEL", "ollama:b")

    settings = Settings.load(model="ollama:c", user=None)

    chosen = (settings.user, settings.recall, settings.examples, settings.model)
    assert chosen == ("default", 7, 4, "ollama:c")


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("memory", "off", False),
        ("memory", "TRUE", True),
        ("recall", "8", 8),
        ("timeout", "2.5", 2.5),
    ],
)
def test_text_becomes_the_type_of_the_setting(name: str, value: str, stored: object) -> None:
    assert getattr(Settings().with_(**{name: value}), name) == stored


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("memory", "maybe"),
        ("recall", "many"),
        ("prompts", "none"),
        ("training_policy", "none"),
        ("no_such", 1),
        ("recall", "-1"),
        ("examples", -1),
        ("threshold", 0),
        ("temperature", "2.1"),
        ("temperature", "nan"),
        ("timeout", None),
        ("timeout", 0),
        ("embedder", "nonsense"),
        ("embedder", "magic:model"),
        ("embedder", "openai"),
        ("embedder", "onnx:"),
        ("embedder", "builtin:x"),
    ],
)
def test_what_is_not_usable_is_refused_with_a_cure(home: Path, name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=r"\. Use "):
        Settings().with_(**{name: value})
    with pytest.raises(SettingsError, match=r"\. Use "):
        write_file(home, {name: "" if value is None else value})
    assert Settings.load() == Settings(home=home)


def test_an_unusable_value_is_told_with_the_place_it_came_from(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAGURA_RECALL", "-1")
    with pytest.raises(SettingsError, match=r"^KAGURA_RECALL: recall = -1 is not usable"):
        Settings.load()
    home.mkdir()
    (home / CONFIG_FILE).write_text("recal = 8")
    with pytest.raises(SettingsError, match=rf"{CONFIG_FILE}: There is no setting 'recal'"):
        Settings.load()


def test_the_home_folder_is_not_set_in_its_own_file(home: Path) -> None:
    with pytest.raises(SettingsError, match="KAGURA_HOME"):
        write_file(home, {"home": "/elsewhere"})
    (home / CONFIG_FILE).write_text('home = "/elsewhere"')
    with pytest.raises(SettingsError, match=rf"{CONFIG_FILE}: home .* KAGURA_HOME"):
        Settings.load()


def test_settings_do_not_change_in_place() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().model = "x"  # type: ignore[misc]


def test_the_file_is_written_whole_and_can_be_unset(home: Path) -> None:
    write_file(home, {"model": "practice", "recall": "8"})
    write_file(home, {"model": None})
    assert (home / CONFIG_FILE).read_text("utf-8") == "recall = 8\n"


def test_a_refused_value_leaves_the_file_as_it_was(home: Path) -> None:
    write_file(home, {"recall": 8})
    with pytest.raises(SettingsError):
        write_file(home, {"recall": "many"})
    with pytest.raises(InvalidUserId):
        write_file(home, {"user": "../x"})
    assert Settings.load().recall == 8


def test_only_the_owner_can_read_the_file(home: Path) -> None:
    write_file(home, {"store": "postgresql://me:secret@host/database"})
    write_file(home, {"recall": 8})
    files = {one.name: stat.S_IMODE(one.stat().st_mode) for one in home.iterdir()}
    assert files == {CONFIG_FILE: 0o600, "config.lock": 0o600}


def test_processes_that_change_the_file_at_once_lose_nothing(home: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from kagura_nb.settings import write_file\n"
        "for number in range(60): write_file(Path(sys.argv[1]), {sys.argv[2]: number})"
    )
    command = [sys.executable, "-c", code, str(home)]
    running = [subprocess.Popen([*command, name]) for name in ("recall", "examples")]
    assert [one.wait() for one in running] == [0, 0]
    assert (Settings.load().recall, Settings.load().examples) == (59, 59)


def test_a_broken_file_is_named(home: Path) -> None:
    home.mkdir()
    (home / CONFIG_FILE).write_text("recall = = 8")
    with pytest.raises(SettingsError, match=CONFIG_FILE):
        Settings.load()
