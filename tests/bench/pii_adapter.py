"""The privacy filter for a benchmark of detectors.

`detect(text)` gives (start, end, type) of everything that is found, web addresses included;
`default(text)` as the filter stands without switches.
"""

from kagura_nb import PrivacyFilter

EVERY = PrivacyFilter(urls=True)
USUAL = PrivacyFilter()


def detect(text: str) -> list[tuple[int, int, str]]:
    """With web addresses."""
    return [(one.start, one.end, one.type) for one in EVERY.findings(text)]


def default(text: str) -> list[tuple[int, int, str]]:
    """Without."""
    return [(one.start, one.end, one.type) for one in USUAL.findings(text)]
