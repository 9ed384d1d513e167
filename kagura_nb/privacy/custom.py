"""A user's own patterns, tried before they are trusted.

A regular expression can take longer than a life on the wrong text. Nobody can tell by reading it,
so it runs on texts made to hurt it, in a process of its own that is stopped when its time is up.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping

from kagura_nb.errors import SettingsError
from kagura_nb.privacy.normal import FOLD
from kagura_nb.privacy.recognizer import Recognizer

Pattern = str | re.Pattern[str] | Callable[[str], Iterable[tuple[int, int]]]
"""A regular expression, or a callable from a text to the spans (start, end) of what it finds.

Both read the normalised text, see `normal`; an expression may be written in either form.
"""
WIDE = re.compile(r"\\.|[^\x00-\x7f]", re.DOTALL)
"""A character of a pattern that may stand for itself, escaped or not."""

NAME = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
PATIENCE = 3.0
"""Seconds for all trial texts together; a harmless pattern takes a few hundredths."""
TRIAL_LENGTH = 4000
TRIAL = f"""
import faulthandler, json, re, sys
faulthandler.dump_traceback_later({2 * PATIENCE}, exit=True)
pattern, flags, texts = json.load(sys.stdin)
pattern = re.compile(pattern, flags)
for text in texts:
    for match in pattern.finditer(text):
        pass
"""
"""It ends by itself too: who started it may have been killed."""


def recognizers(patterns: Mapping[str, Pattern]) -> list[Recognizer]:
    """Rows for a user's patterns.

    Args:
        patterns: name to pattern; the name in capitals becomes the type.

    Raises:
        SettingsError: a name or pattern that cannot be used, and why.
    """
    return [_recognizer(name, pattern) for name, pattern in patterns.items()]


def _recognizer(name: str, pattern: Pattern) -> Recognizer:
    type = re.sub(r"[\s-]", "_", name.strip()).upper()
    if not NAME.fullmatch(type):
        raise SettingsError(
            f"{name!r} cannot name a pattern",
            "Use up to 40 letters, digits and '_', a letter first",
        )
    if isinstance(pattern, str | re.Pattern):
        return Recognizer(type, _normal(_tried(name, pattern)), alone=1.0)
    return Recognizer(type, "", alone=1.0, finder=_guarded(name, pattern))


def _tried(name: str, pattern: str | re.Pattern[str]) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise SettingsError(
            f"The pattern {name!r} is no regular expression: {error}", "Correct it"
        ) from None
    if compiled.fullmatch(""):
        raise SettingsError(f"The pattern {name!r} matches nothing at all", "Demand a character")
    trial = json.dumps([compiled.pattern, compiled.flags, list(_hostile(compiled.pattern))])
    try:
        subprocess.run(
            [sys.executable, "-I", "-S", "-c", TRIAL],
            input=trial.encode(),
            timeout=PATIENCE,
            check=True,
            capture_output=True,
        )
    except subprocess.TimeoutExpired:
        raise SettingsError(
            f"The pattern {name!r} takes too long: more than {PATIENCE:.0f} s for "
            f"{TRIAL_LENGTH} characters",
            "Avoid repetitions inside repetitions, and bound them like {1,40}",
        ) from None
    return compiled


def _normal(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """The pattern with its own characters in the form that the text has when it is read."""

    def folded(match: re.Match[str]) -> str:
        one = match[0][-1]
        return match[0] if one.isascii() else re.escape(one.translate(FOLD))

    try:
        return re.compile(WIDE.sub(folded, pattern.pattern), pattern.flags)
    except re.error:  # a range whose ends are folded apart
        return pattern


def _hostile(pattern: str) -> Iterable[str]:
    """Long runs of what the pattern is about, and an end that spoils the match."""
    own = dict.fromkeys(one for one in pattern if one.isprintable() and one not in r"\()[]{}?*+|^$")
    atoms = ["a", "A", "0", " ", "a ", "0 ", "0-", "a@", "a.", "あ", *list(own)[:12]]
    atoms += [first + second for first in list(own)[:5] for second in list(own)[:5]]
    for atom in atoms:
        run = atom * (TRIAL_LENGTH // len(atom))
        yield run + "\n"
        yield run + "!\x01"


def _guarded(
    name: str, finder: Callable[[str], Iterable[tuple[int, int]]]
) -> Callable[[str], list[tuple[int, int]]]:
    def find(text: str) -> list[tuple[int, int]]:
        try:
            spans = [(int(start), int(end)) for start, end in finder(text)]
        except Exception as error:  # whatever a user's function does; its text may be personal
            raise SettingsError(
                f"The pattern {name!r} failed with {type(error).__name__}", "Correct its function"
            ) from None
        return [span for span in spans if 0 <= span[0] < span[1] <= len(text)]

    return find
