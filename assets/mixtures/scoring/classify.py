"""medical, department and content_type of documents, by the trained classifiers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from assets.mixtures.scoring.departments import NO_DEPARTMENT
from assets.mixtures.scoring.heads import TASKS
from assets.mixtures.scoring.linear import Bodies, Head, bodies_of, logits_of
from assets.mixtures.scoring.linear_kernels import F32, F64
from assets.mixtures.scoring.text import Batch

UNKNOWN_TYPE = ""
"""Content type where no classifier could be trained."""


@dataclass(frozen=True)
class ClassifierScorer:
    """All heads that the recipe's labels allowed; a missing one leaves nulls."""

    heads: tuple[Head, ...]
    chunk_words: int
    name: str = "classifiers"
    columns: tuple[str, ...] = ("medical", "department", "department_p", "content_type")
    _side_by_side: dict[tuple[str, ...], tuple[F32, F64]] = field(default_factory=dict, repr=False)

    def score(self, batch: Batch) -> pl.DataFrame:
        chances = self._probabilities(batch)
        height = batch.height
        medical: pl.Series = pl.repeat(None, height, dtype=pl.Float32, eager=True)
        if "medical" in chances:
            which = self._labels("medical").index("medical")
            medical = pl.Series(chances["medical"][:, which].astype(np.float32))
        department, department_p = self._best("department", chances, height)
        # Nothing but medical text has a department: here the likelier of the two decides.
        general = (medical < 0.5).fill_null(value=False)
        content_type, _ = self._best("content_type", chances, height)
        return pl.DataFrame({"department": department, "department_p": department_p}).select(
            medical.alias("medical"),
            pl.when(general)
            .then(pl.lit(NO_DEPARTMENT))
            .otherwise(pl.col("department").fill_null(NO_DEPARTMENT))
            .alias("department"),
            pl.when(general)
            .then(pl.lit(None, dtype=pl.Float32))
            .otherwise(pl.col("department_p"))
            .alias("department_p"),
            content_type.fill_null(UNKNOWN_TYPE).alias("content_type"),
        )

    def _probabilities(self, batch: Batch) -> dict[str, F64]:
        """Return the calibrated probabilities of each head; heads that read the same share it."""
        found: dict[str, F64] = {}
        for title in (True, False):
            reads = {task.name for task in TASKS if task.title == title}
            heads = [head for head in self.heads if head.name in reads]
            if not heads:
                continue
            bodies: Bodies = bodies_of(batch.tokens, title=title)
            weights, bias = self._joined(tuple(head.name for head in heads))
            logits = logits_of(bodies, weights, bias, self.chunk_words)
            edges = np.cumsum([len(head.labels) for head in heads])[:-1]
            for head, part in zip(heads, np.split(logits, edges, axis=1), strict=True):
                found[head.name] = head.probabilities(part)
        return found

    def _joined(self, names: tuple[str, ...]) -> tuple[F32, F64]:
        """Return the weights and biases of several heads side by side, kept for the next batch."""
        if names not in self._side_by_side:
            heads = [head for head in self.heads if head.name in names]
            self._side_by_side[names] = (
                np.concatenate([head.weights for head in heads], axis=1),
                np.concatenate([head.bias for head in heads]),
            )
        return self._side_by_side[names]

    def _best(self, name: str, chances: dict[str, F64], height: int) -> tuple[pl.Series, pl.Series]:
        """Return the likeliest label and its probability; nulls without that classifier."""
        if name not in chances:
            empty = pl.DataFrame(schema={"label": pl.String, "p": pl.Float32}).clear(height)
            return empty["label"], empty["p"]
        best = chances[name].argmax(axis=1) if height else np.zeros(0, dtype=np.int64)
        labels = pl.Series(self._labels(name), dtype=pl.String)
        return labels.gather(best), pl.Series(
            chances[name][np.arange(height), best].astype(np.float32)
        )

    def _labels(self, name: str) -> tuple[str, ...]:
        return next(head.labels for head in self.heads if head.name == name)
