"""What a scorer is: a name, the columns it gives, and a function from a batch to those columns.

A rule, a trained model and a model behind an endpoint all stand behind this one door.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import polars as pl

from assets.mixtures.scoring.text import Batch

SCORE_COLUMNS: Mapping[str, pl.DataType] = {
    "medical": pl.Float32(),
    "department": pl.String(),
    "department_p": pl.Float32(),
    "content_type": pl.String(),
    "topic": pl.String(),
    "topic_p": pl.Float32(),
    "educational": pl.Float32(),
    "knowledge_density": pl.Float32(),
    "reasoning_density": pl.Float32(),
    "quality": pl.Float32(),
    "bits_per_byte": pl.Float32(),
}
"""Columns of the scores table after doc_id, in their order."""


class Scorer(Protocol):
    """Judges documents; the same text gets the same scores whatever else is in the batch."""

    @property
    def name(self) -> str: ...

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of SCORE_COLUMNS that it gives."""

    def score(self, batch: Batch) -> pl.DataFrame:
        """Return its columns, one row per document of the batch, in the batch's order."""


def replaced(scorers: Sequence[Scorer], newcomer: Scorer) -> list[Scorer]:
    """Return the scorers with one more, whose columns win over those of the others.

    Raises ValueError when it gives a column that no table has.
    """
    unknown = set(newcomer.columns) - set(SCORE_COLUMNS)
    if unknown:
        raise ValueError(
            f"scorer {newcomer.name} gives {', '.join(sorted(unknown))}: "
            f"choose from {', '.join(SCORE_COLUMNS)}"
        )
    return [*scorers, newcomer]


def score_batch(scorers: Sequence[Scorer], batch: Batch) -> pl.DataFrame:
    """Return the columns of all scorers side by side; a later scorer's column wins.

    Raises ValueError when a scorer returns other rows or columns than it says.
    """
    found: dict[str, pl.Series] = {}
    for scorer in scorers:
        scores = scorer.score(batch)
        if scores.height != batch.height or set(scores.columns) != set(scorer.columns):
            raise ValueError(
                f"scorer {scorer.name} returned {scores.height} rows of "
                f"{', '.join(scores.columns)} for {batch.height} documents: "
                f"it says it gives {', '.join(scorer.columns)}"
            )
        for name in scorer.columns:
            found[name] = scores[name].cast(SCORE_COLUMNS[name])
    return pl.DataFrame(list(found[name].alias(name) for name in SCORE_COLUMNS if name in found))
