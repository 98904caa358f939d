"""The de-identifier: text in, text with typed placeholders and counts per class out.

It keeps, logs and raises nothing of what it reads: no values, no hashes of values. Placeholders
carry no number that links two mentions, and dates are not shifted: intervals are lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.corpora.deidentify.classes import CLASSES
from assets.corpora.deidentify.detect import find_spans, repeated_names
from assets.corpora.deidentify.spans import Spans

CHUNK_BYTES = 8 << 20
"""Bytes of text masked at once, or one row if that is longer; arrays take 34 bytes for each."""
EXCERPT_BYTES = 4096
"""What an excerpt is cut to before it is masked."""
MAX_PASSES = 4
"""Masking can bring words together that then look like a name; passes until nothing is found."""
_END = b"\n"

Counts = dict[str, int]
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Masked:
    """A frame with masked columns, and how many identifiers of each class went from each row."""

    frame: pl.DataFrame
    counts: pl.DataFrame
    """doc_id (or row, where the frame has no doc_id) and one UInt32 column per class."""

    def totals(self) -> Counts:
        """Return the number of masked identifiers per class, over all rows."""
        return {name: int(self.counts[name].sum()) for name in CLASSES}


def deidentify_frame(frame: pl.DataFrame, *, columns: Sequence[str] = ("title", "text")) -> Masked:
    """Mask the identifiers of some string columns of a frame; nulls stay null.

    Raises ValueError when a column is missing or holds no strings; the message names columns only.
    """
    wrong = [name for name in columns if frame.schema.get(name) != pl.String]
    if wrong or not columns:
        raise ValueError(
            f"columns {wrong or 'none'} are not String columns of the frame: name those that are, "
            f"out of {', '.join(frame.columns)}"
        )
    masked: list[list[pl.Series]] = []
    counts = np.zeros((frame.height, len(CLASSES)), dtype=np.uint32)
    for first, last in _chunks(frame, columns):
        part = frame.slice(first, last - first)
        texts, counts[first:last] = _mask_rows([part[name] for name in columns])
        masked.append(texts)
    whole = [
        pl.concat([texts[i] for texts in masked]).alias(name) if masked else frame[name]
        for i, name in enumerate(columns)
    ]
    key = frame["doc_id"] if "doc_id" in frame.columns else pl.Series("row", range(frame.height))
    return Masked(
        frame=frame.with_columns(whole),
        counts=pl.DataFrame([key, *(pl.Series(n, counts[:, i]) for i, n in enumerate(CLASSES))]),
    )


def deidentify_text(text: str) -> tuple[str, Counts]:
    """Mask one text; lone surrogates, which have no UTF-8, become U+FFFD."""
    safe = text.encode("utf-8", "replace").decode()
    columns, counts = _mask_rows([pl.Series([safe], dtype=pl.String)])
    return columns[0][0], {name: int(counts[0, i]) for i, name in enumerate(CLASSES)}


def mask_excerpt(text: str) -> str:
    """Return an excerpt that may stand in a quarantine table or a log: cut, then masked.

    What the cut leaves of an identifier at its end is dropped with the last, unfinished word.
    """
    cut = text[:EXCERPT_BYTES]
    if len(cut) < len(text):
        cut = cut.rpartition(" ")[0] if " " in cut else ""
    return deidentify_text(cut)[0]


def _chunks(frame: pl.DataFrame, columns: Sequence[str]) -> list[tuple[int, int]]:
    """Return row ranges of about CHUNK_BYTES each; one row is never split."""
    sizes = sum(
        (frame[name].str.len_bytes().fill_null(0).cast(pl.Int64) for name in columns),
        start=pl.Series([0] * frame.height, dtype=pl.Int64),
    )
    group = ((sizes.cum_sum() - sizes) // CHUNK_BYTES).to_numpy()
    edges = [0, *(np.flatnonzero(np.diff(group)) + 1).tolist(), frame.height]
    return [(a, b) for a, b in pairwise(edges) if b > a]


def _mask_rows(columns: list[pl.Series]) -> tuple[list[pl.Series], npt.NDArray[np.uint32]]:
    """Mask equally long columns row by row: names found in one column go from all of them."""
    width, rows = len(columns), len(columns[0])
    units = [
        text or "" for row in zip(*(c.to_list() for c in columns), strict=True) for text in row
    ]
    counts = np.zeros((rows, len(CLASSES)), dtype=np.uint32)
    waiting = list(range(rows))
    for _ in range(MAX_PASSES):
        picked = [row * width + column for row in waiting for column in range(width)]
        found, data, bounds = _find([units[u] for u in picked], width)
        changed = set[int]()
        for index, (unit, spans) in enumerate(zip(picked, found, strict=True)):
            if spans:
                begin, end = int(bounds[index]), int(bounds[index + 1]) - len(_END)
                units[unit] = _replaced(data, begin, end, spans)
                changed.add(unit // width)
                for item in spans:
                    counts[unit // width, item[2]] += 1
        waiting = sorted(changed)
        if not waiting:
            break
    masked = [pl.Series(units[i::width], dtype=pl.String) for i in range(width)]
    frame = pl.DataFrame({f"m{i}": s for i, s in enumerate(masked)}).with_columns(
        pl.when(pl.Series(c.is_not_null())).then(pl.col(f"m{i}")) for i, c in enumerate(columns)
    )
    return frame.get_columns(), counts


def _find(units: list[str], width: int) -> tuple[list[Spans], bytes, I64]:
    encoded = [unit.encode() + _END for unit in units]
    data = b"".join(encoded)
    bounds = np.zeros(len(units) + 1, dtype=np.int64)
    np.cumsum([len(unit) for unit in encoded], out=bounds[1:])
    groups = np.arange(len(units), dtype=np.int64) // width
    return repeated_names(data, bounds, groups, find_spans(data, bounds)), data, bounds


def _replaced(data: bytes, begin: int, end: int, spans: Spans) -> str:
    pieces, at = list[bytes](), begin
    for start, stop, _, text in spans:
        pieces += (data[at:start], text)
        at = min(stop, end)
    pieces.append(data[at:end])
    return b"".join(pieces).decode()
