"""Which hits are evidence against a document, and when a benchmark removes too much.

Pure: from what all parts of the corpus share with the items to one row per (document, item) with
its rule. Rules, the strongest first: exact (the item's whole text stands in the document,
character for character), normalised (its words do, whatever the case and punctuation), ngram (a
telling n-gram does).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.mixtures.contamination import ItemIndex
from assets.recipes.data import ContaminationCaps

RULES = ("exact", "normalised", "ngram")

REMOVED_SCHEMA = {
    "doc_id": pl.String,
    "source": pl.String,
    "native_id": pl.String,
    "text_hash": pl.String,
    "benchmark": pl.String,
    "item_id": pl.String,
    "rule": pl.String,
    "ngram": pl.String,
    "num_shared": pl.UInt32,
    "overlap": pl.Float64,
}
"""removed.parquet; num_shared counts telling n-grams, overlap is their share of the item's."""

GENERIC_SCHEMA = {
    "ngram": pl.String,
    "benchmark": pl.String,
    "reason": pl.String,
    "source": pl.String,
    "num_items": pl.Int64,
    "num_documents": pl.Int64,
    "item_id": pl.String,
}
"""generic.parquet: ignored n-grams, each with the item it was first seen in. Reason "items": in
too many items of the benchmark; "documents": in too many documents of the source."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    removed: pl.DataFrame
    """One row per (document, item), sorted; see REMOVED_SCHEMA."""
    generic: pl.DataFrame
    """Every n-gram that was ignored; see GENERIC_SCHEMA."""


def evidence_of(
    index: ItemIndex,
    ngrams: pl.LazyFrame,
    wholes: pl.LazyFrame,
    documents: pl.LazyFrame,
    caps: ContaminationCaps,
) -> Evidence:
    """Weigh all hits: `ngrams` (doc_id, source, slot, position), `wholes` (doc_id, item, exact).

    `documents` names every document with a hit: doc_id, source, native_id, text_hash. Whole items
    are evidence whatever the caps say; n-grams only within them.
    """
    codes = pl.DataFrame({"item": np.arange(len(index.codes)), "code": index.codes})
    pairs = index.pairs.join(codes, on="item", how="left")
    frequent = _frequent(index, ngrams, pairs, caps)
    overlaps = (
        # What is frequent for all benchmarks goes first: joined with its items, it could be much.
        ngrams.join(_frequent_for_all(frequent, pairs), on=["source", "slot"], how="anti")
        .join(pairs.lazy(), on="slot")
        .join(frequent.lazy(), on=["source", "slot", "code"], how="anti")
        .group_by("doc_id", "item")
        .agg(
            pl.len().cast(pl.UInt32).alias("num_shared"),
            pl.col("slot").sort_by("position").first(),
        )
        .collect()
    )
    rows = _with_rules(overlaps, wholes.collect())
    return Evidence(removed=_named(index, rows, documents), generic=_generic(index, frequent))


def _frequent(
    index: ItemIndex, ngrams: pl.LazyFrame, pairs: pl.DataFrame, caps: ContaminationCaps
) -> pl.DataFrame:
    """Return (source, slot, code, item): n-grams in too many documents for a benchmark's cap."""
    limits = pl.DataFrame(
        {
            "code": np.arange(len(index.benchmarks)),
            "limit": [caps.of(name).max_documents_per_ngram for name in index.benchmarks],
        },
        schema={"code": pl.Int64, "limit": pl.Int64},
    )
    return (
        ngrams.group_by("source", "slot")
        .agg(pl.len().cast(pl.Int64).alias("num_documents"))
        .filter(pl.col("num_documents") > (limits["limit"].min() or 0))
        .collect()
        .join(pairs.group_by("slot", "code").agg(pl.col("item").min()), on="slot")
        .join(limits, on="code")
        .filter(pl.col("num_documents") > pl.col("limit"))
    )


def _frequent_for_all(frequent: pl.DataFrame, pairs: pl.DataFrame) -> pl.LazyFrame:
    benchmarks = pairs.group_by("slot").agg(pl.col("code").n_unique().alias("all"))
    found = frequent.group_by("source", "slot").agg(pl.len().alias("these"))
    return found.join(benchmarks, on="slot").filter(pl.col("these") == pl.col("all")).lazy()


def _with_rules(overlaps: pl.DataFrame, wholes: pl.DataFrame) -> pl.DataFrame:
    """Return every (document, item) with its strongest rule."""
    exact = pl.col("exact")
    rule = (
        pl.when(exact)
        .then(pl.lit("exact"))
        .when(exact.is_not_null())
        .then(pl.lit("normalised"))
        .otherwise(pl.lit("ngram"))
    )
    joined = overlaps.join(wholes, on=["doc_id", "item"], how="full", coalesce=True)
    return joined.with_columns(rule.alias("rule")).sort("doc_id", "item")


def _named(index: ItemIndex, rows: pl.DataFrame, documents: pl.LazyFrame) -> pl.DataFrame:
    """Say which item, which words and how much of the item."""
    phrases = {slot: index.phrase(slot) for slot in rows["slot"].drop_nulls().unique()}
    whole = [
        index.whole(item) if slot is None else phrases[slot]
        for item, slot in rows.select("item", "slot").iter_rows()
    ]
    total = pl.Series("total", index.num_ngrams[rows["item"].to_numpy()], dtype=pl.Float64)
    is_whole = pl.col("rule") != "ngram"
    named = rows.with_columns(
        index.items["benchmark"].gather(rows["item"]),
        index.items["item_id"].gather(rows["item"]),
        pl.Series("ngram", whole, dtype=pl.String),
        # A short item, or one of generic n-grams only, is one piece of evidence: its whole text.
        pl.col("num_shared").fill_null(1),
        pl.when(is_whole).then(1.0).otherwise(pl.col("num_shared") / total).alias("overlap"),
    )
    joined = named.lazy().join(documents, on="doc_id", how="left").select(list(REMOVED_SCHEMA))
    return joined.cast(REMOVED_SCHEMA).collect().sort("doc_id", "benchmark", "item_id")  # type: ignore[arg-type]


def _generic(index: ItemIndex, frequent: pl.DataFrame) -> pl.DataFrame:
    phrases = [index.phrase(slot) for slot in frequent["slot"]]
    of_documents = frequent.with_columns(
        pl.Series("ngram", phrases, dtype=pl.String),
        pl.lit("documents").alias("reason"),
        index.items["benchmark"].gather(frequent["item"]),
        index.items["item_id"].gather(frequent["item"]),
    )
    of_items = index.generic_ngrams.with_columns(pl.lit("items").alias("reason"))
    empty = pl.DataFrame(schema=GENERIC_SCHEMA)
    found = pl.concat([empty, of_documents, of_items], how="diagonal_relaxed")
    return (
        found.select(list(GENERIC_SCHEMA))
        .with_columns(pl.col("source").fill_null(""))
        .sort("benchmark", "reason", "source", "ngram")
    )
