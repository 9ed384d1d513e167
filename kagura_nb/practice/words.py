# ruff: noqa: E501
"""What the generated dialogue talks about: closed lists, and invented words without end.

A model that saw only listed values would learn the list. Half of all values are therefore made up
from syllables or characters on the spot, so that the one way to be right is to copy. `HELD_OUT`
holds values of the same kinds that no training dialogue contains.
"""

from random import Random
from string import ascii_lowercase

VALUES: dict[str, dict[str, str]] = {
    "en": {
        "colour": "red blue green yellow purple orange pink brown black white grey turquoise scarlet "
        "violet indigo gold silver crimson lilac beige ivory olive cyan magenta navy mint peach",
        "food": "pizza pasta rice bread soup salad curry sushi cheese noodles tofu pancakes chocolate "
        "apples mangoes dumplings tacos waffles cookies lasagne porridge omelettes ramen falafel",
        "animal": "cats dogs foxes otters owls horses rabbits whales tigers bears penguins dolphins "
        "frogs eagles turtles deer wolves bees lions squirrels geckos snails",
        "city": "Paris London Tokyo Rome Berlin Madrid Osaka Vienna Boston Lima Cairo Oslo Dublin "
        "Seoul Delhi Chicago Toronto Prague Milan Sydney Nagoya Hamburg Lyon",
        "name": "Anna Ben Clara David Emma Felix Grace Hugo Iris Jack Kate Leo Mia Noah Olivia Paul "
        "Rosa Sam Tina Victor Wendy Yuki Zoe Tom Lucy Max Sara Peter Nina Oscar Alice Bob",
        "job": "baker teacher nurse pilot farmer painter writer lawyer doctor singer chef builder "
        "dentist gardener designer engineer driver librarian tailor waiter",
        "time": "5 6 7 8 9 10 noon {number} {number}pm {number}am "
        "{number}:{number} {number}:{number} {number}:{number}",
        "task": "call the shop|buy milk|water the plants|feed the cat|pay the rent|send the letter|"
        "clean the kitchen|book a table|take a break|wash the car|read the report|write to {name}|"
        "call {name}|meet {name}|buy a {word}|{word} the {word}|{word} {name}|take {word} to {word}|"
        "{word} {word} {word}|open the {word}|order {word}|sell my {word}|bring the {word} {word}|check the {word}|fix the {word}|visit {name}",
        "thing": "tea coffee chess tennis spring summer autumn winter jazz football Monday Friday "
        "roses tulips history maths swimming hiking guitar piano Emma Dune cinema poetry lemonade",
    },
    "ja": {
        "colour": "赤 青 緑 黄色 紫 オレンジ ピンク 茶色 黒 白 灰色 水色 金色 銀色 紺色 桃色 朱色 若草色 "
        "藤色 空色 深緑 えんじ色 ベージュ",
        "food": "寿司 ラーメン カレー うどん そば 天ぷら 焼き肉 りんご ぶどう 餃子 パン チーズ 豆腐 "
        "おにぎり たこ焼き ケーキ みかん 味噌汁 サラダ パスタ 納豆 プリン",
        "animal": "猫 犬 狐 梟 馬 うさぎ くじら 虎 熊 ペンギン イルカ 蛙 鷲 亀 鹿 狼 りす 象 ひつじ",
        "city": "東京 大阪 京都 札幌 福岡 名古屋 仙台 広島 長崎 神戸 横浜 奈良 ローマ ロンドン 金沢 那覇",
        "name": "健太 花子 太郎 美咲 翔 さくら 陽子 大輔 愛 一郎 真由美 直樹 ゆうき 恵 アンナ ポチ タマ "
        "モモ ココ レオ 由紀 拓也 奈々 誠 千尋 ひなた",
        "job": "教師 医師 看護師 農家 画家 作家 弁護士 料理人 歌手 運転手 大工 司書 歯科医 設計士 会社員",
        "time": "5時 6時 7時 8時半 9時 10時 正午 {number}時 {number}時{number}分 "
        "{number}時{number}分 午後{number}時 午前{number}時 夜{number}時 {number}時半 朝{number}時",
        "task": "店に電話する|牛乳を買う|花に水をやる|猫に餌をやる|家賃を払う|手紙を出す|台所を掃除する|"
        "席を予約する|休憩する|車を洗う|報告書を読む|{name}さんに電話する|{name}さんに会う|"
        "{word}を買う|{word}を確かめる|{word}を{word}する|{word}に行く|{word}の{word}を見る|{name}さんと{word}する|"
        "{word}を運ぶ|{word}を{word}に入れる|{word}に{word}を渡す|{name}さんに手紙を書く|{word}を直す",
        "thing": "春 夏 秋 冬 お茶 コーヒー 将棋 テニス ジャズ 野球 月曜日 金曜日 桜 ばら 歴史 数学 水泳 "
        "登山 ギター ピアノ 映画 詩 サッカー 紅茶",
    },
}

HELD_OUT: dict[str, dict[str, str]] = {
    "en": {
        "colour": "teal chartreuse mauve amber burgundy",
        "food": "okonomiyaki risotto gnocchi paella kimchi",
        "animal": "badgers lynxes pelicans axolotls hedgehogs",
        "city": "Marrakesh Kyoto Zagreb Bogota Reykjavik",
        "name": "Ingrid Tobias Marguerite Kenji Beatrice",
        "job": "plumber beekeeper translator surgeon blacksmith",
        "time": "2 6:40 13:05 10:25 1am",
        "task": "call Ingrid|order new tyres|collect the parcel|phone Tobias|return the umbrella",
        "thing": "saxophone badminton origami geology lavender",
    },
    "ja": {
        "colour": "藍色 群青色 山吹色 琥珀色 若葉色",
        "food": "お好み焼き リゾット 筑前煮 キムチ 茶碗蒸し",
        "animal": "たぬき アルパカ カワウソ 山猫 はりねずみ",
        "city": "函館 マラケシュ 松山 鎌倉 ザグレブ",
        "name": "恵理子 蒼太 トビアス つむぎ 龍之介",
        "job": "配管工 養蜂家 通訳 外科医 鍛冶屋",
        "time": "2時 6時40分 13時5分 11時半 夜10時",
        "task": "荷物を受け取る|歯医者に電話する|傘を返す|タイヤを注文する|書類を送る",
        "thing": "三味線 卓球 折り紙 地学 あじさい",
    },
}

SIGN_OFFS: dict[str, str] = {
    "en": "Cheers!|— {name}|— Yours, {name}|Yours, {name}|Best wishes, {name}|Have a nice day!|Love, {name}|"
    "Take care!|{word}!|{word} {word}!|~ {name}|({name})|Bye for now!|— {word}, {name}|{emoji}|"
    "{word}, {word}.|Stay {word}!|Yours truly, {name} {emoji}|Ciao, {name}!|* {word} *|See you, {name}.|"
    "{word} {emoji}|— Your {word}|Over and out.|Always yours, {word}|With {word} from {name}|xo {name}|Love, Kagura|Kagura {emoji}|— your Kagura|So long, {word}-{word}!",
    "ja": "またね！|{name}より|ではまた。|かしこ。|以上です。|頑張ってね！|— {name}|{word}！|{emoji}|{word}より。|"
    "また明日！|{name}でした。|どうぞ{word}に。|{word}{emoji}|よい一日を！|にゃん。|〜{name}|"
    "いつでも{word}を。|敬具、{name}|{word}、{word}！|ごきげんよう。|お元気で、{name}|かぐらでした。|かぐらより{emoji}|どうかお元気で！|おつかれさま。|{word}を{word}。|"
    "{name}から{word}をそえて。|{word}をこめて、{name}|{name}は{word}が好きです。|おはようございます{emoji}|おつかれさまです{emoji}|"
    "ありがとうございます{emoji}|いってらっしゃい！|お体に気をつけて。|{word}にも{word}にも{emoji}|では、よい{word}を{emoji}|"
    "また来てね{emoji}|{name}の{word}より{word}まで。|たのしい{word}を！",
}

HELD_OUT_SIGN_OFFS: dict[str, str] = {
    "en": "— Yours, Kagura|Toodle-oo!|Warmly, Beatrice|Kind regards, K.|Happy trails! 🌵",
    "ja": "それじゃあね！|神楽より愛をこめて。|— かぐら|おやすみなさい🌙|どうぞお大事に！",
}

BLENDED = ("colour", "food", "animal", "city", "name", "job", "thing")
ONSETS = [
    "b",
    "c",
    "d",
    "f",
    "g",
    "h",
    "j",
    "k",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "t",
    "v",
    "w",
    "z",
    "br",
    "cl",
    "dr",
    "fl",
    "gr",
    "kl",
    "pr",
    "st",
    "th",
    "tr",
    "sh",
]
VOWELS = ["a", "e", "i", "o", "u", "ai", "ea", "ou"]
CODAS = ["", "", "", "n", "r", "l", "s", "k", "m", "x", "nd", "t"]
KATAKANA = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワンガギグゴザジズダデドバビブベボパピプペポ"
HIRAGANA = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわがぎぐげござじずぜぞだでどばびぶべぼ"
KANJI = (
    "山川田木林森海空雨雪風花草竹石金銀火水土日月星光影夜朝春夏秋冬東西南北上下左右中大小高低新古長明"
    "青赤白黒黄緑紫茶紅藍人子女男父母友王犬猫鳥魚馬牛虎竜亀蝶手足目耳口心力米麦豆肉茶酒塩糖味香音声歌詩本"
    "文字紙筆絵書道門家寺城町村国京都島岡原野池谷泉橋船車旅電話時計店食飲料理菜果実桜梅松菊葉根美和平安"
    "正直真幸福愛恵信義勇健康太郎次三千万百一二五七八九十葵翔陽悠結咲莉奈沙織彩希望未来世界"
)


def invent(language: str, random: Random) -> str:
    """A word that no list holds: syllables in English, characters in Japanese."""
    while True:
        word = _invent_english(random) if language == "en" else _invent_japanese(random)
        if not any(word.lower() in text.lower() for text in HELD_OUT[language].values()):
            return word


def _invent_japanese(random: Random) -> str:
    kind = random.random()
    if kind < 0.55:
        return "".join(_character(random) for _ in range(random.choice((1, 2, 2, 3, 3, 4, 5))))
    letters = KATAKANA if kind < 0.8 else HIRAGANA
    return "".join(random.choices(letters, k=random.randint(2, 6)))


def _emoji(random: Random) -> str:
    while (emoji := chr(random.randrange(0x1F300, 0x1F64F))) in "".join(
        HELD_OUT_SIGN_OFFS.values()
    ):
        pass
    return emoji


def _character(random: Random) -> str:
    return random.choice(KANJI) if random.random() < 0.55 else chr(random.randrange(0x4E00, 0x9FA0))


def value(language: str, kind: str, random: Random) -> str:
    """A value of a kind for training: listed, invented, or of two words."""
    if kind in ("task", "time"):
        return fill(random.choice(listed(VALUES[language][kind])), language, random)
    if random.random() < 0.25:
        return random.choice(listed(VALUES[language][kind]))
    word = invent(language, random)
    if kind in ("name", "city") and language == "en":
        return word.capitalize()
    if random.random() < 0.25 and kind not in ("name", "job"):
        joint = " " if language == "en" else random.choice(["の", "", "と"])
        return joint.join([word, random.choice([*listed(VALUES[language]["thing"]), word[::-1]])])
    return word


def sign_off(language: str, random: Random) -> str:
    """A closing for training: a listed one, or words and marks put together at random."""
    if random.random() < 0.5:
        return fill(random.choice(SIGN_OFFS[language].split("|")), language, random)
    words = [value(language, random.choice(BLENDED), random) for _ in range(random.randint(1, 3))]
    joint = random.choice([" ", " ", ", ", "-"] if language == "en" else ["", "", "の", "、"])
    mark = random.choice(
        ["!", ".", "", "?", "…"] if language == "en" else ["！", "。", "", "♪", "…"]
    )
    emoji = random.choice(["", "", _emoji(random), " " + _emoji(random)])
    return random.choice(["", "", "— ", "~ ", "* "]) + joint.join(words) + mark + emoji


def held_out(language: str, kind: str, random: Random) -> str:
    """A value that training never shows."""
    return random.choice(listed(HELD_OUT[language][kind]))


def fill(template: str, language: str, random: Random) -> str:
    """Replace each `{name}`, `{word}`, `{emoji}` and `{number}` of a template by a fresh one."""
    while "{" in template:
        name = value(language, "name", random)
        word = value(language, random.choice(["thing", "animal"]), random)
        template = template.replace("{name}", name, 1).replace("{word}", word, 1)
        template = template.replace("{emoji}", _emoji(random), 1)
        template = template.replace("{number}", str(random.randrange(1, 60)), 1)
    return template


def listed(text: str) -> list[str]:
    """The entries of a list that is written as one text."""
    return text.split("|") if "|" in text else text.split()


def _invent_english(random: Random) -> str:
    kind = random.random()
    if kind < 0.5:
        word = _blend(random)
    elif kind < 0.85:
        parts = [
            random.choice(ONSETS) + random.choice(VOWELS)
            for _ in range(random.choice((1, 2, 2, 3, 4, 5)))
        ]
        word = "".join(parts) + random.choice(CODAS)
    else:
        word = "".join(random.choices(ascii_lowercase, k=random.randint(3, 8)))
    return word if random.random() < 0.6 else word.capitalize()


def _blend(random: Random) -> str:
    """The beginning of one listed word and the end of another."""
    pool = VALUES["en"]
    head, tail = (random.choice(listed(pool[random.choice(BLENDED)])).lower() for _ in range(2))
    return head[: random.randint(2, 4)] + tail[random.randint(1, 3) :]
