"""Which records of a corpus a request to forget names: by id, by text, or as a near copy. Pure.

What comes in again is stopped here, before anyone can read it. A near copy repeats a good part of
the runs of five words of a forgotten text, whatever stands around them; its shingles are those of
deduplication, without the ones that are a source's form.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.corpora.near_withdrawn import SHARE
from assets.corpora.tombstones import (
    REASON,
    SHINGLE_SCHEMA,
    SHINGLES,
    TABLE,
    TOMBSTONE_SCHEMA,
)
from assets.lineage.storage import StoredFile
from assets.lineage.workspace import InputFiles

SHINGLE_WORDS = 5
MIN_SHINGLES = 8
"""As in deduplication (assets/recipes/graph.py): a text with fewer is known by its hash alone."""


@dataclass(frozen=True, kw_only=True)
class RequestFiles:
    """One request as a worker reads it."""

    table: StoredFile
    shingles: StoredFile
    drops_near: bool
    sources: tuple[str, ...]
    """Of these nothing comes in."""


class Shingles:
    """The shingles of some texts, ready to be met by others."""

    def __init__(self, known: pl.DataFrame) -> None:
        """Take a table of SHINGLE_SCHEMA, each shingle of a text once."""
        self._known = known
        self._hashes = known["shingle"].unique().sort().to_numpy()
        self._sizes = known.group_by("text_hash").agg(pl.len().alias("size"))

    def met_by(self, texts: pl.Series) -> pl.DataFrame:
        """Return row, text_hash, shingle for every shingle of a text that is known."""
        schema = {"row": pl.Int64, "shingle": pl.UInt64}
        if not len(self._hashes) or not len(texts):
            return pl.DataFrame(schema={"row": pl.Int64, **SHINGLE_SCHEMA})
        hashes, bounds = shingles_of(texts)
        places = np.searchsorted(self._hashes, hashes)
        places[places == len(self._hashes)] = 0
        at = np.flatnonzero(self._hashes[places] == hashes)
        rows = np.searchsorted(bounds, at, side="right") - 1
        met = pl.DataFrame({"row": rows, "shingle": hashes[at]}, schema=schema)
        return met.join(self._known, on="shingle", how="inner").select("row", *SHINGLE_SCHEMA)

    def near(self, texts: pl.Series) -> pl.DataFrame:
        """Return row, text_hash and share, the closest text of each row that is near any."""
        met = self.met_by(texts).group_by("row", "text_hash").agg(pl.len().alias("shared"))
        shares = met.join(self._sizes, on="text_hash").select(
            "row", "text_hash", (pl.col("shared") / pl.col("size")).alias("share")
        )
        near = shares.filter(pl.col("share") >= SHARE)
        return near.sort("row", "share", "text_hash", descending=[False, True, False]).unique(
            "row", keep="first", maintain_order=True
        )


def shingles_of(texts: pl.Series) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Return the distinct shingles of every text, one text behind the other, and their bounds."""
    from assets.mixtures.deduplication.shingles import TemplateTable, sets_of

    return sets_of(texts, SHINGLE_WORDS, TemplateTable(np.zeros(0, dtype=np.uint64)))


class Tombstones:
    """All requests that bear on a corpus, held against batches of its records."""

    def __init__(self, requests: Sequence[RequestFiles]) -> None:
        columns = ["doc_id", "text_hash"]
        tables = [pl.read_parquet(each.table.local(), columns=columns) for each in requests]
        empty = pl.DataFrame(schema={name: TOMBSTONE_SCHEMA[name] for name in columns})
        known = pl.concat([empty, *tables])
        self._ids = known.filter(pl.col("doc_id") != "")["doc_id"].unique()
        self._texts = known.filter(pl.col("text_hash") != "")["text_hash"].unique()
        near = [r for r in requests if r.drops_near]
        read = [pl.read_parquet(request.shingles.local()) for request in near]
        none = pl.DataFrame(schema=SHINGLE_SCHEMA)
        self._shingles = Shingles(pl.concat([none, *read]).unique(maintain_order=True))
        self._sources = pl.Series(
            sorted({name for request in requests for name in request.sources}), dtype=pl.String
        )

    def matches(self, records: pl.DataFrame) -> pl.DataFrame:
        """Return doc_id and told of the records that are named; needs doc_id, source, text and
        text_hash. `told` names the rule and nothing else: the fingerprint of a request would be
        taken for an identifier in a corpus that is masked."""
        rows = records.select("doc_id", "source", "text_hash").with_row_index("row")
        rows = rows.with_columns(pl.col("row").cast(pl.Int64))
        found = [
            _met(rows, self._sources, "source"),
            _met(rows, self._ids, "doc_id"),
            _met(rows, self._texts, "text_hash"),
            self._near(rows, records["text"]),
        ]
        first = pl.concat(found).unique("doc_id", keep="first", maintain_order=True)
        return first.sort("row").select("doc_id", pl.format("by {}", "rule").alias("told"))

    def _near(self, rows: pl.DataFrame, texts: pl.Series) -> pl.DataFrame:
        rule = pl.format("near copy, {}%", (pl.col("share") * 100).floor().cast(pl.Int64))
        near = self._shingles.near(texts).join(rows, on="row", how="inner")
        return near.select("row", "doc_id", rule.alias("rule"))


def drop_tombstoned(
    kept: pl.DataFrame, dropped: pl.DataFrame, tombstones: Tombstones
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Move what is named from the kept to the dropped, and blank what was dropped before: of a
    forgotten record neither title nor excerpt stays."""
    gone = tombstones.matches(kept)
    told = kept.join(gone, on="doc_id", how="inner").with_columns(
        pl.lit(REASON).alias("reason"), pl.col("told").alias("excerpt"), pl.lit("").alias("title")
    )
    # Of a dropped record only an excerpt is at hand: it is met by its id, its source or its hash.
    blank = tombstones.matches(dropped.with_columns(pl.col("excerpt").alias("text")))
    others = dropped.join(blank, on="doc_id", how="left").with_columns(
        pl.when(pl.col("told").is_null()).then("title").otherwise(pl.lit("")).alias("title"),
        pl.coalesce("told", "excerpt").alias("excerpt"),
    )
    left = kept.filter(~pl.col("doc_id").is_in(gone["doc_id"].implode()))
    return left, pl.concat([others.select(dropped.columns), told.select(dropped.columns)])


def _met(rows: pl.DataFrame, known: pl.Series, key: str) -> pl.DataFrame:
    return rows.filter(pl.col(key).is_in(known.implode())).select(
        "row", "doc_id", pl.lit(key).alias("rule")
    )


def request_files(inputs: Iterable[InputFiles]) -> tuple[RequestFiles, ...]:
    """Return the requests among a step's inputs, for workers."""
    return tuple(
        RequestFiles(
            table=files.stored(TABLE),
            shingles=files.stored(SHINGLES),
            drops_near=files.manifest.config["near"] == "drop",
            sources=tuple(files.manifest.config["sources"]),
        )
        for files in inputs
    )
