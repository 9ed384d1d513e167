"""`{name}`, `{In[n]}`, `{Out[n]}` and `{Err[n]}` in a prompt; every other brace is text.

What is put in is never looked at again, so values may hold braces of their own.
"""

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NO_VALUES = (inspect.ismodule, inspect.isroutine, inspect.isclass)
Cells = Mapping[int, Any] | Sequence[Any]

REFERENCE = re.compile(r"\{(?:(In|Out|Err)\[(\d{1,6})\]|([A-Za-z_]\w{0,99}))\}")
ALONE = re.compile(rf"(?<![\w{{}}\\$^]){REFERENCE.pattern}(?![\w{{}}])", re.ASCII)
"""A reference that is not a part of code or of a formula, like `${HOME}`, `{a}{b}` or `x^{n}`."""
CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)|```.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Interpolated:
    """A prompt with the notebook's values in it.

    Args:
        text: the prompt.
        missing: what looked like a reference but has no value, once each, as it was written.
    """

    text: str
    missing: tuple[str, ...] = ()

    @property
    def notice(self) -> str:
        """A line for the user about what is missing; empty where nothing is."""
        return f"No value for {', '.join(self.missing)}: sent as it is." if self.missing else ""


def interpolate(
    text: str, namespace: Mapping[str, Any], cells: Mapping[str, Cells]
) -> Interpolated:
    """Put the notebook's values into a prompt.

    Args:
        text: the prompt; what has no value stays as it is.
        namespace: the notebook's variables; its modules, functions and classes are no values.
        cells: by cell number, what was typed (`In`), what it showed (`Out`), and the one line of
            its error (`Err`).
    """
    missing: set[str] = set()

    def value(match: re.Match[str]) -> str:
        kind, number, name = match.groups()
        try:
            return _variable(namespace, name) if name else str(cells[kind][int(number)])
        except LookupError:
            missing.add(match[0])
            return match[0]

    done = REFERENCE.sub(value, text)
    alone = (match[0] for match in ALONE.finditer(CODE.sub("`", text))) if missing else ()
    return Interpolated(done, tuple(one for one in dict.fromkeys(alone) if one in missing))


def _variable(namespace: Mapping[str, Any], name: str) -> str:
    value = namespace[name]
    if name in ("In", "Out") or any(is_no_value(value) for is_no_value in NO_VALUES):
        raise KeyError(name)
    return str(value)
