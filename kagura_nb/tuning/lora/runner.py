"""The process of a run: alive as long as its lock is held, whatever its number is.

    ensure    start it unless it runs or has done its work; by whoever polls, one at a time
    stop      a mark that it is meant, SIGTERM, and SIGKILL where that is not heard
    occupy    what the process itself does first

A process that ends before its work is done is started again, where its checkpoint is, at most
twice without another one.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from kagura_nb import keys
from kagura_nb.errors import TuningError
from kagura_nb.records import State
from kagura_nb.tuning.lora import journal

LOCK, STARTING, PID, STOP, ERRORS = "run.lock", "start.lock", "run.pid", "stop", "errors.txt"
RESUMES = 2
PATIENCE = 3.0
"""Seconds that a process has for its own end, and that a second one waits for the first's lock."""
STARTS_WITHIN = 60.0
LAST_LINES = 3
LONGEST_WORDS = 300
ENVIRONMENT = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
}
AGAIN = "The process ended before its work was done; it goes on from its last checkpoint"


def ensure(folder: Path) -> None:
    """See to it that the run goes on, or has ended."""
    if journal.ended(folder):
        return
    with FileLock(folder / STARTING, timeout=STARTS_WITHIN, mode=0o600):
        if journal.ended(folder) or alive(folder):
            return
        started = journal.starts(folder)
        if started > RESUMES:
            journal.write(folder, "failed", str(_given_up(folder, started)))
            return
        begun = journal.last(folder) is not None
        state: State = "running" if begun else "queued"
        journal.write(folder, state, AGAIN if begun else "Started", started=True)
        _start(folder)


def stop(folder: Path) -> None:
    """End the run, its process too; one that has ended is left as it is."""
    with FileLock(folder / STARTING, timeout=STARTS_WITHIN, mode=0o600):
        (folder / STOP).touch()
        for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
            if not alive(folder):
                break
            _signal(folder, number)
            _wait(lambda: not alive(folder), PATIENCE)
        if not journal.ended(folder):
            journal.write(folder, "cancelled", "Cancelled")


def stopping(folder: Path) -> bool:
    """Whether it is `stop` that ends the process, and not a reboot."""
    return (folder / STOP).exists()


def occupy(folder: Path) -> FileLock | None:
    """Become the folder's process until the lock that is returned goes; None where one is."""
    lock = FileLock(folder / LOCK, timeout=PATIENCE, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        return None
    (folder / PID).write_text(str(os.getpid()), encoding="utf-8")
    return lock


def alive(folder: Path) -> bool:
    """Whether the folder has a process. Asked by one at a time, because the answer is a try."""
    try:
        with FileLock(folder / LOCK, timeout=0, mode=0o600):
            return False
    except Timeout:
        return True


def _start(folder: Path) -> None:
    """Start the process and wait until it has the lock, so that nobody starts another one."""
    (folder / PID).unlink(missing_ok=True)
    package = str(Path(__file__).parents[3])
    paths = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    with (folder / ERRORS).open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, *_launcher(), "-m", "kagura_nb.tuning.lora", str(folder)],
            cwd=folder,
            env={**os.environ, **ENVIRONMENT, "PYTHONPATH": paths},
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            start_new_session=True,
        )
    threading.Thread(target=process.wait, daemon=True).start()  # leaves no zombie
    _wait(lambda: process.returncode is not None or (folder / PID).exists(), STARTS_WITHIN)


def _launcher() -> tuple[str, ...]:
    """accelerate's own, where its owner has configured it (`accelerate config`)."""
    home = os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface"
    configured = Path(home) / "accelerate" / "default_config.yaml"
    return ("-m", "accelerate.commands.launch") if configured.is_file() else ()


def _signal(folder: Path, number: int) -> None:
    with suppress(OSError, ValueError):
        os.kill(int((folder / PID).read_text(encoding="utf-8")), number)


def _wait(done: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.02)


def _given_up(folder: Path, started: int) -> TuningError:
    words = (folder / ERRORS).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    said = keys.redact(" / ".join(words[-LAST_LINES:]))[-LONGEST_WORDS:] or "it said nothing"
    return TuningError(
        f"The training process ended {started} times without getting any further ({said})",
        "Train a smaller model, or with a smaller batch_size or fewer epochs",
    )
