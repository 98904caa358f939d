"""Write what was measured as a table: python -m assets.corpora.deidentify.report --notes 1100.

Scores only; the notes are generated and nothing of them is printed.
"""

from __future__ import annotations

import argparse
import sys

import polars as pl

from assets.corpora.deidentify.classes import CLASSES, PLACEHOLDERS
from assets.corpora.deidentify.evaluation import EVERY, Evaluation, evaluate
from assets.corpora.deidentify.floors import PRECISION_FLOORS, RECALL_FLOORS
from assets.corpora.deidentify.notes.layouts import FORMATS
from assets.corpora.deidentify.notes.unseen import UNSEEN

REPORT_SEED, REPORT_NOTES = 1, 1100


def report(evaluation: Evaluation) -> str:
    """Return two Markdown tables: classes with their floors, and recall by class and format."""
    formats = sorted(FORMATS)
    lines = [
        "| class | placeholder | identifiers | recall | floor | precision | floor | F1 |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name in CLASSES:
        lines.append(
            f"| {name} | `{PLACEHOLDERS[name]}` | {_count(evaluation, name)} "
            f"| {_shown(evaluation, name, 'recall')} | {RECALL_FLOORS[name]} "
            f"| {_shown(evaluation, name, 'precision')} | {PRECISION_FLOORS[name]} "
            f"| {_shown(evaluation, name, 'f1')} |"
        )
    lines += ["", "| recall | " + " | ".join(formats) + " |"]
    lines.append("| --- |" + " ---: |" * len(formats))
    for name in (*CLASSES, EVERY):
        cells = " | ".join(_shown(evaluation, name, "recall", form) for form in formats)
        lines.append(f"| {name} | {cells} |")
    precision = " | ".join(_shown(evaluation, EVERY, "precision", form) for form in formats)
    lines.append(f"| precision, all | {precision} |")
    lines += ["", f"{evaluation.num_notes} notes; {evaluation.unseen_names:.0%} of the words of"]
    lines[-1] += " names stand in no list of the detector."
    return "\n".join(lines) + "\n"


def unseen_report(evaluation: Evaluation) -> str:
    """Return recall and precision by format, for layouts that no rule was written for."""
    formats = sorted(UNSEEN)
    lines = ["| unseen layouts | " + " | ".join((*formats, EVERY)) + " |"]
    lines.append("| --- |" + " ---: |" * (len(formats) + 1))
    for column in ("recall", "precision"):
        cells = (_shown(evaluation, EVERY, column, form) for form in (*formats, EVERY))
        lines.append(f"| {column} | " + " | ".join(cells) + " |")
    for name in CLASSES:
        cells = (_shown(evaluation, name, "recall", form) for form in (*formats, EVERY))
        lines.append(f"| recall of {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _count(evaluation: Evaluation, name: str) -> str:
    row = evaluation.cells.filter((pl.col("class") == name) & (pl.col("format") == EVERY))
    return "0" if row.is_empty() else f"{row['identifiers'][0]:,}"


def _shown(evaluation: Evaluation, name: str, column: str, form: str = EVERY) -> str:
    value = evaluation.score(name, column, form)
    return "" if value is None else f"{value:.3f}"


def main() -> None:
    """Print the tables of docs/deidentification.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=REPORT_SEED)
    parser.add_argument("--notes", type=int, default=REPORT_NOTES)
    chosen = parser.parse_args()
    sys.stdout.write(report(evaluate(chosen.seed, chosen.notes)) + "\n")
    sys.stdout.write(unseen_report(evaluate(chosen.seed, chosen.notes, UNSEEN)))


if __name__ == "__main__":
    main()
