"""Measure the detector on generated notes: recall, precision and F1, by class and by format.

An identifier counts as found when every letter and digit of it is masked, under whatever class;
a masked span counts as right when it touches an identifier.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.corpora.deidentify.classes import CLASSES, NAME
from assets.corpora.deidentify.detect import find_spans, repeated_names
from assets.corpora.deidentify.notes.layouts import FORMATS
from assets.corpora.deidentify.notes.note import Note, generate_notes
from assets.corpora.deidentify.spans import Spans
from assets.corpora.deidentify.vocabulary import word_flags

EVERY = "all"
"""Name of the rows over all classes or all formats."""
CELL_SCHEMA = {
    "class": pl.String, "format": pl.String, "identifiers": pl.UInt32, "found": pl.UInt32,
    "same_class": pl.UInt32, "masked": pl.UInt32, "right": pl.UInt32, "recall": pl.Float64,
    "precision": pl.Float64, "f1": pl.Float64,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Counts and scores per class and format, and how much of it the detector had seen."""

    cells: pl.DataFrame
    """CELL_SCHEMA, with rows "all". A share of nothing is null."""
    num_notes: int
    unseen_names: float
    """Share of the words of alphabetic names that are in no list of the detector."""

    def score(self, name: str, column: str, form: str = EVERY) -> float | None:
        """Return one score of a class; None when the sample held none of it."""
        row = self.cells.filter((pl.col("class") == name) & (pl.col("format") == form))
        return None if row.is_empty() else row[column][0]


def evaluate(
    seed: int, num_notes: int, layouts: Mapping[str, tuple[str, ...]] = FORMATS
) -> Evaluation:
    """Generate notes, mask them once, and count."""
    notes = generate_notes(seed, num_notes, layouts)
    found, offsets = _detect(notes)
    rows = [
        row for note, spans, chars in zip(notes, found, offsets, strict=True)
        for row in _judged(note, spans, chars)
    ]  # fmt: skip
    schema = {"class": pl.String, "format": pl.String} | {
        name: pl.UInt32 for name in ("identifiers", "found", "same_class", "masked", "right")
    }
    judged = pl.DataFrame(rows, schema=schema, orient="row")
    return Evaluation(cells=_cells(judged), num_notes=num_notes, unseen_names=_unseen(notes))


def _detect(notes: list[Note]) -> tuple[list[Spans], list[np.ndarray]]:
    """Return spans of each note, and the character at which each of its bytes stands."""
    encoded = [note.text.encode() + b"\n" for note in notes]
    data = b"".join(encoded)
    bounds = np.zeros(len(notes) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in encoded], out=bounds[1:])
    groups = np.arange(len(notes), dtype=np.int64)
    found = repeated_names(data, bounds, groups, find_spans(data, bounds))
    offsets = []
    for text in encoded:
        lead = (np.frombuffer(text, dtype=np.uint8) & 0xC0) != 0x80
        offsets.append(np.append(np.cumsum(lead) - lead, lead.sum()))
    starts = bounds.tolist()
    local = [
        [(a - starts[i], b - starts[i], kind, text) for a, b, kind, text in spans]
        for i, spans in enumerate(found)
    ]
    return local, offsets


def _judged(
    note: Note, spans: Spans, chars: np.ndarray
) -> list[tuple[str, str, int, int, int, int, int]]:
    """Return one row per identifier and one per masked span."""
    covered = np.full(len(note.text) + 1, -1, dtype=np.int16)
    truth = np.zeros(len(note.text) + 1, dtype=bool)
    for start, end, kind, _ in spans:
        covered[chars[start] : chars[end]] = kind
    rows = list[tuple[str, str, int, int, int, int, int]]()
    for gold in note.gold:
        truth[gold.start : gold.end] = True
        inside = [i for i in range(gold.start, gold.end) if note.text[i].isalnum()]
        hit = all(covered[i] >= 0 for i in inside)
        same = hit and any(CLASSES[covered[i]] == gold.kind for i in inside)
        rows.append((gold.kind, note.format, 1, int(hit), int(same), 0, 0))
    for start, end, kind, _ in spans:
        right = bool(truth[chars[start] : chars[end]].any())
        rows.append((CLASSES[kind], note.format, 0, 0, 0, 1, int(right)))
    return rows


def _cells(judged: pl.DataFrame) -> pl.DataFrame:
    every = pl.lit(EVERY)
    views = [
        judged,
        judged.with_columns(format=every),
        judged.with_columns(every.alias("class")),
        judged.with_columns(every.alias("class"), format=every),
    ]
    recall = pl.when(pl.col("identifiers") > 0).then(pl.col("found") / pl.col("identifiers"))
    precision = pl.when(pl.col("masked") > 0).then(pl.col("right") / pl.col("masked"))
    counts = pl.concat(views).group_by("class", "format").agg(pl.all().sum())
    scored = counts.with_columns(recall=recall, precision=precision).with_columns(
        f1=2 * pl.col("recall") * pl.col("precision") / (pl.col("recall") + pl.col("precision"))
    )
    return scored.select(list(CELL_SCHEMA)).cast(CELL_SCHEMA).sort("class", "format")


def _unseen(notes: list[Note]) -> float:
    known = word_flags()
    words = [
        word
        for note in notes
        for gold in note.gold
        if gold.kind == NAME
        for word in note.text[gold.start : gold.end].replace(",", " ").lower().split()
        if len(word) > 2 and word.isascii()
    ]
    return sum(word.encode() not in known for word in words) / max(1, len(words))
