"""Takes withdrawn documents out of a corpus, with every exact copy of their text. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

EXCLUDED_SCHEMA = {
    name: pl.String
    for name in (
        "doc_id", "source", "native_id", "text_hash", "licence", "rule", "reason", "date",
        "reference", "withdrawn_doc_id",
    )
}  # fmt: skip
"""`rule` says by what a document was met: doc_id, native_id, text_hash, or copy. A copy names the
withdrawn document that has the same text."""

_IDENTITY = ("doc_id", "source", "native_id", "text_hash")
_WHY = ("reason", "date", "reference")


@dataclass(frozen=True, kw_only=True)
class Withdrawals:
    """The documents that a list meets in a corpus: small, and enough to judge every part of it."""

    by_id: pl.DataFrame
    """doc_id, rule, reason, date, reference: one row per document that a row names."""
    by_text: pl.DataFrame
    """text_hash, withdrawn_doc_id, reason, date, reference: texts that may not stand anywhere."""


def find_withdrawn(documents: pl.LazyFrame, withdrawn: pl.DataFrame) -> Withdrawals:
    """Match a list against all documents; needs doc_id, source, native_id and text_hash only."""
    named = pl.concat(
        [
            _met(documents, withdrawn, ["doc_id"], "doc_id"),
            _met(documents, withdrawn, ["source", "native_id"], "native_id"),
            _met(documents, withdrawn, ["text_hash"], "text_hash"),
        ]
    )
    # One row per document: the most exact rule, then the first of equal ones.
    order = pl.col("rule").replace_strict({"doc_id": 0, "native_id": 1, "text_hash": 2})
    named = named.sort(order, "doc_id", *_WHY).unique("doc_id", keep="first", maintain_order=True)
    by_text = named.sort("text_hash", "doc_id").unique(
        "text_hash", keep="first", maintain_order=True
    )
    listed = withdrawn.filter(pl.col("text_hash") != "").sort("text_hash", *_WHY)
    unmet = listed.unique("text_hash", keep="first", maintain_order=True).filter(
        ~pl.col("text_hash").is_in(by_text["text_hash"].implode())
    )
    return Withdrawals(
        by_id=named.select("doc_id", "rule", *_WHY).sort("doc_id"),
        by_text=pl.concat(
            [
                by_text.select("text_hash", pl.col("doc_id").alias("withdrawn_doc_id"), *_WHY),
                unmet.select("text_hash", pl.lit("").alias("withdrawn_doc_id"), *_WHY),
            ]
        ).sort("text_hash"),
    )


def merge_withdrawals(parts: Sequence[Withdrawals]) -> Withdrawals:
    """Return what find_withdrawn finds over all parts of a corpus, from what it finds in each."""
    # A text that some part knows by its document is told by it, elsewhere by its hash alone.
    order = ("text_hash", pl.col("withdrawn_doc_id") == "", "withdrawn_doc_id", *_WHY)
    return Withdrawals(
        by_id=pl.concat(part.by_id for part in parts).sort("doc_id"),
        by_text=pl.concat(part.by_text for part in parts)
        .sort(*order)
        .unique("text_hash", keep="first", maintain_order=True),
    )


def exclude_matches(
    documents: pl.DataFrame, withdrawals: Withdrawals
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split one part of a corpus into what stays, in its order, and what goes with the reason."""
    named = documents.select(pl.col("doc_id").is_in(withdrawals.by_id["doc_id"].implode()))
    same = documents.select(pl.col("text_hash").is_in(withdrawals.by_text["text_hash"].implode()))
    gone = (named.to_series() | same.to_series()).fill_null(False)
    leaving = documents.filter(gone).select(*_IDENTITY, "licence")
    why = [pl.coalesce(name, f"{name}_of_text").alias(name) for name in _WHY]
    excluded = (
        leaving.join(withdrawals.by_id, on="doc_id", how="left")
        .join(withdrawals.by_text, on="text_hash", how="left", suffix="_of_text")
        .with_columns(*why, pl.col("rule").fill_null("copy"))
        .with_columns(
            pl.when(pl.col("rule") == "copy").then("withdrawn_doc_id").otherwise("doc_id")
            .fill_null("").alias("withdrawn_doc_id")
        )
        .select(*EXCLUDED_SCHEMA)
        .sort("doc_id")
    )  # fmt: skip
    return documents.filter(~gone), excluded


def exclude_withdrawn(
    documents: pl.DataFrame, withdrawn: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split a whole corpus; a larger one is matched once and excluded part by part."""
    return exclude_matches(documents, find_withdrawn(documents.lazy(), withdrawn))


def _met(
    documents: pl.LazyFrame, withdrawn: pl.DataFrame, keys: list[str], rule: str
) -> pl.DataFrame:
    rows = withdrawn.filter(pl.all_horizontal(pl.col(key) != "" for key in keys))
    return (
        documents.select(_IDENTITY)
        .join(rows.lazy().select(*keys, *_WHY), on=keys, how="inner")
        .select("doc_id", "text_hash", pl.lit(rule).alias("rule"), *_WHY)
        .collect(engine="streaming")
    )
