"""Requests to stop: either signal, once."""

import os
import signal
import time
from collections.abc import Iterator

import pytest

from training.stopping import SIGNALS, StopRequest


@pytest.fixture
def own_handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_a_request(number: int, own_handlers: None) -> None:
    stop = StopRequest().watch()
    assert not stop.asked
    os.kill(os.getpid(), number)
    assert stop.asked


def test_the_grace_counts_from_the_first_request(own_handlers: None) -> None:
    stop = StopRequest().watch()
    assert stop.waited_s == 0
    stop.ask()
    time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGTERM)
    assert stop.waited_s >= 0.02
