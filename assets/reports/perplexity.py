"""reports/perplexity: LAMBADA's last words, held-out Wikipedia articles, held-out PubMed abstracts.

Held-out documents passed every filter and are left out of training only (by a hash of doc_id).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from assets.corpora.benchmarks import benchmark
from assets.lineage.workspace import Outcome, Workspace
from assets.reports.judge import Item, Judgement, benchmark_items, judge, publish
from assets.reports.sampling import sample
from assets.reports.scores import title_of
from evaluation.spec import BenchmarkSpec

HELDOUT_SETS = {"wikipedia_heldout": "wikipedia_", "pubmed_heldout": "pubmed_"}
"""Set -> how the names of its sources begin."""

MAX_TEXT_CHARS = 20_000
"""Of one document (our choice): one long article must not outweigh a hundred abstracts."""


def make_perplexity(ws: Workspace) -> Outcome:
    """Judge the models on every perplexity set there is text for."""
    frame = pl.read_parquet(ws.input("corpora/benchmarks").path("items.parquet"))
    heldout = ws.input("mixtures/decontaminated").table("heldout").collect()
    items: list[Item] = []
    specs: list[BenchmarkSpec] = []
    if "lambada" in frame["benchmark"]:
        items += benchmark_items(frame, "lambada", ws.config)
        specs.append(benchmark("lambada").spec())
    limit, seed = ws.config["heldout_documents"], ws.config["seed"]
    absent = []
    for name, prefix in HELDOUT_SETS.items():
        found = heldout_items(heldout, name, prefix, limit=limit, seed=seed)
        if found:
            items += found
            specs.append(_text_spec(name))
        else:
            absent.append(title_of(name))
    if not specs:
        raise ValueError(
            f"{ws.step.key}: no LAMBADA items and no held-out document of {', '.join(absent)}: "
            "add a source or raise heldout_share in the recipe"
        )
    judgement = judge(ws, items, specs, seed=seed)
    notes = "\n\n".join([_details(judgement), *[f"No held-out text for: {x}." for x in absent]])
    return publish(ws, judgement, title="Perplexity", picture="perplexity.png", notes=notes)


def heldout_items(
    heldout: pl.DataFrame, name: str, prefix: str, *, limit: int, seed: int
) -> list[Item]:
    """Return text items of a sample of the held-out documents of some sources, by doc_id."""
    members = heldout.filter(pl.col("source").str.starts_with(prefix))
    texts = dict(zip(members["doc_id"], members["text"], strict=True))
    if not texts:
        return []
    return [
        {
            "benchmark": name,
            "item_id": doc_id,
            "kind": "text",
            "text": texts[doc_id][:MAX_TEXT_CHARS],
        }
        for doc_id in sample(texts, limit=limit, seed=seed)
    ]


def _text_spec(name: str) -> BenchmarkSpec:
    return BenchmarkSpec(name=name, metric="perplexity", chance=None, higher_is_better=False)


def _details(judgement: Judgement) -> str:
    """Tabulate what compares between tokenizers: per word and per byte."""
    lines = [
        "| set | model | per token | per word | bits per byte |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for score in judgement.report["scores"]:
        metrics = score["metrics"]
        values = [
            f"{metrics[name]['value']:,.4g}"
            for name in ("perplexity", "perplexity_per_word", "bits_per_byte")
        ]
        lines.append(f"| {title_of(score['benchmark'])} | {score['model']} | {_cells(values)} |")
    return "\n".join(lines)


def _cells(values: Sequence[str]) -> str:
    return " | ".join(values)
