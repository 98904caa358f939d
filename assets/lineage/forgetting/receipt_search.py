"""The searches behind a receipt: one recipe's artifacts, for one set of forgotten documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from assets.corpora.tombstones import SHINGLE_SCHEMA, SHINGLES
from assets.lineage.audit import ArtifactGraph
from assets.lineage.forgetting.exposure import exposures
from assets.lineage.forgetting.near_search import near_in_corpus, near_in_questions
from assets.lineage.forgetting.receipt import Receipt, Search
from assets.lineage.forgetting.searching import TABLES, held_by_id, packed_ids
from assets.lineage.forgetting.token_scan import MIN_TOKENS, scan_tokens
from assets.lineage.manifest import Manifest
from assets.lineage.tables import has_table, scan
from assets.ports import Lake
from model.tokenizer import FILE_NAME, Tokenizer

MAX_TOLD = 20
"""Findings told of one search by name; all are counted."""


class Searcher:
    """Adds one entry per artifact and kind of search to a receipt."""

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

    def controls(self, older: Iterable[Manifest]) -> None:
        """Search, per node, the newest older shards whose index names the documents: a search that
        finds nothing there would prove nothing here."""
        texts = texts_in(self._lake, self._rows["text_hash"].unique())
        done: set[str] = set()
        for manifest in older:
            if manifest.name in done or texts.is_empty() or not self._holds_long(manifest):
                continue
            done.add(manifest.name)
            above = ArtifactGraph.of(self._lake).ancestors(manifest)
            tokenizer = _tokenizer(self._lake, above)
            encoded = {row[0]: tokenizer.encode(row[1]) for row in texts.iter_rows()}
            found = scan_tokens(self._lake, manifest, encoded).longest
            name = f"{manifest.key}@{manifest.short}"
            longest = max((run.run_tokens for run in found), default=0)
            self._receipt.controls.append(
                {"artifact": name, "whole": sum(run.is_whole for run in found), "longest": longest}
            )
            if not longest:
                self._receipt.problems.append(
                    f"{name} holds the documents by its index, and their tokens were not found in "
                    "it: the search for tokens proves nothing"
                )

    def _holds_long(self, shards: Manifest) -> bool:
        """Whether some piece of a document is long enough to be looked for, marks left out."""
        named = pl.col("doc_id").is_in(self._ids.implode())
        is_long = pl.col("end") - pl.col("start") >= MIN_TOKENS + 2
        return bool(scan(self._lake, shards, "index").filter(named & is_long).collect().height)

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


def older_shards(lake: Lake, chain: Sequence[Manifest]) -> list[Manifest]:
    """Return the shards of a recipe's stages that it does not stand for, the newest first."""
    stands = {manifest.fingerprint for manifest in chain}
    names = {m.name for m in chain if m.family == "tokenizers" and has_table(m, "index")}
    older = [
        m
        for m in lake.manifests("tokenizers")
        if m.name in names and m.fingerprint not in stands and has_table(m, "index")
    ]
    return sorted(older, key=lambda m: m.finished_at, reverse=True)


def texts_in(lake: Lake, hashes: pl.Series) -> pl.DataFrame:
    """Return text_hash and text of the texts that some corpus of the lake still holds."""
    wanted = pl.col("text_hash").is_in(hashes.implode())
    frames = [
        scan(lake, manifest, "documents").filter(wanted).select("text_hash", "text")
        for manifest in lake.manifests("corpora", "documents")
    ]
    none = pl.DataFrame(schema={"text_hash": pl.String, "text": pl.String}).lazy()
    return pl.concat([none, *frames]).unique("text_hash").sort("text_hash").collect()


def _tokenizer(lake: Lake, chain: Sequence[Manifest]) -> Tokenizer:
    made = next(m for m in chain if f"{m.family}/{m.name}" == "tokenizers/tokenizer")
    return Tokenizer.load(lake.fetch(made, made.file(FILE_NAME)).parent)


def _height(lake: Lake, manifest: Manifest, name: str) -> int:
    return int(scan(lake, manifest, name).select(pl.len()).collect().item())
