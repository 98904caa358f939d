"""What of forgotten documents stays in a recipe after a restart: named, so that nobody is misled.

The weights trained after a restart have not read them. What was computed from the corpus before
they were taken out of the shards still counted them; only mode `strict` makes that again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from assets.lineage.manifest import Manifest
from assets.lineage.tables import has_table, scan
from assets.lineage.workspace import table_paths
from assets.ports import Lake
from assets.recipes.graph import RecipeGraph
from assets.tokenizers.train import GENERAL_DOMAINS, MEDICAL_DOMAINS, training_text


@dataclass(frozen=True, kw_only=True)
class Residual:
    """One artifact that counted the documents, and how."""

    artifact: str
    fingerprint: str
    told: str


def residual_influence(lake: Lake, graph: RecipeGraph, doc_ids: pl.Series) -> list[Residual]:
    """Return what a recipe, as it stands, keeps of documents that its shards are without."""
    corpus = _made(lake, graph, "mixtures/decontaminated")
    if corpus is None:
        return []
    held = scan(lake, corpus, "documents").filter(pl.col("doc_id").is_in(doc_ids.implode()))
    present = held.select("doc_id", "domain").collect()
    found: list[Residual] = []
    for node, tell in _TELLERS.items():
        manifest = _made(lake, graph, node)
        if manifest is None:
            continue
        for told in tell(lake, manifest, corpus, present, doc_ids):
            found.append(
                Residual(artifact=manifest.key, fingerprint=manifest.fingerprint, told=told)
            )
    return found


def _made(lake: Lake, graph: RecipeGraph, node: str) -> Manifest | None:
    step = graph.steps.get(node)
    return lake.find(step.family, step.name, step.fingerprint) if step else None


_Tell = Callable[[Lake, Manifest, Manifest, pl.DataFrame, pl.Series], Iterator[str]]


def _merged(
    lake: Lake, manifest: Manifest, corpus: Manifest, present: pl.DataFrame, ids: pl.Series
) -> Iterator[str]:
    rows = scan(lake, manifest, "merged")
    num = _count(rows, pl.col("kept_doc_id").is_in(ids.implode()))
    if num:
        yield f"{num} documents were merged into them as copies and do not stand by themselves"


def _heldout(
    lake: Lake, manifest: Manifest, corpus: Manifest, present: pl.DataFrame, ids: pl.Series
) -> Iterator[str]:
    num = _count(scan(lake, manifest, "heldout"), pl.col("doc_id").is_in(ids.implode()))
    if num:
        yield f"{num} of them are held out: perplexity is measured on their text"
    if present.height:
        yield f"its documents still hold the text of {present.height} of them"


def _tokenizer(
    lake: Lake, manifest: Manifest, corpus: Manifest, present: pl.DataFrame, ids: pl.Series
) -> Iterator[str]:
    paths = [lake.fetch(corpus, corpus.file(p)) for p in table_paths(corpus, "documents")]
    limit = int(manifest.config["train_text_bytes"])
    counted = 0
    for domains in (GENERAL_DOMAINS, MEDICAL_DOMAINS):
        inside = present.filter(pl.col("domain").is_in(domains))
        if inside.height:
            last = training_text(paths, domains, limit).last_doc_id
            counted += inside.filter(pl.col("doc_id") <= last).height
    if counted:
        yield f"it counted the bytes of {counted} of them when it learned its vocabulary"
    elif present.height:
        yield "it did not learn from them; their token counts stand in it"


def _computed(
    lake: Lake, manifest: Manifest, corpus: Manifest, present: pl.DataFrame, ids: pl.Series
) -> Iterator[str]:
    if present.height:
        yield f"it was computed over a corpus with {present.height} of them in it"


def _selected(
    lake: Lake, manifest: Manifest, corpus: Manifest, present: pl.DataFrame, ids: pl.Series
) -> Iterator[str]:
    num = _count(scan(lake, manifest, "selection"), pl.col("doc_id").is_in(ids.implode()))
    if num:
        yield f"its plan names {num} of them and counts their tokens in the budget"


def _asked(
    lake: Lake, manifest: Manifest, corpus: Manifest, present: pl.DataFrame, ids: pl.Series
) -> Iterator[str]:
    if has_table(manifest, "questions"):
        rows = scan(lake, manifest, "questions")
        num = _count(rows, pl.col("seed_doc_id").is_in(ids.implode()))
        if num:
            yield f"{num} questions about them stand in it; the shards are without those"


def _count(rows: pl.LazyFrame, wanted: pl.Expr) -> int:
    return int(rows.filter(wanted).select(pl.len()).collect().item())


def _judged(
    lake: Lake, manifest: Manifest, corpus: Manifest, present: pl.DataFrame, ids: pl.Series
) -> Iterator[str]:
    if present.height:
        yield f"models were judged on text cut from a corpus with {present.height} of them in it"


_TELLERS: dict[str, _Tell] = {
    "mixtures/deduped": _merged,
    "mixtures/decontaminated": _heldout,
    "mixtures/classifiers": _computed,
    "mixtures/scores": _computed,
    "tokenizers/tokenizer": _tokenizer,
    "mixtures/stage1": _selected,
    "mixtures/stage2": _selected,
    "mixtures/stage3": _selected,
    "synthesis/questions": _asked,
    "reports/needle": _judged,
}
