"""The index is a copy: it heals after crashes, damage and forgetting, for any number of users."""

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from numpy.typing import NDArray
from servers.loopback import Fault
from servers.openai_vendor import OpenAIServer
from writers import writer

from kagura_nb import Assistant, ConversationCollector, Selection
from kagura_nb.errors import RecallError, StoreUnavailable
from kagura_nb.memory import Memory
from kagura_nb.memory.chroma import connect, guarded
from kagura_nb.memory.dense import FOLD

Tell = Callable[..., str]

PROCESSES, EACH = 4, 500


@contextmanager
def opened(store: ConversationCollector, below: int = 1) -> Iterator[Memory]:
    """A memory that uses Chroma from so many vectors on, as far as it may."""
    memory = Memory(store.database, store.settings, exact_below=below)
    memory.catch_up()
    memory.recall("anything to begin with", 1)
    memory.wait()
    try:
        yield memory
    finally:
        memory.close()


def folder_of(store: ConversationCollector) -> Path:
    (folder,) = (store.settings.user_home / "memory").glob("chroma-*")
    return folder


def test_four_processes_at_once_lose_nothing(store: ConversationCollector) -> None:
    writers = [writer(f"writer{number}", EACH, below=200) for number in range(PROCESSES)]
    told = [one.communicate()[0].split() for one in writers]
    assert [one.returncode for one in writers] == [0] * PROCESSES

    with opened(store) as memory:
        assert memory.uses_chroma
        found = {word: memory.recall(word, 1) for words in told for word in words}

    assert len(found) == PROCESSES * EACH
    assert [word for word, hits in found.items() if word not in _text(hits)] == []
    assert store.get_stats()["high_rated"] == PROCESSES * EACH


def test_what_a_killed_process_had_stored_is_found(store: ConversationCollector) -> None:
    killed = writer("killed", 1000, below=1)
    assert killed.stdout is not None
    told = [killed.stdout.readline().strip() for _ in range(300)]
    killed.send_signal(signal.SIGKILL)
    told += killed.stdout.read().split()
    killed.wait()

    with opened(store) as memory:
        assert [word for word in told if word not in _text(memory.recall(word, 1))] == []


@pytest.mark.parametrize("damage", ["garbage", "missing"])
def test_a_damaged_chroma_folder_is_built_again(
    store: ConversationCollector, tell: Tell, damage: str
) -> None:
    ids = [tell(f"topic{number} words", session=f"s{number}") for number in range(40)]
    with opened(store):
        folder = folder_of(store)
    for path in [one for one in folder.rglob("*") if one.is_file()]:
        if damage == "garbage":
            path.write_bytes(b"\xff\x00garbage" * 200)
        else:
            path.unlink()

    code = "\n".join(
        [
            "from kagura_nb import ConversationCollector",
            "from kagura_nb.memory import Memory",
            "store = ConversationCollector()",
            "memory = Memory(store.database, store.settings, exact_below=1)",
            "memory.recall('topic7', 1); memory.wait()",
            "print(memory.uses_chroma, memory.recall('topic7', 1)[0].conversation.id)",
            "memory.close()",
        ]
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.split() == ["True", ids[7]]


def test_a_second_process_searches_exactly_and_finds_as_much(
    store: ConversationCollector, tell: Tell
) -> None:
    wanted = tell("The lighthouse keeper plays chess")
    with opened(store) as owner, opened(store) as other:
        later = tell("The lighthouse was painted", session="later")
        assert (owner.uses_chroma, other.uses_chroma) == (True, False)
        for memory in (owner, other):
            found = {one.conversation.id for one in memory.recall("lighthouse", 5)}
            assert found == {wanted, later}


def test_vectors_written_later_reach_chroma(store: ConversationCollector, tell: Tell) -> None:
    tell("the first one")
    with opened(store) as memory:
        for number in range(300):
            tell(f"thing{number} is blue", session=f"s{number}")
        memory.catch_up()
        memory.recall("thing7", 1)
        memory.catch_up()
        (found,) = memory.recall("thing7", 1)

    assert found.conversation.prompt == "thing7 is blue"
    with opened(store) as memory:
        assert memory.uses_chroma
        assert memory.recall("thing299", 1)[0].dense > 0.3


def test_forgetting_throws_chromas_copy_away(store: ConversationCollector, tell: Tell) -> None:
    tell("The secret is xyzzyplugh", session="secret")
    tell("The weather is fine", session="kept")
    with opened(store) as memory:
        before = folder_of(store)
        store.forget(Selection(session="secret"))
        assert memory.recall("secret xyzzyplugh", 5) == []
        memory.wait()
        assert memory.uses_chroma

    assert not before.exists()
    assert folder_of(store).exists()


def test_what_is_forgotten_elsewhere_is_in_no_file_of_the_index(
    store: ConversationCollector, tell: Tell
) -> None:
    tell("The secret is xyzzyplugh", session="secret")
    tell("The weather is fine", session="kept")
    with opened(store) as memory:
        copied = folder_of(store)

        Assistant(settings=store.settings).forget(Selection(session="secret"))

        assert not copied.exists()
        assert len(memory.recall("weather", 5)) == 1
        memory.wait()
        assert memory.uses_chroma


def test_a_copy_that_is_deleted_before_later_vectors_reach_it_costs_nothing(
    store: ConversationCollector, tell: Tell
) -> None:
    tell("The secret is xyzzyplugh", session="secret")
    with opened(store) as memory:
        assert memory.uses_chroma
        for number in range(FOLD + 10):
            tell(f"thing{number} is blue", session=f"s{number}")
        memory.catch_up()
        memory.recall("thing7", 1)
        Assistant(settings=store.settings).forget(Selection(session="secret"))
        tell("The last one is green")

        assert memory.recall("last green", 1)[0].conversation.prompt == "The last one is green"
        assert memory.recall("thing7", 1)[0].conversation.prompt == "thing7 is blue"


class Panic(BaseException):
    """As from Chroma's Rust code, which is no `Exception`."""


@pytest.mark.parametrize("failure", [Panic, ValueError, OSError])
def test_whatever_fails_in_chroma_is_one_error(failure: type[BaseException]) -> None:
    with pytest.raises(RecallError, match="vector index"), guarded():
        raise failure("boom")


def test_an_interrupt_is_not_taken_for_a_failure_of_chroma() -> None:
    with pytest.raises(KeyboardInterrupt), guarded():
        raise KeyboardInterrupt


def test_a_copy_is_built_batch_by_batch(
    store: ConversationCollector, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kagura_nb.memory.chroma_copy.BATCH", 7)
    for number in range(100):
        tell(f"topic{number}", session=f"s{number}")
    with opened(store) as memory:
        assert memory.uses_chroma
        assert len(memory.recall("topic93", 1)) == 1


@pytest.mark.parametrize("below", [1, 1000], ids=["chroma", "exact"])
def test_a_model_replaced_under_its_name_embeds_everything_again(
    store: ConversationCollector, tell: Tell, below: int
) -> None:
    ids = [tell(f"topic{number}", session=f"s{number}") for number in range(20)]
    for dimension in (8, 16):
        memory = Memory(store.database, store.settings, Slow("same", dimension), exact_below=below)
        memory.recall("topic7", 1)
        memory.wait()
        (found,) = memory.recall("topic7", 1)
        memory.wait()
        assert found.conversation.prompt == "topic7"
        assert found.dense == pytest.approx(1, abs=0.01)
        assert {one.shape for one in memory.vectors(ids).values()} == {(dimension,)}
        assert len(memory.vectors(ids)) == len(ids)
        assert memory.uses_chroma == (below == 1)
        memory.close()


class Slow:
    """An embedder that takes its time for every text, and sees all texts alike."""

    weight, floor = 1.0, 0.9

    def __init__(self, name: str, dimension: int, seconds: float = 0.0) -> None:
        self.name, self.dimension, self.seconds = name, dimension, seconds

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        time.sleep(self.seconds * len(texts))
        return np.eye(self.dimension, dtype=np.float32)[[0] * len(texts)]


@pytest.mark.parametrize("begin", [Memory.rebuild, lambda memory: memory.catch_up(progress=True)])
def test_what_takes_over_two_seconds_shows_a_bar(
    store: ConversationCollector,
    tell: Tell,
    capsys: pytest.CaptureFixture[str],
    begin: Callable[[Memory], None],
) -> None:
    for number in range(200):
        tell(f"topic{number}", session=f"s{number}")
    memory = Memory(store.database, store.settings, Slow("slow", 4, seconds=0.015))

    begin(memory)
    memory.close()

    assert re.search(r"Memory: +\d+%.*200/200", capsys.readouterr().err)


def test_closing_does_not_wait_for_all_that_is_still_to_be_embedded(
    store: ConversationCollector, tell: Tell
) -> None:
    for number in range(300):
        tell(f"topic{number}", session=f"s{number}")
    memory = Memory(store.database, store.settings, Slow("slow", 4, seconds=0.02))
    memory.catch_up_soon()
    begun = time.monotonic()

    memory.close()

    assert time.monotonic() - begun < 3
    with opened(store, below=1000) as later:
        assert len(later.recall("topic299", 1)) == 1


def test_a_process_that_has_answered_ends(
    store: ConversationCollector, tell: Tell, openai_server: OpenAIServer
) -> None:
    for number in range(300):
        tell(f"topic{number}", session=f"s{number}")
    openai_server.fail(Fault(), *[Fault(hang=10)] * 10)
    code = (
        "from kagura_nb import Assistant; import time\n"
        "assistant = Assistant(model='practice', embedder='openai:text-embedding-3-small')\n"
        "assistant.ask('Hello there, tell me about lighthouses'); print(time.time(), flush=True)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert time.time() - float(said.stdout) < 4


def test_copies_are_deleted_even_while_somebody_reads_what_is_forgotten(
    store: ConversationCollector, tell: Tell
) -> None:
    tell("The secret is xyzzyplugh", session="secret")
    with opened(store):
        copied = folder_of(store)
        with ConversationCollector().database.read() as reader:
            reader.exec_driver_sql("SELECT count(*) FROM conversations").scalar()
            with pytest.raises(StoreUnavailable, match="the next write here erases the rest"):
                Assistant(settings=store.settings).forget(Selection(session="secret"))
        assert not copied.exists()


def test_a_lost_index_is_made_again_with_progress(
    store: ConversationCollector, memory: Memory, tell: Tell, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(30):
        tell(f"topic{number}", session=f"s{number}")
    memory.catch_up()
    shutil.rmtree(store.settings.user_home / "memory", ignore_errors=True)

    memory.rebuild()

    assert [one.conversation.prompt for one in memory.recall("topic7", 1)] == ["topic7"]
    assert capsys.readouterr().err == "", "a bar only where it takes over two seconds"


def test_many_waiting_conversations_are_indexed_beside_the_first_answer(
    store: ConversationCollector, memory: Memory, tell: Tell
) -> None:
    for number in range(200):
        tell(f"topic{number}", session=f"s{number}")

    memory.recall("topic7", 1)
    memory.wait()

    assert [one.conversation.prompt for one in memory.recall("topic7", 1)] == ["topic7"]


def test_an_index_that_another_program_holds_is_left_alone(
    store: ConversationCollector, tell: Tell
) -> None:
    tell("The lighthouse keeper plays chess")
    folder = store.settings.user_home / "memory"
    folder.mkdir()
    with FileLock(folder / "owner.lock"), opened(store) as memory:
        assert not memory.uses_chroma
        assert len(memory.recall("lighthouse", 5)) == 1


def test_through_a_chroma_server_every_process_uses_it(
    store: ConversationCollector, tell: Tell, chroma_server: str
) -> None:
    wanted = tell("The lighthouse keeper plays chess")
    settings = store.settings.with_(chroma=chroma_server)
    shared = ConversationCollector(settings=settings)
    with opened(shared) as one, opened(shared) as other:
        assert (one.uses_chroma, other.uses_chroma) == (True, True)
        assert other.recall("lighthouse", 1)[0].conversation.id == wanted


def test_forgetting_empties_the_chroma_server_too(
    store: ConversationCollector, tell: Tell, chroma_server: str
) -> None:
    tell("The secret is xyzzyplugh")
    settings = store.settings.with_(chroma=chroma_server)
    with opened(ConversationCollector(settings=settings)) as memory:
        assert memory.uses_chroma

    Assistant(settings=settings).forget(Selection())

    assert connect(settings, None).list_collections() == []


def test_a_chroma_server_that_is_down_is_named_when_forgetting(
    store: ConversationCollector, tell: Tell
) -> None:
    tell("The secret is xyzzyplugh")
    assistant = Assistant(settings=store.settings.with_(chroma="127.0.0.1:9"))

    with pytest.raises(RecallError, match=r"127\.0\.0\.1:9 does not answer.*Start it"):
        assistant.forget(Selection())

    assert store.count(Selection()) == 0


def _text(hits: object) -> str:
    return " ".join(one.conversation.prompt for one in hits)  # type: ignore[attr-defined]
