"""The stars and the streamed reply as a person meets them: JupyterLab in a real browser."""

import os
import random
import signal
from collections.abc import Callable, Iterator

import pytest
from lab import Lab, LabNotebook, violations
from playwright.sync_api import Locator, Page, Route, expect

pytestmark = pytest.mark.browser

STATUS = "Saved. 12 of 100 good conversations for training; shown as an example from now on."
REPLY = f"""
from kagura_nb.notebook.stars import Stars
from kagura_nb.notebook.streaming import StreamingMarkdown

def rate(rating, comment):
    with open("NAME.ratings", "a") as file:
        file.write(f"{{rating}} {{comment}}\\n")
    return {STATUS!r} if rating else "Rating cleared."

reply = StreamingMarkdown()
reply.update("The capital of Japan is **Tokyo**.\\n\\n```python\\nprint('東京')\\n```")
reply.finish({{"model": "practice:model"}})
stars = Stars("01ARZ3NDEKTSV4RRFFQ69G5FAV", rate)
display(stars)
"""

Open = Callable[..., LabNotebook]


@pytest.fixture
def open_notebook(lab: Lab, page: Page, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Open a notebook of this test, its first cell run: a reply with its stars."""

    def opened(*more: str) -> LabNotebook:
        name = request.node.name
        lab.write(f"{name}.ipynb", REPLY.replace("NAME", name), *more)
        notebook = LabNotebook(page, lab, f"{name}.ipynb")
        notebook.wait_for_kernel()
        notebook.run(0)
        return notebook

    yield opened
    lab.shut_down_kernels()


@pytest.fixture
def ratings(lab: Lab, request: pytest.FixtureRequest) -> Callable[[], list[str]]:
    """What is on disk: one line a rating."""
    path = lab.notebooks / f"{request.node.name}.ratings"
    return lambda: path.read_text().splitlines() if path.exists() else []


def star(notebook: LabNotebook, value: int) -> Locator:
    """The radio input of so many stars, found as a screen reader finds it."""
    group = notebook.page.get_by_role("group", name="Rate this answer")
    return group.get_by_role("radio", name=f"{value} star")


def status(notebook: LabNotebook) -> Locator:
    """The line that is read out when it changes."""
    return notebook.output(0).get_by_role("status")


def test_a_click_writes_the_rating_and_tells_what_it_changed(
    open_notebook: Open, ratings: Callable[[], list[str]]
) -> None:
    notebook = open_notebook()

    star(notebook, 4).click()
    expect(status(notebook)).to_have_text(STATUS)

    assert ratings() == ["4 None"]
    notebook.screenshot("stars_light")
    assert violations(notebook.page, ".kagura-stars") == []


def test_the_keyboard_rates_changes_and_clears(
    open_notebook: Open, ratings: Callable[[], list[str]]
) -> None:
    notebook = open_notebook()
    keyboard = notebook.page.keyboard

    star(notebook, 1).focus()
    for key, checked in [("5", 5), ("ArrowLeft", 4), ("ArrowLeft", 3), ("2", 2)]:
        keyboard.press(key)
        expect(star(notebook, checked)).to_be_checked()
    keyboard.press("Delete")
    expect(status(notebook)).to_have_text("Rating cleared.")

    assert ratings() == ["5 None", "4 None", "3 None", "2 None", "None None"]
    expect(notebook.page.get_by_role("button", name="Clear rating")).to_be_hidden()


def test_full_width_digits_rate_too(open_notebook: Open, ratings: Callable[[], list[str]]) -> None:
    notebook = open_notebook()

    for key, checked in [("２", 2), ("５", 5)]:
        star(notebook, 1).dispatch_event("keydown", {"key": key, "bubbles": True})
        expect(star(notebook, checked)).to_be_checked()
    star(notebook, 1).dispatch_event("keydown", {"key": "０", "bubbles": True})
    expect(status(notebook)).to_have_text("Rating cleared.")

    assert ratings() == ["2 None", "5 None", "None None"]


def test_keys_on_a_star_do_not_edit_the_notebook_and_ctrl_s_still_saves(
    open_notebook: Open, lab: Lab
) -> None:
    notebook = open_notebook("1 + 1")
    star(notebook, 3).click()

    for key in ["b", "a", "d", "d", "x", "m", "1", "Shift+ArrowDown", "z"]:
        notebook.page.keyboard.press(key)
    notebook.save()

    assert notebook.cells.count() == 2
    assert [cell.cell_type for cell in lab.read(notebook.name).cells] == ["code", "code"]


def test_a_comment_is_written_with_enter_but_not_while_japanese_is_composed(
    open_notebook: Open, ratings: Callable[[], list[str]]
) -> None:
    notebook = open_notebook()
    star(notebook, 5).click()
    comment = notebook.page.get_by_label("Comment on this answer")
    comment.fill("短くて良い")

    comment.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    before = ratings()
    notebook.page.keyboard.press("Enter")

    expect(status(notebook)).to_have_text(STATUS)
    notebook.page.wait_for_timeout(200)
    assert before == ["5 None"]
    assert ratings() == ["5 None", "5 短くて良い"]


def test_a_click_counts_while_a_cell_awaits(
    open_notebook: Open, ratings: Callable[[], list[str]]
) -> None:
    notebook = open_notebook("import asyncio\nawait asyncio.sleep(5)")
    notebook.start(1)

    star(notebook, 4).click()
    expect(status(notebook)).to_have_text(STATUS)

    assert notebook.prompt(1) == "[*]:"
    assert ratings() == ["4 None"]


def test_a_click_while_a_cell_computes_is_written(
    open_notebook: Open, ratings: Callable[[], list[str]]
) -> None:
    notebook = open_notebook("import time\nprint('computing')\ntime.sleep(3)")
    notebook.start(1)
    expect(notebook.output(1)).to_contain_text("computing")

    star(notebook, 4).click()
    notebook.wait_until_run(1)
    expect(status(notebook)).to_have_text(STATUS)

    assert ratings() == ["4 None"]


def test_a_click_that_the_kernel_cannot_take_yet_says_so_and_is_written_later(
    open_notebook: Open, ratings: Callable[[], list[str]]
) -> None:
    notebook = open_notebook("import os\nprint(os.getpid())")
    kernel = int(notebook.run(1).inner_text())
    os.kill(kernel, signal.SIGSTOP)

    try:
        star(notebook, 4).click()
        expect(status(notebook)).to_contain_text("Not saved yet")
    finally:
        os.kill(kernel, signal.SIGCONT)
    expect(status(notebook)).to_have_text(STATUS)

    assert ratings() == ["4 None"]


def test_a_failed_write_is_an_alert_and_the_stars_go_back(open_notebook: Open) -> None:
    notebook = open_notebook(
        "from kagura_nb.errors import StoreUnavailable\n"
        "def full(rating, comment):\n"
        "    raise StoreUnavailable('The disk is full', 'Free some space')\n"
        "display(Stars('01X', full, rating=2))"
    )
    output = notebook.run(1)

    output.get_by_role("radio", name="5 star").click()

    expect(output.get_by_role("alert")).to_have_text("The disk is full. Free some space.")
    expect(output.get_by_role("radio", name="2 star")).to_be_checked()
    notebook.screenshot("stars_failed", output)


def test_reloading_the_page_shows_the_rating_again_in_either_theme(
    open_notebook: Open, lab: Lab
) -> None:
    notebook = open_notebook()
    star(notebook, 4).click()
    expect(status(notebook)).to_have_text(STATUS)
    notebook.save()

    lab.use_theme(dark=True)
    notebook.page.reload()
    notebook.wait_for_kernel()

    expect(star(notebook, 4)).to_be_checked()
    expect(status(notebook)).to_have_text(STATUS)
    notebook.screenshot("stars_dark")
    lab.use_theme(dark=False)


def test_a_saved_notebook_reads_well_without_its_kernel(open_notebook: Open, lab: Lab) -> None:
    notebook = open_notebook()
    notebook.save()

    lab.shut_down_kernels()
    notebook.page.goto("about:blank")
    again = LabNotebook(notebook.page, lab, notebook.name)

    expect(again.output(0)).to_contain_text("The capital of Japan is Tokyo.")
    markdown, stars = lab.read(notebook.name).cells[0].outputs
    assert markdown.metadata["kagura"] == {"model": "practice:model"}
    assert stars.data["text/plain"].startswith("☆☆☆☆☆  rate with: %kagura rate 01ARZ3")
    again.screenshot("reopened")


def test_it_fits_a_narrow_window_and_high_contrast(open_notebook: Open) -> None:
    notebook = open_notebook()
    page = notebook.page
    star(notebook, 4).click()
    page.set_viewport_size({"width": 620, "height": 760})
    page.emulate_media(forced_colors="active")

    box, area = page.locator(".kagura-stars").bounding_box(), notebook.output(0).bounding_box()

    assert box is not None and area is not None
    assert box["x"] + box["width"] <= area["x"] + area["width"] + 1
    notebook.screenshot("stars_narrow_high_contrast")


PIECES = [
    "`",
    "``",
    "```\n",
    "~~~\n",
    "\n",
    "\n\n",
    "    ",
    "- ",
    "> ",
    "1. ",
    "|",
    "\\",
    "[^1]: ",
    "a",
    "!",
]
PIECES += [
    "$",
    "*",
    "| a | b |\n|---|---|\n",
    "[",
    "](http://evil.test/link)",
    "<https://a.test/`>",
]
DIAGRAM = "```mermaid\nflowchart TD\n  A@{ img: 'http://evil.test/diagram', w: 60, h: 60 }\n```"
LOADING = [
    "![a](http://evil.test/random)",
    "<img src=http://evil.test/random>",
    f"\n\n{DIAGRAM}\n",
]


def random_texts(count: int) -> list[str]:
    """Markdown that no two readers need understand alike, always the same."""
    choose = random.Random(2)
    return ["".join(choose.choices(PIECES + 3 * LOADING, k=12)) for _ in range(count)]


def test_what_a_model_writes_loads_nothing(open_notebook: Open) -> None:
    asked: list[str] = []
    hostile = [
        *random_texts(150),
        "![a](http://evil.test/image)",
        "![a][1]\n\n[1]: http://evil.test/reference",
        "a `\n`![x](http://evil.test/span)`",
        "<img src=http://evil.test/html><video poster=http://evil.test/video>",
        DIAGRAM,
        f"````\n```\n````\n\n{DIAGRAM}",
        f"[x\n\n{DIAGRAM}",
        f"- a\n  ```\n  x\n\n{DIAGRAM}",
        f"[x\n\n- [ ] {DIAGRAM}",
        "[^1]:\n```\n![x](http://evil.test/definition)",
        "- ```\n![x](http://evil.test/list)",
    ]
    show = "for text in {!r}: reply = StreamingMarkdown(); reply.update(text); reply.finish({{}})"
    batches = [hostile[at : at + 40] for at in range(0, len(hostile), 40)]  # Lab shows 50 outputs
    loads = ["![a](http://evil.test/control)", DIAGRAM.replace("diagram", "last")]
    control = f"for text in {loads!r}: display({{'text/markdown': text}}, raw=True)"
    notebook = open_notebook(*(show.format(batch) for batch in batches), control)

    def note(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    notebook.page.route("**/evil.test/**", note)
    for index in range(1, notebook.cells.count()):
        notebook.run(index)
    for _ in range(100):  # diagrams are drawn one after the other
        if "http://evil.test/last" in asked:
            break
        notebook.page.wait_for_timeout(200)

    assert set(asked) == {"http://evil.test/control", "http://evil.test/last"}
