"""The chat panel in a real JupyterLab: what a person waits for, and what travels.

All times are taken in the page; a rating counts from the click until another process can read it.
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from lab import Lab, LabNotebook, chromium, start_browser, start_lab
from playwright.sync_api import Page, WebSocket
from servers.openai_vendor import OpenAIServer

from kagura_nb import ConversationCollector
from kagura_nb.settings import Settings
from tests.bench.table import Row, show

TURNS = 500
KEYS = 40
CLICKS = 20
OPENINGS = 5
PROMISED = {"paint": 300, "key": 50, "bytes": 0.1, "star": 200}
SETUP = """%load_ext kagura_nb
%config KaguraMagics.user = "bench"
%config KaguraMagics.model = "openai:gpt-6.1-terra"
%env OPENAI_BASE_URL={url}
%env OPENAI_API_KEY=none"""
REPLY = (
    "The **{n}th** answer has a list, some `code` and a sentence that is long enough to be one.\n\n"
    "- first\n- second\n\n```python\nfor n in range({n}):\n    print(n)\n```\n"
)
LONG = "".join(
    f"Paragraph {n} says **something** about the number {n}, at some length and in words.\n\n"
    f"- first point of {n}\n- second point of {n}\n\n```python\nprint({n})\n```\n\n"
    for n in range(110)
)[:16_000]
# From the end of the cell, which is when its number stands before it, to the first turn on screen.
PAINT = """() => new Promise((done) => {
  const cell = document.querySelectorAll(".jp-Notebook .jp-Cell")[1];
  let ended;
  const look = () => {
    const prompt = cell.querySelector(".jp-InputArea-prompt").textContent;
    if (ended === undefined && /\\d/.test(prompt)) ended = performance.now();
    if (ended !== undefined && cell.querySelector(".kagura-turn")) done(performance.now() - ended);
    else requestAnimationFrame(look);
  };
  look();
})"""
# From the key to the end of the frame that shows it.
KEY = """async (text) => {
  const area = document.querySelector(".kagura-ask");
  area.focus();
  const start = performance.now();
  document.execCommand("insertText", false, text);
  await new Promise((next) => requestAnimationFrame(() => setTimeout(next, 0)));
  return performance.now() - start;
}"""
STAR = """(value) => {
  const turns = document.querySelectorAll(".kagura-turn");
  turns[turns.length - 1].querySelectorAll(".kagura-star input")[value - 1].click();
}"""


class Wire:
    """Counts what the server sends to the page."""

    def __init__(self, page: Page) -> None:
        self.bytes = 0
        page.on("websocket", self._watch)

    def _watch(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._count)

    def _count(self, frame: Any) -> None:
        self.bytes += len(frame.encode() if isinstance(frame, str) else frame)


def open_notebook(page: Page, lab: Lab, vendor: OpenAIServer) -> LabNotebook:
    lab.write("panel.ipynb", SETUP.format(url=vendor.base_url), "%kagura chat bench")
    notebook = LabNotebook(page, lab, "panel.ipynb")
    notebook.wait_for_kernel()
    notebook.run(0)
    return notebook


def paint(notebook: LabNotebook) -> float:
    """Milliseconds from the end of the cell to the first turn."""
    notebook.cell(1).locator(".jp-InputArea-prompt").click()
    notebook.page.keyboard.press("Escape")
    notebook.page.evaluate(
        "() => document.querySelectorAll('.jp-Notebook .jp-Cell')[1]"
        ".querySelector('.jp-InputArea-prompt').textContent = ''"
    )
    notebook.page.keyboard.press("Control+Enter")
    notebook.page.wait_for_timeout(20)
    return float(notebook.page.evaluate(PAINT))


def load_all(notebook: LabNotebook) -> None:
    turns = notebook.page.locator(".kagura-turn")
    while turns.count() < TURNS:
        notebook.page.get_by_role("button", name="Earlier").click()
        notebook.page.wait_for_timeout(300)


def star(page: Page, store: ConversationCollector, value: int) -> float:
    """Milliseconds from a click until the stars can be read from the disk."""
    begun = time.perf_counter()
    page.evaluate(STAR, value)
    while store.get("last").rating != value:
        time.sleep(0.002)
    return 1000 * (time.perf_counter() - begun)


def long_reply(notebook: LabNotebook, vendor: OpenAIServer, wire: Wire) -> float:
    """Megabytes that the page receives for a reply of 16 kB in 2,000 pieces."""
    vendor.pieces = 2_000
    vendor.reply(LONG)
    page = notebook.page
    before = wire.bytes
    page.locator(".kagura-ask").fill("Write much")
    page.locator(".kagura-ask").press("Enter")
    page.locator(".kagura-turn").nth(TURNS).locator(".kagura-star").last.wait_for(timeout=120_000)
    page.wait_for_timeout(500)
    return (wire.bytes - before) / 1e6


def measure(executable: str) -> dict[str, list[float]]:
    """Every figure, by name."""
    with (
        tempfile.TemporaryDirectory() as folder,
        OpenAIServer() as vendor,
        start_browser(executable) as browser,
        start_lab(Path(folder)) as lab,
    ):
        store = ConversationCollector("bench", Settings.load(home=lab.home))
        for n in range(TURNS):
            store.collect(f"Question {n}?", REPLY.format(n=n), "none", session="bench")
        page = browser.new_page()
        wire = Wire(page)
        notebook = open_notebook(page, lab, vendor)
        paints = [paint(notebook) for _ in range(OPENINGS)]
        load_all(notebook)
        keys = [float(page.evaluate(KEY, "k")) for _ in range(KEYS)]
        page.locator(".kagura-ask").fill("")
        stars = [star(page, store, n % 5 + 1) for n in range(CLICKS)]
        return {
            "paint": paints,
            "key": keys,
            "star": stars,
            "bytes": [long_reply(notebook, vendor, wire)],
        }


def rows() -> list[Row]:
    """A line for each promise, or none without Chromium."""
    executable = chromium()
    if executable is None:
        return []
    found = measure(executable)
    paint, key, star = (found[name] for name in ("paint", "key", "star"))
    return [
        Row("end of the cell to the first turn, worst", max(paint), "ms", PROMISED["paint"],
            note=f"p50 {statistics.median(paint):.0f} ms of {len(paint)}; the first one is cold"),
        Row(f"key to screen with {TURNS} turns, worst", max(key), "ms", PROMISED["key"],
            note=f"p50 {statistics.median(key):.0f} ms of {len(key)}"),
        Row("star to disk, worst", max(star), "ms", PROMISED["star"],
            note=f"p50 {statistics.median(star):.0f} ms of {len(star)}"),
        Row("16 kB in 2,000 pieces, over the websocket", found["bytes"][0], "MB", PROMISED["bytes"],
            note="every frame that the page receives, also the list of sessions at the end"),
    ]  # fmt: skip


if __name__ == "__main__":
    show(rows())
