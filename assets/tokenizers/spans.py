"""tokenizers/spans: an index from runs of tokens to where training read them.

Owns what is kept and how it is written; searching it is span_search.py's. Of every WINDOW
neighbouring n-grams of a document the one with the least hash is kept (winnowing: Schleimer,
Wilkerson, Aiken, SIGMOD 2003), so a run of gram + window - 1 tokens that a text shares with a
document is always found, with an index of a fifth of the n-grams. Memory holds one partition.

    spans.json                 SpansInfo
    grams/000.bin              uint64, sorted: 24 bits of the hash, 40 of the place in the tokens of
                               all shards one behind the other; the file is the hash's first bits
    pieces.bin                 uint64 pairs: place of the first token of a document piece and of
                               the one behind its last, sorted
    pieces.parquet             doc_id, copy, piece, in the order of pieces.bin
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.lineage.workspace import InputFiles, Outcome, Workspace
from training.shards import ShardsInfo

PLACE_BITS = 40
KEY_BITS = 64 - PLACE_BITS
MAX_PLACES = 1 << PLACE_BITS
_PARTITION_TOKENS = 1 << 25
"""Tokens of all shards per partition (our choice): some 60 MB of n-grams to sort at a time on
average, and up to 270 in the first, since the hashes that are kept are the low ones."""
_MAX_PARTITIONS = 1 << 12


@dataclass(frozen=True, kw_only=True)
class IndexedShards:
    """One shards artifact in the index, and where its tokens begin among all places."""

    node: str
    fingerprint: str
    first_place: int
    context_tokens: int
    num_samples: int
    samples_per_shard: int
    dtype: str


@dataclass(frozen=True, kw_only=True)
class SpansInfo:
    """Geometry of one index."""

    gram_tokens: int
    window_grams: int
    partition_bits: int
    num_grams: int
    shards: tuple[IndexedShards, ...]

    @property
    def certain_tokens(self) -> int:
        """A shared run of so many tokens is always found."""
        return self.gram_tokens + self.window_grams - 1

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> SpansInfo:
        return cls(**{**data, "shards": tuple(IndexedShards(**each) for each in data["shards"])})


def make_spans(ws: Workspace) -> Outcome:
    """Index the n-grams of every shards artifact among the inputs."""
    inputs = ws.all_inputs()
    shards = list(_placed(inputs))
    total = sum(each.num_samples * each.context_tokens for each in shards)
    if total > MAX_PLACES:
        raise ValueError(
            f"{ws.step.key}: {total:,} tokens are more than an index of {PLACE_BITS} bits can "
            "name: index the stages apart"
        )
    bits = partition_bits(total)
    pieces = [_pieces(each, held) for each, held in zip(shards, inputs, strict=True)]
    with _Buckets(ws.out_dir / ".buckets", bits) as buckets:
        for each, held, frame in zip(shards, inputs, pieces, strict=True):
            ws.progress(f"indexing {each.num_samples:,} samples of {each.node}")
            for hashes, places in _grams(each, held, frame, ws.config):
                buckets.add(hashes, places)
        num_grams = buckets.write(ws.out_dir / "grams")
    table = pl.concat(pieces).sort("first")
    table.select("first", "end").to_numpy().astype("<u8").tofile(ws.out("pieces.bin"))
    table.select("doc_id", "copy", "piece").write_parquet(ws.out("pieces.parquet"))
    info = SpansInfo(
        gram_tokens=ws.config["gram_tokens"],
        window_grams=ws.config["window_grams"],
        partition_bits=bits,
        num_grams=num_grams,
        shards=tuple(shards),
    )
    ws.out("spans.json").write_text(json.dumps(asdict(info), indent=1, sort_keys=True) + "\n")
    return _outcome(info, table)


def partition_bits(num_tokens: int) -> int:
    """Return how many bits of a hash name its file."""
    partitions = min(_MAX_PARTITIONS, max(1, -(-num_tokens // _PARTITION_TOKENS)))
    return (partitions - 1).bit_length()


def _placed(inputs: tuple[InputFiles, ...]) -> Iterator[IndexedShards]:
    first = 0
    for held in inputs:
        info = ShardsInfo(**json.loads(held.path("shards.json").read_text()))
        yield IndexedShards(
            node=f"{held.manifest.family}/{held.manifest.name}",
            fingerprint=held.manifest.fingerprint,
            first_place=first,
            context_tokens=info.context_tokens,
            num_samples=info.num_samples,
            samples_per_shard=info.samples_per_shard,
            dtype=info.dtype,
        )
        first += info.num_samples * info.context_tokens


def _pieces(shards: IndexedShards, held: InputFiles) -> pl.DataFrame:
    """Return first, end (places), doc_id, copy and piece of every document piece."""
    begins = shards.first_place + pl.col("sample").cast(pl.UInt64) * shards.context_tokens
    return (
        pl.read_parquet(held.path("index.parquet"))
        .select(
            (begins + pl.col("start")).alias("first"),
            (begins + pl.col("end")).alias("end"),
            "doc_id",
            "copy",
            "piece",
        )
        .sort("first")
    )


def _grams(
    shards: IndexedShards, held: InputFiles, pieces: pl.DataFrame, config: Mapping[str, Any]
) -> Iterator[tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]]:
    from assets.tokenizers.span_kernels import select_grams

    first, end = (pieces[name].to_numpy().astype(np.int64) for name in ("first", "end"))
    per_file = shards.samples_per_shard * shards.context_tokens
    for number in range(-(-shards.num_samples // shards.samples_per_shard)):
        path = held.path(f"tokens/{number:05d}.bin")
        tokens = np.memmap(path, np.dtype(shards.dtype).newbyteorder("<"), mode="r")
        begins = shards.first_place + number * per_file
        low, high = np.searchsorted(first, [begins, begins + len(tokens)])
        hashes = np.empty(len(tokens), dtype=np.uint64)
        places = np.empty(len(tokens), dtype=np.int64)
        kept = select_grams(
            tokens,
            first[low:high] - begins,
            end[low:high] - begins,
            config["gram_tokens"],
            config["window_grams"],
            hashes,
            places,
        )
        yield hashes[:kept], (places[:kept] + begins).astype(np.uint64)


class _Buckets:
    """N-grams by the first bits of their hash, in files until each is sorted."""

    def __init__(self, folder: Path, bits: int) -> None:
        self._folder, self._bits = folder, bits

    def __enter__(self) -> _Buckets:
        self._folder.mkdir()
        return self

    def __exit__(self, *error: object) -> None:
        for path in self._folder.iterdir():
            path.unlink()
        self._folder.rmdir()

    def add(self, hashes: npt.NDArray[np.uint64], places: npt.NDArray[np.uint64]) -> None:
        partition, keys = split_hashes(hashes, self._bits)
        entries = (keys << np.uint64(PLACE_BITS)) | places
        order = np.argsort(partition, kind="stable")
        bounds = np.searchsorted(partition[order], np.arange((1 << self._bits) + 1))
        for number in range(1 << self._bits):
            chosen = entries[order[bounds[number] : bounds[number + 1]]]
            if len(chosen):
                with (self._folder / f"{number:04d}").open("ab") as handle:
                    chosen.astype("<u8").tofile(handle)

    def write(self, folder: Path) -> int:
        """Sort each bucket into its file; return the number of n-grams."""
        folder.mkdir()
        total = 0
        for number in range(1 << self._bits):
            path = self._folder / f"{number:04d}"
            entries = np.fromfile(path, "<u8") if path.exists() else np.zeros(0, "<u8")
            entries.sort()
            entries.tofile(folder / f"{number:04d}.bin")
            total += len(entries)
        return total


def split_hashes(
    hashes: npt.NDArray[np.uint64], bits: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
    """Return the file of each hash and the bits that stand in its entries."""
    # Shifting by all 64 bits is undefined.
    partition = (hashes >> np.uint64(64 - bits)) if bits else np.zeros_like(hashes)
    keys = (hashes >> np.uint64(64 - bits - KEY_BITS)) & np.uint64((1 << KEY_BITS) - 1)
    return partition.astype(np.int64), keys


def _outcome(info: SpansInfo, pieces: pl.DataFrame) -> Outcome:
    tokens = int((pieces["end"] - pieces["first"]).sum())
    size = 8 * info.num_grams + 16 * pieces.height
    return Outcome(
        counts={"grams": info.num_grams, "tokens": tokens, "pieces": pieces.height},
        metrics={"bytes_per_token": size / max(1, tokens)},
        summary=(
            f"{info.num_grams:,} runs of {info.gram_tokens} tokens of {pieces.height:,} document "
            f"pieces: {size / max(1, tokens):.2f} bytes a token. A run of {info.certain_tokens} "
            "tokens that an answer shares with a document is always found."
        ),
    )
