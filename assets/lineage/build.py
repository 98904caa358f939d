"""Make one artifact, or find that it exists: reuse, read, work, hash, commit, tell the tracker."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from assets.lineage.canonical import sha256_of_file
from assets.lineage.compiling import compiled_s
from assets.lineage.manifest import CommitConflict, Cost, FileEntry, Manifest, digest_of
from assets.lineage.provenance import Provenance
from assets.lineage.step import Step
from assets.lineage.usage import NO_JOB, Usage, close_job_usage, process_cpu_s, read_job_usage
from assets.lineage.workspace import InputFiles, Outcome, Workspace
from assets.ports import Compute, JobRunner, Lake, RunLog, Tracker
from assets.resources import LAPTOP, TrainingResources

logger = logging.getLogger(__name__)

Work = Callable[[Workspace], Outcome]

_WITH_CHILDREN = ("inline", "local")
"""Engines whose workers are this process or its children, so that it knows their CPU time."""


@dataclass(frozen=True, kw_only=True)
class Built:
    """A committed artifact and how this call came by it."""

    manifest: Manifest
    uri: str
    reused: bool
    mlflow_url: str


class MissingInput(RuntimeError):
    """An input has not been materialized yet."""


def build(
    step: Step,
    work: Work,
    *,
    lake: Lake,
    tracker: Tracker,
    provenance: Provenance,
    job_root: Path,
    compute: Compute,
    run_job: Callable[[RunLog], JobRunner],
    training: TrainingResources = LAPTOP,
    progress: Callable[[str], None],
) -> Built:
    """Return the artifact of `step`, making it with `work` only if the lake has none."""
    found = lake.find(step.family, step.name, step.fingerprint)
    if found is not None:
        return Built(manifest=found, uri=lake.uri(found), reused=True, mlflow_url="")
    inputs = tuple(InputFiles(lake, require_input(lake, parent)) for parent in step.inputs)
    run_log = tracker.start_run(
        family=step.family,
        name=step.name,
        partition=step.partition,
        fingerprint=step.fingerprint,
        dagster_run_id=provenance.dagster_run_id,
    )
    attempt = lake.begin(step.family, step.name, step.fingerprint)
    workspace = Workspace(
        step=step,
        inputs=inputs,
        out=attempt.scratch,
        out_folder=attempt.out,
        scratch=attempt.shared,
        compute=compute,
        job_dir=job_root / f"{step.family}.{step.name}.{step.short}",
        run_job=run_job(run_log),
        training=training,
        run_log=run_log,
        progress=progress,
    )
    compile_s = compiled_s()
    started, clock, cpu_s = datetime.now(UTC), time.monotonic(), process_cpu_s()
    try:
        outcome = work(workspace)
        wall_s = time.monotonic() - clock
        # Workers that have ended are children whose time is known.
        compute.release()
        usage = usage_of(workspace, process_cpu_s() - cpu_s, compiled_s() - compile_s)
        files = hash_files(attempt.scratch, workspace.published)
        manifest = Manifest(
            family=step.family,
            name=step.name,
            partition=step.partition,
            fingerprint=step.fingerprint,
            digest=digest_of(files),
            code_version=step.code_version,
            config=step.config,
            inputs=tuple(i.record() for i in inputs),
            files=files,
            data_dir=f"a{attempt.token}",
            token=attempt.token,
            counts=dict(outcome.counts),
            metrics=dict(outcome.metrics),
            summary=outcome.summary,
            pictures=outcome.pictures,
            cost=replace(outcome.cost, wall_s=wall_s),
            inherited_cost=inherited_cost(lake, (i.manifest for i in inputs)),
            git_commit=provenance.git_commit,
            git_dirty=provenance.git_dirty,
            packages=provenance.packages,
            host=provenance.host,
            dagster_run_id=provenance.dagster_run_id,
            mlflow_run_id=run_log.run_id,
            started_at=started.isoformat(),
            finished_at=datetime.now(UTC).isoformat(),
            usage=usage,
            machine=provenance.machine,
            code_digest=provenance.code_digest,
        )
        lake.commit(attempt, manifest)
    except CommitConflict:
        run_log.fail("another attempt committed first")
        lake.abandon(attempt)
        winner = lake.find(step.family, step.name, step.fingerprint)
        if winner is None:
            raise
        logger.warning("%s: another attempt committed first; using its artifact", step.key)
        return Built(manifest=winner, uri=lake.uri(winner), reused=True, mlflow_url="")
    except BaseException as error:
        run_log.fail(f"{type(error).__name__}: {error}")
        lake.abandon(attempt)
        raise
    finally:
        compute.release()
    close_job_usage(workspace.job_dir, attempt.token)
    uri = lake.uri(manifest)
    run_log.finish(manifest, uri)
    return Built(manifest=manifest, uri=uri, reused=False, mlflow_url=run_log.url)


def usage_of(workspace: Workspace, cpu_s: float, compile_s: float) -> Usage:
    """Return what this process, its workers and its jobs have used; None where nobody knows.

    The CPU time of workers on other machines is not known here.
    """
    is_seen = workspace.compute.name in _WITH_CHILDREN
    of_compiling = compile_s if is_seen else None
    if not workspace.jobs_run:
        return replace(NO_JOB, cpu_s=cpu_s if is_seen else None, compile_s=of_compiling)
    jobs = read_job_usage(workspace.job_dir) or Usage()
    known = is_seen and jobs.cpu_s is not None
    together = cpu_s + jobs.cpu_s if known else None  # type: ignore[operator]
    return replace(jobs, cpu_s=together, compile_s=of_compiling)


def hash_files(
    folder: Path, published: Mapping[str, FileEntry] | None = None
) -> tuple[FileEntry, ...]:
    """Return the entries of all files below a folder and of those already hashed, by path."""
    entries = dict(published or {})
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in entries:
            entries[name] = FileEntry(
                path=name, size_bytes=path.stat().st_size, sha256=sha256_of_file(path)
            )
    return tuple(entries[name] for name in sorted(entries))


def inherited_cost(lake: Lake, parents: Iterable[Manifest]) -> Cost:
    """Sum the own costs of all distinct ancestors."""
    seen: dict[str, Cost] = {}
    queue = list(parents)
    while queue:
        manifest = queue.pop()
        if manifest.fingerprint in seen:
            continue
        seen[manifest.fingerprint] = manifest.cost
        for record in manifest.inputs:
            ancestor = lake.find(record.family, record.name, record.fingerprint)
            if ancestor is not None:
                queue.append(ancestor)
    return sum(seen.values(), Cost())


def require_input(lake: Lake, step: Step) -> Manifest:
    """Return the manifest of an input; raises MissingInput with what to run."""
    manifest = lake.find(step.family, step.name, step.fingerprint)
    if manifest is None:
        raise MissingInput(
            f"{step.key} ({step.short}) is not in the lake {lake.root}: materialize it first, "
            f"for example with `materia materialize '{step.key}'`"
        )
    return manifest
