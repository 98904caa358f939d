"""Commit what a command makes, and no run: an artifact of files that are at hand.

The manifest is the same as that of any other artifact; nothing is reused or resumed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from assets.lineage.build import hash_files, inherited_cost
from assets.lineage.manifest import (
    Attempt,
    CommitConflict,
    Cost,
    InputRecord,
    Manifest,
    digest_of,
)
from assets.lineage.provenance import Provenance
from assets.lineage.step import Step
from assets.ports import Lake


def commit_record(
    lake: Lake,
    step: Step,
    files: Mapping[str, bytes],
    *,
    counts: Mapping[str, int],
    summary: str,
    now: datetime,
    provenance: Provenance,
    read: Iterable[Manifest] = (),
) -> Manifest:
    """Commit files under a step's fingerprint; what is there already is returned as it is.

    `read` are the artifacts behind the step's inputs, in their order, each read whole.
    """
    found = lake.find(step.family, step.name, step.fingerprint)
    if found is not None:
        return found
    attempt = lake.begin(step.family, step.name, step.fingerprint)
    for name, content in files.items():
        (attempt.scratch / name).write_bytes(content)
    bare = _manifest(lake, step, attempt, list(read), provenance)
    when = now.isoformat()
    manifest = replace(
        bare, counts=dict(counts), summary=summary, started_at=when, finished_at=when
    )
    try:
        lake.commit(attempt, manifest)
    except CommitConflict:
        winner = lake.find(step.family, step.name, step.fingerprint)
        if winner is None:
            raise
        lake.abandon(attempt)
        return winner
    return manifest


def _manifest(
    lake: Lake, step: Step, attempt: Attempt, read: list[Manifest], provenance: Provenance
) -> Manifest:
    entries = hash_files(attempt.scratch)
    return Manifest(
        family=step.family,
        name=step.name,
        partition=step.partition,
        fingerprint=step.fingerprint,
        digest=digest_of(entries),
        code_version=step.code_version,
        config=step.config,
        inputs=tuple(_record(each) for each in read),
        files=entries,
        data_dir=f"a{attempt.token}",
        token=attempt.token,
        counts={},
        metrics={},
        summary="",
        pictures=(),
        cost=Cost(),
        inherited_cost=inherited_cost(lake, read),
        git_commit=provenance.git_commit,
        git_dirty=provenance.git_dirty,
        packages=provenance.packages,
        host=provenance.host,
        dagster_run_id=provenance.dagster_run_id,
        mlflow_run_id="",
        started_at="",
        finished_at="",
    )


def _record(manifest: Manifest) -> InputRecord:
    return InputRecord(
        family=manifest.family,
        name=manifest.name,
        partition=manifest.partition,
        fingerprint=manifest.fingerprint,
        digest=manifest.digest,
        files_read=manifest.files,
    )
