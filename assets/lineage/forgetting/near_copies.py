"""Near copies of a request's texts among all texts of a lake: shard-wise, on any engine.

A worker reads one part of one corpus and answers with a small table. What it looks for are the
shingles of a few named documents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from assets.corpora.tombstoned import MIN_SHINGLES, Shingles, shingles_of
from assets.corpora.tombstones import SHINGLE_SCHEMA
from assets.lineage.manifest import Manifest
from assets.lineage.storage import StoredFile
from assets.lineage.workspace import table_paths
from assets.ports import Compute, Lake
from assets.recipes.graph import SIGNATURES

_IDENTITY = ("doc_id", "source", "native_id", "text_hash")
_COUNT_SCHEMA = {"shingle": pl.UInt64, "source": pl.String, "documents": pl.Int64}
"""Without a shingle: all documents of a part."""
NEAR_SCHEMA = {**dict.fromkeys(_IDENTITY, pl.String), "of_text": pl.String, "share": pl.Float64}


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a corpus, and what to look for in it."""

    documents: StoredFile
    wanted: pl.DataFrame
    """Hashes of texts, or shingles: of named documents, so it is small."""


@dataclass(frozen=True, kw_only=True)
class Texts:
    """The texts of some corpora."""

    lake: Lake
    corpora: Sequence[Manifest]
    compute: Compute

    def shingles(self, text_hashes: pl.Series) -> pl.DataFrame:
        """Return the shingles of some texts without those that are a source's form."""
        wanted = text_hashes.unique().to_frame("text_hash")
        found = self._over(shingles_of_part, wanted, "shingles", SHINGLE_SCHEMA)
        found = found.unique().sort("text_hash", "shingle")
        form = self._forms(found)
        left = found.filter(~pl.col("shingle").is_in(form.implode()))
        return left.filter(pl.len().over("text_hash") >= MIN_SHINGLES)

    def near(self, shingles: pl.DataFrame) -> pl.DataFrame:
        """Return NEAR_SCHEMA of every document that repeats a good part of a text, the text's own
        documents included."""
        found = self._over(near_in_part, shingles, "near copies", NEAR_SCHEMA)
        return found.sort("doc_id", "share", descending=[False, True]).unique(
            "doc_id", keep="first", maintain_order=True
        )

    def _forms(self, shingles: pl.DataFrame) -> pl.Series:
        """Return the shingles that stand in so many documents of a source that they are its form,
        by the rule of deduplication."""
        counted = self._over(count_in_part, shingles, "forms", _COUNT_SCHEMA)
        totals = counted.group_by("shingle", "source").agg(pl.col("documents").sum())
        sizes = totals.filter(pl.col("shingle").is_null()).select("source", size="documents")
        least = pl.max_horizontal(
            pl.col("size") * SIGNATURES.max_template_share,
            pl.lit(float(SIGNATURES.min_template_documents)),
        )
        found = totals.drop_nulls("shingle").join(sizes, on="source")
        return found.filter(pl.col("documents") > least)["shingle"].unique()

    def _over(
        self,
        function: Callable[[Part], pl.DataFrame],
        wanted: pl.DataFrame,
        label: str,
        schema: Mapping[str, Any],
    ) -> pl.DataFrame:
        """Apply a function to every part; nothing is read when nothing is looked for."""
        none = pl.DataFrame(schema=schema)
        if wanted.is_empty():
            return none
        items = [
            Part(documents=self.lake.stored(manifest, manifest.file(path)), wanted=wanted)
            for manifest in self.corpora
            for path in table_paths(manifest, "documents")
        ]
        return pl.concat([none, *self.compute.map(function, items, label=label)])


def shingles_of_part(item: Part) -> pl.DataFrame:
    """Return the shingles of the wanted texts that a part holds."""
    rows = pl.scan_parquet(item.documents.local()).select("text_hash", "text")
    wanted = pl.col("text_hash").is_in(item.wanted["text_hash"].implode())
    chosen = rows.filter(wanted).collect().unique("text_hash", maintain_order=True)
    hashes, bounds = shingles_of(chosen["text"])
    owner = np.repeat(np.arange(chosen.height), np.diff(bounds))
    columns = {"text_hash": chosen["text_hash"].gather(owner), "shingle": hashes}
    return pl.DataFrame(columns, schema=SHINGLE_SCHEMA)


def count_in_part(item: Part) -> pl.DataFrame:
    """Return in how many documents of a part each shingle stands, and how many there are."""
    part = pl.read_parquet(item.documents.local(), columns=["source", "text"])
    if part.is_empty():
        return pl.DataFrame(schema=_COUNT_SCHEMA)
    met = Shingles(item.wanted).met_by(part["text"]).select("row", "shingle").unique()
    counted = met.group_by("shingle").agg(pl.len().alias("documents"))
    whole = pl.DataFrame({"shingle": [None], "documents": [part.height]})
    every = pl.concat([counted, whole], how="vertical_relaxed")
    return every.select(
        pl.col("shingle").cast(pl.UInt64),
        pl.lit(part["source"][0]).alias("source"),
        pl.col("documents").cast(pl.Int64),
    )


def near_in_part(item: Part) -> pl.DataFrame:
    """Return the documents of a part that repeat a good part of a text."""
    part = pl.read_parquet(item.documents.local(), columns=[*_IDENTITY, "text"])
    near = Shingles(item.wanted).near(part["text"]).rename({"text_hash": "of_text"})
    rows = part.drop("text").with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    return rows.join(near, on="row", how="inner").select(*NEAR_SCHEMA)
