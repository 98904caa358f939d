"""Make the receipt of one recipe as it stands now, with every request in the lake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import polars as pl

from assets.corpora.tombstones import REASON, requests_in, signature_problems, tombstones_of
from assets.lineage.audit import ArtifactGraph
from assets.lineage.forgetting.exposure import affected_by, exposures
from assets.lineage.forgetting.receipt import Receipt
from assets.lineage.forgetting.receipt_search import Searcher, older_shards
from assets.lineage.forgetting.residual import residual_influence
from assets.lineage.forgetting.searching import held_by_id
from assets.lineage.manifest import Manifest
from assets.lineage.tables import scan
from assets.ports import Lake
from assets.recipes.graph import RecipeGraph


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
    work = Searcher(lake, chain, rows, receipt)
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
    receipt.older = list(_older(lake, chain, rows))
    work.controls(older_shards(lake, chain))
    receipt.problems += [
        f"{search.artifact}: {search.kind}: {'; '.join(search.told)}"
        for search in receipt.searches
        if search.found and not search.by_design
    ]
    return receipt


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


def _older(lake: Lake, chain: Sequence[Manifest], rows: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Name what is no part of the recipe and holds the documents, or learned from them."""
    stands = {manifest.fingerprint for manifest in chain}
    graph = ArtifactGraph.of(lake)
    ids = rows.filter(pl.col("doc_id") != "")["doc_id"].unique()
    hashes = rows.filter(pl.col("text_hash") != "")["text_hash"].unique()
    found = exposures(lake, graph, ids)
    read = {e.fingerprint: e.num_steps for e in found if e.has_learned}
    below = affected_by(graph, found, ("checkpoints", "models", "reports", "releases"))
    for manifest in graph.nodes.values():
        if manifest.fingerprint in stands or manifest.name == "receipt":
            continue
        held = [h for h in held_by_id(lake, manifest, ids, hashes) if not h.only_names]
        if manifest.fingerprint in read:
            told = f"its weights learned from them in {read[manifest.fingerprint]} steps"
        elif manifest.fingerprint in below:
            told = f"it descends from {below[manifest.fingerprint][0].model}, which learned"
        elif held:
            told = f"it holds {max(len(h.ids) for h in held)} rows of them"
        else:
            continue
        name = f"{manifest.key}@{manifest.short}"
        yield {"artifact": name, "digest": manifest.digest, "told": told}


def _request(manifest: Manifest) -> dict[str, Any]:
    config = manifest.config
    names = ("reason", "by", "date", "mode", "near", "sources")
    return {
        "request": manifest.fingerprint,
        "digest": manifest.digest,
        "documents": manifest.counts.get("documents", 0),
        **{name: config[name] for name in names},
    }
