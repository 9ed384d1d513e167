"""A home is its owner's alone, and deleting never follows a link out of it."""

import os
import stat
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from kagura_nb import Assistant, ConversationCollector, Selection
from kagura_nb.datasets.files import Files
from kagura_nb.errors import DatasetError, SettingsError
from kagura_nb.settings import CONFIG_FILE, Settings
from kagura_nb.store.postgresql import LONGEST_NAME, schema_of

SOMEBODY = 12345
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")


def prepared(home: Path) -> ConversationCollector:
    """A home with everything in it that is looked at."""
    store = ConversationCollector("owner")
    store.collect("I like tea", "Noted.", "m")
    store.database.close()
    (home / CONFIG_FILE).write_text('model = "practice"\n')
    return store


def linked(home: Path) -> Path:
    real = home.with_name("real")
    home.rename(real)
    home.symlink_to(real)
    return real


PLACES: dict[str, Callable[[Path], Path]] = {
    "home": lambda home: home,
    "settings": lambda home: home / CONFIG_FILE,
    "user's folder": lambda home: home / "users" / "owner",
    "database": lambda home: home / "users" / "owner" / "kagura.db",
    "home behind a link": linked,
}


def used() -> None:
    ConversationCollector("owner", Settings.load()).get_stats()


@as_root
@pytest.mark.parametrize("place", PLACES)
def test_what_belongs_to_somebody_else_is_refused(home: Path, place: str) -> None:
    prepared(home)
    os.chown(PLACES[place](home), SOMEBODY, SOMEBODY)
    with pytest.raises(SettingsError, match=r"belongs to another user\. Set KAGURA_HOME"):
        used()


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o720])
@pytest.mark.parametrize("place", PLACES)
def test_what_others_could_write_to_is_repaired_and_told(home: Path, place: str, mode: int) -> None:
    prepared(home)
    path = PLACES[place](home)
    path.chmod(mode)
    with pytest.warns(UserWarning, match="Only you can now"):
        used()
    assert stat.S_IMODE(path.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o755, 0o500])
def test_what_others_can_only_read_is_left_as_it_is(home: Path, mode: int) -> None:
    prepared(home)
    home.chmod(mode)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        used()
    assert stat.S_IMODE(home.stat().st_mode) == mode


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder outside of the home with what must stay."""
    folder = tmp_path / "elsewhere"
    for name in ("chroma-1-x", "draft-1", "v1"):
        (folder / name).mkdir(parents=True)
        (folder / name / "precious").write_text("mine")
    return folder


@pytest.mark.parametrize("name", ["memory", "datasets"])
def test_deleting_does_not_follow_a_link(home: Path, elsewhere: Path, name: str) -> None:
    prepared(home)
    (home / "users" / "owner" / name).symlink_to(elsewhere)
    assistant = Assistant("owner", model="practice")
    assistant.memory.catch_up()
    assert [one.conversation.prompt for one in assistant.memory.recall("tea", 3)] == ["I like tea"]

    Files(assistant.settings).sweep(())
    Files(assistant.settings).remove("v1")
    assistant.forget(Selection())
    assistant.memory.rebuild(progress=False)
    assistant.close()

    assert len(list(elsewhere.glob("*/precious"))) == 3


def test_a_linked_folder_takes_no_dataset(home: Path, elsewhere: Path) -> None:
    prepared(home)
    (home / "users" / "owner" / "datasets").symlink_to(elsewhere)
    with (
        pytest.raises(DatasetError, match=r"is a link\. Remove the link"),
        Files(Settings.load(user="owner")).draft(),
    ):
        pass


def test_no_two_users_share_a_schema() -> None:
    long = "a" * 64
    twin = schema_of(long).removeprefix("kagura_")
    users = [long, long[:63], twin, twin.upper(), schema_of(twin).removeprefix("kagura_"), "a", "A"]
    users += ["x" * length for length in range(1, 65)]
    schemas = [schema_of(one) for one in users]
    assert len(set(schemas)) == len(users)
    assert max(map(len, schemas)) <= LONGEST_NAME


@pytest.mark.parametrize("user", ["me", "Anna.B", "a" * 56, "b" * 57])
def test_users_of_today_keep_their_schemas(user: str) -> None:
    name = f"kagura_{user}"
    assert schema_of(user) == name if len(name) <= 63 else schema_of(user)[:46] == name[:46]
