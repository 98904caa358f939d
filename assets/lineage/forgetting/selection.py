"""Which documents a request is about: the named ones, exact copies of their texts, near copies.

Looks through every version of corpora/documents that the lake holds, part by part. Nothing is
written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.corpora.exclusion import find_withdrawn
from assets.corpora.tombstoned import MIN_SHINGLES, Shingles, shingles_of
from assets.corpora.tombstones import SHINGLE_SCHEMA, TOMBSTONE_SCHEMA
from assets.corpora.withdrawal_lists import ROW_SCHEMA
from assets.lineage.manifest import Manifest
from assets.lineage.tables import scan
from assets.lineage.workspace import table_paths
from assets.ports import Lake
from assets.recipes.graph import SIGNATURES

_IDENTITY = ("doc_id", "source", "native_id", "text_hash")
_WHY = ("reason", "date", "reference")


@dataclass(frozen=True, kw_only=True)
class Selected:
    """The documents of one request."""

    rows: pl.DataFrame
    """TOMBSTONE_SCHEMA, sorted by doc_id; near copies only where they are to be dropped."""
    near: pl.DataFrame
    """The near copies, whether they are dropped or only told of; TOMBSTONE_SCHEMA."""
    shingles: pl.DataFrame
    """SHINGLE_SCHEMA, of the named texts."""
    sources: tuple[str, ...]
    """Sources that are forgotten as a whole."""

    @property
    def doc_ids(self) -> pl.Series:
        ids = self.rows["doc_id"]
        return ids.filter(ids != "").unique().sort()


def select_documents(
    lake: Lake, wanted: pl.DataFrame, sources: Sequence[str], *, drop_near: bool, why: str
) -> Selected:
    """Find what `wanted` (rows as in lists of withdrawn documents) and whole sources mean.

    Raises ValueError for a source without documents, LookupError for a row that names a document
    by its source and native id when there is none: it could not be known when it comes.
    """
    corpora = list(lake.manifests("corpora", "documents"))
    everything = _identities(lake, corpora)
    named = pl.concat([_listed(everything, wanted), *_of_sources(everything, sources, why)])
    named = named.unique("doc_id", keep="first", maintain_order=True)
    copies = _copies(everything, named)
    rows = pl.concat([named, copies, _unmet(everything, wanted)])
    # Runs of words of a whole source would be as large as its text: its copies are known by hash.
    single = named.filter(~pl.col("source").is_in(list(sources)))
    shingles = _shingles(lake, corpora, single)
    sizes = shingles.group_by("text_hash").len("num_shingles")
    near = _near(lake, corpora, rows, Shingles(shingles))
    chosen = pl.concat([rows, near]) if drop_near else rows
    return Selected(
        rows=_sized(chosen, sizes),
        near=near,
        shingles=shingles,
        sources=tuple(sorted(sources)),
    )


def wanted_rows(rows: Iterable[dict[str, str]]) -> pl.DataFrame:
    """Return rows of a list from what a person gave; columns that are missing are empty."""
    blank = {name: "" for name in ROW_SCHEMA} | {"line": 0}
    return pl.DataFrame([{**blank, **row} for row in rows], schema=ROW_SCHEMA)


def _identities(lake: Lake, corpora: Sequence[Manifest]) -> pl.DataFrame:
    none = pl.DataFrame(schema=dict.fromkeys(_IDENTITY, pl.String))
    frames = [scan(lake, manifest, "documents").select(_IDENTITY) for manifest in corpora]
    every = pl.concat([none.lazy(), *frames]).unique("doc_id").collect(engine="streaming")
    return every.sort("doc_id")


def _rows(frame: pl.DataFrame, rule: str) -> pl.DataFrame:
    """Bring rows to the schema; what is not given is empty."""
    given = {"rule": pl.lit(rule), "share": pl.lit(1.0), "num_shingles": pl.lit(0)}
    columns = [
        (
            pl.col(name)
            if name in frame.columns
            else given[name]
            if name in given
            else pl.lit("")
        ).cast(kind).alias(name)
        for name, kind in TOMBSTONE_SCHEMA.items()
    ]  # fmt: skip
    return frame.select(columns)


def _listed(everything: pl.DataFrame, wanted: pl.DataFrame) -> pl.DataFrame:
    met = find_withdrawn(everything.lazy(), wanted).by_id.drop("rule")
    found = everything.join(met, on="doc_id", how="inner")
    native = wanted.filter(pl.col("native_id") != "", pl.col("doc_id") == "")
    lost = native.join(everything, on=["source", "native_id"], how="anti")
    if lost.height:
        row = lost.row(0, named=True)
        raise LookupError(
            f"no document {row['native_id']!r} of source {row['source']!r} is in the lake: name it "
            "by doc_id or text_hash, or put it on a list of withdrawn documents"
        )
    return _rows(found.with_columns(pl.col("doc_id").alias("of_doc_id")), "named")


def _of_sources(
    everything: pl.DataFrame, sources: Sequence[str], why: str
) -> Iterator[pl.DataFrame]:
    for source in sources:
        found = everything.filter(pl.col("source") == source)
        if found.is_empty():
            known = ", ".join(everything["source"].unique().sort().to_list()) or "none"
            raise ValueError(f"source {source!r} has no documents in the lake; there are: {known}")
        found = found.with_columns(pl.col("doc_id").alias("of_doc_id"), pl.lit(why).alias("reason"))
        yield _rows(found, "named")


def _copies(everything: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    by_text = named.select("text_hash", pl.col("doc_id").alias("of_doc_id"), *_WHY)
    by_text = by_text.unique("text_hash", keep="first", maintain_order=True)
    found = everything.join(by_text, on="text_hash", how="inner").join(
        named.select("doc_id"), on="doc_id", how="anti"
    )
    return _rows(found, "copy")


def _unmet(everything: pl.DataFrame, wanted: pl.DataFrame) -> pl.DataFrame:
    """Ids and hashes of documents that are not here (any more): they are stopped all the same."""
    left = wanted.filter((pl.col("doc_id") != "") | (pl.col("text_hash") != ""))
    for key in ("doc_id", "text_hash"):
        left = left.join(everything.select(key), on=key, how="anti")
    return _rows(left, "named").with_columns(pl.col("doc_id").alias("of_doc_id"))


def _parts(lake: Lake, corpora: Sequence[Manifest]) -> Iterator[pl.DataFrame]:
    """Yield the texts of all corpora, a part of one at a time."""
    columns = [*_IDENTITY, "text"]
    for manifest in corpora:
        for path in table_paths(manifest, "documents"):
            yield pl.read_parquet(lake.fetch(manifest, manifest.file(path)), columns=columns)


def _shingles(lake: Lake, corpora: Sequence[Manifest], rows: pl.DataFrame) -> pl.DataFrame:
    """Return the shingles of the named texts without those that are a source's form."""
    texts = rows["text_hash"].unique()
    parts = [pl.DataFrame(schema=SHINGLE_SCHEMA)]
    for part in _parts(lake, corpora):
        chosen = part.filter(pl.col("text_hash").is_in(texts.implode())).unique("text_hash")
        hashes, bounds = shingles_of(chosen["text"])
        owner = np.repeat(np.arange(chosen.height), np.diff(bounds))
        columns = {"text_hash": chosen["text_hash"].gather(owner), "shingle": hashes}
        parts.append(pl.DataFrame(columns, schema=SHINGLE_SCHEMA))
    found = pl.concat(parts).unique().sort("text_hash", "shingle")
    form = _templates(lake, corpora, found)
    left = found.filter(~pl.col("shingle").is_in(form.implode()))
    return left.filter(pl.len().over("text_hash") >= MIN_SHINGLES)


def _templates(lake: Lake, corpora: Sequence[Manifest], shingles: pl.DataFrame) -> pl.Series:
    """Return the shingles that stand in so many documents of a source that they are its form,
    by the rule of deduplication."""
    known = Shingles(shingles)
    counted = [
        pl.DataFrame(schema={"shingle": pl.UInt64, "source": pl.String, "documents": pl.UInt32})
    ]
    sizes: dict[str, int] = {}
    for part in _parts(lake, corpora):
        if part.is_empty():
            continue
        source = str(part["source"][0])
        sizes[source] = sizes.get(source, 0) + part.height
        met = known.met_by(part["text"]).select("row", "shingle").unique()
        counted.append(
            met.group_by("shingle").agg(pl.len().alias("documents")).select(
                "shingle", pl.lit(source).alias("source"), "documents"
            )
        )  # fmt: skip
    totals = pl.concat(counted).group_by("shingle", "source").agg(pl.col("documents").sum())
    least = pl.max_horizontal(
        pl.col("source").replace_strict(sizes, default=0, return_dtype=pl.Float64)
        * SIGNATURES.max_template_share,
        pl.lit(float(SIGNATURES.min_template_documents)),
    )
    return totals.filter(pl.col("documents") > least)["shingle"].unique()


def _near(
    lake: Lake, corpora: Sequence[Manifest], rows: pl.DataFrame, known: Shingles
) -> pl.DataFrame:
    found = [_rows(pl.DataFrame(schema=dict.fromkeys(_IDENTITY, pl.String)), "near")]
    texts = rows.unique("text_hash", keep="first", maintain_order=True)
    why = texts.select("text_hash", "of_doc_id", *_WHY)
    for part in _parts(lake, corpora):
        others = part.join(rows.select("doc_id"), on="doc_id", how="anti")
        others = others.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
        near = known.near(others["text"]).join(why, on="text_hash", how="left")
        met = others.drop("text").join(near.drop("text_hash"), on="row", how="inner")
        found.append(_rows(met, "near"))
    return pl.concat(found).unique("doc_id", keep="first").sort("doc_id")


def _sized(rows: pl.DataFrame, sizes: pl.DataFrame) -> pl.DataFrame:
    sized = rows.drop("num_shingles").join(sizes, on="text_hash", how="left")
    count = pl.col("num_shingles").fill_null(0).cast(pl.Int64)
    return sized.with_columns(count).select(*TOMBSTONE_SCHEMA).sort("doc_id", "text_hash")
