"""Which release a recipe serves: promotions, kept in the lake as artifacts of their own.

    releases/promotion[RECIPE]   its one input is the release; config: number, reason, by whom

The alias `champion` in MLflow is the view of the newest one. A promotion is never edited; going
back is another promotion.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from assets.lineage.build import hash_files, inherited_cost
from assets.lineage.manifest import Attempt, Cost, InputRecord, Manifest, digest_of
from assets.lineage.provenance import Provenance
from assets.lineage.step import fingerprint_of
from assets.lineage.taint import no_withdrawn_document
from assets.ports import Lake
from orchestration.lake import ObjectLake
from orchestration.mlflow_models import is_release, recipe_of
from orchestration.verify import verify

NODE = ("releases", "promotion")
FILE = "promotion.json"
_CODE_VERSION = "1"


class NotPromoted(ValueError):
    """A release that must not be served, with the reason."""


def promote(
    lake: ObjectLake,
    release: Manifest,
    *,
    reason: str,
    by: str,
    now: datetime,
    provenance: Provenance,
) -> Manifest:
    """Commit a promotion of a release, all of whose files were hashed again; raises NotPromoted."""
    _check(lake, release)
    recipe = recipe_of(release)
    earlier = [manifest for manifest in _in_order(lake) if manifest.partition == recipe]
    if earlier and _promoted(earlier[-1]) == release.fingerprint:
        raise NotPromoted(f"{release.key}@{release.short} is the champion already")
    number = 1 + max((int(manifest.config["number"]) for manifest in earlier), default=0)
    config = {"recipe": recipe, "number": number, "reason": reason, "by": by}
    above = (f"{release.family}/{release.name}", release.fingerprint)
    attempt = lake.begin(*NODE, fingerprint_of("/".join(NODE), config, _CODE_VERSION, [above]))
    record = {**config, "release": release.fingerprint, "digest": release.digest}
    (attempt.scratch / FILE).write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
    manifest = _manifest(lake, release, attempt, config, now.isoformat(), provenance)
    lake.commit(attempt, manifest)
    return manifest


def champions(lake: Lake) -> dict[str, str]:
    """Return recipe -> fingerprint of the release that was promoted last."""
    return {manifest.partition: _promoted(manifest) for manifest in _in_order(lake)}


def champions_among(manifests: Iterable[Manifest]) -> dict[str, str]:
    """Return the same from manifests at hand."""
    found = [m for m in manifests if (m.family, m.name) == NODE]
    return {manifest.partition: _promoted(manifest) for manifest in sorted(found, key=_order)}


def _check(lake: ObjectLake, release: Manifest) -> None:
    if not is_release(release):
        raise NotPromoted(f"{release.key} is no release: promote for example 'releases/release[x]'")
    problems = verify(lake, [release], [])
    if problems:
        raise NotPromoted(f"{problems[0]} ({len(problems)} problems in all): not promoted")
    verdict = no_withdrawn_document(release, lake)
    if not verdict.passed:
        raise NotPromoted(f"{release.key}@{release.short}: {verdict.reason}")


def _manifest(
    lake: Lake,
    release: Manifest,
    attempt: Attempt,
    config: Mapping[str, Any],
    now: str,
    provenance: Provenance,
) -> Manifest:
    files = hash_files(attempt.scratch)
    return Manifest(
        family=attempt.family,
        name=attempt.name,
        partition=config["recipe"],
        fingerprint=attempt.fingerprint,
        digest=digest_of(files),
        code_version=_CODE_VERSION,
        config=config,
        inputs=(_read(release),),
        files=files,
        data_dir=f"a{attempt.token}",
        token=attempt.token,
        counts={"number": config["number"]},
        metrics={},
        summary=f"Release `{release.short}`, promoted by {config['by']}: {config['reason']}",
        pictures=(),
        cost=Cost(),
        inherited_cost=inherited_cost(lake, [release]),
        git_commit=provenance.git_commit,
        git_dirty=provenance.git_dirty,
        packages=provenance.packages,
        host=provenance.host,
        dagster_run_id="",
        mlflow_run_id="",
        started_at=now,
        finished_at=now,
    )


def _read(release: Manifest) -> InputRecord:
    return InputRecord(
        family=release.family,
        name=release.name,
        partition=release.partition,
        fingerprint=release.fingerprint,
        digest=release.digest,
        files_read=release.files,
    )


def _in_order(lake: Lake) -> list[Manifest]:
    return sorted(lake.manifests(*NODE), key=_order)


def _order(promotion: Manifest) -> tuple[int, str]:
    # Two at the same moment take the same number; the later clock wins.
    return int(promotion.config["number"]), promotion.finished_at


def _promoted(promotion: Manifest) -> str:
    (release,) = promotion.inputs
    return release.fingerprint
