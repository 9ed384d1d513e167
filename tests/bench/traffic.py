"""What it costs to stream a 16 kB reply in 2,000 pieces: bytes that the kernel broadcasts."""

import tempfile
from pathlib import Path

from kernels import Kernel, start_kernel

from tests.bench.table import Row, show

PIECE = "eight ch"
PIECES = 2_000
PROMISED = 0.5
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
PAUSES = {"all at once": 0.0, "1,000 pieces/s": 0.001, "100 pieces/s": 0.01}


def measure(kernel: Kernel, code: str, pause: float) -> tuple[float, int]:
    """Megabytes and rewrites of one reply."""
    kernel.bytes_on_wire()
    messages = kernel.run(code.format(pieces=PIECES, piece=PIECE, pause=pause))
    shows = [one for one in messages if "data" in one["msg_type"]]
    return kernel.bytes_on_wire() / 1e6, len(shows)


def rows() -> list[Row]:
    """One line for each speed of the reply; the note compares with showing every piece."""
    with tempfile.TemporaryDirectory() as folder, start_kernel(Path(folder)) as kernel:
        full, _ = measure(kernel, EVERY_PIECE, 0.0)
        sent = {name: measure(kernel, THROTTLED, pause) for name, pause in PAUSES.items()}
    return [
        Row(f"16 kB in 2,000 pieces, {name}", size, "MB", PROMISED, note=_note(full, size, shows))
        for name, (size, shows) in sent.items()
    ]


def _note(full: float, size: float, shows: int) -> str:
    return f"{shows} rewrites; every piece shown: {full:.1f} MB, {full / size:.0f} times as much"


if __name__ == "__main__":
    show(rows())
