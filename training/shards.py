"""The packed-shard format and the training order: how tokens lie on disk, and when each is read.

Torch-free. Writers live in assets/tokenizers; this file fixes the format and reads it.

    shards.json              geometry (ShardsInfo)
    tokens/00000.bin         little-endian uint16 or uint32, [samples, context_tokens], row-major
    mask/00000.bin           uint8 of the same shape, 1 = contributes to the loss (SFT only)
    segments/00000.bin       uint32 pairs (sample in shard, start token) of every document piece,
                             sorted; a piece ends where the next begins or at the padding
    index.parquet            doc_id, sample (over all shards), start, end, piece, copy
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_MAX_OPEN_SHARDS = 256
"""Shards held open at once (our choice): maps are scarce (65,530 a process), and a shard of 64 Mi
tokens holds up to 1 MiB, four bytes a sample."""

_FEISTEL_ROUNDS = 4
"""Luby and Rackoff (1988): four rounds make a strong pseudo-random permutation."""


@dataclass(frozen=True, kw_only=True)
class ShardsInfo:
    """Geometry of one shards artifact."""

    context_tokens: int
    vocab_size: int
    pad_id: int
    dtype: str
    num_samples: int
    samples_per_shard: int
    num_tokens: int
    """Tokens of documents, padding left out."""
    has_loss_mask: bool

    @property
    def num_shards(self) -> int:
        return -(-self.num_samples // self.samples_per_shard)

    def write(self, folder: Path) -> None:
        (folder / "shards.json").write_text(json.dumps(asdict(self), indent=2, sort_keys=True))


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One packed sample: tokens [C], segment [C] (document piece, -1 = padding), loss mask [C]."""

    tokens_C: npt.NDArray[np.int64]
    segment_C: npt.NDArray[np.int32]
    loss_mask_C: npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class SampleBatch:
    """Some samples, one a row, in the order they were asked for."""

    tokens_BC: npt.NDArray[np.int64]
    segment_BC: npt.NDArray[np.int32]
    loss_mask_BC: npt.NDArray[np.bool_]


class Shards:
    """Read-only view of a shards folder: opened shard by shard, read a batch at a time."""

    def __init__(self, folder: Path) -> None:
        self.info = ShardsInfo(**json.loads((folder / "shards.json").read_text()))
        self._open = lru_cache(_MAX_OPEN_SHARDS)(partial(_Shard, folder, self.info))

    def sample(self, index: int) -> Sample:
        """Read sample `index` (over all shards); raises IndexError outside the artifact."""
        batch = self.batch([index])
        return Sample(
            tokens_C=batch.tokens_BC[0],
            segment_C=batch.segment_BC[0],
            loss_mask_C=batch.loss_mask_BC[0],
        )

    def batch(self, indices: Sequence[int]) -> SampleBatch:
        """Read samples (over all shards) together; raises IndexError outside the artifact."""
        index_B = np.asarray(indices, dtype=np.int64)
        outside = index_B[(index_B < 0) | (index_B >= self.info.num_samples)]
        if len(outside):
            raise IndexError(f"sample {outside[0]} outside 0..{self.info.num_samples - 1}")
        shape = (len(index_B), self.info.context_tokens)
        tokens_BC = np.empty(shape, dtype=np.int64)
        segment_BC = np.zeros(shape, dtype=np.int32)
        chosen_BC = np.empty(shape, dtype=bool) if self.info.has_loss_mask else None
        count_B = np.zeros(len(index_B), dtype=np.int32)
        shard_B, row_B = np.divmod(index_B, self.info.samples_per_shard)
        for number in np.unique(shard_B).tolist():
            at_N = np.flatnonzero(shard_B == number)
            shard, row_N = self._open(number), row_B[at_N]
            tokens_BC[at_N] = shard.tokens[row_N]
            count_B[at_N], start_P = shard.pieces(row_N)
            segment_BC[np.repeat(at_N, count_B[at_N]), start_P] = 1
            if chosen_BC is not None and shard.loss_mask is not None:
                chosen_BC[at_N] = shard.loss_mask[row_N]
        # A piece begins where 1 stands, so the running sum counts pieces. It runs over all rows at
        # once (over each apart takes twice as long), so a row takes off what the last one counted.
        segment_BC[:1, 0] -= 1
        segment_BC[1:, 0] -= count_B[:-1]
        np.cumsum(segment_BC.reshape(-1), out=segment_BC.reshape(-1))
        _mark_padding(tokens_BC, segment_BC, self.info.pad_id)
        mask_BC = segment_BC >= 0
        if chosen_BC is not None:
            mask_BC &= chosen_BC
        return SampleBatch(tokens_BC=tokens_BC, segment_BC=segment_BC, loss_mask_BC=mask_BC)


class _Shard:
    """One shard, memory-mapped; of its segments only where each sample's begin is held."""

    def __init__(self, folder: Path, info: ShardsInfo, number: int) -> None:
        def mapped(kind: str, dtype: str, width: int) -> npt.NDArray[Any]:
            path = folder / kind / f"{number:05d}.bin"
            kept = np.memmap(path, dtype=np.dtype(dtype).newbyteorder("<"), mode="r")
            # A plain array on the same pages: memmap's own indexing is twice as slow.
            return kept.view(np.ndarray).reshape(-1, width)

        self.tokens = mapped("tokens", info.dtype, info.context_tokens)
        self.loss_mask = mapped("mask", "u1", info.context_tokens) if info.has_loss_mask else None
        self._pairs = mapped("segments", "u4", 2)
        rows = np.arange(len(self.tokens) + 1)
        self._first = np.searchsorted(self._pairs[:, 0], rows).astype(np.uint32)

    def pieces(self, row_N: npt.NDArray[np.int64]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Return of some rows how many document pieces each has, and the start tokens of all."""
        first_N = self._first[row_N].astype(np.int64)
        count_N = self._first[row_N + 1] - first_N
        ahead_N = first_N - np.cumsum(count_N) + count_N
        pair_P = np.repeat(ahead_N, count_N)
        pair_P += np.arange(len(pair_P))
        return count_N, self._pairs[pair_P, 1]


def _mark_padding(
    tokens_BC: npt.NDArray[np.int64], segment_BC: npt.NDArray[np.int32], pad_id: int
) -> None:
    """Give padding segment -1. It is only ever a tail: all after a sample's last real token."""
    row_N = np.flatnonzero(tokens_BC[:, -1] == pad_id)
    if not len(row_N):
        return
    is_token_NC = tokens_BC[row_N] != pad_id
    width = is_token_NC.shape[1]
    length_N = np.where(is_token_NC.any(axis=1), width - is_token_NC[:, ::-1].argmax(axis=1), 0)
    is_padding_NC = np.arange(width) >= length_N[:, None]
    segment_BC[row_N] = np.where(is_padding_NC, np.int32(-1), segment_BC[row_N])


class SampleOrder:
    """Keyed bijection between positions of the training stream and samples, one per epoch.

    A Feistel network over the sample index (cycle-walking back into range), so that
    sample -> position and position -> sample are computed, never stored, and are the same on
    any number of ranks.
    """

    def __init__(self, num_samples: int, seed: int) -> None:
        if num_samples < 1:
            raise ValueError(f"an order needs at least one sample, not {num_samples}")
        self.num_samples = num_samples
        self._seed = seed
        self._half_bits = max(1, -(-(num_samples - 1).bit_length() // 2))
        self._mask = (1 << self._half_bits) - 1

    def sample_at(self, position: int) -> int:
        """Return the sample read at a position of the endless stream."""
        epoch, index = divmod(position, self.num_samples)
        keys = self._keys(epoch)
        while True:
            index = self._encrypt(index, keys)
            if index < self.num_samples:
                return index

    def position_of(self, sample: int, epoch: int) -> int:
        """Return the stream position at which `epoch` reads `sample`."""
        if not 0 <= sample < self.num_samples:
            raise IndexError(f"sample {sample} outside 0..{self.num_samples - 1}")
        keys = self._keys(epoch)
        index = sample
        while True:
            index = self._decrypt(index, keys)
            if index < self.num_samples:
                return epoch * self.num_samples + index

    def steps_of(self, sample: int, *, batch_samples: int, steps: int) -> list[int]:
        """Return the optimizer steps (0-based) whose batches hold `sample`, in order."""
        total = batch_samples * steps
        epochs = -(-total // self.num_samples)
        positions = (self.position_of(sample, epoch) for epoch in range(epochs))
        return [p // batch_samples for p in positions if p < total]

    def _keys(self, epoch: int) -> list[bytes]:
        return [
            hashlib.sha256(f"materia-order/1:{self._seed}:{epoch}:{r}".encode()).digest()
            for r in range(_FEISTEL_ROUNDS)
        ]

    def _encrypt(self, index: int, keys: list[bytes]) -> int:
        left, right = index >> self._half_bits, index & self._mask
        for key in keys:
            left, right = right, left ^ self._round(right, key)
        return (left << self._half_bits) | right

    def _decrypt(self, index: int, keys: list[bytes]) -> int:
        left, right = index >> self._half_bits, index & self._mask
        for key in reversed(keys):
            left, right = right ^ self._round(left, key), left
        return (left << self._half_bits) | right

    def _round(self, half: int, key: bytes) -> int:
        word = hashlib.blake2b(half.to_bytes(8, "little"), key=key, digest_size=8).digest()
        return int.from_bytes(word, "little") & self._mask


def steps_without_update(result: Mapping[str, Any]) -> frozenset[int]:
    """Return the steps of a job that read their samples and left no update in its weights.

    `result` is its result.json: steps dropped by adaptive clipping or as loss spikes, and those
    that a rollback has undone. Every step still reads what SampleOrder says, so an audit subtracts
    these from SampleOrder.steps_of.
    """
    return frozenset(int(step) for step in result["skipped_steps"])
