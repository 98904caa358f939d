"""mixtures/scores[recipe]: what every document is about and how good it is, one row each.

Scores feed the mixture; nothing is dropped here. One part of the documents is one item of work.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from assets.lineage.storage import Folder, StoredFile
from assets.lineage.workspace import Outcome, Workspace
from assets.mixtures.scoring.classify import ClassifierScorer
from assets.mixtures.scoring.endpoint import Address, EndpointScorer
from assets.mixtures.scoring.histograms import QUANTILES, RANGES, Distributions
from assets.mixtures.scoring.language_model import PerplexityScorer
from assets.mixtures.scoring.models import FILES, load
from assets.mixtures.scoring.pictures import draw_scores
from assets.mixtures.scoring.quality import quality
from assets.mixtures.scoring.rules import RuleScorer
from assets.mixtures.scoring.scorer import SCORE_COLUMNS, Scorer, replaced, score_batch
from assets.mixtures.scoring.spec import ScoresSpec, scores_spec
from assets.mixtures.scoring.text import Batch, read_batches
from assets.mixtures.scoring.topics import TopicScorer

COLUMNS = ("doc_id", "source", "title", "text")
PICTURE_COLUMNS = tuple(RANGES)


@dataclass(frozen=True, kw_only=True)
class ScorePart:
    """One part of the documents to be scored."""

    documents: StoredFile
    models: tuple[StoredFile, ...]
    """The files of models.FILES, in their order."""
    spec: ScoresSpec
    out: Folder
    name: str
    address: Address | None = field(default=None, repr=False)
    """Where the endpoint of the spec is; execution, never identity."""


@dataclass(frozen=True, kw_only=True)
class ScoredPart:
    """What became of one part."""

    file: StoredFile
    documents: int
    text_bytes: int
    distributions: Distributions


def make_scores(ws: Workspace, address: Address | None = None) -> Outcome:
    """Score all of mixtures/decontaminated with the models of mixtures/classifiers."""
    spec = scores_spec(ws.config)
    if spec.endpoint and address is None:
        raise ValueError(
            f"the recipe takes {spec.endpoint.column} from the model {spec.endpoint.model}, but no "
            "endpoint address is set: set one, or take the endpoint out of the recipe"
        )
    files = ws.input("mixtures/decontaminated").table_files("documents")
    models = tuple(ws.input("mixtures/classifiers").stored(name) for name in FILES)
    items = [
        ScorePart(
            documents=file,
            models=models,
            spec=spec,
            out=ws.out_folder,
            name=_part_name(file),
            address=address,
        )
        for file in files
    ]
    parts = ws.compute.map(score_part, items, "scores")
    ws.publish(part.file for part in parts)
    return _outcome(ws, parts)


def score_part(item: ScorePart) -> ScoredPart:
    """Score one part in batches and write its rows in their order."""
    scorers = scorers_of(item)
    distributions, rows, text_bytes = Distributions(), [_empty()], 0
    for batch in read_batches(item.documents.local(), COLUMNS):
        scored = score_documents(scorers, batch, item.spec)
        distributions.add(batch.frame["source"], scored)
        rows.append(scored)
        text_bytes += int(batch.num_bytes.sum())
    table = pl.concat(rows)

    def write(path: Path) -> None:
        table.write_parquet(path, compression="zstd")

    return ScoredPart(
        file=item.out.write(item.name, write),
        documents=table.height,
        text_bytes=text_bytes,
        distributions=distributions,
    )


def scorers_of(item: ScorePart) -> list[Scorer]:
    """Return the scorers of a part, in the order in which their columns win."""
    models = load(item.models)
    scorers: list[Scorer] = [
        ClassifierScorer(models.heads, models.chunk_words),
        TopicScorer(item.spec.topic_temperature),
        RuleScorer(models.terms),
        PerplexityScorer(models.language),
    ]
    if item.spec.endpoint and item.address:
        return replaced(scorers, EndpointScorer(item.spec.endpoint, item.address))
    return scorers


def score_documents(scorers: Sequence[Scorer], batch: Batch, spec: ScoresSpec) -> pl.DataFrame:
    """Return the rows of the scores table for one batch."""
    scores = score_batch(scorers, batch)
    combined = scores.with_columns(quality(scores, spec.quality_weights))
    return combined.select(batch.frame["doc_id"], *SCORE_COLUMNS)


def _empty() -> pl.DataFrame:
    return pl.DataFrame(schema={"doc_id": pl.String(), **SCORE_COLUMNS})


def _part_name(documents: StoredFile) -> str:
    """Return documents/00003.parquet as scores/00003.parquet, documents.parquet as scores."""
    return "scores" + documents.entry.path.removeprefix("documents")


def _outcome(ws: Workspace, parts: Sequence[ScoredPart]) -> Outcome:
    total = Distributions().merge(part.distributions for part in parts)
    quantiles = total.quantiles()
    classes = {name: total.shares(name) for name in ("topic", "department", "content_type")}
    report = {
        "quantiles": {"shares": QUANTILES, "sources": _without_nan(quantiles)},
        "classes": classes,
    }
    ws.out("report.json").write_text(json.dumps(report, indent=1, allow_nan=False) + "\n")
    draw_scores(quantiles, ws.out("scores.png"), PICTURE_COLUMNS)
    documents = sum(part.documents for part in parts)
    return Outcome(
        counts={
            "documents": documents,
            "text_bytes": sum(part.text_bytes for part in parts),
            "parts": len(parts),
            "topics": len({name for found in classes["topic"].values() for name in found}),
        },
        metrics={
            f"quality_median/{source}": found["quality"][2] for source, found in quantiles.items()
        },
        summary=_summary(documents, quantiles, classes["topic"]),
        pictures=("scores.png",),
    )


def _without_nan(quantiles: Mapping[str, Mapping[str, Sequence[float]]]) -> dict[str, Any]:
    """Return the quantiles with null where a score is missing: NaN is no JSON."""
    return {
        source: {
            name: [None if math.isnan(value) else value for value in values]
            for name, values in found.items()
        }
        for source, found in quantiles.items()
    }


def _summary(
    documents: int,
    quantiles: Mapping[str, Mapping[str, Sequence[float]]],
    topics: Mapping[str, Mapping[str, int]],
) -> str:
    lines = [
        f"{documents:,} documents scored; medians by source:",
        "",
        f"| source | {' | '.join(PICTURE_COLUMNS)} | most frequent topics |",
        f"| --- |{' ---: |' * len(PICTURE_COLUMNS)} --- |",
    ]
    for source, found in quantiles.items():
        medians = " | ".join(f"{found[name][2]:.2f}" for name in PICTURE_COLUMNS)
        common = ", ".join(list(topics[source])[:3])
        lines.append(f"| {source} | {medians} | {common} |")
    return "\n".join(lines)
