"""Checkpoints and fine-tuned models: one external training job, its files, its curve.

The same work makes `checkpoints/stage*` and `models/sft_*`; what differs stands in the config.
Step checkpoints stay in the job folder until someone removes it: were they cleaned here, an
attempt whose commit fails would have to train from the start.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from assets.checkpoints.layout import lay_out
from assets.checkpoints.pictures import draw_curve
from assets.corpora.tombstones import NAME as TOMBSTONES
from assets.lineage.manifest import FINGERPRINT_CHARS, Cost, Manifest
from assets.lineage.step import fingerprint_of
from assets.lineage.workspace import InputFiles, LineageError, Outcome, Workspace
from assets.ports import JobRequest
from training.shards import ShardsInfo
from training.spec import TrainExecution, TrainSpec, identity_from_dict

_MAX_THREADS = 8
"""More do not help matrices of the small recipes (our choice)."""


def make_checkpoint(ws: Workspace) -> Outcome:
    """Train what ws.config asks for, from the shards and (past stage 1) the weights given."""
    spec = make_spec(ws)
    spec_path = ws.job_dir / "spec.json"
    spec.write(spec_path)
    identity, execution = spec.identity, spec.execution
    ws.progress(
        f"training {identity.model.num_parameters():,} parameters for {identity.steps} steps of "
        f"{identity.batch_samples} x {identity.context_tokens} tokens, {_ranks(ws, spec)}"
    )
    ws.run_job(
        JobRequest(
            name=f"{ws.step.family}-{ws.step.name}-{ws.step.short}",
            module="training.main",
            spec_path=spec_path,
            work_dir=ws.job_dir,
            journal_path=Path(execution.journal_path),
            world_size=execution.world_size,
            resumes=True,
        )
    )
    output = Path(execution.output_dir)
    result = json.loads((output / "result.json").read_text())
    timing = json.loads((output / "timing.json").read_text())
    for name in _published(ws.step.family):
        shutil.move(output / name, ws.out(name))
    title = f"{ws.step.name}: {result['steps']} steps, final loss {result['final_loss']:.3f}"
    draw_curve(ws.out("journal.jsonl"), ws.out("loss.png"), title=title)
    return _outcome(result, timing)


def make_spec(ws: Workspace) -> TrainSpec:
    """Build the job's spec from the config and the inputs; their files count as read."""
    ws.job_dir.mkdir(parents=True, exist_ok=True)
    shards, parent = _inputs(ws)
    shards_dir = shards.directory()
    config = dict(ws.config)
    if "epochs" in config:
        info = ShardsInfo(**json.loads((shards_dir / "shards.json").read_text()))
        samples = config.pop("epochs") * info.num_samples
        config["steps"] = -(-samples // config["batch_samples"])
    identity = identity_from_dict(config)
    layout = lay_out(ws.training, identity)
    mirror = ws.training.step_mirror
    return TrainSpec(
        identity=identity,
        execution=TrainExecution(
            shards_dir=str(shards_dir),
            init_dir=str(_init_dir(parent, carry=identity.carry_optimizer)) if parent else None,
            output_dir=str(ws.job_dir / "output"),
            resume_dir=str(ws.job_dir / "resume"),
            # As deep as no manifest of the lake lies, whose folders may be beside it.
            remote_dir=f"{mirror}/{ws.step.family}/{ws.step.name}/{ws.step.short}"
            if mirror
            else None,
            journal_path=str(ws.job_dir / "journal.jsonl"),
            world_size=layout.world_size,
            sequence_parallel=layout.sequence_parallel,
            micro_batch_samples=layout.micro_batch_samples,
            zero_stage=layout.zero_stage,
            offload_optimizer=ws.training.offload_optimizer,
            activation_checkpointing=layout.activation_checkpointing,
            threads=min(_MAX_THREADS, os.cpu_count() or 1),
            branch_specs=branch_specs(ws, shards.manifest),
        ),
    )


def branch_specs(ws: Workspace, shards: Manifest) -> tuple[str, ...]:
    """Return the specs of the jobs that trained this stage before documents were taken out of its
    shards, as far as their folders are here: without one of the requests, or without all."""
    requests = [r.fingerprint for r in shards.inputs if r.name == TOMBSTONES]
    found = []
    for left_out in [*[[request] for request in requests], requests] if requests else []:
        inputs = [
            (f"{r.family}/{r.name}", r.fingerprint)
            for r in shards.inputs
            if r.fingerprint not in left_out
        ]
        node = f"{shards.family}/{shards.name}"
        before = fingerprint_of(node, shards.config, shards.code_version, inputs)
        above = [
            (step.node, before if step.fingerprint == shards.fingerprint else step.fingerprint)
            for step in ws.step.inputs
        ]
        job = fingerprint_of(ws.step.node, ws.step.config, ws.step.code_version, above)
        name = f"{ws.step.family}.{ws.step.name}.{job[:FINGERPRINT_CHARS]}"
        found.append(ws.job_dir.with_name(name) / "spec.json")
    return tuple(dict.fromkeys(str(path) for path in found if path.is_file()))


def _ranks(ws: Workspace, spec: TrainSpec) -> str:
    """Say on how many ranks, and where some of them have to stay idle."""
    used, given = spec.execution.world_size, ws.training.ranks
    some = f"on {used} of {given} ranks, as the batch can be shared out"
    told = f"on {used} rank{'s' if used > 1 else ''}" if used == given else some
    return f"{told}; {_planned(spec)}" if ws.training.auto else told


def _planned(spec: TrainSpec) -> str:
    """Say what the planner has chosen."""
    execution = spec.execution
    shared = execution.sequence_parallel
    return (
        f"planned: ZeRO {execution.zero_stage}, {execution.micro_batch_samples} samples at once"
        + (f", each shared by {shared} ranks" if shared > 1 else "")
        + (", activations recomputed" if execution.activation_checkpointing else "")
    )


def _inputs(ws: Workspace) -> tuple[InputFiles, InputFiles | None]:
    """Return (shards, weights to start from or None)."""
    shards = [i for i in ws.all_inputs() if i.manifest.family == "tokenizers"]
    parents = [i for i in ws.all_inputs() if i.manifest.family in ("checkpoints", "models")]
    wanted = 0 if ws.config["init"] == "random" else 1
    if len(shards) != 1 or len(parents) != wanted:
        declared = ", ".join(i.manifest.key for i in ws.all_inputs()) or "nothing"
        raise LineageError(
            f"{ws.step.key} with init {ws.config['init']!r} needs one shards artifact and "
            f"{wanted} checkpoints, but declares {declared}: fix assets/recipes/graph.py"
        )
    return shards[0], parents[0] if parents else None


def _init_dir(parent: InputFiles, *, carry: bool) -> Path:
    if carry:
        parent.path("optimizer.safetensors")
    return parent.path("model.safetensors").parent


def _published(family: str) -> tuple[str, ...]:
    """Return the files of the artifact; moments are kept where a next stage continues them.

    timing.json is not among them, so that equal runs are equal artifacts.
    """
    common = ("model.safetensors", "config.json", "result.json", "journal.jsonl")
    return (*common, "optimizer.safetensors") if family == "checkpoints" else common


def _outcome(result: dict[str, Any], timing: dict[str, Any]) -> Outcome:
    skipped = result["skipped_steps"]
    return Outcome(
        counts={
            "steps": result["steps"],
            "tokens": result["tokens"],
            "predicted_tokens": result["predicted_tokens"],
            "parameters": result["parameters"],
            "skipped_steps": len(skipped),
        },
        metrics={
            "first_loss": result["first_loss"],
            "last_loss": result["last_loss"],
            "final_loss": result["final_loss"],
            "tokens_per_s": timing["tokens_per_s"],
        },
        summary="\n".join(
            [
                "| what | value |",
                "|---|---|",
                f"| loss, first step | {result['first_loss']:.4f} |",
                f"| loss, mean of the last tenth | {result['final_loss']:.4f} |",
                f"| steps | {result['steps']:,} |",
                f"| steps skipped as spikes | {_some(skipped)} |",
                f"| tokens | {result['tokens']:,} |",
                f"| parameters | {result['parameters']:,} |",
                f"| floating-point operations | {result['flops']:.3g} |",
                f"| tokens per second | {timing['tokens_per_s']:,.0f} |",
            ]
        ),
        pictures=("loss.png",),
        cost=Cost(tokens=result["tokens"], flops=result["flops"], device_s=timing["device_s"]),
    )


def _some(steps: list[int], most: int = 10) -> str:
    if not steps:
        return "none"
    names = ", ".join(str(step) for step in steps[:most])
    return f"{len(steps)}: {names}" + (", ..." if len(steps) > most else "")
