"""Run the benchmarks that are named, or all."""

import sys

from tests.bench.table import BENCHMARKS, run

run(sys.argv[1:] or BENCHMARKS)
