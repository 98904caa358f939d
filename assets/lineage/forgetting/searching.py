"""Which artifacts hold some documents and which are provably free of them, table by table.

By ids and hashes of texts, as the tables have them; near copies are found in texts (selection.py)
and tokens in shards (token_scan.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from assets.corpora.tombstones import Searched, base_fingerprint
from assets.lineage.manifest import Manifest
from assets.lineage.readings import questions_about
from assets.lineage.tables import has_table, scan
from assets.ports import Lake

TABLES: Mapping[str, tuple[str, ...]] = {
    "corpora/documents": ("documents", "dropped"),
    "mixtures/deduped": ("documents", "merged", "near_withdrawn"),
    "mixtures/decontaminated": ("documents", "heldout", "removed"),
    "mixtures/scores": ("scores",),
    "mixtures/stage1": ("selection",),
    "mixtures/stage2": ("selection",),
    "mixtures/stage3": ("selection",),
    "tokenizers/tokenizer": ("token_counts",),
    "tokenizers/spans": ("pieces",),
    **{
        f"tokenizers/shards_{name}": ("index",)
        for name in ("stage1", "stage2", "stage3", "sft_general", "sft_medical")
    },
}
"""Node -> tables with a row per document that stands in the artifact, under doc_id."""
_LEFT_BEHIND = ("dropped", "removed")
"""Rows of documents that were left out; they name a document without holding its text."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """What one artifact holds of some documents."""

    artifact: str
    fingerprint: str
    digest: str
    table: str
    ids: tuple[str, ...]
    only_names: bool = False
    """The rows say that the documents were left out."""


def held_by_id(lake: Lake, manifest: Manifest, ids: pl.Series, hashes: pl.Series) -> list[Held]:
    """Return the tables of an artifact that have rows of the ids, or of the texts."""
    node = f"{manifest.family}/{manifest.name}"
    found = []
    for name in TABLES.get(node, ()):
        if not has_table(manifest, name):
            continue
        rows = scan(lake, manifest, name)
        wanted = pl.col("doc_id").is_in(ids.implode())
        if "text_hash" in rows.collect_schema().names():
            wanted = wanted | pl.col("text_hash").is_in(hashes.implode())
        met = rows.filter(wanted).select("doc_id").unique().collect(engine="streaming")
        if met.height:
            found.append(_held(manifest, name, met["doc_id"], only_names=name in _LEFT_BEHIND))
    if node == "synthesis/questions" and has_table(manifest, "questions"):
        asked = questions_about(lake, manifest, ids)
        if asked.height:
            found.append(_held(manifest, "questions", asked["item_id"], only_names=False))
    return found


def packed_ids(lake: Lake, manifests: Iterable[Manifest], doc_ids: pl.Series) -> pl.DataFrame:
    """Return packed_id and document: the documents, and the questions that ask about them."""
    parts = [pl.DataFrame({"packed_id": doc_ids, "document": doc_ids})]
    for manifest in manifests:
        asked = questions_about(lake, manifest, doc_ids)
        parts.append(asked.select(packed_id="item_id", document="seed_doc_id"))
    return pl.concat(parts).unique().sort("packed_id", "document")


def searched_documents(
    lake: Lake, corpora: Iterable[Manifest], doc_ids: pl.Series, sources: tuple[str, ...]
) -> Searched:
    """Say which corpora have a document of a request, or are of a source that it names."""
    return _searched(
        (
            manifest,
            manifest.partition in sources or _any(lake, manifest, "documents", doc_ids),
        )
        for manifest in corpora
    )


def searched_shards(lake: Lake, shards: Iterable[Manifest], packed: pl.Series) -> Searched:
    """Say which packed shards have a piece of a document, or of a question about one."""
    return _searched((m, _any(lake, m, "index", packed)) for m in shards if has_table(m, "index"))


def _searched(verdicts: Iterable[tuple[Manifest, bool]]) -> Searched:
    holds: dict[str, bool] = {}
    for manifest, held in verdicts:
        base = base_fingerprint(manifest)
        holds[base] = holds.get(base, False) or held
    return Searched(
        holding=tuple(base for base, held in holds.items() if held),
        free=tuple(base for base, held in holds.items() if not held),
    )


def _any(lake: Lake, manifest: Manifest, name: str, ids: pl.Series) -> bool:
    rows = scan(lake, manifest, name).filter(pl.col("doc_id").is_in(ids.implode()))
    return bool(rows.head(1).collect().height)


def _held(manifest: Manifest, table: str, ids: pl.Series, *, only_names: bool) -> Held:
    return Held(
        artifact=manifest.key,
        fingerprint=manifest.fingerprint,
        digest=manifest.digest,
        table=table,
        ids=tuple(ids.unique().sort().to_list()),
        only_names=only_names,
    )
