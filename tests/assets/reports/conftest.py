"""A lake with two micro models, a tokenizer, benchmark items and held-out text."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.lineage.workspace import Workspace
from assets.ports import JobRequest
from evaluation.main import evaluate
from evaluation.spec import EvaluationSpec
from tests.micro import TEXT, micro_tokenizer_json, write_micro_model

WORDS = " ".join(TEXT).split()


class InProcessRunner:
    """Runs the evaluation at once, in this process, as the job would."""

    def __init__(self) -> None:
        self.requests: list[JobRequest] = []

    def __call__(self, request: JobRequest) -> None:
        assert request.module == "evaluation.main"
        self.requests.append(request)
        evaluate(EvaluationSpec.read(request.spec_path))


@dataclass
class World:
    """The inputs of the reports, committed; `workspace` opens one report over them."""

    folder: Path
    lake: FakeLake
    base: Manifest
    final: Manifest
    tokenizer: Manifest
    items: Manifest
    corpus: Manifest

    def workspace(
        self, name: str, inputs: tuple[Manifest, ...], config: dict[str, Any], runner: Any = None
    ) -> Workspace:
        step = Step(family="reports", name=name, partition="micro", code_version="1", config=config)
        return fake_workspace(
            self.folder, step, inputs, lake=self.lake, run_job=runner or InProcessRunner()
        )


@pytest.fixture
def world(tmp_path: Path) -> World:
    lake = FakeLake(tmp_path / "lake")
    return World(
        folder=tmp_path,
        lake=lake,
        base=_model(lake, tmp_path / "a", "checkpoints/stage3", seed=0),
        final=_model(lake, tmp_path / "b", "models/sft_medical", seed=1),
        tokenizer=commit_folder(
            lake, "tokenizers/tokenizer", {"tokenizer.json": micro_tokenizer_json().encode()}
        ),
        items=commit_folder(
            lake, "corpora/benchmarks", {"items.parquet": parquet(benchmark_frame())}
        ),
        corpus=commit_folder(
            lake, "mixtures/decontaminated", {"heldout.parquet": parquet(heldout_frame())}
        ),
    )


def benchmark_frame() -> pl.DataFrame:
    """Return eight items each of PIQA and MedQA with known answers, and of LAMBADA."""
    rows = []
    for index in range(8):
        common = {"item_id": f"i{index}", "choices": [], "answer": -1, "target": "", "subject": ""}
        context = " ".join(WORDS[index : index + 6])
        for name in ("piqa", "medqa"):
            rows.append(
                {
                    **common,
                    "benchmark": name,
                    "kind": "choice",
                    "context": context,
                    "choices": [f" {WORDS[index + 6]}", f" {WORDS[index + 9]}"],
                    "answer": index % 2,
                    "subject": "step1" if name == "medqa" else "",
                }
            )
        rows.append(
            {
                **common,
                "benchmark": "lambada",
                "kind": "continuation",
                "context": context,
                "target": f" {WORDS[index + 6]}",
            }
        )
    schema = {"choices": pl.List(pl.String), "answer": pl.Int64}
    return pl.DataFrame(rows, schema_overrides=schema)


def heldout_frame() -> pl.DataFrame:
    sources = ["wikipedia_gensim106"] * 3 + ["pubmed_1976_1980"] * 4 + ["python_stdlib"]
    return pl.DataFrame(
        {
            "doc_id": [f"{index:032x}" for index in range(len(sources))],
            "source": sources,
            "domain": ["general"] * 3 + ["medical"] * 4 + ["code"],
            "text": [f"{' '.join(TEXT[i % 3 :])} Text {i}." for i in range(7)] + ["import os"],
        }
    )


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _model(lake: FakeLake, folder: Path, node: str, *, seed: int) -> Manifest:
    write_micro_model(folder, seed=seed)
    names = ("config.json", "model.safetensors")
    return commit_folder(lake, node, {name: (folder / name).read_bytes() for name in names})


@pytest.fixture
def report() -> Callable[..., dict[str, Any]]:
    """Return a builder of report.json from (model, benchmark, metric, value, chance) rows."""

    def build(*rows: tuple[str, str, str, float, float | None]) -> dict[str, Any]:
        scores = [
            {
                "model": model,
                "benchmark": benchmark,
                "metric": metric,
                "value": value,
                "ci_low": value * 0.9,
                "ci_high": value * 1.1,
                "chance": chance,
                "higher_is_better": chance is not None,
                "n": 100,
                "truncated": 1,
                "interval": "wilson",
                "metrics": {
                    name: {"value": value, "ci_low": value * 0.9, "ci_high": value * 1.1}
                    for name in (metric, "perplexity_per_word")
                },
            }
            for model, benchmark, metric, value, chance in rows
        ]
        labels = list(dict.fromkeys(row[0] for row in rows))
        content = {"models": labels, "scores": scores, "seed": 3}
        return json.loads(json.dumps(content))  # type: ignore[no-any-return]

    return build
