"""Dialogues of the practice world, each exactly what the assistant would send and get back.

    a persona: facts about the user, some told in the context, some never
        memory    earlier conversations: facts told, questions, small talk
        examples  replies the user liked, most of them with one sign-off
        turns     prompt and the one right reply, which follows from all of the above

`Scene` gathers what a dialogue shows; `dialogue` draws one for training. The exam builds its own
scenes out of the same parts, with the held-out wordings and values (`Voice(held_out=True)`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from kagura_nb.practice import words
from kagura_nb.practice.english import ENGLISH
from kagura_nb.practice.japanese import JAPANESE
from kagura_nb.practice.language import Intent, Language, Relation, Wordings
from kagura_nb.prompt import SYSTEM, assemble
from kagura_nb.records import Conversation, Message

LANGUAGES = {"en": ENGLISH, "ja": JAPANESE}
SPOKEN = ("en", "en", "ja", "ja", "ja")  # Japanese values have more tokens, so more to copy
EVERYTHING = 10**9  # a token budget that leaves nothing out
SYSTEMS = (
    "You are a helpful assistant.",
    "You are Kagura. Be brief.",
    "You are a friendly assistant who answers in one sentence.",
    "Answer shortly and politely.",
    "あなたは親切なアシスタントです。",
    "あなたはかぐらです。短く答えてください。",
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One prompt and its reply."""

    prompt: str
    reply: str


@dataclass(frozen=True, slots=True)
class Fact:
    """Something true of the user."""

    relation: Relation
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Scene:
    """What a dialogue shows, before it is rendered.

    Args:
        turns: the session, oldest first; the last reply is the one asked for.
        memory: recalled conversations, best first; a reply of None was rated poor.
        examples: liked conversations.
        system: who the assistant is.
    """

    turns: tuple[Exchange, ...]
    memory: tuple[tuple[datetime, str, str | None], ...] = ()
    examples: tuple[Exchange, ...] = ()
    system: str = SYSTEM

    def messages(self) -> list[Message]:
        """All messages, the last reply included, as the assistant would have sent them."""
        history = [message for turn in self.turns[:-1] for message in _spoken(turn)]
        sent = assemble(
            self.turns[-1].prompt,
            budget=EVERYTHING,
            count=len,
            system=self.system,
            recalled=[_conversation(*one) for one in self.memory],
            examples=[_conversation(_DAY_ONE, one.prompt, one.reply) for one in self.examples],
            history=history,
        )
        return [*sent.messages, Message("assistant", self.turns[-1].reply)]


@dataclass(slots=True)
class Voice:
    """Draws what is said in one language; the held-out one says what training never does."""

    language: Language
    random: Random
    held_out: bool = False
    american: bool = field(default=False)

    def wording(self, wordings: Wordings) -> str:
        """A template."""
        return self.random.choice(wordings.held_out if self.held_out else wordings.asked)

    def value(self, kind: str) -> str:
        """A value of a kind."""
        draw = words.held_out if self.held_out else words.value
        return draw(self.language.code, kind, self.random)

    def sign_off(self) -> str:
        """A closing, with what joins it to the reply."""
        joint = self.random.choice(self.language.joints)
        if self.held_out:
            listed = words.HELD_OUT_SIGN_OFFS[self.language.code].split("|")
            return joint + self.random.choice(listed)
        return joint + words.sign_off(self.language.code, self.random)

    def fact(self, taken: Sequence[Fact] = (), near: Fact | None = None) -> Fact:
        """A new fact about something that none of `taken` is about; `near` gives its relation."""
        while True:
            relation = near.relation if near else self._relation()
            key = self.random.choice(list(relation.keys))
            kind = relation.keys[key]
            if not self.held_out and key and self.random.random() < 0.15:
                key, kind = words.invent(self.language.code, self.random), "thing"
            if all((relation, key) != (one.relation, one.key) for one in taken):
                return Fact(relation, key, self.value(kind))
            near = None

    def tell(self, fact: Fact) -> Exchange:
        """The user states a fact."""
        prompt = self.wording(fact.relation.told).format(key=fact.key, value=fact.value)
        return self._say(prompt, fact.relation.noted.format(key=fact.key, value=fact.value))

    def ask(self, fact: Fact, known: bool) -> Exchange:
        """The user asks for a fact that the context holds or not."""
        prompt = self.wording(fact.relation.asked).format(key=fact.key)
        reply = fact.relation.known if known else fact.relation.unknown
        return self._say(prompt, reply.format(key=fact.key, value=fact.value))

    def chat(self, intent: Intent | None = None) -> Exchange:
        """Something general: small talk, a capital, a colour."""
        intent = intent or self.random.choice(
            [*self.language.intents, *self.language.intents[-2:] * 2]
        )
        pair = self.random.choice(list(intent.table.items()) or [("", "")])
        named = {"key": pair[0], "value": pair[1]}
        return self._say(
            self.wording(intent.wordings).format(**named), intent.reply.format(**named)
        )

    def remind(self) -> Exchange:
        """The user wants to be reminded."""
        named = {"task": self.value("task"), "time": self.value("time")}
        prompt = self.wording(self.language.remind).format(**named)
        return self._say(prompt, self.language.reminded.format(**named))

    def beyond(self) -> Exchange:
        """Something that this world does not hold."""
        prompt = self.wording(self.language.beyond)
        while "{number}" in prompt:
            prompt = prompt.replace("{number}", str(self.random.randrange(2, 2000)), 1)
        return self._say(words.fill(prompt, self.language.code, self.random), self.language.honest)

    def general(self) -> Exchange:
        """Anything that does not ask for a fact about the user."""
        kind = self.random.random()
        return self.chat() if kind < 0.65 else self.remind() if kind < 0.85 else self.beyond()

    def _relation(self) -> Relation:
        return self.random.choices(self.language.relations, [8, 5, 3, 2, 2])[0]

    def _say(self, prompt: str, reply: str) -> Exchange:
        if self.american:
            prompt, reply = (_american(text) for text in (prompt, reply))
        if not self.held_out:
            prompt = _typed(prompt, reply, self.random)
            if self.random.random() < 0.04:
                joint = " " if self.language.code == "en" else ""
                prompt = joint.join([self.random.choice(self.language.greetings), prompt])
        return Exchange(prompt, reply)


def dialogue(random: Random, short: bool = False) -> list[Message]:
    """One training dialogue: system, now and then left out, then prompt and reply in turn.

    Args:
        random: the draw.
        short: at most one memory and two examples, which teaches the language faster.
    """
    voice = Voice(LANGUAGES[random.choice(SPOKEN)], random, american=random.random() < 0.03)
    scene = _Draw(voice).scene(short)
    bare = not scene.memory and not scene.examples and random.random() < 0.2
    return scene.messages()[bare:]


class _Draw:
    """Draws one scene: which facts there are, where they are told, what is asked in the end."""

    def __init__(self, voice: Voice) -> None:
        self.voice, self.random = voice, voice.random
        self.told: list[Fact] = []

    def scene(self, short: bool) -> Scene:
        size = self.random.choices((0, 1, 2, 3, 4, 5), (15, 15, 17, 20, 17, 16))[0]
        shown = self.random.choices((0, 1, 2, 3, 5, 8), (35, 8, 40, 10, 4, 3))[0]
        if short:
            size, shown = self.random.choice(((0, 0), (1, 0), (0, 2)))
        closing = self.voice.sign_off() if shown and self.random.random() < 0.85 else ""
        memory = [self._remembered(closing) for _ in range(size)]
        examples = [signed(self._liked(), closing) for _ in range(shown)]
        turns = [self._turn(closing) for _ in range(self.random.randint(1, 8))]
        system = SYSTEM if self.random.random() < 0.8 else self.random.choice(SYSTEMS)
        return Scene(tuple(turns), tuple(memory), tuple(examples), system)

    def _remembered(self, closing: str) -> tuple[datetime, str, str | None]:
        day = _DAY_ONE + timedelta(days=self.random.randrange(700))
        kind = self.random.random()
        if kind < 0.6:
            said = self.voice.tell(self._new_fact())
        elif kind < 0.8:
            said = self._question()
        else:
            said = self.voice.general()
        if self.random.random() < 0.12:
            return day, said.prompt, None
        if self.random.random() < 0.4:
            said = signed(said, closing)
        elif self.random.random() < 0.08:
            said = signed(said, self.voice.sign_off())
        return day, said.prompt, said.reply

    def _liked(self) -> Exchange:
        kind = self.random.random()
        if kind < 0.15:
            return self.voice.tell(self._new_fact())
        return self._question() if kind < 0.3 else self.voice.general()

    def _turn(self, closing: str) -> Exchange:
        kind = self.random.random()
        if kind < 0.55:
            said = self._question()
        elif kind < 0.65:
            said = self.voice.tell(self._new_fact())
        else:
            said = self.voice.general()
        if not closing and self.random.random() < 0.12:
            return self._signed_on_request(said)
        return signed(said, closing)

    def _question(self) -> Exchange:
        if self.told and self.random.random() < 0.6:
            return self.voice.ask(self.random.choice(self.told), known=True)
        near = self.random.choice(self.told) if self.told else None
        return self.voice.ask(self.voice.fact(self.told, near), known=False)

    def _new_fact(self) -> Fact:
        near = self.random.choice(self.told) if self.told and self.random.random() < 0.5 else None
        fact = self.voice.fact(self.told, near)
        self.told.append(fact)
        return fact

    def _signed_on_request(self, said: Exchange) -> Exchange:
        closing = self.voice.sign_off()
        request = self.voice.wording(self.voice.language.sign).format(sign=closing.strip())
        return Exchange(
            f"{said.prompt} {request}", said.reply + self.voice.language.joints[0] + closing.strip()
        )


_DAY_ONE = datetime(2026, 1, 1, 12, tzinfo=UTC)


def signed(said: Exchange, closing: str) -> Exchange:
    """The exchange with a closing behind its reply."""
    return Exchange(said.prompt, said.reply + closing)


def _spoken(turn: Exchange) -> tuple[Message, Message]:
    return Message("user", turn.prompt), Message("assistant", turn.reply)


def _conversation(day: datetime, prompt: str, reply: str | None) -> Conversation:
    return Conversation(
        id="",
        session="",
        created_at=day,
        messages=(Message("user", prompt),),
        response=reply or "",
        model="practice",
        rating=1 if reply is None else None,
    )


def _american(text: str) -> str:
    return text.replace("favourite", "favorite").replace("colour", "color")


def _typed(prompt: str, reply: str, random: Random) -> str:
    """As people type: now and then without its last mark, in small letters, or with a please."""
    kind = random.random()
    if kind < 0.08:
        return prompt.rstrip(".?!。？！")
    if kind < 0.12 and prompt[0].isascii() and prompt.split()[0] not in reply:
        return prompt[0].lower() + prompt[1:]
    return prompt.replace("？", "?") if kind > 0.93 else prompt
