"""What `import kagura_nb` and `%load_ext kagura_nb` cost, in fresh processes."""

import os
import statistics
import subprocess
import sys
import time

from tests.bench.table import Row, show

PROCESSES = 20
HEAVY = ("openai", "google.genai", "chromadb", "torch", "transformers", "matplotlib", "tiktoken")
SHELL = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
"""
LOAD = f"{SHELL}shell.run_line_magic('load_ext', 'kagura_nb')"
LOADED = f"{LOAD}\nimport sys\nprint(*(one for one in {HEAVY} if one in sys.modules))"


def python(code: str, **environment: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def beyond(code: str, base: str) -> float:
    """Milliseconds that a fresh process needs for `code` beyond `base`, median; taken in turn."""
    differences = []
    for _ in range(PROCESSES):
        begun = time.perf_counter()
        python(base)
        middle = time.perf_counter()
        python(code)
        differences.append(time.perf_counter() - middle - (middle - begun))
    return 1000 * statistics.median(differences)


def rows() -> list[Row]:
    """Both imports, and the heavy modules that came with them."""
    heavy = python(LOADED).split()
    return [
        Row(
            "import kagura_nb, beyond a bare interpreter", beyond("import kagura_nb", ""), "ms", 150
        ),
        Row("%load_ext kagura_nb, beyond a bare IPython", beyond(LOAD, SHELL), "ms"),
        Row("heavy modules loaded by it", len(heavy), "", 0, note=" ".join(heavy)),
    ]


if __name__ == "__main__":
    show(rows())
