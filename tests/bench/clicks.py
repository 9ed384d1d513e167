"""From a click on a star to its status line, in a real JupyterLab: milliseconds in the page."""

import statistics
import tempfile
from pathlib import Path

from lab import LabNotebook, chromium, start_browser, start_lab

from tests.bench.table import Row, show

CELL = """
from kagura_nb.notebook.stars import Stars
def rate(rating, comment):
    with open("ratings", "a") as file:
        file.write(f"{rating}")
    return f"Saved {rating}."
display(Stars("01ABC", rate))
"""
CLICK = """async (value) => {
  const line = document.querySelector(".kagura-status");
  const start = performance.now();
  document.querySelectorAll(".kagura-star input")[value - 1].click();
  while (line.textContent !== `Saved ${value}.`) await new Promise((next) => setTimeout(next, 1));
  return performance.now() - start;
}"""
CLICKS = 50


def measure(executable: str) -> list[float]:
    """Milliseconds of each click, each on another star than the one before."""
    with (
        tempfile.TemporaryDirectory() as folder,
        start_browser(executable) as browser,
        start_lab(Path(folder)) as lab,
    ):
        lab.write("click.ipynb", CELL)
        notebook = LabNotebook(browser.new_page(), lab, "click.ipynb")
        notebook.wait_for_kernel()
        notebook.run(0)
        return [notebook.page.evaluate(CLICK, index % 5 + 1) for index in range(CLICKS)]


def rows() -> list[Row]:
    """One line, or none without Chromium."""
    executable = chromium()
    if executable is None:
        return []
    taken = measure(executable)
    note = f"worst {max(taken):.0f} ms of {CLICKS}"
    return [
        Row("click on a star to its status line, p50", statistics.median(taken), "ms", note=note)
    ]


if __name__ == "__main__":
    show(rows())
