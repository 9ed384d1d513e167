"""Memory finds what was said, in any language, and nothing where nothing is related."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from kagura_nb import ConversationCollector, Selection
from kagura_nb.memory import Memory
from kagura_nb.memory.text import words
from kagura_nb.records import Message

Tell = Callable[..., str]
Ask = Callable[[str], list[str]]

ENGLISH = {
    "cat": "My cat Miso sleeps on the radiator all winter",
    "bread": "I bake sourdough bread every Sunday morning",
    "job": "I started a new job as a nurse in Leeds",
    "train": "The night train from Vienna to Venice was delayed by three hours",
    "allergy": "I am allergic to peanuts and shellfish",
    "piano": "My daughter is learning to play the piano",
    "server": "Our staging server runs PostgreSQL 16 on Debian",
    "marathon": "I finished the Berlin marathon in four hours",
    "colour": "My favourite colour is teal",
    "wifi": "The Wi-Fi password of the cottage hangs behind the café door",
}

ENGLISH_QUESTIONS = [
    ("What is my cat called?", "cat"),
    ("where do I work as a nurse", "job"),
    ("Which foods am I allergic to?", "allergy"),
    ("baking breads on sundays", "bread"),
    ("Was the train to Venice delayed?", "train"),
    ("PostgreSQL", "server"),
    ("postgre version on staging", "server"),
    ("what colour do I like, my favourite one?", "colour"),
    ("How fast did I run the marathon?", "marathon"),
    ("cafe", "wifi"),
    ("who learns piano?", "piano"),
]

JAPANESE = {
    "cat": "うちの黒猫はミケという名前で、いつも窓辺で寝ています。",
    "kyoto": "来月、家族で京都へ旅行に行く予定です。",
    "ramen": "昨日、駅前の店で味噌ラーメンを食べました。",
    "job": "四月から銀行で働き始めました。",
    "bike": "通勤には自転車を使っています。",
    "allergy": "私は卵アレルギーなので、ケーキに注意しています。",
    "piano": "娘は週に二回ピアノを習っています。",
    "color": "好きな色は青です。",
    "python": "Pythonでデータ分析のスクリプトを書いています。",
    "tea": "毎朝、濃い緑茶を飲みます。",
    "dog": "隣の家の犬が夜中に吠えて困っています。",
    "sakura": "公園のさくらが満開になりました。",
    "sea": "夏休みは沖縄の海で泳ぎました。",
    "wifi": "会議室のＷｉ‐Ｆｉのパスワードが変わった。",
    "coffee": "ｺｰﾋｰは砂糖なしで飲む。",
    "book": "村上春樹の新しい小説を読み終えた。",
}

JAPANESE_KEYWORDS = [
    ("猫", "cat"),
    ("京都", "kyoto"),
    ("色", "color"),
    ("犬", "dog"),
    ("海", "sea"),
    ("卵", "allergy"),
    ("緑茶", "tea"),
    ("銀行", "job"),
    ("ラーメン", "ramen"),
    ("さくら", "sakura"),
    ("コーヒー", "coffee"),
    ("Python", "python"),
    ("ｐｙｔｈｏｎ", "python"),
    ("沖縄", "sea"),
    ("小説", "book"),
    ("娘", "piano"),
]

JAPANESE_PARAPHRASES = [
    ("私の猫の名前は何ですか？", "cat"),
    ("京都にはいつ行くの？", "kyoto"),
    ("何のラーメンを食べたっけ？", "ramen"),
    ("私の好きな色を覚えていますか", "color"),
    ("アレルギーはありますか", "allergy"),
    ("どうやって通勤していますか", "bike"),
    ("朝は何を飲んでいますか", "tea"),
    ("娘の習い事は？", "piano"),
    ("銀行で働いているのはいつから", "job"),
    ("パスワードが変わった会議室", "wifi"),
    ("Pythonで何を書いている？", "python"),
    ("村上春樹は読んだ？", "book"),
]


def share(ask: Ask, questions: list[tuple[str, str]], texts: dict[str, str]) -> float:
    hits = [ask(question)[:1] == [texts[wanted]] for question, wanted in questions]
    return sum(hits) / len(hits)


@pytest.mark.parametrize(
    ("texts", "questions", "least"),
    [
        pytest.param(ENGLISH, ENGLISH_QUESTIONS, 0.9, id="english"),
        pytest.param(JAPANESE, JAPANESE_KEYWORDS, 0.9, id="japanese keywords"),
        pytest.param(JAPANESE, JAPANESE_PARAPHRASES, 0.8, id="japanese paraphrases"),
    ],
)
def test_the_first_result_is_the_right_one(
    tell: Tell, ask: Ask, texts: dict[str, str], questions: list[tuple[str, str]], least: float
) -> None:
    for number, text in enumerate(texts.values()):
        tell(text, session=f"session-{number}")

    assert share(ask, questions, texts) >= least


@pytest.mark.parametrize(
    "prompt", ["hello", "Hi, thank you!", "ok", "こんにちは", "ありがとう", "はい", "…", "🙂", "?"]
)
def test_small_talk_recalls_nothing(tell: Tell, ask: Ask, prompt: str) -> None:
    tell("hello, thank you for the help")
    tell("こんにちは、ありがとう。はい、わかりました")
    assert ask(prompt) == []


@pytest.mark.parametrize(
    "prompt",
    [
        "Explain the second law of thermodynamics",
        "Write a haiku about autumn leaves",
        "株価が下落した理由を説明して",
        "def parse(line): return line.split(',')",
    ],
)
def test_an_unrelated_prompt_recalls_nothing(tell: Tell, ask: Ask, prompt: str) -> None:
    for number, text in enumerate([*ENGLISH.values(), *JAPANESE.values()]):
        tell(text, session=f"session-{number}")
    assert ask(prompt) == []


@pytest.mark.parametrize("length", [0, 10, 30, 1000])
def test_a_fact_is_found_in_a_prompt_of_any_length(tell: Tell, ask: Ask, length: int) -> None:
    fact = "My dentist appointment is on Friday at nine."
    for number, text in enumerate([*ENGLISH.values(), *JAPANESE.values(), fact]):
        tell(text, session=f"session-{number}")
    longer = " ".join(f"unheard{number}" for number in range(length))

    assert ask(f"{longer} When is my dentist appointment?")[:1] == [fact]


def test_what_a_neighbour_said_helps_to_find_a_turn(
    store: ConversationCollector, tell: Tell, ask: Ask
) -> None:
    tell("We are planning the trip to Lisbon", session="trip")
    wanted = tell("The hotel costs ninety euros", session="trip")
    tell("The hotel has a gym", session="elsewhere")

    found = ask("hotel in Lisbon")

    assert found.index(store.get(wanted).prompt) < found.index("The hotel has a gym")


def test_replies_speakers_and_dates_are_found(
    store: ConversationCollector, memory: Memory, tell: Tell
) -> None:
    by_reply = tell("And of Australia?", "Canberra is its capital.")
    by_name = store.collect([Message("user", "I sold the boat", "Caroline")], "", "none")
    on_day = datetime(2023, 5, 8, tzinfo=UTC)
    by_date = store.collect("We met the lawyer", "", "none", created_at=on_day, session="other")

    assert memory.recall("Canberra", 1)[0].conversation.id == by_reply
    assert memory.recall("Caroline boat", 1)[0].conversation.id == by_name
    assert memory.recall("What happened on 8 May 2023?", 1)[0].conversation.id == by_date


def test_a_conversation_belongs_to_the_day_it_was_on_where_the_user_is(
    store: ConversationCollector, memory: Memory, tokyo: None
) -> None:
    morning = datetime.fromisoformat("2023-05-08T08:00+09:00")
    store.collect("We met the lawyer", "", "none", created_at=morning)

    found = [memory.recall(f"What happened on {day} May 2023?", 1) for day in (8, 9)]

    assert [len(one) for one in found] == [1, 0]


def test_a_correction_is_found_instead_of_the_reply(
    store: ConversationCollector, memory: Memory, tell: Tell
) -> None:
    one = tell("What is the tallest tower?", "Burj Khalifa")
    assert memory.recall("Khalifa", 5)

    store.correct(one, "Tokyo Skytree")

    assert memory.recall("Khalifa", 5) == []
    assert [found.conversation.id for found in memory.recall("Skytree", 5)] == [one]


def test_of_equal_conversations_the_newest_comes_first(memory: Memory, tell: Tell) -> None:
    ids = [tell("My favourite colour is teal", session=f"session-{day}") for day in range(3)]
    found = memory.recall("favourite colour", 3)
    assert [one.conversation.id for one in found] == ids[::-1]


def test_scores_say_how_well_words_and_vectors_match(memory: Memory, tell: Tell) -> None:
    tell("My favourite colour is teal")
    tell("The weather was grey", session="other")

    (found,) = memory.recall("favourite colour", 5)

    assert found.lexical == pytest.approx(1.0, abs=0.05)
    assert 0.3 < found.dense <= 1
    assert found.score > 1


def test_excluded_conversations_are_still_recalled(
    store: ConversationCollector, memory: Memory, tell: Tell
) -> None:
    store.exclude(tell("My favourite colour is teal"))
    assert len(memory.recall("favourite colour", 5)) == 1


@pytest.mark.parametrize("text", ["x" * 1_000_000, "word " * 200_000, "猫" * 300_000])
def test_a_prompt_of_a_megabyte_is_no_obstacle(memory: Memory, tell: Tell, text: str) -> None:
    tell(text)
    memory.recall(text, 5)
    assert memory.notice is None


@pytest.mark.parametrize(
    "text",
    ['" OR "', "NEAR(a b)", "body : x", "'; DROP TABLE memory_items; --", "a\0b", "{x}", "*"],
)
def test_a_prompt_is_never_read_as_a_query(tell: Tell, ask: Ask, text: str) -> None:
    tell(f"something {text} else")
    assert ask(f"something {text}") == [f"something {text} else".replace("\0", "\ufffd")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The café's x_2", ["cafe", "x", "2"]),
        ("ＡＢＣ", ["abc"]),
        ("猫", ["猫"]),
        ("黒猫", ["黒猫", "黒", "猫"]),
        ("ﾗｰﾒﾝ", ["ラー", "ーメ", "メン"]),
        ("こんにちは", []),
        ("Größe Ünïcode", ["große", "unicode"]),
        ("5月8日", ["5", "月", "8", "日"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_what_is_forgotten_is_found_no_more(
    store: ConversationCollector, memory: Memory, tell: Tell
) -> None:
    tell("The vault opens with xyzzyplugh", session="secret")
    tell("The vault is in the cellar", session="kept")
    assert len(memory.recall("vault xyzzyplugh", 5)) == 2

    store.forget(Selection(session="secret"))

    assert memory.recall("xyzzyplugh", 5) == []
    assert len(memory.recall("vault", 5)) == 1
    files = [path for path in store.settings.home.rglob("*") if path.is_file()]
    assert [path.name for path in files if b"xyzzyplugh" in path.read_bytes()] == []
