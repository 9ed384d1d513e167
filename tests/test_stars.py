"""The stars in a real kernel: what is written, what is shown, what a notebook would save."""

import json
from typing import Any

import pytest
from kernels import Kernel, displayed

WIDGET = "application/vnd.jupyter.widget-view+json"
SETUP = """
import json
from kagura_nb.errors import StoreUnavailable
from kagura_nb.notebook.stars import Stars

written = []

def rate(rating, comment):
    if comment == "full":
        raise StoreUnavailable("The disk is full", "Free some space and rate again")
    if comment == "bug":
        raise ZeroDivisionError
    written.append([rating, comment])
    return f"Saved as number {len(written)}."

stars = Stars("01ABC", rate, rating=2, comment="too long")
print(stars.comm.comm_id)
"""


@pytest.fixture
def stars(kernel: Kernel) -> str:
    """The comm of new stars, rated 2 with the comment "too long"."""
    messages = kernel.run(SETUP)
    return next(one["content"]["text"] for one in messages if one["msg_type"] == "stream").strip()


def click(kernel: Kernel, stars: str, rating: Any, serial: int = 1, **more: str) -> dict[str, Any]:
    """Rate; return what the widget shows when the answer has come."""
    kernel.click(stars, {"kind": "rate", "serial": serial, "rating": rating, **more})
    return answered(kernel, serial)


def answered(kernel: Kernel, serial: int) -> dict[str, Any]:
    def is_comment(message: dict[str, Any]) -> bool:
        return _custom(message).get("kind") == "comment"

    messages = kernel.until(lambda one: _custom(one) == {"kind": "done", "serial": serial})
    messages += kernel.until(is_comment)
    shown: dict[str, Any] = {"comment": _custom(messages[-1])["comment"]}
    for one in messages:
        shown |= one["content"].get("data", {}).get("state", {})
    return shown


def _custom(message: dict[str, Any]) -> dict[str, Any]:
    data = message["content"].get("data", {})
    return data["content"] if data.get("method") == "custom" else {}


def written(kernel: Kernel) -> list[list[Any]]:
    messages = kernel.run("print(json.dumps(written))")
    text = next(one["content"]["text"] for one in messages if one["msg_type"] == "stream")
    return list(json.loads(text))


def test_a_click_is_written_and_its_effect_is_shown(kernel: Kernel, stars: str) -> None:
    shown = click(kernel, stars, 4)

    assert shown == {"rating": 4, "status": "Saved as number 1.", "comment": "too long"}
    assert written(kernel) == [[4, "too long"]]


def test_a_comment_goes_with_the_stars(kernel: Kernel, stars: str) -> None:
    shown = click(kernel, stars, 5, comment="短くて良い")

    assert shown["comment"] == "短くて良い"
    assert written(kernel) == [[5, "短くて良い"]]


def test_clearing_takes_the_comment_too(kernel: Kernel, stars: str) -> None:
    shown = click(kernel, stars, None)

    assert shown == {"rating": None, "status": "Saved as number 1.", "comment": ""}
    assert written(kernel) == [[None, None]]


def test_an_emptied_comment_is_cleared_in_the_store(kernel: Kernel) -> None:
    messages = kernel.run(
        "from kagura_nb import Assistant\n"
        "assistant = Assistant('rater')\n"
        "told = assistant.store.collect('hello', 'Hello!', 'none')\n"
        "real = Stars(told, lambda *given: assistant.rate(told, *given))\n"
        "print(real.comm.comm_id)"
    )
    comm = next(one["content"]["text"] for one in messages if one["msg_type"] == "stream").strip()

    click(kernel, comm, 4, comment="too long")
    shown = click(kernel, comm, 4, serial=2, comment="")

    assert shown["comment"] == ""
    kernel.run("assert assistant.store.get(told).comment is None")


@pytest.mark.parametrize(
    ("comment", "line"),
    [
        ("full", "The disk is full. Free some space and rate again."),
        ("bug", "ZeroDivisionError. Try it again, or restart the kernel."),
    ],
)
def test_a_failed_write_is_told_and_keeps_what_is_on_disk(
    kernel: Kernel, stars: str, comment: str, line: str
) -> None:
    shown = click(kernel, stars, 5, comment=comment)

    assert shown == {"failed": True, "status": line, "comment": "too long"}
    assert click(kernel, stars, 3, serial=2)["failed"] is False
    assert written(kernel) == [[3, "too long"]]


def test_of_rapid_clicks_the_last_one_wins_in_order(kernel: Kernel, stars: str) -> None:
    for serial, rating in enumerate([1, 5, 2, 4, 3], start=1):
        kernel.click(stars, {"kind": "rate", "serial": serial, "rating": rating})

    shown = answered(kernel, 5)

    assert shown["rating"] == 3
    assert [rating for rating, _ in written(kernel)] == [1, 5, 2, 4, 3]


def test_what_is_synced_tells_nothing_of_what_was_said(kernel: Kernel, stars: str) -> None:
    click(kernel, stars, 4, comment="my secret")

    messages = kernel.run("print(json.dumps(stars.get_state()))")

    state = next(one["content"]["text"] for one in messages if one["msg_type"] == "stream")
    assert "my secret" not in state
    assert "too long" not in state


@pytest.mark.parametrize(("rating", "line"), [(None, "☆☆☆☆☆"), (1, "★☆☆☆☆"), (5, "★★★★★")])
def test_it_reads_as_a_line_where_no_widget_can_be_shown(
    kernel: Kernel, stars: str, rating: int | None, line: str
) -> None:
    shown = displayed(kernel.run(f"Stars('01XYZ', rate, rating={rating})"))

    assert WIDGET in shown["data"]
    assert shown["data"]["text/plain"] == f"{line}  rate with: %kagura rate 01XYZ 4"
