"""Values that a name says are secret: `DB_PASSWORD="…"`, `api_key: …`, `パスワードは…です`.

    a name's core → the rest of the name → what leads to the value → the value → is it one?

The core is a whole word of the name (`forward pass`, `tokenizer`, `mapping` and `design` have
none), the rest says nothing else about it (`token_count`, `password_file`), and the value is no
program's: no call, no reference, no word.
"""

import re
from collections.abc import Iterator

from kagura_nb.privacy.randomness import HEXADECIMAL, key_like, stands_in

Span = tuple[int, int]
PASSWORD = re.compile(
    r"[pPcCmMパ暗合](?:(?<=[pP])(?i:ass(?:w(?:or)?d|phrase|code|wort)?|wd?|sk)"
    r"|(?<=[pP])(?<![_-].)(?i:in(?: code)?)|(?<=[cC])ontraseña|(?<=[mM])ot de passe"
    r"|(?<=パ)ス(?:ワード|フレーズ|コード)|(?<=暗)証番号|(?<=合)言葉)"
)
KEY = re.compile(
    r"[kKtTsScCaAPキトシ秘鍵](?:(?<=[kK])(?i:ey)|(?<=[tT])(?i:oken)|(?<=[sS])(?i:ecret"
    r"|ess(?:ion)?[_-]?id)|(?<=[cC])(?i:redentials?|srf)|(?<=[aA])(?i:uth(?:orization)?)"
    r"|(?<=_P)AT|(?<=鍵)|(?<=キ)ー|(?<=ト)ークン|(?<=シ)ークレット|(?<=秘)密鍵)"
)
LEADING = re.compile(
    r"(?P<rest>[A-Za-z0-9_-]{0,24}+)(?P<marks>[\"'`*%;)\]]{0,6}+)"
    r"(?:\s?:\s?[A-Za-z][\w.\[\]| ]{0,40}(?=\s?=\s?[\"']))?"
    r"(?:,?\s{1,24}[\"']?(?:value|content)[\"']?\s?(?P<field>[:=])"
    r"|\s{0,4}(?P<sign>=>|->|→|⇒|[?+.:]=|::=|={1,3}|::?|\((?=[\"'])|,(?=\s?[\"'])|\||>"
    r"|は、?|が|(?=[「『])|(?<=[^ -~])(?:\(|を))"
    r"|\s(?:is|was|ist|est):?\s{1,2}|(?P<gap>[ \t]{1,2}))"
    r"[\s*|>%;\x00]{0,64}+(?:\[[A-Z0-9_]{1,40}\](?=\S))?"
    r"(?P<form>[bBrRfFuU]{1,2}(?=[\"']))?(?P<quote>[\"'`「『]{0,6}+)"
)
"""From a core to its value: `sign` leads surely, `gap` needs more, `field` is a mark of its own."""
SOFT = (None, ",", "(", "を")
"""Signs after which only letters mixed with digits or marks are a password."""
CLOSING = {"「": "」", "『": "』"}
QUOTED = {
    mark: re.compile(rf"[^{mark}\s\x00]{{4,512}}+(?=[{mark}]|\Z)")
    for mark in ('"', "'", "`", "」", "』")
}
TYPED = re.compile(
    r"[!-~](?:(?!</|[;,&|][A-Za-z_]{1,20}=|[\"'`])[!-~]){3,127}(?<![.,:;)\]}>|/&({\[<\\])"
)
"""A password without quotes."""
DRAWN = re.compile(r"[A-Za-z0-9+/](?:[A-Za-z0-9_.~+/%-]){11,511}+={0,2}(?![(\[:])")
"""A key without quotes, and no call."""
LONE = 24
"""Characters of a key that little but its form speaks for."""
PLAIN = re.compile(r"[A-Za-z0-9_-]+={0,2}")
FLAG = re.compile(
    r"(?i)(?:--[a-z-]{0,24}|(?:ENV|ARG|set|setx|setenv) [a-z0-9_]{0,24}|authorization: ?|require)\Z"
)
COMPOUND = (
    "api", "access", "auth", "client", "private", "secret", "user", "db", "my", "root", "admin",
    "mail", "smtp", "ftp", "ssh", "sql", "login", "bot", "store", "require", "x", "j", "php", "asp",
)  # fmt: skip
"""What is written in front of a core without a mark between, in small letters or large."""
OTHER = re.compile(
    r"(?i)(?:file|path|dir|folder|url|uri|host|port|field|length|len|size|min|max|type|kind|class|cls|policy"
    r"|hint|reset|prompt|name|names|count|limit|number|num|id|ids|idx|index|regex|pattern|strength|manager|callback"
    r"|handler|provider|store|ref|format|prefix|header|label|expir\w*|ttl|algo\w*|version|env|var|list"
    r"|map|error|message|status|state|date|time|at|usage|cost|budget|function|func|fn|config|help"
    r"|title|description|form|input|button|validator|required|rotation|cache|schema|model|dim|hash|alg"
    r"|range|space|pair|word|words|point|value_from|board|pad|down|up|press|bindings?|ring|err|event)s?\Z"
)
"""What follows a core in names of other things."""
OTHERS = re.compile(
    r"(?i)(?<![a-z])(?:cache|public|sort|primary|foreign|object|row|partition|dict|hash|lookup|idempotency|group"
    r"|forward|backward|first|second|third|next|previous|page|continuation|num|n|max|min|pad|eos|bos|unk|cls"
    r"|sep|mask|stop|special|per|total|completion|image|audio|video|end|start|two|one|render|single"
    r"|multi|compiler|optimi[sz]ation|low|high|band|all|hashed|encrypted|key)[_ -]?\Z"
)
"""What precedes a core in names of other things."""
KINDS = re.compile(
    r"(?i)(?:api|access|secret|private|auth|client|consumer|signing|encryption|account|master"
    r"|service|storage|subscription|shared|licen[sc]e|deploy|webhook|pass|admin|app|jwt|アクセス|認証|秘密|login\()"
    r"[_ .-]?\Z"
)
"""What makes a key a secret one."""
WORDS = re.compile(
    r"(?i)(?:my|the|a|an|some|bad|new|old|test|wrong|user|no|db|your|super|top)?[_-]?"
    r"(?:pass(?:w(?:or)?d|phrase|code|wort)?|pwd|secret|token|string|str|text|bytes|hidden|value|basic"
    r"|digest|plain|username|user|login|name|creds|credentials|required|optional|default|none|null|empty"
    r"|object|varchar\S*|integer|any|unset|foo|bar|blah)[_-]?(?:here|hash|field|input)?[0-9]{0,1}"
)
"""What is written in a password's place and is none."""
ABOUT = re.compile(r"(?i)[a-z_.:-]*(?:pass|pwd|secret|token|auth|login)[a-z_.:-]*")
MIXED = re.compile(r"(?=[^0-9!@#$%^&*?]*[0-9!@#$%^&*?])(?=[^A-Za-z]*[A-Za-z])[^:\\]{6,128}")
"""Letters, and digits or marks: what is a password even where nothing is assigned."""
CODE = re.compile(
    r"[\[({]{0,2}(?:\W?[\"'].*|[A-Za-z_][\w.]*[\[(].*|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+[\])},;]{0,3}|"
    r"[A-Za-z_]+=\S*|[a-z]+(?:_[a-z0-9]+)+|[A-Za-z_]+\W{0,3}|@\S*|[\w-]+\.(?:py|js|ts|md|txt|json|ya?ml))"
    r"|[A-Za-z]+://\S*|(?:/[\w.-]+){2,}/?|~/\S*|[A-Za-z]:\\\S*|-{1,2}[A-Za-z_][\w-]*"
)
"""An expression, a word, an address, a path, an option."""
NUMBER = re.compile(r"[<>=~^+-]{0,2}[0-9][0-9.,:/%-]{0,30}[A-Za-z%]{0,3}")
CODE_OF_DIGITS = re.compile(r"[0-9]{4,12}")
PIN = re.compile("pin(?:[ _-]?code)?")
SHORT = ("pass", "pw", "pwd", "psk")
CAMEL = re.compile(r"[A-Z][a-z]")


def whole(text: str, start: int, core: str, rest: str, free: bool) -> bool:
    """Whether a core is a word of its own in the name around it.

    Args:
        text: with the name in it.
        start: where the core begins.
        core: as it is written.
        rest: the rest of the name, after it.
        free: whether anything may be written in front of it.
    """
    same = core[-1:].islower() == rest[:1].islower() and rest[:1].isalpha() and core.isascii()
    if (same and rest.lower() not in ("key", "id")) or OTHER.search(rest):
        return False
    before = text[max(0, start - 20) : start]
    if not before[-1:].isascii() or not before[-1:].isalpha() or free:
        return not OTHERS.search(before)
    camel = before[-1].islower() and bool(CAMEL.match(core + rest))
    return camel or before.lower().endswith(COMPOUND)


def named(text: str, core: re.Pattern[str]) -> Iterator[tuple[re.Match[str], re.Match[str]]]:
    """Cores of names, with what leads from each to a value."""
    for name in core.finditer(text):
        leading = LEADING.match(text, name.end())
        if leading and _leads(text, name, leading):
            yield name, leading


def _leads(text: str, name: re.Match[str], leading: re.Match[str]) -> bool:
    sign, marks = leading["sign"], leading["marks"]
    if leading["gap"]:
        before = text[max(0, name.start() - 40) : name.start()]
        wide = not name[0].isascii() or name.re is KEY
        return bool(leading["quote"] or wide or FLAG.search(before))
    if ")" in marks and "\n" in leading[0]:
        return False
    return sign != "," or marks[-1:] in ("'", '"')


def value(text: str, leading: re.Match[str], bare: re.Pattern[str]) -> Span | None:
    """Where the value is: up to its closing quote, or as much as the pattern allows without one."""
    if mark := leading["quote"]:
        closing = CLOSING.get(mark[-1], mark[-1])
        found = QUOTED[closing].match(text, leading.end())
    else:
        found = bare.match(text, leading.end())
    if not found:
        return None
    said = found[0] if mark else found[0].rstrip(".")
    end = found.start() + len(said)
    closed = leading["sign"] != ">" or text.startswith("</", end)
    return (found.start(), end) if closed and len(said) >= 4 else None


def passwords(text: str) -> Iterator[Span]:
    """Values of names that are a password's."""
    for name, leading in named(text, PASSWORD):
        core, rest = name[0], leading["rest"]
        free = len(core) > 4 or not core.isascii()
        if whole(text, name.start(), core, rest, free) and (span := value(text, leading, TYPED)):
            said = text[slice(*span)]
            if _is_password(said, core.lower() + rest.lower(), leading):
                yield span


def _is_password(said: str, name: str, leading: re.Match[str]) -> bool:
    if stands_in(said) or WORDS.fullmatch(said) or ABOUT.fullmatch(said):
        return False
    digits = CODE_OF_DIGITS.fullmatch(said)
    if name.startswith(("pin", "暗")) and (digits or name.isascii()):
        return bool(digits and (PIN.fullmatch(name) or not name.isascii()))
    assigned = leading["sign"] not in SOFT or leading["field"]
    if name in SHORT and (not (assigned or name == "pw") or NUMBER.fullmatch(said)):
        return False
    if not assigned and (leading["quote"] or not name.isascii()):
        return bool(MIXED.fullmatch(said))
    if leading["quote"]:
        return "f" not in (leading["form"] or "").lower() or "{" not in said
    return bool(digits) or not (CODE.fullmatch(said) or NUMBER.fullmatch(said))


def is_mixed(said: str) -> bool:
    """A password even where nothing is assigned."""
    return bool(MIXED.fullmatch(said)) and not stands_in(said) and not ABOUT.fullmatch(said)


def keys(text: str) -> Iterator[Span]:
    """Values of names that are a key's, a token's or a session's."""
    for name, leading in named(text, KEY):
        core, rest = name[0], leading["rest"]
        if not whole(text, name.start(), core, rest, not core.isascii()):
            continue
        if span := value(text, leading, DRAWN):
            said = text[slice(*span)]
            if key_like(said) and _is_key(text, name, said, leading):
                yield span


def _is_key(text: str, name: re.Match[str], said: str, leading: re.Match[str]) -> bool:
    core = name[0].lower()
    before = text[max(0, name.start() - 16) : name.start()]
    if leading["gap"] and not (leading["quote"] or FLAG.search(before)) and len(said) < LONE:
        return False
    if core not in ("key", "キー", "鍵"):
        return "sess" not in core or said.count("-") != 4
    if KINDS.search(before):
        return True
    if leading["gap"] or len(said) < LONE or not PLAIN.fullmatch(said):
        return False
    return before[-1:] in ("_", "-") or not HEXADECIMAL.fullmatch(said)
