"""Keys, tokens and passwords: what opens a door, and is never trained on in any form."""

import re
from base64 import b64decode
from dataclasses import replace

from kagura_nb.privacy import assigned
from kagura_nb.privacy.network import URL_BODY, URL_END
from kagura_nb.privacy.randomness import SAMPLE, key_like, stands_in, varied, wordy
from kagura_nb.privacy.recognizer import Check, Finder, Recognizer, anything
from kagura_nb.privacy.vendors import BEGINNINGS, SHAPES

JWT = r"[A-Za-z0-9_-]{10,4000}\.ey[A-Za-z0-9_-]{4,8000}\.[A-Za-z0-9_-]{0,2000}"
KEY_BLOCK = (
    r"-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[A-Za-z0-9+/=\s\\:,.;%\"'()@<>_]|-(?!----)){0,20000}+"
    r"(?:-----END (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----)?"
)
"""Also one that is cut off."""
PUTTY = (
    r"PuTTY-User-Key-File-[0-9]:(?:(?!Private-MAC|PuTTY-User)[^\x00]){0,8000}+"
    r"(?:Private-MAC: ?[0-9a-f]{40,64})?"
)
BODY = re.compile(
    r"(?:KEY(?: BLOCK)?-----|Private-Lines)(?:[^-]|-(?!----)){0,400}?[A-Za-z0-9+/=]{40}"
    r"|[A-Za-z0-9+/=]{4}\s*-----END"
)
COMMANDS = (
    ("mysql", r"[a-z]{0,8}", "-p(?!ort|rotocol)"),
    ("mariadb", r"[a-z-]{0,8}", "-p(?!ort|rotocol)"),
    ("sshpass", "", "-p ?"),
    (" login", "", r"(?:-p[ =]?|--password[ =])"),
    ("mongo", r"[a-z]{0,8}", "-p ?"),
    ("redis-cli", "", "-a ?"),
    ("sqlcmd", "", "-P ?"),
    ("ldap", "[a-z]{3,8}", "-w ?"),
    ("plink", "", "-pw "),
    ("pscp", "", "-pw "),
    ("zip", "", "-P ?"),
    ("7z", "a?", "-p"),
    ("openssl", "", "-(?:passin|passout|pass) pass:"),
    ("keytool", "", "-(?:store|key)pass "),
    ("smbclient", "", r"-U ?[A-Za-z0-9_.]{1,40}%"),
    ("htpasswd", "", r"-[a-zA-Z]{0,3}b[a-zA-Z]{0,3} \S{1,80} \S{1,40} "),
)
"""Commands, and the options after which a password stands."""
SHORTEST = 15
"""Characters of the shortest vendor's key."""
KEY_HINTS = (
    "ey", "EY", "oken", "OKEN", "ecret", "ECRET", "redential", "REDENTIAL", "uth", "UTH", "ess",
    "ESS", "srf", "SRF", "_PAT", "鍵", "キー", "トークン", "シークレット", "秘密鍵",
)  # fmt: skip
PASSWORD_HINTS = (
    "ass", "ASS", "psk", "PSK", "pw", "PW", "Pw", "pin", "PIN", "Pin", "mot de", "ontraseña",
    "パス", "暗証", "合言葉",
)  # fmt: skip
LITTLE = {"the", "and", "for", "with", "from", "you", "your", "that", "this", "are", "was", "not"}
COOKIE = re.compile(r"=([^\s=;,]{12,4000})")
SAMPLE_PASSWORD = re.compile(
    r"(?i)(?:(?:my|your|the|db|some)?[_-]?)?(?:p(?:ass(?:w(?:or)?d)?|w|wd|at|sw)?|secret|token|x+|\*+|key)"
)


def not_sample(value: str) -> bool:
    """No sample of a vendor's key, and no name that begins as one."""
    digits = sum(map(str.isdigit, value))
    return not SAMPLE.search(value) and (digits >= len(value) / 8 or not wordy(value))


def bearer(value: str) -> bool:
    """The scheme, and something like a key."""
    return key_like(value.split()[-1])


def basic(value: str) -> bool:
    """User and password, in base 64."""
    try:
        said = b64decode(value.split()[-1], validate=True).decode()
    except ValueError:
        return False
    return ":" in said and said.isprintable()


def cookie(value: str) -> bool:
    """One that holds something like a key."""
    return any(map(key_like, COOKIE.findall(value)))


def connection(value: str) -> bool:
    """An address with a password in it, neither a reference to one nor a sample."""
    password = value.partition("://")[2].partition("@")[0].partition(":")[2]
    return not (stands_in(password) or "{" in password or SAMPLE_PASSWORD.fullmatch(password))


def given(value: str) -> bool:
    """A password on a command line."""
    return not (stands_in(value) or SAMPLE_PASSWORD.fullmatch(value))


def login(value: str) -> bool:
    """User and password, in plain text."""
    return given(value.partition(":")[2])


def phrase(value: str) -> bool:
    """As many words as a wallet's phrase has, no small ones among them as sentences have."""
    words = value.split()
    return len(words) in (12, 15, 18, 21, 24) and not LITTLE.intersection(words)


def webhook(value: str) -> bool:
    """An address that ends in something like a key."""
    return any(map(key_like, value.split("/")[3:]))


def key_block(value: str) -> bool:
    """A block that holds a key, and not dots in its place."""
    return bool(BODY.search(value))


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
    return replace(_secret("API_KEY", form, (beginning,), check=not_sample), token=SHORTEST)


def _shape(form: str, literal: str) -> Recognizer:
    row = _secret("API_KEY", rf"{form}(?![A-Za-z0-9_/+-])", (literal,), check=varied)
    return replace(row, token=SHORTEST)


def _command(name: str, more: str, option: str) -> Recognizer:
    form = (
        rf"{name}{more}(?:\s[^\n|;&\x00]{{0,200}}?)?\s{option}[\"']?"
        r"(?P<value>[^\s\"'\x00-][^\s\"'\x00]{2,127})"
    )
    return _secret("PASSWORD", form, (name,), 0.85, given)


def _named(type: str, finder: Finder, literals: tuple[str, ...]) -> Recognizer:
    return replace(_secret(type, "", literals, 0.8), finder=finder)


ROWS = (
    *(_vendor(*one) for one in BEGINNINGS.items()),
    *(_shape(*one) for one in SHAPES),
    replace(_secret("JWT", rf"ey(?<![A-Za-z0-9_-]ey){JWT}", ("ey",), 0.97), token=20),
    _secret("PRIVATE_KEY", KEY_BLOCK, ("-----BEGIN",), 0.99, key_block),
    _secret("PRIVATE_KEY", PUTTY, ("PuTTY-User-Key",), 0.99, key_block),
    _secret(
        "CREDENTIALS",
        r"[A-Za-z](?<![A-Za-z0-9+.-].)[A-Za-z0-9+.-]{1,20}://[^\s:/?#\[\]@\"'<>\x00]{0,100}:"
        rf"[^\s/?#\[\]@\"'<>\x00]{{1,200}}@(?:{URL_BODY}{{0,500}}{URL_END})",
        ("://",),
        0.97,
        connection,
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
        r"(?:curl|http|xh)(?:\s[^\n|;\x00]{0,200}?)?\s"
        r"(?:-u|-a|-U|--(?:proxy-)?user|--auth)[ =]?[\"']?"
        r"(?P<value>(?![0-9]{1,9}:[0-9])[A-Za-z0-9_.@+\\-]{1,64}:[^\s\"'\x00]{4,128})",
        ("curl ", "http ", "xh "),
        0.8,
        login,
    ),
    _secret(
        "CREDENTIALS",
        r"(?:machine\s{1,9}\S{1,100}|default)\s{1,9}login\s{1,9}\S{1,64}\s{1,9}password\s{1,9}"
        r"(?P<value>[^\s\x00]{2,128})",
        ("password",),
        0.9,
        given,
    ),
    _secret(
        "CREDENTIALS",
        r":(?:54[0-9]{2}|6432|\*):[A-Za-z0-9_*-]{1,64}:[A-Za-z0-9_.*-]{1,64}:"
        r"(?P<value>[^\s:\"'\x00]{3,128})(?=\s|\Z)",
        (":54", ":6432:", ":*:"),
        0.85,
        given,
    ),
    _secret(
        "CREDENTIALS",
        r":(?P<value>\$(?:1|2[aby]|5|6|y|7|apr1)\$[./A-Za-z0-9$=,]{20,200})(?=[:\s]|\Z)",
        (":$",),
        0.9,
    ),
    _secret(
        "CREDENTIALS",
        r"(?i:(?:set-)?cookie)[\"']?:\s{0,3}[\"']?(?P<value>[^\s=;,\"'\x00]{1,64}=[^\s;,\"'\x00]{6,4000}"
        r"(?:; ?(?!(?i:path|domain|expires|max-age|"
        r"samesite)=)[^\s=;,\"'\x00]{1,64}=[^\s;,\"'\x00]{1,4000})"
        r"{0,40})",
        ("ookie", "OOKIE"),
        0.9,
        cookie,
    ),
    _secret(
        "API_KEY",
        r"https://(?:[A-Za-z0-9-]{1,63}\.){0,4}(?:web)?hooks?\.(?:[A-Za-z0-9-]{1,63}\.){0,3}[A-Z"
        r"a-z]{2,12}/"
        r"[A-Za-z0-9/_@.~-]{16,300}",
        ("hook",),
        0.9,
        webhook,
    ),
    _secret(
        "API_KEY",
        r"[Bb]earer\s{1,3}[A-Za-z0-9_.~+/-]{12,2000}={0,2}",
        ("earer ",),
        0.9,
        bearer,
    ),
    _secret(
        "API_KEY",
        r"[uU](?i:thorization)[\"']{0,2}\s?[:=,]\s?[\"']{0,2}(?i:token|api-?key|bot|key|sso-key|digest"
        r"|splunk|deepgram|ghost)\s(?P<value>[A-Za-z0-9_.~+/:-]{12,2000}={0,2})",
        ("uthorization", "UTHORIZATION"),
        0.9,
        key_like,
    ),
    _secret(
        "API_KEY",
        r"(?:[sS]ig(?:nature)?(?<![A-Za-z_]sig)(?<![A-Za-z_]signature)|[xX]-(?i:amz|goog)-(?i:signature"
        r"|security-token))=(?P<value>[A-Za-z0-9+/%;_-]{32,700}={0,2})",
        ("ig=", "ignature=", "oken="),
        0.85,
        varied,
    ),
    _secret("API_KEY", r"https?://(?P<value>[A-Za-z0-9_-]{20,250})@", ("://",), 0.9, key_like),
    _secret(
        "API_KEY",
        r"\"username\": ?\"[^\"\s]{1,64}\", ?\"key\": ?\"(?P<value>[0-9a-f]{32})\"",
        ('"key"',),
        0.9,
    ),
    _secret(
        "PASSWORD",
        r"(?:[lL]ogin|[aA]uth)\s?=?\s?\(\s?[\"'][^\"'\s]{1,64}[\"'],\s?[\"']"
        r"(?P<value>[^\"'\s\x00]{6,128})[\"']",
        ("ogin", "uth"),
        0.8,
        assigned.is_mixed,
    ),
    _secret(
        "PASSWORD",
        r"[iI](?i:dentified by) [\"'](?P<value>[^\"'\s\x00]{4,128})[\"']",
        ("dentified by", "DENTIFIED BY"),
        0.85,
        given,
    ),
    _secret(
        "PASSWORD",
        r"echo (?:-n )?[\"']?(?P<value>[^\s\"'$|\x00]{4,128})[\"']?\s?\|\s?"
        r"(?:sudo (?:-[A-Za-z]{1,4} ){0,3}-S|[^\n|\x00]{0,120}--password-stdin)",
        ("echo ",),
        0.85,
        given,
    ),
    _secret(
        "PASSWORD",
        r"(?:assphrase[\"']?\s?[:=]\s?[\"'](?P<value>[a-z]{2,12}(?: [a-z]{2,12}){3,23})(?=[\"']))",
        ("assphrase",),
        0.8,
    ),
    _secret(
        "PASSWORD",
        r"(?:seed|mnemonic|recovery|SEED|Seed|Mnemonic|Recovery|MNEMONIC)"
        r"(?: ?(?i:phrase|words?))?[\"']?(?: is)?\s?[:= ]\s?[\"']?"
        r"(?P<value>[a-z]{3,8}(?: [a-z]{3,8}){11,23})(?![a-z ,.]{2})",
        ("seed", "nemonic", "ecovery", "SEED", "Seed", "MNEMONIC"),
        0.8,
        phrase,
    ),
    *(_command(*one) for one in COMMANDS),
    _named("API_KEY", assigned.keys, KEY_HINTS),
    _named("PASSWORD", assigned.passwords, PASSWORD_HINTS),
)
