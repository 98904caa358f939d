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
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

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


class Shards:
    """Read-only view of a shards folder; memory-mapped, so opening costs nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.info = ShardsInfo(**json.loads((folder / "shards.json").read_text()))

    def sample(self, index: int) -> Sample:
        """Read sample `index` (over all shards); raises IndexError outside the artifact."""
        if not 0 <= index < self.info.num_samples:
            raise IndexError(f"sample {index} outside 0..{self.info.num_samples - 1}")
        shard, row = divmod(index, self.info.samples_per_shard)
        tokens = np.asarray(self._tokens[shard][row], dtype=np.int64)
        starts = self._starts(shard, row)
        is_token = tokens != self.info.pad_id
        segment = np.searchsorted(starts, np.arange(len(tokens)), side="right").astype(np.int32) - 1
        # Padding is only ever a tail: everything after the last real token.
        last = int(np.flatnonzero(is_token)[-1]) if is_token.any() else -1
        segment[last + 1 :] = -1
        mask = segment >= 0
        if self.info.has_loss_mask:
            mask &= np.asarray(self._masks[shard][row], dtype=bool)
        return Sample(tokens_C=tokens, segment_C=segment, loss_mask_C=mask)

    @cached_property
    def _tokens(self) -> list[npt.NDArray[np.unsignedinteger]]:
        return [self._map("tokens", i, np.dtype(self.info.dtype)) for i in self._shards()]

    @cached_property
    def _masks(self) -> list[npt.NDArray[np.unsignedinteger]]:
        return [self._map("mask", i, np.dtype("u1")) for i in self._shards()]

    @cached_property
    def _segments(self) -> list[npt.NDArray[np.uint32]]:
        return [
            np.fromfile(self._folder / "segments" / f"{i:05d}.bin", dtype="<u4").reshape(-1, 2)
            for i in self._shards()
        ]

    def _starts(self, shard: int, row: int) -> npt.NDArray[np.uint32]:
        pairs = self._segments[shard]
        low, high = np.searchsorted(pairs[:, 0], [row, row + 1])
        return pairs[low:high, 1]

    def _shards(self) -> Iterator[int]:
        return iter(range(self.info.num_shards))

    def _map(self, kind: str, shard: int, dtype: np.dtype) -> npt.NDArray:  # type: ignore[type-arg]
        path = self._folder / kind / f"{shard:05d}.bin"
        return np.memmap(path, dtype=dtype.newbyteorder("<"), mode="r").reshape(
            -1, self.info.context_tokens
        )


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
