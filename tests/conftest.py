"""What holds for every test: no test fails because the machine was busy, and workers share files.

To collect is to import: a million objects, hardly one of them garbage. Looking for garbage among
them takes a fifth of the collection, and then a part of every test; so it begins after them.
"""

from __future__ import annotations

import gc
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

# What these tests share is made or imported once a worker, and takes seconds: the server of warm
# processes; MLflow, its database and Dagster's; Great Expectations.
ONE_WORKER = ("tests/training/", "tests/orchestration/", "tests/assets/expectations/")
APART = ("tests/orchestration/launchers/", "tests/orchestration/compute/")
"""These share nothing, and much of their time is waiting for processes."""

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """With `--dist loadscope` a worker takes a file at a time, or all of an entry of ONE_WORKER."""
    if config.getvalue("dist") != "loadscope":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0]
            if path.startswith(APART):
                return path
            return next((start for start in ONE_WORKER if path.startswith(start)), path)

    return ByFile(config, log)
