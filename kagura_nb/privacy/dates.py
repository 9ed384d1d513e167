"""Dates, behind a switch: most of them are nobody's."""

from kagura_nb.privacy.recognizer import Recognizer

MONTHS = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"
    r"Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
MONTH_LITERALS = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip
DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"
NTH = rf"{DAY}(?:st|nd|rd|th)?"
YEAR = "(?:1[89]|2[01])[0-9]{2}"
CLOCK = r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
TIME = rf"(?:[T ]{CLOCK}(?:Z|[+-][0-9]{{2}}:?[0-9]{{2}})?)?"
FRONT = r"(?<![0-9A-Za-z_])(?<![0-9][-./])"
EDGE = r"(?<![0-9A-Za-z_].)(?<![0-9][-./].)"
YEAR_FIRST = rf"[12]{EDGE}(?:(?<=1)[89]|(?<=2)[01])[0-9]{{2}}"
DAY_FIRST = rf"[0-9]{EDGE}(?:(?<=0)[1-9]|(?<=[12])[0-9]?|(?<=3)[01]?|(?<=[4-9]))"
END = r"(?![0-9A-Za-z_]|[-./][0-9])"


def _date(form: str, literals: tuple[str, ...] = ()) -> Recognizer:
    return Recognizer("DATE", form, 0.7, literals=literals, digits=2, switch="dates")


ROWS = (
    _date(rf"{YEAR_FIRST}([-./])(?:0?[1-9]|1[0-2])\1{DAY}{TIME}{END}"),
    _date(rf"{DAY_FIRST}([-./]){DAY}\1(?:{YEAR}|[0-9]{{2}}){TIME}{END}"),
    _date(rf"{FRONT}(?:{NTH} )?{MONTHS}\.? (?:{NTH},? )?{YEAR}{END}", MONTH_LITERALS),
    _date(
        r"(?:(?:明治|大正|昭和|平成|令和)(?:元|[0-9]{1,2})年|[0-9]{4}年)"
        r" ?[0-9]{1,2}月(?: ?[0-9]{1,2}日)?",
        ("年",),
    ),
)
