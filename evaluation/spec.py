"""What an evaluation job is asked to do, as JSON; torch-free.

The control plane writes the items beforehand (one JSON object a line), so the job knows no
benchmark package and no lineage: models and items in, `report.json` and `items.jsonl` out.

An item has `benchmark`, `item_id`, `kind` and, by kind:
    choice        context, choices (list of continuations), answer (index)
    continuation  context, target; log-likelihood of target, and whether greedy decoding gives it
    text          text; summed log-likelihood, for perplexity
Extra fields (needle depth, subject, context tokens) are copied to the results.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class BenchmarkSpec:
    """How one benchmark is scored and shown."""

    name: str
    metric: str
    """acc, acc_norm, perplexity (per token of the target or text) or exact_match."""
    chance: float | None
    """Score of a uniform guess, in the metric's unit; None where there is none."""
    higher_is_better: bool


@dataclass(frozen=True, kw_only=True)
class ModelUnderTest:
    label: str
    """Column heading: base or final."""
    path: str
    """Folder with config.json (ModelConfig fields), model.safetensors and tokenizer.json."""


@dataclass(frozen=True, kw_only=True)
class EvaluationSpec:
    models: tuple[ModelUnderTest, ...]
    benchmarks: tuple[BenchmarkSpec, ...]
    items_path: str
    output_dir: str
    seed: int
    """Of the bootstrap behind the confidence intervals."""
    max_context_tokens: int
    """Longer contexts lose their oldest tokens, and the report counts them."""
    batch_tokens: int = 4096
    threads: int = 2

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=2, sort_keys=True) + "\n")

    @classmethod
    def read(cls, path: Path) -> EvaluationSpec:
        data: dict[str, Any] = json.loads(path.read_text())
        return cls(
            **{
                **data,
                "models": tuple(ModelUnderTest(**m) for m in data["models"]),
                "benchmarks": tuple(BenchmarkSpec(**b) for b in data["benchmarks"]),
            }
        )
