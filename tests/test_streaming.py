"""A streamed reply in a real kernel and in a terminal: what is shown, kept and sent."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kernels import Kernel, displayed

from kagura_nb.notebook.streaming import Format, StreamingMarkdown

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
    assert shows[0]["content"]["data"] == {"text/markdown": "&#42;&#42;Hel"}
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
            "```python\na = 1\n```\nthen\n```Python\nb = 2\n```\n```text\n1\n```",
            {
                "text/markdown": "```python\na = 1\n\nb = 2\n```",
                "text/plain": "a = 1\n\nb = 2",
            },
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
        ("md", "$5 or x", {"text/markdown": "<span>&#36;</span>5 or x", "text/plain": "$5 or x"}),
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
    ("format", "reply", "notice"),
    [
        ("code", "```py\n1\n```\n```\n2\n```\n```sh\n3\n```", "2 blocks in another language"),
        ("code", "```py\n1\n```\n```py\n2\n```", ""),
        ("code", "no block", ""),
        ("md", "```py\n1\n```\n```\n2\n```", ""),
    ],
)
def test_blocks_that_are_left_out_are_told(format: Format, reply: str, notice: str) -> None:
    shown = StreamingMarkdown(format)
    shown.text = reply
    assert shown.notice.startswith(notice) and bool(shown.notice) == bool(notice)


WAIT = (
    "import time\nfrom kagura_nb.notebook.waiting import SignOfLife\n"
    "sign = SignOfLife(lambda: 'openai:x')\nreply = StreamingMarkdown('md', sign)\n"
)


def test_a_sign_of_life_is_shown_after_a_while_and_the_reply_takes_its_place(
    kernel: Kernel,
) -> None:
    code = "time.sleep(0.9)\nreply.update('Hi')\nreply.finish({})"
    messages = kernel.run(SETUP + WAIT + code)
    shown = [one for one in messages if "data" in one["content"]]
    assert [one["msg_type"] for one in shown[:2]] == ["display_data", "update_display_data"]
    assert shown[0]["content"]["data"]["text/plain"] == "openai:x …"
    assert {one["msg_type"] for one in shown[1:]} == {"update_display_data"}
    assert displayed(messages)["data"] == {"text/markdown": "Hi", "text/plain": "Hi"}


def test_a_quick_reply_needs_no_sign_of_life(kernel: Kernel) -> None:
    code = "reply.update('Hi')\ntime.sleep(0.9)\nreply.finish({})"
    messages = kernel.run(SETUP + WAIT + code)
    assert not any("…" in str(one["content"].get("data")) for one in messages)


def test_a_sign_of_life_without_a_reply_leaves_nothing(kernel: Kernel) -> None:
    code = "print('kept')\ntime.sleep(0.9)\nsign.remove()\nsign.remove()\ntime.sleep(0.9)"
    messages = kernel.run(SETUP + WAIT + code)
    assert displayed(messages)["data"] == {}
    assert "clear_output" not in [one["msg_type"] for one in messages]


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
