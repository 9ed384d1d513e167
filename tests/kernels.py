"""A real IPython kernel, and everything it says on the wire."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

Message = dict[str, Any]
SECONDS = 30.0


@dataclass
class Kernel:
    """A kernel with one client.

    Args:
        client: its channels.
        wire: a second subscription to its broadcasts, only there to be counted.
    """

    client: BlockingKernelClient
    wire: zmq.Socket[bytes]

    def run(self, code: str) -> list[Message]:
        """Run a cell; return its broadcasts up to the end of the cell.

        Raises:
            AssertionError: the cell failed.
        """
        request = self.client.execute(code, stop_on_error=False)
        return self.until(lambda message: _is_idle(message, request))

    def until(self, last: Callable[[Message], bool]) -> list[Message]:
        """The broadcasts up to the first one for which `last` is true."""
        seen: list[Message] = []
        while not seen or not last(seen[-1]):
            seen.append(self.client.get_iopub_msg(timeout=SECONDS))
            assert seen[-1]["msg_type"] != "error", "\n".join(seen[-1]["content"]["traceback"])
        return seen

    def click(self, comm_id: str, content: Message) -> None:
        """Send what a widget's JavaScript sends with `model.send(content)`."""
        data = {"method": "custom", "content": content}
        message = self.client.session.msg("comm_msg", {"comm_id": comm_id, "data": data})
        self.client.shell_channel.send(message)

    def bytes_on_wire(self) -> int:
        """Bytes broadcast since the last call, headers and signatures included."""
        time.sleep(0.3)
        total = 0
        while self.wire.poll(0):
            total += sum(len(frame) for frame in self.wire.recv_multipart())
        return total


@contextmanager
def start_kernel(folder: Path) -> Iterator[Kernel]:
    """Run a kernel until the block ends.

    Args:
        folder: an empty folder for everything that it writes.
    """
    manager = KernelManager()
    own = {"IPYTHONDIR": str(folder / "ipython"), "KAGURA_HOME": str(folder / "kagura")}
    manager.start_kernel(env={**os.environ, **own}, cwd=str(folder))
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=SECONDS)
    with zmq.Context() as context, context.socket(zmq.SUB) as wire:
        wire.set_hwm(0)
        wire.subscribe(b"")
        wire.connect(f"tcp://127.0.0.1:{client.iopub_port}")
        yield Kernel(client, wire)
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def displayed(messages: list[Message]) -> Message:
    """The content of the last display or rewrite of one."""
    shown = {"display_data", "update_display_data", "execute_result"}
    return [one["content"] for one in messages if one["msg_type"] in shown][-1]


def _is_idle(message: Message, request: str) -> bool:
    ended = message["content"].get("execution_state") == "idle"
    return ended and message["parent_header"].get("msg_id") == request
