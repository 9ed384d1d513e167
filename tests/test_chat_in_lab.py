"""`%%kagura` in a real JupyterLab: what a person sees, and what is on disk afterwards."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from lab import Lab, LabNotebook
from playwright.sync_api import Page, expect
from servers.loopback import Fault
from servers.openai_vendor import OpenAIServer

from kagura_nb import ConversationCollector
from kagura_nb.records import Usage
from kagura_nb.settings import Settings
from kagura_nb.store import ledger

SETUP = """%load_ext kagura_nb
%config KaguraMagics.user = "{user}"
%config KaguraMagics.model = "{model}"
%env OPENAI_BASE_URL={url}
%env OPENAI_API_KEY=test-key"""
Open = Callable[..., LabNotebook]


@pytest.fixture
def owner(request: pytest.FixtureRequest) -> str:
    """A user of this test's own."""
    return request.node.name.replace("_", "-")[:60]


@pytest.fixture
def open_chat(lab: Lab, page: Page, owner: str, openai_server: OpenAIServer) -> Iterator[Open]:
    """Open a notebook that is set up, its cells not run yet."""

    def opened(*cells: str, model: str = "practice") -> LabNotebook:
        setup = SETUP.format(user=owner, model=model, url=openai_server.base_url)
        lab.write(f"{owner}.ipynb", setup, *cells)
        notebook = LabNotebook(page, lab, f"{owner}.ipynb")
        notebook.wait_for_kernel()
        notebook.run(0)
        return notebook

    yield opened
    lab.shut_down_kernels()


@pytest.fixture
def stored(lab: Lab, owner: str) -> ConversationCollector:
    """What the notebook's kernel wrote."""
    return ConversationCollector(owner, Settings.load(home=lab.home))


def test_ask_rate_and_find_the_rating_again(
    open_chat: Open, lab: Lab, stored: ConversationCollector
) -> None:
    notebook = open_chat("%%kagura\nWhat is the capital of France?")

    output = notebook.run(1)
    expect(output).to_contain_text("The capital of France is Paris.")
    output.get_by_role("radio", name="5 stars").click()
    expect(output.get_by_role("status")).to_have_text(
        "Saved. 1 of 100 good conversations for training; shown as an example from now on."
    )
    notebook.screenshot("chat", output)
    notebook.save()
    notebook.page.reload()
    notebook.wait_for_kernel()

    expect(notebook.output(1).get_by_role("radio", name="5 stars")).to_be_checked()
    one = stored.get("last")
    assert (one.prompt, one.rating) == ("What is the capital of France?", 5)
    reply = lab.read(notebook.name).cells[1].outputs
    provenance = next(one for one in reply if "kagura" in one.metadata).metadata["kagura"]
    assert provenance["conversation_id"] == one.id


def test_interrupting_keeps_what_had_arrived(
    open_chat: Open, openai_server: OpenAIServer, stored: ConversationCollector
) -> None:
    openai_server.reply("one two three four five six seven eight")
    openai_server.fail(Fault(slow=1.0))
    notebook = open_chat("%%kagura\nCount.", "1 + 1", model="openai:gpt-6.1-terra")

    notebook.start(1)
    expect(notebook.output(1)).to_contain_text("one two", timeout=30_000)
    notebook.interrupt()
    notebook.wait_until_run(1)

    expect(notebook.output(1)).to_contain_text("one two")
    expect(notebook.output(1)).to_contain_text("ReplyStopped: The reply was stopped")
    expect(notebook.output(1)).not_to_contain_text("Traceback")
    expect(notebook.output(1).get_by_role("radio", name="5 stars")).to_be_visible()
    notebook.screenshot("interrupted", notebook.output(1))
    one = stored.get("last")
    assert "one two".startswith(one.response.strip()[:7]) and not one.complete
    assert openai_server.hung_up.wait(5)


def test_an_error_is_one_line(open_chat: Open, openai_server: OpenAIServer) -> None:
    openai_server.fail(Fault(status=401, code="invalid_api_key", message="Incorrect key {key}"))
    notebook = open_chat("%%kagura\nHello", model="openai:gpt-6.1-terra")

    output = notebook.run(1)

    expect(output).to_contain_text("config key openai")
    assert len(output.inner_text().strip().splitlines()) == 1
    assert "test-key" not in output.inner_text()
    notebook.screenshot("error", output)


def test_a_rating_by_command_shows_in_the_stars(open_chat: Open) -> None:
    notebook = open_chat("%%kagura\nHello", "%kagura rate last 4 kind")
    notebook.run(1)

    notebook.run(2)

    output = notebook.output(1)
    expect(output.get_by_role("radio", name="4 stars")).to_be_checked()
    expect(output.get_by_label("Comment on this answer")).to_have_value("kind")
    expect(output.get_by_role("status")).to_contain_text("1 of 100")


def test_a_scan_is_cleaned_by_clicks(open_chat: Open, stored: ConversationCollector) -> None:
    one = stored.collect("Write to hanako@example.co.jp", "I see.", "practice")
    two = stored.collect("Call 090-1234-5678 for 田中太郎様", "I see.", "practice")
    notebook = open_chat("%kagura scan")

    output = notebook.run(1)
    expect(output).to_contain_text("something private is in 2 of them")
    notebook.screenshot("scan", output)
    buttons = output.get_by_role("button")
    buttons.filter(has_text="Exclude").nth(1).click()
    expect(output).to_contain_text("kept out")
    buttons.filter(has_text="Redact").first.click()
    buttons.filter(has_text="Redact for good?").click()
    expect(output).to_contain_text("redacted")

    assert stored.get(one).excluded == "private"
    assert stored.get(two).prompt == "Call [REDACTED_PHONE] for [REDACTED_PERSON]様"


def test_the_costs_of_a_month_are_drawn(
    open_chat: Open, lab: Lab, stored: ConversationCollector
) -> None:
    for day in range(1, 29):
        when = datetime(2026, 2, day, 12, tzinfo=UTC)
        for model, dollars in (("openai:gpt-6.1-terra", day % 7), ("gemini:gemini-3.8-flash", 2)):
            usage, cost = Usage(1000 * day, 300), Decimal(dollars) / 10
            stored.collect("hi", "hi", model, created_at=when, usage=usage, cost=cost)
    with stored.database.write() as connection:
        used = Usage(812_345, 0)
        ledger.add(connection, "training", "local:tuned", at=when, usage=used, cost=Decimal("4.06"))
        ledger.add(connection, "embedding", "openai:elsewhere", at=when, usage=used)
    notebook = open_chat("%env KAGURA_MONTHLY_BUDGET=20\n%kagura costs --month 2026-02 --by model")

    image = notebook.run(1).get_by_role("img", name="Costs of February 2026: $18.06")

    expect(image).to_be_visible()
    assert image.evaluate("one => one.complete && one.naturalWidth") > 500
    expect(notebook.output(1)).to_contain_text("The budget is $20.00: $1.94 is left.")
    notebook.screenshot("costs", notebook.output(1))
    notebook.save()
    lab.use_theme(dark=True)
    notebook.page.reload()
    notebook.wait_for_kernel()
    assert image.evaluate("one => one.complete && one.naturalWidth") > 500
    notebook.screenshot("costs-dark", notebook.output(1))
    lab.use_theme(dark=False)


def test_arrow_keys_stay_with_their_answer(open_chat: Open, stored: ConversationCollector) -> None:
    notebook = open_chat("%%kagura\nHello", "%%kagura\nGood morning")
    first, second = notebook.run(1), notebook.run(2)

    first.get_by_role("radio", name="5 stars").click()
    notebook.page.keyboard.press("ArrowRight")
    second.get_by_role("radio", name="4 stars").click()

    expect(first.get_by_role("radio", name="1 star", exact=True)).to_be_checked()
    expect(second.get_by_role("radio", name="4 stars")).to_be_checked()
    expect(second.get_by_role("status")).to_contain_text("Saved")
    assert [one.rating for one in stored.recent(2)] == [4, 1]


def test_tab_completes_sub_commands(open_chat: Open) -> None:
    notebook = open_chat("%kagura sta")

    editor = notebook.cell(1).locator(".cm-content")
    editor.click()
    notebook.page.keyboard.press("End")
    notebook.page.keyboard.press("Tab")

    expect(notebook.page.locator(".jp-Completer")).to_contain_text("status")
    notebook.page.keyboard.press("Enter")
    expect(editor).to_have_text("%kagura status")


def test_an_answer_is_rated_while_the_next_one_streams(
    open_chat: Open, openai_server: OpenAIServer, stored: ConversationCollector
) -> None:
    openai_server.reply("Hello.", "one two three four five six seven eight")
    openai_server.fail(Fault(), Fault(slow=0.5))
    notebook = open_chat("%%kagura\nHello", "%%kagura\nCount.", model="openai:gpt-6.1-terra")
    first = notebook.run(1)
    notebook.start(2)
    expect(notebook.output(2)).to_contain_text("one two", timeout=30_000)

    first.get_by_role("radio", name="5 stars").click()
    notebook.wait_until_run(2)

    expect(first.get_by_role("status")).to_contain_text("Saved")
    expect(notebook.output(2)).to_contain_text("seven eight")
    assert [one.rating for one in stored.recent(2)] == [None, 5]


def test_after_a_restart_the_stars_say_so_and_the_conversation_goes_on(
    open_chat: Open, lab: Lab, stored: ConversationCollector
) -> None:
    notebook = open_chat("%%kagura\nMy dog is called Leo.", "%kagura rate last 4")
    output = notebook.run(1)
    expect(output.get_by_role("radio", name="5 stars")).to_be_visible()
    lab.restart_kernels()
    notebook.wait_for_kernel()

    output.get_by_role("radio", name="5 stars").click()
    expect(output.get_by_role("status")).to_contain_text("Not saved yet")
    notebook.run(0)
    notebook.run(2)

    expect(notebook.output(2)).to_contain_text("Saved. 1 of 100")
    assert stored.get("last").rating == 4
