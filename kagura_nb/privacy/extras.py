"""Optional models as further rows of the table: names and places that no form gives away.

    presidio   names and places by a spaCy model, English           kagura-nb[presidio]
    ja-names   names by SudachiPy's dictionary, Japanese            kagura-nb[ja-names]

Nothing is downloaded: a package or model that is missing is named with the command that brings it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from itertools import groupby

from kagura_nb.errors import MissingExtra, SettingsError
from kagura_nb.privacy.recognizer import Recognizer

SPACY_MODELS = ("en_core_web_lg", "en_core_web_md", "en_core_web_sm")
PRESIDIO_TYPES = ("PERSON", "LOCATION")
JAPANESE = re.compile("[\u3041-\u30ff\u3400-\u9fff]")
PORTION = re.compile(r"[^\n]{1,8000}")
"""As much as SudachiPy takes at a time (49,149 bytes), by the line."""
CONFIDENCE = 0.58
"""Below every row that knows a form."""


def rows(name: str) -> tuple[Recognizer, ...]:
    """The rows that an extra adds.

    Args:
        name: a key of `EXTRAS`.

    Raises:
        SettingsError: no such extra.
        MissingExtra: its package or model is not installed.
    """
    if name not in EXTRAS:
        raise SettingsError(f"There is no extra {name!r}", f"Use one of {', '.join(EXTRAS)}")
    return EXTRAS[name]()


def _presidio() -> tuple[Recognizer, ...]:
    _need("presidio", "presidio_analyzer", "spacy")
    model = next((one for one in SPACY_MODELS if find_spec(one)), None)
    if model is None:
        raise MissingExtra(
            "The extra 'presidio' needs an English model of spaCy",
            f"Run `python -m spacy download {SPACY_MODELS[0]}`",
        )
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    models = [{"lang_code": "en", "model_name": model}]
    nlp = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
    analyzer = AnalyzerEngine(nlp_engine=nlp.create_engine(), supported_languages=["en"])

    def finder(type: str) -> Callable[[str], Iterable[tuple[int, int]]]:
        return lambda text: [
            (one.start, one.end) for one in analyzer.analyze(text, language="en", entities=[type])
        ]

    return tuple(Recognizer(type, "", CONFIDENCE, finder=finder(type)) for type in PRESIDIO_TYPES)


def _japanese_names() -> tuple[Recognizer, ...]:
    _need("ja-names", "sudachipy", "sudachidict_core")
    from sudachipy import Dictionary, SplitMode

    dictionary = Dictionary()

    def names(text: str) -> Iterator[tuple[int, int]]:
        if not JAPANESE.search(text):
            return
        tokenizer = dictionary.create(SplitMode.C)  # one a call: it is not safe across threads
        for portion in PORTION.finditer(text):
            words = tokenizer.tokenize(portion[0])
            for name, group in groupby(words, lambda one: one.part_of_speech()[2] == "人名"):
                run = list(group)
                if name and JAPANESE.search("".join(one.surface() for one in run)):
                    yield portion.start() + run[0].begin(), portion.start() + run[-1].end()

    return (Recognizer("PERSON", "", CONFIDENCE, finder=names),)


def _need(extra: str, *modules: str) -> None:
    if any(find_spec(one) is None for one in modules):
        raise MissingExtra(
            f"The extra {extra!r} is not installed", f"Run `pip install 'kagura-nb[{extra}]'`"
        )


EXTRAS: dict[str, Callable[[], tuple[Recognizer, ...]]] = {
    "presidio": _presidio,
    "ja-names": _japanese_names,
}
