"""Shard-wise functions in processes of this machine, as many as the settings allow."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

ONE_THREAD = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS", "NUMBA_NUM_THREADS")
"""A worker has one core: libraries that would start a thread per core are told so."""


class WorkerDied(RuntimeError):
    """A worker process ended without an answer, most often for want of memory."""


class LocalCompute:
    """Fresh processes for work of several shards; a single shard runs in this process."""

    name = "local"

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def map(
        self, function: Callable[[Item], Result], items: Sequence[Item], label: str = ""
    ) -> list[Result]:
        workers = min(self.workers, len(items))
        if workers < 2:
            return [function(item) for item in items]
        # Spawned, never forked: Polars and gRPC have threads, and a fork of them deadlocks.
        context = multiprocessing.get_context("spawn")
        before = {name: os.environ.get(name) for name in ONE_THREAD}
        os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
        try:
            with ProcessPoolExecutor(workers, mp_context=context) as pool:
                return list(pool.map(function, items))
        except BrokenProcessPool as error:
            raise WorkerDied(
                f"a worker process died during {label or function.__name__}: lower MATERIA_WORKERS "
                f"(now {self.workers}) or give the machine more memory"
            ) from error
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
