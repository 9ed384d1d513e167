"""What the privacy engine costs: its import, beside Presidio's, at worst, over a whole store."""

import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from kagura_nb import ConversationCollector, PrivacyFilter, Settings
from tests.bench.imports import beyond, python
from tests.bench.stores import PROMPT_WORDS, REPLY_WORDS, Speech, fill
from tests.bench.table import Row, show

PRESIDIO = str(Path(__file__).with_name("presidio_adapter.py"))
TEXTS = 400
PASSES = 5
"""The fastest counts, on a machine that does other things as well."""
LONG = 20_000
SMALL, LARGE = 10_000, 100_000
VALUED = 4
"""One prompt in so many holds a value."""
DIGIT = re.compile("#")
ENGLISH = (
    "Write to jane.roe##@example.org or call +1 415 555 ####, thank you.",
    "My card 4111 1111 1111 1111 expires in May; the IBAN is GB82 WEST 1234 5698 7654 32.",
    "SSN 219-09-####, the server is 8.8.#.8 and the page https://example.org/a?b=####.",
    "Could you explain how a hash table grows, and why chapter ## says it takes so long?",
    "The build of version 3.##.1 failed in line ###; what does that mean for the release?",
)
JAPANESE = (
    "お問い合わせは０９０ー####ー####または hanako##@example.co.jp までお願いします。",
    "〒150-####、東京都渋谷区神宮前#-#-#の佐藤様あてに送ってください。",
    "ハッシュ表の大きさを変えるときに時間がかかるのはなぜですか。第##章を参考にしてください。",
    "昨日の会議では来年度の計画と予算について話し合い、次回までに資料をまとめることになりました。",
)
HOSTILE = (
    "1", "1-", "1 ", "1.", "12 ", "##", "# ", "#-", "a@", "@", "a.a@a.", "a(at)", "a at a dot ",
    "http://", "http://a:b@", "a1:", "::", "[", "((", "\"", "$", " ", "\n", "\u200b", "1\u200b",
    "eyJ", "eyJaaaaaaaaaa.", "sk-", "sk-a1", "password=", "token=", "-----BEGIN PRIVATE KEY-----",
    "[REDACTED_A]", "様", "田中", "東京都", "東京都港区1-", "Mr. A ", "1 Aa ", "2020-01-01 ",
    "+### ### #### #### ", "+1 650 253 #### ", "0### ### ### ", "0## #### #### ", "0#-####-#### ",
    "０９０ー####ー####　", "(0##) ###-#### ", "1-###-###-#### ", "######-#### ", "########A ",
    "4### #### #### #### ", "################ ", "GB## WEST #### #### ", "DE89 3704 ", "GB1 ",
    "###-##-#### ", "8.8.#.# ", "2001:####::#### ", "##:##:##:##:##:## ", "u####@ex##.com ",
    "call 0## ### #### ", "cpr ######-#### ", "電話0##-###-#### ", "〒###-#### ", "1#/##/20## ",
)  # fmt: skip
"""Repeated to `LONG` characters; # is any digit."""
SCAN = """
import re, time
from kagura_nb import ConversationCollector, PrivacyFilter
from kagura_nb.privacy.report import scan
begun = time.perf_counter()
report = scan(ConversationCollector().iterate(), PrivacyFilter())
seconds = time.perf_counter() - begun
peak = re.search(r"VmHWM:\\s+([0-9]+) kB", open("/proc/self/status").read())
print(seconds, int(peak[1]) / 1024, report.affected)
"""
"""Linux's `VmHWM`, since `ru_maxrss` of a child begins with what its parent had."""


def filled_in(form: str, dice: random.Random) -> str:
    """A form with any digit for every #."""
    return DIGIT.sub(lambda _: str(dice.randrange(10)), form)


def texts(count: int) -> list[str]:
    """English and Japanese, with values and without."""
    dice, speech = random.Random(1), Speech(seed=3).texts(count, PROMPT_WORDS)
    forms = cycle((*ENGLISH, *JAPANESE))
    return [f"{filled_in(form, dice)} {said}" for form, said in zip(forms, speech, strict=False)]


def seconds(private: PrivacyFilter, said: list[str], passes: int) -> float:
    """Processor time for all texts, the fewest of some passes."""
    taken = []
    for _ in range(passes):
        begun = time.process_time()
        for text in said:
            private.findings(text)
        taken.append(time.process_time() - begun)
    return min(taken)


def beside_presidio() -> Row:
    """Both over the same texts, in characters a second; Presidio's from a fresh environment."""
    said = texts(TEXTS)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        there = str(Path(folder, "bin", "python"))
        _run(sys.executable, "-m", "venv", folder)
        _run(there, "-m", "pip", "install", "--quiet", "presidio-analyzer")
        theirs = float(_run(there, PRESIDIO, given=json.dumps(said)))
    ours = seconds(PrivacyFilter(urls=True, dates=True), said, PASSES)
    size = sum(map(len, said)) / 1000
    note = f"{size / ours:,.0f} against {size / theirs:,.0f} thousand characters a second"
    return Row("throughput beside Presidio without a model", theirs / ours, "x", None, 8, note)


def slowest() -> Row:
    """The hostile text that takes longest, once everything is loaded."""
    private = PrivacyFilter(urls=True, dates=True, private_ips=True)
    dice = random.Random(1)
    taken = {}
    for form in HOSTILE:
        text = filled_in(form * (LONG // len(form) + 1), dice)[:LONG]
        taken[form] = 1000 * seconds(private, [text], PASSES)
    first, second = sorted(taken, key=lambda form: -taken[form])[:2]
    note = f"{first!r} over and over; then {second!r}, {taken[second]:.0f} ms"
    what = f"slowest of {len(HOSTILE)} hostile texts of {LONG:,} characters"
    return Row(what, taken[first], "ms", 100, note=note)


def store() -> Row:
    """A store scanned by a process of its own, and how its memory grows with the store."""
    _, small, _ = _scan(SMALL)
    taken, large, found = _scan(LARGE)
    note = f"{found:,.0f} with findings; peak {large:.0f} MB, {large - small:+.0f} to {SMALL:,}"
    return Row(f"a store of {LARGE:,} conversations scanned", taken, "s", 60, note=note)


def rows() -> Iterator[Row]:
    """One line for each."""
    imported = beyond("import kagura_nb.privacy", "")
    yield Row("import kagura_nb.privacy, beyond a bare interpreter", imported, "ms", 100)
    yield slowest()
    yield store()
    yield beside_presidio()


def _scan(size: int) -> tuple[float, float, float]:
    """Seconds, peak of memory in MB, conversations with a finding."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        full = ConversationCollector(settings=Settings(home=Path(folder)))
        fill(full, _prompts(size), Speech(seed=2).texts(size, REPLY_WORDS))
        full.database.close()
        taken, peak, found = map(float, python(SCAN, KAGURA_HOME=folder).split())
    return taken, peak, found


def _prompts(count: int) -> Iterator[str]:
    said = islice(cycle(texts(TEXTS)), count)
    speech = Speech(seed=1).texts(count, PROMPT_WORDS)
    for number, (valued, plain) in enumerate(zip(said, speech, strict=True)):
        yield plain if number % VALUED else valued


def _run(*command: str, given: str = "") -> str:
    return subprocess.run(command, input=given, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    show(rows())
