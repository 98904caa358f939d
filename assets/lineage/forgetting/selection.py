"""Which documents a request is about: the named ones, exact copies of their texts, near copies.

Looks through every version of corpora/documents that the lake holds, part by part. Nothing is
written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from assets.compute import InlineCompute
from assets.corpora.exclusion import find_withdrawn
from assets.corpora.tombstones import TOMBSTONE_SCHEMA
from assets.corpora.withdrawal_lists import ROW_SCHEMA
from assets.lineage.forgetting.near_copies import Texts
from assets.lineage.manifest import Manifest
from assets.lineage.tables import scan
from assets.ports import Compute, Lake

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
    lake: Lake,
    wanted: pl.DataFrame,
    sources: Sequence[str],
    *,
    drop_near: bool,
    why: str,
    compute: Compute | None = None,
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
    texts = Texts(lake=lake, corpora=corpora, compute=compute or InlineCompute())
    shingles = texts.shingles(single["text_hash"])
    sizes = shingles.group_by("text_hash").len("num_shingles")
    near = _near(texts, rows, shingles)
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


def _near(texts: Texts, rows: pl.DataFrame, shingles: pl.DataFrame) -> pl.DataFrame:
    by_text = rows.unique("text_hash", keep="first", maintain_order=True)
    why = by_text.select(pl.col("text_hash").alias("of_text"), "of_doc_id", *_WHY)
    others = texts.near(shingles).join(rows.select("doc_id"), on="doc_id", how="anti")
    return _rows(others.join(why, on="of_text", how="left"), "near").sort("doc_id")


def _sized(rows: pl.DataFrame, sizes: pl.DataFrame) -> pl.DataFrame:
    sized = rows.drop("num_shingles").join(sizes, on="text_hash", how="left")
    count = pl.col("num_shingles").fill_null(0).cast(pl.Int64)
    return sized.with_columns(count).select(*TOMBSTONE_SCHEMA).sort("doc_id", "text_hash")
