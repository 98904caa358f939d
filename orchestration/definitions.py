"""The code location: every asset, job, schedule and sensor, with the real platform.

The list of modules is explicit, because importing whole packages would pull in everything.
"""

from __future__ import annotations

import dagster as dg

import assets.checkpoints.defs
import assets.corpora.defs
import assets.mixtures.defs
import assets.models.defs
import assets.releases.defs
import assets.reports.defs
import assets.synthesis.defs
import assets.tokenizers.defs
from assets.platform import Platform
from orchestration.automation import SENSORS, build_schedules
from orchestration.jobs import JOBS
from orchestration.platform import build_platform
from orchestration.settings import Settings, prepare_environment

ASSETS = [
    *assets.corpora.defs.ASSETS,
    *assets.mixtures.defs.ASSETS,
    *assets.tokenizers.defs.ASSETS,
    *assets.synthesis.defs.ASSETS,
    *assets.checkpoints.defs.ASSETS,
    *assets.models.defs.ASSETS,
    *assets.reports.defs.ASSETS,
    *assets.releases.defs.ASSETS,
]


def build_definitions(settings: Settings, platform: Platform | None = None) -> dg.Definitions:
    """Return the definitions of one installation, with its platform if that is open already."""
    return dg.Definitions(
        assets=ASSETS,
        jobs=JOBS,
        schedules=build_schedules(settings),
        sensors=SENSORS,
        resources={"platform": platform or build_platform(settings)},
        # Small assets run in the run's own process; big work is a job outside.
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Load for the Dagster webserver and daemon."""
    settings = Settings.from_env()
    prepare_environment(settings)
    return build_definitions(settings)
