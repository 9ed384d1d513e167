"""Text as words that can be looked up, in any language and without a dictionary.

    "Ｔｈｅ café's 京都タワー"  ─NFKC, lower case─▶  the café's 京都タワー
      Latin and the like:   the (stop word, dropped)   cafe   s (dropped)
      scripts without spaces:   京都 都タ タワ ワー   and each Han character alone: 京 都

Bigrams find words inside a run; single characters find 猫 in 黒猫. Stop words are dropped from what
is stored and from what is asked, so a prompt of greetings only asks for nothing.
"""

import re
import unicodedata
from itertools import chain, pairwise

from kagura_nb.memory.stopwords import STOP_BIGRAMS, STOP_WORDS

UNSPACED = (
    r"々〆\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af"
    r"\uac00-\ud7a3\u0e01-\u0e5b\u0e81-\u0edf\u1000-\u109f\u1780-\u17dd"
)
"""Japanese, Chinese, Korean, Thai, Lao, Burmese, Khmer."""

RUNS = re.compile(rf"[{UNSPACED}]+|[^\W_{UNSPACED}]+")
FIRST_UNSPACED = re.compile(rf"[{UNSPACED}]")
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af]")

LONGEST_WORD = 40
"""Characters; longer ones are identifiers or encoded data, cut here."""


def words(text: str) -> list[str]:
    """The text's words in their order, repeated ones included."""
    normal = unicodedata.normalize("NFKC", text).lower()
    return list(chain.from_iterable(map(_of_run, RUNS.findall(normal))))


def is_unspaced(word: str) -> bool:
    """Whether a word is a piece of a script that puts no spaces between words."""
    return FIRST_UNSPACED.match(word) is not None


def _of_run(run: str) -> list[str]:
    if is_unspaced(run):
        return _pieces(run)
    word = run if run.isascii() else _without_accents(run)
    return [] if word in STOP_WORDS or not word else [word[:LONGEST_WORD]]


def _pieces(run: str) -> list[str]:
    if run in STOP_WORDS:
        return []
    if len(run) == 1:
        return [run]
    bigrams = [a + b for a, b in pairwise(run)]
    return [one for one in bigrams if one not in STOP_BIGRAMS] + HAN.findall(run)


def _without_accents(word: str) -> str:
    parts = unicodedata.normalize("NFD", word)
    return "".join(one for one in parts if not unicodedata.combining(one))
