"""What the practice model must be able to do, asked in wordings and about values it never saw.

    general    small talk, capitals, colours, reminders, prompts beyond its world
    recalled   a fact about the user, out of 1 to 5 recalled conversations
    history    a fact told earlier in the same session
    sign-off   two shown examples end with a sign-off: so does the reply
    both       a recalled fact, with the shown sign-off
    unknown    a fact never told, among others that were

An answer counts only if it is the expected reply, character for character.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from random import Random

from tqdm import tqdm

from kagura_nb.practice.world import LANGUAGES, Exchange, Fact, Scene, Voice, signed
from kagura_nb.records import Message

Answer = Callable[[Sequence[Message]], str]
DAY = datetime(2026, 11, 23, tzinfo=UTC)


class Examiner:
    """Draws the questions of one language.

    Args:
        code: `"en"` or `"ja"`.
        random: the draw.
    """

    def __init__(self, code: str, random: Random) -> None:
        self.random = random
        self.voice = Voice(LANGUAGES[code], random, held_out=True)
        self.others = Voice(LANGUAGES[code], random)

    def general(self) -> Scene:
        return Scene((self.voice.general(),))

    def recalled(self) -> Scene:
        fact = self.voice.fact()
        return Scene((self.voice.ask(fact, known=True),), self._memory(fact))

    def history(self) -> Scene:
        fact = self.voice.fact()
        between = [self.others.general() for _ in range(self.random.randint(0, 3))]
        return Scene((self.voice.tell(fact), *between, self.voice.ask(fact, known=True)))

    def sign_off(self) -> Scene:
        closing = self.voice.sign_off()
        return Scene((signed(self.voice.general(), closing),), examples=self._examples(closing))

    def both(self) -> Scene:
        fact, closing = self.voice.fact(), self.voice.sign_off()
        question = signed(self.voice.ask(fact, known=True), closing)
        return Scene((question,), self._memory(fact), self._examples(closing))

    def unknown(self) -> Scene:
        fact = self.voice.fact()
        memory = self._memory(fact, told=False) if self.random.random() < 0.7 else ()
        return Scene((self.voice.ask(fact, known=False),), memory)

    def _memory(self, fact: Fact, told: bool = True) -> tuple[tuple[datetime, str, str], ...]:
        said, facts = [self.voice.tell(fact)] * told, [fact]
        for _ in range(self.random.randint(0, 4)):
            facts.append(self.others.fact(facts, near=fact if self.random.random() < 0.4 else None))
            about = self.others.tell(facts[-1])
            said.append(about if self.random.random() < 0.7 else self.others.general())
        self.random.shuffle(said)
        return tuple((DAY, one.prompt, one.reply) for one in said)

    def _examples(self, closing: str) -> tuple[Exchange, ...]:
        return tuple(signed(self.others.general(), closing) for _ in range(2))


SKILLS: Mapping[str, Callable[[Examiner], Scene]] = {
    "general": Examiner.general,
    "recalled": Examiner.recalled,
    "history": Examiner.history,
    "sign-off": Examiner.sign_off,
    "both": Examiner.both,
    "unknown": Examiner.unknown,
}


def questions(code: str, skill: str, count: int, seed: int = 2026) -> Iterator[list[Message]]:
    """Yield dialogues whose last message is the expected reply."""
    examiner = Examiner(code, Random(f"{seed} {code} {skill}"))
    for _ in range(count):
        scene = SKILLS[skill](examiner)
        yield scene.messages()


def accuracy(answer: Answer, code: str, skill: str, count: int) -> tuple[float, list[list[str]]]:
    """The share of right answers, and `[prompt, expected, answered]` of the wrong ones."""
    wrong = []
    for *asked, expected in questions(code, skill, count):
        said = answer(asked)
        if said != expected.content:
            wrong.append([asked[-1].content, expected.content, said])
    return 1 - len(wrong) / count, wrong


def table(answer: Answer, count: int) -> list[tuple[str, str, float]]:
    """Rows of language, skill and share of right answers."""
    cells = [(code, skill) for code in LANGUAGES for skill in SKILLS]
    return [
        (code, skill, accuracy(answer, code, skill, count)[0])
        for code, skill in tqdm(cells, desc="exam")
    ]
