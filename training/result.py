"""The files a finished job leaves: weights, moments, config, the curve, and the facts about it.

Everything that a repetition of the job must reproduce stands in result.json and journal.jsonl;
what depends on the machine and the hour stands apart, in timing.json.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from training.crashpoints import crashpoint
from training.history import History
from training.planning.flops import FLOPS_FORMULA, train_flops
from training.spec import TrainSpec
from training.state import EngineState, save_weights


def write_output(
    folder: Path, spec: TrainSpec, state: EngineState, history: History, *, train_s: float
) -> None:
    """Write the final files, result.json last: where it lies, the others are complete."""
    identity = spec.identity
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "result.json").unlink(missing_ok=True)
    bf16 = identity.precision == "bf16"
    save_weights(state.weights, folder / "model.safetensors", precision=identity.precision)
    state.save_optimizer(folder / "optimizer.safetensors", with_weights=bf16)
    _write_json(folder / "config.json", identity.model.to_dict())
    history.write_journal(folder / "journal.jsonl")
    tokens = history.tokens
    timing = {
        "train_s": train_s,
        "device_s": train_s * spec.execution.world_size,
        "tokens_per_s": tokens / train_s if train_s else 0.0,
        "world_size": spec.execution.world_size,
    }
    _write_json(folder / "timing.json", timing)
    crashpoint("output.before_result")
    _write_json(folder / "result.json", result_facts(spec, history))


def result_facts(spec: TrainSpec, history: History) -> dict[str, Any]:
    tail = max(1, len(history) // 10)
    tokens = history.tokens
    return {
        "steps": len(history),
        "tokens": tokens,
        "predicted_tokens": int(sum(history.num_predicted)),
        "parameters": spec.identity.model.num_parameters(),
        "first_loss": history.loss[0],
        "last_loss": history.loss[-1],
        "final_loss": sum(history.loss[-tail:]) / tail,
        "skipped_steps": history.skipped_steps,
        "loss_finite": True,
        "flops": train_flops(
            spec.identity.model, context_tokens=spec.identity.context_tokens, tokens=tokens
        ),
        "flops_formula": FLOPS_FORMULA,
    }


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n")
