"""What was spent is kept, summed by month, held against the budget, drawn; unknown is no zero."""

import base64
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from servers.gemini_vendor import GeminiServer
from servers.loopback import Fault
from servers.openai_vendor import OpenAIServer
from sqlalchemy import Connection
from training import a_job

from kagura_nb import Assistant, ConversationCollector, Selection, Settings, costs
from kagura_nb.cli import cli
from kagura_nb.costs import Month
from kagura_nb.errors import KaguraError, SettingsError
from kagura_nb.notebook.commands import run
from kagura_nb.notebook.views import View, usd
from kagura_nb.notebook.workspace import Workspace
from kagura_nb.records import Usage
from kagura_nb.store import jobs, ledger, steps
from kagura_nb.store.ledger import Purpose, Sum, Total

MODEL = "openai:gpt-4.1-mini"
NOVEMBER = date(2026, 11, 1)


@pytest.fixture
def spend(store: ConversationCollector) -> Callable[..., None]:
    """Write a line: `spend(at, cost, model, purpose)`."""

    def add(at: datetime, cost: str | None, model: str = MODEL, purpose: Purpose = "chat") -> None:
        with store.database.write() as connection:
            amount = None if cost is None else Decimal(cost)
            usage = Usage(100, 20, estimated=cost is None)
            ledger.add(connection, purpose, model, at=at, usage=usage, cost=amount)

    return add


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def shown(store: ConversationCollector, *words: str, **settings: str) -> View:
    """What `costs` shows of November 2026."""
    workspace = Workspace(lambda: store.settings.with_(**settings))
    view = run(workspace, ["costs", "--month", "2026-11", *words])
    assert view is not None and view.html
    return view


# --- the ledger ----------------------------------------------------------------------------------


def test_every_turn_is_counted_once_with_its_tokens_and_price(openai_server: OpenAIServer) -> None:
    assistant = Assistant(model=MODEL)
    turns = [assistant.ask("hello"), assistant.ask("psst", private=True)]
    month = costs.month(assistant.store.database)
    assert [(one.model, one.purpose) for one in month.totals] == [(MODEL, "chat")]
    tokens = [one.usage for one in turns if one.usage]
    assert month.total.entries == 2
    assert month.total.prompt_tokens == sum(one.prompt_tokens for one in tokens)
    assert month.total.completion_tokens == sum(one.completion_tokens for one in tokens)


def test_a_reply_cut_short_is_counted_and_a_refused_one_is_not(
    openai_server: OpenAIServer,
) -> None:
    assistant = Assistant(model=MODEL)
    openai_server.fail(Fault(status=401, code="invalid_api_key"), Fault(cut_after=3))
    for _ in range(2):
        with pytest.raises(KaguraError):
            assistant.ask("one two three four five six")
    total = costs.month(assistant.store.database).total
    assert (total.entries, total.estimated) == (1, 1)
    assert total.completion_tokens > 0


@pytest.mark.parametrize(
    ("embedder", "estimated", "unpriced"),
    [
        ("openai:text-embedding-3-small", 0, True),  # at an address of its own, so without a price
        ("ollama:nomic-embed-text", 0, False),
        ("gemini:gemini-embedding-001", 1, True),
    ],
)
def test_vectors_made_elsewhere_are_counted(
    openai_server: OpenAIServer,
    gemini_server: GeminiServer,
    monkeypatch: pytest.MonkeyPatch,
    embedder: str,
    estimated: int,
    unpriced: bool,
) -> None:
    monkeypatch.setenv("OLLAMA_BASE_URL", openai_server.base_url)
    assistant = Assistant(model="practice", embedder=embedder)
    assistant.memory.embed("My favourite colour is teal.")
    sums = costs.month(assistant.store.database).by("purpose")["embedding"]
    assert (sums.entries, sums.estimated, sums.unpriced) == (1, estimated, int(unpriced))
    assert 4 < sums.prompt_tokens < 12 and sums.completion_tokens == 0


@pytest.mark.parametrize("embedder", ["builtin", "onnx"])
def test_vectors_made_here_are_not(tiny_encoder: Path, embedder: str) -> None:
    name = f"onnx:{tiny_encoder}" if embedder == "onnx" else embedder
    assistant = Assistant(model="practice", embedder=name)
    assistant.memory.embed("My favourite colour is teal.")
    assert costs.month(assistant.store.database).totals == ()


def test_forgetting_changes_nothing_of_what_was_spent(openai_server: OpenAIServer) -> None:
    assistant = Assistant(model=MODEL)
    assistant.ask("hello")
    before = costs.month(assistant.store.database)
    assistant.forget(Selection())
    assert costs.month(assistant.store.database) == before and before.total.entries == 1


def test_a_private_turn_leaves_its_cost_and_nothing_of_what_was_said(
    openai_server: OpenAIServer, home: Path
) -> None:
    assistant = Assistant(model=MODEL, session="plughsession")
    openai_server.reply("plughreply")
    assistant.ask("plughprompt", private=True)
    assert costs.month(assistant.store.database).total.entries == 1
    assistant.close()
    files = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    assert not any(b"plugh" in one for one in files)


def test_what_was_spent_before_there_was_a_ledger_is_in_it(
    store: ConversationCollector, before: Callable[..., AbstractContextManager[Connection]]
) -> None:
    made = "('{id}', 's', '2026-11-0{id}T10:00:00.000000+00:00', '[]', 'p', 'r', 'm', true, '{{}}'"
    rows = [
        f"{made.format(id=1)}, 1000, 200, false, '0.0000000123')",
        f"{made.format(id=2)}, 10, 2, true, NULL)",
        f"{made.format(id=3)}, 5, 5, false, '12.340000000001')",
        f"{made.format(id=4)}, NULL, NULL, NULL, NULL)",
    ]
    with before(steps.ledger) as connection:
        connection.exec_driver_sql(
            "INSERT INTO conversations (id, session, created_at, messages, prompt, response,"
            " model, complete, metadata, prompt_tokens, completion_tokens, usage_estimated,"
            f" cost) VALUES {', '.join(rows)}"
        )

    total = costs.month(store.database, NOVEMBER).total

    assert total == Sum(3, 1, 1, 1015, 207, Decimal("12.340000012301"))


def test_small_amounts_add_up_exactly(
    store: ConversationCollector, spend: Callable[..., None]
) -> None:
    for _ in range(10):
        spend(at(3), "0.000000000001")
        spend(at(3), "0.1")
    assert costs.spent(store.database, NOVEMBER) == Decimal("1.000000000010")


# --- the month ------------------------------------------------------------------------------------


def test_a_month_is_summed_by_day_model_and_purpose(
    store: ConversationCollector, spend: Callable[..., None]
) -> None:
    spend(at(1), "1.50")
    spend(at(1), "0.25", "gemini:gemini-3.8-flash")
    spend(at(30, 23), "2.00", purpose="training")
    spend(at(9), None, "openai:elsewhere", "embedding")
    spend(datetime(2026, 10, 31, 23, 59, tzinfo=UTC), "100")
    spend(datetime(2026, 12, 1, tzinfo=UTC), "100")

    month = costs.month(store.database, NOVEMBER)

    found = {key: {name: one.cost for name, one in month.by(key).items()} for key in KEYS}
    assert found == {
        "day": {
            "2026-11-01": Decimal("1.75"),
            "2026-11-09": Decimal(0),
            "2026-11-30": Decimal("2.00"),
        },
        "model": {
            MODEL: Decimal("3.50"),
            "gemini:gemini-3.8-flash": Decimal("0.25"),
            "openai:elsewhere": Decimal(0),
        },
        "purpose": {"training": Decimal(2), "chat": Decimal("1.75"), "embedding": Decimal(0)},
    }
    assert next(iter(found["model"])) == MODEL
    assert month.by("purpose")["embedding"].unpriced == month.total.unpriced == 1


KEYS: tuple[costs.Key, ...] = ("day", "model", "purpose")


def test_days_are_those_of_the_users_clock(
    store: ConversationCollector, spend: Callable[..., None], tokyo: None
) -> None:
    spend(datetime(2026, 10, 31, 14, 59, tzinfo=UTC), "1")
    spend(datetime(2026, 10, 31, 15, 0, tzinfo=UTC), "2")
    spend(datetime(2026, 11, 30, 14, 59, tzinfo=UTC), "4")
    spend(datetime(2026, 11, 30, 15, 0, tzinfo=UTC), "8")
    days = costs.month(store.database, NOVEMBER).by("day")
    assert {name: int(one.cost) for name, one in days.items()} == {"2026-11-01": 2, "2026-11-30": 4}


@pytest.mark.parametrize(
    ("today", "begun", "forecast"),
    [
        (date(2026, 11, 1), 1, 180),
        (date(2026, 11, 12), 12, 15),
        (date(2026, 11, 29), 29, Decimal(180) / 29),
        (date(2026, 11, 30), 30, None),
        (date(2026, 12, 5), 30, None),
        (date(2026, 10, 31), 0, None),
    ],
    ids=str,
)
def test_the_forecast_is_the_average_of_the_days_so_far(
    today: date, begun: int, forecast: Decimal | None
) -> None:
    month = Month(NOVEMBER, today, (Total(0, MODEL, "chat", Sum(entries=1, cost=Decimal(6))),))
    assert month.begun == begun
    assert month.forecast == (None if forecast is None else pytest.approx(forecast))


@pytest.mark.parametrize(
    ("budget", "left"), [("", None), ("0", None), ("20", "18.5"), ("1.25", "-0.25"), ("1.5", "0")]
)
def test_what_is_left_of_the_budget(
    store: ConversationCollector, spend: Callable[..., None], budget: str, left: str | None
) -> None:
    spend(datetime.now(UTC) - timedelta(seconds=1), "1.50")
    rich = ConversationCollector(settings=store.settings.with_(monthly_budget=budget))
    assert costs.left(rich.database) == (None if left is None else Decimal(left))


@pytest.mark.parametrize("budget", ["-1", "much", "nan", "inf", "1e3", "$20", "1.2.3"])
def test_what_is_no_budget_is_refused(budget: str) -> None:
    with pytest.raises(SettingsError, match="Use an amount in USD"):
        Settings().with_(monthly_budget=budget)


# --- what is shown --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "$0.00"),
        ("1234.5", "$1,234.50"),
        ("0.1", "$0.10"),
        ("0.0123", "$0.012"),
        ("0.00000456", "$0.0000046"),
        ("-0.5", "-$0.50"),
    ],
)
def test_an_amount_shows_two_digits_however_small(amount: str, text: str) -> None:
    assert usd(Decimal(amount)) == text


def test_the_month_is_told_in_words_and_bars(
    store: ConversationCollector, spend: Callable[..., None]
) -> None:
    spend(at(2), "3.00")
    spend(at(9), "1.00", purpose="training")
    spend(at(9), None, "openai:elsewhere")

    plain = shown(store, monthly_budget="20").plain

    assert plain.startswith("Spent in November 2026: $4.00, 1 unpriced.\nThe budget is $20.00: ")
    assert "$16.00 is left." in plain
    assert "Unpriced and in no sum: 1 of 3 uses (openai:elsewhere)." in plain
    rows = [" ".join(one.split()) for one in plain.splitlines()[-3:]]
    assert rows == [
        f"2026-11-02 1 100 20 $3.00 {'█' * 24}",
        f"2026-11-09 2 ~200 ~40 $1.00, 1 unpriced {'█' * 8}",
        "all 3 ~300 ~60 $4.00, 1 unpriced",
    ]


def test_what_trainings_under_way_will_cost_is_no_more_left(
    store: ConversationCollector, spend: Callable[..., None]
) -> None:
    spend(datetime.now(UTC) - timedelta(seconds=1), "4.00")
    with store.database.write() as connection:
        jobs.add(connection, a_job(state="running", estimate=Decimal(6)))

    workspace = Workspace(lambda: store.settings.with_(monthly_budget="20"))
    view = run(workspace, ["costs"])

    assert view is not None
    assert "The budget is $20.00: $10.00 is left, beside $6.00 for trainings" in view.plain


def test_what_has_no_price_is_never_shown_as_zero(
    store: ConversationCollector, spend: Callable[..., None]
) -> None:
    spend(at(2), None)
    view = shown(store, "--by", "model")
    assert "Spent in November 2026: unpriced." in view.plain and "$0.00" not in view.plain
    assert "<img" not in view.html


def test_the_budget_that_is_overspent_is_told(
    store: ConversationCollector, spend: Callable[..., None]
) -> None:
    spend(at(2), "3.00")
    assert "The budget is $2.00: $1.00 too much is spent." in shown(store, monthly_budget="2").plain


def test_the_forecast_is_told_with_how_it_is_made(
    store: ConversationCollector, openai_server: OpenAIServer, spend: Callable[..., None]
) -> None:
    today = datetime.now().astimezone()
    spend(today, "3.00")
    view = run(Workspace(lambda: store.settings), ["costs"])
    last_day = costs.month(store.database).days
    told = f"the average of {today.day} of {last_day} days, times {last_day}."
    assert view is not None and (told in view.plain) == (today.day < last_day)


def test_a_notebook_gets_one_figure_that_needs_nothing_else(
    store: ConversationCollector, spend: Callable[..., None]
) -> None:
    models = [f"openai:$model${number} 私" for number in range(9)]
    for number, model in enumerate(models):
        spend(at(2 + number), f"{number + 1}.50", model)
    spend(at(5), "2.25", purpose="training")
    spend(at(5), None, purpose="embedding")

    html = shown(store, monthly_budget="60").html

    (image,) = re.findall(r'<img src="data:image/svg\+xml;base64,([^"]+)" alt="([^"]+)"', html)
    assert image[1].startswith("Costs of November 2026: $51.75, by purpose chat $49.50, training")
    assert "the budget is $60.00" in image[1]
    drawing = ElementTree.fromstring(base64.b64decode(image[0]))
    texts = {one.text for one in drawing.iter("{http://www.w3.org/2000/svg}text")}
    wanted = {"by day and model", "by purpose", "spent, against the budget", "training", "unpriced"}
    assert wanted | {models[8], models[4], "others", "budget $60.00", "spent $51.75"} <= texts
    assert models[3] not in texts
    assert 'style="fill: #ffffff"' in base64.b64decode(image[0]).decode()  # readable on any page


def test_the_same_costs_are_the_same_figure(
    store: ConversationCollector, spend: Callable[..., None]
) -> None:
    spend(at(2), "3.00")
    assert shown(store).html == shown(store).html


def test_a_month_without_anything_says_so(store: ConversationCollector) -> None:
    assert shown(store).plain == "Nothing was used in November 2026."


@pytest.mark.parametrize("month", ["2026-13", "november", "2026", "0001-01", "9999-12"])
def test_what_is_no_month_is_refused(store: ConversationCollector, month: str) -> None:
    with pytest.raises(SettingsError, match="is not a month like 2026-11"):
        run(Workspace(lambda: store.settings), ["costs", "--month", month])


def test_the_terminal_says_the_same(
    store: ConversationCollector, spend: Callable[..., None]
) -> None:
    spend(at(2), "3.00")
    output = CliRunner().invoke(cli, ["costs", "--month", "2026-11", "--by", "purpose"]).output
    assert output.rstrip("\n") == shown(store, "--by", "purpose").plain
