"""Which models read which packed pieces, and when: computed from indexes and the training order."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from assets.lineage.audit import ArtifactGraph
from assets.lineage.manifest import Manifest
from assets.lineage.tables import document, has_table, scan
from assets.ports import Lake
from training.shards import SampleOrder


def questions_about(lake: Lake, manifest: Manifest, gone: pl.Series) -> pl.DataFrame:
    """Return item_id and seed_doc_id of the questions that ask about some documents."""
    if (manifest.family, manifest.name) != ("synthesis", "questions") or not has_table(
        manifest, "questions"
    ):
        return pl.DataFrame(schema={"item_id": pl.String, "seed_doc_id": pl.String})
    asked = scan(lake, manifest, "questions").select("item_id", "seed_doc_id")
    return asked.filter(pl.col("seed_doc_id").is_in(gone.implode())).collect()


def packed_pieces(lake: Lake, manifest: Manifest, packable: pl.DataFrame) -> pl.DataFrame:
    """Return the pieces of documents, and of questions about them, under the documents' ids.

    `packable` says of each packed_id which document it stands for.
    """
    if manifest.family != "tokenizers" or not has_table(manifest, "index"):
        return pl.DataFrame()
    rows = scan(lake, manifest, "index").select("doc_id", "sample", "start", "end")
    pieces = rows.join(packable.lazy(), left_on="doc_id", right_on="packed_id", how="inner")
    return pieces.select("sample", "start", "end", pl.col("document").alias("doc_id")).collect()


def models_of(graph: ArtifactGraph, shards: Manifest) -> Iterator[Manifest]:
    """Yield the checkpoints and models that were trained on some shards."""
    for model in graph.nodes.values():
        reads = any(record.fingerprint == shards.fingerprint for record in model.inputs)
        if model.family in ("checkpoints", "models") and reads:
            yield model


def readings(
    lake: Lake, shards: Manifest, model: Manifest, samples: pl.Series
) -> dict[int, list[int]]:
    """Compute the steps at which a model read each of some samples."""
    info = document(lake, shards, "shards.json")
    order = SampleOrder(int(info["num_samples"]), int(model.config["data_seed"]))
    return {
        sample: order.steps_of(
            sample,
            batch_samples=int(model.config["batch_samples"]),
            steps=int(model.counts["steps"]),
        )
        for sample in samples.unique().sort().to_list()
    }
