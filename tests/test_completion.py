"""What Tab offers behind `%kagura`: names that this owner has, where they may stand."""

import pytest
from training import a_dataset, a_job

from kagura_nb import ConversationCollector, deploy
from kagura_nb.notebook.completion import candidates
from kagura_nb.notebook.workspace import Workspace
from kagura_nb.store import datasets, jobs

TUNED = "local:practice+jobs/01KARTS8T3HW1QZQ7X9M5N2B4C"


@pytest.fixture
def workspace(store: ConversationCollector) -> Workspace:
    """A user who has trained a model and tries it on some sessions."""
    with store.database.write() as connection:
        datasets.add(connection, a_dataset(version="5f0c1e"), [])
        jobs.add(connection, a_job(state="succeeded", model=TUNED, base_model="org/model"))
        jobs.add(connection, a_job(id="01KARTS8T3HW1QZQ7X9M5N2B4D", state="failed"))
    deploy.deploy(store.database, TUNED, 0.3)
    return Workspace(lambda: store.settings)


@pytest.mark.parametrize(
    ("before", "offered"),
    [
        ("%kagura use local:", [TUNED]),
        ("%%kagura -m local:", [TUNED]),
        ("%kagura data --model local:", [TUNED]),
        ("%kagura compare ", [TUNED]),
        ("%kagura train -m ", ["gemini-3.1-flash-lite", "gpt-4.1-mini", "gpt-4.1-mini-2025-04-14",
                               "org/model", "practice"]),
        ("%kagura train ", ["5f0c1e", "last"]),
        ("%kagura data 5", ["5f0c1e"]),
        ("%kagura jobs ", ["5N2B4C", "5N2B4D", "last"]),
        ("%kagura jobs --wait l", ["last"]),
        ("%kagura jobs 5N2B4C ", []),
    ],
)  # fmt: skip
def test_names_are_offered_where_they_may_stand(
    workspace: Workspace, before: str, offered: list[str]
) -> None:
    assert candidates(before, workspace) == offered
