"""Keys, tokens and passwords: what opens a door, and is never trained on in any form."""

import re
from base64 import b64decode
from collections import Counter
from dataclasses import replace
from math import log2

from kagura_nb.privacy.network import URL_BODY, URL_END
from kagura_nb.privacy.recognizer import Check, Recognizer, anything, around
from kagura_nb.privacy.vendors import BEGINNINGS

FORMS = (
    (r"[0-9]{8,10}:AA[A-Za-z0-9_-]{32,34}", (":AA",)),  # Telegram
    (r"[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}", (".",)),  # Discord
    (r"[0-9a-f]{32}-us[0-9]{1,2}", ("-us",)),  # Mailchimp
    (r"[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}", ("Q~",)),  # Microsoft Entra
    (r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}", (".atlasv1.",)),  # Terraform
    (r"[A-Za-z0-9+/]{86}==", ("==",)),  # Azure storage
    (r"1//[0-9A-Za-z_-]{40,120}", ("1//",)),  # Google
)
JWT = r"[A-Za-z0-9_-]{10,4000}\.ey[A-Za-z0-9_-]{4,8000}\.[A-Za-z0-9_-]{0,2000}"
KEY_BLOCK = (
    r"-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:[^-\x00]|-(?!----)){0,20000}"
    r"(?:-----END (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----|\Z)"
)
"""Also one that is cut off."""
SHORTEST = 15
"""Characters of the shortest vendor's key."""
NAMES = (
    r"(?:api|access|secret|private|auth|client|consumer|signing|encryption|account|master|service)"
    r"[_ .-]?(?:key|token|secret)|secret|token|credentials?|apikey|bearer|passkey|webhook|"
    r"(?:php|j|asp)?sess(?:ion)?[_-]?(?:id)?|connect\.sid|_csrf|x-amz-signature|sig|"
    r"auth(?:orization)?|(?:API|アクセス|認証)キー|シークレット|トークン|秘密鍵"
)
PASSWORDS = (
    r"p(?:assw(?:or)?d|ass(?:phrase|code)?|wd|asswort)|mot de passe|contraseña|"
    r"パスワード|暗証番号|合言葉|PIN"
)
PASSWORD_LITERALS = (
    "assw", "ASSW", "assphrase", "ASSPHRASE", "asscode", "ASSCODE", "ass=", "ASS=", "ass:", "ASS:",
    "ass =", "pwd", "PWD", "Pwd", "mot de passe", "contraseña", "パスワード", "暗証",
    "合言葉", "PIN",
)  # fmt: skip
NAME_HINTS = (
    "key", "token", "secret", "credential", "bearer", "webhook", "sess", "connect.sid", "csrf",
    "sig", "auth", "キー", "シークレット", "トークン", "秘密鍵",
)  # fmt: skip
QUOTE = r"(?:[brf]?[\"'`「『]{1,6})?(?:\[[A-Z0-9_]{1,40}\])?"
NO_SECRET = ("cache", "public", "sort", "primary", "foreign", "object", "row", "partition")
OTHER_KEYS = "".join(rf"(?<!{one})(?<!{one}[_ -])" for one in NO_SECRET) + "key"
STEM = r"[A-Za-z0-9_-]{0,24}"
ASSIGN = (
    r"[\"'`*%;)\]]{0,6}(?:\s{0,4}(?:=>|[?+.:]=|::=|==?|::?|\((?=[\"'])|(?<=[\"'`]),|\||>|は|が|「)[\s\"'`*|>「%;]{0,6}"
    r"|\s(?:is|was):?\s{1,2}|\s(?=[\"'])|[\"']? (?:value|content)=)"
)
REFERENCE = re.compile(
    r"(?i)\$|%[A-Z_]+%|<|\{|process\.|os\.|env[.(\[]|\*|x{4}|\.{3}|(?:null|none|true|false|"
    r"undefined)\Z"
)
SAMPLE = re.compile(
    r"(?i)your|changeme|placeholder|redacted|insert|replace[_-]?me|xxxx|\*\*\*|\.\.\."
)
NAME = re.compile(r"[A-Za-z_]+(?:[.\[(][A-Za-z_\"'\])(.]*)?[!?.,:;)]{0,3}")


def entropy(value: str) -> float:
    """Bits of a character, by the frequencies in the value itself (Shannon)."""
    size = len(value)
    return -sum(count / size * log2(count / size) for count in Counter(value).values())


def varied(value: str) -> bool:
    """Not a few letters over and over."""
    return entropy(value) >= 3.0


def bearer(value: str) -> bool:
    """The scheme, and something like a key."""
    return random_looking(value.split()[-1])


def random_looking(value: str) -> bool:
    """As varied as a key, with letters and digits, and neither a reference nor a sample."""
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    return mixed and varied(value) and quoted(value)


def quoted(value: str) -> bool:
    """A value, neither a reference to one nor a sample."""
    return not REFERENCE.match(value) and not SAMPLE.search(value)


def typed(value: str) -> bool:
    """What somebody would type as a password, and no word of a sentence or program."""
    return quoted(value) and not NAME.fullmatch(value)


def basic(value: str) -> bool:
    """User and password, in base 64."""
    try:
        return b":" in b64decode(value.split()[-1], validate=True)
    except ValueError:
        return False


def _secret(
    type: str,
    form: str,
    literals: tuple[str, ...],
    confidence: float = 0.96,
    check: Check = anything,
) -> Recognizer:
    return Recognizer(type, form, confidence, check=check, literals=literals, secret=True)


def _vendor(beginning: str, rest: str) -> Recognizer:
    start = re.escape(beginning)
    form = rf"{start}(?<![A-Za-z0-9_-]{start}){rest}(?![A-Za-z0-9])"
    return replace(_secret("API_KEY", form, (beginning,)), token=SHORTEST)


def _form(form: str, literals: tuple[str, ...]) -> Recognizer:
    bounded = rf"(?<![A-Za-z0-9_/+-])(?:{form})(?![A-Za-z0-9_/+-])"
    return replace(_secret("API_KEY", bounded, literals, check=varied), token=SHORTEST)


def _assigned(
    type: str, names: str, form: str, literals: tuple[str, ...], check: Check
) -> Recognizer:
    full = rf"(?i:(?:{names}){STEM}{ASSIGN}|--[a-z-]{{0,20}}(?:{names}) ){form}"
    return _secret(type, full, literals, 0.8, check)


ROWS = (
    *(_vendor(*one) for one in BEGINNINGS.items()),
    *(_form(*one) for one in FORMS),
    replace(_secret("JWT", rf"ey(?<![A-Za-z0-9_-]ey){JWT}", ("ey",), 0.97), token=20),
    _secret("PRIVATE_KEY", KEY_BLOCK, ("-----BEGIN",), 0.99),
    _secret(
        "CREDENTIALS",
        r"[A-Za-z](?<![A-Za-z0-9+.-].)[A-Za-z0-9+.-]{1,20}://[^\s:/?#\[\]@\"'<>\x00]{0,100}:"
        rf"[^\s/?#\[\]@\"'<>\x00]{{1,200}}@(?:{URL_BODY}{{0,500}}{URL_END})",
        ("://",),
        0.97,
    ),
    _secret(
        "CREDENTIALS",
        r"[Bb]asic\s{1,3}[A-Za-z0-9+/]{8,400}={0,2}",
        ("asic ",),
        0.95,
        basic,
    ),
    _secret(
        "CREDENTIALS",
        r"(?:-u|--user)[ =][\"']?(?P<value>(?![0-9]{1,9}:[0-9])"
        r"[A-Za-z0-9_.@+-]{1,64}:[^\s\"'$\x00]{4,128})",
        (" -u ", "--user"),
        0.8,
    ),
    _secret(
        "CREDENTIALS",
        r"(?i:(?:set-)?cookie):\s{0,3}(?P<value>[^\s=;,\x00]{1,64}=[^\s;,\x00]{6,4000}"
        r"(?:; ?(?!(?i:path|domain|expires|max-age|"
        r"samesite)=)[^\s=;,\x00]{1,64}=[^\s;,\x00]{1,4000})"
        r"{0,40})",
        ("ookie:", "OOKIE:"),
        0.9,
    ),
    _secret(
        "API_KEY",
        r"https://(?:[A-Za-z0-9-]{1,63}\.){0,4}(?:web)?hooks?\.(?:[A-Za-z0-9-]{1,63}\.){0,3}[A-Z"
        r"a-z]{2,12}/"
        r"[A-Za-z0-9/_@.~-]{16,300}",
        ("hook",),
        0.9,
    ),
    _secret(
        "API_KEY",
        r"[Bb]earer\s{1,3}[A-Za-z0-9_.~+/-]{12,2000}={0,2}",
        ("earer ",),
        0.9,
        bearer,
    ),
    Recognizer(
        "API_KEY",
        r"[A-Za-z0-9](?<![A-Za-z0-9_.~+/%-].)[A-Za-z0-9]{23,127}(?![A-Za-z0-9_.~+/%-])",
        alone=0.0,
        near=0.75,
        context=around(rf"(?i){OTHER_KEYS}{ASSIGN}{QUOTE}\Z", hints=("key",)),
        check=random_looking,
        digits=1,
        token=24,
        secret=True,
    ),
    Recognizer(
        "API_KEY",
        r"[A-Za-z0-9](?<![A-Za-z0-9_.~+/%-].)[A-Za-z0-9_.~+/%-]{11,512}+={0,2}",
        alone=0.0,
        near=0.8,
        context=around(
            rf"(?i)(?:(?:{NAMES}){STEM}{ASSIGN}|--[a-z-]{{0,20}}(?:{NAMES}) |"
            rf"\bauthorization: ?token |(?:ENV|ARG|set|setx) [a-z0-9_]{{0,24}}(?:{NAMES}) )"
            rf"{QUOTE}\Z",
            hints=NAME_HINTS,
        ),
        check=random_looking,
        digits=1,
        token=12,
        secret=True,
    ),
    _assigned(
        "PASSWORD",
        PASSWORDS,
        r"[\"'](?P<value>[^\"'\s\x00]{4,128})[\"']",
        PASSWORD_LITERALS,
        quoted,
    ),
    _assigned(
        "PASSWORD", PASSWORDS, r"(?P<value>(?![\"'])(?:(?!</)[!-~]){3,64}[A-Za-z0-9!?@#$%^*+=_~-])"
        r"(?<![,;])",
        PASSWORD_LITERALS, typed,
    ),
)  # fmt: skip
