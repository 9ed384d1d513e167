"""`{name}`, `{In[n]}`, `{Out[n]}` and `{Err[n]}` in a prompt; every other brace is text.

What is put in is never looked at again, so values may hold braces of their own.
"""

import re
from collections.abc import Mapping
from typing import Any

REFERENCE = re.compile(r"\{(?:(In|Out|Err)\[(\d{1,6})\]|([A-Za-z_]\w{0,99}))\}")


def interpolate(text: str, namespace: Mapping[str, Any], errors: Mapping[int, str]) -> str:
    """Put the notebook's values into a prompt.

    Args:
        text: the prompt; names that are not defined stay as they are.
        namespace: the notebook's variables, `In` and `Out` among them.
        errors: tracebacks by cell number.
    """

    def value(match: re.Match[str]) -> str:
        kind, number, name = match.groups()
        if name is not None:
            return str(namespace[name]) if name in namespace else match[0]
        cells = errors if kind == "Err" else namespace.get(kind, {})
        try:
            return str(cells[int(number)])
        except (KeyError, IndexError):
            return match[0]

    return REFERENCE.sub(value, text)
