"""Which language a text is in: py3langid's bundled model, for texts long enough to tell."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

MIN_CHARS = 200
"""Shorter texts keep the declared language: a title or an ontology term full of Latin and Greek
names is often taken for another language. Our choice."""

MAX_CHARS = 400
"""Enough to be sure, and reading more costs time in proportion. Our choice."""

MIN_PROBABILITY = 0.65
"""FineWeb's threshold for its language filter (arXiv 2406.17557, section 3.2), which uses another
model; below it the declared language stands."""


def detect_language(text: str, declared: str) -> str:
    """Return an ISO 639-1 code, the declared one where the model cannot tell."""
    if len(text) < MIN_CHARS:
        return declared
    language, probability = _identifier().classify(text[:MAX_CHARS])
    return str(language) if probability >= MIN_PROBABILITY else declared


@lru_cache(maxsize=1)
def _identifier() -> Any:
    # Loaded on first use: it takes a second. An identifier of our own, because the package's
    # global one can be changed by whoever else uses it.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
