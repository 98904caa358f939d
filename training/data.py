"""The batches of a job: step s reads stream positions [s*B, (s+1)*B), each rank its own part.

The loader's whole state is the step number, so a resumed job, on any number of ranks, reads what
an uninterrupted one would have read. Ranks that share samples read the same ones, whole, and count
their own slice. Shape suffixes: B samples of a micro-batch, T tokens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from training.shards import SampleOrder, Shards
from training.spec import TrainSpec


@dataclass(frozen=True, kw_only=True)
class MicroBatch:
    tokens_BT: Tensor
    segments_BT: Tensor
    loss_mask_BT: Tensor


@dataclass(frozen=True, kw_only=True)
class RankBatch:
    """What one rank reads in one step; the counts of all ranks add up to the global batch."""

    micro_batches: tuple[MicroBatch, ...]
    num_tokens: int
    """Tokens of documents in this rank's slice, padding left out."""
    num_predicted: int
    """Tokens of the slice whose next one contributes to the loss."""


class Loader:
    """Reads any step's batch of one rank."""

    def __init__(self, spec: TrainSpec, *, rank: int) -> None:
        identity = spec.identity
        self._shards = Shards(Path(spec.execution.shards_dir))
        info = self._shards.info
        if info.context_tokens != identity.context_tokens:
            raise ValueError(
                f"shards have {info.context_tokens} tokens a sample, the spec asks for "
                f"{identity.context_tokens}: make shards of that context"
            )
        if info.vocab_size > identity.model.vocab_size:
            raise ValueError(
                f"shards use {info.vocab_size} token ids, the model has "
                f"{identity.model.vocab_size}: they come from different tokenizers"
            )
        self._order = SampleOrder(info.num_samples, identity.data_seed)
        self._batch_samples = identity.batch_samples
        self._micro_samples = spec.execution.micro_batch_samples
        self._rank_samples = identity.batch_samples // spec.execution.data_parallel
        degree = spec.execution.sequence_parallel
        self._data_rank = rank // degree
        slice_tokens = identity.context_tokens // degree
        first = rank % degree * slice_tokens
        self._slice = slice(first, first + slice_tokens)

    def sample_indices(self, step: int) -> list[int]:
        """Return the samples this rank reads at a step, in order."""
        first = step * self._batch_samples + self._data_rank * self._rank_samples
        return [self._order.sample_at(first + i) for i in range(self._rank_samples)]

    def batch(self, step: int) -> RankBatch:
        samples = self._shards.batch(self.sample_indices(step))
        tokens_BT, segments_BT = samples.tokens_BC, samples.segment_BC
        mask_BT = samples.loss_mask_BC
        follows = (segments_BT[:, 1:] == segments_BT[:, :-1]) & (segments_BT[:, 1:] >= 0)
        parts = [slice(i, i + self._micro_samples) for i in self._micro_starts()]
        return RankBatch(
            micro_batches=tuple(
                MicroBatch(
                    tokens_BT=torch.from_numpy(tokens_BT[part]),
                    segments_BT=torch.from_numpy(segments_BT[part]),
                    loss_mask_BT=torch.from_numpy(mask_BT[part]),
                )
                for part in parts
            ),
            num_tokens=int((segments_BT >= 0)[:, self._slice].sum()),
            num_predicted=int((follows & mask_BT[:, 1:])[:, self._slice].sum()),
        )

    def _micro_starts(self) -> Iterator[int]:
        return iter(range(0, self._rank_samples, self._micro_samples))


def data_fingerprint(folder: Path) -> str:
    """Return a hash of the geometry and the file sizes of a shards folder.

    Their bytes were checked against the manifest by whoever gave us the folder; this catches a
    resume that points at other shards.
    """
    digest = hashlib.sha256((folder / "shards.json").read_bytes())
    for path in sorted(folder.rglob("*.bin")):
        digest.update(f"{path.relative_to(folder).as_posix()} {path.stat().st_size}\n".encode())
    return digest.hexdigest()
