"""The processes of one job: who we are, and the few things they have to agree on."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist

TIMEOUT = timedelta(minutes=10)
"""A rank that waits longer than this for another gives up (our choice): a dead peer is noticed at
once by its closed connection, so this only bounds a peer that hangs."""


@dataclass(frozen=True, kw_only=True)
class Ranks:
    """This process among `size`."""

    rank: int
    size: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def sum(self, *values: float) -> list[float]:
        """Add each value over all ranks; exact for integers below 2^53."""
        return self._reduce(values, dist.ReduceOp.SUM)

    def max(self, value: float) -> float:
        return self._reduce((value,), dist.ReduceOp.MAX)[0]

    def agree(self, text: str) -> bool:
        """Return whether all ranks were given the same text."""
        word = int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")
        return self.max(word) == -self.max(-word)

    def gather(self, local: torch.Tensor) -> list[torch.Tensor]:
        """Return the same-shaped tensor of every rank, in rank order."""
        if self.size == 1:
            return [local]
        sent = local.to(self.device)
        received = [torch.empty_like(sent) for _ in range(self.size)]
        dist.all_gather(received, sent)
        return [tensor.cpu() for tensor in received]

    def barrier(self) -> None:
        self.max(0)

    def _reduce(self, values: tuple[float, ...], op: dist.ReduceOp.RedOpType) -> list[float]:
        if self.size == 1:
            return list(values)
        tensor = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(tensor, op)
        return [float(value) for value in tensor.tolist()]


@contextmanager
def process_group(env: Mapping[str, str]) -> Iterator[Ranks]:
    """Join the job that RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT describe.

    Without them this is a job of one, which opens no port.
    """
    rank, size = int(env.get("RANK", "0")), int(env.get("WORLD_SIZE", "1"))
    local_rank = env.get("LOCAL_RANK", "0")
    os.environ["LOCAL_RANK"] = local_rank  # DeepSpeed insists on it, even in a job of one.
    device = torch.device("cpu")
    if torch.cuda.is_available():
        device = torch.device("cuda", int(local_rank))
        torch.cuda.set_device(device)
    backend = "nccl" if device.type == "cuda" else "gloo"
    # Exported from C, so unknown to type checkers.
    store = dist.HashStore() if size == 1 else None  # type: ignore[attr-defined]
    dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=TIMEOUT)
    try:
        yield Ranks(rank=rank, size=size, device=device)
    finally:
        dist.destroy_process_group()
