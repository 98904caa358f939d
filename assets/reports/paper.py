"""Table 2 of arXiv 2502.12671 as printed, and which of our scores stand in its columns.

The paper's models have 1.5 billion parameters and 200 billion training tokens; ours are toys on
other text, so only the differences between rows may be compared, and those with care.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its heading and where our number comes from."""

    heading: str
    report: str
    benchmark: str
    metric: str
    """Among the `metrics` of a score in report.json."""
    is_share: bool = True


COLUMNS = (
    Column(
        heading="Wiki",
        report="perplexity",
        benchmark="wikipedia_heldout",
        metric="perplexity_per_word",
        is_share=False,
    ),
    Column(
        heading="LMB",
        report="perplexity",
        benchmark="lambada",
        metric="perplexity_per_word",
        is_share=False,
    ),
    Column(heading="PIQA", report="benchmarks", benchmark="piqa", metric="acc"),
    Column(heading="Hella", report="benchmarks", benchmark="hellaswag", metric="acc_norm"),
    Column(heading="Wino", report="benchmarks", benchmark="winogrande", metric="acc"),
    Column(heading="ARC-e", report="benchmarks", benchmark="arc_easy", metric="acc_norm"),
    Column(heading="ARC-c", report="benchmarks", benchmark="arc_challenge", metric="acc"),
    Column(heading="SIQA", report="benchmarks", benchmark="siqa", metric="acc"),
    Column(heading="BoolQ", report="benchmarks", benchmark="boolq", metric="acc"),
    Column(heading="Niah", report="needle", benchmark="needle", metric="exact_match"),
)
AVERAGED = ("PIQA", "Hella", "Wino", "ARC-e", "ARC-c", "SIQA", "BoolQ")
AVERAGE = "Avg"
HEADINGS = (*[c.heading for c in COLUMNS[:-1]], AVERAGE, COLUMNS[-1].heading)

PAPER: Mapping[str, tuple[float, ...]] = {
    "default": (15.39, 14.93, 79.01, 61.70, 63.47, 77.92, 43.46, 45.81, 66.40, 62.54, 93.6),
    "head_dim_128": (15.72, 15.67, 77.41, 60.63, 62.17, 77.04, 40.59, 43.38, 63.20, 60.63, 92.3),
    "swa_75": (15.43, 14.87, 79.12, 60.16, 64.59, 78.02, 43.24, 46.21, 66.64, 62.57, 89.4),
    "no_swa": (17.18, 16.28, 76.72, 60.77, 64.00, 72.86, 42.62, 45.97, 63.56, 60.93, 93.3),
    "no_conv": (17.97, 16.96, 77.04, 58.71, 60.75, 76.15, 39.32, 42.80, 63.34, 59.73, 88.4),
    "rope_1e4": (15.67, 15.03, 78.61, 61.60, 61.15, 79.24, 42.92, 45.36, 66.29, 62.02, 91.2),
}
"""Variant -> values in the order of HEADINGS. The Avg of rope_1e4 is as printed; the mean of its
seven columns is 62.17."""
