"""Ulysses sequence parallelism (arXiv 2309.14509): ranks share each sample, a slice of tokens each.

Around attention an all-to-all trades tokens for heads: every rank then sees whole sequences of
its share of the heads. Shape suffixes are those of model/network.py, where T is this rank's slice
and S the whole sequence; P ranks share a sample. DeepSpeed is not told: it averages gradients
over all ranks, and a sum over slices and a sum over samples are the same sum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from training.ranks import TIMEOUT, Ranks


@dataclass(frozen=True, kw_only=True)
class RankSlices:
    """This rank's place among those that share each sample; model/plan.py says what for.

    Every method that exchanges tensors has to be called by all of them, in the same order; so do
    their gradients, which is why no rank may leave out what it receives.
    """

    rank: int
    size: int
    group: dist.ProcessGroup

    def share(self, x_BS: Tensor) -> Tensor:
        """Return this rank's slice of a tensor whose second dimension is the whole sequence."""
        return x_BS.chunk(self.size, dim=1)[self.rank]

    def last_of_previous(self, x_BTJC: Tensor) -> Tensor:
        """Return the last token of the slice before ours, [B, 1, J, C]; zero for the first."""
        last_B1JC = x_BTJC[:, -1:]
        # A ring, so that all ranks do the same; the first takes 0 times what the last one sent.
        sent = [torch.zeros_like(last_B1JC)] * self.size
        sent[(self.rank + 1) % self.size] = last_B1JC
        sent_PB1JC = torch.stack(sent)
        return self._exchange(sent_PB1JC)[self.rank - 1] * float(self.rank > 0)

    def to_heads(
        self, q_BTHC: Tensor, k_BTKC: Tensor, v_BTKC: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Trade tokens for heads: [B, T, H, C] -> [B, S, H/P, C], and k and v likewise.

        Where the ranks are no divisor of the kv heads, these are repeated until they are: each
        rank gets the kv heads that its own query heads read.
        """
        copies = math.lcm(k_BTKC.shape[2], self.size) // k_BTKC.shape[2]
        if copies > 1:
            k_BTKC = k_BTKC.repeat_interleave(copies, dim=2)
            v_BTKC = v_BTKC.repeat_interleave(copies, dim=2)
        parts = [torch.unflatten(x, 2, (self.size, -1)) for x in (q_BTHC, k_BTKC, v_BTKC)]
        widths = [part.shape[3] for part in parts]
        packed_PBTXC = torch.cat(parts, dim=3).movedim(2, 0)
        packed_BSXC = self._exchange(packed_PBTXC).movedim(0, 1).flatten(1, 2)
        q_BSHC, k_BSKC, v_BSKC = torch.split(packed_BSXC, widths, dim=2)
        return q_BSHC, k_BSKC, v_BSKC

    def to_tokens(self, x_BSHC: Tensor) -> Tensor:
        """Trade heads back for tokens: [B, S, H/P, C] -> [B, T, H, C]."""
        sent_PBTHC = torch.unflatten(x_BSHC, 1, (self.size, -1)).movedim(1, 0)
        return self._exchange(sent_PBTHC).movedim(0, 2).flatten(2, 3)

    def _exchange(self, x_P: Tensor) -> Tensor:
        return _AllToAll.apply(x_P, self.group)  # type: ignore[no-any-return, no-untyped-call]


def join_slices(ranks: Ranks, degree: int) -> RankSlices | None:
    """Return this rank's place among the ranks of its sample; every rank has to call this.

    Neighbours share, so that their all-to-alls stay inside a node: rank = data rank x degree +
    slice.
    """
    if degree == 1:
        return None
    groups = [
        dist.new_group(list(range(first, first + degree)), timeout=TIMEOUT)
        for first in range(0, ranks.size, degree)
    ]
    return RankSlices(rank=ranks.rank % degree, size=degree, group=groups[ranks.rank // degree])


class _AllToAll(torch.autograd.Function):
    """Row i goes to rank i, row j comes from rank j; gradients travel back the same way."""

    @staticmethod
    def forward(ctx: Any, x_P: Tensor, group: dist.ProcessGroup) -> Tensor:
        ctx.group = group
        return _all_to_all(x_P, group)

    @staticmethod
    def backward(ctx: Any, grad_P: Tensor) -> tuple[Tensor, None]:
        return _all_to_all(grad_P, ctx.group), None


def _all_to_all(x_P: Tensor, group: dist.ProcessGroup) -> Tensor:
    sent = x_P.contiguous()
    received = torch.empty_like(sent)
    dist.all_to_all_single(received, sent, group=group)
    return received
