"""What training leaves of the practice model; notebook 05 and its test show what it learns."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kagura_nb.errors import UnknownModel
from kagura_nb.practice import owner
from kagura_nb.providers import open_provider
from kagura_nb.records import Job
from kagura_nb.settings import Settings
from kagura_nb.tuning.base import Report
from kagura_nb.tuning.local import LocalBackend


def train(settings: Settings, folder: Path) -> Report:
    """A whole job on the conversations that the owner liked, once each."""
    rows = folder / "rows.jsonl"
    chats = [
        [{"role": "user", "content": one.prompt}, {"role": "assistant", "content": one.reply}]
        for one in owner.liked()
    ]
    rows.write_text("".join(json.dumps({"messages": chat}) + "\n" for chat in chats))
    now = datetime.now(UTC)
    job = Job("01JOB", "v1", "local", "practice", "sft", 1, "approved", now)
    backend = LocalBackend(settings)
    backend.submit(job, [backend.upload(job, rows)])
    while (report := backend.poll(job, "")).state in ("queued", "running"):
        time.sleep(0.2)
    return report


def test_the_adapter_depends_neither_on_where_the_package_is_nor_on_where_the_home_folder_is(
    tmp_path: Path,
) -> None:
    settings = Settings(home=tmp_path / "home")
    trained = train(settings, tmp_path)
    assert trained.model == "local:practice+jobs/01JOB"
    adapter = settings.user_home / "jobs" / "01JOB" / "adapter"
    assert "practice/model" not in (adapter / "adapter_config.json").read_text()
    assert json.loads((adapter / "base.json").read_text())["base"] == "practice"

    moved = settings.home.rename(tmp_path / "moved")

    assert open_provider(trained.model, Settings(home=moved)).model == trained.model


def test_an_adapter_that_is_gone_is_told() -> None:
    with pytest.raises(UnknownModel, match=r"no adapter jobs/01GONE any more\. .* --rollback"):
        open_provider("local:practice+jobs/01GONE", Settings.load())


def test_there_are_a_hundred_different_conversations_and_none_is_asked_again() -> None:
    said = [one.prompt for one in owner.liked()]

    assert len(said) == 100
    assert not {one.prompt for one in owner.questions()} & set(said)
