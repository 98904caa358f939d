"""Timing in turns, ratios and the record; and what the loading and start benchmarks build on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import speed
from benchmarks.job_start import micro_spec, slowest_imports
from benchmarks.loading import make_sides, write_shards
from benchmarks.speed import interleaved, ratio, write_result
from benchmarks.training_profile import group_of, input_numbers
from training.data import Loader
from training.shards import Shards


def test_sides_run_in_turns_and_each_is_timed_apart() -> None:
    now, order = [0.0], []

    def side(name: str, cost: float) -> None:
        order.append(name)
        now[0] += cost

    sides = {"a": lambda: side("a", 1.0), "b": lambda: side("b", 3.0)}
    times = interleaved(sides, rounds=3, clock=lambda: now[0])
    assert order == ["a", "b"] * 3
    assert times == {"a": [1.0] * 3, "b": [3.0] * 3}


def test_a_ratio_is_taken_round_by_round() -> None:
    found = ratio([2.0, 9.0, 4.0], [1.0, 3.0, 4.0])
    assert (found.min, found.median, found.max, found.rounds) == (1.0, 2.0, 3.0, 3)
    assert str(found) == "2.00 (1.00 to 3.00, 3 rounds)"


def test_a_result_names_the_machine_and_the_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed, "RESULTS", tmp_path / "results")
    path = write_result("x", {"rounds": 3}, {"speed": ratio([2.0], [1.0])})
    found = json.loads(path.read_text())
    assert path.name == f"x-{found['date']}.json"
    assert found["machine"]["cores"] and found["arguments"] == {"rounds": 3}
    assert found["figures"]["speed"] == {"min": 2.0, "median": 2.0, "max": 2.0, "rounds": 1}


def test_every_side_of_the_loading_benchmark_reads_the_same_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.loading.CONTEXT", 16)
    folder = write_shards(tmp_path / "shards", context=16, samples=40, shards=4)
    for side in make_sides(folder, np.arange(10), batch=4).values():
        side()
    batch = Shards(folder).batch(range(40))
    raw = [np.fromfile(path, dtype="<u2") for path in sorted((folder / "tokens").iterdir())]
    assert np.array_equal(batch.tokens_BC, np.concatenate(raw).reshape(-1, 16))
    assert (batch.segment_BC[:, 0] == 0).all() and batch.loss_mask_BC.all()


def test_the_micro_job_can_be_read_by_the_trainers_loader(tmp_path: Path) -> None:
    spec = micro_spec(tmp_path)
    batch = Loader(spec, rank=0).batch(0)
    assert batch.micro_batches[0].tokens_BT.shape == (2, spec.identity.context_tokens)
    assert batch.num_predicted > 0


def test_imports_are_ranked_by_their_own_time() -> None:
    report = (
        "import time: self [us] | cumulative | imported package\n"
        "import time:       200 |        200 |   a.inner\n"
        "import time:      3000 |       3200 | a\n"
        "a line of the job\n"
    )
    assert slowest_imports(report, 2) == [("a", 0.003), ("a.inner", 0.0002)]


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("aten::mm", "products"),
        ("aten::addmm_", "products"),
        ("aten::_scaled_dot_product_flash_attention_for_cpu_backward", "attention"),
        ("aten::_fused_adamw_", "optimizer"),
        ("aten::copy_", "copies"),
        ("aten::silu_backward", "elementwise"),
    ],
)
def test_operations_are_grouped_by_what_they_do(name: str, group: str) -> None:
    assert group_of(name) == group


@pytest.mark.slow
def test_the_profilers_operations_have_the_names_of_the_groups() -> None:
    x = torch.randn(4, 4)
    with torch.profiler.profile(record_shapes=True) as recorded:
        (x @ x).copy_(x)
    names = {event.key: group_of(event.key) for event in recorded.key_averages()}
    assert names["aten::mm"] == "products" and names["aten::copy_"] == "copies"


def test_numbers_of_nested_shapes_are_added() -> None:
    assert input_numbers([[2, 3], [], [[4], [5, 2]], [0, 3]]) == 6 + 4 + 10
