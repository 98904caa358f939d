"""From a node's pure work to a Dagster asset: reuse or build, then metadata and checks.

Annotations are evaluated here: Dagster looks at the type of an asset's context.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg

from assets.lineage.audit import ArtifactGraph
from assets.lineage.build import Built, Work, build
from assets.lineage.checks import Check
from assets.lineage.cost import cost_report
from assets.lineage.cost_picture import draw_costs
from assets.lineage.cost_text import markdown
from assets.lineage.manifest import Manifest, artifact_key
from assets.lineage.pipes import SharedFileReader
from assets.lineage.questions import audits_of
from assets.lineage.scope import refuse_too_costly
from assets.lineage.step import Step
from assets.platform import Platform
from assets.ports import JobRequest, JobRunner, JobSpec, Lake, RunLog
from assets.recipes.code_versions import CODE_VERSIONS
from assets.recipes.resolve import resolve_step

ACCELERATOR_POOL = "accelerator"
"""Jobs hold a slot of this pool while they run; dagster.yaml says how many there are."""

ACCEPT_DRIFT_TAG = "materia/accept_drift"
"""Tag of a run: fields, apart by spaces, that may differ from an interrupted job's checkpoint."""

_MAX_PICTURE_BYTES = 400_000
"""Event-log rows hold pictures inline; larger ones are only linked (our choice)."""

_WITH_COST_PICTURE = ("checkpoints", "models", "releases")

Deps = Sequence[str | dg.AssetDep]
Show = Callable[[Built], Mapping[str, Any]]
Tell = Callable[[Lake, Manifest], Mapping[str, Any]]

_SHOWN: dict[str, Show] = {}
"""What a node shows beside the common metadata; filled as its asset is defined."""
_TOLD: dict[str, Tell] = {}
"""The same, where the lake has to be read for it."""
_WORKS: dict[str, Work] = {}
"""What makes a node's artifacts, where the recipe alone says what they are."""


def artifact_asset(
    node: str,
    work: Work | None,
    *,
    description: str,
    partitions: dg.PartitionsDefinition[str] | None,
    deps: Deps = (),
    kinds: set[str],
    owner: str,
    checks: Sequence[Check] = (),
    pool: str | None = None,
    prepare: Callable[[Platform, str], tuple[Step, Work]] | None = None,
    publish: Callable[[Platform, Built], Mapping[str, Any]] | None = None,
    show: Show | None = None,
    tell: Tell | None = None,
) -> dg.AssetsDefinition:
    """Return the asset of one node.

    `prepare` finds identity and work together where the recipe alone does not give them (a raw
    snapshot must be looked at); `publish` runs once an artifact is made and adds metadata;
    `show` adds metadata every time, and so does `tell`, which reads the lake.
    """
    family, name = node.split("/")
    key = dg.AssetKey([family, name])
    if show is not None:
        _SHOWN[node] = show
    if tell is not None:
        _TOLD[node] = tell
    if work is not None:
        _WORKS[node] = work

    @dg.asset(
        key=key,
        group_name=family,
        description=description,
        partitions_def=partitions,
        deps=[_dep(dep) for dep in deps],
        kinds=kinds,
        owners=[owner],
        code_version=CODE_VERSIONS[node],
        pool=pool,
        check_specs=[
            dg.AssetCheckSpec(
                check.name, asset=key, description=check.description, blocking=check.blocking
            )
            for check in checks
        ],
    )
    def _asset(
        context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
    ) -> dg.MaterializeResult:  # type: ignore[type-arg]
        partition = context.partition_key if context.has_partition_key else ""
        if prepare is not None:
            asked, make = prepare(platform, partition)
        else:
            assert work is not None, f"{node} has neither work nor prepare"
            asked, make = resolve_step(node, partition, platform.lake), work
        built = _build(context, platform, asked, make)
        published = publish(platform, built) if publish and not built.reused else {}
        return dg.MaterializeResult(
            asset_key=key,
            metadata={
                **describe(built, platform),
                **cost_metadata(built.manifest, platform),
                **published,
            },
            # The fingerprint and not the digest: what descends from an artifact that was asked
            # to be another is stale, even where its bytes came out the same.
            data_version=dg.DataVersion(built.manifest.fingerprint),
            check_results=[_run_check(check, built.manifest, platform) for check in checks],
        )

    return _asset


def work_of(node: str) -> Work | None:
    """Return what makes a node's artifacts; None for one whose sources have to be looked at."""
    return _WORKS.get(node)


def _build(context: dg.AssetExecutionContext, platform: Platform, step: Step, work: Work) -> Built:
    platform.on_progress(step.key, "")
    if platform.lake.find(step.family, step.name, step.fingerprint) is None:
        refuse_too_costly(context, platform.gate)

    def progress(message: str) -> None:
        context.log.info(message)
        platform.on_progress(step.key, message)

    built = build(
        step,
        work,
        lake=platform.lake,
        tracker=platform.tracker,
        provenance=platform.gather_provenance(context.run.run_id),
        job_root=platform.job_root,
        compute=platform.compute,
        run_job=lambda run_log: _job_runner(context, platform, run_log, progress),
        training=platform.training,
        progress=progress,
    )
    if built.reused:
        context.log.info("reused %s: %s", built.manifest.short, built.uri)
    platform.on_progress(step.key, "reused" if built.reused else "made")
    return built


def _job_runner(
    context: dg.AssetExecutionContext,
    platform: Platform,
    run_log: RunLog,
    say: Callable[[str], None],
) -> JobRunner:
    """Run jobs outside, with Dagster Pipes carrying their log lines into this run."""

    def run(request: JobRequest) -> None:
        request.work_dir.mkdir(parents=True, exist_ok=True)
        reader = SharedFileReader(request.work_dir / "pipes-messages.jsonl")
        with dg.open_pipes_session(
            context=context, context_injector=dg.PipesEnvContextInjector(), message_reader=reader
        ) as session:
            spec = JobSpec(
                name=request.name,
                module=request.module,
                spec_path=str(request.spec_path),
                work_dir=str(request.work_dir),
                world_size=request.world_size,
                env=session.get_bootstrap_env_vars(),
                arguments=_drift_arguments(context) if request.resumes else (),
                max_preemptions=platform.max_preemptions,
            )
            platform.run_and_wait(
                platform.launcher,
                spec,
                lambda: _project(platform, request, run_log),
                say,
            )
            _project(platform, request, run_log)

    return run


def _drift_arguments(context: dg.AssetExecutionContext) -> tuple[str, ...]:
    """Return what the run's tag accepts, as training.main takes it."""
    fields = context.run.tags.get(ACCEPT_DRIFT_TAG, "").split()
    return tuple(word for field in fields for word in ("--accept-drift", field))


def _project(platform: Platform, request: JobRequest, run_log: RunLog) -> None:
    if request.journal_path is not None and request.journal_path.exists():
        platform.project_journal(request.journal_path, run_log)


def describe(built: Built, platform: Platform, *, pictures: bool = True) -> dict[str, Any]:
    """Return what the asset's page shows, in the order in which a person asks.

    All of it is in the lake, so that a lost event log can be written anew; only pictures need
    more than the manifest.
    """
    manifest = built.manifest
    values: dict[str, Any] = {"summary": dg.MetadataValue.md(manifest.summary or "no summary")}
    for name in manifest.pictures if pictures else ():
        path = platform.lake.fetch(manifest, manifest.file(name))
        if path.stat().st_size <= _MAX_PICTURE_BYTES:
            values[f"picture/{Path(name).stem}"] = dg.MetadataValue.md(_inline(path))
    if url := built.mlflow_url or platform.tracker.run_url(manifest.mlflow_run_id):
        values["mlflow_run"] = dg.MetadataValue.url(url)
    values["inputs"] = dg.MetadataValue.md(_inputs_table(manifest))
    for name, value in manifest.metrics.items():
        # Dagster prints labels of more than about 35 characters over their values.
        values[name.removeprefix("eval/")] = float(f"{value:.6g}")
    for name, count in manifest.counts.items():
        values[f"count/{name}"] = count
    node = f"{manifest.family}/{manifest.name}"
    show, tell = _SHOWN.get(node), _TOLD.get(node)
    return {
        **values,
        **(tell(platform.lake, manifest) if tell else {}),
        "audits": dg.MetadataValue.md(audits_of(manifest)),
        "wall_s": round(manifest.cost.wall_s, 2),
        **_used(manifest),
        "finished": dg.MetadataValue.timestamp(datetime.fromisoformat(manifest.finished_at)),
        "files": len(manifest.files),
        "bytes": sum(entry.size_bytes for entry in manifest.files),
        "artifact": manifest.key,
        "fingerprint": manifest.fingerprint,
        "digest": manifest.digest,
        "uri": dg.MetadataValue.path(built.uri),
        "reused": built.reused,
        **(show(built) if show else {}),
    }


def cost_metadata(manifest: Manifest, platform: Platform) -> dict[str, Any]:
    """Return what it cost, own and inherited, and a picture where much has come together.

    Apart from `describe`, because it follows from this installation's factors and not from the
    lake alone: `materia verify` holds nobody to it.
    """
    if platform.factors is None:
        return {}
    report = cost_report(ArtifactGraph.of(platform.lake).ancestors(manifest), platform.factors)
    values: dict[str, Any] = {
        "cost": dg.MetadataValue.md(markdown(report, platform.factors.currency))
    }
    if manifest.family in _WITH_COST_PICTURE:
        png = draw_costs(report, platform.factors.currency)
        values["picture/cost"] = dg.MetadataValue.md(_inlined("cost", png))
    return values


def _used(manifest: Manifest) -> dict[str, float]:
    """Return what was measured; what was not is left out, and never 0."""
    used = {"cpu_s": manifest.usage.cpu_s, "device_s": manifest.usage.device_s}
    return {name: round(value, 2) for name, value in used.items() if value is not None}


def _inputs_table(manifest: Manifest) -> str:
    if not manifest.inputs:
        return "none: this is where the graph begins"
    rows = [
        f"| {artifact_key(i.family, i.name, i.partition)} | `{i.fingerprint[:12]}` | "
        f"`{i.digest[:12]}` | {len(i.files_read)} |"
        for i in manifest.inputs
    ]
    return "\n".join(["| input | fingerprint | digest | files read |", "|---|---|---|---|", *rows])


def _inline(path: Path) -> str:
    return _inlined(path.stem, path.read_bytes())


def _inlined(name: str, png: bytes) -> str:
    return f"![{name}](data:image/png;base64,{base64.b64encode(png).decode()})"


def _run_check(check: Check, manifest: Manifest, platform: Platform) -> dg.AssetCheckResult:
    verdict = check.run(manifest, platform.lake)
    return dg.AssetCheckResult(
        check_name=check.name,
        passed=verdict.passed,
        severity=dg.AssetCheckSeverity.ERROR if check.blocking else dg.AssetCheckSeverity.WARN,
        description=verdict.reason,
        metadata=_plain(verdict.facts),
    )


def _plain(facts: Mapping[str, int | float | str]) -> dict[str, Any]:
    return dict(facts)


def _dep(dep: str | dg.AssetDep) -> dg.AssetDep:
    return dep if isinstance(dep, dg.AssetDep) else dg.AssetDep(dg.AssetKey(dep.split("/")))
