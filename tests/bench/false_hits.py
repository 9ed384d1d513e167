"""What is found where nothing private is: in the standard library and in installed packages.

Hits count per 100,000 characters, over all types together and for each. Almost all that is found
in published files is found wrongly, so that the figure is an upper bound of the false hits. What is
found rightly beyond doubt is not counted: e-mail addresses, which are their authors' or examples,
and what packages say about the very numbers that they are for (`SUBJECTS`).

    python -m tests.bench.false_hits              the table, and the worst offenders
    python -m tests.bench.false_hits API_KEY      the offenders of some types only
"""

import re
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zlib import crc32

from kagura_nb import PrivacyFilter
from kagura_nb.privacy.table import SECRETS
from tests.bench.table import Row, show

LIBRARY = Path(sysconfig.get_path("stdlib"))
PACKAGES = Path(sysconfig.get_path("purelib"))
CHARACTERS = 8_000_000
"""Of a corpus; files are taken in an order that their names decide, the same in every run."""
LONGEST = 400_000
"""Characters of a file; longer ones are data."""
BEFORE = 40
RIGHT = re.compile(r"([^\s@<>\"]+|\"[^\"]+\")(@|%40)([\w-]+(\.[\w-]+)+|\[[\d.]+\])")
"""An e-mail address, quoted mailboxes and those inside web addresses included."""
SUBJECTS = ("phonenumbers", "stdnum", "python_stdnum")
"""Packages of telephone and identity numbers, full of true ones."""
CORPORA = {"the standard library": 0.3, "packages' source": 0.3, "packages' READMEs": 1.0}
"""Hits of all types promised at most per 100,000 characters."""
CLEAN = 99
"""Percent of the standard library's files in which no secret is found."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One finding, its value masked.

    Args:
        type: of the finding.
        place: file and line.
        excerpt: what stands before it, and the value's first and last characters.
    """

    type: str
    place: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Count:
    """What a corpus holds and what was found in it."""

    characters: int
    files: int
    with_secrets: int
    hits: tuple[Hit, ...]

    def rate(self, size: int) -> float:
        """So many hits per 100,000 characters."""
        return 100_000 * size / max(1, self.characters)


def library() -> list[Path]:
    """The standard library's source, without what is installed into it."""
    return [one for one in LIBRARY.rglob("*.py") if "site-packages" not in one.parts]


def sources() -> list[Path]:
    """Source files of the installed packages."""
    return list(PACKAGES.rglob("*.py"))


def readmes() -> list[Path]:
    """Metadata of the installed packages; their READMEs are its bodies."""
    return list(PACKAGES.glob("*.dist-info/METADATA"))


def masked(value: str) -> str:
    """Enough of a value to see what it is not."""
    return f"{value[:4]}…{len(value)}…{value[-3:]}" if len(value) > 7 else value[:4] + "…"


def texts(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Files that can be read, in an order that looks random and is not."""
    for path in sorted(paths, key=lambda one: (crc32(one.name.encode()), one)):
        text = path.read_text("utf-8", errors="replace")
        if path.name == "METADATA":
            text = text.partition("\n\n")[2]
        if len(text) <= LONGEST:
            yield path, text


def hits(private: PrivacyFilter, path: Path, text: str) -> Iterator[Hit]:
    """The findings in one file that are likely false."""
    name = path.relative_to(path.parents[min(3, len(path.parents) - 1)])
    for one in private.findings(text):
        value = text[one.start : one.end]
        if one.type != "EMAIL" or not RIGHT.fullmatch(value):
            line = text.count("\n", 0, one.start) + 1
            before = text[max(0, one.start - BEFORE) : one.start]
            yield Hit(one.type, f"{name}:{line}", f"{before!r} {masked(value)}")


def count(paths: Iterable[Path], characters: int = CHARACTERS) -> Count:
    """Read files until there are so many characters."""
    private, read, found, files, with_secrets = PrivacyFilter(), 0, list[Hit](), 0, 0
    for path, text in texts(paths):
        if any(part.startswith(SUBJECTS) for part in path.parts):
            continue
        new = list(hits(private, path, text))
        with_secrets += any(one.type in SECRETS for one in new)
        read, files, found = read + len(text), files + 1, found + new
        if read >= characters:
            break
    return Count(read, files, with_secrets, tuple(found))


@cache
def counts() -> dict[str, Count]:
    """Each corpus."""
    return dict(zip(CORPORA, map(count, (library(), sources(), readmes())), strict=True))


def rows() -> Iterator[Row]:
    """One line for each corpus, and how many of the library's files are free of secrets."""
    for (name, one), most in zip(counts().items(), CORPORA.values(), strict=True):
        types = Counter(hit.type for hit in one.hits).most_common()
        note = ", ".join(f"{type} {one.rate(number):.2f}" for type, number in types)
        what = f"hits per 100,000 characters of {name}"
        yield Row(what, one.rate(len(one.hits)), at_most=most, note=note)
    one = counts()["the standard library"]
    clean = 100 * (1 - one.with_secrets / one.files)
    note = f"{one.with_secrets} of {one.files} files with one"
    yield Row("files of the standard library without a secret", clean, "%", None, CLEAN, note)


def offenders(types: Iterable[str]) -> Iterator[str]:
    """Hits of these types, or of all, in each corpus."""
    wanted = set(types)
    for name, one in counts().items():
        for hit in one.hits:
            if not wanted or hit.type in wanted:
                yield f"{name}: {hit.type} {hit.place} {hit.excerpt}"


if __name__ == "__main__":
    print("\n".join(offenders(sys.argv[1:])))
    show(rows())
