"""Our training step under DeepSpeed beside a bare torch loop of the same network and data.

Both sides run interleaved in one process, because the speed of a shared machine drifts; the
result is the ratio of bare seconds to engine seconds, one per round: 1.00 means that DeepSpeed,
the watched norm and the global normalisation cost nothing.

    python -m benchmarks.engine [--stage 0] [--micro 8] [--rounds 12] [--clock cpu]
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import torch

from assets.recipes.tiny import tiny
from model.network import Network
from training.data import MicroBatch
from training.engine import Engine, parameter_groups
from training.ranks import Ranks, process_group
from training.spec import (
    OptimizerSpec,
    ScheduleSpec,
    TrainExecution,
    TrainIdentity,
    TrainSpec,
)

LR = 1e-3
Step = Callable[[], float]


def make_spec(*, stage: int, micro: int) -> TrainSpec:
    recipe = tiny()
    first = recipe.stages[0]
    return TrainSpec(
        identity=TrainIdentity(
            model=replace(recipe.model, max_position_embeddings=first.context_tokens),
            init="random",
            init_seed=1,
            data_seed=1,
            context_tokens=first.context_tokens,
            batch_samples=first.batch_samples,
            steps=1,
            schedule=ScheduleSpec(peak_lr=LR, warmup_steps=0, decay="constant", final_lr=LR),
            optimizer=OptimizerSpec(),
            precision="fp32",
            carry_optimizer=False,
        ),
        execution=TrainExecution(
            shards_dir="",
            init_dir=None,
            output_dir="",
            resume_dir="",
            journal_path="",
            micro_batch_samples=micro,
            zero_stage=stage,
        ),
    )


def make_batches(spec: TrainSpec) -> tuple[list[MicroBatch], int]:
    """Return one step's micro-batches of packed documents and what they predict."""
    identity, micro = spec.identity, spec.execution.micro_batch_samples
    shape = (identity.batch_samples, identity.context_tokens)
    tokens_BT = torch.randint(0, identity.model.vocab_size, shape)
    segments_BT = (torch.arange(shape[1]) // 150).int().expand(shape).contiguous()
    mask_BT = torch.ones(shape, dtype=torch.bool)
    parts = [slice(i, i + micro) for i in range(0, shape[0], micro)]
    batches = [
        MicroBatch(tokens_BT=tokens_BT[p], segments_BT=segments_BT[p], loss_mask_BT=mask_BT[p])
        for p in parts
    ]
    return batches, int((segments_BT[:, 1:] == segments_BT[:, :-1]).sum())


def engine_step(spec: TrainSpec, ranks: Ranks, batches: list[MicroBatch], predicted: int) -> Step:
    network = Network(spec.identity.model)
    network.init_weights(1)
    engine = Engine(spec, ranks, network, lambda norm: True)

    def step() -> float:
        parts = [engine.backward(batch, num_predicted=predicted)[0] for batch in batches]
        loss = sum(float(part) for part in parts) / predicted
        engine.step(LR)
        return loss

    return step


def bare_step(spec: TrainSpec, batches: list[MicroBatch], predicted: int) -> Step:
    optimizer_spec = spec.identity.optimizer
    network = Network(spec.identity.model)
    network.init_weights(1)
    optimizer = torch.optim.AdamW(
        parameter_groups(network, optimizer_spec.weight_decay),
        lr=LR,
        betas=(optimizer_spec.beta1, optimizer_spec.beta2),
        eps=optimizer_spec.eps,
        fused=True,
    )

    def step() -> float:
        parts = []
        for batch in batches:
            nll, _ = network.loss(batch.tokens_BT, batch.segments_BT, batch.loss_mask_BT)
            (nll / predicted).backward()  # type: ignore[no-untyped-call]
            parts.append(nll.detach())
        torch.nn.utils.clip_grad_norm_(network.parameters(), optimizer_spec.max_grad_norm)
        optimizer.step()
        optimizer.zero_grad()
        return sum(float(part) for part in parts) / predicted

    return step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--stage", type=int, default=0)
    parser.add_argument("--micro", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    arguments = parser.parse_args()
    clock = time.perf_counter if arguments.clock == "wall" else time.process_time
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    spec = make_spec(stage=arguments.stage, micro=arguments.micro)
    batches, predicted = make_batches(spec)
    with process_group(os.environ) as ranks:
        sides = {
            "engine": engine_step(spec, ranks, batches, predicted),
            "bare": bare_step(spec, batches, predicted),
        }
        for _ in range(2):
            losses = {name: step() for name, step in sides.items()}
        seconds: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(arguments.rounds):
            for name, step in sides.items():
                start = clock()
                losses[name] = step()
                seconds[name].append(clock() - start)
    tokens = spec.identity.batch_samples * spec.identity.context_tokens
    for name, times in seconds.items():
        middle = statistics.median(times)
        print(f"{name:7} {middle:.3f} s  {tokens / middle:,.0f} tokens/s  loss {losses[name]:.6f}")
    ratios = [b / e for b, e in zip(seconds["bare"], seconds["engine"], strict=True)]
    print(
        f"bare / engine: min {min(ratios):.3f}, median {statistics.median(ratios):.3f}, "
        f"max {max(ratios):.3f} over {len(ratios)} rounds ({arguments.clock} clock)"
    )


if __name__ == "__main__":
    main()
