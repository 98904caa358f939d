"""Commits beside the training: one in flight, in order, with their errors."""

import threading
import time

import pytest

from training.checkpoints import CheckpointError
from training.committer import Committer


def test_a_commit_runs_beside_and_is_reported_once() -> None:
    gate = threading.Event()
    committer = Committer()
    assert committer.submit(3, 100, gate.wait) is None
    assert committer.poll() is None
    gate.set()
    written = committer.wait()
    assert written is not None
    assert (written.step, written.error) == (3, None)
    assert committer.wait() is committer.poll() is None
    committer.close()


def test_whoever_brings_the_next_waits_for_the_last() -> None:
    done: list[int] = []
    committer = Committer()
    for step in range(5):
        committer.wait()
        committer.submit(step, 1, lambda step=step: (time.sleep(0.01), done.append(step)))
        assert len(done) >= step
    committer.wait()
    assert done == [0, 1, 2, 3, 4]
    committer.close()


def test_two_in_flight_are_refused() -> None:
    gate = threading.Event()
    committer = Committer()
    committer.submit(1, 1, gate.wait)
    with pytest.raises(AssertionError, match="one commit is in flight"):
        committer.submit(2, 1, gate.wait)
    gate.set()
    committer.close()


def test_in_the_foreground_a_commit_has_ended_when_submit_returns() -> None:
    committer = Committer(in_background=False)
    written = committer.submit(1, 1, lambda: time.sleep(0.01))
    assert written is not None
    assert written.seconds >= 0.01
    committer.close()


def _fail(error: Exception) -> None:
    raise error


def test_a_disk_that_refuses_is_reported_and_a_bug_is_raised() -> None:
    committer = Committer()
    committer.submit(1, 1, lambda: _fail(CheckpointError("no room")))
    written = committer.wait()
    assert written is not None
    assert str(written.error) == "no room"
    committer.submit(2, 1, lambda: _fail(TypeError("a bug")))
    with pytest.raises(TypeError, match="a bug"):
        committer.wait()
    committer.close()


def test_closing_lets_the_commit_in_flight_end() -> None:
    done: list[bool] = []
    committer = Committer()
    committer.submit(1, 1, lambda: (time.sleep(0.05), done.append(True)))
    committer.close()
    assert done == [True]


def test_an_estimate_follows_the_last_measured_write() -> None:
    committer = Committer(in_background=False)
    assert committer.estimate_s(200_000_000) == pytest.approx(2.0)
    committer.submit(1, 1000, lambda: time.sleep(0.1))
    assert committer.estimate_s(1000) == pytest.approx(0.1, rel=0.5)
    committer.close()
