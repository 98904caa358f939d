"""In-toto statements about one artifact (SLSA provenance v1) and about a whole pack."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from assets.lineage.manifest import Manifest
from assets.releases.evidence.verify_pack import (
    INDEX_TYPE,
    MERKLE,
    PROVENANCE_TYPE,
    STATEMENT_TYPE,
    artifact_uri,
)

BUILD_TYPE = "urn:materia:asset:1"


def provenance_statement(manifest: Manifest) -> dict[str, Any]:
    """Return what was made, from what, with which config and code, by which run, at what cost."""
    artifact = {"name": reference(manifest), "digest": {MERKLE: manifest.digest}}
    files = [{"name": f.path, "digest": {"sha256": f.sha256}} for f in manifest.files]
    return {
        "_type": STATEMENT_TYPE,
        "subject": [artifact, *files],
        "predicateType": PROVENANCE_TYPE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "artifact": f"{manifest.family}/{manifest.name}",
                    "config": dict(manifest.config),
                    "fingerprint": manifest.fingerprint,
                },
                "internalParameters": {
                    "codeVersion": manifest.code_version,
                    "gitDirty": manifest.git_dirty,
                    "packages": dict(manifest.packages),
                },
                "resolvedDependencies": _dependencies(manifest),
            },
            "runDetails": {
                "builder": {"id": f"urn:materia:host:{host_hash(manifest.host)}"},
                "metadata": {
                    "invocationId": manifest.dagster_run_id,
                    "startedOn": timestamp(manifest.started_at),
                    "finishedOn": timestamp(manifest.finished_at),
                    "materia_mlflowRunId": manifest.mlflow_run_id,
                    "materia_cost": asdict(manifest.cost),
                    "materia_inheritedCost": asdict(manifest.inherited_cost),
                },
            },
        },
    }


def index_statement(
    release: Manifest, earlier: Sequence[Manifest], files: Mapping[str, str]
) -> dict[str, Any]:
    """Return the statement over all files of a pack, which says the how-manieth release it is."""
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": n, "digest": {"sha256": h}} for n, h in sorted(files.items())],
        "predicateType": INDEX_TYPE,
        "predicate": {
            "recipe": release.config["recipe"],
            "release": {
                "key": release.key,
                "fingerprint": release.fingerprint,
                "digest": release.digest,
                "finishedAt": timestamp(release.finished_at),
            },
            "sequence": len(earlier) + 1,
            "earlier": [manifest.fingerprint for manifest in earlier],
        },
    }


def reference(manifest: Manifest) -> str:
    """Return the name that every statement uses: releases/release[tiny]@443d06497e60."""
    return f"{manifest.key}@{manifest.short}"


def host_hash(host: str) -> str:
    """Return what tells machines apart without naming them."""
    return hashlib.sha256(host.encode()).hexdigest()


def timestamp(iso: str) -> str:
    """Return a time as RFC 3339 wants it, in whole seconds of UTC."""
    return datetime.fromisoformat(iso).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _dependencies(manifest: Manifest) -> list[dict[str, Any]]:
    inputs: list[dict[str, Any]] = [
        {
            "name": f"{record.family}/{record.name}",
            "uri": artifact_uri(asdict(record)),
            "digest": {MERKLE: record.digest},
        }
        for record in manifest.inputs
    ]
    commit = {
        "name": "source code",
        "uri": "urn:materia:source",
        "digest": {"gitCommit": manifest.git_commit},
    }
    # An artifact made outside a repository has no commit, and then claims none.
    return [*inputs, commit] if manifest.git_commit not in ("", "unknown") else inputs
