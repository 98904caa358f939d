"""Follow a whole source or licence forward: the fates of its documents, its tokens in stages and in
training, the steps that read them, and the models, reports and releases that followed.

Counts only, from the tables of all artifacts in the lake; trace.py follows single documents.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from assets.lineage.audit import ArtifactGraph
from assets.lineage.manifest import Manifest
from assets.lineage.tables import document, has_table, scan
from assets.lineage.trace import DECISIONS, trained
from assets.ports import Lake
from training.shards import SampleOrder

_REASONS = {
    "dropped": "reason",
    "merged": "rule",
    "removed": "benchmark",
    "excluded": "rule",
}
"""Fate -> the column that says why."""
STAGES = ("mixtures/stage1", "mixtures/stage2", "mixtures/stage3")


@dataclass(kw_only=True)
class OriginTrace:
    """Everything known about one source or licence, ready for JSON."""

    query: str
    fates: list[dict[str, Any]] = field(default_factory=list)
    """Documents by artifact and fate, with the reasons; dropped ones have a source, no licence."""
    stages: list[dict[str, Any]] = field(default_factory=list)
    """Documents and tokens that mixtures selected, repeats counted."""
    synthetic_items: int = 0
    training: list[dict[str, Any]] = field(default_factory=list)
    """Per model: tokens packed and read, every reading counted, and the steps that read some."""
    checkpoints: list[str] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    releases: list[str] = field(default_factory=list)

    @property
    def is_known(self) -> bool:
        return any(entry["documents"] for entry in self.fates)


def trace_origin(
    lake: Lake,
    *,
    source: str = "",
    licence: str = "",
    progress: Callable[[str], None] = lambda message: None,
) -> OriginTrace:
    """Trace all documents of a source, or all under a licence; raises ValueError for both."""
    if bool(source) == bool(licence):
        raise ValueError("trace needs either a source or a licence")
    return _Origin(lake, source, licence, progress).traced()


class _Origin:
    def __init__(
        self, lake: Lake, source: str, licence: str, progress: Callable[[str], None]
    ) -> None:
        self._lake, self._progress = lake, progress
        self._source, self._licence = source, licence
        self._graph = ArtifactGraph.of(lake)

    def traced(self) -> OriginTrace:
        query = f"source {self._source}" if self._source else f"licence {self._licence}"
        result = OriginTrace(query=query)
        for node, name, fate in DECISIONS:
            for manifest in self._made(node):
                if has_table(manifest, name) and not self._is_of_another(manifest):
                    result.fates += self._fate(manifest, name, fate)
        if not result.is_known:
            return result
        for node in STAGES:
            for manifest in self._made(node):
                result.stages += self._stage(manifest)
        result.synthetic_items = sum(
            int(self._questions(m).select(pl.len()).collect().item())
            for m in self._made("synthesis/questions")
        )
        self._follow_training(result)
        return result

    def _made(self, node: str) -> list[Manifest]:
        family, _, name = node.partition("/")
        found = (self._graph.at(address) for address in self._lake.addresses(family, name or None))
        return [manifest for manifest in found if manifest is not None]

    def _is_of_another(self, manifest: Manifest) -> bool:
        """A corpus of another source need not be read."""
        of_corpora = manifest.node == "corpora/documents" and self._source
        return bool(of_corpora) and manifest.partition != self._source

    def _documents(self) -> pl.LazyFrame:
        """Return the ids of all documents under the licence."""
        frames = [
            scan(self._lake, manifest, "documents")
            .filter(pl.col("licence") == self._licence)
            .select("doc_id")
            for manifest in self._made("corpora/documents")
        ]
        none = pl.LazyFrame(schema={"doc_id": pl.String})
        return pl.concat([none, *frames]).unique()

    def _own(self, frame: pl.LazyFrame, by: str = "doc_id") -> pl.LazyFrame:
        """Keep the rows of the source or of the licence."""
        names = frame.collect_schema().names()
        if self._source:
            return frame.filter(pl.col("source") == self._source)
        if "licence" in names:
            return frame.filter(pl.col("licence") == self._licence)
        return frame.join(self._documents(), left_on=by, right_on="doc_id", how="semi")

    def _questions(self, manifest: Manifest) -> pl.LazyFrame:
        return self._own(scan(self._lake, manifest, "questions"), by="seed_doc_id")

    def _fate(self, manifest: Manifest, name: str, fate: str) -> list[dict[str, Any]]:
        frame = self._own(scan(self._lake, manifest, name))
        # Several rows of one document (items it overlaps with) are one fate.
        reason = pl.col(_REASONS[fate]) if fate in _REASONS else pl.lit("")
        counts = (
            frame.select("doc_id", reason.alias("reason"))
            .group_by("reason")
            .agg(pl.col("doc_id").n_unique().alias("documents"))
            .sort("reason")
        )
        total = frame.select(pl.col("doc_id").n_unique())
        by_reason, (number,) = (frame.collect(engine="streaming") for frame in (counts, total))
        documents = int(number.item())
        if not documents:
            return []
        reasons = dict(by_reason.iter_rows()) if fate in _REASONS else {}
        return [{**_named(manifest), "status": fate, "documents": documents, "reasons": reasons}]

    def _stage(self, manifest: Manifest) -> list[dict[str, Any]]:
        tokens = pl.col("num_tokens").cast(pl.Int64) * pl.col("repeats").cast(pl.Int64)
        found = (
            self._own(scan(self._lake, manifest, "selection"))
            .select(pl.len().alias("documents"), tokens.sum().alias("tokens"))
            .collect(engine="streaming")
            .row(0, named=True)
        )
        return [{**_named(manifest), **found}] if found["documents"] else []

    def _follow_training(self, result: OriginTrace) -> None:
        holders: dict[str, Manifest] = {}
        for shards in self._made("tokenizers"):
            models = trained(self._graph, shards) if has_table(shards, "index") else []
            if not models:
                continue
            self._progress(f"counting tokens of {shards.key}")
            packed = self._packed(shards)
            for model in models if packed.height else ():
                result.training.append(_read(self._lake, shards, model, packed))
                if result.training[-1]["steps"]:
                    holders |= {each.fingerprint: each for each in self._graph.descendants(model)}
        for holder in sorted(holders.values(), key=lambda m: m.finished_at):
            if holder.family in ("checkpoints", "models", "reports", "releases"):
                getattr(result, holder.family).append(f"{holder.key}@{holder.short}")

    def _packed(self, shards: Manifest) -> pl.DataFrame:
        """Return per sample the documents' pieces and tokens that it holds."""
        ids = []
        for manifest in self._graph.inputs(shards):
            if manifest.node == "mixtures/decontaminated":
                ids.append(self._own(scan(self._lake, manifest, "documents")).select("doc_id"))
            if manifest.node == "synthesis/questions":
                ids.append(self._questions(manifest).select(pl.col("item_id").alias("doc_id")))
        none = pl.LazyFrame(schema={"doc_id": pl.String})
        tokens = pl.col("end").cast(pl.Int64) - pl.col("start").cast(pl.Int64)
        rows = scan(self._lake, shards, "index").join(
            pl.concat([none, *ids]), on="doc_id", how="semi"
        )
        found: pl.DataFrame = rows.select("doc_id", "sample", tokens.alias("tokens")).collect(
            engine="streaming"
        )
        return found


def _read(lake: Lake, shards: Manifest, model: Manifest, packed: pl.DataFrame) -> dict[str, Any]:
    """Return what one training read of some packed documents."""
    num_samples = int(document(lake, shards, "shards.json")["num_samples"])
    order = SampleOrder(num_samples, int(model.config["data_seed"]))
    batch, num_steps = int(model.config["batch_samples"]), int(model.counts["steps"])
    samples = packed["sample"].unique().sort()
    steps: set[int] = set()
    times: list[int] = []
    for sample in samples:
        found = order.steps_of(sample, batch_samples=batch, steps=num_steps)
        times.append(len(found))
        steps.update(found)
    known = pl.DataFrame({"sample": samples, "times": pl.Series(times, dtype=pl.Int64)})
    seen = packed.join(known, on="sample", how="left")
    tokens_read = int((seen["tokens"] * seen["times"]).sum())
    of_all = model.counts.get("tokens", 0)
    return {
        **_named(model),
        "shards": f"{shards.key}@{shards.short}",
        "documents": int(seen.filter(pl.col("times") > 0)["doc_id"].n_unique()),
        "tokens_packed": int(packed["tokens"].sum()),
        "tokens_read": tokens_read,
        "share": tokens_read / of_all if of_all else None,
        "steps": len(steps),
        "of_steps": num_steps,
        "first_step": min(steps, default=None),
        "last_step": max(steps, default=None),
    }


def _named(manifest: Manifest) -> dict[str, Any]:
    return {"artifact": manifest.key, "fingerprint": manifest.fingerprint}
