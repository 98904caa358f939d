"""Which documents repeat most of a withdrawn one without being an exact copy: told, not removed.

Sentence by sentence, part by part, in Polars: what is compared is a join of the few sentences of
withdrawn documents with those of a part.
"""

from __future__ import annotations

import polars as pl

SHARE = 0.5
"""A document that repeats so much of a withdrawn one, in characters, is reported; our choice: low
enough for an abstract that was rewritten, high enough for one that is quoted."""
MIN_SENTENCE_CHARS = 30
"""Shorter sentences stand in unrelated documents too (our choice)."""
NEAR_SCHEMA = {
    "doc_id": pl.String,
    "source": pl.String,
    "native_id": pl.String,
    "withdrawn_doc_id": pl.String,
    "share": pl.Float64,
}

_SENTENCE = r"[^.!?\n\u3002\uff01\uff1f]+"
"""Up to a full stop, question or exclamation mark, in Latin or Chinese script, or a line's end."""


def withdrawn_sentences(withdrawn_documents: pl.DataFrame) -> pl.DataFrame:
    """Return sentence, withdrawn_doc_id and the share of its document's text that it is.

    Takes doc_id and text of the documents that were excluded.
    """
    found = _sentences(withdrawn_documents.select("doc_id", "text")).unique()
    chars = pl.col("sentence").str.len_chars()
    return found.select(
        "sentence",
        pl.col("doc_id").alias("withdrawn_doc_id"),
        (chars / chars.sum().over("doc_id")).alias("share"),
    ).sort("withdrawn_doc_id", "sentence")


def near_withdrawn(documents: pl.DataFrame, sentences: pl.DataFrame) -> pl.DataFrame:
    """Return the documents of a part that repeat a withdrawn one, with the share of it repeated."""
    repeated = (
        _sentences(documents.select("doc_id", "text"))
        .unique()
        .join(sentences, on="sentence", how="inner")
        .group_by("doc_id", "withdrawn_doc_id")
        .agg(pl.col("share").sum())
        .filter(pl.col("share") >= SHARE - 1e-9, pl.col("doc_id") != pl.col("withdrawn_doc_id"))
    )
    return (
        repeated.join(documents.select("doc_id", "source", "native_id"), on="doc_id", how="left")
        .select(pl.col(name).cast(kind) for name, kind in NEAR_SCHEMA.items())
        .sort("doc_id", "withdrawn_doc_id")
    )


def _sentences(texts: pl.DataFrame) -> pl.DataFrame:
    """Return the long sentences of texts, lower case, single spaces; one row each."""
    spaced = pl.col("sentence").str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    return (
        texts.lazy()
        .select("doc_id", pl.col("text").str.extract_all(_SENTENCE).alias("sentence"))
        .explode("sentence")
        .drop_nulls("sentence")
        .select("doc_id", spaced)
        .filter(pl.col("sentence").str.len_chars() >= MIN_SENTENCE_CHARS)
        .collect(engine="streaming")
    )
