"""The shape of one language of the practice world: what can be said, and the one right reply.

Every intent has one reply, so that an answer is right or wrong without judgement. `asked` are the
wordings of training, `held_out` paraphrases that only the exam uses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Wordings:
    """Templates of one thing that a user says."""

    asked: tuple[str, ...]
    held_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Intent:
    """Something general and its reply; `table` fills `{key}` and `{value}` where there is one.

    Args:
        name: for reports.
        wordings: how it is asked.
        reply: the one right answer.
        table: what is known, key to value.
    """

    name: str
    wordings: Wordings
    reply: str
    table: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Relation:
    """A kind of fact about the user.

    Args:
        name: for reports.
        keys: what it can be about, with the kind of its values; a relation without keys has `""`.
        told: how the user states it.
        asked: how the user asks for it.
        noted: the reply to a statement.
        known: the reply when the fact stands in the context.
        unknown: the reply when it does not.
    """

    name: str
    keys: Mapping[str, str]
    told: Wordings
    asked: Wordings
    noted: str
    known: str
    unknown: str


@dataclass(frozen=True, slots=True)
class Language:
    """Everything that can be said in one language.

    Args:
        code: `"en"` or `"ja"`.
        intents: the general ones.
        relations: the facts about the user.
        remind: wordings with `{task}` and `{time}`.
        reminded: the reply to them.
        beyond: prompts outside the world; `{word}` is anything.
        honest: the one reply to those.
        sign: requests, appended to a prompt, to end the reply with `{sign}`.
        joints: what stands between a reply and its sign-off.
        greetings: what may stand before any prompt.
    """

    code: str
    intents: tuple[Intent, ...]
    relations: tuple[Relation, ...]
    remind: Wordings
    reminded: str
    beyond: Wordings
    honest: str
    sign: Wordings
    joints: tuple[str, ...]
    greetings: tuple[str, ...]
