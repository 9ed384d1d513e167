"""Telephone numbers in the forms that people write; `phones` knows which digits can be one.

A form that is nothing but a telephone number says so alone; any other needs a word for it near by,
since most numbers of notebooks are none.
"""

from kagura_nb.privacy import phones
from kagura_nb.privacy.recognizer import Check, Near, Recognizer, behind, compiled, spelled

WORDS = (
    "phone", "mobile", "cell", "handy", "rufnummer", "portable", "tel", "tél", "teléf", "fax",
    "sms", "whatsapp", "whats app", "hotline", "landline", "voicemail", "ph", "mob", "pager",
    "toll", "contact", "desk", "office", "móvil", "celular", "сот", "моб", "тел", "номер", "전화",
    "휴대폰", "핸드폰", "연락처", "電話", "电话", "手機", "手机", "でんわ", "デンワ", "携帯",
    "ケータイ", "けいたい", "スマホ", "連絡", "联系", "聯絡", "微信", "ファックス", "ファクス",
    "問い合", "問合", "代表", "固定", "内線", "直通", "フリーダイヤル", "फ़ोन", "फोन", "मोबाइल",
    "℡",
)  # fmt: skip
"""One of these stands before a number that has a label."""
VERBS = (
    "call", "text", "ring", "dial", "reach", "phone", "message", "whatsapp", "appel", "joindre",
    "llam", "llám", "ligue", "chiama", "anrufen", "звоните",
    "answer",
)  # fmt: skip
"""One of these, where somebody is asked to use it."""
ASKING = (
    "電話", "連絡", "かけ", "掛け", "問", "ファ", "mobile", "cell", "home", "work", "office", "fax",
    "phone", "tel", "携帯",
)  # fmt: skip
"""One of these stands behind it."""
LABELLED = (
    r"(?<![a-z])(?:phones?|mobile|cell ?(?:no|#|:|num|phone)[a-z.]{0,6}|handy|(?:handy|ruf)nummer|"
    r"portable|t[eé]l[eé]?fono?|telephone|telefone?|tels?|fax|sms|whats ?app|hotline|landline|"
    r"voicemail|ph|mob|pager|toll[- ]free|contact(?: (?:no|number|me|us))?|desk|office|m[oó]vil|"
    r"celular|smartphone|phonenumber|cellulare?|сот|моб|тел|телефона?|номер|전화|전화번호|휴대폰|핸드폰|연락처|電話|电话|手機|"
    r"手机|でんわ|デンワ|携帯|ケータイ|けいたい|スマホ|連絡先?|联系|聯絡|微信|ファックス|"
    r"ファクス|問い?合わ?せ先?|代表|固定|内線|直通|フリーダイヤル|फ़ोन|फोन|मोबाइल|℡)"
    r"(?:[ _-]?(?:phone|number|numbers|num|no|nr|n[°º]|#|line|番号|号码|號碼|번호|नंबर))?s?"
    r"(?:\([^()0-9]{1,12}\))?\.?[\"'\])>*`]{0,4}(?: (?:is|was|at|on|are|est|ist|now|still|и)){0,2}"
    r"[^0-9A-Za-z\x00]{0,12}\Z"
)
TALKED = (
    r"(?<![a-z])(?:(?:call|ring|dial|phone|whatsapp|appel|joindre|llam|llám|ligue|chiama|anrufen|"
    r"звоните)[a-zé]{0,4}|(?:text|message|reach|answer)(?:s|ed|ing)?"
    r"(?: [a-z]{2,10})?(?= (?:me|us|him|her|them|you|back|at|on|to|my|our) ))"
    r"(?: (?!of |last )[a-z']{2,10}){0,4}[ ,:]{1,3}\(?\Z"
)
ASKED = (
    r"\A[\s)\"']{0,2}(?:まで|に|へ|が|を|で)?[^0-9\n]{0,6}(?:電話|連絡|お?掛?かけ|問い?合|ファ[クッ])"
    r"|\A[\s(-]{1,2}(?:mobile|cell|home|work|office|fax|phone|tel|携帯|自宅|電話)(?![a-z])"
)
CLOSE = 40
"""Characters before a number in which what says that it is one stands."""


def labelled(before: str, after: str) -> bool:
    """A label before the number, or a word for using it behind."""
    low = before[-CLOSE:].lower()
    if any(map(low.__contains__, WORDS)) and compiled(LABELLED).search(low):
        return True
    low = after.lower()
    return any(map(low.__contains__, ASKING)) and compiled(ASKED).search(low) is not None


def talked(before: str, after: str) -> bool:
    """The same, or a verb for using it."""
    low = before[-CLOSE:].lower()
    verb = any(map(low.__contains__, VERBS)) and compiled(TALKED).search(low) is not None
    return verb or labelled(before, after)


NO_PHONE = behind(
    "order", "invoice", "isbn", "issn", "serial", "model", "version", "case", "ticket", "tracking",
    "account", "ref", "reference", "sku", "part", "po", "vin", "id", "card", "zip", "ssn",
    "commit", "port", "cve", "rfc", "doi", "pmid", "arxiv", "$", "¥", "€", "£", "注文", "型番",
    "法人", "品番", "伝票", "口座", "会員", "受付", "追跡", "製造", "郵便", "シフト", "社員",
    "学籍", "免許", "免許証", "#", "=-",
)  # fmt: skip
LEFT = (
    r"(?<!\((?![0-9]{1,5}\)))(?:(?<![0-9A-Za-z_][0-9+])|(?<=(?i:tel|fax)[0-9+]))(?<![0-9]\()(?<![0-9][-.:+*=^].)"
    r"(?<!(?<![0-9]{3})[0-9]/.)(?<![$¥€£&].)(?<![0-9A-Fa-f]{4}-.)"
)
RIGHT = (
    r"(?![0-9A-Za-z_%]|[-.:*=^][0-9]|-[0-9A-Fa-f]{4}|\s?\*{1,2}\s?[A-Za-z0-9]|/[0-9]{1,2}(?![0-9])"
    r"|\s?(?:円|ドル|個|件|USD|EUR|JPY))"
)
EXTENSION = r"(?:[\s,;]{0,2}(?:[xX]|[eE][xX][tT](?:ension|n|\.)?|#|内線)[\s.:#=]{0,3}[0-9]{1,7})?"
FREE = ("800", "833", "844", "855", "866", "877", "888")
VANITY = (
    rf"[1(8]{LEFT}(?:(?<=1)[ .-]?\(?8|(?<=\()8|(?<=8))(?:00|33|44|55|66|77|88)(?:-|\) ?)"
    r"(?=[0-9-]{0,4}[A-Z])(?:[A-Z0-9]{7}|[A-Z0-9]{3}-[A-Z0-9]{4}|[A-Z]{4,8})(?![A-Za-z0-9])"
)
"""A free number of North America with a word in it."""
GAP = r"[ .\-/()]"
GROUPED = (
    rf"[(1-9]{LEFT}(?:(?<=8)[ -]?\(?[3-9][0-9]{{2}}\)?[ -][0-9]{{3}}[ -][0-9]{{2}}[ -][0-9]{{2}}"
    r"|(?<=1)[3-9][0-9](?P<gap>[ -])[0-9]{4}(?P=gap)[0-9]{4}|(?<=[6-9])[0-9]{4}-[0-9]{5}"
    r"|(?:(?<=\()[1-9]|(?<=[1-9]))[1-9]\)? 9[0-9]{4}-[0-9]{4})"
)
"""Grouped in no other way than the telephone numbers of Russia, China, India and Brazil."""


def _phone(
    form: str,
    alone: float,
    near: float,
    check: Check,
    literals: tuple[str, ...] = (),
    split: bool = False,
    context: Near = talked,
    digits: int = 7,
) -> Recognizer:
    return Recognizer(
        "PHONE",
        form + ("" if split else EXTENSION) + RIGHT,
        alone,
        near,
        context=context,
        against=None if alone > 0.8 else NO_PHONE,
        check=check,
        literals=literals,
        digits=digits,
        split=split,
    )


ROWS = (
    _phone(
        rf"\+{LEFT}(?: (?=[1-9][0-9]{{0,2}}[ (-]))?\(?[1-9](?:{GAP}{{0,3}}[0-9]){{6,18}}"
        rf"{EXTENSION}",
        0.85, 0.95, phones.international, ("+",), split=True,
    ),
    _phone(
        rf"0{LEFT}(?:0|1[01])[ \-]?[1-9](?:{GAP}{{0,3}}[0-9]){{8,18}}{EXTENSION}", 0.55, 0.85,
        phones.dialled, split=True, digits=11,
    ),
    _phone(
        rf"[(0-9]{LEFT}(?:(?<=1)[ .\-/]{{0,2}}\(?[0-9]|(?<=\()[0-9]|(?<=[0-9]))[0-9]{{2}}\)?"
        rf"[ .\-/]{{0,3}}[0-9]{{3}}[ .\-/]{{1,3}}[0-9]{{4}}",
        0.6, 0.85, phones.north_american, digits=10,
    ),
    Recognizer("PHONE", VANITY, 0.65, literals=FREE, digits=3),
    _phone(
        rf"[(0]{LEFT}(?:(?<=\()0)?[0-9]{{1,4}}[ \-()]{{1,2}}[0-9]{{1,4}}[ \-()]{{1,2}}[0-9]{{3,4}}",
        0.65, 0.9, phones.japanese, digits=10,
    ),
    _phone(rf"0{LEFT}(?<![./].)(?<!b[\"'].)[1-9][0-9]{{8,9}}", 0.55, 0.9, phones.bare, digits=10),
    _phone(
        rf"[(0]{LEFT}(?:(?<=\()0)?[0-9]{{1,4}}\)?(?:[ .\-/]{{1,3}}[0-9]{{2,8}}){{1,5}}{EXTENSION}",
        0.55, 0.85, phones.domestic, split=True, digits=9,
    ),
    _phone(GROUPED, 0.6, 0.9, phones.plausible, digits=10),
    _phone(
        rf"[(0-9]{LEFT}(?:{GAP}{{0,3}}[0-9]){{6,16}}{EXTENSION}", 0.0, 0.6, phones.shaped,
        spelled((*WORDS, *VERBS, *ASKING)), split=True,
    ),
    _phone(
        rf"[(0-9]{LEFT}(?:{GAP}{{0,3}}[0-9]){{6,16}}{EXTENSION}", 0.0, 0.6, phones.plausible,
        spelled((*WORDS, *ASKING)), split=True, context=labelled,
    ),
)  # fmt: skip
