"""What the detector has to reach on generated notes, and the checks that hold it to it.

The checks say counts and scores; they never say what was found.
"""

from __future__ import annotations

import polars as pl

from assets.corpora.deidentify.classes import CLASSES, GEOGRAPHY, NAME
from assets.corpora.deidentify.evaluation import Evaluation, evaluate
from assets.corpora.deidentify.mask import Masked, deidentify_frame
from assets.lineage.checks import Verdict
from assets.lineage.manifest import Manifest
from assets.lineage.tables import has_table, table
from assets.ports import Lake

FLOOR_SEED = 20260101
FLOOR_NOTES = 330
"""Thirty notes of each format: the rarest class has some thirty identifiers. Our choice."""

RECALL_FLOORS = {name: 0.98 for name in CLASSES} | {NAME: 0.95, GEOGRAPHY: 0.95}
"""Our choice. Numbers with a form or a label leave little excuse; a name or a town that nobody has
seen, without title, label or state, leaves nothing to find it by."""
PRECISION_FLOORS = {name: 0.95 for name in CLASSES} | {NAME: 0.90, GEOGRAPHY: 0.90}
"""Our choice, below recall on purpose: a word masked for nothing costs a word."""

MAX_ROWS_CHECKED = 2_000
"""Rows of each table that no_identifiers_left reads again, spread evenly: a few seconds."""
_TABLES = {
    "documents": ("title", "text"),
    "dropped": ("title", "excerpt"),
    "quarantine": ("excerpt",),
}


def deidentification_meets_floors() -> Verdict:
    """Return whether recall and precision of every class reach their floors on a fixed sample."""
    return judge(evaluate(FLOOR_SEED, FLOOR_NOTES))


def judge(evaluation: Evaluation) -> Verdict:
    """Hold an evaluation against the floors; a class that the sample lacks fails."""
    failures: list[str] = []
    facts: dict[str, int | float | str] = {"notes": evaluation.num_notes}
    for name in CLASSES:
        for column, floors in (("recall", RECALL_FLOORS), ("precision", PRECISION_FLOORS)):
            value = evaluation.score(name, column)
            if value is None:
                failures.append(f"{name}: no {column}, the sample has none of it")
                continue
            facts[f"{name}_{column}"] = round(value, 4)
            if value < floors[name]:
                failures.append(f"{name}: {column} {value:.4f} below {floors[name]}")
    return Verdict(
        passed=not failures,
        reason="; ".join(failures) or f"{len(CLASSES)} classes reach their floors",
        facts=facts,
    )


def no_identifiers_left(manifest: Manifest, lake: Lake) -> Verdict:
    """Return whether the detector finds nothing in a sample of what was written."""
    counts = dict.fromkeys(CLASSES, 0)
    rows = 0
    for name, columns in _TABLES.items():
        if not has_table(manifest, name):
            return Verdict(passed=False, reason=f"no table {name} to read")
        masked = _masked_sample(table(lake, manifest, name, list(columns)), columns)
        rows += masked.frame.height
        for kind, count in masked.totals().items():
            counts[kind] += count
    left = {name: count for name, count in counts.items() if count}
    shown = ", ".join(f"{name} {count}" for name, count in left.items()) or "none"
    return Verdict(
        passed=not left, reason=f"{rows} rows read again, identifiers left: {shown}", facts=counts
    )


def _masked_sample(frame: pl.DataFrame, columns: tuple[str, ...]) -> Masked:
    step = max(1, -(-frame.height // MAX_ROWS_CHECKED))
    return deidentify_frame(frame.gather_every(step), columns=columns)
