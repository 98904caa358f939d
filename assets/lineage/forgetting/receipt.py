"""The receipt of what was forgotten: what was searched, for what, and what was found.

About one recipe as it stands now, with every request in the lake. It claims no more than it looked
at: what keeps the documents by design (mode `restart`), and what older artifacts still hold, stands
in it by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl

from assets.corpora.tombstones import (
    REASON,
    SHINGLE_SCHEMA,
    SHINGLES,
    requests_in,
    signature_problems,
    tombstones_of,
)
from assets.lineage.audit import ArtifactGraph
from assets.lineage.forgetting.exposure import exposures
from assets.lineage.forgetting.near_search import near_in_corpus, near_in_questions
from assets.lineage.forgetting.residual import residual_influence
from assets.lineage.forgetting.searching import TABLES, held_by_id, packed_ids
from assets.lineage.forgetting.token_scan import scan_tokens
from assets.lineage.manifest import Manifest
from assets.lineage.tables import has_table, scan
from assets.ports import Lake
from assets.recipes.graph import RecipeGraph
from model.tokenizer import FILE_NAME, Tokenizer

MAX_TOLD = 20
"""Findings told of one search by name; all are counted."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """One search of one artifact."""

    artifact: str
    digest: str
    kind: str
    """documents (ids and hashes of texts), tokens, near copies, readings, attributions."""
    looked_at: int
    """Rows, texts or tokens read."""
    found: int
    told: tuple[str, ...]
    by_design: bool = False
    """Mode `restart` leaves the documents here: named, and no failure."""


@dataclass(kw_only=True)
class Receipt:
    """What a receipt says; `is_clean` is its verdict."""

    recipe: str
    requests: list[dict[str, Any]]
    num_documents: int
    searches: list[Search] = field(default_factory=list)
    not_searched: list[str] = field(default_factory=list)
    residual: list[dict[str, Any]] = field(default_factory=list)
    older: list[dict[str, Any]] = field(default_factory=list)
    """Artifacts that are no part of the recipe as it stands and hold the documents still."""
    problems: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        return {
            **vars(self),
            "searches": [asdict(search) for search in self.searches],
            "is_clean": self.is_clean,
        }


def make_receipt(lake: Lake, graph: RecipeGraph) -> Receipt:
    """Search everything the recipe stands for; raises LookupError when it is not made yet, or no
    request is in the lake."""
    requests = requests_in(lake)
    if not requests:
        raise LookupError("nothing was ever forgotten: there is no request in the lake")
    chain = _chain(lake, graph)
    rows = tombstones_of(lake, requests)
    receipt = Receipt(
        recipe=graph.recipe.name,
        requests=[_request(manifest) for manifest in requests],
        num_documents=rows["doc_id"].n_unique(),
    )
    for manifest in requests:
        receipt.problems += signature_problems(lake, manifest)
    work = _Searcher(lake, chain, rows, receipt)
    work.documents()
    work.tokens()
    work.near(requests)
    work.readings()
    work.attributions()
    ids = rows.filter(pl.col("mode") == "restart")["doc_id"].unique()
    receipt.residual = [
        *[asdict(each) for each in residual_influence(lake, graph, ids)],
        *_raw(lake, chain, rows),
    ]
    _older(lake, chain, rows, receipt)
    receipt.problems += [
        f"{search.artifact}: {search.kind}: {'; '.join(search.told)}"
        for search in receipt.searches
        if search.found and not search.by_design
    ]
    return receipt


class _Searcher:
    def __init__(
        self, lake: Lake, chain: Sequence[Manifest], rows: pl.DataFrame, receipt: Receipt
    ) -> None:
        self._lake, self._chain, self._rows, self._receipt = lake, chain, rows, receipt
        named = rows.filter(pl.col("doc_id") != "")
        self._ids = named["doc_id"].unique().sort()
        self._questions = [m for m in chain if m.name == "questions"]

    def documents(self) -> None:
        """Look for ids and hashes in every table that has a row per document."""
        for manifest in self._chain:
            node = f"{manifest.family}/{manifest.name}"
            tables = [t for t in TABLES.get(node, ()) if has_table(manifest, t)]
            if not tables and node != "synthesis/questions":
                continue
            is_packed = manifest.family == "tokenizers" and manifest.name != "tokenizer"
            found = self._held(manifest, self._rows)
            cleared = self._held(manifest, self._rows.filter(pl.col("mode") == "strict"))
            self._add(
                manifest,
                "documents",
                looked_at=sum(_height(self._lake, manifest, t) for t in tables or ["questions"]),
                found=found,
                by_design=not is_packed and not cleared,
            )

    def _held(self, manifest: Manifest, rows: pl.DataFrame) -> list[str]:
        ids = rows.filter(pl.col("doc_id") != "")["doc_id"].unique()
        if manifest.family == "tokenizers":
            ids = packed_ids(self._lake, self._questions, ids)["packed_id"].unique()
        hashes = rows.filter(pl.col("text_hash") != "")["text_hash"].unique()
        held = held_by_id(self._lake, manifest, ids, hashes)
        return sorted({each for h in held if not h.only_names for each in h.ids})

    def tokens(self) -> None:
        """Look for the tokens of every text in the packed samples themselves."""
        texts = texts_in(self._lake, self._rows["text_hash"].unique())
        lost = self._rows.filter(pl.col("text_hash") != "")["text_hash"].unique()
        lost = lost.filter(~lost.is_in(texts["text_hash"].implode()))
        if len(lost):
            self._receipt.not_searched.append(
                f"the tokens of {len(lost)} texts: no corpus in the lake holds them any more"
            )
        tokenizer = _tokenizer(self._lake, self._chain)
        encoded = {row[0]: tokenizer.encode(row[1]) for row in texts.iter_rows()}
        short: set[str] = set()
        for manifest in self._shards():
            scanned = scan_tokens(self._lake, manifest, encoded)
            short |= set(scanned.too_short)
            told = [
                f"{run.run_tokens} of {run.num_tokens} tokens of text {run.text_hash} in sample "
                f"{run.sample} from token {run.start} on"
                for run in scanned.longest
                if run.is_whole
            ]
            longest = max((run.run_tokens for run in scanned.longest), default=0)
            self._add(
                manifest,
                f"tokens (longest shared run: {longest})",
                looked_at=scanned.num_tokens_read,
                found=told,
            )
        if short:
            self._receipt.not_searched.append(
                f"the tokens of {len(short)} texts that are mere phrases: by id and hash only"
            )

    def near(self, requests: Sequence[Manifest]) -> None:
        """Look for near copies, by the policy of each request, in what is trained on."""
        dropping = [r for r in requests if r.config["near"] == "drop"]
        reporting = len(requests) - len(dropping)
        if reporting:
            self._receipt.not_searched.append(
                f"near copies for {reporting} requests, whose policy only reports them"
            )
        none = pl.DataFrame(schema=SHINGLE_SCHEMA).lazy()
        known = pl.concat([none, *[scan(self._lake, r, SHINGLES) for r in dropping]])
        shingles = known.unique().collect()
        packed = [scan(self._lake, m, "index").select("doc_id") for m in self._shards()]
        trained = pl.concat(packed).unique().collect()["doc_id"]
        for manifest in self._chain:
            node = f"{manifest.family}/{manifest.name}"
            if node == "mixtures/decontaminated":
                looked, found = near_in_corpus(self._lake, manifest, shingles, trained)
            elif node == "synthesis/questions":
                looked, found = near_in_questions(self._lake, manifest, shingles, trained)
            else:
                continue
            self._add(manifest, "near copies among the packed", looked_at=looked, found=found)

    def readings(self) -> None:
        """Look for steps that read the documents, in every model of the recipe."""
        chain = ArtifactGraph(self._chain)
        found = exposures(self._lake, chain, self._ids)
        for manifest in self._chain:
            if manifest.family not in ("checkpoints", "models"):
                continue
            told = [
                f"{e.num_steps} steps read them, the first is {e.first_step}"
                for e in found
                if e.fingerprint == manifest.fingerprint and e.num_steps
            ]
            self._add(
                manifest, "readings", looked_at=int(manifest.counts.get("steps", 0)), found=told
            )

    def attributions(self) -> None:
        """Look for the documents among those that a release credits by name."""
        for manifest in self._chain:
            if manifest.family != "releases" or not has_table(manifest, "attributed_documents"):
                continue
            credited = scan(self._lake, manifest, "attributed_documents").collect()
            named = self._rows.filter(pl.col("native_id") != "").select("source", "native_id")
            met = credited.join(named.unique(), on=["source", "native_id"], how="inner")
            found = [f"{row['source']} {row['native_id']}" for row in met.iter_rows(named=True)]
            self._add(manifest, "attributions", looked_at=credited.height, found=found)

    def _shards(self) -> Iterator[Manifest]:
        for manifest in self._chain:
            if manifest.family == "tokenizers" and has_table(manifest, "index"):
                yield manifest

    def _add(
        self,
        manifest: Manifest,
        kind: str,
        *,
        looked_at: int,
        found: Sequence[str],
        by_design: bool = False,
    ) -> None:
        self._receipt.searches.append(
            Search(
                artifact=f"{manifest.key}@{manifest.short}",
                digest=manifest.digest,
                kind=kind,
                looked_at=looked_at,
                found=len(found),
                told=tuple(found[:MAX_TOLD]),
                by_design=by_design and bool(found),
            )
        )


def texts_in(lake: Lake, hashes: pl.Series) -> pl.DataFrame:
    """Return text_hash and text of the texts that some corpus of the lake still holds."""
    wanted = pl.col("text_hash").is_in(hashes.implode())
    frames = [
        scan(lake, manifest, "documents").filter(wanted).select("text_hash", "text")
        for manifest in lake.manifests("corpora", "documents")
    ]
    none = pl.DataFrame(schema={"text_hash": pl.String, "text": pl.String}).lazy()
    return pl.concat([none, *frames]).unique("text_hash").sort("text_hash").collect()


def _chain(lake: Lake, graph: RecipeGraph) -> list[Manifest]:
    """Return all that the recipe stands for, its corpora too."""
    steps = {s.fingerprint: s for step in graph.steps.values() for s in (*step.inputs, step)}
    found, missing = [], []
    for step in steps.values():
        manifest = lake.find(step.family, step.name, step.fingerprint)
        if manifest is None:
            missing.append(step.key)
        else:
            found.append(manifest)
    if missing:
        raise LookupError(
            f"{len(missing)} artifacts of recipe {graph.recipe.name} are not made without the "
            f"forgotten documents yet, first {missing[0]}: run `materia materialize --recipe "
            f"{graph.recipe.name}`, then ask for the receipt"
        )
    return found


def _raw(lake: Lake, chain: Sequence[Manifest], rows: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Name the raw corpora that hold the texts: files are kept as they were found."""
    ids = rows["doc_id"].unique()
    for manifest in chain:
        if f"{manifest.family}/{manifest.name}" != "corpora/documents":
            continue
        gone = scan(lake, manifest, "dropped").filter(pl.col("reason") == REASON)
        num = int(gone.select(pl.col("doc_id").n_unique()).collect().item())
        num += scan(lake, manifest, "documents").filter(
            pl.col("doc_id").is_in(ids.implode())
        ).select(pl.len()).collect().item()  # fmt: skip
        for record in manifest.inputs:
            if num and record.name == "raw":
                yield {
                    "artifact": f"corpora/raw[{record.partition}]",
                    "fingerprint": record.fingerprint,
                    "told": f"its files, as they were found, hold {num} of them",
                }


def _older(lake: Lake, chain: Sequence[Manifest], rows: pl.DataFrame, receipt: Receipt) -> None:
    stands = {manifest.fingerprint for manifest in chain}
    graph = ArtifactGraph.of(lake)
    ids, hashes = rows["doc_id"].unique(), rows["text_hash"].unique()
    read = {e.fingerprint: e for e in exposures(lake, graph, ids) if e.has_learned}
    for manifest in graph.nodes.values():
        if manifest.fingerprint in stands:
            continue
        held = [h for h in held_by_id(lake, manifest, ids, hashes) if not h.only_names]
        exposure = read.get(manifest.fingerprint)
        if held or exposure:
            told = f"holds {max(len(h.ids) for h in held)}" if held else ""
            if exposure:
                told = f"its weights learned from them in {exposure.num_steps} steps"
            receipt.older.append(
                {"artifact": f"{manifest.key}@{manifest.short}", "digest": manifest.digest,
                 "told": told}
            )  # fmt: skip


def _request(manifest: Manifest) -> dict[str, Any]:
    config = manifest.config
    names = ("reason", "by", "date", "mode", "near", "sources")
    return {
        "request": manifest.fingerprint,
        "digest": manifest.digest,
        "documents": manifest.counts.get("documents", 0),
        **{name: config[name] for name in names},
    }


def _tokenizer(lake: Lake, chain: Sequence[Manifest]) -> Tokenizer:
    made = next(m for m in chain if f"{m.family}/{m.name}" == "tokenizers/tokenizer")
    return Tokenizer.load(lake.fetch(made, made.file(FILE_NAME)).parent)


def _height(lake: Lake, manifest: Manifest, name: str) -> int:
    return int(scan(lake, manifest, name).select(pl.len()).collect().item())
