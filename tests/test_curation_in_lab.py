"""Working through conversations as a person does it: JupyterLab in a real browser."""

from collections.abc import Callable, Iterator

import pytest
from lab import Lab, LabNotebook, violations
from playwright.sync_api import Locator, Page, expect

from kagura_nb import ConversationCollector
from kagura_nb.settings import Settings
from kagura_nb.store import Selection

pytestmark = pytest.mark.browser

SETUP = '%load_ext kagura_nb\n%config KaguraMagics.user = "{user}"'
TWICE = """from kagura_nb import Assistant
from kagura_nb.notebook.curation import CurationView
view = CurationView(Assistant("{user}"))
display(view, view)"""
SLEEP = """import time
open("begun", "w").close()
time.sleep(30)
open("ended", "w").close()"""
HOSTILE = "<img src=x onerror=\"document.title='evil'\"><b>much</b>"

Open = Callable[..., Locator]


@pytest.fixture
def owner(request: pytest.FixtureRequest) -> str:
    """A user of this test's own."""
    return request.node.name.replace("_", "-")[:60]


@pytest.fixture
def stored(lab: Lab, owner: str) -> ConversationCollector:
    """Twenty-five conversations, of which the first two say the same and the first five are rated,
    and two with something private.
    """
    store = ConversationCollector(owner, Settings.load(home=lab.home))
    for number in (1, *range(1, 25)):
        one = store.collect(f"How much is {number}?", "very " * number + HOSTILE, "practice")
        if number < 5:
            store.add_feedback(one, 5)
    store.collect("鍵は誰が？", "hanako@example.co.jp に聞いてください。", "practice")
    store.collect("Who has the key?", "Call 090-1234-5678.", "practice")
    return store


@pytest.fixture
def notebooks() -> list[LabNotebook]:
    """The open notebook."""
    return []


@pytest.fixture
def open_view(
    lab: Lab, page: Page, owner: str, stored: ConversationCollector, notebooks: list[LabNotebook]
) -> Iterator[Open]:
    """Open a notebook with the view in its second cell, and more cells behind it."""

    def opened(*more: str) -> Locator:
        lab.write(f"{owner}.ipynb", SETUP.format(user=owner), "%kagura data", *more)
        notebook = LabNotebook(page, lab, f"{owner}.ipynb")
        notebooks.append(notebook)
        notebook.wait_for_kernel()
        notebook.run(0)
        notebook.run(1)
        return view_in(notebook)

    yield opened
    lab.shut_down_kernels()


def view_in(notebook: LabNotebook) -> Locator:
    view = notebook.output(1).locator(".kagura-curation")
    expect(rows(view).first).to_be_visible()
    return view


def rows(view: Locator) -> Locator:
    return view.locator(".kc-row")


def choose(view: Locator, name: str, option: str) -> None:
    view.get_by_role("combobox", name=name, exact=True).select_option(option)


def status(view: Locator) -> Locator:
    return view.get_by_role("status")


def test_a_page_is_worked_through_by_keys_alone(
    open_view: Open, stored: ConversationCollector, page: Page, notebooks: list[LabNotebook]
) -> None:
    view = open_view()
    keys = page.keyboard
    newest, second, third = stored.recent(3)

    rows(view).first.focus()
    keys.press("4")
    expect(status(view)).to_contain_text("example from now on")
    keys.press("j")
    keys.press("x")
    expect(status(view)).to_contain_text("Kept out of training")
    keys.press("j")
    keys.press("e")
    editor = view.get_by_role("textbox", name=f"Correction of {third.id[-6:]}")
    expect(editor).to_be_focused()
    editor.fill("Twenty-four,\nand no more.")
    keys.press("Control+Enter")
    expect(status(view)).to_contain_text("is corrected")

    assert stored.get(newest.id).rating == 4
    assert stored.get(second.id).excluded == "by the user"
    assert stored.get(third.id).correction == "Twenty-four,\nand no more."
    keys.press("Escape")
    for _ in range(3):
        keys.press("u")
        expect(status(view)).to_contain_text("Taken back")
        expect(status(view)).not_to_contain_text("Working")
        page.wait_for_timeout(200)
    assert stored.recent(3) == [newest, second, third]
    assert notebooks[0].cells.count() == 2  # no key went on to JupyterLab


def test_it_is_filtered_sorted_and_turned(open_view: Open, page: Page) -> None:
    view = open_view()
    expect(view.get_by_text("1 to 20 of 27")).to_be_visible()

    view.get_by_role("button", name="Next page").press("Enter")
    expect(view.get_by_text("21 to 27 of 27")).to_be_visible()
    choose(view, "Sort", "longest")
    expect(rows(view).first).to_contain_text("How much is 24?")
    view.get_by_label("Words").fill("key")
    expect(rows(view)).to_have_count(1)
    expect(rows(view).first).to_contain_text("PHONE")
    view.get_by_role("button", name="Clear", exact=True).click()
    choose(view, "Stars", "5")
    expect(rows(view)).to_have_count(5)
    choose(view, "Dataset", "left out")
    expect(rows(view)).to_have_count(2)
    expect(rows(view).first).to_contain_text("left out: nearly the same as")


def test_many_are_changed_by_clicks_and_it_is_taken_back(
    open_view: Open, stored: ConversationCollector
) -> None:
    view = open_view()

    view.get_by_role("checkbox", name="Select the page").check()
    view.get_by_role("button", name="Select all 27").click()
    expect(view.get_by_text("27 selected")).to_be_visible()
    acts = view.get_by_role("group", name="With what is selected")
    acts.get_by_role("radio", name="4 stars").click()
    expect(status(view)).to_contain_text("4 stars for 27 conversations; 27 of 100")
    acts.get_by_label("Tag").fill("家")
    acts.get_by_role("button", name="Add").click()
    expect(status(view)).to_contain_text("Tagged 家: 27 conversations")
    assert stored.count(Selection(tag="家", stars=4)) == 27

    view.get_by_role("button", name="Undo").click()
    expect(status(view)).to_contain_text("Taken back: the tag")
    view.get_by_role("button", name="Undo").click()
    expect(status(view)).to_contain_text("Taken back: 4 stars")

    assert stored.count(Selection(tag="家")) == 0
    assert stored.count(Selection(stars=5)) == 5


def test_forgetting_asks_first(open_view: Open, stored: ConversationCollector, page: Page) -> None:
    view = open_view()
    rows(view).first.get_by_role("button", name="Open").click()
    forget = rows(view).first.get_by_role("button", name="Forget…")

    forget.click()
    question = view.get_by_role("alertdialog", name="Forget for good?")
    expect(question).to_contain_text("cannot be undone")
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    assert stored.count(Selection()) == 27
    forget.click()
    question.get_by_role("button", name="Forget for good").click()

    expect(status(view)).to_contain_text("Forgotten for good: 1 conversation.")
    assert stored.count(Selection()) == 26


def test_what_one_view_finds_is_not_what_another_had_selected(
    open_view: Open, stored: ConversationCollector, owner: str, notebooks: list[LabNotebook]
) -> None:
    open_view(TWICE.format(user=owner))
    notebooks[0].run(2)
    views = notebooks[0].output(2).locator(".kagura-curation")
    expect(rows(views.last)).to_have_count(20)
    acts = views.first.get_by_role("group", name="With what is selected")
    question = views.first.get_by_role("alertdialog", name="Forget for good?")
    views.first.get_by_role("checkbox", name="Select the page").check()
    views.first.get_by_role("button", name="Select all 27").click()
    acts.get_by_role("button", name="Forget…").click()
    expect(question).to_contain_text("27 conversations will be removed")

    views.last.get_by_label("Words").fill("key")

    expect(rows(views.first)).to_have_count(1)
    expect(question).to_be_hidden()
    expect(acts).to_be_hidden()
    assert stored.count(Selection()) == 27


def test_what_is_private_is_found_masked_and_redacted(
    open_view: Open, stored: ConversationCollector
) -> None:
    view = open_view()

    view.get_by_text("More", exact=True).click()
    choose(view, "Private", "anything private")
    expect(rows(view)).to_have_count(2)
    expect(rows(view).last.locator("mark")).to_have_text("EMAIL")
    choose(view, "Private", "PHONE")
    expect(rows(view)).to_have_count(1)
    rows(view).first.get_by_role("button", name="Open").click()
    expect(rows(view).first.locator(".kc-whole mark").first).to_have_text("090-1234-5678")
    rows(view).first.get_by_role("button", name="Redact…").click()
    view.get_by_role("button", name="Redact for good").click()

    expect(status(view)).to_contain_text("Redacted for good: 1 conversation.")
    assert "[REDACTED_PHONE]" in stored.get("last").response


def test_the_next_dataset_is_built_and_told(
    open_view: Open, stored: ConversationCollector, notebooks: list[LabNotebook]
) -> None:
    view = open_view()
    expect(view.get_by_text("since dataset")).to_be_hidden()

    rows(view).first.get_by_role("radio", name="5 stars").click()
    expect(view.get_by_text("1 change since dataset")).to_be_visible()
    view.get_by_role("button", name="Build the next dataset").click()

    expect(status(view)).to_contain_text("1 more, 0 less")
    expect(view.get_by_text("since dataset")).to_be_hidden()


def test_it_is_shown_again_after_a_reload_and_answers_while_a_cell_runs(
    open_view: Open,
    stored: ConversationCollector,
    notebooks: list[LabNotebook],
    page: Page,
    lab: Lab,
) -> None:
    open_view(SLEEP)
    (notebook,) = notebooks
    view_in(notebook).get_by_label("Words").fill("key")
    expect(rows(view_in(notebook))).to_have_count(1)
    notebook.save()
    page.reload()
    notebook.wait_for_kernel()
    notebook.run(1)
    view = view_in(notebook)
    notebook.start(2)
    while not (lab.notebooks / "begun").exists():
        page.wait_for_timeout(100)

    rows(view).first.get_by_role("radio", name="3 stars").click()

    expect(status(view)).to_contain_text("from 4 stars on", timeout=10_000)
    assert not (lab.notebooks / "ended").exists()
    assert stored.get("last").rating == 3


def test_nothing_of_what_was_said_is_run_and_nothing_is_left_to_complain_of(
    open_view: Open, page: Page, notebooks: list[LabNotebook]
) -> None:
    view = open_view()
    rows(view).nth(2).get_by_role("button", name="Open").click()
    expect(rows(view).nth(2).locator(".kc-whole")).to_contain_text("<b>much</b>")
    view.get_by_role("checkbox", name="Select the page").check()
    view.get_by_role("button", name="Keys").click()
    view.get_by_text("More", exact=True).click()

    assert page.title() != "evil" and view.locator("img, b:text('much')").count() == 0
    notebooks[0].screenshot("curation", view)
    assert violations(page, ".kagura-curation") == []
