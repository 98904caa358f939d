"""reports/benchmarks and reports/medical on two micro models, end to end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assets.corpora.benchmarks import ITEM_SCHEMA
from assets.fakes import RecordingJobRunner, fake_manifest
from assets.lineage.checks import Verdict
from assets.reports.checks import scores_in_range
from assets.reports.judge import benchmark_items, make_report
from tests.assets.reports.conftest import InProcessRunner, World, benchmark_frame

CONFIG = {"max_items": 5, "seed": 11, "benchmarks": ["piqa"]}


def test_both_models_are_judged_on_the_same_sample(world: World) -> None:
    runner = InProcessRunner()
    inputs = (world.base, world.final, world.tokenizer, world.items)
    ws = world.workspace("benchmarks", inputs, CONFIG, runner)
    outcome = make_report(ws)
    report = json.loads((ws.out_dir / "report.json").read_text())
    results = [json.loads(x) for x in (ws.out_dir / "items.jsonl").read_text().splitlines()]
    assert report["models"] == ["base", "final"]
    judged = {x: [r["item_id"] for r in results if r["model"] == x] for x in ("base", "final")}
    assert judged["base"] == judged["final"] == sorted(judged["base"])
    assert len(judged["base"]) == 5
    assert outcome.counts == {"models": 2, "benchmarks": 1, "items": 5, "truncated": 0}
    assert set(outcome.metrics) == {"eval/base/piqa/acc", "eval/final/piqa/acc"}
    assert outcome.cost.tokens == sum(report["num_tokens"].values()) > 0
    assert (ws.out_dir / "scores.png").read_bytes().startswith(b"\x89PNG")
    assert "PIQA" in (ws.out_dir / "report.md").read_text()
    assert runner.requests[0].name == f"reports-benchmarks-{ws.step.short}"


def test_every_declared_input_is_read(world: World) -> None:
    inputs = (world.base, world.final, world.tokenizer, world.items)
    ws = world.workspace("benchmarks", inputs, CONFIG)
    make_report(ws)
    read = {i.manifest.family: {f.path for f in i.record().files_read} for i in ws.all_inputs()}
    assert read == {
        "checkpoints": {"config.json", "model.safetensors"},
        "models": {"config.json", "model.safetensors"},
        "tokenizers": {"tokenizer.json"},
        "corpora": {"items.parquet"},
    }


def test_a_recipe_without_sft_is_judged_as_a_base_model(world: World) -> None:
    config = {**CONFIG, "benchmarks": ["medqa"]}
    ws = world.workspace("medical", (world.base, world.tokenizer, world.items), config)
    outcome = make_report(ws)
    assert set(outcome.metrics) == {"eval/base/medqa/acc"}
    assert (ws.out_dir / "report.md").read_text().startswith("# Medical benchmarks")


def test_the_files_pass_the_check_that_stands_on_the_asset(world: World) -> None:
    ws = world.workspace("benchmarks", (world.base, world.tokenizer, world.items), CONFIG)
    make_report(ws)
    verdict: Verdict = scores_in_range(fake_manifest(ws.step, ws.out_dir), world.lake)
    assert verdict.passed, verdict.reason


def test_a_second_attempt_in_the_same_folder_gives_the_same_bytes(world: World) -> None:
    inputs = (world.base, world.final, world.tokenizer, world.items)
    seen = []
    for _ in range(2):
        ws = world.workspace("benchmarks", inputs, CONFIG)
        make_report(ws)
        seen.append({p.name: p.read_bytes() for p in sorted(ws.out_dir.iterdir())})
    assert seen[0] == seen[1]
    assert sorted(seen[0]) == ["items.jsonl", "report.json", "report.md", "scores.png"]
    left = {p.name for p in (world.folder / "jobs" / "models" / "base").iterdir()}
    assert left == {"config.json", "model.safetensors", "tokenizer.json"}


def test_items_do_not_depend_on_the_order_of_the_rows() -> None:
    frame, config = benchmark_frame(), {"max_items": 5, "seed": 11}
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=3)
    assert benchmark_items(shuffled, "piqa", config) == benchmark_items(frame, "piqa", config)


def test_an_item_carries_what_its_kind_needs_and_no_more() -> None:
    config = {"max_items": 1, "seed": 11}
    medqa = benchmark_items(benchmark_frame(), "medqa", config)[0]
    lambada = benchmark_items(benchmark_frame(), "lambada", config)[0]
    common = {"benchmark", "item_id", "kind", "context"}
    assert set(medqa) == {*common, "choices", "answer", "subject"}
    assert set(lambada) == {*common, "target"}


def test_a_benchmark_that_was_not_read_in_is_named() -> None:
    with pytest.raises(ValueError, match="corpora/benchmarks has no items of boolq"):
        benchmark_items(benchmark_frame(), "boolq", CONFIG)


def test_a_report_without_benchmarks_is_refused(world: World) -> None:
    ws = world.workspace("benchmarks", (world.base,), {**CONFIG, "benchmarks": []})
    with pytest.raises(ValueError, match="the recipe names no benchmark"):
        make_report(ws)


def test_two_final_models_are_refused(world: World) -> None:
    inputs = (world.base, world.final, world.final, world.tokenizer, world.items)
    ws = world.workspace("benchmarks", inputs, CONFIG)
    with pytest.raises(ValueError, match="compares one final model with the base, not models/"):
        make_report(ws)


def test_a_job_that_wrote_nothing_gives_no_report(world: World) -> None:
    inputs = (world.base, world.tokenizer, world.items)
    ws = world.workspace("benchmarks", inputs, CONFIG, RecordingJobRunner())
    with pytest.raises(FileNotFoundError, match=r"report\.json"):
        make_report(ws)


def test_models_are_copied_where_they_cannot_be_linked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError("cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    ws = world.workspace("benchmarks", (world.base, world.tokenizer, world.items), CONFIG)
    assert make_report(ws).counts["items"] == 5


def test_the_frame_of_the_fixture_has_the_columns_of_the_real_one() -> None:
    frame = benchmark_frame()
    real = {name: kind for name, kind in ITEM_SCHEMA.items() if name != "text"}
    assert dict(frame.select(sorted(real)).schema) == {name: real[name] for name in sorted(real)}
