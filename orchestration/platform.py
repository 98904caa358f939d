"""Builds the platform of an installation from its settings: real lake, tracker and launcher."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from assets.corpora.places import Places
from assets.platform import Platform
from assets.ports import Lake, RunLog
from orchestration.compute.open import open_compute
from orchestration.forecast.open import open_gate
from orchestration.journal_projection import project_journal
from orchestration.lake import open_lake
from orchestration.launchers.open import POLL_S, open_launcher
from orchestration.launchers.wait import run_and_wait
from orchestration.mlflow_origins import origins_in
from orchestration.mlflow_run_log import MlflowRunLog
from orchestration.provenance import gather
from orchestration.settings import Settings
from orchestration.tracker import MlflowTracker


def build_platform(
    settings: Settings,
    on_progress: Callable[[str, str], None] = lambda key, message: None,
    tracker: MlflowTracker | None = None,
) -> Platform:
    """Return the platform, with a tracker that is open already or a new one; opening it starts
    nothing and imports neither MLflow nor torch."""
    lake, places = open_lake(settings), places_of(settings)
    return Platform(
        lake=lake,
        tracker=tracker or open_tracker(settings, lake),
        launcher=open_launcher(settings),
        compute=open_compute(settings),
        training=settings.training,
        job_root=settings.job_root,
        places=places,
        gather_provenance=gather,
        run_and_wait=lambda launcher, spec, on_tick, say: run_and_wait(
            launcher, spec, poll_s=POLL_S[launcher.name], on_tick=on_tick, say=say
        ),
        max_preemptions=settings.max_preemptions,
        project_journal=_project,
        on_progress=on_progress,
        factors=settings.factors,
        gate=open_gate(settings, lake, places),
    )


def places_of(settings: Settings) -> Places:
    """Return where this installation keeps what it is given."""
    return Places(
        inbox=settings.inbox,
        fetched=settings.home / "fetched",
        s3_endpoint=settings.s3_endpoint or "",
    )


def open_tracker(settings: Settings, lake: Lake | None = None) -> MlflowTracker:
    """Return the tracker alone, for commands that compare it with the lake."""
    lake = open_lake(settings) if lake is None else lake
    return MlflowTracker(
        tracking_uri=settings.tracking_uri,
        home=settings.home,
        dagster_url=settings.dagster_url,
        mlflow_url=settings.mlflow_url,
        origins=origins_in(lake),
        beside=True,
    )


def _project(journal: Path, run_log: RunLog) -> None:
    assert isinstance(run_log, MlflowRunLog)
    project_journal(journal, run_log, journal.with_suffix(".projected.json"))
