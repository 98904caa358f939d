"""WHEN things run by themselves: two nightly schedules and a file sensor, off by default."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from assets.corpora.snapshot import resolve
from assets.corpora.sources import SOURCES, source
from assets.corpora.withdrawn import resolve_withdrawn
from assets.platform import Platform
from assets.recipes.graph import raw_step, withdrawn_step
from orchestration.dagster_staleness import tell_pages
from orchestration.jobs import build_corpora, read_withdrawals, train_recipe
from orchestration.settings import Settings
from orchestration.staleness import released_recipes, stale_recipes, stale_sources


def build_schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """Return the nightly schedules: stale corpora first, stale recipes two hours later."""

    @dg.schedule(
        name="build_corpora_nightly",
        cron_schedule=settings.corpora_cron,
        target=build_corpora,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Read stale sources again: their files, reader or rules have changed.",
    )
    def build_corpora_nightly(
        context: dg.ScheduleEvaluationContext, platform: dg.ResourceParam[Platform]
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        yield from _requests(context, stale_sources(platform.lake, platform.places))

    @dg.schedule(
        name="train_recipe_nightly",
        cron_schedule=settings.recipes_cron,
        target=train_recipe,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Make released recipes again of which something is stale.",
    )
    def train_recipe_nightly(
        context: dg.ScheduleEvaluationContext, platform: dg.ResourceParam[Platform]
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        for name in released_recipes(platform.lake):
            # Their pages say why, before the runs that this asks for have ended.
            tell_pages(context.instance, platform.lake, name)
        yield from _requests(context, stale_recipes(platform.lake))

    return [build_corpora_nightly, train_recipe_nightly]


def _requests(
    context: dg.ScheduleEvaluationContext, partitions: list[str]
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    when = context.scheduled_execution_time.isoformat()
    for name in partitions:
        yield dg.RunRequest(run_key=f"{when}:{name}", partition_key=name)
    if not partitions:
        yield dg.SkipReason("nothing is stale")


@dg.sensor(
    name="ingest_on_new_files",
    jobs=[build_corpora, read_withdrawals],
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="A watched folder has new or changed files: read that source, or the lists of "
    "withdrawn documents, again.",
)
def ingest_on_new_files(
    context: dg.SensorEvaluationContext, platform: dg.ResourceParam[Platform]
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Compare each watched folder's snapshot with the lake by fingerprint, not by time."""
    changed = False
    for name, entry in SOURCES.items():
        if entry.origin != "folder":
            continue
        snapshot = resolve(source(name), platform.places)
        if not snapshot.files:
            continue
        step = raw_step(entry.to_dict(), snapshot.to_dict())
        if platform.lake.find(step.family, step.name, step.fingerprint) is None:
            changed = True
            yield dg.RunRequest(
                run_key=step.fingerprint, partition_key=name, job_name=build_corpora.name
            )
    lists = resolve_withdrawn(platform.places.inbox)
    step = withdrawn_step(lists.to_dict())
    if lists.files and platform.lake.find(step.family, step.name, step.fingerprint) is None:
        changed = True
        yield dg.RunRequest(run_key=step.fingerprint, job_name=read_withdrawals.name)
    if not changed:
        yield dg.SkipReason("no watched folder has changed")


SENSORS = [ingest_on_new_files]
