"""Shard-wise functions as tasks of a Ray cluster, reading and writing the shared lake.

A node that dies loses only its running tasks: Ray runs them again elsewhere, and Folder.write
makes a second run harmless. Credentials of the lake are each node's own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from orchestration.compute.local import ONE_THREAD
from orchestration.settings import OFF_SWITCHES, PROJECT_ROOT

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_RETRIES = 5
"""Runs of one shard after its node died; a shard's own error is never retried. Our choice."""

IN_FLIGHT_PER_WORKER = 4
"""Tasks handed to Ray per CPU at a time: enough to keep all busy, and a million shards stay a
list here instead of a queue there. Our choice."""

PAUSES_S = (2.0, 5.0, 10.0)
"""Between attempts to connect. A head whose port is open aborts the connection while its agents
still start (seen for some seconds after `ray start`). Our choice."""


class RayUnavailable(RuntimeError):
    """Ray is not installed, or nothing answers at the address."""


class RayCompute:
    """Tasks of one CPU each on the cluster whose client port is `address` (ray://host:port).

    The client port, so that the control machine need not be a node of the cluster.
    """

    name = "ray"

    def __init__(self, address: str) -> None:
        self._address = address
        self.workers = 0
        """Known once connected."""

    def map(
        self, function: Callable[[Item], Result], items: Sequence[Item], label: str = ""
    ) -> list[Result]:
        ray = self._connect()
        remote = ray.remote(num_cpus=1, max_retries=MAX_RETRIES, retry_exceptions=False)(function)
        results: list[Any] = [None] * len(items)
        waiting: dict[Any, int] = {}
        limit = max(1, self.workers) * IN_FLIGHT_PER_WORKER
        following = 0
        while following < len(items) or waiting:
            while following < len(items) and len(waiting) < limit:
                waiting[remote.options(name=label or None).remote(items[following])] = following
                following += 1
            done, _ = ray.wait(list(waiting), num_returns=1)
            for reference in done:
                results[waiting.pop(reference)] = _result(ray, reference)
        return results

    def release(self) -> None:
        """Tasks hold nothing once they have ended; the connection stays."""

    def _connect(self) -> Any:
        try:
            import ray
        except ImportError as error:
            raise RayUnavailable(
                "MATERIA_COMPUTE names a Ray cluster, but ray is not installed: "
                "run pip install 'materia[ray]'"
            ) from error
        if not ray.is_initialized():
            self._open(ray)
        self.workers = int(ray.cluster_resources().get("CPU", 1))
        return ray

    def _open(self, ray: Any) -> None:
        environment = {
            **OFF_SWITCHES,
            **dict.fromkeys(ONE_THREAD, "1"),
            "PYTHONPATH": str(PROJECT_ROOT),
        }
        for pause_s in (*PAUSES_S, None):
            try:
                ray.init(
                    address=self._address,
                    namespace="materia",
                    runtime_env={"env_vars": environment},
                    log_to_driver=False,
                )
                return
            except (ConnectionError, RuntimeError, ValueError) as error:
                ray.shutdown()
                if pause_s is None or not isinstance(error, ConnectionAbortedError):
                    raise RayUnavailable(
                        f"no Ray cluster answers at {self._address}: {error}; start one with "
                        "`ray start --head` or set MATERIA_COMPUTE=local"
                    ) from error
                time.sleep(pause_s)


def _result(ray: Any, reference: Any) -> Any:
    """Return a task's result; its own error is raised as it was, without Ray's wrapping."""
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, Exception):
            raise error.cause from error
        raise
