"""WHEN things run by themselves: two nightly schedules and a file sensor, off by default."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from assets.corpora.snapshot import resolve
from assets.corpora.sources import SOURCES, source
from assets.corpora.withdrawn import resolve_withdrawn
from assets.platform import Platform
from assets.ports import CostVerdict
from assets.recipes.graph import raw_step, withdrawn_step
from orchestration.dagster_staleness import tell_pages
from orchestration.jobs import build_corpora, read_withdrawals, targets_of, train_recipe
from orchestration.settings import Settings
from orchestration.staleness import released_recipes, stale_recipes, stale_sources

FORECAST_TAG = "materia/forecast"
"""Tag of a run that was started by itself: what it was forecast to cost."""


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
        stale = stale_sources(platform.lake, platform.places)
        yield from _requests(context, platform, build_corpora.name, stale)

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
        yield from _requests(context, platform, train_recipe.name, stale_recipes(platform.lake))

    return [build_corpora_nightly, train_recipe_nightly]


def _requests(
    context: dg.ScheduleEvaluationContext, platform: Platform, job: str, partitions: list[str]
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Ask for a run of every partition whose forecast is below the limit; say why of the others."""
    when = context.scheduled_execution_time.isoformat()
    refused = []
    for name in partitions:
        verdict = _judge(platform, job, name)
        if verdict.refusal:
            context.log.warning("%s[%s] is not started: %s", job, name, verdict.refusal)
            refused.append(f"{name}: {verdict.refusal}")
        else:
            yield dg.RunRequest(
                run_key=f"{when}:{name}", partition_key=name, tags=_forecast_tag(verdict)
            )
    if len(refused) == len(partitions):
        yield dg.SkipReason(" ".join(refused) or "nothing is stale")


def _judge(platform: Platform, job: str, partition: str) -> CostVerdict:
    if platform.gate is None:
        return CostVerdict(forecast="", refusal="")
    return platform.gate.judge(targets_of(job, partition))


def _forecast_tag(verdict: CostVerdict) -> dict[str, str]:
    return {FORECAST_TAG: verdict.forecast} if verdict.forecast else {}


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
    changed, refused = False, []
    for name, entry in SOURCES.items():
        if entry.origin != "folder":
            continue
        snapshot = resolve(source(name), platform.places)
        if not snapshot.files:
            continue
        step = raw_step(entry.to_dict(), snapshot.to_dict())
        if platform.lake.find(step.family, step.name, step.fingerprint) is None:
            verdict = _judge(platform, build_corpora.name, name)
            if verdict.refusal:
                context.log.warning("%s is not read: %s", name, verdict.refusal)
                refused.append(f"{name}: {verdict.refusal}")
                continue
            changed = True
            yield dg.RunRequest(
                run_key=step.fingerprint,
                partition_key=name,
                job_name=build_corpora.name,
                tags=_forecast_tag(verdict),
            )
    lists = resolve_withdrawn(platform.places.inbox)
    step = withdrawn_step(lists.to_dict())
    if lists.files and platform.lake.find(step.family, step.name, step.fingerprint) is None:
        changed = True
        yield dg.RunRequest(run_key=step.fingerprint, job_name=read_withdrawals.name)
    if not changed:
        yield dg.SkipReason(" ".join(refused) or "no watched folder has changed")


SENSORS = [ingest_on_new_files]
