"""Shards in processes: the same results as here, in order, and errors as they were raised."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from assets.compiler import njit
from assets.compute import InlineCompute
from assets.lineage.compiling import compiled_s
from orchestration.compute.local import LocalCompute, WorkerDied


def square(number: int) -> int:
    return number * number


def threads(_: int) -> str:
    return os.environ["POLARS_MAX_THREADS"]


def compile_one(number: int) -> int:
    kernel: Callable[[int], int] = njit(square)
    return kernel(number)


def process(_: int) -> int:
    return os.getpid()


def refuse(number: int) -> int:
    raise ValueError(f"shard {number} is not mine")


def die(_: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def test_processes_give_what_one_process_gives() -> None:
    shards = list(range(7))
    assert LocalCompute(2).map(square, shards) == InlineCompute().map(square, shards)


@pytest.mark.slow
def test_what_workers_spend_on_compiling_is_counted_here() -> None:
    before = compiled_s()
    assert LocalCompute(2).map(compile_one, [2, 3]) == [4, 9]
    assert compiled_s() > before


def test_a_single_shard_stays_in_this_process() -> None:
    assert LocalCompute(2).map(lambda item: item + 1, [1]) == [2]


def test_a_worker_uses_one_thread_and_this_process_as_many_as_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("POLARS_MAX_THREADS", "7")
    assert LocalCompute(2).map(threads, [0, 1]) == ["1", "1"]
    assert os.environ["POLARS_MAX_THREADS"] == "7"


@pytest.mark.slow
def test_processes_are_kept_between_calls_until_they_are_given_back() -> None:
    compute = LocalCompute(2)
    first = {*compute.map(process, [0, 1, 2, 3])}
    assert first & {*compute.map(process, [0, 1, 2, 3])}
    compute.release()
    assert not first & {*compute.map(process, [0, 1, 2, 3])}
    compute.release()


@pytest.mark.slow
def test_a_pool_that_broke_is_made_anew() -> None:
    compute = LocalCompute(2)
    with pytest.raises(WorkerDied):
        compute.map(die, [1, 2])
    assert compute.map(square, [1, 2]) == [1, 4]


def test_an_error_of_a_shard_is_raised_as_it_is() -> None:
    with pytest.raises(ValueError, match="shard 1 is not mine"):
        LocalCompute(2).map(refuse, [1, 2])


def test_a_killed_worker_is_named_with_the_remedy() -> None:
    with pytest.raises(WorkerDied, match="during squares: lower MATERIA_WORKERS"):
        LocalCompute(2).map(die, [1, 2], label="squares")
