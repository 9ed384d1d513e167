"""Names that say they are names, and addresses of buildings."""

from kagura_nb.privacy.recognizer import Recognizer, compiled

KANJI = "一-龠々ヶ"
LAST = rf"[{KANJI}](?<![{KANJI}].)[{KANJI}]{{0,5}}"
FULL = rf"[{KANJI}ぁ-んァ-ヴー]{{1,8}}(?:[ ・][{KANJI}ぁ-んァ-ヴー]{{1,8}})?"
KANA = r"[ァ-ヴ](?<![ァ-ヴー].)[ァ-ヴー]{1,7}(?:[ ・][ァ-ヴ][ァ-ヴー]{1,9})?"
HONORIFICS = "様|さま|さん|氏|君|くん|ちゃん|殿|先生"
HONORIFIC = (
    rf"[ ]?(?:{HONORIFICS})(?<!氏(?=名|族))(?<!君(?=主|臨))(?<!殿(?=下|堂))(?![々子式相態]|ざま)"
)
HONORIFIC_LITERALS = tuple(HONORIFICS.split("|"))
NOT_NAMES = (
    r"皆|各位|御?客|患者|王|殿|神|仏|奥|娘|息子|[お御]?[母父兄姉弟妹爺婆孫嫁婿]|[叔伯祖][父母]|"
    r"旦那|主人|"
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
NAME_END = r"(?:です|と申|といい|と言い|でござい|さん|様|[、。\n\s),\"'」]|\Z)"
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

SURNAMES = (
    "佐藤|鈴木|高橋|田中|伊藤|渡辺|渡邉|山本|中村|小林|加藤|吉田|山田|佐々木|山口|松本|井上|"
    "木村|斎藤|"
    "斉藤|清水|山崎|池田|橋本|阿部|石川|山下|中島|石井|小川|前田|岡田|長谷川|藤田|後藤|近藤|村上|"
    "遠藤|青木|坂本|福田|太田|西村|藤井|金子|岡本|藤原|中野|三浦|原田|中川|松田|竹内|小野|田村|"
    "中山|"
    "和田|石田|森田|上田|内田|柴田|酒井|宮崎|横山|高木|安藤|宮本|大野|小島|工藤|谷口|今井|高田|"
    "増田|"
    "丸山|杉山|村田|大塚|新井|小山|平野|藤本|河野|上野|野口|武田|松井|菅原|岩崎|木下|佐野|野村|"
    "松尾|"
    "市川|菊地|杉本|古川|大西|島田|水野|桜井|高野|吉川|山内|西田|飯田|西川|小松|北村|安田|五十嵐"
)
"""The most frequent ones."""
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
BLOCK = (
    rf"{NUMERAL}(?:丁目|番地?|号|条|線|[-のノ](?=[0-9]))"
    rf"(?:[東西南北]?{NUMERAL}(?:丁目|番地?の?|号|[-のノ](?=[0-9]))?){{0,4}}号?"
)
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


def given(value: str) -> bool:
    """A name, not what somebody is called by role."""
    return not compiled(NOT_NAMES).fullmatch(value) and not compiled(COMMON).match(value)


def _name(form: str, literals: tuple[str, ...], confidence: float = 0.7) -> Recognizer:
    return Recognizer("PERSON", form, confidence, check=given, literals=literals)


def _address(form: str, literals: tuple[str, ...] = (), digits: int = 1) -> Recognizer:
    return Recognizer("ADDRESS", form, 0.82, literals=literals, digits=digits)


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
    _name(rf"担当の(?P<value>(?:{SURNAMES})[{KANJI}]{{0,3}})(?=です|が|と|で|、)", ("担当の",)),
    _name(
        r"(?:氏名|名前|患者名|担当者?|宛名|差出人|受取人|契約者|フリガナ|ふりがな)"
        r"[\"']?\s?[:=]\s{0,3}[\"'「]?"
        rf"(?P<value>{FULL})(?={NAME_END})",
        ("名", "担当", "差出人", "受取人", "契約者", "フリガナ", "ふりがな"),
    ),
    _name(
        rf"(?:名前|氏名|本名)は(?P<value>(?:[{KANJI}]{{2,6}}|[ァ-ヴー]{{2,8}})"
        rf"(?:[ ・][{KANJI}ァ-ヴー]{{1,6}})?)(?=です|と申|といい|と言い|だ。|でござい)",
        ("名",),
    ),
    _name(
        rf"(?P<value>{LAST}(?: [{KANJI}]{{1,4}})?)と(?:申します|申し上げます|いいます|言います)",
        ("申し", "いいます", "言います"),
    ),
    _name(
        rf"(?:[Mm]y name is|I am called|[Cc]all me|[Nn]amed) (?P<value>{FULL_NAME}){NAME_STOP}",
        ("name is", "all me", "amed", "called"),
    ),
    _name(
        rf"(?:[Tt]his is|I'm|I am) (?P<value>{CAPITAL} {FULL_NAME}){NAME_STOP}",
        ("his is", "I'm", "I am"),
    ),
    _name(rf"[Tt]his is (?P<value>{CAPITAL})(?= speaking| from| here)", ("his is",)),
    _name(
        r"(?<![A-Za-z_.])(?:Name|NAME|Customer|Patient|Attn|Contact|[\"']name[\"'])"
        rf"\s?[:=]\s{{0,2}}[\"']?(?P<value>{FULL_NAME})",
        ("ame", "NAME", "ustomer", "atient", "ttn", "ontact"),
    ),
    _name(
        rf"(?<![A-Za-z_.])name\s?[:=]\s{{0,2}}[\"']?(?P<value>{CAPITAL} {FULL_NAME})",
        ("name",),
    ),
    _name(rf"(?<![A-Za-z])(?:{'|'.join(TITLES)})(?:\. ?| )(?P<value>{FULL_NAME})", TITLES),
    _name(
        rf"{CLOSINGS}[,!]?[ ]{{0,2}}\n{{1,2}}(?P<value>{FULL_NAME})(?=\s{{0,9}}\Z|\n)",
        ("egards", "incerely", "ours", "ruly", "heers", "hank", "ishes"),
    ),
    _name(rf"(?:Dear|DEAR) (?P<value>{FULL_NAME})(?=[,:\n])", ("Dear", "DEAR")),
    _address(rf"{TOWN}(?:{BLOCK}|[0-9]{{1,5}}){BUILDING}", ("都", "道", "府", "県")),
    _address(rf"{LAST}[市区町村]{PLACE}{{0,14}}?{BLOCK}{BUILDING}", ("市", "区", "町", "村")),
    _address(f"{STREET}{UNIT}{CITY}"),
    _address(r"P\.? ?O\.? ?Box [0-9]{1,6}", ("Box", "BOX")),
    _address(
        rf"{CAPITAL}(?:straße|strasse|str\.|weg|gasse|platz|allee) [0-9]{{1,4}}[a-z]?"
        rf"(?:, [0-9]{{5}} {CAPITAL})?",
        ("straße", "strasse", "str.", "weg", "gasse", "platz", "allee"),
    ),
)
