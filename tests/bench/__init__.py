"""What Kagura promises in numbers, measured.

    python -m tests.bench              every benchmark, one table
    python -m tests.bench traffic      some of them
    python -m tests.bench.traffic      the same

Each module of `table.BENCHMARKS` offers `rows()`. Retrieval on LoCoMo is a command of its own,
because its data is not ours to ship; `locomo_adapter` is what it measures.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # kernels, servers, ...: what the tests use
