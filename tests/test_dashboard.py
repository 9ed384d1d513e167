"""The dashboard: what is counted, what is said of it, and who gets to see it."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from kernels import Kernel
from lab import Lab, LabNotebook, violations
from lived import MODELS, SAID, live, steps, train
from playwright.sync_api import Page, expect
from test_notebooks import executed

from kagura_nb import ConversationCollector
from kagura_nb.cli import cli
from kagura_nb.notebook.commands import run
from kagura_nb.notebook.dashboard.cards import CARDS, Card
from kagura_nb.notebook.dashboard.facts import Facts
from kagura_nb.notebook.dashboard.timeline import Stars, Timeline, Unit, periods, timeline
from kagura_nb.notebook.views import View
from kagura_nb.notebook.workspace import Workspace
from kagura_nb.settings import Settings
from kagura_nb.store import jobs
from kagura_nb.store.activity import Count

NOW = datetime.now(UTC)
TODAY = date(2026, 11, 23)  # a Monday


@pytest.fixture
def workspace(store: ConversationCollector) -> Workspace:
    """Of the default user."""
    return Workspace(lambda: store.settings)


def shown(workspace: Workspace) -> View:
    """The dashboard."""
    view = run(workspace, ["dashboard"])
    assert view is not None
    return view


def card(view: View, name: str) -> str:
    """The text of a card."""
    html = view.html.partition(f'data-card="{name}"')[2].partition("<section")[0]
    return re.sub(r"<[^>]+>", " ", html)


# --- time ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "unit", "count", "begins"),
    [
        (TODAY, "day", 14, date(2026, 11, 10)),
        (date(2026, 10, 1), "day", 54, date(2026, 10, 1)),
        (date(2026, 9, 25), "day", 60, date(2026, 9, 25)),
        (date(2026, 9, 24), "week", 10, date(2026, 9, 21)),
        (date(2025, 10, 7), "week", 60, date(2025, 10, 6)),
        (date(2025, 10, 5), "month", 14, date(2025, 10, 1)),
        (date(2001, 1, 1), "month", 60, date(2021, 12, 1)),
        (date(2026, 11, 25), "day", 14, date(2026, 11, 10)),
    ],
)
def test_periods_are_as_long_as_fits_on_a_chart(
    first: date, unit: Unit, count: int, begins: date
) -> None:
    found, bounds = periods(first, TODAY)
    assert (found, len(bounds) - 1, bounds[0]) == (unit, count, begins)
    assert bounds[-2] <= TODAY < bounds[-1] and sorted(set(bounds)) == list(bounds)


def test_a_conversation_counts_on_the_day_of_its_owners_clock(
    store: ConversationCollector, tokyo: None
) -> None:
    for hour in (14, 15):  # 23 and 24 o'clock
        when = datetime(2026, 11, 22, hour, 30, tzinfo=UTC)
        store.collect("Hello", "Hi", "practice", created_at=when)

    counted = timeline(store.database, TODAY).groups()

    assert [one.conversations for one in counted][-3:] == [0, 1, 1]


def test_conversations_are_counted_by_period_model_and_stars(store: ConversationCollector) -> None:
    for days, model, rating in (
        (0, "a", 5),
        (0, "b", None),
        (1, "a", 5),
        (1, "a", 5),
        (99, "a", 1),
    ):
        when = datetime(2026, 11, 23, 1, tzinfo=UTC) - timedelta(days)
        store.add_feedback(store.collect("Hello", "Hi", model, created_at=when), rating)

    course = timeline(store.database, TODAY)

    assert course.unit == "week"
    assert course.group().stars == Stars((1, 0, 0, 0, 3))
    assert [(name, one.conversations) for name, one in course.models().items()] == [
        ("a", 4),
        ("b", 1),
    ]
    assert [one.conversations for one in course.groups(7)] == [1, 0, 4]


def test_what_was_imported_without_a_time_is_counted_but_not_drawn(
    workspace: Workspace, store: ConversationCollector, tmp_path: Path
) -> None:
    said = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]
    file = tmp_path / "old.jsonl"
    file.write_text(json.dumps({"messages": said}))
    workspace.assistant.import_file(file)
    undated = store.add_feedback(store.get("last").id, 1)
    only = card(shown(workspace), "activity")
    store.add_feedback(store.collect("Hello", "Hi", "practice"), 4)

    view = shown(workspace)

    assert store.get(undated).created_at.year == 1970
    assert "Not drawn: 1 from before" in only and "Not drawn: 1 from" in card(view, "activity")
    assert timeline(store.database).unit == "day"
    assert "Conversations by day" in view.html
    assert re.search("mean stars *2.5", card(view, "glance"))
    assert re.search("★☆☆☆☆ +1 ", card(view, "ratings"))


# --- ratings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "mean", "low", "high"),
    [
        ((0, 0, 0, 0, 2), 5.0, 2.2, 5.0),  # two alike are not certain
        ((2, 0, 0, 0, 2), 3.0, 1.6, 4.4),
        ((0, 0, 100, 0, 0), 3.0, 2.9, 3.1),
        ((0, 0, 0, 100, 900), 4.9, 4.9, 4.9),
    ],
)
def test_a_mean_of_few_stars_is_uncertain(
    counts: tuple[int, ...], mean: float, low: float, high: float
) -> None:
    assert Stars(counts).mean == pytest.approx((mean, low, high), abs=0.06)


@pytest.mark.parametrize(
    ("before", "now", "better"),
    [
        ((0, 0, 0, 0, 0), (0, 0, 0, 0, 9), None),
        ((0, 0, 0, 0, 4), (9, 0, 0, 0, 0), None),
        ((9, 0, 0, 0, 0), (0, 0, 0, 0, 9), True),
        ((0, 9, 0, 9, 90), (90, 9, 0, 9, 0), False),
    ],
)
def test_ratings_are_compared_once_there_are_enough(
    before: tuple[int, ...], now: tuple[int, ...], better: bool | None
) -> None:
    unit, bounds = periods(TODAY - timedelta(50), TODAY)
    counted = [
        Count(period, "practice", stars, number)
        for period, counts in ((0, before), (len(bounds) - 2, now))
        for stars, number in enumerate(counts, 1)
    ]

    change = Timeline(unit, bounds, tuple(counted)).change

    assert (None if change is None else change[0] > 0) is better
    assert change is None or change[1] < change[0] <= change[2]


def test_no_trend_is_drawn_of_a_few_ratings(
    workspace: Workspace, rate: Callable[..., list[str]]
) -> None:
    rate(3)
    view = shown(workspace)
    assert "A trend is drawn from two weeks or months on with 5 ratings each." in view.plain
    assert "cannot be told yet: too few ratings" in view.plain
    assert "Mean stars, from 1 to 5" not in view.html


# --- the page ------------------------------------------------------------------------------------


def test_an_empty_store_says_how_to_begin(workspace: Workspace) -> None:
    view = shown(workspace)
    for words in (
        "Begin with `%%kagura`",
        "Click the stars",
        "0 of 100 good conversations that no model was trained on. One is good from 4 stars on",
        "There are no datasets yet",
        "There are no jobs yet",
        "nothing to look through yet",
        "Nothing was used in",
        "This session is answered by practice",
    ):
        assert words in view.plain and words in re.sub("</?code>", "`", view.html)
    assert "<img" not in view.html


def test_everything_is_on_one_page(workspace: Workspace, store: ConversationCollector) -> None:
    live(store, 240, 50, NOW)
    train(store, NOW)

    view = shown(workspace)

    assert [one.name for one in CARDS] == re.findall(r'data-card="(\w+)"', view.html)
    assert "240" in card(view, "glance") and "of them" not in card(view, "glance")
    assert "better than all before: +" in card(view, "ratings")
    assert "EMAIL" in card(view, "privacy") and "190 are left" in card(view, "privacy")
    assert "133 of 400" in card(view, "jobs") and "The file was refused" in card(view, "jobs")
    assert "40 % of the sessions" in card(view, "models")
    assert all(name in card(view, "models") for name in MODELS)
    assert "d2" in card(view, "datasets")
    assert "Spent in" in card(view, "costs")
    described = re.findall(r'<img [^>]*alt="([^"]+)"', view.html)
    assert [one.split()[0] for one in described] == ["Conversations", "Mean", "Costs"]


def test_the_page_carries_no_word_of_a_conversation_and_shows_names_as_text(
    workspace: Workspace, store: ConversationCollector
) -> None:
    live(store, 12, 3, NOW)
    store.collect("psst", "hush", "<img src=x onerror=alert(1)>", created_at=NOW)

    html = shown(workspace).html

    assert not any(text in html for said in SAID for text in (*said, "hanako", "田中"))
    assert "<img src=x" not in html and "&lt;img src=x" in html


def test_a_card_that_cannot_be_made_says_why_beside_the_others(
    workspace: Workspace, store: ConversationCollector, home: object
) -> None:
    workspace.assistant.settings.home.mkdir(exist_ok=True, parents=True)
    (workspace.assistant.settings.home / "prices.toml").write_text("[[price")
    store.add_feedback(store.collect("Hello", "Hi", "practice"), 5)

    view = shown(workspace)

    assert "★★★★★" in card(view, "ratings")


def test_a_card_that_fails_in_an_unforeseen_way_is_one_line(workspace: Workspace) -> None:
    def broken(_: Facts) -> View:
        raise ValueError("first\nsecond")

    made = Card("broken", "Broken", broken).view(Facts(workspace.assistant))

    assert made.plain == "ValueError: first second. Try it again, or restart the kernel."


def test_the_terminal_prints_the_same(store: ConversationCollector) -> None:
    live(store, 20, 5, NOW)
    printed = CliRunner().invoke(cli, ["dashboard", "--text"])
    assert printed.exit_code == 0
    assert "Dashboard of default" in printed.output and "█" in printed.output
    assert printed.output.count("At a glance") == 1


def test_the_shipped_notebook_shows_it(home: Path, tmp_path: Path) -> None:
    page, live = executed("dashboard", tmp_path).cells[-1].outputs
    assert "There are no datasets yet" in page.data["text/plain"]
    assert live.data["text/plain"] == "%kagura dashboard shows it as it is now."


def test_without_voila_one_line_names_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "voila", None)
    error = CliRunner().invoke(cli, ["dashboard"]).exception
    assert "pip install 'kagura-nb[dashboard]'" in str(error)


# --- the widget ----------------------------------------------------------------------------------

OPEN = """
from kagura_nb import ConversationCollector
from kagura_nb.notebook.dashboard.live import Dashboard
from kagura_nb.notebook.workspace import Workspace
from kagura_nb.settings import Settings
opened = Dashboard(Workspace(Settings.load), {"glance": "the first look"})
print(opened.comm.comm_id)
"""


@pytest.fixture
def comm(kernel: Kernel) -> str:
    """The comm of a new dashboard."""
    messages = kernel.run(OPEN)
    return next(one["content"]["text"] for one in messages if one["msg_type"] == "stream").strip()


def look(kernel: Kernel, comm: str, serial: int, *names: str) -> dict[str, object]:
    """Ask for cards as the browser does; the answer."""
    kernel.click(comm, {"kind": "look", "serial": serial, "names": list(names)})

    def content(message: dict[str, object]) -> dict[str, object]:
        return dict(message["content"].get("data", {}).get("content", {}))  # type: ignore[attr-defined]

    return content(kernel.until(lambda one: content(one).get("serial") == serial)[-1])


def test_the_browser_gets_what_is_there_first_and_then_what_it_asks_for(
    kernel: Kernel, comm: str
) -> None:
    first, second = look(kernel, comm, 1), look(kernel, comm, 2, "jobs")

    assert (first["cards"], first["running"]) == ({"glance": "the first look"}, False)
    assert list(second["cards"]) == ["jobs"]  # type: ignore[call-overload]
    assert "There are no jobs yet" in str(second["cards"])


def test_the_browser_is_told_what_fails(kernel: Kernel, comm: str) -> None:
    look(kernel, comm, 1)
    kernel.run("opened._workspace = None")

    failed = str(look(kernel, comm, 2)["failed"])

    assert failed.startswith("AttributeError: ") and failed.endswith("restart the kernel.")


def test_a_notebook_shows_the_page_and_the_live_one_below_whose_state_is_its_title(
    kernel: Kernel,
) -> None:
    seen = kernel.run("%load_ext kagura_nb\n%kagura dashboard")

    data = [one["content"]["data"] for one in seen if one["msg_type"] == "display_data"]
    assert [sorted(one) for one in data] == [
        ["text/html", "text/plain"],
        ["application/vnd.jupyter.widget-view+json", "text/plain"],
    ]
    opened = [one["content"]["data"]["state"] for one in seen if one["msg_type"] == "comm_open"]
    (state,) = [one for one in opened if "title" in one]
    own = {name: value for name, value in state.items() if value is not None and name[0] != "_"}
    assert own == {"title": "Dashboard of default", "layout": own["layout"]}


# --- in JupyterLab -------------------------------------------------------------------------------

SHOW = """
from kagura_nb.notebook.commands import run
from kagura_nb.notebook.workspace import Workspace
from kagura_nb.settings import Settings
shown = run(Workspace(lambda: Settings.load(user="{user}")), ["dashboard"])
display(shown, shown.live())
"""
"""Without the extension, which would go on with the training."""


@pytest.fixture
def owner(lab: Lab, request: pytest.FixtureRequest) -> ConversationCollector:
    """The store of a user of this test's own, with a training that runs."""
    user = request.node.name.replace("_", "-")[:60]
    store = ConversationCollector(user, Settings.load(home=lab.home))
    live(store, 60, 30, NOW)
    train(store, NOW)
    return store


@pytest.fixture
def opened(lab: Lab, page: Page, owner: ConversationCollector) -> Iterator[LabNotebook]:
    """A notebook that shows the dashboard."""
    name = f"{owner.settings.user}.ipynb"
    lab.write(name, SHOW.format(user=owner.settings.user))
    page.set_viewport_size({"width": 1300, "height": 2400})
    notebook = LabNotebook(page, lab, name)
    notebook.wait_for_kernel()
    notebook.run(0)
    yield notebook
    lab.shut_down_kernels()


def test_it_follows_a_training_and_leaves_the_other_cards_alone(
    opened: LabNotebook, owner: ConversationCollector
) -> None:
    seen = opened.output(0).locator(".kagura-live")
    activity, trainings = (seen.locator(f"[data-card={one}]") for one in ("activity", "jobs"))
    expect(trainings).to_contain_text("133 of 400")
    expect(seen.get_by_role("status")).to_have_text("A training is running.")
    activity.get_by_text("Numbers").click()
    activity.evaluate("one => (one.mine = true)")

    with owner.database.write() as connection:
        runs = jobs.under_way(connection)[0]
        jobs.append(connection, runs.id, steps(NOW, 134, 300))
    expect(trainings).to_contain_text("300 of 400")
    assert activity.evaluate("one => one.mine && one.querySelector('details').open")
    opened.screenshot("dashboard-live", seen)
    assert violations(opened.page, ".kagura-live") == []

    with owner.database.write() as connection:
        jobs.move(connection, runs, "succeeded", model="openai:ft:mine")
    expect(trainings).to_contain_text("openai:ft:mine")
    expect(seen.get_by_role("status")).to_have_text("")


def test_it_is_refreshed_by_keyboard_and_stays_in_the_saved_notebook(
    opened: LabNotebook, owner: ConversationCollector, lab: Lab
) -> None:
    seen = opened.output(0).locator(".kagura-live")
    saved = opened.output(0).locator(".kagura-dashboard:not(.kagura-live)")
    glance = "[data-card=glance]"
    expect(seen.locator(glance)).to_contain_text("60")
    expect(saved).to_be_hidden()

    owner.collect("One more", "Yes", "practice")
    seen.get_by_role("button", name="Refresh").press("Enter")
    expect(seen.locator(glance)).to_contain_text("61")
    opened.save()
    lab.shut_down_kernels()
    opened.page.goto("about:blank")
    lab.use_theme(dark=True)
    reopened = LabNotebook(opened.page, lab, opened.name)
    again = reopened.output(0)

    expect(again.locator(f".kagura-dashboard {glance}")).to_contain_text("60")
    expect(again.get_by_role("img", name="Conversations by day")).to_be_visible()
    reopened.screenshot("dashboard-saved-dark", again)
    lab.use_theme(dark=False)
    assert violations(reopened.page, ".kagura-dashboard") == []
    reopened.wait_for_kernel()  # a server that is to end meanwhile does not
