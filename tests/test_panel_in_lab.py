"""The chat panel as a person meets it: JupyterLab in a real browser."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hostile import EVIL, HOSTILE
from lab import Lab, LabNotebook, violations
from playwright.sync_api import Locator, Page, Route, expect
from servers.loopback import Fault
from servers.openai_vendor import OpenAIServer

from kagura_nb import ConversationCollector
from kagura_nb.settings import Settings

pytestmark = pytest.mark.browser
expect.set_options(timeout=30_000)  # the first turn of a kernel imports the vendor's SDK

SETUP = """%load_ext kagura_nb
%config KaguraMagics.user = "{user}"
%config KaguraMagics.model = "{model}"
%env OPENAI_BASE_URL={url}
%env OPENAI_API_KEY=test-key"""
MODEL = "openai:gpt-6.1-terra"
RICH = """The capital of Japan is **Tokyo** (*東京*), see <https://example.org/tokyo>.

## Why

1. The emperor moved there in `1868`.
2. It was the largest city: $N > 10^6$.

| city | people |
|---|---|
| Tokyo | 14 million |

```python
def greet(name: str) -> str:
    return f"Hello, {name}!"  # こんにちは
```

$$\\int_0^1 x^2\\,dx = \\frac{1}{3}$$
"""

Open = Callable[..., Locator]


@pytest.fixture
def owner(request: pytest.FixtureRequest) -> str:
    """A user of this test's own."""
    return re.sub(r"\W+", "-", request.node.name.replace("_", "-"))[:60].strip("-")


@pytest.fixture
def stored(lab: Lab, owner: str) -> ConversationCollector:
    """What the notebook's kernel wrote."""
    return ConversationCollector(owner, Settings.load(home=lab.home))


@pytest.fixture
def notebooks() -> list[LabNotebook]:
    """The open notebook."""
    return []


@pytest.fixture
def open_panel(
    lab: Lab, page: Page, owner: str, openai_server: OpenAIServer, notebooks: list[LabNotebook]
) -> Iterator[Open]:
    """Open a notebook with the panel in its second cell, and more cells behind it; the next one may
    begin before the browser has asked for anything.
    """

    def opened(*more: str, model: str = MODEL, at_once: bool = False) -> Locator:
        setup = SETUP.format(user=owner, model=model, url=openai_server.base_url)
        lab.write(f"{owner}.ipynb", setup, "%kagura chat", *more)
        notebook = LabNotebook(page, lab, f"{owner}.ipynb")
        notebooks.append(notebook)
        notebook.wait_for_kernel()
        notebook.run(0)
        notebook.start(1)
        if at_once:
            notebook.start(2)
        return panel_in(notebook)

    yield opened
    lab.shut_down_kernels()


def panel_in(notebook: LabNotebook) -> Locator:
    """The panel, once it knows its session."""
    panel = notebook.output(1).locator(".kagura-panel")
    expect(panel.get_by_text("Loading…")).to_be_hidden()
    expect(panel.locator(".kagura-models option").first).to_be_attached()
    return panel


def say(panel: Locator, text: str) -> None:
    area = panel.get_by_role("textbox", name="Message")
    area.fill(text)
    area.press("Enter")


def replies(panel: Locator) -> Locator:
    return panel.locator(".kagura-reply")


def test_ask_rate_and_find_it_again_after_a_restart(
    open_panel: Open,
    openai_server: OpenAIServer,
    notebooks: list[LabNotebook],
    lab: Lab,
    stored: ConversationCollector,
) -> None:
    openai_server.reply(RICH)
    panel = open_panel()
    notebooks[0].screenshot("panel-empty", panel)

    say(panel, "What is the capital of Japan?\nShow some code, too.")
    expect(panel.get_by_role("button", name="Copy this reply")).to_be_visible()
    panel.get_by_role("radio", name="5 stars").click()
    expect(panel.locator(".kagura-status")).to_contain_text("Saved.")

    assert stored.get("last").rating == 5
    assert stored.get("last").prompt == "What is the capital of Japan?\nShow some code, too."
    expect(panel.locator("math")).to_have_count(2)
    expect(panel.locator("td").first).to_have_text("Tokyo")
    expect(replies(panel)).to_contain_text("unpriced")
    expect(panel.get_by_role("textbox", name="Message")).to_have_value("")
    notebooks[0].screenshot("panel-light", panel)
    notebooks[0].save()
    assert "capital" not in str(lab.read(notebooks[0].name).metadata)
    lab.shut_down_kernels()
    lab.use_theme(dark=True)
    again = LabNotebook(notebooks[0].page, lab, notebooks[0].name)
    again.wait_for_kernel()
    again.run(0)
    again.run(1)
    panel = panel_in(again)
    expect(panel.get_by_role("radio", name="5 stars")).to_be_checked()
    expect(replies(panel)).to_contain_text("The emperor moved there")
    again.screenshot("panel-dark", panel)
    lab.use_theme(dark=False)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(
    open_panel: Open, openai_server: OpenAIServer, lab: Lab, dark: bool
) -> None:
    lab.use_theme(dark=dark)
    openai_server.reply(RICH)
    panel = open_panel()
    say(panel, "What is the capital of Japan?")
    expect(panel.get_by_role("button", name="Copy this reply")).to_be_visible()
    panel.get_by_role("radio", name="4 stars").click()
    expect(panel.locator(".kagura-status")).to_contain_text("Saved.")
    panel.get_by_role("searchbox").fill("Japan")
    panel.get_by_role("searchbox").press("Enter")
    expect(panel.get_by_role("region", name="Found")).to_be_visible()

    panel.get_by_role("button", name="Correct this reply").click()

    lab.use_theme(dark=False)
    assert violations(panel.page, ".kagura-panel") == []


def test_a_reply_streams_while_a_cell_computes_and_is_stopped(
    open_panel: Open,
    openai_server: OpenAIServer,
    notebooks: list[LabNotebook],
    stored: ConversationCollector,
    tmp_path: Path,
) -> None:
    openai_server.reply("one two three four five six seven eight")
    openai_server.fail(Fault(slow=1.0))
    done = tmp_path / "done"
    panel = open_panel(
        "import time\nfrom pathlib import Path\nprint('computing')\n"
        f"while not Path({str(done)!r}).exists():\n    time.sleep(0.1)",
        at_once=True,
    )
    expect(notebooks[0].output(2)).to_contain_text("computing")

    say(panel, "Count.")
    expect(replies(panel)).to_contain_text("one two")
    notebooks[0].screenshot("panel-streaming", panel)
    assert violations(panel.page, ".kagura-panel") == []
    panel.get_by_role("button", name="Stop").click()
    expect(panel.get_by_role("button", name="Send")).to_be_visible()
    expect(replies(panel)).to_contain_text("stopped")

    assert notebooks[0].prompt(2) == "[*]:"
    expect(panel.get_by_role("radio", name="5 stars")).to_be_visible()
    one = stored.get("last")
    assert one.response.startswith("one") and not one.complete
    assert openai_server.hung_up.wait(5)
    done.touch()


def test_an_error_is_one_line_with_a_way_on(
    open_panel: Open, openai_server: OpenAIServer, notebooks: list[LabNotebook]
) -> None:
    openai_server.fail(Fault(status=401, code="invalid_api_key", message="no"))
    panel = open_panel()

    say(panel, "Hello")
    alert = replies(panel).get_by_role("alert").filter(has_text="config key openai")
    expect(alert).to_be_visible()
    notebooks[0].screenshot("panel-error", panel)
    assert violations(panel.page, ".kagura-panel") == []
    panel.get_by_role("button", name="Ask again").click()

    expect(replies(panel).last).to_contain_text("You said: Hello")


def test_nothing_that_a_model_writes_runs_or_loads_anything(
    open_panel: Open,
    openai_server: OpenAIServer,
    stored: ConversationCollector,
    page: Page,
    notebooks: list[LabNotebook],
) -> None:
    asked: list[str] = []

    def note(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    page.route(f"{EVIL}/**", note)
    for text in HOSTILE:
        stored.collect(text, text, "none", session="hostile")
    panel = open_panel("%kagura chat hostile")
    notebooks[0].run(2)
    expect(replies(panel)).to_have_count(20)
    panel.get_by_role("button", name="Earlier").click()
    expect(replies(panel)).to_have_count(len(HOSTILE))
    openai_server.reply("\n\n".join(HOSTILE))
    say(panel, HOSTILE[3])
    expect(panel.get_by_role("button", name="Copy this reply")).to_have_count(len(HOSTILE) + 1)

    assert asked == []
    assert page.evaluate("window.ran") is None
    out_of_place = panel.evaluate(
        "one => [...one.querySelectorAll('.kagura-md *')]"
        ".filter(n => getComputedStyle(n).position !== 'static').length"
    )
    assert out_of_place == 0


def test_enter_sends_but_not_while_japanese_is_composed_and_shift_enter_breaks(
    open_panel: Open, notebooks: list[LabNotebook], stored: ConversationCollector
) -> None:
    panel = open_panel()
    area = panel.get_by_role("textbox", name="Message")
    keyboard = panel.page.keyboard

    area.click()
    keyboard.insert_text("日本の首都は？")
    area.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    area.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True})
    keyboard.press("Shift+Enter")
    keyboard.type("abx d")
    expect(area).to_have_value("日本の首都は？\nabx d")
    assert replies(panel).count() == 0
    keyboard.press("Enter")

    expect(replies(panel)).to_contain_text("You said: 日本の首都は？")
    notebooks[0].screenshot("panel-japanese", panel)
    assert notebooks[0].cells.count() == 2
    assert notebooks[0].prompt(1) == "[2]:", "the cell ran again"
    assert stored.get("last").prompt == "日本の首都は？\nabx d"


def test_the_keyboard_is_enough(open_panel: Open, stored: ConversationCollector) -> None:
    panel = open_panel()
    say(panel, "Hello")
    expect(panel.get_by_role("button", name="Copy this reply")).to_be_visible()
    keyboard = panel.page.keyboard

    panel.get_by_role("radio", name="1 star", exact=True).focus()
    keyboard.press("4")
    expect(panel.locator(".kagura-status")).to_contain_text("Saved.")
    panel.get_by_role("button", name="Correct this reply").focus()
    keyboard.press("Enter")
    editor = panel.get_by_role("textbox", name="The reply as it should have been")
    expect(editor).to_be_focused()
    keyboard.press("Control+a")
    keyboard.insert_text("Hello, friend!")
    keyboard.press("Control+Enter")
    expect(replies(panel)).to_contain_text("Hello, friend!")
    expect(replies(panel)).to_contain_text("corrected")

    one = stored.get("last")
    assert (one.rating, one.correction) == (4, "Hello, friend!")
    expect(panel.get_by_role("button", name="Correct this reply")).to_be_focused()
    panel.get_by_role("button", name="Take correction back").press("Enter")
    expect(replies(panel)).to_contain_text("You said: Hello")
    assert panel.page.locator(".jp-Notebook .jp-Cell").count() == 2


def test_a_find_leads_to_its_session(open_panel: Open, stored: ConversationCollector) -> None:
    told = [
        stored.collect(f"Question {n}", f"Answer {n}", "none", session="old") for n in range(40)
    ]
    stored.correct(told[7], "The answer is an aardvark")
    panel = open_panel()

    search = panel.get_by_role("searchbox")
    search.fill("aardvark")
    search.press("Enter")
    panel.get_by_role("region", name="Found").get_by_role("button").first.click()

    turn = panel.locator(".kagura-turn").filter(has_text="aardvark")
    expect(turn).to_be_focused()
    expect(turn).to_be_in_viewport()
    panel.get_by_role("button", name="Earlier").click()
    expect(panel.get_by_text("Question 0", exact=True)).to_be_attached()
    panel.get_by_role("button", name="New session").click()
    expect(panel.get_by_text("Say something.")).to_be_visible()


def test_two_views_show_the_same(open_panel: Open, notebooks: list[LabNotebook]) -> None:
    first = open_panel("%kagura chat")
    notebooks[0].run(2)
    second = notebooks[0].output(2).locator(".kagura-panel")
    expect(second.get_by_text("Loading…")).to_be_hidden()

    say(first, "Hello")
    expect(replies(second)).to_contain_text("You said: Hello")
    second.get_by_role("radio", name="3 stars").click()

    expect(first.get_by_role("radio", name="3 stars")).to_be_checked()


def test_a_kernel_that_is_gone_is_told_and_what_was_typed_is_kept(
    open_panel: Open, notebooks: list[LabNotebook], lab: Lab, openai_server: OpenAIServer
) -> None:
    panel = open_panel("import os\nprint(os.getpid())")
    kernel = int(notebooks[0].run(2).inner_text())
    os.kill(kernel, signal.SIGSTOP)

    say(panel, "Are you there?")
    expect(panel.get_by_role("alert").filter(has_text="does not answer")).to_be_visible()
    notebooks[0].screenshot("panel-offline", panel)
    expect(panel.get_by_role("textbox", name="Message")).to_have_value("Are you there?")
    os.kill(kernel, signal.SIGCONT)

    expect(replies(panel)).to_contain_text("You said: Are you there?")
    expect(panel.get_by_role("textbox", name="Message")).to_have_value("")
    expect(panel.get_by_text("does not answer")).to_be_hidden()


def test_a_kernel_that_dies_in_the_middle_of_a_reply_loses_no_question(
    open_panel: Open, notebooks: list[LabNotebook], openai_server: OpenAIServer
) -> None:
    openai_server.reply("one two three four five six seven eight")
    openai_server.fail(Fault(slow=2.0))
    panel = open_panel("import os\nprint(os.getpid())")
    kernel = int(notebooks[0].run(2).inner_text())
    say(panel, "Count, please")
    expect(replies(panel)).to_contain_text("one")

    os.kill(kernel, signal.SIGKILL)
    expect(panel.get_by_role("alert").filter(has_text="does not answer")).to_be_visible(
        timeout=20_000
    )
    notebooks[0].page.keyboard.press("Escape")
    dialog = notebooks[0].page.locator(".jp-Dialog")
    if dialog.is_visible():
        dialog.get_by_role("button").last.click()
    notebooks[0].wait_for_kernel()
    notebooks[0].run(0)
    notebooks[0].run(1)

    expect(panel_in(notebooks[0]).get_by_role("textbox", name="Message")).to_have_value(
        "Count, please"
    )


def test_a_question_that_is_refused_stands_in_its_field_again(
    open_panel: Open, notebooks: list[LabNotebook]
) -> None:
    panel = open_panel("import kagura_nb\nkagura_nb.chat()._talk = 'of another view'")
    notebooks[0].run(2)

    say(panel, "Are you there?")

    expect(panel.get_by_role("alert").filter(has_text="still coming")).to_be_visible()
    expect(panel.get_by_role("textbox", name="Message")).to_have_value("Are you there?")


def test_what_is_typed_during_a_reply_is_kept_whatever_other_views_hold(
    open_panel: Open, openai_server: OpenAIServer, notebooks: list[LabNotebook]
) -> None:
    openai_server.reply("one two three four")
    openai_server.fail(Fault(slow=1.0))
    first = open_panel("%kagura chat")
    notebooks[0].run(2)
    second = notebooks[0].output(2).locator(".kagura-panel")
    expect(second.get_by_text("Loading…")).to_be_hidden()
    say(first, "Count.")
    expect(replies(second)).to_contain_text("one")

    first.get_by_role("textbox", name="Message").fill("And then?")
    expect(second.get_by_role("button", name="Copy this reply")).to_be_visible()

    assert "And then?" in first.page.evaluate("Object.values(sessionStorage)")


def test_a_full_disk_while_rating_gives_the_stars_back(
    open_panel: Open, notebooks: list[LabNotebook]
) -> None:
    panel = open_panel(
        "from resource import RLIM_INFINITY, RLIMIT_FSIZE, setrlimit\n"
        "setrlimit(RLIMIT_FSIZE, (0, RLIM_INFINITY))  # no file takes another byte"
    )
    say(panel, "Hello")
    panel.get_by_role("radio", name="4 stars").click()
    expect(panel.locator(".kagura-status")).to_contain_text("Saved.")
    notebooks[0].run(2)

    panel.get_by_role("radio", name="1 star", exact=True).click()

    expect(panel.get_by_role("alert").filter(has_text="Free some space")).to_be_visible()
    expect(panel.get_by_role("radio", name="4 stars")).to_be_checked()


def test_it_fits_a_narrow_window_high_contrast_and_twice_the_size(
    open_panel: Open, openai_server: OpenAIServer, notebooks: list[LabNotebook]
) -> None:
    openai_server.reply(RICH)
    panel = open_panel()
    say(panel, "What is the capital of Japan? " + "verylongword" * 12)
    expect(panel.get_by_role("button", name="Copy this reply")).to_be_visible()
    page = panel.page

    def overflow() -> int:
        return int(panel.evaluate("one => one.scrollWidth - one.clientWidth"))

    page.set_viewport_size({"width": 620, "height": 900})
    assert overflow() <= 0
    notebooks[0].screenshot("panel-narrow", panel)
    page.evaluate("document.documentElement.style.fontSize = '200%'; document.body.style.zoom = 2")
    assert overflow() <= 0
    page.evaluate("document.documentElement.style.fontSize = ''; document.body.style.zoom = ''")
    page.emulate_media(forced_colors="active")
    panel.get_by_role("radio", name="5 stars").scroll_into_view_if_needed()
    notebooks[0].screenshot("panel-high-contrast", panel)


def test_code_and_replies_are_copied_as_they_were_written(
    open_panel: Open, openai_server: OpenAIServer
) -> None:
    openai_server.reply(RICH)
    panel = open_panel()
    page = panel.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    say(panel, "What is the capital of Japan?")

    panel.get_by_role("button", name="Copy this code").click()
    expect(panel.get_by_text("Copied")).to_be_visible()
    code = page.evaluate("navigator.clipboard.readText()")
    panel.get_by_role("button", name="Copy this reply").click()
    expect(panel.get_by_text("Copied")).to_have_count(2)

    assert code.startswith("def greet(name: str) -> str:\n    return")
    assert page.evaluate("navigator.clipboard.readText()").strip() == RICH.strip()
