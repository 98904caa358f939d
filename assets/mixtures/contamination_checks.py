"""Truths of the decontaminated corpus, judged from its files: every removal has its evidence,
nothing removed was kept, and the matrix counts what the evidence says.
"""

from __future__ import annotations

import polars as pl

from assets.lineage.checks import Check, Verdict
from assets.lineage.manifest import Manifest
from assets.lineage.tables import table
from assets.ports import Lake

_RULES = ("exact", "normalised", "ngram")


def removals_have_evidence(manifest: Manifest, lake: Lake) -> Verdict:
    """Every removed document stands in removed.parquet with rule, words and overlap, no other."""
    columns = ["doc_id", "rule", "ngram", "num_shared", "overlap"]
    removed = table(lake, manifest, "removed.parquet", columns)
    counted = manifest.counts.get("removed", -1)
    named = removed["doc_id"].n_unique()
    weak = removed.filter(
        ~pl.col("rule").is_in(_RULES)
        | (pl.col("ngram") == "")
        | (pl.col("num_shared") < 1)
        | ~pl.col("overlap").is_between(0, 1, closed="right")
    )
    example = f", for example {weak['doc_id'][0]}" if weak.height else ""
    return Verdict(
        passed=named == counted and not weak.height,
        reason=f"{named} documents have evidence, {counted} were removed; {weak.height} of "
        f"{removed.height} pieces of evidence are incomplete{example}",
    )


def nothing_removed_was_kept(manifest: Manifest, lake: Lake) -> Verdict:
    """No document with evidence is trained on or held out."""
    removed = table(lake, manifest, "removed.parquet", ["doc_id"])["doc_id"].unique()
    kept = 0
    for name in ("documents.parquet", "heldout.parquet"):
        ids = table(lake, manifest, name, ["doc_id"])["doc_id"]
        kept += int(ids.is_in(removed.implode()).sum())
    return Verdict(passed=not kept, reason=f"{kept} removed documents stand in the corpus")


def matrix_adds_up(manifest: Manifest, lake: Lake) -> Verdict:
    """Source x benchmark counts the documents of removed.parquet, each by its strongest rule."""
    columns = ["source", "benchmark", "num_documents", *_RULES]
    matrix = table(lake, manifest, "matrix.parquet", columns)
    removed = table(lake, manifest, "removed.parquet", ["source", "benchmark", "doc_id"])
    found = removed.group_by("source", "benchmark").agg(pl.col("doc_id").n_unique().alias("found"))
    joined = matrix.join(found, on=["source", "benchmark"], how="full", coalesce=True)
    numbers = joined.with_columns(pl.col("num_documents", "found").fill_null(0))
    wrong = numbers.filter(
        (pl.col("num_documents") != pl.col("found"))
        | (pl.sum_horizontal(*_RULES) != pl.col("num_documents"))
    )
    example = "" if not wrong.height else f", for example {wrong.row(0)[:2]}"
    return Verdict(
        passed=not wrong.height,
        reason=f"{wrong.height} of {numbers.height} cells disagree with the evidence{example}",
    )


CONTAMINATION_CHECKS = (
    Check(
        name="removals_have_evidence",
        description="Every removed document has its rule, its words and the overlap on record.",
        run=removals_have_evidence,
    ),
    Check(
        name="nothing_removed_was_kept",
        description="No document with evidence is trained on or held out.",
        run=nothing_removed_was_kept,
    ),
    Check(
        name="matrix_adds_up",
        description="The matrix of sources and benchmarks counts what the evidence says.",
        run=matrix_adds_up,
    ),
)
