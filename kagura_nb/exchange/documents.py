"""Documents that an assistant writes beside the chat: ChatGPT's canvas, Claude's artifacts.

    create     a text           ──►  stands in the reply
    update     what changes     ──►  the whole document as it is then

Changes that a pattern describes are followed where it means everything or a plain text: no pattern
from a file is run. Of others the new words are kept, and that they were not put in place is told.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kagura_nb.exchange.skips import EDITS, TOOLS, Skip

Json = Mapping[str, Any]
EVERYTHING = {".*", "^.*$", "(?s).*", "(?s)^.*$", "[\\s\\S]*", ".+"}
PLAIN = re.compile(r"(?:[^\\.^$*+?{}\[\]|()]|\\[^\w])+", re.DOTALL)
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
TICKS = re.compile(r"`{3,}")


class Documents:
    """The documents of a dialogue as they are so far."""

    def __init__(self) -> None:
        self._held: dict[str, str] = {}

    def canvas(self, call: str, raw: str) -> Iterator[str | Skip]:
        """What a call of ChatGPT's canvas puts into the reply.

        Args:
            call: for example `canmore.create_textdoc`.
            raw: its JSON.
        """
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, Mapping):
            yield EDITS
        elif call.endswith("create_textdoc") and isinstance(value.get("content"), str):
            self._held[""] = value["content"]
            kind = str(value.get("type") or "").partition("/")
            yield _fenced(value["content"], kind[2] if kind[0] == "code" else "")
        elif call.endswith("update_textdoc") and isinstance(value.get("updates"), list):
            yield from self._updated(value["updates"])
        else:
            yield TOOLS

    def artifact(self, value: Json) -> Iterator[str | Skip]:
        """What a call of Claude's artifacts puts into the reply.

        Args:
            value: what it was called with.
        """
        name, language = str(value.get("id") or ""), str(value.get("language") or "")
        content, old, new = (value.get(key) for key in ("content", "old_str", "new_str"))
        if isinstance(content, str) and content:
            self._held[name] = content
        elif isinstance(old, str) and isinstance(new, str) and old in self._held.get(name, ""):
            self._held[name] = self._held[name].replace(old, new, 1)
        else:
            yield EDITS
            if isinstance(new, str):
                yield new
            return
        yield _fenced(self._held[name], language)

    def _updated(self, updates: list[Any]) -> Iterator[str | Skip]:
        text, lost = self._held.get("", ""), list[str]()
        for one in updates:
            pattern, new = one.get("pattern"), one.get("replacement")
            if not isinstance(pattern, str) or not isinstance(new, str):
                yield EDITS
            elif pattern in EVERYTHING:
                text = new
            elif PLAIN.fullmatch(pattern) and (old := ESCAPED.sub(r"\1", pattern)) in text:
                text = text.replace(old, new, -1 if one.get("multiple") else 1)
            else:
                lost.append(new)
                yield EDITS
        self._held[""] = text
        yield from (one for one in (text, *lost) if one)


def _fenced(text: str, language: str) -> str:
    """Code between ticks, more of them than it has itself."""
    if not language:
        return text
    ticks = max(("`" * 2, *TICKS.findall(text)), key=len) + "`"
    return f"{ticks}{language}\n{text}\n{ticks}"
