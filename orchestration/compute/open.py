"""From the settings to the engine that runs shard-wise functions."""

from __future__ import annotations

import os

from assets.ports import Compute
from orchestration.compute.local import LocalCompute
from orchestration.compute.ray import RayCompute
from orchestration.settings import Settings


def open_compute(settings: Settings) -> Compute:
    """Return the engine; nothing is started or connected before the first shard."""
    if settings.compute.startswith("ray://"):
        return RayCompute(settings.compute)
    return LocalCompute(settings.workers or len(os.sched_getaffinity(0)))
