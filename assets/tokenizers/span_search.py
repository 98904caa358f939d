"""Search of a span index: the longest runs of tokens that a text shares with training documents.

Reads a few pages of the index and of the shards, and asks for all of them before it looks at one;
knows nothing of models or steps.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.lineage.manifest import Manifest
from assets.lineage.scattered_file import ScatteredFile
from assets.ports import Lake
from assets.tokenizers.gram_hash import hashes_of
from assets.tokenizers.gram_search import ROUNDS, GramSearch
from assets.tokenizers.spans import (
    MAX_PLACES,
    IndexedShards,
    SpansInfo,
    split_hashes,
)

MAX_HITS_PER_GRAM = 500
"""Places looked at of one n-gram; boilerplate stands in more. What is left out is counted."""
I64 = npt.NDArray[np.int64]


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
        bounds = ScatteredFile(self._file("pieces.bin"), "u8").values.reshape(-1, 2)
        self._firsts, self._ends = bounds[:, 0], bounds[:, 1]
        self._tokens: dict[tuple[str, int], ScatteredFile] = {}

    def search(self, ids: I64, among: Iterable[str]) -> Found:
        """Return the runs of `ids` in shards artifacts of the given fingerprints."""
        hits, left_out = self._hits(ids)
        matches: dict[tuple[int, int], Match] = {}
        reached: dict[int, int] = {}
        for at, place in hits[self._true(ids, hits, frozenset(among))].tolist():
            # On one diagonal, a hit within a run already measured tells nothing new.
            if reached.get(place - at, -1) > at:
                continue
            match = self._extended(ids, at, place)
            reached[place - at] = match.first + match.length
            matches[(place - at, match.first)] = match
        return Found(matches=tuple(matches.values()), places_left_out=left_out)

    def holds(self, shards: IndexedShards, sample: int) -> bool:
        """Whether the longest document piece of a sample is found where it lies.

        True where every piece is shorter than one n-gram, since such are not in the index, and
        where its n-grams stand in more places than a search looks at.
        """
        first = shards.first_place + sample * shards.context_tokens
        edges = np.array([first, first + shards.context_tokens], dtype=np.uint64)
        rows = np.searchsorted(self._firsts, edges)
        sizes = self._ends[rows[0] : rows[1]] - self._firsts[rows[0] : rows[1]]
        if not len(sizes) or sizes.max() < self.info.gram_tokens:
            return True
        piece = int(rows[0] + sizes.argmax())
        start, length = int(self._firsts[piece]) - first, int(sizes.max())
        number, row = divmod(sample, shards.samples_per_shard)
        begins = row * shards.context_tokens + start
        tokens = self._file_of(shards, number).values[begins : begins + length]
        ids = tokens.astype(np.int64)
        found = self.search(ids, [shards.fingerprint])
        return found.places_left_out > 0 or any(
            match.length == length and (match.sample, match.start) == (sample, start)
            for match in found.matches
        )

    def doc_ids(self, pieces: Iterable[int]) -> dict[int, str]:
        """Return the document of each piece."""
        table = pl.scan_parquet(self._file("pieces.parquet")).select("doc_id")
        rows = sorted(set(pieces))
        found = pl.collect_all([table.slice(row, 1) for row in rows])
        return {row: one.item() for row, one in zip(rows, found, strict=True)}

    def _hits(self, ids: I64) -> tuple[I64, int]:
        """Return rows (token of the text, place) of every n-gram met, in the text's order."""
        found: list[I64] = [np.zeros((0, 2), dtype=np.int64)]
        left_out = 0
        for entries, token, first, end in self._entries_of(ids):
            taken = min(end, first + MAX_HITS_PER_GRAM)
            left_out += end - taken
            places = (entries[first:taken] & np.uint64(MAX_PLACES - 1)).astype(np.int64)
            found.append(np.stack([np.full(len(places), token), places], axis=1))
        hits = np.concatenate(found)
        return hits[np.argsort(hits[:, 0], kind="stable")], left_out

    def _entries_of(self, ids: I64) -> Iterator[tuple[npt.NDArray[np.uint64], int, int, int]]:
        """Yield the n-grams of a text: their file's entries, their first token, and which entries
        are theirs."""
        hashes = hashes_of(ids, self.info.gram_tokens)
        partitions, keys = split_hashes(hashes, self.info.partition_bits)
        searches = []
        for partition in np.unique(partitions).tolist():
            file = ScatteredFile(self._file(f"grams/{partition:04d}.bin"), "u8")
            tokens = np.flatnonzero(partitions == partition)
            search = GramSearch(
                file,
                keys[tokens].astype(np.int64),
                partition=partition,
                partition_bits=self.info.partition_bits,
                window=self.info.window_grams,
            )
            searches.append((file.values, tokens.tolist(), search))
        for _ in range(ROUNDS):
            for *_, search in searches:
                search.ask()
            for *_, search in searches:
                search.look()
        for *_, search in searches:
            search.ask_ranges()
        for entries, own, search in searches:
            for token, (first, end) in zip(own, search.found(), strict=True):
                yield entries, token, first, end

    def _true(self, ids: I64, hits: I64, wanted: frozenset[str]) -> npt.NDArray[np.bool_]:
        """Return which hits lie in wanted shards and have the same tokens, not the hash alone."""
        within = np.arange(self.info.gram_tokens)
        is_true = np.zeros(len(hits), dtype=bool)
        groups: list[tuple[ScatteredFile, I64, I64]] = []
        begins = [each.first_place for each in self.info.shards]
        owners = np.searchsorted(begins, hits[:, 1], side="right") - 1
        for owner in np.unique(owners).tolist():
            shards = self.info.shards[owner]
            rows = np.flatnonzero(owners == owner)
            if shards.fingerprint in wanted:
                numbers, starts = np.divmod(hits[rows, 1] - begins[owner], _tokens_a_file(shards))
                for number in np.unique(numbers).tolist():
                    inside = numbers == number
                    groups.append((self._file_of(shards, number), rows[inside], starts[inside]))
        for file, _, starts in groups:
            file.expect(np.stack([starts, starts + len(within)], axis=1))
        for file, rows, starts in groups:
            own = file.values[starts[:, np.newaxis] + within]
            is_true[rows] = (own == ids[hits[rows, :1] + within]).all(axis=1)
        return is_true

    def _extended(self, ids: I64, at: int, place: int) -> Match:
        """Return the whole run around a hit."""
        piece = int(np.searchsorted(self._firsts, np.uint64(place), side="right")) - 1
        before = min(at, place - int(self._firsts[piece]))
        behind = min(len(ids) - at, int(self._ends[piece]) - place)
        shards = next(each for each in reversed(self.info.shards) if each.first_place <= place)
        number, start = divmod(place - shards.first_place, _tokens_a_file(shards))
        tokens = self._file_of(shards, number).values
        left = _equal(ids[at - before : at][::-1], tokens[start - before : start][::-1])
        right = _equal(ids[at : at + behind], tokens[start : start + behind])
        sample, first = divmod(place - left - shards.first_place, shards.context_tokens)
        return Match(
            first=at - left,
            length=left + right,
            shards=shards,
            sample=sample,
            start=first,
            piece=piece,
        )

    def _file_of(self, shards: IndexedShards, number: int) -> ScatteredFile:
        """Return one file of tokens."""
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
            self._tokens[key] = ScatteredFile(path, shards.dtype)
        return self._tokens[key]

    def _file(self, name: str) -> Path:
        return self._lake.fetch(self.manifest, self.manifest.file(name))


def _tokens_a_file(shards: IndexedShards) -> int:
    return shards.samples_per_shard * shards.context_tokens


def _equal(one: I64, other: npt.NDArray[np.unsignedinteger]) -> int:
    """Return how many tokens are the same from the beginning."""
    differs = np.flatnonzero(one != other)
    return int(differs[0]) if len(differs) else len(one)
