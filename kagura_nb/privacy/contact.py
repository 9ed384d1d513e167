"""E-mail addresses, also those that are written so that no machine finds them."""

import re

from kagura_nb.privacy.recognizer import Recognizer

WIDE = r"\u00c0-\u1fff"
"""Letters beside ASCII that are not Chinese, Japanese or Korean, which may be the text around."""
CJK = r"\u3041-\u30ff\u3400-\u9fff\uac00-\ud7af"
BOX = rf"[A-Za-z0-9_{WIDE}](?<![A-Za-z0-9_{WIDE}].)[A-Za-z0-9_.%+'!#$*^~{WIDE}-]{{0,63}}"
QUOTED = r'"(?:[^"\\\r\n\x00]|\\[^\r\n\x00]){1,62}"'
LABELS = rf"(?:[A-Za-z0-9{WIDE}](?:[A-Za-z0-9{WIDE}-]{{0,61}}[A-Za-z0-9{WIDE}])?\.){{1,8}}"
TOP = rf"(?:xn--[A-Za-z0-9-]{{2,59}}|[A-Za-z]{{2,24}}|[{WIDE}]{{2,24}})(?![A-Za-z0-9])"
NUMBERED = r"\[(?:IPv6:)?[0-9A-Fa-f:.]{3,45}\]"
REPOSITORY = r"(?!:[A-Za-z0-9_.~-]{1,64}/)"
CJK_TOP = (
    "(?:みんな|テスト|コム|ストア|セール|ファッション|クラウド|ポイント|グーグル|アマゾン|世界|"
    "网络|網絡|公司|中国|中國|香港|台灣|台湾|新加坡|商城|商店|商标|我爱你|网址|网站|在线|中文网|"
    "集团|政务|公益|한국|닷컴|닷넷|삼성)"
)
"""Top-level domains that are Chinese, Japanese or Korean (IANA, 2026-11), and one for tests."""
FOREIGN = rf"(?:[{CJK}][{CJK}A-Za-z0-9-]{{0,30}}\.){{1,3}}(?:(?:{LABELS})?{TOP}|{CJK_TOP})"
"""A domain whose name is Chinese, Japanese or Korean."""
NO_KANA = r"\u30a1-\u30ff\u3400-\u9fff\uac00-\ud7af"
IDEOGRAPHIC = (
    rf"[{CJK}](?:(?<![{CJK}A-Za-z0-9].)[\u3041-\u309f]{{1,10}}|"
    rf"(?<=[{NO_KANA}])(?<![{NO_KANA}A-Za-z0-9].)[{NO_KANA}A-Za-z0-9_.-]{{0,20}})"
    rf"@(?:{FOREIGN}|{LABELS}{TOP})"
)
"""One whose mailbox is; particles of the sentence around are written in other letters."""

PLAIN_BOX = r"[A-Za-z0-9](?<![A-Za-z0-9_.].)[A-Za-z0-9_.+-]{0,63}"
PLAIN_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
FAMILIAR = r"(?:com|net|org|edu|gov|info|biz|jp|uk|de|fr)(?![A-Za-z0-9])"
SPELLED_AT = (
    r"(?:\s?[\[({<【]\s?(?:[aA][tT]?|@|アット|アットマーク|あっと)\s?[\])}>】]\s?|_[aA][tT]_"
    r"|\s?(?:アットマーク|アット|あっと)\s?|[★☆◎●■◆▲]"
    rf"|\s@\s(?=[A-Za-z0-9.-]{{1,99}}\.{FAMILIAR}))"
)
SPELLED_DOT = (
    r"(?:\s?[\[({<]\s?(?:[dD][oO][tT]|\.|ドット)\s?[\])}>]\s?|\s?ドット\s?|\s[dD][oO][tT]\s)"
)
MARKS = (*"[({<【★☆◎●■◆▲", "アット", "あっと", " @ ", "_at_", "_AT_")
FILE = re.compile(r"(?i)\.(?:png|jpe?g|gif|svg|webp|ico|bmp|css|mjs|cjs|jsx|tsx|exe|dll)\Z")


def address(value: str) -> bool:
    """Neither the user of a repository nor a file that has an at sign in its name."""
    return not value.startswith("git@") and not FILE.search(value)


ROWS = (
    Recognizer(
        "EMAIL",
        rf"(?:{BOX}|{QUOTED})@(?:{LABELS}{TOP}|{NUMBERED}){REPOSITORY}",
        0.95,
        check=address,
        literals=("@",),
    ),
    Recognizer("EMAIL", IDEOGRAPHIC, 0.7, literals=("@",)),
    Recognizer("EMAIL", rf"{PLAIN_BOX}@{FOREIGN}", 0.9, literals=("@",)),
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
)
