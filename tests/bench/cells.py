"""From a cell to the provider's request on the wire, and from the first token to the screen.

A real kernel runs `%%kagura` with memory, few-shot and masking on. The model is a server in this
process that passes for a remote one, so every time is taken here, by one clock:

    cell sent ──► kernel ──► request read by the server ··· first token sent ──► kernel ──► display
"""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from kernels import Kernel, start_kernel
from servers.loopback import Asked, Fault
from servers.openai_vendor import OpenAIServer

from tests.bench.stores import PROMPT_WORDS, Speech, filled
from tests.bench.table import Row, show

PROMISED = {10_000: 30, 100_000: 80}
"""Milliseconds to the wire, by conversations stored."""
TO_SCREEN = 50
CELLS = 50
THINKING = 0.05
"""Seconds before the model's first token."""
READING = 0.2
"""Seconds before the person's next cell."""
ADDRESS = "http://openai.example/v1"
SET_UP = """
import os
os.environ |= {environment}
%load_ext kagura_nb
"""
BACKGROUND = """
magics = get_ipython().magics_manager.registry["KaguraMagics"]
magics.workspace.assistant.memory.wait()
"""


class Vendor(OpenAIServer):
    """Notes when a request arrives and when its reply begins."""

    asked_at = 0.0
    spoke_at = 0.0

    def serve(self, handler: Any, asked: Asked, fault: Fault) -> None:
        """Answer one request."""
        self.asked_at = time.monotonic()
        super().serve(handler, asked, fault)

    def cut(self, text: str) -> list[str]:
        """A reply in pieces, after some thought."""
        self.pause(THINKING)
        self.spoke_at = time.monotonic()
        return super().cut(text)


@dataclass(frozen=True, slots=True)
class Times:
    """One cell, in milliseconds.

    Args:
        to_wire: from the cell's being sent to the kernel until the provider has the request.
        to_screen: from the first token's being sent until a client of the kernel has text to show.
    """

    to_wire: float
    to_screen: float


def ask(kernel: Kernel, vendor: Vendor, prompt: str) -> Times:
    """Run one cell."""
    time.sleep(READING)
    begun = time.monotonic()
    kernel.client.execute(f"%%kagura -m openai:gpt-4.1-mini\n{prompt}")
    kernel.until(lambda message: message["msg_type"] == "display_data")
    shown = time.monotonic()
    kernel.until(lambda message: message["content"].get("execution_state") == "idle")
    return Times(1000 * (vendor.asked_at - begun), 1000 * (shown - vendor.spoke_at))


def measure(size: int) -> tuple[Times, list[Times]]:
    """The first cell of a kernel, and later ones, with so many conversations stored."""
    prompts = Speech(seed=3).texts(CELLS + 1, PROMPT_WORDS)
    with Vendor() as vendor, start_kernel(filled(size).path) as kernel:
        reached = {"OPENAI_BASE_URL": ADDRESS, "HTTP_PROXY": vendor.url, "OPENAI_API_KEY": "none"}
        kernel.run(SET_UP.format(environment=reached))
        first = ask(kernel, vendor, next(prompts))
        kernel.run(BACKGROUND)
        return first, [ask(kernel, vendor, prompt) for prompt in prompts]


def rows() -> list[Row]:
    """Two lines for each size."""
    return [row for size in PROMISED for row in _rows(size, *measure(size))]


def _rows(size: int, first: Times, times: list[Times]) -> list[Row]:
    wire, late_wire = np.percentile([one.to_wire for one in times], [50, 95])
    screen, late_screen = np.percentile([one.to_screen for one in times], [50, 95])
    note = f"p95 {late_wire:.0f} ms; first cell of the kernel {first.to_wire / 1000:.1f} s"
    return [
        Row(f"cell to wire, {size:,} stored, p50", float(wire), "ms", PROMISED[size], note=note),
        Row(
            "first token to screen, p95", float(late_screen), "ms", 50, note=f"p50 {screen:.0f} ms"
        ),
    ]


if __name__ == "__main__":
    show(rows())
