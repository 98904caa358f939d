"""WHEN things run by themselves: a nightly schedule and a file sensor, both off by default."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from assets.corpora.snapshot import resolve
from assets.corpora.sources import SOURCES, source
from assets.platform import Platform
from assets.recipes.graph import raw_step
from orchestration.jobs import build_corpora, train_recipe
from orchestration.staleness import stale_recipes, stale_sources


@dg.schedule(
    name="rebuild_stale_nightly",
    cron_schedule="0 2 * * *",
    target=[build_corpora, train_recipe],
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Each night at two: re-materialize what is stale, corpora first.",
)
def rebuild_stale_nightly(
    context: dg.ScheduleEvaluationContext, platform: dg.ResourceParam[Platform]
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Ask for stale sources; recipes follow once no source is stale."""
    sources = stale_sources(platform.lake, platform.inbox)
    recipes = [] if sources else stale_recipes(platform.lake)
    if not sources and not recipes:
        yield dg.SkipReason("nothing is stale")
    when = context.scheduled_execution_time.date().isoformat()
    for name in sources:
        yield dg.RunRequest(
            run_key=f"{when}:{name}", job_name=build_corpora.name, partition_key=name
        )
    for name in recipes:
        yield dg.RunRequest(
            run_key=f"{when}:{name}", job_name=train_recipe.name, partition_key=name
        )


@dg.sensor(
    name="ingest_on_new_files",
    job=build_corpora,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="A watched folder has new or changed files: read that source again.",
)
def ingest_on_new_files(
    context: dg.SensorEvaluationContext, platform: dg.ResourceParam[Platform]
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Compare each watched folder's snapshot with the lake by fingerprint, not by time."""
    changed = False
    for name, entry in SOURCES.items():
        if entry.origin != "folder":
            continue
        snapshot = resolve(source(name), platform.inbox)
        if not snapshot.files:
            continue
        step = raw_step(entry.to_dict(), snapshot.to_dict())
        if platform.lake.find(step.family, step.name, step.fingerprint) is None:
            changed = True
            yield dg.RunRequest(run_key=step.fingerprint, partition_key=name)
    if not changed:
        yield dg.SkipReason("no watched folder has changed")


SCHEDULES = [rebuild_stale_nightly]
SENSORS = [ingest_on_new_files]
