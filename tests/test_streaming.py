"""A streamed reply in a real kernel and in a terminal: what is shown, kept and sent."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kernels import Kernel, displayed

SETUP = "from kagura_nb.notebook.streaming import StreamingMarkdown\n"
TRAFFIC_LIMIT = 500_000


def stream(kernel: Kernel, pieces: list[str], format: str = "md") -> list[dict[str, Any]]:
    """Stream a reply in a new cell; return what the kernel broadcast."""
    steps = [f"reply.update({piece!r})" for piece in pieces]
    lines = [
        f"reply = StreamingMarkdown({format!r})",
        *steps,
        "reply.finish({'model': 'practice'})",
    ]
    return kernel.run(SETUP + "\n".join(lines))


def test_the_first_piece_is_shown_at_once_and_one_output_stays(kernel: Kernel) -> None:
    messages = stream(kernel, ["**Hel", "lo** ", "world"])

    shows = [one for one in messages if "data" in one["content"]]
    assert shows[0]["msg_type"] == "display_data"
    assert shows[0]["content"]["data"] == {"text/markdown": "**Hel"}
    assert {one["msg_type"] for one in shows[1:]} == {"update_display_data"}
    assert displayed(messages)["data"] == {
        "text/markdown": "**Hello** world",
        "text/plain": "**Hello** world",
    }
    assert displayed(messages)["metadata"] == {"kagura": {"model": "practice"}}


@pytest.mark.parametrize(
    ("format", "reply", "data"),
    [
        ("text", "**a**", {"text/plain": "**a**"}),
        (
            "code",
            "Sure:\n```python\nprint(1)\n```\nand\n```\n2\n```",
            {"text/markdown": "```python\nprint(1)\n```", "text/plain": "print(1)"},
        ),
        (
            "code",
            "x = '```'",
            {"text/markdown": "````\nx = '```'\n````", "text/plain": "x = '```'"},
        ),
        (
            "json",
            '```json\n{"猫": [1]}\n```',
            {"application/json": {"猫": [1]}, "text/plain": '{\n  "猫": [\n    1\n  ]\n}'},
        ),
        ("json", "3", {"text/plain": "3"}),
        (
            "json",
            '{"a": NaN}',
            {"text/plain": '{"a": NaN}\n\n(This reply is not valid JSON: NaN is no JSON value)'},
        ),
        ("md", "", {"text/markdown": "", "text/plain": ""}),
        ("md", "half \ud83d", {"text/markdown": "half \ufffd", "text/plain": "half \ufffd"}),
    ],
)
def test_each_format_leaves_its_own_output(
    kernel: Kernel, format: str, reply: str, data: dict[str, Any]
) -> None:
    shown = displayed(stream(kernel, [reply], format))

    assert shown["data"] == data


@pytest.mark.parametrize(
    ("piece", "pause"), [("eight ch", 0), ("eight ch", 0.003), ("東\n京", 0.001)]
)
def test_a_long_reply_in_many_pieces_stays_cheap(kernel: Kernel, piece: str, pause: float) -> None:
    kernel.bytes_on_wire()

    kernel.run(
        f"{SETUP}import time\nreply = StreamingMarkdown()\n"
        f"for _ in range(16_000 // len({piece!r}.encode())):\n"
        f"    reply.update({piece!r})\n    time.sleep({pause})\n"
        "reply.finish({})"
    )

    assert kernel.bytes_on_wire() <= TRAFFIC_LIMIT


def test_a_terminal_gets_every_piece_once_and_no_control_characters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    code = (
        SETUP + "reply = StreamingMarkdown()\nfor one in 'a', 'b\\x1b[8m', 'c': reply.update(one)\n"
    )
    command = [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", "-c"]

    done = subprocess.run(
        [*command, code + "reply.finish({})"], capture_output=True, text=True, check=True
    )

    assert done.stdout == "ab[8mc\n"
