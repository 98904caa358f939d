"""`python -m evaluation.main` on a micro model, and the report as a function of its items."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dagster_pipes import encode_param

from evaluation.main import evaluate
from evaluation.report import check_items, summarise
from evaluation.spec import BenchmarkSpec, EvaluationSpec, ModelUnderTest
from evaluation.tasks import parse_item
from tests.micro import TEXT, write_micro_model

ROOT = Path(__file__).parents[2]

BENCHMARKS = (
    BenchmarkSpec(name="organs", metric="acc", chance=0.5, higher_is_better=True),
    BenchmarkSpec(name="words", metric="perplexity", chance=None, higher_is_better=False),
    BenchmarkSpec(name="prose", metric="perplexity", chance=None, higher_is_better=False),
)


def items() -> list[dict[str, Any]]:
    choices = [
        {
            "benchmark": "organs",
            "item_id": f"o{index}",
            "kind": "choice",
            "context": "Which organ makes bile? " * (1 + 3 * (index == 5)) + "Answer:",
            "choices": [" the liver", " the kidneys filter"],
            "answer": index % 2,
            "subject": "anatomy",
        }
        for index in range(6)
    ]
    words = [
        {
            "benchmark": "words",
            "item_id": f"w{index}",
            "kind": "continuation",
            "context": line[:30],
            "target": line[30:40],
        }
        for index, line in enumerate(TEXT[:3])
    ]
    prose = [
        {"benchmark": "prose", "item_id": f"p{index}", "kind": "text", "text": line * 2}
        for index, line in enumerate(TEXT[:3])
    ]
    return choices + words + prose


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> EvaluationSpec:
    folder = tmp_path_factory.mktemp("evaluation")
    for label, seed in (("base", 0), ("final", 1)):
        write_micro_model(folder / label, seed=seed)
    lines = [json.dumps(item) for item in items()]
    (folder / "items.jsonl").write_text("\n".join(lines) + "\n")
    return EvaluationSpec(
        models=tuple(
            ModelUnderTest(label=label, path=str(folder / label)) for label in ("base", "final")
        ),
        benchmarks=BENCHMARKS,
        items_path=str(folder / "items.jsonl"),
        output_dir=str(folder / "out"),
        seed=4,
        max_context_tokens=40,
        batch_tokens=256,
        threads=1,
    )


def results_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "items.jsonl").read_text().splitlines()]


def pipes_environment(messages: Path) -> dict[str, str]:
    """Return what a Dagster run that launches us would put in our environment."""
    context = {
        "asset_keys": ["reports/benchmarks"],
        "code_version_by_asset_key": None,
        "provenance_by_asset_key": None,
        "partition_key": None,
        "partition_key_range": None,
        "partition_time_window": None,
        "run_id": "r",
        "job_name": None,
        "retry_number": 0,
        "extras": {},
    }
    return {
        "DAGSTER_PIPES_CONTEXT": encode_param({"data": context}),
        "DAGSTER_PIPES_MESSAGES": encode_param({"path": str(messages)}),
    }


@pytest.mark.slow
def test_the_command_tells_its_dagster_run_and_writes_three_files(
    spec: EvaluationSpec, tmp_path: Path
) -> None:
    spec.write(tmp_path / "spec.json")
    command = [sys.executable, "-m", "evaluation.main", str(tmp_path / "spec.json")]
    environment = {**os.environ, **pipes_environment(tmp_path / "messages.jsonl")}
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True, env=environment)
    assert "12 items of 3 benchmarks, 2 models" in (tmp_path / "messages.jsonl").read_text()
    folder = Path(spec.output_dir)
    report, results = json.loads((folder / "report.json").read_text()), results_of(folder)
    assert set(json.loads((folder / "timing.json").read_text())["seconds"]) == {"base", "final"}
    assert len(results) == 2 * len(items())
    assert [(s["model"], s["benchmark"]) for s in report["scores"]] == [
        (label, b.name) for label in ("base", "final") for b in BENCHMARKS
    ]
    for score in report["scores"]:
        assert score["ci_low"] <= score["value"] <= score["ci_high"]
    organs = [r for r in results if r["benchmark"] == "organs" and r["model"] == "base"]
    assert report["scores"][0]["value"] == sum(r["correct"] for r in organs) / 6
    # Six equal questions with alternating answers: whatever it prefers, it is right three times.
    assert report["scores"][0]["value"] == pytest.approx(0.5, abs=0.17)
    assert [r["truncated"] for r in organs] == [False] * 5 + [True]
    assert report["scores"][0]["truncated"] == 1
    assert organs[0]["subject"] == "anatomy"
    words = [r for r in results if r["benchmark"] == "words" and r["model"] == "final"]
    nats = sum(r["nll"] for r in words) / sum(r["num_tokens"] for r in words)
    assert report["scores"][4]["value"] == pytest.approx(math.exp(nats))
    assert results != results_of_swapped(results)


def results_of_swapped(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each model the other's lines: they must differ, or one model was judged twice."""
    half = len(results) // 2
    models = ["base"] * half + ["final"] * half
    swapped = results[half:] + results[:half]
    return [{**r, "model": m} for r, m in zip(swapped, models, strict=True)]


def test_a_second_run_gives_the_same_bytes(spec: EvaluationSpec, tmp_path: Path) -> None:
    for name in ("one", "two"):
        evaluate(replace(spec, output_dir=str(tmp_path / name)))
    for name in ("report.json", "items.jsonl"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_batch_size_changes_no_decision_and_hardly_a_number(
    spec: EvaluationSpec, tmp_path: Path
) -> None:
    for batch_tokens in (1, 4096):
        out = str(tmp_path / str(batch_tokens))
        evaluate(replace(spec, output_dir=out, batch_tokens=batch_tokens))
    for one, other in zip(results_of(tmp_path / "1"), results_of(tmp_path / "4096"), strict=True):
        if one["kind"] == "choice":
            assert one["predicted"] == other["predicted"]
            assert one["log_likelihoods"] == pytest.approx(other["log_likelihoods"], abs=1e-3)
        else:
            assert one["nll"] == pytest.approx(other["nll"], abs=1e-3)


def test_the_report_follows_from_the_items_alone(spec: EvaluationSpec, tmp_path: Path) -> None:
    evaluate(replace(spec, output_dir=str(tmp_path)))
    report = json.loads((tmp_path / "report.json").read_text())
    assert summarise(spec, results_of(tmp_path)) == report["scores"]


def test_a_score_does_not_depend_on_what_stands_beside_it(
    spec: EvaluationSpec, tmp_path: Path
) -> None:
    evaluate(replace(spec, output_dir=str(tmp_path)))
    results = results_of(tmp_path)
    alone = replace(spec, models=spec.models[1:], benchmarks=spec.benchmarks[2:])
    assert summarise(alone, results)[0] == summarise(spec, results)[5]


@pytest.mark.parametrize(
    ("benchmarks", "message"),
    [
        (BENCHMARKS[1:], "organs item o0 belongs to no benchmark of the spec: name organs"),
        (
            (*BENCHMARKS, replace(BENCHMARKS[0], name="empty")),
            "benchmark empty has no items: leave it out",
        ),
        (
            (replace(BENCHMARKS[0], metric="perplexity"), *BENCHMARKS[1:]),
            "benchmark organs of kind choice has no metric 'perplexity': use acc, acc_norm",
        ),
    ],
)
def test_a_spec_that_does_not_fit_its_items_is_refused(
    benchmarks: tuple[BenchmarkSpec, ...], message: str
) -> None:
    parsed = [parse_item(item, where="") for item in items()]
    with pytest.raises(ValueError, match=message):
        check_items(parsed, benchmarks)


def test_a_benchmark_of_two_kinds_is_refused() -> None:
    parsed = [parse_item({**item, "benchmark": "all"}, where="") for item in items()]
    with pytest.raises(ValueError, match="benchmark all mixes the kinds choice, continuation"):
        check_items(parsed, [replace(BENCHMARKS[0], name="all")])
