"""From ratings to a model of one's own in a real JupyterLab: what a person sees and clicks."""

from collections.abc import Iterator

import pytest
from lab import Lab, LabNotebook
from playwright.sync_api import Page, expect

from kagura_nb import ConversationCollector
from kagura_nb.settings import Settings

OWNER = "learner"
SETUP = f"""%load_ext kagura_nb
%config KaguraMagics.user = "{OWNER}"
%config KaguraMagics.model = "practice" """
MINUTES = 180_000


@pytest.fixture
def notebook(lab: Lab, page: Page) -> Iterator[LabNotebook]:
    """A notebook of a user with twelve good conversations, set up."""
    store = ConversationCollector(OWNER, Settings.load(home=lab.home))
    for n in range(12):
        one = store.collect(f"What is {n} times {n + 1}?", f"It is {n * (n + 1)}.", "practice")
        store.add_feedback(one, 5)
    store.database.close()
    train = "%kagura train --backend local --epochs 150 --share 30%"
    lab.write("training.ipynb", SETUP, train, "%kagura models")
    opened = LabNotebook(page, lab, "training.ipynb")
    opened.wait_for_kernel()
    opened.run(0)
    yield opened
    lab.shut_down_kernels()


def test_a_click_trains_a_model_that_answers_from_then_on(notebook: LabNotebook) -> None:
    card = notebook.run(1)
    expect(card).to_contain_text("nothing: it is trained on this machine")
    expect(card).to_contain_text("The first rows")
    notebook.screenshot("training-card", card)

    card.get_by_role("button", name="Approve").click()
    curve = card.locator("svg polyline").first
    expect(curve).to_be_attached(timeout=MINUTES)
    begun = curve.get_attribute("points") or ""
    expect(curve).not_to_have_attribute("points", begun, timeout=MINUTES)
    expect(card).to_contain_text("succeeded", timeout=MINUTES)

    expect(card).to_contain_text("peak memory")
    expect(card.get_by_role("button", name="Approve")).to_be_disabled()
    notebook.screenshot("training", card)
    answering = notebook.run(2)
    expect(answering).to_contain_text("local:practice+jobs/")
    expect(answering).to_contain_text("30 % of the sessions")
