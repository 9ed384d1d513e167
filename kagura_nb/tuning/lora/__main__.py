"""One run, as a process: `python -m kagura_nb.tuning.lora FOLDER`.

`runner.stop`         cancelled
an error              failed, with one line
a reboot, SIGKILL     not a word: whoever polls finds the lock free and starts it again
"""

import os
import signal
import sys
import traceback
from pathlib import Path

from kagura_nb.errors import KaguraError, TuningError
from kagura_nb.tuning.lora import journal, runner, training

MEMORY = ("MemoryError", "OutOfMemoryError")


def main(folder: Path) -> int:
    """Train, tell how it ended, and return the process's exit status.

    Of several processes that accelerate starts, the first one has the lock and tells.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if os.environ.get("RANK", "0") != "0":
        training.run(folder)
        return 0
    lock = runner.occupy(folder)
    return _told(folder) if lock else 0


def _told(folder: Path) -> int:
    try:
        journal.write(folder, "running", "Loading the model")
        training.run(folder)
    except KeyboardInterrupt:
        if runner.stopping(folder):
            journal.write(folder, "cancelled", "Cancelled")
    except Exception as error:  # whatever it is, the user shall see one line of it
        traceback.print_exc()
        journal.write(folder, "failed", str(_clear(error)))
    else:
        return 0
    return 1


def _clear(error: Exception) -> KaguraError:
    if isinstance(error, KaguraError):
        return error
    if type(error).__name__ in MEMORY:
        return TuningError("There is not enough memory", "Train with batch_size=1, or smaller rows")
    reason = str(error).strip().partition("\n")[0].rstrip(".")
    return TuningError(
        f"Training failed ({type(error).__name__}: {reason})",
        "Train with another base model or other options",
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
