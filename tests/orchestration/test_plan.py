"""`materia plan --gpus`: what it prints, its JSON, its exit codes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.errors import BAD_USAGE, exit_code_of
from orchestration.settings import PROJECT_ROOT
from training.planning.hardware import HARDWARE, Hardware

PLANNED = ("--recipe", "m1_14b", "--gpus", "256")


def run(*arguments: str) -> Result:
    """Run the command in this process; an error stays in the result."""
    return CliRunner().invoke(app, ["plan", *arguments])


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    done = run(*PLANNED, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_json_has_the_fields_that_scripts_rely_on(facts: dict[str, Any]) -> None:
    assert set(facts) == {
        "assumptions", "devices", "estimates", "fits", "hardware", "parameters",
        "parameters_without_embeddings", "precision", "recipe", "smallest_cluster", "stages",
        "title", "total",
    }  # fmt: skip
    stage = facts["stages"][2]
    assert set(stage) == {
        "activations_kept_bytes", "activations_recomputed_bytes",
        "batch_samples", "communication_s_per_step", "context_tokens", "cost", "fits", "layout",
        "memory", "name", "not_run_by_engine", "steps", "tokens",
    }  # fmt: skip
    assert set(stage["memory"]) == {
        "activations_bytes", "buffers_bytes", "gradients_bytes", "head_bytes", "host_bytes",
        "moment", "optimizer_bytes", "total_bytes", "weights_bytes",
    }  # fmt: skip
    assert set(stage["cost"]) == set(facts["total"]) == {
        "co2_kg", "days", "device_hours", "energy_kwh", "flops", "price_usd", "seconds", "steps",
        "tokens", "tokens_per_s",
    }  # fmt: skip


def test_the_plan_of_the_14b_is_the_papers(facts: dict[str, Any]) -> None:
    assert facts["parameters"] == 14_470_764_320
    assert facts["parameters_without_embeddings"] == 14_470_764_320 - 2 * 133_120 * 5120
    assert facts["total"]["tokens"] == pytest.approx(20e12, rel=1e-5)
    assert [stage["context_tokens"] for stage in facts["stages"]] == [8192, 8192, 32768]
    assert facts["fits"] is True
    assert facts["smallest_cluster"] < 256
    assert facts["assumptions"]["mfu_source"].startswith("torchtitan states")


def test_fine_tuning_and_evaluation_are_estimates_beside_the_total(facts: dict[str, Any]) -> None:
    estimates = facts["estimates"]
    assert set(estimates) == {"evaluation", "fine_tuning", "total"}
    general, medical = estimates["fine_tuning"]
    assert set(general) == {
        "batch_samples", "context_tokens", "cost", "fits", "layout", "name", "questions", "steps",
        "tokens", "total_bytes",
    }  # fmt: skip
    assert (general["questions"], medical["questions"]) == (1_000_000, 3_000_000)
    # Its batch of 64 samples cannot be shared by 256 devices.
    assert general["layout"]["devices"] == 64 and general["fits"] is True
    judging = estimates["evaluation"]
    assert (judging["models"], judging["devices"]) == (2, 1)
    assert judging["cost"]["tokens"] == 2 * sum(part["tokens"] for part in judging["parts"])
    costs = [general["cost"], medical["cost"], judging["cost"]]
    for field in ("device_hours", "tokens", "flops", "price_usd"):
        assert estimates["total"][field] == pytest.approx(sum(cost[field] for cost in costs))
    pretraining = sum(stage["cost"]["tokens"] for stage in facts["stages"])
    assert facts["total"]["tokens"] == pretraining


def test_a_variant_that_is_not_fine_tuned_has_one_model_to_judge() -> None:
    done = run("--recipe", "tiny-no_conv", "--gpus", "1", "--gpu", "cpu", "--json")
    estimates = json.loads(done.stdout)["estimates"]
    assert (estimates["fine_tuning"], estimates["evaluation"]["models"]) == ([], 1)


def test_the_parts_add_up(facts: dict[str, Any]) -> None:
    for stage in facts["stages"]:
        memory = stage["memory"]
        parts = ("weights", "gradients", "optimizer", "activations", "head", "buffers")
        together = sum(memory[f"{part}_bytes"] for part in parts)
        assert memory["total_bytes"] == pytest.approx(together)
        assert memory["total_bytes"] <= facts["hardware"]["usable_bytes"]


def test_the_table_says_the_same_as_the_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, facts: dict[str, Any]
) -> None:
    monkeypatch.setenv("MATERIA_HOME", str(tmp_path))
    done = run(*PLANNED)
    assert done.exit_code == 0, done.output
    assert "14,470,764,320 parameters" in done.stdout
    for stage in facts["stages"]:
        assert f"{stage['steps']:,}" in done.stdout
        assert f"{stage['memory']['total_bytes'] / 1e9:,.2f} GB fits" in done.stdout
    assert f"Smallest cluster that fits: {facts['smallest_cluster']} x h200" in done.stdout
    assert not list(tmp_path.iterdir())  # No lake is opened.


def test_activations_are_told_with_and_without_recomputation(facts: dict[str, Any]) -> None:
    for stage in facts["stages"]:
        kept, again = stage["activations_kept_bytes"], stage["activations_recomputed_bytes"]
        assert kept > 4 * again
        chosen = again if stage["layout"]["activation_checkpointing"] else kept
        assert stage["memory"]["activations_bytes"] == chosen


def test_what_does_not_fit_is_shown_and_ends_with_one() -> None:
    done = run("--recipe", "m1_14b", "--gpus", "1", "--gpu", "h100")
    assert done.exit_code == 1
    assert "DOES NOT FIT" in done.stdout
    assert "stage1 does not fit: the smallest layout takes" in done.stdout


def test_choices_and_prices_can_be_given() -> None:
    done = run(
        *PLANNED, "--gpu", "h100", "--zero", "3", "--sequence-parallel", "2",
        "--micro-batch", "2", "--checkpointing", "--offload", "--mfu", "0.5", "--price", "1.5",
        "--carbon", "50", "--pue", "1.1", "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["assumptions"] == {
        "mfu": 0.5, "mfu_source": "given", "price_per_hour": 1.5, "price_source": "given",
        "pue": 1.1, "carbon_g_per_kwh": 50.0,
    }  # fmt: skip
    for stage in found["stages"]:
        layout = stage["layout"]
        assert (layout["zero_stage"], layout["sequence_parallel"]) == (3, 2)
        assert layout["micro_batch_samples"] == 2
        assert layout["activation_checkpointing"] is True
        assert stage["memory"]["host_bytes"] > 0
        assert stage["memory"]["optimizer_bytes"] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--recipe", "huge", "--gpus", "8"), "no recipe 'huge': choose from tiny"),
        (("--recipe", "tiny", "--gpus", "8", "--gpu", "tpu"), "no GPU 'tpu' in the table"),
        (("--recipe", "m1_14b", "--gpus", "0"), "--gpus 0 is below 1"),
        (("--recipe", "m1_14b", "--gpus", "100"), "cannot share equally.*take 64 devices"),
        (("--recipe", "m1_14b", "--gpus", "64", "--zero", "0"), "does not run in bf16"),
        (("--recipe", "m1_14b", "--gpus", "64", "--micro-batch", "5"), "--micro-batch 5 does not"),
        (("--recipe", "m1_14b", "--gpus", "64", "--mfu", "40"), "give a share"),
    ],
)
def test_bad_usage_is_a_sentence_and_ends_with_two(
    arguments: tuple[str, ...], message: str
) -> None:
    error = run(*arguments).exception
    assert error is not None and exit_code_of(error) == BAD_USAGE
    assert re.search(message, str(error)), error


def test_the_command_itself_shows_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "plan", "--recipe", "huge", "--gpus", "8"],
        cwd=PROJECT_ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("materia: no recipe 'huge'")


def test_the_worked_example_of_the_documentation_is_what_the_command_prints() -> None:
    page = (PROJECT_ROOT / "docs" / "planning.md").read_text()
    command = "    materia plan --recipe m1_14b --gpus 256 --gpu h200\n"
    assert command in page
    block = page.split(command)[1].split("<!-- end of the example -->")[0]
    shown = [line.removeprefix("    ").rstrip() for line in block.strip("\n").splitlines()]
    printed = [line.rstrip() for line in run(*PLANNED, "--gpu", "h200").stdout.splitlines()]
    assert [line for line in shown if line] == [line for line in printed if line]


@pytest.mark.parametrize("device", HARDWARE.values(), ids=HARDWARE)
def test_the_documentation_has_every_device_with_its_figures(device: Hardware) -> None:
    page = (PROJECT_ROOT / "docs" / "planning.md").read_text()
    assert (
        f"| `{device.name}` | {device.bf16_flops / 1e12:g} | {device.fp32_flops / 1e12:g} "
        f"| {device.memory_bytes / 1e9:g} GB | {device.memory_bytes_per_s / 1e9:g} "
        f"| {device.link_bytes_per_s / 1e9:g} | {device.device_watts:g} "
        f"| {device.price_per_hour:g} | {device.default_mfu:.0%} | {device.source} |"
    ) in page
