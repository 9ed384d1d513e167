"""How to reach somebody: e-mail addresses and telephone numbers."""

import re

from kagura_nb.privacy import phones
from kagura_nb.privacy.recognizer import Check, Near, Recognizer, behind, words

WIDE = r"\u00c0-\u1fff"
"""Letters beside ASCII that are not Chinese, Japanese or Korean, which may be the text around."""
CJK = r"\u3041-\u30ff\u3400-\u9fff\uac00-\ud7af"
BOX = rf"[A-Za-z0-9_{WIDE}](?<![A-Za-z0-9_{WIDE}].)[A-Za-z0-9_.%+'!#$*^~{WIDE}-]{{0,63}}"
QUOTED = r'"(?:[^"\\\r\n\x00]|\\[^\r\n\x00]){1,62}"'
LABELS = rf"(?:[A-Za-z0-9{WIDE}](?:[A-Za-z0-9{WIDE}-]{{0,61}}[A-Za-z0-9{WIDE}])?\.){{1,8}}"
TOP = rf"(?:xn--[A-Za-z0-9-]{{2,59}}|[A-Za-z]{{2,24}}|[{WIDE}]{{2,24}})(?![A-Za-z0-9])"
NUMBERED = r"\[(?:IPv6:)?[0-9A-Fa-f:.]{3,45}\]"
REPOSITORY = r"(?!:[A-Za-z0-9_.~-]{1,64}/)"
IDEOGRAPHIC = (
    rf"[{CJK}](?<![{CJK}A-Za-z0-9].)[{CJK}A-Za-z0-9_.-]{{0,20}}@(?:{LABELS}{TOP}|"
    rf"[{CJK}][{CJK}A-Za-z0-9-]{{0,30}}\.(?:[A-Za-z]{{2,12}}|[{CJK}]{{2,6}})(?![{CJK}]))"
)

PLAIN_BOX = r"[A-Za-z0-9](?<![A-Za-z0-9_.].)[A-Za-z0-9_.+-]{0,63}"
PLAIN_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
FAMILIAR = r"(?:com|net|org|edu|gov|info|biz|jp|uk|de|fr)(?![A-Za-z0-9])"
SPELLED_AT = (
    r"(?:\s?[\[({<【]\s?(?:[aA][tT]?|@|アット|アットマーク|あっと)\s?[\])}>】]\s?|_[aA][tT]_"
    r"|\s?(?:アットマーク|アット|あっと)\s?|[★☆◎●■◆▲]|%40|&#64;|&#x40;|&commat;"
    rf"|\s@\s(?=[A-Za-z0-9.-]{{1,99}}\.{FAMILIAR}))"
)
SPELLED_DOT = (
    r"(?:\s?[\[({<]\s?(?:[dD][oO][tT]|\.|ドット)\s?[\])}>]\s?|\s?ドット\s?|\s[dD][oO][tT]\s)"
)
MARKS = (*"[({<【★☆◎●■◆▲&", "アット", "あっと", "%40", " @ ", "_at_", "_AT_")
FILE = re.compile(r"(?i)\.(?:png|jpe?g|gif|svg|webp|ico|bmp|css|mjs|cjs|jsx|tsx|exe|dll)\Z")

PHONE_WORDS = words(
    "phone", "phones", "telephone", "smartphone", "tel", "tels", "telefon", "telefono", "telefone",
    "phonenumber", "mobile", "cell", "cellular", "fax", "contact", "handy", "portable", "sms",
    "whatsapp", "hotline", "landline", "ext", "extension", "voicemail", "ph", "mob", "pager",
    "toll-free", "toll free", "tél", "teléf", "電話", "でんわ", "携帯", "ケータイ", "けいたい",
    "スマホ", "連絡先", "ファックス", "ファクス", "問い合わせ", "問合せ", "代表", "固定", "内線",
    "フリーダイヤル", "おかけ", "かけて", "℡",
)  # fmt: skip
TALK = words(
    "call", "calls", "called", "calling", "dial", "dialed", "ring", "rang", "reach", "answering",
    "answer", "text", "texted", "office", "desk", "message", "messages",
)  # fmt: skip
"""Words that numbers of any other kind have near by as well."""


def talked(before: str, after: str) -> bool:
    """A word of either kind."""
    return PHONE_WORDS(before, after) or TALK(before, after)


NO_PHONE = behind(
    "order", "invoice", "isbn", "issn", "serial", "model", "version", "case", "ticket", "tracking",
    "account", "ref", "reference", "sku", "part", "po", "vin", "id", "card", "zip", "ssn",
    "commit", "port", "$", "¥", "€", "£", "注文", "型番", "法人", "品番", "伝票", "口座", "会員",
    "受付", "追跡", "製造", "郵便", "シフト", "社員", "学籍", "免許", "免許証",
)  # fmt: skip
LEFT = (
    r"(?<!\((?![0-9]{1,5}\)))(?:(?<![0-9A-Za-z_][0-9+])|(?<=(?i:tel|fax)[0-9+]))(?<![0-9]\()(?<![0-9][-.:+*=].)"
    r"(?<!(?<![0-9]{3})[0-9]/.)(?<![$¥€£&].)"
)
RIGHT = r"(?![0-9A-Za-z_%]|[-.:*=][0-9]|/[0-9]{1,2}(?![0-9])|\s?(?:円|ドル|個|件|USD|EUR|JPY))"
EXTENSION = r"(?:[\s,;]{0,2}(?:[xX]|[eE][xX][tT](?:ension|n|\.)?|#|内線)[\s.:#=]{0,3}[0-9]{1,7})?"
VANITY = (
    rf"[1(8]{LEFT}(?:(?<=1)[ .-]?\(?8|(?<=\()8|(?<=8))(?:00|33|44|55|66|77|88)(?:-|\) ?)"
    r"(?=[0-9-]{0,4}[A-Z])(?:[A-Z0-9]{7}|[A-Z0-9]{3}-[A-Z0-9]{4}|[A-Z]{4,8})(?![A-Za-z0-9])"
)
"""A free number of North America with a word in it."""


def address(value: str) -> bool:
    """Neither the user of a repository nor a file that has an at sign in its name."""
    return not value.startswith("git@") and not FILE.search(value)


def _phone(
    form: str,
    alone: float,
    near: float,
    check: Check,
    literals: tuple[str, ...] = (),
    split: bool = False,
    context: Near = talked,
) -> Recognizer:
    return Recognizer(
        "PHONE",
        form + EXTENSION + RIGHT,
        alone,
        near,
        context=context,
        against=None if alone > 0.8 else NO_PHONE,
        check=check,
        literals=literals,
        digits=7,
        split=split,
    )


ROWS = (
    Recognizer(
        "EMAIL",
        rf"(?:{BOX}|{QUOTED})@(?:{LABELS}{TOP}|{NUMBERED}){REPOSITORY}",
        0.95,
        check=address,
        literals=("@",),
    ),
    Recognizer("EMAIL", IDEOGRAPHIC, 0.7, literals=("@",)),
    Recognizer(
        "EMAIL",
        rf"{PLAIN_BOX}(?:{SPELLED_AT}|@)(?:{PLAIN_LABEL}(?:{SPELLED_DOT}|\.)){{1,6}}"
        r"[A-Za-z]{2,24}(?![A-Za-z0-9])",
        0.9,
        check=address,
        literals=MARKS,
    ),
    Recognizer(
        "EMAIL",
        rf"{PLAIN_BOX}\s[aA][tT]\s(?:{PLAIN_LABEL}\s[dD][oO][tT]\s){{1,6}}"
        r"[A-Za-z]{2,24}(?![A-Za-z0-9])",
        0.9,
        literals=(" dot ", " DOT ", " Dot "),
    ),
    _phone(
        rf"\+{LEFT}\s?\(?[1-9](?:[ .\-/()]{{0,3}}[0-9]){{6,18}}", 0.85, 0.95, phones.international,
        ("+",), split=True,
    ),
    _phone(
        rf"0{LEFT}(?:0|1[01])[ \-]?[1-9](?:[ .\-/()]{{0,3}}[0-9]){{8,18}}+", 0.55, 0.85,
        phones.international,
    ),
    _phone(
        rf"[(0-9]{LEFT}(?:(?<=1)[ .\-/]{{0,2}}\(?[0-9]|(?<=\()[0-9]|(?<=[0-9]))[0-9]{{2}}\)?"
        rf"[ .\-/]{{0,3}}[0-9]{{3}}[ .\-/]{{1,3}}[0-9]{{4}}",
        0.6, 0.85, phones.north_american,
    ),
    Recognizer("PHONE", VANITY, 0.65, digits=3),
    _phone(
        rf"[(0]{LEFT}(?:(?<=\()0)?[0-9]{{1,4}}[ \-()]{{1,2}}[0-9]{{1,4}}[ \-()]{{1,2}}[0-9]{{3,4}}",
        0.65, 0.9, phones.japanese,
    ),
    _phone(rf"0{LEFT}[5-9]0[1-9][0-9]{{7}}", 0.6, 0.9, phones.japanese),
    _phone(
        rf"[(0]{LEFT}(?:(?<=\()0)?[0-9]{{1,4}}\)?(?:[ .\-/]{{1,3}}[0-9]{{2,8}}){{1,5}}+",
        0.55, 0.85, phones.domestic,
    ),
    _phone(rf"[2-9]{LEFT}[0-9]{{2}}[2-9][0-9]{{6}}", 0.1, 0.6, phones.plausible),
    _phone(
        rf"[(0-9]{LEFT}(?:[ .\-/()]{{0,3}}[0-9]){{6,16}}+", 0.0, 0.6, phones.plausible,
        context=PHONE_WORDS,
    ),
    _phone(
        rf"[(0-9]{LEFT}(?:[ .\-/()]{{0,3}}[0-9]){{6,16}}+", 0.0, 0.6, phones.shaped, context=TALK
    ),
)  # fmt: skip
