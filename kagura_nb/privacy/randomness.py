"""Whether a value was drawn at random, as keys are, or put together from words, as names are.

    q7Rk2VxT9mLp    many short runs of letters and digits, pairs of letters that no word has: a key
    Qwen2Tokenizer  long runs, pairs as words have them: a name

What stands for a value (`$TOKEN`, `<your-key>`, `xxxx`, `%s`) is none.
"""

import re
from collections import Counter
from math import log2

PAIRS = frozenset(
    re.findall(
        "..",
        "abacadagaialamanaparasatbablbucacechcickclcocrctdadedidoeaecedeeefelemeneperesetexfafefffi"
        "fogehahehihoiaicidieigiliminioirisitkelaldlelillloltlymamemimompnancndnengninonsntocodolom"
        "onoooporosotouowpapepiplpoppprptpyqurardrerirmrorrrsrtscseshsisospssstsutatctethtitltotrts"
        "tttutyulunupurusutvavewixtypzz",
    )
)
"""The most frequent pairs of letters: four of five in words, one of five in random letters."""
WORD_PAIRS = 0.5
"""Share of such pairs from which letters are words."""
KEY_RUN, WORD_RUN = 2.2, 4.0
"""Mean length of the runs up to which a value is a key, and from which it is made of words."""
SHORTEST = 12
"""Characters of a key."""
LEAST_ENTROPY = 2.75
"""Bits a character."""
RUN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
HEXADECIMAL = re.compile(r"[0-9a-f-]{16,}|[0-9A-F-]{16,}")
VERSION = re.compile(r"[vV]?[0-9]{1,4}(?:[.-][0-9]{1,2}){1,3}(?:[.T_+-].*)?")
"""Also a date."""
REFERENCE = re.compile(
    r"\$(?:[A-Z_][A-Z0-9_]*|[a-z_][a-z_]*|[0-9@*#?])\b\W?|\$[({].*|%[A-Z_]+%"
    r"|%(?:\([a-z_0-9]*\)?)?[a-z]?|%[0-9.]*[sdr]\S*"
    r"|<[\w .:/|@-]*>?|\{\{?[\w .:()!\[\]'-]*\}{1,2}|\{\{?[A-Za-z_][\w.]*"
    r"|(?i:process\.|os\.|env[.(\[]|secrets?\.|vault:).*"
    r"|(?i:null|none|nil|true|false|undefined)\b.*"
)
SAMPLE = re.compile(
    r"(?i:your|change_?me|placeholder|redacted|insert|replace|dummy|fill[_-]?in|x{4}|\*{3}|\.{3}|…)"
    r"|EXAMPLE|(.)\1{5}"
)


def entropy(value: str) -> float:
    """Bits of a character, by the frequencies in the value itself (Shannon)."""
    size = len(value)
    return -sum(count / size * log2(count / size) for count in Counter(value).values())


def varied(value: str) -> bool:
    """Not a few letters over and over."""
    return entropy(value) >= LEAST_ENTROPY


def wordy(value: str) -> bool:
    """Put together from words, a version or a date among them."""
    if HEXADECIMAL.fullmatch(value):
        return False
    runs = RUN.findall(value)
    pairs = [a + b for run in runs for a, b in zip(run.lower(), run[1:].lower(), strict=False)]
    letters = [pair for pair in pairs if pair.isalpha()]
    mean = sum(map(len, runs)) / max(1, len(runs))
    share = sum(pair in PAIRS for pair in letters) / max(1, len(letters))
    if len(letters) < 4:
        return mean >= WORD_RUN
    return (share >= WORD_PAIRS and mean >= KEY_RUN) or (share >= 0.4 and mean >= WORD_RUN)


def stands_in(value: str) -> bool:
    """A reference to a value, or a sample of one."""
    return bool(REFERENCE.fullmatch(value) or SAMPLE.search(value))


def mixed(value: str) -> bool:
    """Letters and digits, or letters large and small throughout."""
    letters = sum(map(str.isalpha, value))
    if any(map(str.isdigit, value)):
        return letters >= 2
    return letters >= 12 and len(RUN.findall(value)) >= letters / 2.5


def key_like(value: str) -> bool:
    """As varied and as mixed as a key, and neither words nor something in a key's place."""
    if len(value) < SHORTEST or not (mixed(value) and varied(value)) or VERSION.fullmatch(value):
        return False
    return not wordy(value) and not stands_in(value)
