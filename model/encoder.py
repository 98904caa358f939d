"""The fast encoder of our own vocabularies: the ids of `tokenizers`, over columns, in threads.

Owns the arrays that model/encode_kernels.py reads and what is asked of a tokenizer.json so that
the ids are sure to be the reference's. Anything else is refused with the reason, never tried.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from model.cuts import CUT_PATTERN, NUM_CODE_POINTS, character_classes

if TYPE_CHECKING:
    import polars as pl

    from model.encode_kernels import Cache, Tables

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]

MAX_IDS = 1 << 20
"""Ids are packed in 20 bits."""

_SHORT_SETS = 1 << 16
"""4 MiB: short words stay in the processor's cache (measured)."""
_LONG_SLOTS = 1 << 16
"""Half of them are filled at most: the long words of some 100 MB of English (our choice)."""
_LONG_BYTES = 1 << 20
_LONG_IDS = 1 << 18


class NotSupported(ValueError):
    """A tokenizer.json asks for something that the fast encoder does not do."""


class FastEncoder:
    """One vocabulary, ready to encode columns of text."""

    def __init__(self, content: str, num_special: int) -> None:
        """Build the tables; raises NotSupported unless the ids are sure to be the reference's."""
        config = json.loads(content)
        _check(config)
        self._tables = _tables(config["model"])
        self._piece_bytes, self._piece_bounds = _spelling(config["model"]["vocab"], num_special)
        self._caches: SimpleQueue[Cache] = SimpleQueue()

    def encode(self, texts: pl.Series, threads: int, marks: tuple[int, ...]) -> tuple[U32, I64]:
        """Return the ids of all texts and the bounds of each; `marks` go around every text."""
        data, offsets = column_bytes(texts)
        data = _padded(data)
        slices = row_slices(offsets, threads)
        with ThreadPoolExecutor(max_workers=len(slices)) as pool:
            done = list(
                pool.map(
                    lambda part: self._part(data, offsets[part[0] : part[1] + 1], marks), slices
                )
            )
        ends = np.cumsum([len(ids) for ids, _ in done])
        bounds = [
            bounds[1:] + end - len(ids) for (ids, bounds), end in zip(done, ends, strict=True)
        ]
        return np.concatenate([ids for ids, _ in done]), np.concatenate(
            [np.zeros(1, dtype=np.int64), *bounds]
        )

    def spells(
        self, texts: pl.Series, ids: U32, bounds: I64, threads: int
    ) -> npt.NDArray[np.bool_]:
        """Return for each text whether its ids spell exactly it; special ids spell nothing."""
        from model.encode_kernels import spelt

        data, offsets = column_bytes(texts)
        same = np.zeros(len(texts), dtype=np.bool_)
        slices = row_slices(offsets, threads)

        def run(part: tuple[int, int]) -> None:
            first, end = part
            rows = slice(first, end + 1)
            pieces = self._piece_bytes, self._piece_bounds
            spelt(data, offsets[rows], ids, bounds[rows], *pieces, same[first:end])

        with ThreadPoolExecutor(max_workers=len(slices)) as pool:
            list(pool.map(run, slices))
        return same

    def _part(self, data: U8, offsets: I64, marks: tuple[int, ...]) -> tuple[U32, I64]:
        from model.encode_kernels import ROOM, encode

        room = int(offsets[-1] - offsets[0]) + len(marks) * (len(offsets) - 1) + ROOM
        out = np.empty(room, dtype=np.uint32)
        bounds = np.empty(len(offsets), dtype=np.int64)
        try:
            cache = self._caches.get_nowait()
        except Empty:
            cache = _cache()
        encode(data, offsets, self._tables, cache, np.array(marks, dtype=np.int64), out, bounds)
        self._caches.put(cache)
        return out[: bounds[-1]], bounds


def column_bytes(texts: pl.Series) -> tuple[U8, I64]:
    """Return the bytes of a String or Binary column and the offsets [rows + 1] into them.

    Raises ValueError on missing texts.
    """
    import polars as pl

    if texts.null_count():
        raise ValueError(f"{texts.null_count()} texts are missing: drop or fill them first")
    if texts.dtype not in (pl.String, pl.Binary):
        raise ValueError(f"column of {texts.dtype}, not of text: cast it to String")
    array = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = array.buffers()
    if not len(texts):
        return np.zeros(0, dtype=np.uint8), np.zeros(1, dtype=np.int64)
    places = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    if data is None or not len(data):
        return np.zeros(0, dtype=np.uint8), places
    return np.frombuffer(data, dtype=np.uint8), places


def _padded(data: U8) -> U8:
    """Return the bytes at an address, and of a length, that eight divides, and some more."""
    padded = np.empty(-(-len(data) // 8) + 2, dtype=np.uint64).view(np.uint8)
    padded[: len(data)] = data
    padded[len(data) :] = 0
    return padded


def row_slices(offsets: I64, parts: int) -> list[tuple[int, int]]:
    """Cut the rows into at most `parts` runs of about equally many bytes."""
    rows = len(offsets) - 1
    aims = offsets[0] + (offsets[-1] - offsets[0]) * np.arange(1, parts) // parts
    edges = sorted({0, rows, *np.searchsorted(offsets, aims).tolist()})
    return list(pairwise(edges)) or [(0, 0)]


def _check(config: Mapping[str, Any]) -> None:
    model = config["model"]
    cutter = {
        "type": "Split",
        "pattern": {"Regex": CUT_PATTERN},
        "behavior": "Isolated",
        "invert": False,
    }
    asked: dict[str, tuple[Any, Any]] = {
        "model.type": (model.get("type"), "BPE"),
        "model.byte_fallback": (model.get("byte_fallback"), True),
        "model.dropout": (model.get("dropout") or 0.0, 0.0),
        "model.ignore_merges": (bool(model.get("ignore_merges")), False),
        "model.continuing_subword_prefix": (model.get("continuing_subword_prefix") or "", ""),
        "model.end_of_word_suffix": (model.get("end_of_word_suffix") or "", ""),
        "normalizer": (config.get("normalizer"), None),
        "post_processor": (config.get("post_processor"), None),
        "truncation": (config.get("truncation"), None),
        "padding": (config.get("padding"), None),
        "pre_tokenizer": (config.get("pre_tokenizer"), cutter),
        "added tokens that are not special": (
            [t["content"] for t in config.get("added_tokens", ()) if not t["special"]],
            [],
        ),
    }
    for name, (found, expected) in asked.items():
        if found != expected:
            raise NotSupported(f"{name} is {found!r}, not {expected!r}")


def _tables(model: Mapping[str, Any]) -> Tables:
    from model.encode_kernels import Tables
    from model.merge_kernels import add_pairs

    vocab: Mapping[str, int] = model["vocab"]
    pairs = [tuple(m.split(" ")) if isinstance(m, str) else tuple(m) for m in model["merges"]]
    made = [vocab[first + second] for first, second in pairs]
    if len(set(made)) != len(made):
        raise NotSupported("two merges make the same piece")
    missing = [name for name in map("<0x{:02X}>".format, range(256)) if name not in vocab]
    if missing:
        raise NotSupported(f"byte token {missing[0]} is not in the vocabulary")
    char_ids = np.full(NUM_CODE_POINTS, -1, dtype=np.int32)
    for entry, index in vocab.items():
        if len(entry) == 1:
            char_ids[ord(entry)] = index
    if max(vocab.values()) >= MAX_IDS:
        raise NotSupported(f"the vocabulary has more than {MAX_IDS:,} ids")
    merges = [(vocab[first], vocab[second]) for first, second in pairs]
    table = empty_pairs(len(merges))
    add_pairs(table, np.array(merges, dtype=np.int64).reshape(-1, 2))
    return Tables(
        classes=character_classes(),
        char_ids=char_ids,
        byte_ids=np.array([vocab[f"<0x{byte:02X}>"] for byte in range(256)], dtype=np.int32),
        pairs=table,
        merged_ids=np.array(made, dtype=np.int32),
    )


def empty_pairs(num_merges: int) -> npt.NDArray[np.uint64]:
    """Return a hash table with room for so many merges, at most half full."""
    return np.full(1 << max(4, (2 * num_merges).bit_length()), np.iinfo(np.uint64).max, np.uint64)


def _spelling(vocab: Mapping[str, int], num_special: int) -> tuple[U8, I64]:
    """Return the bytes of all ids after one another, and where each begins."""
    by_byte = {f"<0x{byte:02X}>": bytes([byte]) for byte in range(256)}
    spelt = [b""] * (max(vocab.values()) + 1)
    for entry, index in vocab.items():
        if index >= num_special:
            spelt[index] = by_byte.get(entry, entry.encode())
    bounds = np.concatenate([[0], np.cumsum([len(piece) for piece in spelt])]).astype(np.int64)
    return np.frombuffer(b"".join(spelt), dtype=np.uint8), bounds


def _cache() -> Cache:
    from model.encode_kernels import Cache

    return Cache(
        short=np.zeros(8 * _SHORT_SETS, dtype=np.uint64),
        hashes=np.zeros(_LONG_SLOTS, dtype=np.uint64),
        word_starts=np.zeros(_LONG_SLOTS, dtype=np.int64),
        word_sizes=np.zeros(_LONG_SLOTS, dtype=np.int32),
        id_starts=np.zeros(_LONG_SLOTS, dtype=np.int64),
        id_counts=np.zeros(_LONG_SLOTS, dtype=np.int32),
        words=np.empty(_LONG_BYTES, dtype=np.uint8),
        ids=np.empty(_LONG_IDS, dtype=np.uint32),
        used=np.zeros(3, dtype=np.int64),
    )
