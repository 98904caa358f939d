"""topic and topic_p: the class of world knowledge whose description a document is nearest to."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl

from assets.mixtures.scoring.classes import CLASS_NAMES, CLASSES
from assets.mixtures.scoring.embedding import WordVectors
from assets.mixtures.scoring.embedding_kernels import F64
from assets.mixtures.scoring.text import Batch


@dataclass
class TopicScorer:
    """Cosine to 27 class descriptions, their common part taken away; softmax over the classes."""

    temperature: float
    """Divides the cosines before the softmax."""
    vectors: WordVectors = field(default_factory=WordVectors)
    name: str = "topics"
    columns: tuple[str, ...] = ("topic", "topic_p")

    def __post_init__(self) -> None:
        if not self.temperature > 0:
            raise ValueError(f"topic_temperature {self.temperature} must be above 0")

    def score(self, batch: Batch) -> pl.DataFrame:
        chances = self.probabilities(self.vectors.embed(batch.tokens))
        best = chances.argmax(axis=1) if len(chances) else np.zeros(0, dtype=np.int64)
        names = pl.Series("topic", CLASS_NAMES, dtype=pl.String)
        return pl.DataFrame(
            {
                "topic": names.gather(best),
                "topic_p": chances[np.arange(len(best)), best].astype(np.float32),
            }
        )

    def probabilities(self, embedded: F64) -> F64:
        """Return rows x 27 probabilities of embedded texts."""
        centred = _unit(embedded - self._common * _lengths(embedded))
        # Not a matrix product: its last digits would depend on the number of rows.
        logits = np.einsum("rd,cd->rc", centred, self._classes) / self.temperature
        weights = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
        chances: F64 = weights / weights.sum(axis=1, keepdims=True)
        return chances

    @cached_property
    def _described(self) -> F64:
        return _unit(self.vectors.embed_texts(list(CLASSES.values())))

    @cached_property
    def _common(self) -> F64:
        """What all descriptions share: being English text. It tells no class from another."""
        mean: F64 = self._described.mean(axis=0)
        return mean

    @cached_property
    def _classes(self) -> F64:
        return _unit(self._described - self._common)


def _unit(vectors: F64) -> F64:
    unit: F64 = vectors / np.maximum(_lengths(vectors), 1e-12)
    return unit


def _lengths(vectors: F64) -> F64:
    lengths: F64 = np.sqrt((vectors**2).sum(axis=1, keepdims=True))
    return lengths
