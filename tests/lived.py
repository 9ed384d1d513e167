"""A store as somebody leaves it who has used it for weeks; always the same for the same day."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from math import exp

from training import a_dataset, a_job

from kagura_nb import ConversationCollector, deploy
from kagura_nb.records import JobEvent, Usage
from kagura_nb.store import datasets, jobs, ledger

MODELS = ("openai:gpt-4.1-mini", "practice", "local:/models/mine")
SAID = (
    ("What is the capital of France?", "Paris."),
    ("Shorten this mail to hanako@example.co.jp", "Done."),
    ("Call 090-1234-5678 for 田中太郎様", "I cannot call anybody."),
    ("Plan a week in Kyoto", "Monday: the Golden Pavilion. Tuesday: Arashiyama."),
)
"""Prompts and replies, taken in turn."""
STARS = (1, 2, 2, 3, 3, 4, 4, 4, 5, 5, 5, 5)
"""The later a conversation, the fewer of the first ones it can get."""
STEPS = 400


def live(store: ConversationCollector, count: int, days: int, until: datetime) -> None:
    """Talk and rate: more and more, and better and better."""
    chance = random.Random(7)
    for number in range(count):
        age = timedelta(days=days * (1 - (number / count) ** 0.7), minutes=10 * chance.random())
        model = MODELS[0] if number < count / 2 else chance.choice(MODELS)
        usage = Usage(chance.randint(80, 2000), chance.randint(20, 600))
        cost = Decimal(usage.prompt_tokens) / 100_000 if model == MODELS[0] else Decimal(0)
        prompt, reply = SAID[number % len(SAID)]
        one = store.collect(
            prompt, reply, model,
            created_at=until - age, session=f"day {age.days}", usage=usage, cost=cost,
        )  # fmt: skip
        if chance.random() < 0.45:
            store.add_feedback(one, chance.choice(STARS[8 * number // count :]))


def train(store: ConversationCollector, until: datetime) -> str:
    """Three trainings: one that made a model, one that failed, one that runs. Returns its id."""
    done, failed, runs = (
        a_job(id=f"01KARTS8T3HW1QZQ7X9M5N2B{end}", created_at=until - timedelta(days=days), **what)
        for end, days, what in (
            (
                "01",
                20,
                {"state": "succeeded", "model": MODELS[2], "backend": "local", "share": 0.4},
            ),
            ("02", 6, {"state": "failed", "problem": "The file was refused. Look into it."}),
            ("03", 0, {"state": "running", "estimate": Decimal("2.40"), "dataset": "d2"}),
        )
    )
    with store.database.write() as connection:
        for version, days in (("d1", 20), ("d2", 1)):
            made = a_dataset(version=version, created_at=until - timedelta(days=days))
            datasets.add(connection, made, [])
        for one in (done, failed, runs):
            jobs.add(connection, one)
        jobs.append(connection, done.id, steps(done.created_at, 1, STEPS))
        jobs.append(connection, runs.id, steps(until - timedelta(minutes=4), 1, STEPS // 3))
        spent = Usage(90_000, 0)
        ledger.add(connection, "training", MODELS[0], at=until, usage=spent, cost=Decimal("0.45"))
    deploy.deploy(store.database, MODELS[2], 0.4, done)
    return runs.id


def steps(begun: datetime, first: int, last: int) -> Iterator[JobEvent]:
    """What a training says while it learns."""
    for step in range(first, last + 1):
        at = begun + timedelta(seconds=step)
        loss = 0.4 + 3 * exp(-step / 60)
        held_out = 0.5 + 3 * exp(-step / 70) if step % 20 == 0 else None
        yield JobEvent(at, "running", step=step, steps=STEPS, loss=loss, validation_loss=held_out)
