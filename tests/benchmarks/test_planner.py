"""The planner's memory beside real engine steps; bands are wide, machines are shared."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch

from orchestration.settings import PROJECT_ROOT


@pytest.mark.slow
@pytest.mark.skipif(torch.cuda.is_available(), reason="the bands are those of a CPU's memory")
def test_real_steps_take_the_memory_that_was_planned() -> None:
    """Resident bytes, not seconds: activations in fp32 on one rank, weights in bf16 on two."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.planner", "--cases", "quick", "--json"],
        cwd=PROJECT_ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    ratios = json.loads(done.stdout)
    assert set(ratios) == {"activations fp32", "weights bf16"}
    # The benchmark's own cases lie between 0.9 and 1.05.
    assert all(0.75 < ratio < 1.25 for ratio in ratios.values()), ratios
