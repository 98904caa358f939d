"""Shards in processes: the same results as here, in order, and errors as they were raised."""

from __future__ import annotations

import os
import signal

import pytest

from assets.compute import InlineCompute
from orchestration.compute.local import LocalCompute, WorkerDied


def square(number: int) -> int:
    return number * number


def threads(_: int) -> str:
    return os.environ["POLARS_MAX_THREADS"]


def refuse(number: int) -> int:
    raise ValueError(f"shard {number} is not mine")


def die(_: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def test_processes_give_what_one_process_gives() -> None:
    shards = list(range(7))
    assert LocalCompute(2).map(square, shards) == InlineCompute().map(square, shards)


def test_a_single_shard_stays_in_this_process() -> None:
    assert LocalCompute(2).map(lambda item: item + 1, [1]) == [2]


def test_a_worker_uses_one_thread_and_the_environment_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("POLARS_MAX_THREADS", raising=False)
    assert LocalCompute(2).map(threads, [0, 1]) == ["1", "1"]
    assert "POLARS_MAX_THREADS" not in os.environ


def test_an_error_of_a_shard_is_raised_as_it_is() -> None:
    with pytest.raises(ValueError, match="shard 1 is not mine"):
        LocalCompute(2).map(refuse, [1, 2])


def test_a_killed_worker_is_named_with_the_remedy() -> None:
    with pytest.raises(WorkerDied, match="during squares: lower MATERIA_WORKERS"):
        LocalCompute(2).map(die, [1, 2], label="squares")
