"""Where a training step's time goes, op by op: share of the step, FLOPs, bytes, share of the peak.

The step is that of benchmarks/training_step.py. Operations are grouped by what they do; their time
is the profiler's self time on the CPU. Products are held against the machine's matmul peak, all
others against its copy rate, both measured in the same run.

    python -m benchmarks.training_profile [--precision fp32] [--threads 1] [--packed] [--ops]
"""

from __future__ import annotations

import argparse
import statistics
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.speed import CLOCKS, seconds, write_result
from benchmarks.training_step import (
    BATCH,
    DTYPES,
    TOKENS,
    VOCAB,
    matmul_peak_flops,
    our_step,
)

GROUPS = {
    "products": ("_linear_pointwise", "mm", "addmm", "addmm_", "bmm", "baddbmm", "linear"),
    "attention": (
        "_scaled_dot_product_flash_attention_for_cpu",
        "_scaled_dot_product_flash_attention_for_cpu_backward",
        "scaled_dot_product_attention",
    ),
    "optimizer": ("_fused_adamw_",),
    "copies": ("copy_", "cat", "fill_", "zero_", "repeat_interleave", "index_select", "clone"),
    "reductions": ("sum", "amax", "linalg_vector_norm", "max", "cumsum", "mean", "norm"),
    "look-ups": ("index", "gather", "scatter_add_", "embedding_dense_backward", "nonzero",
                 "index_put_", "_index_put_impl_", "embedding"),
}  # fmt: skip
"""Operations of aten by group; whatever stands in none is elementwise."""


@dataclass(kw_only=True)
class Row:
    """Operations of one group or name in one step."""

    seconds: float = 0.0
    flops: float = 0.0
    num_bytes: float = 0.0
    calls: int = 0

    def add(self, other: Row) -> None:
        self.seconds += other.seconds
        self.flops += other.flops
        self.num_bytes += other.num_bytes
        self.calls += other.calls


def group_of(name: str) -> str:
    bare = name.rpartition("::")[2]
    return next((group for group, names in GROUPS.items() if bare in names), "elementwise")


def input_numbers(shapes: Iterable[Any]) -> int:
    """Count the numbers in an operation's tensors; the profiler gives their shapes, nested."""
    total = 0
    for shape in shapes:
        if shape and isinstance(shape[0], list):
            total += input_numbers(shape)
        elif shape:
            total += prod(shape)
    return total


def profiled(packed: bool, dtype: torch.dtype, steps: int) -> list[tuple[str, Row]]:
    """Return every operation of one of the steps with its own time, largest first."""
    tokens_BT = torch.randint(0, VOCAB, (BATCH, TOKENS))
    segments_BT = torch.zeros_like(tokens_BT) + (torch.arange(TOKENS) // 150 if packed else 0)
    step = our_step(tokens_BT, segments_BT, dtype=dtype, compiled=False)
    step()
    with profile(
        activities=[ProfilerActivity.CPU], record_shapes=True, with_flops=True
    ) as recorded:
        for _ in range(steps):
            step()
    width = torch.finfo(dtype).bits // 8
    alike: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for event in recorded.events():
        alike[event.name, str(event.input_shapes)].append(event)
    rows: dict[str, Row] = defaultdict(Row)
    for (name, _), events in alike.items():
        # The median of like calls: on a busy machine a few are interrupted for long.
        seconds_each = statistics.median(event.self_cpu_time_total for event in events) / 1e6
        calls = len(events) / steps
        rows[name].add(
            Row(
                seconds=seconds_each * calls,
                flops=flops_of(name, events[0]) * calls,
                num_bytes=width * input_numbers(events[0].input_shapes) * calls,
                calls=round(calls),
            )
        )
    return sorted(rows.items(), key=lambda item: -item[1].seconds)


def flops_of(name: str, event: Any) -> float:
    """Return an operation's FLOPs; the profiler does not know those of oneDNN's product."""
    if name.endswith("::_linear_pointwise"):
        x, weight = event.input_shapes[:2]
        return 2.0 * prod(x) * weight[0]
    return float(event.flops or 0)


def table(rows: Iterable[tuple[str, Row]], total_s: float, peak: float, copy: float) -> str:
    lines = []
    for name, row in rows:
        rate = f"{row.flops / row.seconds / peak:6.0%} of peak" if row.flops else " " * 14
        moved = f"{row.num_bytes / 1e9:6.2f} GB, {row.num_bytes / row.seconds / copy:5.2f} of copy"
        lines.append(
            f"{name[:48]:48} {row.seconds * 1e3:8.1f} ms {row.seconds / total_s:6.1%} "
            f"{row.flops / 1e9:8.1f} GFLOP {rate}  {moved}  {row.calls:5} calls"
        )
    return "\n".join(lines)


def copy_rate(numbers: int = 1 << 24) -> float:
    """Return bytes read and written per second by a large copy."""
    source = torch.randn(numbers)
    target = torch.empty_like(source)
    best = min(seconds(lambda: target.copy_(source), CLOCKS["cpu"]) for _ in range(5))
    return 2 * 4 * numbers / best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--precision", choices=DTYPES, default="fp32")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--packed", action="store_true", help="documents of 150 tokens")
    parser.add_argument("--ops", action="store_true", help="also list single operations")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    dtype = DTYPES[arguments.precision]
    peak, copy = matmul_peak_flops(CLOCKS["cpu"], dtype), copy_rate()
    rows = profiled(arguments.packed, dtype, arguments.steps)
    total_s = sum(row.seconds for _, row in rows)
    groups: dict[str, Row] = defaultdict(Row)
    for name, row in rows:
        groups[group_of(name)].add(row)
    print(
        f"{total_s:.3f} s a step, matmul peak {peak / 1e9:.0f} GFLOP/s, "
        f"copy {copy / 1e9:.1f} GB/s, {arguments.threads} threads"
    )
    print(table(sorted(groups.items(), key=lambda item: -item[1].seconds), total_s, peak, copy))
    if arguments.ops:
        print(table(rows[:40], total_s, peak, copy))
    figures = {"step_s": total_s, "matmul_gflops": peak / 1e9, "copy_gb_per_s": copy / 1e9}
    print(f"written: {write_result('training_profile', vars(arguments), figures | groups)}")


if __name__ == "__main__":
    main()
