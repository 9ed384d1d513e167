"""What the vendors' servers share: records of what was asked, scripted replies and failures.

server.fail(Fault(status=429), ...)     the next requests fail so, one fault each
server.moment = lambda asked: ...       of these requests alone
server.reply("Hello", ...)              the next replies, one each; then `server.answer(body)`
server.requests[-1].body                what was asked, in order
server.looked_up                        where it was asked of itself, in order
server.hung_up.wait(5)                  a client left in the middle of a stream
"""

import json
import re
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SELF = {("GET", path) for path in ("/v1/models", "/props", "/api/v0/models", "/api/ps", "/info")}
SELF |= {("POST", "/api/show")}
"""What servers say of themselves: it is no request of a user, and fails by no scripted fault."""


class ContractViolation(Exception):
    """The request is not what the vendor's documentation asks for."""


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Fault:
    """How one request fails.

    Args:
        status: refuse with this HTTP status.
        code: the vendor's own code of the refusal.
        message: its words; `{key}` repeats the key that was sent.
        cut_after: stop in the middle of the stream, after so many pieces; with a `code`, the stream
            says so as an error of its own.
        slow: seconds between two pieces.
        hang: seconds of silence before anything is sent.
        lost: the request is served, but its answer is lost: the connection is cut, or `status` is
            sent in its place.
        location: where a redirect leads; None sends no such header.
    """

    status: int = 0
    code: str = ""
    message: str = "no"
    cut_after: int | None = None
    slow: float = 0.0
    hang: float = 0.0
    lost: bool = False
    location: str | None = None


class LoopbackServer(ThreadingHTTPServer):
    """One vendor on a free port of this machine; a subclass speaks the vendor's protocol."""

    daemon_threads = True
    fault_of_itself = Fault()
    """How it fails to say something of itself."""
    pieces = 8
    """Into how many pieces a streamed reply is cut."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[Asked] = []
        self.looked_up: list[str] = []
        self.hung_up = threading.Event()
        self.answer: Callable[[Any], str] = self.echo
        self.moment: Callable[[Asked], bool] = lambda asked: True
        self._faults: deque[Fault] = deque()
        self._replies: deque[str] = deque()
        self._stopping = threading.Event()

    @property
    def url(self) -> str:
        """The server's address, without a path."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def fail(self, *faults: Fault) -> None:
        """Let the next requests fail, one fault each."""
        self._faults.extend(faults)

    def unfail(self) -> None:
        """Let the next requests succeed."""
        self._faults.clear()

    def reply(self, *texts: str) -> None:
        """Script the next replies."""
        self._replies.extend(texts)

    def next_fault(self) -> Fault:
        """The fault of this request; one without anything where it shall succeed."""
        meant = self._faults and self.moment(self.requests[-1])
        return self._faults.popleft() if meant else Fault()

    def next_text(self, body: Any) -> str:
        """The reply to this request."""
        return self._replies.popleft() if self._replies else self.answer(body)

    def cut(self, text: str) -> list[str]:
        """A reply in pieces."""
        size = max(1, -(-len(text) // self.pieces))
        return [text[start : start + size] for start in range(0, len(text), size)]

    def pause(self, seconds: float) -> None:
        """Sleep, unless the server is being stopped."""
        self._stopping.wait(seconds)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves is no error of the server's."""

    def __enter__(self) -> "LoopbackServer":
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._stopping.set()
        self.shutdown()
        self.server_close()

    # What a vendor's server says.

    def echo(self, body: Any) -> str:
        """The reply where none is scripted: a function of the request."""
        raise NotImplementedError

    def serve(self, handler: "_Handler", asked: Asked, fault: Fault) -> None:
        """Check a request and answer it."""
        raise NotImplementedError

    def refusal(self, status: int, code: str, message: str) -> Any:
        """The body of a refusal."""
        raise NotImplementedError

    def of_itself(self, path: str, body: Any) -> tuple[Any, int]:
        """What it says of itself and its models, and the status."""
        return self.refusal(404, "", f"there is no {path}"), 404

    def key_of(self, headers: dict[str, str]) -> str:
        """The key that was sent."""
        raise NotImplementedError


class _Handler(BaseHTTPRequestHandler):
    server: LoopbackServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer takes 40 ms more
    fault = Fault()

    def do_GET(self) -> None:
        self._handle(None)

    def do_DELETE(self) -> None:
        self._handle(None)

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["content-length"] or 0))
        is_json = self.headers.get_content_type() == "application/json"
        self._handle(json.loads(sent) if sent and is_json else sent)

    def _handle(self, body: Any) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = re.sub(
            "^https?://[^/]+", "", self.path
        )  # whole when the client uses us as its proxy
        asked = Asked(self.command, path, headers, body)
        if (self.command, path) in SELF:
            self.server.looked_up.append(path)
            fault = self.fault = self.server.fault_of_itself
            if fault.status:
                self.refuse(fault.status, fault.code, fault.message)
            else:
                self.send(*self.server.of_itself(path, body))
            return
        self.server.requests.append(asked)
        fault = self.fault = self.server.next_fault()
        self.server.pause(fault.hang)
        if fault.status and not fault.lost:
            message = fault.message.replace("{key}", self.server.key_of(headers))
            self.refuse(fault.status, fault.code, message)
            return
        try:
            self.server.serve(self, asked, fault)
        except ContractViolation as violation:
            self.refuse(400, "contract_violation", str(violation))

    def refuse(self, status: int, code: str, message: str) -> None:
        self.send(self.server.refusal(status, code, message), status)

    def send(self, body: Any, status: int = 200) -> None:
        if self.fault.lost and not self.fault.status:
            self.close_connection = True
            return
        if self.fault.lost:
            status = self.fault.status
            body = self.server.refusal(status, self.fault.code, self.fault.message)
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.send_header("retry-after-ms", "1")
        if self.fault.location is not None:
            self.send_header("location", self.fault.location)
        self.end_headers()
        self.wfile.write(data)

    def stream(self, events: Iterator[str], fault: Fault) -> None:
        """Send server-sent events in HTTP chunks; watch whether the client is still there."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for count, event in enumerate(events):
            if fault.cut_after is not None and count >= fault.cut_after:
                if fault.code:
                    self._piece(json.dumps(self.server.refusal(500, fault.code, fault.message)))
                self.close_connection = True
                return
            if fault.slow:
                time.sleep(fault.slow)
            if self._left():
                self.server.hung_up.set()
                self.close_connection = True
                return
            self._piece(event)
        self.wfile.write(b"0\r\n\r\n")

    def _piece(self, event: str) -> None:
        data = f"data: {event}\n\n".encode()
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def _left(self) -> bool:
        self.connection.setblocking(False)
        try:
            return self.connection.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True
        finally:
            self.connection.setblocking(True)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: tests read `requests`."""
