"""The files a finished job leaves: weights, moments, config, the curve, and the facts about it.

Everything that a repetition of the job must reproduce stands in result.json and journal.jsonl;
what depends on the machine and the hour stands apart, in timing.json.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from training.crashpoints import crashpoint
from training.history import History
from training.planning.flops import FLOPS_FORMULA, train_flops
from training.spec import TrainSpec
from training.spikes import Spike, SpikeError
from training.state import EngineState, save_weights


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a job was, beside its weights."""

    history: History
    train_s: float
    spikes: Sequence[Spike] = ()
    accepted_drift: Sequence[Mapping[str, Any]] = ()
    stalls_s: Sequence[float] = ()
    """How long training waited for each step checkpoint."""
    writes_s: Sequence[float] = ()
    """How long each took to be written, beside the training."""


def write_output(folder: Path, spec: TrainSpec, state: EngineState, run: Run) -> None:
    """Write the final files, result.json last: where it lies, the others are complete."""
    identity = spec.identity
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "result.json").unlink(missing_ok=True)
    bf16 = identity.precision == "bf16"
    save_weights(state.weights, folder / "model.safetensors", precision=identity.precision)
    state.save_optimizer(folder / "optimizer.safetensors", with_weights=bf16)
    _write_json(folder / "config.json", identity.model.to_dict())
    run.history.write_journal(folder / "journal.jsonl", run.spikes)
    _write_json(folder / "timing.json", timing_facts(spec, run))
    crashpoint("output.before_result")
    _write_json(folder / "result.json", result_facts(spec, run))


def timing_facts(spec: TrainSpec, run: Run) -> dict[str, Any]:
    return {
        "train_s": run.train_s,
        "device_s": run.train_s * spec.execution.world_size,
        "tokens_per_s": run.history.tokens / run.train_s if run.train_s else 0.0,
        "world_size": spec.execution.world_size,
        "checkpoint_stall_s": percentiles(run.stalls_s),
        "checkpoint_write_s": percentiles(run.writes_s),
    }


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return count, median, 99th percentile (nearest rank) and maximum."""
    if not seconds:
        return {"count": 0}
    ordered = sorted(seconds)

    def rank(share: float) -> float:
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    return {"count": len(ordered), "p50": rank(0.5), "p99": rank(0.99), "max": ordered[-1]}


def result_facts(spec: TrainSpec, run: Run) -> dict[str, Any]:
    history, tokens = run.history, run.history.tokens
    losses = _lasting_losses(run)
    tail = max(1, len(losses) // 10)
    facts = {
        "steps": len(history),
        "tokens": tokens,
        "predicted_tokens": int(sum(history.num_predicted)),
        "parameters": spec.identity.model.num_parameters(),
        "first_loss": losses[0],
        "last_loss": losses[-1],
        "final_loss": sum(losses[-tail:]) / tail,
        "skipped_steps": history.skipped_steps,
        "loss_finite": all(
            math.isfinite(loss)
            for loss, taken in zip(history.loss, history.accepted, strict=True)
            if taken
        ),
        "flops": train_flops(
            spec.identity.model, context_tokens=spec.identity.context_tokens, tokens=tokens
        ),
        "flops_formula": FLOPS_FORMULA,
    }
    # Only where there were any, so that an ordinary result stays what it was.
    if run.spikes:
        facts["spikes"] = [asdict(spike) for spike in run.spikes]
    if run.accepted_drift:
        facts["accepted_drift"] = [dict(change) for change in run.accepted_drift]
    return facts


def _lasting_losses(run: Run) -> list[float]:
    """Return the losses of the curve that led to the weights, without spikes and what they undid.

    Steps that adaptive clipping skipped are in it: their losses say nothing wrong.
    """
    undone = {
        step
        for spike in run.spikes
        for step in range(spike.step if spike.back_to is None else spike.back_to, spike.step + 1)
    }
    lasting = [loss for step, loss in enumerate(run.history.loss) if step not in undone]
    if not lasting:
        raise SpikeError("every step of the job was a loss spike: lower the learning rate")
    return lasting


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n")
