"""What a reply costs: exact names, dated prices, unknown is never zero."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from kagura_nb import Assistant, pricing
from kagura_nb.records import Usage
from kagura_nb.settings import Settings

MILLION = Usage(1_000_000, 1_000_000)
DAY = date(2026, 11, 23)


@pytest.fixture
def settings(home: Path) -> Settings:
    home.mkdir()
    return Settings.load()


@pytest.mark.parametrize(
    ("model", "usage", "usd"),
    [
        ("openai:gpt-4.1-mini", MILLION, "2.00"),
        ("openai:gpt-4.1-mini-2025-04-14", MILLION, "2.00"),
        ("openai:gpt-4.1", MILLION, "10.00"),
        ("openai:ft:gpt-4.1-mini-2025-04-14:acme:kagura:abc123", MILLION, "4.00"),
        ("openai:ft:gpt-4o-mini-2024-07-18:acme::id", MILLION, "1.50"),
        ("openai:gpt-4.1-mini", Usage(1_000_000, 0, cached_tokens=400_000), "0.28"),
        ("openai:gpt-6.1-terra", Usage(200_000, 0, written_tokens=100_000), "0.225"),
        ("openai:gpt-6.1-terra", Usage(9, 0, cached_tokens=9), "0.00000045"),
        ("gemini:gemini-3.8-flash", MILLION, "4.50"),
        ("gemini:gemini-3.5-flash-lite", Usage(1, 1), "0.0000028"),
        ("openai:text-embedding-3-small", Usage(1_000_000, 0), "0.02"),
        ("practice", MILLION, "0"),
        ("local:/models/tiny+adapter", MILLION, "0"),
        ("ollama:llama3.2", MILLION, "0"),
    ],
)
def test_a_reply_costs(model: str, usage: Usage, usd: str, settings: Settings) -> None:
    assert pricing.cost(model, usage, settings, DAY) == Decimal(usd)


@pytest.mark.parametrize(
    "model",
    [
        "openai:gpt-4.1-mini-2099-01-01",
        "openai:gpt-4.1-min",
        "openai:gpt-4.1-mini-turbo",
        "openai:gpt-4",
        "openai:ft:gpt-9:acme::id",
        "openai:",
        "gemini:gpt-4.1",
        "gemini:gemini-3.8-flash-tts",
        "elsewhere:model",
    ],
)
def test_no_model_has_another_ones_price(model: str, settings: Settings) -> None:
    assert pricing.cost(model, MILLION, settings, DAY) is None


@pytest.mark.parametrize(
    ("model", "day", "usd"),
    [
        ("gemini:gemini-3.8-flash", date(2026, 12, 31), "4.50"),
        ("gemini:gemini-3.8-flash", date(2027, 1, 1), "9.00"),
        ("openai:gpt-4.1", date(2027, 1, 14), "10.00"),
        ("openai:gpt-4.1", date(2027, 1, 15), None),
    ],
)
def test_a_price_holds_until_its_day(
    model: str, day: date, usd: str | None, settings: Settings
) -> None:
    assert pricing.cost(model, MILLION, settings, day) == (usd and Decimal(usd))


def test_prompts_beyond_the_listed_length_are_unpriced(settings: Settings) -> None:
    longest, longer = Usage(272_000, 0), Usage(272_001, 0)

    assert pricing.cost("openai:gpt-6.1-terra", longest, settings, DAY) == Decimal("0.272")
    assert pricing.cost("openai:gpt-6.1-terra", longer, settings, DAY) is None


@pytest.mark.parametrize("address", ["https://gateway.example/v1", "http://127.0.0.1:4000/v1"])
def test_another_address_has_no_list_price(address: str, settings: Settings) -> None:
    elsewhere = settings.with_(base_url=address)

    assert pricing.cost("openai:gpt-4.1", MILLION, elsewhere, DAY) is None
    assert pricing.cost("gemini:gemini-3.8-flash", MILLION, elsewhere, DAY) == Decimal("4.50")


def test_a_server_elsewhere_is_not_free(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLLM_BASE_URL", "https://gpu.example/v1")

    assert pricing.cost("vllm:qwen3", MILLION, settings, DAY) is None


OWN = """
[[price]]
models = ["openai:gpt-4.1", "vllm:qwen3"]
input = 1
output = 0.5
"""


def test_the_owners_prices_go_first_and_hold_at_any_address(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (settings.home / "prices.toml").write_text(OWN)
    monkeypatch.setenv("VLLM_BASE_URL", "https://gpu.example/v1")
    elsewhere = settings.with_(base_url="https://gateway.example/v1")

    assert pricing.complaints(settings) == []
    assert pricing.cost("openai:gpt-4.1", MILLION, settings, DAY) == Decimal("1.5")
    assert pricing.cost("openai:gpt-4.1", MILLION, elsewhere, DAY) == Decimal("1.5")
    assert pricing.cost("vllm:qwen3", MILLION, settings, DAY) == Decimal("1.5")
    assert pricing.cost("openai:gpt-4.1-mini", MILLION, settings, DAY) == Decimal("2.00")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[price", "cannot be used"),
        ('[[price]]\nmodels = ["a:b"]\noutput = 1', "an entry lacks 'input'"),
        ('[[price]]\nmodels = ["a:b"]\ninput = "much"\noutput = 1', "an entry is no price"),
        ('[[price]]\nmodels = ["a:b"]\ninput = nan\noutput = 1', "an entry is no price"),
        ('[[price]]\nmodels = ["a:b"]\ninput = -1\noutput = 1', "below zero for a:b"),
        ('[[price]]\nmodels = ["a:b"]\ninput = 1\noutput = 1\nuntil = 7', "until = 7 is no date"),
        (
            '[[price]]\nmodels = ["a:b"]\ninput = 1\noutput = 1\nup_to = "x"',
            "up_to = 'x' is no int",
        ),
        ("price = 3", "an entry is no price"),
    ],
)
def test_a_broken_list_is_told_but_never_costs_a_turn(
    text: str, complaint: str, settings: Settings
) -> None:
    (settings.home / "prices.toml").write_text(text)

    turn = Assistant(settings=settings.with_(model="practice")).ask("Hello")

    assert turn.complete
    assert [one for one in turn.notices if complaint in one and "Correct or delete it" in one]
    assert pricing.cost("openai:gpt-4.1", MILLION, settings, DAY) == Decimal("10.00")


def test_without_an_own_list_there_is_nothing_to_complain_about(settings: Settings) -> None:
    assert pricing.complaints(settings) == []


EMBEDDERS = {
    "openai:text-embedding-3-small",
    "openai:text-embedding-3-large",
    "gemini:gemini-embedding-001",
}


def test_every_shipped_price_says_where_and_when_it_was_read() -> None:
    prices = pricing.shipped()

    assert len(prices) > 25
    assert all(one.source.startswith("https://") and one.read for one in prices)
    assert all(one.cached <= one.input <= one.written for one in prices)
    assert {name for one in prices if not one.output for name in one.models} == EMBEDDERS
