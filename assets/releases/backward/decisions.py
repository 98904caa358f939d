"""What was decided on the way to an artifact and is not to be seen in its numbers: by the rules
of the recipe, by training, and by people.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from assets.lineage.audit import ArtifactGraph
from assets.lineage.manifest import Manifest
from assets.lineage.tables import document, has_file, has_table, scan
from assets.ports import Lake
from assets.releases.evidence.statements import reference
from training.shards import steps_without_update

_SHOWN = 10
_COUNTS = {
    "mixtures/deduped": {
        "documents_over_cap": "documents beyond the recipe's cap on their source were not taken",
        "merged_exact": "exact copies were merged",
        "merged_near": "near copies were merged",
    },
    "mixtures/decontaminated": {
        "removed": "documents that give away a benchmark item were removed",
        "heldout": "documents were held out",
        "alarms": "sources lost more to benchmarks than is usual",
    },
    "synthesis/questions": {"rejected": "questions were rejected by their checks"},
}
"""Node -> count -> what it says; stages say theirs below."""
_OF_STAGES = {
    "targets_missed": "targets of the mixture were missed",
    "documents_too_long": "documents were too long to be read at all",
}


@dataclass(frozen=True, kw_only=True)
class Decision:
    artifact: str
    by: str
    """rule, training, or person."""
    what: str


def decisions(
    lake: Lake, graph: ArtifactGraph, chain: Sequence[Manifest], artifact: Manifest
) -> Iterator[Decision]:
    """Yield them in the order in which the artifacts were made, those about it last."""
    for manifest in chain:
        yield from _of_rules(lake, manifest)
        yield from _of_training(lake, manifest)
    if dirty := sum(manifest.git_dirty for manifest in chain):
        what = f"{dirty} of {len(chain)} artifacts were made by code that was not committed"
        yield Decision(artifact=reference(artifact), by="person", what=what)
    yield from _promotions(graph, artifact)


def _of_rules(lake: Lake, manifest: Manifest) -> Iterator[Decision]:
    node = f"{manifest.family}/{manifest.name}"
    told = _OF_STAGES if node.startswith("mixtures/stage") else _COUNTS.get(node, {})
    for name, what in told.items():
        if count := manifest.counts.get(name, 0):
            yield Decision(artifact=reference(manifest), by="rule", what=f"{count:,} {what}")
    if node == "mixtures/deduped" and has_table(manifest, "excluded"):
        excluded = scan(lake, manifest, "excluded").group_by("rule", "reason").agg(pl.len())
        for rule, reason, count in excluded.sort("rule", "reason").collect().iter_rows():
            because = f" ({reason})" if reason else ""
            yield Decision(
                artifact=reference(manifest),
                by="rule" if rule == "licence" else "person",
                what=f"{count:,} documents were left out by {rule}{because}",
            )


def _of_training(lake: Lake, manifest: Manifest) -> Iterator[Decision]:
    if manifest.family not in ("checkpoints", "models") or not has_file(manifest, "result.json"):
        return
    result = document(lake, manifest, "result.json")
    if skipped := sorted(steps_without_update(result)):
        shown = ", ".join(map(str, skipped[:_SHOWN])) + (", ..." if len(skipped) > _SHOWN else "")
        what = f"{len(skipped)} steps left no update, as spikes: {shown}"
        yield Decision(artifact=reference(manifest), by="training", what=what)
    for change in result.get("accepted_drift", ()):
        was, now = change["checkpoint"], change["spec"]
        what = f"went on from a checkpoint although {change['field']} had changed: {was} -> {now}"
        yield Decision(artifact=reference(manifest), by="person", what=what)


def _promotions(graph: ArtifactGraph, artifact: Manifest) -> Iterator[Decision]:
    made = [
        manifest
        for manifest in graph.nodes.values()
        if (manifest.family, manifest.name) == ("releases", "promotion")
        and any(record.fingerprint == artifact.fingerprint for record in manifest.inputs)
    ]
    for manifest in sorted(made, key=lambda m: m.finished_at):
        config = manifest.config
        what = f"promoted by {config['by']} on {manifest.finished_at[:10]}: {config['reason']}"
        yield Decision(artifact=reference(manifest), by="person", what=what)
