"""What an installation hands to the assets: the three ports and where scratch lies.

One plain resource, so that an asset's signature stays short; orchestration builds the real one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assets.corpora.places import Places
from assets.lineage.factors import Factors
from assets.lineage.provenance import Provenance
from assets.ports import Compute, CostGate, JobSpec, Lake, Launcher, RunLog, Tracker
from assets.resources import LAPTOP, TrainingResources


@dataclass(frozen=True, kw_only=True)
class Platform:
    lake: Lake
    tracker: Tracker
    launcher: Launcher
    compute: Compute
    training: TrainingResources = LAPTOP
    """What one training job may use here."""
    job_root: Path
    """Scratch of jobs, kept between attempts of one fingerprint."""
    places: Places
    """Where watched, fetched and remote corpora are."""
    gather_provenance: Callable[[str], Provenance]
    """Dagster run id -> provenance."""
    run_and_wait: Callable[[Launcher, JobSpec, Callable[[], None], Callable[[str], None]], None]
    """Submit or re-attach, call back while waiting, tell of preemptions, cancel when interrupted;
    raises JobFailed."""
    max_preemptions: int = 0
    """How often a job that was preempted is started again."""
    project_journal: Callable[[Path, RunLog], None]
    """Send new journal lines to the tracker, exactly once."""
    on_progress: Callable[[str, str], None]
    """(artifact key, message), for whoever watches; Dagster gets its own log."""
    factors: Factors | None = None
    """What turns hours into costs on an asset's page; without them it shows none."""
    gate: CostGate | None = None
    """Keeps runs from starting that are forecast to cost too much."""
