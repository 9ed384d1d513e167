"""Invented owners of an assistant: what they said and rated, and what they ask afterwards.

    conversations(owner)   a hundred rated ones: facts told and asked for, facts never told, general
                           knowledge, corrections and poor replies; every good reply is signed as
                           the owner likes it
    questions(owner)       all of that in other words, and facts that nobody ever told

Nothing of a question's wording was said before; a reply counts by what it says, not by its form.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from random import Random

SEED = 11
SIZE = 100


@dataclass(frozen=True, slots=True)
class Owner:
    """One person.

    Args:
        name: for the table.
        language: `"en"` or `"ja"`.
        sign_off: how replies shall end.
        facts: what the owner tells, by what it is about.
        untold: what the owner never tells.
    """

    name: str
    language: str
    sign_off: str
    facts: dict[str, str]
    untold: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """One conversation of the past.

    Args:
        prompt: what the owner said.
        reply: what the model said.
        rating: stars.
        correction: the reply as the owner wishes it had been, None where there is none.
    """

    prompt: str
    reply: str
    rating: int = 5
    correction: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One question and what a right reply contains.

    Args:
        skill: `"facts"`, `"general"` or `"untold"`.
        prompt: what is asked.
        expected: any of these makes it right.
        forbidden: any of these makes it wrong.
    """

    skill: str
    prompt: str
    expected: tuple[str, ...]
    forbidden: tuple[str, ...] = field(default=())

    def right(self, reply: str) -> bool:
        """Whether a reply answers it."""
        said = reply.casefold()
        return any(one.casefold() in said for one in self.expected) and not any(
            one.casefold() in said for one in self.forbidden
        )


OWNERS = (
    Owner(
        "gardener",
        "en",
        "— Yours, Kagura",
        {
            "favourite colour": "violet",
            "dog's name": "Bruno",
            "home town": "Osaka",
            "sister's name": "Iris",
            "favourite food": "ramen",
            "job": "gardener",
            "birthday": "3 May",
            "favourite flower": "peony",
        },
        (
            "favourite film",
            "shoe size",
            "car's make",
            "brother's name",
            "favourite river",
            "blood type",
            "first school",
            "cat's name",
        ),
    ),
    Owner(
        "analyst",
        "en",
        "Cheers, K.",
        {
            "main database": "DuckDB",
            "editor": "Helix",
            "team's name": "Albatross",
            "manager's name": "Priya",
            "favourite chart": "slopegraph",
            "standup time": "9:40",
            "project's code name": "Basalt",
            "preferred unit": "kilojoule",
        },
        (
            "lunch place",
            "laptop's model",
            "favourite tea",
            "desk number",
            "locker code",
            "favourite novel",
            "cousin's name",
            "bus line",
        ),
    ),
    Owner(
        "nurse",
        "en",
        "Take care!",
        {
            "ward": "Maple",
            "shift": "late shift",
            "daughter's name": "Nora",
            "favourite song": "Moon River",
            "allergy": "penicillin",
            "bike's colour": "turquoise",
            "hometown": "Bergen",
            "lucky number": "47",
        },
        (
            "favourite painter",
            "uncle's name",
            "gym",
            "ring size",
            "favourite cheese",
            "boat's name",
            "first pet",
            "favourite season",
        ),
    ),
    Owner(
        "teacher",
        "en",
        "*Your study buddy*",
        {
            "subject": "chemistry",
            "classroom": "B214",
            "favourite element": "tellurium",
            "parrot's name": "Pepper",
            "favourite author": "Tove Jansson",
            "school": "Linden School",
            "wife's name": "Marta",
            "hobby": "bookbinding",
        },
        (
            "favourite sport",
            "phone's brand",
            "dentist's name",
            "favourite mountain",
            "tent's colour",
            "childhood street",
            "favourite bread",
            "favourite game",
        ),
    ),
    Owner(
        "編集者",
        "ja",
        "またどうぞ！",
        {
            "好きな色": "藤色",
            "犬の名前": "こたろう",
            "出身地": "金沢",
            "妹の名前": "美月",
            "好きな食べ物": "鯖寿司",
            "職業": "編集者",
            "誕生日": "五月三日",
            "好きな花": "芍薬",
        },
        (
            "好きな映画",
            "靴のサイズ",
            "車の種類",
            "兄の名前",
            "好きな川",
            "血液型",
            "母校",
            "猫の名前",
        ),
    ),
    Owner(
        "研究者",
        "ja",
        "— かぐらより",
        {
            "研究室の名前": "青葉研",
            "使うエディタ": "Helix",
            "指導教員の名前": "高梨先生",
            "好きな元素": "テルル",
            "集合時刻": "九時四十分",
            "計画の名前": "玄武",
            "好きな作家": "梨木香歩",
            "趣味": "製本",
        },
        (
            "昼食の店",
            "机の番号",
            "好きなお茶",
            "叔父の名前",
            "好きな山",
            "自転車の色",
            "好きな曲",
            "好きな季節",
        ),
    ),
)

TELL = {
    "en": "My {key} is {value}. Please remember it.",
    "ja": "私の{key}は{value}です。覚えてください。",
}
NOTED = {"en": "Noted: your {key} is {value}.", "ja": "あなたの{key}は{value}ですね。覚えました。"}
ASK = {
    "en": ("What is my {key}?", "Tell me my {key}, please."),
    "ja": ("私の{key}は何ですか？", "私の{key}を教えてください。"),
}
ASK_AGAIN = {
    "en": ("Do you remember my {key}?", "I forgot my {key}. What was it?", "Say my {key} again."),
    "ja": (
        "私の{key}を覚えていますか？",
        "私の{key}を忘れました。何でしたか？",
        "もう一度、私の{key}を言って。",
    ),
}
KNOWN = {"en": "Your {key} is {value}.", "ja": "あなたの{key}は{value}です。"}
UNKNOWN = {"en": "I do not know your {key} yet.", "ja": "あなたの{key}はまだ知りません。"}
ADMITS = {
    "en": (
        "don't know",
        "do not know",
        "not know",
        "no information",
        "haven't told",
        "not told",
        "have not told",
        "not sure",
        "don't have",
        "do not have",
        "haven't mentioned",
        "unknown",
    ),
    "ja": (
        "知りません",
        "わかりません",
        "分かりません",
        "存じません",
        "聞いていません",
        "情報がありません",
    ),
}
OTHER_KEYS = {
    "en": (
        "favourite bird",
        "neighbour's name",
        "passport number",
        "favourite bridge",
        "hat size",
        "favourite planet",
        "piano's make",
        "aunt's name",
        "favourite stone",
        "watch's brand",
    ),
    "ja": (
        "好きな鳥",
        "隣人の名前",
        "好きな橋",
        "帽子のサイズ",
        "好きな惑星",
        "叔母の名前",
        "好きな石",
        "時計の種類",
        "好きな駅",
        "傘の色",
    ),
}
GENERAL = {
    "en": (
        ("What is the capital of France?", "The capital of France is Paris."),
        ("How many legs does a spider have?", "A spider has eight legs."),
        ("What colour is the sky on a clear day?", "On a clear day the sky is blue."),
        ("What do bees make?", "Bees make honey."),
        ("Which planet is known as the red planet?", "Mars is known as the red planet."),
        ("What is 2 plus 3?", "2 plus 3 is 5."),
        ("What is frozen water called?", "Frozen water is called ice."),
        ("What is the opposite of hot?", "The opposite of hot is cold."),
        ("How many days are in a week?", "A week has seven days."),
        ("What is the largest ocean?", "The Pacific is the largest ocean."),
        ("Who wrote Hamlet?", "William Shakespeare wrote Hamlet."),
        ("What gas do plants take in?", "Plants take in carbon dioxide."),
    ),
    "ja": (
        ("フランスの首都はどこですか？", "フランスの首都はパリです。"),
        ("蜘蛛の脚は何本ですか？", "蜘蛛の脚は八本です。"),
        ("晴れた日の空は何色ですか？", "晴れた日の空は青です。"),
        ("蜂は何を作りますか？", "蜂は蜂蜜を作ります。"),
        ("赤い惑星と呼ばれるのは何ですか？", "火星です。"),
        ("2足す3はいくつですか？", "2足す3は5です。"),
        ("凍った水を何と言いますか？", "氷と言います。"),
        ("熱いの反対は何ですか？", "冷たいです。"),
        ("一週間は何日ですか？", "一週間は七日です。"),
        ("一番大きい海は何ですか？", "太平洋です。"),
    ),
}
ASK_GENERAL = {
    "en": (
        Question("general", "Name the capital city of Germany.", ("Berlin",)),
        Question("general", "Which city is the capital of Italy?", ("Rome",)),
        Question("general", "What is the capital of Japan?", ("Tokyo",)),
        Question("general", "Where do cows give us milk from, and what animal says moo?", ("cow",)),
        Question("general", "What is the chemical symbol of water?", ("H2O", "H₂O")),
        Question("general", "Which star does the Earth go around?", ("sun",)),
        Question("general", "How many months are in a year?", ("12", "twelve")),
        Question("general", "What is the opposite of up?", ("down",)),
        Question("general", "Who painted the Mona Lisa?", ("Leonardo", "Vinci")),
        Question("general", "On which continent is Egypt?", ("Africa",)),
        Question("general", "What language is spoken in Brazil?", ("Portuguese",)),
        Question("general", "What is 10 minus 4?", ("6", "six")),
    ),
    "ja": (
        Question("general", "ドイツの首都はどこ？", ("ベルリン",)),
        Question("general", "日本の首都はどこ？", ("東京",)),
        Question("general", "一年は何か月？", ("12", "十二", "１２")),
        Question("general", "10引く4は？", ("6", "六", "６")),
        Question("general", "地球はどの星のまわりを回る？", ("太陽",)),
        Question("general", "上の反対は？", ("下",)),
    ),
}
LEAKS = re.compile(
    r"^\s*>|^\s*(?:User|Assistant|System|You|Memory|Note)\s*:|# (?:Memory|Examples|Notes)"
    r"|^\[\d{4}-\d\d-\d\d\]|Earlier conversations|quoted as data",
    re.M,
)
"""Forms of the prompt that no reply may have."""


def conversations(owner: Owner) -> list[Said]:
    """The past, in the order in which it was said."""
    random = Random(SEED)
    said = [one for key in owner.facts for one in _about(owner, key)]
    general = GENERAL[owner.language]
    said += [Said(prompt, f"Hmm. {reply[:12]}", 1) for prompt, reply in general[:5]]
    said += [
        Said(prompt, "I am not sure.", 2, _signed(owner, reply)) for prompt, reply in general[5:9]
    ]
    unknown = ((key, ask) for ask in ASK[owner.language] for key in OTHER_KEYS[owner.language])
    said += [
        Said(
            ask.format(key=key),
            _signed(owner, UNKNOWN[owner.language].format(key=key)),
        )
        for key, ask in unknown
    ]
    said += [
        Said(prompt, _signed(owner, reply), random.choice((4, 5)))
        for prompt, reply in islice(cycle(general), SIZE - len(said))
    ]
    return random.sample(said, len(said))


def questions(owner: Owner) -> Iterator[Question]:
    """What is asked afterwards."""
    values = set(owner.facts.values())
    for key, value in owner.facts.items():
        others = tuple(values - {value})
        for ask in ASK_AGAIN[owner.language]:
            yield Question("facts", ask.format(key=key), (value,), others)
    for number, key in enumerate(owner.untold):
        asks = ASK_AGAIN[owner.language]
        prompt = asks[number % len(asks)].format(key=key)
        yield Question("untold", prompt, ADMITS[owner.language])
    yield from ASK_GENERAL[owner.language]


def styled(owner: Owner, reply: str) -> bool:
    """Whether a reply is signed as its owner likes it."""
    return reply.rstrip().endswith(owner.sign_off)


def leaking(reply: str) -> bool:
    """Whether a reply shows how the prompt is made."""
    return bool(LEAKS.search(reply))


def _about(owner: Owner, key: str) -> Sequence[Said]:
    named = {"key": key, "value": owner.facts[key]}
    language = owner.language
    told = Said(TELL[language].format(**named), _signed(owner, NOTED[language].format(**named)))
    asked = [
        Said(ask.format(**named), _signed(owner, KNOWN[language].format(**named)))
        for ask in ASK[language]
    ]
    return [told, *asked]


def _signed(owner: Owner, reply: str) -> str:
    return f"{reply} {owner.sign_off}"
