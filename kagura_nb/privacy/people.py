"""Names that say they are names, and addresses of buildings."""

from unicodedata import combining, normalize

from kagura_nb.privacy.names import GIVEN, SURNAMES
from kagura_nb.privacy.recognizer import Check, Recognizer, compiled

KANJI = "一-鿿㐀-䶿豈-\ufaff\U00020000-\U000323af々〆ヶヵ"
"""With the variants that stand beside the others, or outside the first 65,536 characters."""
LAST = rf"[{KANJI}](?<![{KANJI}].)[{KANJI}]{{0,5}}"
FULL = rf"[{KANJI}ぁ-んァ-ヴー゛゜]{{1,8}}(?:[ ・]{{1,2}}[{KANJI}ぁ-んァ-ヴー゛゜]{{1,8}})?"
KANA = r"[ァ-ヴ](?<![ァ-ヴー].)[ァ-ヴー゛゜]{1,7}(?:[ ・][ァ-ヴ][ァ-ヴー゛゜]{1,9})?"
HONORIFICS = "様|さま|さん|氏|君|くん|ちゃん|殿|先生"
HONORIFIC = (
    rf"[ ]?(?:{HONORIFICS})(?<!氏(?=名|族))(?<!君(?=主|臨))(?<!殿(?=下|堂))(?![々子式相態]|ざま)"
)
HONORIFIC_LITERALS = tuple(HONORIFICS.split("|"))
NOT_NAMES = (
    r"皆|各位|御?客|患者|王|殿|神|仏|奥|娘|息子|[お御]?[母父兄姉弟妹爺婆孫嫁婿]|[叔伯祖][父母]|"
    r"旦那|主人|[ご御]?(?:苦労|馳走|愁傷|世話|足労|互い|[蔭陰疲])|[貴御弊当各他自]社|貴[校行店殿兄]|企業|団体|法人|店舗|"
    r"[一二三四五六七八九十0-9]+|同[氏君]|[彼主諸暴名細]|宮|[本拝]|ワン|ニャン|ネコ|イヌ|クマ|ウサギ|パンダ|"
    r".{0,8}(?:会社|商店|銀行|大学|学校|病院|工業|組合|協会|財団|事務所|委員会|[社店課係局省庁署校館団組])|"
    r"必須|任意|必要|不要|空欄|入力|記入|年齢|住所|性別|電話(?:番号)?|生年月日|備考|日付|部署|役職|所属|"
    r".{1,6}先|(?:変数|関数|ファイル|列|クラス|商品|製品|品|店|部署|項目|型)名|配列|変数|関数|文字列?|数値|整数|型|値|列|行|項目|例|下記|以下|上記|"
    r"医者?|看護師|店員|[店社部課係会校院所園室署議組館]長|先輩|後輩|先生|学生|生徒|会員|利用者|"
    r"担当者?|関係者|保護者|業者|大家|隣|近所|外人|[本花魚肉八百床質酒米]+屋|警察|消防士|運転手|"
    r"芸人|[女男]優|俳優|監督|作者|読者|視聴者|貴|何|誰|雷|太陽|月|芋|豆|象|熊|猿|兎|猫|犬|"
    r"彼女?|摂|華|"
    r"同|両|仕|模|多|異|有|一|王子|姫|若|貴方|者|諸|子供|赤|坊|上|下|相談|募集|新人|会社|取引先|"
    r"弁護士|"
    r"税理士|司会|患|親|お?子|仲間|友人|名|ユーザー?|メーカー|オーナー|スタッフ|ママ|パパ|パン屋|"
    r"サンタ|ゲスト|リーダー|ドクター|未[定設入登].{0,2}|不明|[な無]し|匿名|同上|省略|(?:調整|検討|確認)中|"
    r".{0,6}(?:営業|人事|総務|経理|開発|企画|広報|法務|技術|製造|管理|情報|販売|購買|業務|品質|商品|事業|"
    r"支援|サポート|システム|マーケティング)(?:[0-9一二三]?[部課係室局].{0,3})?"
)
NAME_END = (
    r"(?:です|と申|といい|と言い|でござい|でよろし|でお間違い|でした|で、|まで|宛|から|が担当|さん|様|殿|氏|"
    r"[、。\n\s()\[\],;/|<\"'」】〉》!?]|\Z)"
)
CAPITAL = r"[A-Z\u00c0-\u00de][A-Za-z\u00c0-\u024f'’-]{0,24}"
FULL_NAME = (
    rf"{CAPITAL}(?:(?: [A-Z]\.)? (?:(?:de|van|von|der|la|bin|al|da|di) ){{0,2}}{CAPITAL}){{0,3}}"
)
NAME_STOP = r"(?= and|[,.!?;\n]|\Z| speaking| from| here| with)"
TITLES = ("Mr", "Mrs", "Ms", "Miss", "Dr", "Prof", "Sir", "Mme", "Herr", "Frau")
CLOSINGS = (
    r"(?:[Rr]egards|[Ss]incerely|[Yy]ours|[Tt]ruly|[Cc]heers|[Tt]hanks|[Tt]hank you|[Ww]ishes)"
)
COMMON = (
    r"(?:I|The|This|That|Not|Here|There|Just|Happy|Sorry|So|Very|All|Team|Sir|Madam|Friend|"
    r"Everyone|Customer|Support|What|None|Null|String|Unknown|Name|Title|Hiring|Valued|Sales|Human|New|Senior|Junior|Product|Project)\b"
)

OFFICES = "[社部課係会校院所室局店]長|専務|常務|主任|教授|選手|監督|議員|弁護士"

PREFECTURES = (
    "北海道|東京都|大阪府|京都府|(?:青森|岩手|宮城|秋田|山形|福島|茨城|栃木|群馬|埼玉|千葉|"
    "神奈川|新潟|富山|石川|福井|山梨|"
    "長野|岐阜|静岡|愛知|三重|滋賀|兵庫|奈良|和歌山|鳥取|島根|岡山|広島|山口|徳島|香川|愛媛|"
    "高知|福岡|佐賀|長崎|熊本|大分|"
    "宮崎|鹿児島|沖縄)県"
)
PLACE = f"[{KANJI}ぁ-んァ-ヴー]"
TOWN = rf"(?:{PREFECTURES})(?:{PLACE}{{1,8}}?[市区町村郡]){{1,3}}{PLACE}{{0,14}}?"
NUMERAL = "(?:[0-9]{1,5}|[一二三四五六七八九十]{1,3})"
KANJI_NUMERAL = "[一二三四五六七八九十]{1,3}"
BLOCK = (
    r"(?:[0-9]{1,5}(?:丁目|番地?|号|条|線|[-のノ](?=[0-9]))"
    rf"|{KANJI_NUMERAL}(?:丁目|番地|[番条](?=[東西南北]?{NUMERAL}(?:号|丁目))))"
    rf"(?:[東西南北]?{NUMERAL}(?:丁目|番地?の?|号|[-のノ](?=[0-9]))?){{0,4}}号?"
)
NUMBERS = rf"{KANJI_NUMERAL}(?:[の-]{KANJI_NUMERAL}){{1,3}}(?![{KANJI}])"
"""Blocks in kanji without a word between them, behind a town only."""
BUILDING = (
    r"(?:[ \n]{0,2}[A-Za-z0-9一-龠々ぁ-んァ-ヴー・]{1,20}"
    r"(?:ビル|マンション|ハイツ|荘|コーポ|タワー|アパート|レジデンス|メゾン|ハウス|館|棟|団地)"
    r"(?:[A-Z0-9-]{0,4}棟)?)?(?:[ ]?[0-9]{1,2}階|[ ]?[0-9]{1,2}F)?(?:[ ]?#?[0-9]{2,5}号?室?)?"
)
STREETS = (
    "Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Terrace|Ter|Place|Pl|"
    "Way|Parkway|Pkwy|Circle|Cir|Highway|Hwy|Square|Sq|Crescent|Cres|Close|Alley|Row|Walk|Trail|"
    "Loop|Plaza|Gardens|Mews|Grove|Hill|Broadway"
)
STREET = (
    rf"[0-9](?<![0-9A-Za-z.,/-].)[0-9]{{0,5}}[A-Za-z]? (?:[NSEW]\.? )?"
    rf"(?:(?:{CAPITAL}|[0-9]{{1,3}}(?:st|nd|rd|"
    rf"th)) ){{1,4}}(?:{STREETS})(?![A-Za-z])(?:\.(?=[, ]))?"
)
UNIT = r"(?:,?\s(?:Apt|Apartment|Suite|Ste|Unit|Floor|Fl|Room|Rm|#)\.?\s?[A-Za-z0-9-]{1,6})?"
CITY = (
    rf"(?:,\s{CAPITAL}(?: {CAPITAL}){{0,2}})?"
    r"(?:,\s?[A-Z]{2}(?:\s[0-9]{5}(?:-[0-9]{4})?)?)?"
)


STATED = r"です|でよろし|でお間違い|でござい|でした|と申|といい|と言い|だ[。\n]|さん|様|[、。(]|\Z"
TECHNICAL = compiled(
    r"(?i)\b(?:run|test|tests|build|data|document|file|server|service|system|support|id|name|number|type|"
    r"value|key|list|index|order|date|time|model|api|app|code|error|report|manager|team|group|class)\b"
)
FORM_WORDS = compiled(
    r"(?:年齢|住所|性別|電話|生年|備考|日付|部署|役職|所属|必須|任意|番号|会社|学校|項目|フリガナ|ふりがな|"
    r"氏名|名前|メール|合計|単価|数量|金額|ID)"
)


def known(value: str) -> bool:
    """One that begins with a frequent given name."""
    first = compiled("[^ '’-]+").match(value)
    return first is not None and _unaccented(first[0]).lower() in GIVEN


def _unaccented(name: str) -> str:
    return "".join(one for one in normalize("NFD", name) if not combining(one))


def titled(value: str) -> bool:
    """A name: known, or of two words and none of what programs put there."""
    return known(value) or (given(value) and " " in value and not TECHNICAL.search(value))


def filled_in(value: str) -> bool:
    """A name, not the next column of a form."""
    return given(value) and not FORM_WORDS.search(value)


def given(value: str) -> bool:
    """A name, not what somebody is called by role."""
    return not compiled(NOT_NAMES).fullmatch(value) and not compiled(COMMON).match(value)


def _name(
    form: str, literals: tuple[str, ...], confidence: float = 0.7, check: Check = given
) -> Recognizer:
    return Recognizer("PERSON", form, confidence, check=check, literals=literals)


def _address(form: str, literals: tuple[str, ...] = (), digits: int = 0) -> Recognizer:
    return Recognizer("ADDRESS", form, 0.82, literals=literals, digits=digits)


PLACES = (
    r"(?:氏名|名前|患者名|担当者?名?|宛名|差出人|受取人|契約者|申込者|予約者|代表者|送り主|届け先|請求先|本人|"
    r"フリガナ|ふりがな|カナ|姓名|お客様名|顧客名|会員名|社員名)(?:様|\([^()\n]{1,8}\))?"
)
PLACE_HINTS = (
    "名", "担当", "差出人", "受取人", "契約者", "申込者", "予約者", "代表者", "送り主", "届け先",
    "請求先", "本人", "フリガナ", "ふりがな", "カナ",
)  # fmt: skip
LABELS = (
    r"(?:[Ff]ull ?[Nn]ame|[Ff]irst ?[Nn]ame|[Ll]ast ?[Nn]ame|[Ss]urname|[Cc]ustomer(?: [Nn]ame)?|"
    r"[Pp]atient(?: [Nn]ame)?|[Cc]lient(?: [Nn]ame)?|[Ee]mployee(?: [Nn]ame)?|"
    r"[Cc]ontact(?: [Nn]ame)?|"
    r"[Rr]ecipient|[Aa]ttn|[Cc]ardholder(?: [Nn]ame)?|[Aa]ccount [Hh]older)"
)
QUOTES = r"[\"']{0,1}\s?[:=]\s{0,2}[\"']?"
NAME_STOPS = r"(?![A-Za-z0-9_&]|[ ]?\()"

ROWS = (
    _name(rf"(?P<value>{LAST}(?: [{KANJI}]{{1,4}})?){HONORIFIC}", HONORIFIC_LITERALS, 0.6),
    _name(rf"(?P<value>{KANA}){HONORIFIC}", HONORIFIC_LITERALS, 0.6),
    _name(
        rf"(?P<value>{FULL_NAME}) ?(?:様|さま|さん|氏|先生)",
        ("様", "さま", "さん", "氏", "先生"),
        0.6,
    ),
    _name(
        rf"(?P<value>(?:{SURNAMES})[{KANJI}]{{0,3}}?)(?:{OFFICES})",
        ("長", "専務", "常務", "主任", "教授", "選手", "監督", "議員", "弁護士"),
    ),
    _name(
        rf"担当(?:者は?|は|の)?[ (]{{0,2}}"
        rf"(?P<value>(?:{SURNAMES})[{KANJI}]{{0,3}}(?: [{KANJI}]{{1,4}})?)"
        rf"(?={NAME_END}|が|と|に|へ|の)",
        ("担当",),
    ),
    _name(
        rf"{PLACES}[\"'）)】」]{{0,2}}\s?[:=「【『][\s「『\"']{{0,4}}"
        rf"(?P<value>{FULL}(?<![様殿氏]))(?={NAME_END})",
        PLACE_HINTS,
        check=filled_in,
    ),
    _name(
        rf"{PLACES}[】」)]?(?:\s|(?<=】)|(?<=」)){{1,4}}"
        rf"(?P<value>(?:{SURNAMES}) {{0,2}}[{KANJI}ぁ-んァ-ヴー]{{0,4}}|"
        rf"[{KANJI}]{{1,4}} [{KANJI}]{{1,4}})(?={NAME_END})",
        PLACE_HINTS,
        check=filled_in,
    ),
    _name(
        r"(?:名前|氏名|本名|名字|苗字)は[、 ]?"
        rf"(?P<value>(?:[{KANJI}]{{2,7}}|[ァ-ヴー]{{2,8}}|(?:{SURNAMES})[ぁ-ん]{{1,4}}?)"
        rf"(?:[ ・][{KANJI}ァ-ヴー]{{1,6}})?)(?={STATED})",
        ("名", "苗字"),
        check=filled_in,
    ),
    _name(
        rf"(?P<value>{LAST}(?: [{KANJI}]{{1,4}})?)と(?:申します|申し上げます|申す者)",
        ("と申",),
    ),
    _name(
        rf"(?:(?:私|僕|俺|わたし)(?:の名前)?は、?(?P<value>{LAST}(?: [{KANJI}]{{1,4}})?))"
        r"と(?:いいます|言います|呼ばれ)",
        ("いいます", "言います", "呼ばれ"),
    ),
    _name(
        rf"(?P<value>(?:{SURNAMES})(?: ?[{KANJI}]{{1,4}})?)と(?:いいます|言います|いう者)",
        ("いいます", "言います", "いう者"),
    ),
    _name(
        rf"(?:[Mm]y name is|I am called|[Cc]all me) (?P<value>{FULL_NAME}){NAME_STOP}",
        ("name is", "all me", "called"),
    ),
    _name(rf"named (?P<value>{FULL_NAME}){NAME_STOP}", ("named",), check=known),
    _name(
        rf"(?:[Tt]his is|I'm|I am) (?P<value>{CAPITAL} {FULL_NAME}){NAME_STOP}",
        ("his is", "I'm", "I am"),
    ),
    _name(rf"[Tt]his is (?P<value>{CAPITAL})(?= speaking| from| here)", ("his is",)),
    _name(
        rf"(?<![A-Za-z_.]){LABELS}{QUOTES}(?P<value>{FULL_NAME}){NAME_STOPS}(?!=)",
        (
            "ame",
            "ustomer",
            "atient",
            "lient",
            "mployee",
            "ontact",
            "ecipient",
            "ttn",
            "ardholder",
            "older",
        ),
        check=titled,
    ),
    _name(
        rf"(?<![A-Za-z_.])(?:[Nn]ame|NAME){QUOTES}(?P<value>{CAPITAL} {FULL_NAME}){NAME_STOPS}",
        ("ame", "NAME"),
        check=known,
    ),
    _name(
        rf"(?:\A|(?<=\n))[^\S\n]{{0,8}}(?:Name|NAME)\s?: {{0,2}}"
        rf"(?P<value>{CAPITAL})(?=[^\S\n]{{0,8}}(?:\Z|\n))",
        ("Name", "NAME"),
        check=known,
    ),
    _name(rf"(?<![A-Za-z])(?:{'|'.join(TITLES)})(?:\. ?| )(?P<value>{FULL_NAME})", TITLES),
    _name(
        rf"{CLOSINGS}[,!]?[ ]{{0,2}}\n{{1,2}}(?P<value>{FULL_NAME})(?=\s{{0,9}}\Z|\n)",
        ("egards", "incerely", "ours", "ruly", "heers", "hank", "ishes"),
    ),
    _name(rf"(?:Dear|DEAR) (?P<value>{FULL_NAME})(?=[,:\n])", ("Dear", "DEAR")),
    _address(rf"{TOWN}(?:{BLOCK}|[0-9]{{1,5}}|{NUMBERS}){BUILDING}", ("都", "道", "府", "県")),
    _address(rf"{LAST}[市区町村]{PLACE}{{0,14}}?{BLOCK}{BUILDING}", ("市", "区", "町", "村")),
    _address(f"{STREET}{UNIT}{CITY}", digits=1),
    _address(r"P\.? ?O\.? ?Box [0-9]{1,6}", ("Box", "BOX"), 1),
    _address(
        rf"{CAPITAL}(?:straße|strasse|str\.|weg|gasse|platz|allee) [0-9]{{1,4}}[a-z]?"
        rf"(?:, [0-9]{{5}} {CAPITAL})?",
        ("straße", "strasse", "str.", "weg", "gasse", "platz", "allee"),
    ),
)
