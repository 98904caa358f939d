"""Which ranks share a sample (sequence parallelism): degrees that are possible, and their groups.

Neighbouring ranks share, so that their all-to-alls stay inside a node: rank = data rank x degree
+ slice. DeepSpeed is not told; it averages gradients over all ranks, and a sum over slices and a
sum over samples are the same sum.
"""

from __future__ import annotations

import torch.distributed as dist

from training.ranks import TIMEOUT, Ranks
from training.slices import RankSlices
from training.spec import TrainSpec, common_heads


def refuse_degree(spec: TrainSpec) -> None:
    """Raise ValueError when samples cannot be shared by as many ranks as the spec asks for."""
    degree, context = spec.execution.sequence_parallel, spec.identity.context_tokens
    if degree < 1 or spec.execution.world_size % degree:
        raise ValueError(
            f"world_size {spec.execution.world_size} is no multiple of sequence_parallel {degree}: "
            "change one of them"
        )
    if context % degree:
        raise ValueError(
            f"context_tokens {context} cannot be cut into {degree} equal slices: change "
            "sequence_parallel"
        )
    most = common_heads(spec.identity.model)
    if most % degree:
        divisors = [d for d in range(1, most + 1) if most % d == 0]
        raise ValueError(
            f"sequence_parallel {degree} does not divide the query heads of every layer: this "
            f"model can have {', '.join(map(str, divisors))}"
        )


def join_slices(ranks: Ranks, degree: int) -> RankSlices | None:
    """Return this rank's place among the ranks of its sample; every rank has to call this."""
    if degree == 1:
        return None
    groups = [
        dist.new_group(list(range(first, first + degree)), timeout=TIMEOUT)
        for first in range(0, ranks.size, degree)
    ]
    return RankSlices(rank=ranks.rank % degree, size=degree, group=groups[ranks.rank // degree])
