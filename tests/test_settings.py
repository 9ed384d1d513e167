"""Settings: defaults < file < environment < what the caller sets; nothing unusable gets in."""

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
        ("no_such", 1),
        ("timeout", None),
    ],
)
def test_what_is_not_usable_is_refused_with_a_cure(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=r"\. Use "):
        Settings().with_(**{name: value})


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


def test_a_broken_file_is_named(home: Path) -> None:
    home.mkdir()
    (home / CONFIG_FILE).write_text("recall = = 8")
    with pytest.raises(SettingsError, match=CONFIG_FILE):
        Settings.load()
