"""The store's file belongs to its owner alone, and is never made worse than it was found."""

import sqlite3
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kagura_nb import ConversationCollector, Selection, Settings
from kagura_nb.errors import StoreUnavailable


def file_of(store: ConversationCollector) -> Path:
    return store.settings.user_home / "kagura.db"


def test_what_is_forgotten_is_in_no_file_any_more(store: ConversationCollector) -> None:
    kept = store.collect("keep this", "kept", "practice")
    store.collect("the password is xyzzyplugh", "xyzzyplugh noted", "practice", session="secret")
    store.tag("last", "xyzzyplughtag")

    assert store.forget(Selection(session="secret")) == 1

    assert [one.id for one in store.iterate()] == [kept]
    files = [path for path in store.settings.home.rglob("*") if path.is_file()]
    assert [path.name for path in files if b"xyzzyplugh" in path.read_bytes()] == []


def test_what_a_reader_keeps_in_the_log_is_told_and_erased_with_the_next_write(
    store: ConversationCollector,
) -> None:
    store.collect("the password is xyzzyplugh", "xyzzyplugh noted", "practice", session="secret")
    elsewhere = ConversationCollector()
    begun = time.monotonic()

    with elsewhere.database.read() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM conversations").scalar()
        with pytest.raises(StoreUnavailable, match="log, which another program is reading"):
            store.forget(Selection(session="secret"))
        assert time.monotonic() - begun < 5
        assert store.get_stats()["total"] == 0
        store.collect("while somebody reads", "ok", "practice")

    store.collect("nobody reads any more", "ok", "practice")

    files = [path for path in store.settings.home.rglob("*") if path.is_file()]
    assert [path.name for path in files if b"xyzzyplugh" in path.read_bytes()] == []
    elsewhere.database.close()


def test_only_the_owner_can_read_the_store(store: ConversationCollector, home: Path) -> None:
    store.collect("hello", "hi", "practice")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in home.rglob("*") if path.is_file()}
    folders = {
        stat.S_IMODE(path.stat().st_mode) for path in [home, *home.rglob("*")] if path.is_dir()
    }
    assert (modes, folders) == ({0o600}, {0o700})


def test_a_file_that_is_no_database_is_named_and_kept(store: ConversationCollector) -> None:
    file_of(store).parent.mkdir(parents=True)
    file_of(store).write_bytes(b"this is not a database, but it may be precious" * 100)
    with pytest.raises(StoreUnavailable, match="backup"):
        store.collect("hello", "hi", "practice")
    assert file_of(store).read_bytes().startswith(b"this is not")


def test_a_full_disk_fails_one_turn_and_loses_nothing(store: ConversationCollector) -> None:
    kept = store.collect("hello", "hi", "practice")
    with store.database.maintain() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StoreUnavailable, match="Free some space"):
        store.collect("x" * 1_000_000, "too much", "practice")

    assert [one.id for one in store.iterate()] == [kept]


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    settings = Settings.load(home=blocked / "home")
    with pytest.raises(StoreUnavailable, match="KAGURA_HOME"):
        ConversationCollector(settings=settings).collect("hello", "hi", "practice")


def test_a_read_only_store_can_be_read_and_says_why_it_cannot_be_written(
    store: ConversationCollector,
) -> None:
    identifier = store.collect("hello", "hi", "practice")
    store.database.close()
    url = f"sqlite:///file:{file_of(store)}?mode=ro&uri=true"
    reader = ConversationCollector(settings=store.settings.with_(store=url))
    assert reader.get(identifier).prompt == "hello"
    with pytest.raises(StoreUnavailable, match="Make it writable"):
        reader.collect("more", "no", "practice")


def test_no_ctrl_c_leaves_the_store_locked(
    store: ConversationCollector, interrupt_after: Callable[[float], None]
) -> None:
    one = store.collect("Hello", "Hi!", "none")
    other = sqlite3.connect(file_of(store), timeout=0, isolation_level=None)
    for number in range(40):
        interrupt_after(0.001 + 0.0003 * number)
        with pytest.raises(KeyboardInterrupt):
            while True:
                store.add_feedback(one, 5)
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    other.close()
