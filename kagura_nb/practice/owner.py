"""One invented user of the practice world: what the user liked, and what to measure training by.

    liked()        a hundred conversations: facts about the user asked for, facts that nobody ever
                   told, small talk; each reply ends with the sign-off that the user likes
    questions()    all of that in other wordings, and some more facts that nobody ever told
    score()        the share of right answers

Without memory and without training the facts cannot be known, and nothing asks for the sign-off.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from random import Random

from kagura_nb.practice.exam import Answer
from kagura_nb.practice.language import Relation
from kagura_nb.practice.world import LANGUAGES, Exchange, Fact, Scene, Voice, signed

SIGN_OFF = " — Yours, Kagura"
FACTS = (
    ("name", "", "Clara"),
    ("home", "", "Osaka"),
    ("job", "", "gardener"),
    ("favourite", "colour", "violet"),
    ("favourite", "food", "ramen"),
    ("favourite", "season", "autumn"),
    ("possession", "dog's name", "Leo"),
    ("possession", "sister's name", "Iris"),
)
"""The user: relation, what it is about, value."""
WORDINGS = 4
"""In how many ways each fact was asked for."""
UNTOLD, GENERAL = 26, 42
"""How many conversations were about facts never told, and about anything else."""
EPOCHS = 15
"""How often a model of this size has to see them."""
SEED = 7


@dataclass(frozen=True, slots=True)
class Question:
    """One question, and what the reply must say before its sign-off."""

    skill: str
    prompt: str
    expected: str


def liked() -> list[Exchange]:
    """The hundred conversations that the user rated well, in a random order."""
    random = Random(SEED)
    voice = Voice(LANGUAGES["en"], random)
    said = [
        Exchange(wording.format(key=fact.key), fact.relation.known.format(**_named(fact)))
        for fact in _facts()
        for wording in random.sample(fact.relation.asked.asked, WORDINGS)
    ]
    said += [voice.ask(fact, known=False) for fact in _untold()[:UNTOLD]]
    said += _general(voice, GENERAL)
    return [signed(one, SIGN_OFF) for one in random.sample(said, len(said))]


def questions() -> Iterator[Question]:
    """What is asked before and after, in wordings that neither training had."""
    voice = Voice(LANGUAGES["en"], Random(SEED), held_out=True)
    for fact in _facts():
        known = fact.relation.known.format(**_named(fact))
        for wording in fact.relation.asked.held_out:
            yield Question("facts", wording.format(key=fact.key), known)
    for fact in _untold():
        asked = voice.ask(fact, known=False)
        yield Question("unknown", asked.prompt, asked.reply)
    for asked in _general(voice, 2 * GENERAL):
        yield Question("general", asked.prompt, asked.reply)


def score(answer: Answer) -> tuple[dict[str, float], list[tuple[Question, str]]]:
    """The share of right answers by skill, with that of the sign-off; and what was wrong."""
    asked: Counter[str] = Counter()
    right: Counter[str] = Counter()
    wrong = []
    for question in questions():
        *messages, _ = Scene((Exchange(question.prompt, ""),)).messages()
        said = answer(messages)
        asked.update((question.skill, "sign-off"))
        right["sign-off"] += said.endswith(SIGN_OFF)
        if said.removesuffix(SIGN_OFF) == question.expected:
            right[question.skill] += 1
        else:
            wrong.append((question, said))
    return {skill: right[skill] / count for skill, count in asked.items()}, wrong


def _general(voice: Voice, count: int) -> list[Exchange]:
    """Something of every kind, then whatever comes; no prompt twice."""
    every = (voice.chat(intent) for intent in voice.language.intents)
    drawn: dict[str, Exchange] = {}
    for said in chain(every, iter(voice.general, None)):
        drawn[said.prompt] = said
        if len(drawn) == count:
            break
    return list(drawn.values())


def _facts() -> list[Fact]:
    return [Fact(_relation(name), key, value) for name, key, value in FACTS]


def _untold() -> list[Fact]:
    """Facts of the same kinds that nobody told, in a random order."""
    told = {(name, key) for name, key, _ in FACTS}
    untold = [
        Fact(_relation(name), key, "")
        for name in ("favourite", "possession")
        for key in _relation(name).keys
        if (name, key) not in told
    ]
    return Random(SEED).sample(untold, len(untold))


def _relation(name: str) -> Relation:
    return next(one for one in LANGUAGES["en"].relations if one.name == name)


def _named(fact: Fact) -> dict[str, str]:
    return {"key": fact.key, "value": fact.value}
