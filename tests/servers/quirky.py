"""A server that nearly speaks OpenAI's chat API: every answer is sent byte for byte as scripted."""

import json
from collections.abc import Callable
from typing import Any

from servers.loopback import Asked, Fault, LoopbackServer

STREAM = "text/event-stream"
JSON = "application/json"
DONE = "data: [DONE]\n\n"


def event(delta: Any = None, finish: str | None = None, **more: Any) -> str:
    """One event of a stream; without a delta where it is None."""
    choice = {"index": 0, "finish_reason": finish, **({} if delta is None else {"delta": delta})}
    body = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return f"data: {json.dumps({**body, 'choices': [choice], **more})}\n\n"


def content(*pieces: Any) -> str:
    """Pieces of a reply and its end."""
    said = "".join(event({"content": piece}) for piece in pieces)
    return said + event({}, "stop") + DONE


class QuirkyServer(LoopbackServer):
    """Answers a chat with what `script` makes of its body: status, content type and text."""

    script: Callable[[Any], tuple[int, str, str]] = staticmethod(
        lambda body: (200, STREAM, content("Hello"))
    )

    @property
    def base_url(self) -> str:
        """What a client is configured with."""
        return f"{self.url}/v1"

    @property
    def chats(self) -> list[Any]:
        """The bodies of the chats that were asked for."""
        return [one.body for one in self.requests if one.path == "/v1/chat/completions"]

    def serve(self, handler: Any, asked: Asked, fault: Fault) -> None:
        """Answer one request; of itself the server says nothing."""
        chats = asked.path == "/v1/chat/completions"
        status, kind, text = self.script(asked.body) if chats else (404, JSON, "{}")
        sent = text.encode()
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(sent)))
        handler.end_headers()
        handler.wfile.write(sent)
