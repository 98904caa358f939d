"""mixtures/decontaminated: documents that share no n-gram with a benchmark, and a held-out split.

The split is drawn first and both sides are cleaned, so that perplexity on held-out text is
measured on text as clean as the text that was trained on. Every removal has its evidence: one row
per (document, item) in removed.parquet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import polars as pl

from assets.lineage.workspace import Outcome, Workspace
from assets.mixtures.contamination import ItemIndex
from assets.mixtures.pictures import heat_map
from assets.recipes.recipe import DecontaminationSpec

REMOVED_SHARE_ALARM = 0.1
"""A source that loses more than this is named in the summary; our choice."""


def make_decontaminated(ws: Workspace) -> Outcome:
    """Split off held-out documents, and drop from both sides what overlaps with a benchmark."""
    spec = DecontaminationSpec(**ws.config)
    items = pl.read_parquet(ws.input("corpora/benchmarks").path("items.parquet"))
    items = items.sort("benchmark", "item_id")
    documents = pl.read_parquet(ws.input("mixtures/deduped").path("documents.parquet"))
    documents = documents.sort("doc_id")
    ws.progress(f"{documents.height:,} documents against {items.height:,} benchmark items")
    index = ItemIndex(items["text"], spec.ngram_words)
    removed = evidence(documents, items, index)
    clean = ~documents["doc_id"].is_in(removed["doc_id"].unique().implode())
    heldout = heldout_mask(documents["doc_id"], spec.heldout_share)
    matrix = contamination_matrix(documents, items, removed)
    train, apart = documents.filter(clean & ~heldout), documents.filter(clean & heldout)
    assert train.height + apart.height + (~clean).sum() == documents.height
    train.write_parquet(ws.out("documents.parquet"), compression="zstd")
    apart.write_parquet(ws.out("heldout.parquet"), compression="zstd")
    removed.write_parquet(ws.out("removed.parquet"), compression="zstd")
    matrix.write_parquet(ws.out("matrix.parquet"), compression="zstd")
    _picture(matrix, ws)
    counts = {
        "documents_in": documents.height,
        "documents": train.height,
        "heldout": apart.height,
        "removed": int((~clean).sum()),
        "removed_from_heldout": int((~clean & heldout).sum()),
        "overlaps": removed.height,
        "items_matched": removed.select("benchmark", "item_id").unique().height,
        "items": items.height,
        "items_too_short": index.num_unchecked,
        "generic_ngrams_ignored": index.num_generic,
    }
    shares = _removed_shares(documents, clean)
    return Outcome(
        counts=counts,
        metrics={f"removed_share/{source}": share for source, share in shares.items()},
        summary=_summary(counts, matrix, shares),
        pictures=("contamination.png",),
    )


def heldout_mask(doc_ids: pl.Series, share: float) -> pl.Series:
    """Return which documents are held out: by a keyed hash of the id alone.

    Keyed, because a capped source is cut in the order of doc_id: the id itself is not uniform.
    """
    if not 0 <= share < 1:
        raise ValueError(f"heldout_share {share} is not in [0, 1): fix the recipe")
    limit = int(share * (1 << 64))
    draws = (hashlib.blake2b(i.encode(), digest_size=8, key=b"heldout") for i in doc_ids)
    held = [int.from_bytes(draw.digest(), "big") < limit for draw in draws]
    return pl.Series("heldout", held, dtype=pl.Boolean)


def evidence(documents: pl.DataFrame, items: pl.DataFrame, index: ItemIndex) -> pl.DataFrame:
    """Return one row per (document, item) that overlap, sorted."""
    matches = index.matches(documents["text"])
    return pl.DataFrame(
        {
            **{
                name: documents[name].gather(matches["row"])
                for name in ("doc_id", "source", "native_id", "text_hash")
            },
            "benchmark": items["benchmark"].gather(matches["item"]),
            "item_id": items["item_id"].gather(matches["item"]),
            "ngram": matches["ngram"],
            "num_shared": matches["num_shared"],
        }
    ).sort("doc_id", "benchmark", "item_id")


def contamination_matrix(
    documents: pl.DataFrame, items: pl.DataFrame, removed: pl.DataFrame
) -> pl.DataFrame:
    """Return documents removed per source and benchmark, zeros included."""
    sources = documents.select(pl.col("source").unique())
    benchmarks = items.select(pl.col("benchmark").unique())
    found = removed.group_by("source", "benchmark").agg(
        pl.col("doc_id").n_unique().cast(pl.UInt32).alias("num_documents")
    )
    return (
        sources.join(benchmarks, how="cross")
        .join(found, on=["source", "benchmark"], how="left")
        .with_columns(pl.col("num_documents").fill_null(0))
        .sort("source", "benchmark")
    )


def _picture(matrix: pl.DataFrame, ws: Workspace) -> None:
    sources = matrix["source"].unique().sort().to_list()
    benchmarks = matrix["benchmark"].unique().sort().to_list()
    heat_map(
        np.reshape(matrix["num_documents"].to_numpy(), (len(sources), len(benchmarks))),
        rows=sources,
        columns=benchmarks,
        title="Documents removed, by source and benchmark",
        path=ws.out("contamination.png"),
    )


def _removed_shares(documents: pl.DataFrame, clean: pl.Series) -> dict[str, float]:
    shares = documents.with_columns((~clean).alias("gone")).group_by("source")
    return dict(shares.agg(pl.col("gone").mean()).sort("source").iter_rows())


def _summary(counts: Mapping[str, int], matrix: pl.DataFrame, shares: Mapping[str, float]) -> str:
    lines = [
        f"Removed {counts['removed']:,} of {counts['documents_in']:,} documents that share an "
        f"n-gram with a benchmark item ({counts['items_matched']:,} items are touched); "
        f"{counts['heldout']:,} documents are held out.",
        "",
        "| source | benchmark | documents removed |",
        "| --- | --- | ---: |",
    ]
    found = matrix.filter(pl.col("num_documents") > 0)
    lines += [f"| {source} | {name} | {number:,} |" for source, name, number in found.iter_rows()]
    alarms = [
        f"ALARM: {source} lost {share:.0%} of its documents: read the n-grams in removed.parquet."
        for source, share in shares.items()
        if share > REMOVED_SHARE_ALARM
    ]
    return "\n".join([*lines, *(["", *alarms] if alarms else [])])
