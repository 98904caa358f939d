"""Search of one source's signatures: which of its documents are like a given text.

Bands propose, sketches guess, and the texts prove: what is told is the true similarity, as a
mixture's merges have it. Reads a few pages of the keys and of the sketches, whatever their size.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from assets.lineage.manifest import Manifest
from assets.lineage.workspace import part_name, table_paths
from assets.mixtures.deduplication.asked_text import Asked
from assets.mixtures.deduplication.keys import GROUP_BITS, NEXT_BITS, packed_keys
from assets.mixtures.words import I64, U64
from assets.ports import Lake
from assets.recipes.data import SignatureSpec

MAX_CANDIDATES = 10_000
"""Documents of a source that share a band with a text and are looked at; boilerplate has more.
The rest is counted."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A document of a source that shares a band with a text."""

    row: int
    """Within the source."""
    estimate: float
    """Share of equal minima: by a few hundredths the similarity."""


@dataclass(frozen=True, kw_only=True)
class Proved:
    """A document and how similar its text is to the one asked for."""

    doc_id: str
    similarity: float
    told: dict[str, Any]
    """Columns of its row in corpora/documents."""


class SignedSource:
    """One mixtures/signatures artifact with the documents it was made of."""

    def __init__(self, lake: Lake, signatures: Manifest, documents: Manifest) -> None:
        self._lake, self._signatures, self.documents = lake, signatures, documents
        self.spec = SignatureSpec(**signatures.config)
        parts = pl.read_parquet(self._file("parts.parquet"), columns=["num_documents"])
        counts = parts["num_documents"].cast(pl.Int64).to_numpy()
        self._first_rows = np.concatenate([[0], np.cumsum(counts)])
        templates = pl.read_parquet(self._file("templates.parquet"), columns=["shingle"])
        self._templates: U64 = templates["shingle"].to_numpy()
        files = signatures.files
        self._bands = sorted(each.path for each in files if each.path.startswith("bands/"))
        self._mapped: dict[str, pa.Table] = {}

    def asked(self, text: str) -> Asked:
        """Return a text as this source's documents are signed."""
        return Asked(text, self._templates, self.spec)

    def candidates(self, asked: Asked) -> tuple[list[Candidate], int]:
        """Return the documents that share a band with a text, and how many were left out.

        A text of few shingles outside the source's templates has none: it is compared exactly only.
        """
        if len(asked.halves) < self.spec.min_shingles:
            return [], 0
        keys = packed_keys(asked.keys[np.newaxis])
        found = [self._bucket(int(key)) for key in keys.reshape(-1)]
        rows, bands = np.unique(
            np.concatenate([np.zeros(0, np.uint32), *found]), return_counts=True
        )
        kept = np.sort(np.argsort(-bands, kind="stable")[:MAX_CANDIDATES])
        rows = rows[kept]
        equal = (self._lows(rows) == asked.lows).sum(axis=1) / self.spec.num_hashes
        told = [
            Candidate(row=int(row), estimate=float(estimate))
            for row, estimate in zip(rows, equal, strict=True)
        ]
        return told, len(bands) - len(rows)

    def proved(self, asked: Asked, row: int, columns: Sequence[str]) -> Proved:
        """Return the document of a row with its true similarity to a text."""
        found = self._document(row, columns)
        return Proved(
            doc_id=found["doc_id"],
            similarity=asked.similarity(found["text"]),
            told={name: found[name] for name in columns},
        )

    def _bucket(self, key: int) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
        """Return the rows that have a band's key, the bits of the next band apart."""
        if not self._bands:
            return np.zeros(0, dtype=np.uint32)
        bits = (len(self._bands) - 1).bit_length()
        table = self._map(self._bands[key >> 64 - bits])
        keys: U64 = _numbers(table, "key", "<u8")
        shift = 64 - bits - GROUP_BITS
        group = key >> shift
        # Within a group keys have no order.
        low, high = (
            bisect_left(range(len(keys)), bound, key=lambda at: int(keys[at]) >> shift)
            for bound in (group, group + 1)
        )
        same = keys[low:high] >> np.uint64(NEXT_BITS) == np.uint64(key >> NEXT_BITS)
        rows: np.ndarray[tuple[int], np.dtype[np.uint32]]
        rows = _numbers(table, "row", "<u4")[low:high][same]
        return rows

    def _lows(
        self, rows: np.ndarray[tuple[int], np.dtype[np.uint32]]
    ) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
        """Return the sketches of some rows."""
        found = np.zeros((len(rows), self.spec.num_hashes), dtype=np.uint8)
        parts = self._part_of(rows)
        for part in np.unique(parts).tolist():
            own = parts == part
            array = self._map(f"sketches/{part:05d}.arrow")["lows"].chunks[0]
            held = np.frombuffer(array.buffers()[1], dtype=np.uint8)
            held = held[: len(array) * self.spec.num_hashes].reshape(len(array), -1)
            found[own] = held[rows[own] - self._first_rows[part]]
        return found

    def _document(self, row: int, columns: Sequence[str]) -> dict[str, Any]:
        """Return doc_id, text and some columns of a document."""
        part = int(self._part_of(np.array([row]))[0])
        path = table_paths(self.documents, "documents")[part]
        file = self._lake.fetch(self.documents, self.documents.file(path))
        at = row - int(self._first_rows[part])
        wanted = list(dict.fromkeys(["doc_id", "text", *columns]))
        found = pl.scan_parquet(file).select(wanted).slice(at, 1).collect().to_dicts()
        signed = pl.scan_parquet(self._file(part_name("signatures", part))).select("doc_id")
        if [each["doc_id"] for each in found] != signed.slice(at, 1).collect()["doc_id"].to_list():
            raise LookupError(
                f"{self._signatures.key} and {self.documents.key} have their documents in "
                "different orders: make the signatures again"
            )
        told: dict[str, Any] = found[0]
        return told

    def _part_of(self, rows: np.ndarray[Any, np.dtype[Any]]) -> I64:
        return np.searchsorted(self._first_rows, rows, side="right") - 1

    def _file(self, name: str) -> Path:
        return self._lake.fetch(self._signatures, self._signatures.file(name))

    def _map(self, name: str) -> pa.Table:
        """Return an Arrow file as it lies on the disk: what is not looked at is not read."""
        if name not in self._mapped:
            with pa.memory_map(str(self._file(name))) as source:
                self._mapped[name] = pa.ipc.open_file(source).read_all()
        return self._mapped[name]


def _numbers(table: pa.Table, name: str, dtype: str) -> Any:
    """Return a column of a mapped file; frames.column would import pandas, half a second of it."""
    if not table.num_rows:
        return np.zeros(0, dtype=dtype)
    (array,) = table[name].chunks
    return np.frombuffer(array.buffers()[1], dtype=dtype)[array.offset : array.offset + len(array)]
