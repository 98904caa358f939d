"""Shard-wise functions in processes of this machine, as many as the settings allow."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import TypeVar

from assets.lineage.compiling import add_compiled_s, compiled_s

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
        self._pool: ProcessPoolExecutor | None = None

    def map(
        self, function: Callable[[Item], Result], items: Sequence[Item], label: str = ""
    ) -> list[Result]:
        if min(self.workers, len(items)) < 2:
            return [function(item) for item in items]
        try:
            results = []
            for result, compile_s in self._open().map(partial(_counted, function), items):
                add_compiled_s(compile_s)
                results.append(result)
            return results
        except BrokenProcessPool as error:
            self.release()
            raise WorkerDied(
                f"a worker process died during {label or function.__name__}: lower MATERIA_WORKERS "
                f"(now {self.workers}) or give the machine more memory"
            ) from error

    def release(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def _open(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # Spawned, never forked: Polars and gRPC have threads, and a fork of them deadlocks.
            self._pool = ProcessPoolExecutor(
                self.workers,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_keep_to_one_thread,
            )
        return self._pool


def _counted(function: Callable[[Item], Result], item: Item) -> tuple[Result, float]:
    """Return a result with the CPU time that kernels took to compile for it."""
    before = compiled_s()
    return function(item), compiled_s() - before


def _keep_to_one_thread() -> None:
    """Runs before the libraries are imported, which is when they look."""
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
