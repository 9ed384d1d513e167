"""What a reply costs, from one dated price list; an unknown price is None, never zero.

The list is `prices.toml` beside this module; the owner's own file of the same form in the home
folder goes before it. The first entry that names the model, is still valid on the day and covers
the prompt's length sets the price. A name must match exactly: `gpt-4.1-mini` and its snapshots are
listed each by name, so that no model is ever billed at another one's price. Only a fine-tuned
model is looked up by its base (`ft:<base>`), which is how it is sold.

    cost = (fresh x input + cached x its price + written x its price + completion x output) / 1e6

where fresh are the prompt's tokens that the vendor neither had cached nor wrote to its cache.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from kagura_nb import keys
from kagura_nb.addresses import is_loopback
from kagura_nb.records import Usage
from kagura_nb.settings import Settings

PRICE_FILE = "prices.toml"
FREE_VENDORS = ("practice", "local", "ollama", "lmstudio", "vllm")
MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Price:
    """One entry of the list.

    Args:
        models: the `provider:model` names that it holds for.
        input: USD per million prompt tokens.
        output: USD per million completion tokens.
        cached: USD per million prompt tokens that the vendor had cached.
        written: USD per million prompt tokens that the vendor wrote to its cache.
        training: USD per million tokens trained on; None where unknown.
        up_to: the longest prompt, in tokens, that it holds for; None where there is no limit.
        until: the last day on which it holds; None where no end is known.
        source: where it was read.
        read: when it was read.
    """

    models: tuple[str, ...]
    input: Decimal
    output: Decimal
    cached: Decimal
    written: Decimal
    training: Decimal | None = None
    up_to: int | None = None
    until: date | None = None
    source: str = "the owner's price list"
    read: date | None = None

    def cost(self, usage: Usage) -> Decimal:
        """USD for what one reply consumed."""
        fresh = usage.prompt_tokens - usage.cached_tokens - usage.written_tokens
        prompt = fresh * self.input + usage.cached_tokens * self.cached
        prompt += usage.written_tokens * self.written
        return (prompt + usage.completion_tokens * self.output) / MILLION


def cost(model: str, usage: Usage, settings: Settings, day: date | None = None) -> Decimal | None:
    """USD for one reply; None where the price is unknown, 0 for models on this machine.

    A price list that cannot be read never costs a turn: the shipped one is used alone, and
    `complaints` tells what is wrong.

    Args:
        model: `provider:model` that answered.
        usage: what it consumed.
        settings: tells the home folder and whether the vendor's own address is used.
        day: when it answered; None: today, in UTC.
    """
    if _costs_nothing(model, settings):
        return Decimal(0)
    price = find(model, usage.prompt_tokens, settings, day)
    return None if price is None else price.cost(usage)


def training_cost(backend: str, model: str, tokens: int, settings: Settings) -> Decimal | None:
    """USD for training; None where the price is unknown, 0 on this machine.

    Args:
        backend: who trains.
        model: what is trained, without the vendor in front.
        tokens: billed, all epochs together.
        settings: see `cost`.
    """
    if backend in FREE_VENDORS:
        return Decimal(0)
    price = training_price(backend, model, settings)
    return None if price is None or price.training is None else price.training * tokens / MILLION


def training_price(backend: str, model: str, settings: Settings) -> Price | None:
    """The price of training a model today; None where it is unknown, and on this machine."""
    found = find(f"{backend}:ft:{model.removeprefix('ft:')}", 0, settings)
    return None if found is None or found.training is None else found


def find(
    model: str, prompt_tokens: int, settings: Settings, day: date | None = None
) -> Price | None:
    """The price that holds for a model, a prompt's length and a day; None where unknown.

    List prices are the vendor's own: behind another address only the owner's entries count.
    """
    day = day or datetime.now(UTC).date()
    name = _billed_name(model)
    for price in _entries(model, settings):
        valid = price.until is None or day <= price.until
        covers = price.up_to is None or prompt_tokens <= price.up_to
        if name in price.models and valid and covers:
            return price
    return None


def complaints(settings: Settings) -> list[str]:
    """What is wrong with the owner's price list, in a line for the user; empty where nothing is."""
    path = settings.home / PRICE_FILE
    try:
        _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        return [f"Priced without {path}, which cannot be used ({error}). Correct or delete it."]
    return []


def parse(text: str) -> tuple[Price, ...]:
    """Read a price list.

    Raises:
        ValueError: it is not TOML, or an entry lacks something or is no price.
    """
    entries = tomllib.loads(text, parse_float=Decimal).get("price", [])
    try:
        return tuple(_price(entry) for entry in entries)
    except KeyError as error:
        raise ValueError(f"an entry lacks {error}") from error
    except (TypeError, AttributeError, ArithmeticError) as error:
        raise ValueError("an entry is no price") from error


def _price(entry: Mapping[str, Any]) -> Price:
    price = Price(
        models=tuple(entry["models"]),
        input=Decimal(entry["input"]),
        output=Decimal(entry["output"]),
        cached=Decimal(entry.get("cached", entry["input"])),
        written=Decimal(entry.get("written", entry["input"])),
        training=Decimal(entry["training"]) if "training" in entry else None,
        **{name: entry[name] for name in ("up_to", "until", "source", "read") if name in entry},
    )
    amounts = (price.input, price.output, price.cached, price.written, price.training or 0)
    if min(amounts) < 0:
        raise ValueError(f"a price below zero for {', '.join(price.models)}")
    for name, wanted in (("up_to", int), ("until", date)):
        if name in entry and type(entry[name]) is not wanted:
            raise ValueError(f"{name} = {entry[name]!r} is no {wanted.__name__}")
    return price


def _costs_nothing(model: str, settings: Settings) -> bool:
    vendor = model.partition(":")[0]
    if vendor not in FREE_VENDORS or keys.is_forwarded(model):
        return False
    return vendor not in keys.VENDORS or is_loopback(keys.address(vendor, settings))


def _billed_name(model: str) -> str:
    vendor, _, name = model.partition(":")
    return f"{vendor}:{':'.join(name.split(':')[:2])}" if name.startswith("ft:") else model


def _entries(model: str, settings: Settings) -> Iterator[Price]:
    yield from _owners(settings.home / PRICE_FILE)
    vendor = model.partition(":")[0]
    if vendor in keys.VENDORS and keys.address(vendor, settings) == keys.VENDORS[vendor].address:
        yield from shipped()


@lru_cache(maxsize=1)
def shipped() -> tuple[Price, ...]:
    """The price list that comes with the package."""
    return parse((files("kagura_nb") / PRICE_FILE).read_text(encoding="utf-8"))


def _owners(path: Path) -> tuple[Price, ...]:
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, ValueError):
        return ()


@lru_cache(maxsize=8)
def _read(path: Path, _changed: int) -> tuple[Price, ...]:
    return parse(path.read_text(encoding="utf-8"))
