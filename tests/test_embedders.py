"""Embedders: one by default, others by choice; one that fails costs a line, never a turn."""

import os
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from servers.loopback import Fault
from servers.openai_vendor import OpenAIServer

from kagura_nb import ConversationCollector
from kagura_nb.errors import RecallError
from kagura_nb.memory import Memory
from kagura_nb.memory.embedders import EMBEDDERS, LONGEST, Embedder, open_embedder
from kagura_nb.settings import EMBEDDERS as KINDS
from kagura_nb.settings import Settings

Tell = Callable[..., str]
SECRET = "gh" + "p_" + "a1B2" * 9


class Counting:
    """An embedder that keeps what it was given."""

    weight, floor = 1.0, 0.9

    def __init__(self, name: str, dimension: int) -> None:
        self.name = name
        self.dimension = dimension
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += texts
        return np.eye(self.dimension, dtype=np.float32)[[len(one) % 3 for one in texts]]


def test_vectors_have_unit_length_and_likeness(embedder: Embedder) -> None:
    texts = ["my cat sleeps", "the stock market fell", "my cat sleeps", "x " * 3000]

    vectors = embedder.embed(texts)

    assert vectors.dtype == np.float32
    assert vectors.shape[0] == len(texts)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(texts)), abs=1e-3)
    assert vectors[0] @ vectors[2] == pytest.approx(1, abs=1e-3)
    assert vectors[0] @ vectors[1] < 0.95


def test_every_embedder_in_the_table_is_tested_here() -> None:
    assert list(EMBEDDERS) == ["builtin", "onnx", "openai", "ollama", "gemini"]
    assert list(EMBEDDERS) == ["builtin", *KINDS]


@pytest.mark.parametrize(
    ("one", "other"), [("colour", "colours"), ("accomodation", "accommodation"), ("京都駅", "京都")]
)
def test_the_built_in_one_sees_likeness_of_spelling(one: str, other: str) -> None:
    vectors = open_embedder(Settings()).embed([one, other, "banana"])
    assert vectors[0] @ vectors[1] > 0.3 > abs(vectors[0] @ vectors[2])


@pytest.mark.parametrize("missing", ["model.onnx", "tokenizer.json"])
def test_a_folder_that_is_no_model_is_named(tiny_encoder: Path, missing: str) -> None:
    (tiny_encoder / missing).write_bytes(b"garbage")
    with pytest.raises(RecallError, match=r"tiny.* cannot be used"):
        open_embedder(Settings(embedder=f"onnx:{tiny_encoder}")).embed(["x"])


def test_without_a_key_memory_searches_by_words(store: ConversationCollector, tell: Tell) -> None:
    wanted = tell("The lighthouse keeper plays chess")
    memory = Memory(store.database, store.settings.with_(embedder="openai:text-embedding-3-small"))

    (found,) = memory.recall("lighthouse", 5)

    assert (found.conversation.id, found.dense) == (wanted, 0)
    assert memory.notice is not None
    assert "There is no key for OpenAI" in memory.notice
    memory.close()


def test_a_server_that_fails_is_left_alone_for_a_while_and_then_caught_up_with(
    store: ConversationCollector,
    tell: Tell,
    openai_server: OpenAIServer,
) -> None:
    tell("The lighthouse keeper plays chess")
    settings = store.settings.with_(embedder="openai:text-embedding-3-small")
    openai_server.fail(*[Fault(status=500)] * 2)
    memory = Memory(store.database, settings)

    assert memory.recall("lighthouse", 5)[0].dense == 0
    asked = len(openai_server.requests)
    assert "does not answer" in str(memory.notice)
    memory.recall("keeper", 5)
    assert len(openai_server.requests) == asked
    memory.close()

    later = Memory(store.database, settings)
    later.catch_up()
    assert later.recall("lighthouse", 5)[0].dense > 0.1
    assert later.notice is None
    later.close()


def test_secrets_stay_behind_when_texts_leave_the_machine(remote_openai: OpenAIServer) -> None:
    embedder = open_embedder(Settings(embedder="openai:text-embedding-3-small"))

    embedder.embed([f"My key is {SECRET}"])

    assert remote_openai.requests[-1].body["input"] == ["My key is [API_KEY_1]"]


def test_a_secret_stays_behind_wherever_a_long_text_is_cut(
    store: ConversationCollector,
    tell: Tell,
    remote_openai: OpenAIServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://embeddings.example/v1")
    memory = Memory(store.database, store.settings.with_(embedder="openai:text-embedding-3-small"))
    for before in range(LONGEST - 60, LONGEST, 7):
        text = f"{'long ' * 1000}"[:before] + f" {SECRET} and more"
        tell(text)
        memory.catch_up()
        memory.recall(text, 1)
    memory.close()

    sent = [text for one in remote_openai.requests for text in one.body["input"]]
    assert len(sent) == 18
    assert [one for one in sent if SECRET[:12] in one] == []
    assert max(map(len, sent)) <= LONGEST


def test_a_refused_key_is_not_in_the_traceback(openai_server: OpenAIServer) -> None:
    openai_server.fail(Fault(status=401, message="Incorrect API key provided: {key}"))
    with pytest.raises(RecallError) as caught:
        open_embedder(Settings(embedder="openai:text-embedding-3-small")).embed(["x"])
    assert os.environ["OPENAI_API_KEY"] not in "".join(traceback.format_exception(caught.value))


def test_another_embedder_embeds_everything_again_and_is_never_mixed(
    store: ConversationCollector, tell: Tell
) -> None:
    ids = [tell(f"topic{number}", session=f"s{number}") for number in range(20)]
    first, second = Counting("first", 4), Counting("second", 8)

    for embedder in (first, second):
        memory = Memory(store.database, store.settings, embedder)
        memory.catch_up()
        assert len(memory.recall("topic7", 1)) == 1
        assert {one.shape for one in memory.vectors(ids).values()} == {(embedder.dimension,)}
        assert len(memory.vectors(ids)) == len(ids)
        memory.close()

    assert len(second.texts) == len(ids) + 1, "each conversation once, and the prompt"


def test_an_embedder_reads_date_speaker_and_both_sides(
    store: ConversationCollector, tell: Tell
) -> None:
    counting = Counting("counting", 4)
    memory = Memory(store.database, store.settings, counting)
    one = store.get(tell("And of Australia?", "Canberra."))
    memory.catch_up()
    day = one.created_at
    assert counting.texts == [f"[{day.day} {day:%B %Y}] And of Australia?\nCanberra."]


def test_the_prompt_is_embedded_once(memory: Memory, tell: Tell) -> None:
    wanted = tell("My favourite colour is teal")
    memory.recall("favourite colour", 5)
    vector = memory.embed("favourite colour")
    assert vector is not None
    assert vector is memory.embed("favourite colour")
    assert memory.vectors([wanted])[wanted] @ vector > 0.3
