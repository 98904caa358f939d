"""Search of a span index: the longest runs of tokens that a text shares with training documents.

Reads a few pages of the index and of the shards; knows nothing of models or steps.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.lineage.manifest import Manifest
from assets.ports import Lake
from assets.tokenizers.spans import (
    KEY_BITS,
    PLACE_BITS,
    IndexedShards,
    SpansInfo,
    split_hashes,
)

MAX_HITS_PER_GRAM = 500
"""Places looked at of one n-gram; boilerplate stands in more. What is left out is counted."""


@dataclass(frozen=True, kw_only=True)
class Match:
    """One run of tokens of a text, and one place where training documents have it."""

    first: int
    """Its first token in the text."""
    length: int
    shards: IndexedShards
    sample: int
    start: int
    """Its first token in the sample."""
    piece: int
    """Row of pieces.parquet."""


@dataclass(frozen=True, kw_only=True)
class Found:
    matches: tuple[Match, ...]
    """Maximal runs, each place once."""
    places_left_out: int


class SpanIndex:
    """One tokenizers/spans artifact, opened for reading."""

    def __init__(self, lake: Lake, manifest: Manifest) -> None:
        self._lake, self.manifest = lake, manifest
        self.info = SpansInfo.from_dict(json.loads(self._file("spans.json").read_text()))
        bounds = np.memmap(self._file("pieces.bin"), "<u8", mode="r").reshape(-1, 2)
        self._firsts, self._ends = bounds[:, 0], bounds[:, 1]
        self._tokens: dict[tuple[str, int], npt.NDArray[np.unsignedinteger]] = {}

    def search(self, ids: npt.NDArray[np.int64], among: Iterable[str]) -> Found:
        """Return the runs of `ids` in shards artifacts of the given fingerprints."""
        wanted = frozenset(among)
        hits, left_out = self._hits(ids)
        matches: dict[tuple[int, int], Match] = {}
        reached: dict[int, int] = {}
        for at, place in hits:
            # On one diagonal, a hit within a run already measured tells nothing new.
            if reached.get(place - at, -1) > at:
                continue
            shards = self._shards_at(place)
            if shards.fingerprint not in wanted:
                continue
            match = self._extended(ids, at, place, shards)
            if match is not None:
                reached[place - at] = match.first + match.length
                matches[(place - at, match.first)] = match
        return Found(matches=tuple(matches.values()), places_left_out=left_out)

    def holds(self, shards: IndexedShards, sample: int) -> bool:
        """Whether the longest document piece of a sample is found where it lies.

        True where every piece is shorter than one n-gram, since such are not in the index, and
        where its n-grams stand in more places than a search looks at.
        """
        first = shards.first_place + sample * shards.context_tokens
        rows = np.searchsorted(self._firsts, [first, first + shards.context_tokens])
        sizes = self._ends[rows[0] : rows[1]] - self._firsts[rows[0] : rows[1]]
        if not len(sizes) or sizes.max() < self.info.gram_tokens:
            return True
        piece = int(rows[0] + sizes.argmax())
        start, length = int(self._firsts[piece]) - first, int(sizes.max())
        ids = np.asarray(self._sample(shards, sample)[start : start + length], dtype=np.int64)
        found = self.search(ids, [shards.fingerprint])
        return found.places_left_out > 0 or any(
            match.length == length and (match.sample, match.start) == (sample, start)
            for match in found.matches
        )

    def doc_ids(self, pieces: Iterable[int]) -> dict[int, str]:
        """Return the document of each piece."""
        table = pl.scan_parquet(self._file("pieces.parquet")).select("doc_id")
        rows = sorted(set(pieces))
        return {row: table.slice(row, 1).collect().item() for row in rows}

    def _hits(self, ids: npt.NDArray[np.int64]) -> tuple[list[tuple[int, int]], int]:
        """Return (token of the text, place) of every n-gram met, in the text's order."""
        from assets.tokenizers.span_kernels import gram_hashes

        hashes = np.empty(max(1, len(ids)), dtype=np.uint64)
        count = gram_hashes(ids, len(ids), self.info.gram_tokens, hashes)
        partitions, keys = split_hashes(hashes[:count], self.info.partition_bits)
        found: list[tuple[int, int]] = []
        left_out = 0
        mask = np.uint64((1 << PLACE_BITS) - 1)
        for partition in np.unique(partitions):
            entries = self._grams(int(partition))
            at = np.flatnonzero(partitions == partition)
            for token in at:
                first, end = _located(entries, int(keys[token]))
                taken = min(end, first + MAX_HITS_PER_GRAM)
                left_out += end - taken
                places = np.asarray(entries[first:taken]) & mask
                found.extend((int(token), int(place)) for place in places)
        return sorted(found), left_out

    def _extended(
        self, ids: npt.NDArray[np.int64], at: int, place: int, shards: IndexedShards
    ) -> Match | None:
        """Return the whole run around a hit, or None where only the hash was the same."""
        piece = int(np.searchsorted(self._firsts, place, side="right")) - 1
        first, end = int(self._firsts[piece]), int(self._ends[piece])
        sample, start = divmod(place - shards.first_place, shards.context_tokens)
        row = self._sample(shards, sample)
        before = min(at, place - first)
        behind = min(len(ids) - at, end - place)
        left = _equal(ids[at - before : at][::-1], row[start - before : start][::-1])
        right = _equal(ids[at : at + behind], row[start : start + behind])
        if right < self.info.gram_tokens:
            return None
        return Match(
            first=at - left,
            length=left + right,
            shards=shards,
            sample=sample,
            start=start - left,
            piece=piece,
        )

    def _shards_at(self, place: int) -> IndexedShards:
        return next(each for each in reversed(self.info.shards) if each.first_place <= place)

    def _sample(self, shards: IndexedShards, sample: int) -> npt.NDArray[np.unsignedinteger]:
        number, row = divmod(sample, shards.samples_per_shard)
        key = (shards.fingerprint, number)
        if key not in self._tokens:
            family, name = shards.node.split("/")
            manifest = self._lake.find(family, name, shards.fingerprint)
            if manifest is None:
                raise LookupError(
                    f"{shards.node}@{shards.fingerprint[:12]}, which {self.manifest.key} indexes, "
                    "is not in the lake: materialize it again"
                )
            path = self._lake.fetch(manifest, manifest.file(f"tokens/{number:05d}.bin"))
            tokens = np.memmap(path, np.dtype(shards.dtype).newbyteorder("<"), mode="r")
            self._tokens[key] = tokens.reshape(-1, shards.context_tokens)
        found: npt.NDArray[np.unsignedinteger] = self._tokens[key][row]
        return found

    def _grams(self, partition: int) -> npt.NDArray[np.uint64]:
        path = self._file(f"grams/{partition:04d}.bin")
        # An empty file cannot be mapped.
        return np.memmap(path, "<u8", mode="r") if path.stat().st_size else np.zeros(0, "<u8")

    def _file(self, name: str) -> Path:
        return self._lake.fetch(self.manifest, self.manifest.file(name))


def _located(entries: npt.NDArray[np.uint64], key: int) -> tuple[int, int]:
    """Return where a key's entries begin and end.

    Keys are hashes, so a key's place can be told within some deviations of a binomial: one piece of
    the file is read and not the twenty of a search from its middle.
    """
    size = len(entries)
    guess, reach = size * key >> KEY_BITS, 4 * math.isqrt(size) + 64
    low, high = max(0, guess - reach), min(size, guess + reach)
    least = np.uint64(key << PLACE_BITS)
    most = np.uint64((key + 1 << PLACE_BITS) - 1)
    near = entries[low:high]
    if (low and near[0] >= least) or (high < size and near[-1] <= most):
        low, near = 0, entries  # a gram of boilerplate alone can fill more than that
    first = np.searchsorted(near, least)
    return low + int(first), low + int(np.searchsorted(near, most, side="right"))


def _equal(one: npt.NDArray[np.int64], other: npt.NDArray[np.unsignedinteger]) -> int:
    """Return how many tokens are the same from the beginning."""
    differs = np.flatnonzero(one != other)
    return int(differs[0]) if len(differs) else len(one)
