"""Near copies of forgotten texts among the documents and questions that shards were packed from."""

from __future__ import annotations

import polars as pl

from assets.corpora.tombstoned import Shingles
from assets.lineage.manifest import Manifest
from assets.lineage.tables import scan
from assets.lineage.workspace import table_paths
from assets.ports import Lake


def near_in_corpus(
    lake: Lake, corpus: Manifest, shingles: pl.DataFrame, packed: pl.Series
) -> tuple[int, list[str]]:
    """Return how many packed documents were compared, and those that repeat a forgotten text."""
    known = Shingles(shingles)
    looked, found = 0, []
    for path in table_paths(corpus, "documents"):
        part = pl.read_parquet(
            lake.fetch(corpus, corpus.file(path)), columns=["doc_id", "text"]
        ).filter(pl.col("doc_id").is_in(packed.implode()))
        looked += part.height
        found += _told(known, part["doc_id"], part["text"])
    return looked, sorted(found)


def near_in_questions(
    lake: Lake, questions: Manifest, shingles: pl.DataFrame, packed: pl.Series
) -> tuple[int, list[str]]:
    """Return the same of questions with their answers."""
    rows = (
        scan(lake, questions, "questions")
        .filter(pl.col("item_id").is_in(packed.implode()))
        .select("item_id", pl.format("{}\n{}", "question", "answer").alias("text"))
        .collect()
    )
    return rows.height, sorted(_told(Shingles(shingles), rows["item_id"], rows["text"]))


def _told(known: Shingles, ids: pl.Series, texts: pl.Series) -> list[str]:
    return [
        f"{ids[row]} repeats {share:.0%} of text {text_hash}"
        for row, text_hash, share in known.near(texts).iter_rows()
    ]
