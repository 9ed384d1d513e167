"""From a click on a star to its status line, in a real JupyterLab: milliseconds in the page.

python tests/bench/bench_click.py
"""

import statistics
import sys
import tempfile
from pathlib import Path

from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).parents[1]))

from lab import LabNotebook, chromium, start_browser, start_lab

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


def measure() -> list[float]:
    """Milliseconds of each click, each on another star than the one before."""
    executable = chromium()
    if executable is None:
        raise SystemExit("Chromium is not installed: install it from your distribution.")
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


def main() -> None:
    """Print median and worst."""
    taken = measure()
    row = [(CLICKS, statistics.median(taken), max(taken))]
    print(tabulate(row, ["clicks", "p50 ms", "worst ms"], floatfmt=".0f"))


if __name__ == "__main__":
    main()
