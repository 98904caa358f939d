"""mixtures/classifiers[recipe]: the small models that the scores need, and how good they are.

Trained on a bounded sample of every source; what labels lack, is absent and says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from assets.lineage.workspace import Outcome, Workspace
from assets.mixtures.scoring.heads import TASKS, Data, Task, train_task, transfer
from assets.mixtures.scoring.labels import label_frame
from assets.mixtures.scoring.language_model import (
    NUM_FOLDS,
    LanguageModel,
    fold_of,
    train_language_model,
)
from assets.mixtures.scoring.linear import Bodies, Head, bodies_of, join_bodies
from assets.mixtures.scoring.models import FILES, Models, save
from assets.mixtures.scoring.pictures import draw_f1, draw_reliability
from assets.mixtures.scoring.rules import RuleScorer
from assets.mixtures.scoring.sample import sample
from assets.mixtures.scoring.spec import ClassifierSpec
from assets.mixtures.scoring.terms import TermFrequency, count_terms
from assets.mixtures.scoring.text import Batch, batches, draws

TRANSFER_TASK = "medical"
"""The one task whose labels come from several sources each, so that one can be left out."""
_SPLIT_SEED = 0x5711


def make_classifiers(ws: Workspace) -> Outcome:
    """Train all models on a sample of mixtures/decontaminated and report how far to trust them."""
    spec = ClassifierSpec(**ws.config)
    frame = sample(
        ws.input("mixtures/decontaminated").table_files("documents"),
        caps=max(spec.train_bytes_per_source, spec.reference_bytes_per_source),
        seed=spec.seed,
        compute=ws.compute,
        scratch=ws.scratch,
    )
    ws.progress(f"{frame.height:,} documents to learn from")
    parts = list(batches(frame))
    terms = count_terms(parts)
    heads, report = train_heads(frame, parts, spec, ws)
    chosen = reference(frame, parts, terms, spec)
    ws.progress(f"language model: {int(chosen.sum()):,} reference documents")
    language = _language_models(frame.filter(chosen))
    models = Models(
        heads=tuple(heads), chunk_words=spec.chunk_words, terms=terms, language=language
    )
    save(models, {name: ws.out(name) for name in FILES})
    report["sample"] = _sizes(frame)
    report["language_model"] = _language_report(frame.filter(chosen), language)
    return _outcome(ws, report)


def train_heads(
    frame: pl.DataFrame, parts: list[Batch], spec: ClassifierSpec, ws: Workspace
) -> tuple[list[Head], dict[str, Any]]:
    """Return the classifiers that could be trained, and the report on all."""
    labels = label_frame(frame)
    drawn = draws(frame["doc_id"], spec.seed ^ _SPLIT_SEED)
    heads: list[Head] = []
    report: dict[str, Any] = {"heads": {}, "absent": {}}
    for task in TASKS:
        data = Data(
            bodies=_bodies(parts, task),
            labels=labels[task.name],
            sources=frame["source"],
            drawn=drawn,
            spec=spec,
        )
        head, found = train_task(task, data)
        if head is None:
            report["absent"][task.name] = found["absent"]
            continue
        if task.name == TRANSFER_TASK:
            found["transfer"] = transfer(task, data)
        ws.progress(f"{task.name}: macro F1 {found['heldout']['macro_f1']:.2f} on held-out text")
        heads.append(head)
        report["heads"][task.name] = found
    return heads, report


def reference(
    frame: pl.DataFrame, parts: list[Batch], terms: TermFrequency, spec: ClassifierSpec
) -> pl.Series:
    """Return which documents the language model learns from.

    Of every source the half that the rules score higher, drawn by id up to the cap: the model then
    says how like the recipe's better text a document is, each source counted alike.
    """
    rules = RuleScorer(terms)
    scores = pl.concat([rules.score(part) for part in parts])
    marked = frame.select("doc_id", "source").with_columns(
        pl.Series("mean", scores.mean_horizontal()),
        pl.Series("draw", draws(frame["doc_id"], spec.seed)),
        pl.Series("bytes", frame["text"].str.len_bytes().cast(pl.Int64)),
    )
    better = pl.col("mean") >= pl.col("mean").median().over("source")
    kept = (
        marked.filter(better)
        .sort("draw", "doc_id")
        .filter(pl.col("bytes").cum_sum().over("source") <= spec.reference_bytes_per_source)
    )
    return marked["doc_id"].is_in(kept["doc_id"].implode())


def _language_models(frame: pl.DataFrame) -> tuple[LanguageModel, LanguageModel]:
    folds = fold_of(frame["doc_id"])
    first, second = (
        train_language_model(list(batches(frame.filter(pl.Series(folds == fold)))))
        for fold in range(NUM_FOLDS)
    )
    return first, second


def _bodies(parts: list[Batch], task: Task) -> Bodies:
    return join_bodies([bodies_of(part.tokens, title=task.title) for part in parts])


def _sizes(frame: pl.DataFrame) -> dict[str, Any]:
    found = (
        frame.group_by("source")
        .agg(pl.len().alias("documents"), pl.col("text").str.len_bytes().sum().alias("bytes"))
        .sort("source")
    )
    return {
        source: {"documents": documents, "bytes": size}
        for source, documents, size in found.iter_rows()
    }


def _language_report(frame: pl.DataFrame, language: tuple[LanguageModel, ...]) -> dict[str, Any]:
    return {
        "reference": _sizes(frame),
        "folds": [
            {
                "grams": len(model.tokens.keys),
                "discounts": [round(float(value), 4) for value in model.tokens.discounts],
            }
            for model in language
        ],
    }


def _outcome(ws: Workspace, report: Mapping[str, Any]) -> Outcome:
    ws.out("report.json").write_text(json.dumps(report, indent=1) + "\n")
    heads = report["heads"]
    pictures = _draw(heads, ws.out("f1.png"), ws.out("reliability.png")) if heads else ()
    return Outcome(
        counts={
            "documents": sum(row["documents"] for row in report["sample"].values()),
            "text_bytes": sum(row["bytes"] for row in report["sample"].values()),
            "classifiers": len(heads),
            "absent": len(report["absent"]),
            "reference_documents": sum(
                row["documents"] for row in report["language_model"]["reference"].values()
            ),
        },
        metrics={
            **{f"macro_f1/{name}": head["heldout"]["macro_f1"] for name, head in heads.items()},
            **{f"ece/{name}": head["calibration"]["after"]["ece"] for name, head in heads.items()},
        },
        summary=_summary(report),
        pictures=pictures,
    )


def _draw(heads: Mapping[str, Any], f1: Path, reliability: Path) -> tuple[str, ...]:
    draw_f1(heads, f1)
    draw_reliability(heads, reliability)
    return (f1.name, reliability.name)


def _summary(report: Mapping[str, Any]) -> str:
    lines = [
        "| classifier | labels | held-out documents | accuracy | macro F1 | ECE |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, head in report["heads"].items():
        found = head["heldout"]
        lines.append(
            f"| {name} | {len(found['classes'])} | {found['documents']:,} | "
            f"{found['accuracy']:.3f} | {found['macro_f1']:.3f} | "
            f"{head['calibration']['after']['ece']:.3f} |"
        )
    for row in report["heads"].get(TRANSFER_TASK, {}).get("transfer", []):
        said = row.get("absent") or f"{row['recall']:.1%} right"
        lines += ["", f"Trained without `{row['source']}`, tested on it: {said}."]
    lines += ["", *(f"No {name}: {why}." for name, why in report["absent"].items())]
    return "\n".join(lines)
