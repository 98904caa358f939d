"""Judging models: from items to a committed report; reports/benchmarks and reports/medical.

Owns the sample of items, the folders the job reads, the job, and what is copied from it. The
numbers themselves come from `python -m evaluation.main`.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from assets.corpora.benchmarks import benchmark
from assets.lineage.manifest import Cost
from assets.lineage.workspace import InputFiles, Outcome, Workspace
from assets.ports import JobRequest
from assets.reports.pictures import draw_scores
from assets.reports.sampling import sample
from assets.reports.scores import Row, rows_of, score_table, sentences
from evaluation.spec import BenchmarkSpec, EvaluationSpec, ModelUnderTest
from model.config import ModelConfig

BASE, FINAL = "base", "final"
TITLES = {"benchmarks": "General benchmarks", "medical": "Medical benchmarks"}
_MODEL_FILES = ("config.json", "model.safetensors")
_ITEM_FIELDS = {
    "choice": ("context", "choices", "answer"),
    "continuation": ("context", "target"),
}

Item = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a job found, already written to the artifact as report.json and items.jsonl."""

    report: Mapping[str, Any]
    results: Sequence[Mapping[str, Any]]
    cost: Cost

    @property
    def labels(self) -> list[str]:
        return list(self.report["models"])

    @property
    def rows(self) -> list[Row]:
        return rows_of(self.report["scores"])


def make_report(ws: Workspace) -> Outcome:
    """Judge the models on a sample of the benchmarks in the config."""
    names = list(ws.config["benchmarks"])
    title = TITLES[ws.step.name]
    if not names:
        raise ValueError(f"{ws.step.key}: the recipe names no benchmark for it: add one")
    frame = pl.read_parquet(ws.input("corpora/benchmarks").path("items.parquet"))
    items = [item for name in names for item in benchmark_items(frame, name, ws.config)]
    judgement = judge(ws, items, [benchmark(name).spec() for name in names], seed=ws.config["seed"])
    return publish(ws, judgement, title=title, picture="scores.png")


def benchmark_items(frame: pl.DataFrame, name: str, config: Mapping[str, Any]) -> list[Item]:
    """Return the sampled items of one benchmark, as the job reads them, by item_id."""
    members = frame.filter(pl.col("benchmark") == name)
    if members.is_empty():
        raise ValueError(f"corpora/benchmarks has no items of {name}: add it to the recipe")
    by_id = {row["item_id"]: row for row in members.iter_rows(named=True)}
    chosen = sample(by_id, limit=config["max_items"], seed=config["seed"])
    return [_item(by_id[item_id]) for item_id in chosen]


def judge(
    ws: Workspace, items: Sequence[Item], benchmarks: Sequence[BenchmarkSpec], *, seed: int
) -> Judgement:
    """Run the evaluation job on the declared models and copy its files into the artifact."""
    models = {label: _model_folder(ws, label, given) for label, given in _models(ws).items()}
    configs = {label: read_config(folder) for label, folder in models.items()}
    output = ws.job_dir / "evaluation"
    items_path, spec_path = ws.job_dir / "items.jsonl", ws.job_dir / "spec.json"
    lines = (json.dumps(item, sort_keys=True, ensure_ascii=False) for item in items)
    items_path.write_text("\n".join(lines) + "\n")
    EvaluationSpec(
        models=tuple(ModelUnderTest(label=x, path=str(path)) for x, path in models.items()),
        benchmarks=tuple(benchmarks),
        items_path=str(items_path),
        output_dir=str(output),
        seed=seed,
        max_context_tokens=min(c.max_position_embeddings for c in configs.values()),
    ).write(spec_path)
    ws.progress(f"judging {' and '.join(models)} on {len(items)} items")
    ws.run_job(
        JobRequest(
            name=f"{ws.step.family}-{ws.step.name}-{ws.step.short}",
            module="evaluation.main",
            spec_path=spec_path,
            work_dir=ws.job_dir,
        )
    )
    for name in ("report.json", "items.jsonl"):
        shutil.copyfile(output / name, ws.out(name))
    report = json.loads((output / "report.json").read_text())
    results = [json.loads(line) for line in (output / "items.jsonl").read_text().splitlines()]
    timing = json.loads((output / "timing.json").read_text())
    return Judgement(report=report, results=results, cost=_cost(report, configs, timing))


def publish(
    ws: Workspace, judgement: Judgement, *, title: str, picture: str, notes: str = ""
) -> Outcome:
    """Write report.md and a picture of the scores, and return what the asset says of itself."""
    rows, labels = judgement.rows, judgement.labels
    table = score_table(rows, labels)
    said = "\n".join(f"- {sentence}" for sentence in sentences(rows, labels))
    parts = [f"# {title}", table, said, notes, _method(judgement)]
    ws.out("report.md").write_text("\n\n".join(part for part in parts if part) + "\n")
    draw_scores(rows, labels, title=title, path=ws.out(picture))
    return Outcome(
        counts={
            "models": len(labels),
            "benchmarks": len(rows),
            "items": sum(row.n for row in rows),
            "truncated": sum(s["truncated"] for s in judgement.report["scores"]),
        },
        metrics={
            f"eval/{score['model']}/{score['benchmark']}/{score['metric']}": score["value"]
            for score in judgement.report["scores"]
        },
        summary=f"{table}\n\n{said}",
        pictures=(picture,),
        cost=judgement.cost,
    )


def read_config(folder: Path) -> ModelConfig:
    """Return the architecture of a model folder."""
    return ModelConfig.from_dict(json.loads((folder / "config.json").read_text()))


def tokenizer_folder(ws: Workspace) -> Path:
    """Return the folder of the declared tokenizer's tokenizer.json."""
    return ws.input("tokenizers/tokenizer").path("tokenizer.json").parent


def _models(ws: Workspace) -> dict[str, InputFiles]:
    """Return the base model and, where the recipe has one, the model that SFT ended with."""
    final = [given for given in ws.all_inputs() if given.manifest.family == "models"]
    if len(final) > 1:
        names = ", ".join(given.manifest.key for given in final)
        raise ValueError(f"{ws.step.key} compares one final model with the base, not {names}")
    base = {BASE: ws.input("checkpoints/stage3")}
    return {**base, FINAL: final[0]} if final else base


def _model_folder(ws: Workspace, label: str, given: InputFiles) -> Path:
    """Join a model's files and the tokenizer in one folder, which is what the job reads."""
    folder = ws.job_dir / "models" / label
    folder.mkdir(parents=True, exist_ok=True)
    for name in _MODEL_FILES:
        _link(given.path(name), folder / name)
    _link(tokenizer_folder(ws) / "tokenizer.json", folder / "tokenizer.json")
    return folder


def _link(source: Path, target: Path) -> None:
    """Make target the same file, or a copy where links are impossible; never half of one."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    try:
        temporary.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, temporary)
    temporary.replace(target)
    # Renaming one name of a file onto another of its names does nothing, by POSIX.
    temporary.unlink(missing_ok=True)


def _item(row: Mapping[str, Any]) -> Item:
    fields = ("benchmark", "item_id", "kind", *_ITEM_FIELDS[row["kind"]])
    item = {field: row[field] for field in fields}
    return {**item, "subject": row["subject"]} if row["subject"] else item


def _cost(
    report: Mapping[str, Any], configs: Mapping[str, ModelConfig], timing: Mapping[str, Any]
) -> Cost:
    """A forward pass takes two operations per parameter and token, attention scores apart."""
    tokens: Mapping[str, int] = report["num_tokens"]
    return Cost(
        tokens=sum(tokens.values()),
        flops=float(sum(2 * configs[x].num_parameters() * count for x, count in tokens.items())),
        device_s=sum(timing["seconds"].values()),
    )


def _method(judgement: Judgement) -> str:
    report = judgement.report
    return (
        f"Items are a random sample with a fixed seed ({report['seed']}), zero-shot. Intervals "
        "hold 95%: Wilson for shares, bootstrap over items for perplexities. Contexts above "
        f"{report['max_context_tokens']} tokens lose their oldest ones: "
        f"{sum(score['truncated'] for score in report['scores'])} of "
        f"{len(judgement.results)} results."
    )
