"""A lake that knows `smoke` alone foretells `tiny`: measured on two cores, kernels new to them.

Rows are what artifacts of `smoke` took, how many times their work `tiny` is, what is foretold, and
what those of `tiny` took when they were made after it: seconds of busy cores, which hardly depend
on what else the machine does. What holds devices and what its steps hold are seconds of the clock.
"""

from __future__ import annotations

import pytest

from orchestration.forecast.growth import Growth, Sample, growth_of_job, growth_of_work

WORK = {
    # node: cpu_s, compile_s, scale, likely, actual
    "mixtures/deduped": (3.249, 0.644, 14.97, 10.08, 2.480),
    "corpora/benchmarks": (0.336, 0.0, 3.819, 0.657, 1.607),
    "mixtures/decontaminated": (2.437, 1.993, 6.122, 1.099, 3.311),
    "tokenizers/tokenizer": (20.594, 19.829, 6.122, 1.893, 0.816),
    "mixtures/classifiers": (6.530, 6.171, 6.122, 0.888, 2.791),
    "mixtures/scores": (2.153, 1.737, 6.122, 1.029, 2.097),
    "mixtures/stage1": (0.389, 0.0, 10.667, 1.270, 0.434),
    "mixtures/stage2": (0.423, 0.0, 16.0, 1.692, 0.471),
    "mixtures/stage3": (0.419, 0.0, 8.0, 1.185, 0.461),
    "tokenizers/shards_stage1": (0.046, 0.0, 10.667, 0.150, 0.107),
    "tokenizers/shards_stage2": (0.031, 0.0, 16.0, 0.124, 0.047),
    "tokenizers/shards_stage3": (0.029, 0.0, 8.0, 0.082, 0.046),
    "synthesis/questions": (3.249, 0.0, 13.333, 14.274, 5.030),
    "tokenizers/shards_sft_general": (0.790, 0.741, 13.333, 0.179, 0.070),
    "tokenizers/shards_sft_medical": (0.021, 0.0, 13.333, 0.077, 0.092),
    "reports/scorecard": (0.096, 0.0, 28.978, 0.517, 0.220),
    "reports/data_docs": (1.367, 0.0, 2.431, 2.131, 1.529),
    "releases/release": (0.026, 0.0, 8.322, 0.075, 0.070),
    "tokenizers/spans": (1.467, 1.413, 11.638, 0.184, 0.042),
}
JOBS = {
    # node: held_s, steps_s, tokens, operations, reached, cpu_s, likely, actual
    "checkpoints/stage1": (9.452, 4.376, 10.667, 7.733, 0.1079, 5.726, 81.7, 79.1),
    "checkpoints/stage3": (8.133, 0.901, 8.0, 7.515, 0.1872, 4.043, 15.2, 19.9),
    "models/sft_general": (10.197, 0.645, 12.0, 7.733, 0.0712, 3.322, 10.1, 7.4),
    "models/sft_medical": (8.419, 1.033, 12.5, 7.733, 0.0745, 3.260, 16.8, 12.9),
    "reports/perplexity": (4.393, 1.405, 10.667, 7.996, 0.0607, 2.984, 30.8, 11.5),
}


def _work(node: str) -> Growth:
    spent_s, compile_s, scale, _, _ = WORK[node]
    sample = Sample(spent_s=spent_s, compile_s=compile_s, scale=scale)
    return growth_of_work([sample], None).times(spent_s)


def _job(node: str) -> Growth:
    held_s, steps_s, tokens, operations, reached, cpu_s, _, _ = JOBS[node]
    return growth_of_job(
        held_s=held_s, steps_s=steps_s, tokens=tokens, operations=operations, reached=reached,
        device="cpu",
    ).times(cpu_s)  # fmt: skip


@pytest.mark.parametrize("node", WORK)
def test_data_work_of_tiny_lies_within_what_smoke_foretells(node: str) -> None:
    found, (*_, likely, actual) = _work(node), WORK[node]
    assert found.likely == pytest.approx(likely, rel=0.02)
    assert found.low <= actual <= found.high


@pytest.mark.parametrize("node", JOBS)
def test_a_job_of_tiny_lies_within_what_smoke_foretells(node: str) -> None:
    found, (*_, likely, actual) = _job(node), JOBS[node]
    assert found.likely == pytest.approx(likely, rel=0.01)
    assert found.low <= actual <= found.high


def test_all_of_it_together_is_near_and_in_proportion_to_the_work_it_would_be_far() -> None:
    likely = sum(_work(node).likely for node in WORK) + sum(_job(node).likely for node in JOBS)
    actual = sum(row[-1] for row in WORK.values()) + sum(row[-1] for row in JOBS.values())
    in_proportion = sum(cpu_s * scale for cpu_s, _, scale, _, _ in WORK.values())
    in_proportion += sum(
        cpu_s * (held_s - steps_s + steps_s * tokens * operations) / held_s
        for held_s, steps_s, tokens, operations, _, cpu_s, _, _ in JOBS.values()
    )
    assert likely / actual == pytest.approx(1.2, abs=0.1)
    assert in_proportion / actual == pytest.approx(4.8, abs=0.2)
