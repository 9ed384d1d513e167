"""The most memory that this process has had: the accelerator's where there is one, else all."""

import re
import sys
from pathlib import Path

if sys.platform != "win32":
    import resource


def peak() -> int:
    """Bytes; 0 where the system does not tell.

    Linux's `VmHWM` is asked first: a child's `ru_maxrss` begins with what its parent had.
    """
    import torch

    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
        return int(found[1]) * 1024
    if sys.platform == "win32":
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
