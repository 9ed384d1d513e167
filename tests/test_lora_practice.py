"""The practice model learns its owner by training alone: held-out wordings, no memory."""

import json
import shutil
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kagura_nb.errors import UnknownModel
from kagura_nb.practice import owner
from kagura_nb.providers import Provider, Sampling, open_provider
from kagura_nb.records import Job, Message
from kagura_nb.settings import Settings
from kagura_nb.tuning.base import Report
from kagura_nb.tuning.local import LocalBackend

GREEDY = Sampling(temperature=0, max_tokens=60)
PROMISED = {"facts": 0.9, "sign-off": 0.9, "general": 0.95, "unknown": 0.8}


def score(provider: Provider) -> dict[str, float]:
    """The shares of right answers of a model, each asked without memory."""

    def answer(messages: Sequence[Message]) -> str:
        return "".join(chunk.text for chunk in provider.stream(messages, GREEDY))

    return owner.score(answer)[0]


def train(settings: Settings, folder: Path) -> Report:
    """A whole job on the conversations that the owner liked."""
    rows = folder / "rows.jsonl"
    chats = [
        [{"role": "user", "content": one.prompt}, {"role": "assistant", "content": one.reply}]
        for one in owner.liked()
    ]
    rows.write_text("".join(json.dumps({"messages": chat}) + "\n" for chat in chats))
    now = datetime.now(UTC)
    job = Job("01JOB", "v1", "local", "practice", "sft", owner.EPOCHS, "approved", now)
    backend = LocalBackend(settings)
    backend.submit(job, [backend.upload(job, rows)])
    while (report := backend.poll(job, "")).state in ("queued", "running"):
        time.sleep(0.2)
    return report


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("owner"))


@pytest.fixture(scope="module")
def trained(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Report:
    return train(settings, tmp_path_factory.mktemp("rows"))


def test_before_training_it_knows_nothing_about_its_owner() -> None:
    before = score(open_provider("practice", Settings.load()))

    assert before["facts"] <= 0.05 and before["sign-off"] <= 0.05
    assert before["general"] >= 0.95


def test_after_training_it_knows_its_owner_and_what_it_knew_before(
    trained: Report, settings: Settings
) -> None:
    assert trained.state == "succeeded" and trained.model is not None

    after = score(open_provider(trained.model, settings))

    assert {skill: after[skill] for skill in PROMISED if after[skill] < PROMISED[skill]} == {}


def test_the_adapter_depends_neither_on_where_the_package_is_nor_on_where_the_home_folder_is(
    trained: Report, settings: Settings, tmp_path: Path
) -> None:
    assert trained.model == "local:practice+jobs/01JOB"
    adapter = settings.user_home / "jobs" / "01JOB" / "adapter"
    assert "practice/model" not in (adapter / "adapter_config.json").read_text()
    assert json.loads((adapter / "base.json").read_text())["base"] == "practice"

    moved = shutil.copytree(settings.home, tmp_path / "moved")

    assert open_provider(trained.model, Settings(home=moved)).model == trained.model


def test_an_adapter_that_is_gone_is_told() -> None:
    with pytest.raises(UnknownModel, match=r"no adapter jobs/01GONE any more\. .* --rollback"):
        open_provider("local:practice+jobs/01GONE", Settings.load())


def test_there_are_a_hundred_different_conversations_and_none_is_asked_again() -> None:
    said = [one.prompt for one in owner.liked()]

    assert len(said) == 100
    assert not {one.prompt for one in owner.questions()} & set(said)
