"""The detector as its users see it.

    private = PrivacyFilter(custom_patterns={"EMPLOYEE": r"E-[0-9]{6}"})
    private.filter("I am E-123456")     ("I am [REDACTED_EMPLOYEE]", [Finding(...)])

Only `scan` gives values away, to its caller; everything else speaks of types and places.
"""

from collections.abc import Mapping, Sequence
from copy import copy

from kagura_nb.privacy.custom import Pattern, recognizers
from kagura_nb.privacy.engine import Engine
from kagura_nb.privacy.extras import rows as extra_rows
from kagura_nb.privacy.policies import clean, labelled
from kagura_nb.privacy.table import TABLE
from kagura_nb.records import Conversation, Finding


class PrivacyFilter:
    """Finds personal data and secrets, and takes them out.

    Args:
        detect_pii: False looks for secrets and custom patterns only.
        anonymize: whether `filter` replaces what it finds or drops the text.
        custom_patterns: name to a regular expression or a callable that yields (start, end).
        urls: whether every web address counts.
        dates: whether dates count.
        private_ips: whether private, local and documentation addresses count.
        extras: optional models that look for more, see `EXTRAS`.

    Raises:
        SettingsError: a custom pattern that is invalid or too slow, and why; an unknown extra.
        MissingExtra: an extra that is not installed.
    """

    def __init__(
        self,
        detect_pii: bool = True,
        anonymize: bool = True,
        custom_patterns: Mapping[str, Pattern] | None = None,
        *,
        urls: bool = False,
        dates: bool = False,
        private_ips: bool = False,
        extras: Sequence[str] = (),
    ) -> None:
        self.anonymize = anonymize
        on = {"": True, "urls": urls, "dates": dates, "private_ips": private_ips}
        rows = [row for row in TABLE if row.secret or (detect_pii and on[row.switch])]
        more = [row for extra in extras for row in extra_rows(extra)]
        self._rows = (*recognizers(custom_patterns or {}), *rows, *more)
        self._engine = Engine(self._rows)

    def joined(self, other: "PrivacyFilter") -> "PrivacyFilter":
        """A filter that finds what either finds; the other's names go before its own."""
        both = copy(self)
        both._rows = tuple(dict.fromkeys((*other._rows, *self._rows)))
        both._engine = Engine(both._rows)
        return both

    def findings(self, text: str) -> list[Finding]:
        """What is in a text, in order, without overlaps; the offsets are those of the text."""
        return self._engine.find(text)

    def scan(self, text: str) -> dict[str, list[str]]:
        """The values in a text by type, each once, in order."""
        found: dict[str, list[str]] = {}
        for one in self.findings(text):
            values = found.setdefault(one.type, [])
            if (value := text[one.start : one.end]) not in values:
                values.append(value)
        return found

    def filter(self, text: str) -> tuple[str | None, list[Finding]]:
        """The text without what was found in it, and what that was.

        Returns:
            The text with `[REDACTED_TYPE]` for every finding, itself clean; None instead where
            something was found and `anonymize` is off. The findings in the original text.
        """
        masked, (found, *_) = clean(text, self.findings, labelled)
        return (masked if self.anonymize or not found else None), list(found)

    def is_safe(self, conversation: Conversation | str) -> bool:
        """Whether nothing is found in any text of a conversation."""
        texts = [conversation] if isinstance(conversation, str) else conversation.texts
        return not any(map(self.findings, texts))
