"""reports/exposure: what in the lake is still affected by documents that were to be forgotten.

A view of the lake at one moment: its identity is what it found, so an unchanged lake gives the same
report. It marks and hides nothing; `materia promote` refuses what it lists.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from assets.corpora.tombstones import TABLE, request_step, requests_in, tombstones_of
from assets.lineage.audit import ArtifactGraph
from assets.lineage.build import Work
from assets.lineage.canonical import sha256_of
from assets.lineage.checks import Check, Verdict
from assets.lineage.forgetting.exposure import affected_by, exposures
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.lineage.tables import document
from assets.lineage.workspace import Outcome, Workspace
from assets.platform import Platform
from assets.ports import Lake
from assets.recipes.code_versions import CODE_VERSIONS

NODE = "reports/exposure"
FILE, PAGE = "exposure.json", "exposure.md"
FAMILIES = ("checkpoints", "models", "reports", "releases")
MAX_ROWS = 200
"""Rows of the page; exposure.json has them all (our choice)."""


@dataclass(frozen=True, kw_only=True)
class Affected:
    """One artifact that descends from weights which learned from the documents of a request."""

    request: str
    artifact: str
    fingerprint: str
    family: str
    through: tuple[str, ...]
    """The models that read them, itself or above it."""
    read_tokens: int
    """By those models, every reading counted."""
    num_steps: int
    stands: bool
    """Whether it is the newest of its name, or a release that is promoted now."""


def affected_artifacts(lake: Lake) -> list[Affected]:
    """Return what every request has reached, requests in their order."""
    graph = ArtifactGraph.of(lake)
    standing = standing_artifacts(graph.nodes.values())
    rows: list[Affected] = []
    for request in requests_in(lake):
        ids = tombstones_of(lake, [request])["doc_id"].unique()
        reached = affected_by(graph, exposures(lake, graph, ids), FAMILIES)
        for fingerprint, found in sorted(reached.items()):
            manifest = graph.nodes[fingerprint]
            rows.append(
                Affected(
                    request=request.fingerprint,
                    artifact=manifest.key,
                    fingerprint=fingerprint,
                    family=manifest.family,
                    through=tuple(sorted({exposure.model for exposure in found})),
                    read_tokens=sum(exposure.read_tokens for exposure in found),
                    num_steps=sum(exposure.num_steps for exposure in found),
                    stands=fingerprint in standing,
                )
            )
    return rows


def standing_artifacts(manifests: Iterable[Manifest]) -> set[str]:
    """Return the newest artifact of every name, and the releases that were promoted last."""
    newest: dict[str, Manifest] = {}
    for manifest in sorted(manifests, key=lambda m: m.finished_at):
        newest[manifest.key] = manifest
    promoted = [m for m in newest.values() if (m.family, m.name) == ("releases", "promotion")]
    return {
        *[manifest.fingerprint for manifest in newest.values()],
        *[record.fingerprint for manifest in promoted for record in manifest.inputs],
    }


def prepare_exposure(platform: Platform, partition: str) -> tuple[Step, Work]:
    """Look at the lake; what was found is the identity."""
    lake = platform.lake
    rows = affected_artifacts(lake)
    requests = [request_step(manifest.config) for manifest in requests_in(lake)]
    family, name = NODE.split("/")
    step = Step(
        family=family,
        name=name,
        partition=partition,
        code_version=CODE_VERSIONS[NODE],
        config={"affected": sha256_of([asdict(row) for row in rows])},
        inputs=tuple(requests),
    )
    return step, lambda ws: write_exposure(ws, rows)


def write_exposure(ws: Workspace, rows: Sequence[Affected]) -> Outcome:
    """Write the report of what prepare_exposure has found."""
    requests = ws.inputs("corpora/tombstones")
    for files in requests:
        files.path(TABLE)
    record = [asdict(row) for row in rows]
    ws.out(FILE).write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    page = exposure_page([files.manifest for files in requests], rows)
    ws.out(PAGE).write_text(page, encoding="utf-8")
    return Outcome(
        counts={
            "requests": len(requests),
            "affected": len({row.fingerprint for row in rows}),
            "standing": len({row.fingerprint for row in rows if row.stands}),
            "releases": len({row.fingerprint for row in rows if row.family == "releases"}),
        },
        summary=page,
    )


def exposure_page(requests: Sequence[Manifest], rows: Sequence[Affected]) -> str:
    """Return the report in Markdown."""
    if not requests:
        return "No request to forget is in the lake.\n"
    standing = len({row.fingerprint for row in rows if row.stands})
    lines = [
        f"{len(requests)} requests to forget; {len({row.fingerprint for row in rows})} artifacts "
        f"descend from weights that learned from their documents; {standing} of these are the "
        "newest of their name, or promoted.",
        "",
        "| request | artifact | stands | through | tokens read | steps |",
        "| --- | --- | --- | --- | ---: | ---: |",
        *[
            f"| `{row.request[:12]}` | {row.artifact}@{row.fingerprint[:12]} | "
            f"{'yes' if row.stands else 'no'} | {', '.join(row.through)} | {row.read_tokens:,} | "
            f"{row.num_steps:,} |"
            for row in rows[:MAX_ROWS]
        ],
    ]
    if len(rows) > MAX_ROWS:
        lines.append(f"\nand {len(rows) - MAX_ROWS} more, in `{FILE}`")
    return "\n".join(lines) + "\n"


def nothing_that_stands_is_affected(manifest: Manifest, lake: Lake) -> Verdict:
    rows = document(lake, manifest, FILE)
    standing = sorted({row["artifact"] for row in rows if row["stands"]})
    return Verdict(
        passed=not standing,
        reason=f"{len(standing)} artifacts that are newest or promoted have learned from forgotten "
        f"documents{': ' + ', '.join(standing[:10]) if standing else ''}",
        facts={"standing": len(standing), "affected": len({r["fingerprint"] for r in rows})},
    )


EXPOSURE_CHECKS = (
    Check(
        name="nothing_that_stands_is_affected",
        description="No newest model, report or release, and none that is promoted, has learned "
        "from a forgotten document.",
        run=nothing_that_stands_is_affected,
        blocking=False,
    ),
)
