"""Stopping a reply from another thread: at once, also while nothing has come, whoever answers."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from servers.loopback import Fault, LoopbackServer

from kagura_nb import Assistant
from kagura_nb.context import Options
from kagura_nb.errors import ReplyStopped
from kagura_nb.providers import Sampling, open_provider
from kagura_nb.providers.line import HungUp, Line
from kagura_nb.records import Message
from kagura_nb.settings import Settings
from kagura_nb.turn import Turn

AT_ONCE = 1.0
"""Seconds."""
MODELS = pytest.mark.parametrize(
    ("model", "server"),
    [("openai:gpt-6.1-terra", "openai_server"), ("gemini:gemini-3.8-flash", "gemini_server")],
)


Stop = Callable[[LoopbackServer, Turn], list[float]]


@pytest.fixture
def stop_once_asked() -> Iterator[Stop]:
    """Stop a turn half a second after its request has come; the list tells when."""
    threads: list[threading.Thread] = []

    def arm(vendor: LoopbackServer, turn: Turn) -> list[float]:
        before, stopped = len(vendor.requests), []

        def stop() -> None:
            while len(vendor.requests) == before:
                time.sleep(0.01)
            time.sleep(0.5)
            stopped.append(time.monotonic())
            turn.stop()

        threads.append(threading.Thread(target=stop))
        threads[-1].start()
        return stopped

    yield arm
    for one in threads:
        one.join()


@pytest.fixture
def vendor(server: str, request: pytest.FixtureRequest) -> LoopbackServer:
    found: LoopbackServer = request.getfixturevalue(server)
    return found


@MODELS
def test_a_silent_server_is_left_at_once(
    model: str, vendor: LoopbackServer, stop_once_asked: Stop
) -> None:
    vendor.fail(Fault(hang=2.0))
    turn = Assistant("owner", model=model).stream("Hello", line=Line())
    stopped = stop_once_asked(vendor, turn)

    with pytest.raises(ReplyStopped):
        list(turn)

    assert time.monotonic() - stopped[0] < AT_ONCE
    assert len(vendor.requests) == 1, "it was asked again"
    assert vendor.hung_up.wait(5)


@MODELS
def test_what_had_arrived_is_kept(
    model: str, vendor: LoopbackServer, stop_once_asked: Stop
) -> None:
    vendor.reply("one two three four five six seven eight")
    vendor.fail(Fault(slow=0.3))
    assistant = Assistant("owner", model=model)
    turn = assistant.stream("Count", line=Line())
    stop_once_asked(vendor, turn)

    with pytest.raises(ReplyStopped):
        list(turn)

    stored = assistant.store.get("last")
    assert stored.response and "one two three".startswith(stored.response.strip()[:7])
    assert not stored.complete
    assert vendor.hung_up.wait(5)


@MODELS
def test_a_line_serves_many_turns_over_one_connection_and_can_still_be_hung_up(
    model: str, vendor: LoopbackServer, stop_once_asked: Stop
) -> None:
    line = Line()
    assistant = Assistant("owner", model=model)
    assert "Hello" in str(assistant.ask("Hello", line=line))
    vendor.fail(Fault(hang=2.0))
    turn = assistant.stream("Again", line=line)
    stopped = stop_once_asked(vendor, turn)

    with pytest.raises(ReplyStopped):
        list(turn)

    assert time.monotonic() - stopped[0] < AT_ONCE
    assert "More" in str(assistant.ask("More", line=Line()))


def test_a_turn_that_was_stopped_before_it_began_asks_nobody(
    openai_server: LoopbackServer,
) -> None:
    turn = Assistant("owner", model="openai:gpt-6.1-terra").stream("Hello")
    turn.stop()

    with pytest.raises(ReplyStopped):
        list(turn)

    assert openai_server.requests == []


def test_a_turn_without_a_line_stops_at_the_next_piece(openai_server: LoopbackServer) -> None:
    turn = Assistant("owner", model="openai:gpt-6.1-terra").stream("Hello")

    with pytest.raises(ReplyStopped):
        for _ in turn:
            turn.stop()

    assert turn.text and not turn.complete


def test_a_model_in_this_process_stops(tiny_model: Path) -> None:
    line = Line()
    provider = open_provider(f"local:{tiny_model / 'model'}", Settings.load())
    stream = provider.stream([Message("user", "hello")], Sampling(line=line))
    next(stream)

    line.hang_up()
    begun = time.monotonic()
    try:
        for _ in stream:
            pass
    except HungUp:
        pass

    assert time.monotonic() - begun < AT_ONCE


def test_a_line_that_was_hung_up_takes_no_call(openai_server: LoopbackServer) -> None:
    line = Line()
    line.hang_up()
    provider = open_provider("openai:gpt-6.1-terra", Settings.load())

    with pytest.raises(HungUp):
        list(provider.stream([Message("user", "hello")], Sampling(line=line)))

    assert openai_server.requests == []
    assert Options("monday").line is None
