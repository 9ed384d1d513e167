"""What it costs to stream a 16 kB reply in 2,000 pieces: bytes that the kernel broadcasts.

python tests/bench/bench_traffic.py
"""

import sys
import tempfile
import time
from pathlib import Path

from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).parents[1]))

from kernels import Kernel, start_kernel

PIECE = "eight ch"
PIECES = 2_000
EVERY_PIECE = """
from IPython.display import Markdown, display
import time
text, handle = "", display(Markdown(""), display_id=True)
for _ in range({pieces}):
    text += {piece!r}
    handle.update(Markdown(text))
    time.sleep({pause})
"""
THROTTLED = """
from kagura_nb.notebook.streaming import StreamingMarkdown
import time
reply = StreamingMarkdown()
for _ in range({pieces}):
    reply.update({piece!r})
    time.sleep({pause})
reply.finish({{"model": "practice:model", "id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}})
"""
CASES = [
    ("every piece shown", EVERY_PIECE, 0.0),
    ("StreamingMarkdown, at once", THROTTLED, 0.0),
    ("StreamingMarkdown, 1,000 pieces/s", THROTTLED, 0.001),
    ("StreamingMarkdown, 100 pieces/s", THROTTLED, 0.01),
]


def measure(kernel: Kernel, code: str, pause: float) -> tuple[int, int, float]:
    """Bytes, rewrites and seconds of one reply."""
    kernel.bytes_on_wire()
    start = time.perf_counter()
    messages = kernel.run(code.format(pieces=PIECES, piece=PIECE, pause=pause))
    seconds = time.perf_counter() - start
    shows = [one for one in messages if "data" in one["msg_type"]]
    return kernel.bytes_on_wire(), len(shows), seconds


def main() -> None:
    """Print one line for each way of streaming."""
    with tempfile.TemporaryDirectory() as folder, start_kernel(Path(folder)) as kernel:
        rows = [(name, *measure(kernel, code, pause)) for name, code, pause in CASES]
    table = [(name, sent / 1e6, shows, seconds) for name, sent, shows, seconds in rows]
    print(tabulate(table, ["16 kB in 2,000 pieces", "MB sent", "shown", "seconds"], floatfmt=".2f"))


if __name__ == "__main__":
    main()
