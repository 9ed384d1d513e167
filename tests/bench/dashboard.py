"""What the dashboard of many conversations takes: the first time, and when it is refreshed."""

from collections.abc import Iterator

from tests.bench.datasets import BEGIN, stored
from tests.bench.imports import python
from tests.bench.table import Row, show

LARGE = 100_000
LOOK = f"""{BEGIN}
from kagura_nb.notebook.dashboard.page import cards, page
def look():
    return page(assistant, cards(assistant))
print(timed(look)[0], min(timed(look)[0] for _ in range(3)))
print(min(timed(lambda: cards(assistant, ["jobs"]))[0] for _ in range(3)))
"""


def rows() -> Iterator[Row]:
    """The whole page, and what is read while a training runs."""
    with stored(LARGE) as home:
        first, again, jobs = map(float, python(LOOK, KAGURA_HOME=home).split())
    of = f"{LARGE:,} conversations"
    yield Row("first dashboard of a kernel", first, "s", note=f"{of}, imports included")
    yield Row("dashboard, refreshed", again, "s", at_most=1, note=of)
    yield Row("trainings alone", 1000 * jobs, "ms", at_most=50, note="every 1.5 s while one runs")


if __name__ == "__main__":
    show(rows())
