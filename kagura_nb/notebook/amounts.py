"""Amounts of money in Markdown: `$5 and $10` is no formula.

Notebooks take what stands between two dollar signs for TeX. A dollar sign before a digit is an
amount, and is escaped, unless another one closes it as TeX is closed (no space before it, no digit
behind it) and what is between reads as TeX: it has one of `\\ ^ _ {`, or no word.
"""

import re

_TOKEN = re.compile(
    r"(?P<code>(?P<run>`+)(?!`).*?(?<!`)(?P=run)(?!`)|```.*|^[ ]*~~~.*?(?:^[ ]*~~~|\Z)"
    r"|^(?:[ ]{4}|\t)(?![ \t]*(?:[-*+]|\d+[.)])[ \t])[^\n]*)"
    r"|(?P<escaped>\\.)"
    r"|(?P<formula>\$\$[^$]*\$\$|\$(?=[^\s$])(?P<tex>[^$\n]*)(?<![\s\\])\$(?!\d))"
    r"|\$(?=\d)",
    re.DOTALL | re.MULTILINE,
)
_TEX = re.compile(r"[\\^_{]")
_WORD = re.compile(r"[^\W\d_]{2}|[\u3040-\u30ff\u4e00-\u9fff]")


def escape_amounts(text: str) -> str:
    """Markdown whose amounts are shown as amounts; formulas and code are as they were."""
    return _TOKEN.sub(_escaped, text) if "$" in text else text


def _escaped(token: re.Match[str]) -> str:
    tex = token["tex"]
    if tex and tex[0].isdigit() and _WORD.search(tex) and not _TEX.search(tex):
        return f"\\${tex}\\$"
    return f"\\{token[0]}" if token[0] == "$" else token[0]
