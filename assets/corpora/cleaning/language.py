"""Which language each text is in: py3langid's bundled model, its sums taken by compiled loops.

The decisions are the package's own (a test holds them equal), but for the members of a
macrolanguage; only the way there is another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.corpora.catalogue.entry import ANY_LANGUAGE
from assets.corpora.cleaning.measures import arrow_buffers

MIN_CHARS = 200
"""Shorter texts keep the declared language: a title or an ontology term full of Latin and Greek
names is often taken for another language. Our choice."""

MAX_CHARS = 400
"""Enough to be sure, and reading more costs time in proportion. Our choice."""

MIN_PROBABILITY = 0.65
"""FineWeb's threshold for its language filter (arXiv 2406.17557, section 3.2), which uses another
model; below it the declared language stands."""

MEMBERS = {"yue": "zh", "wuu": "zh", "arz": "ar", "ary": "ar", "nn": "no", "uzs": "uz"}
"""The model tells some members of a macrolanguage apart; a source is declared in the whole one."""

BATCH_TEXTS = 20_000


def detect_languages(texts: pl.Series, declared: pl.Series) -> pl.Series:
    """Return an ISO 639 code per text, the declared one where the model cannot tell.

    A text for which ANY_LANGUAGE is declared gets the likeliest: there is nothing else to go by.
    Texts are in their normal form (NFC), as the model expects.
    """
    undeclared = (declared == ANY_LANGUAGE) & (texts != "")
    judged = (texts.str.len_chars() >= MIN_CHARS) | undeclared
    found, sure = _identify(texts.filter(judged).str.head(MAX_CHARS))
    result = declared.to_numpy(writable=True)
    places = np.flatnonzero(judged.to_numpy())
    taken = sure | undeclared.to_numpy()[places]
    result[places[taken]] = found[taken]
    return pl.Series(declared.name, result, dtype=pl.String)


def _identify(texts: pl.Series) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.bool_]]:
    """Return the likeliest language of each text, and whether it is likely enough."""
    if texts.is_empty():
        return np.zeros(0, dtype=np.object_), np.zeros(0, dtype=np.bool_)
    parts = [
        _probabilities(texts.slice(start, BATCH_TEXTS))
        for start in range(0, len(texts), BATCH_TEXTS)
    ]
    probability = np.concatenate(parts)
    labels = np.array([MEMBERS.get(label, label) for label in _model().labels], dtype=np.object_)
    best = probability.argmax(axis=1)
    return labels[best], probability[np.arange(len(best)), best] >= MIN_PROBABILITY


def _probabilities(texts: pl.Series) -> npt.NDArray[np.float64]:
    """Return the probability of each class, (texts, classes)."""
    from assets.corpora.cleaning.language_kernels import score_languages

    model = _model()
    # The package lower-cases what is all capitals.
    capitals = (texts == texts.str.to_uppercase()) & (texts != texts.str.to_lowercase())
    data, offsets = arrow_buffers(
        pl.select(pl.when(capitals).then(texts.str.to_lowercase()).otherwise(texts)).to_series()
    )
    scores = np.zeros((len(texts), len(model.labels)), dtype=np.float64)
    score_languages(
        data, offsets, model.moves, model.rows, model.features, model.weights, model.prior,
        np.zeros(len(model.weights), dtype=np.int32), scores,
    )  # fmt: skip
    # The square root of the length keeps the probabilities calibrated: the package's formula.
    scores /= np.sqrt(np.diff(offsets))[:, None]
    np.exp(scores - scores.max(axis=1, keepdims=True), out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    for first, other in model.aliases:
        scores[:, first] += scores[:, other]
        scores[:, other] = 0.0
    return scores


@dataclass(frozen=True)
class _Model:
    labels: list[str]
    moves: npt.NDArray[np.uint32]
    rows: npt.NDArray[np.int32]
    features: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    """(features, classes)"""
    prior: npt.NDArray[np.float32]
    aliases: list[tuple[int, int]]


@lru_cache(maxsize=1)
def _model() -> _Model:
    # Loaded on first use: it takes a second. An identifier of our own, because the package's
    # global one can be changed by whoever else uses it.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    found = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    return _Model(
        labels=found.nb_classes,
        moves=np.asarray(found.tk_nextmove, dtype=np.uint32),
        rows=np.asarray(found.tk_row, dtype=np.int32),
        features=np.asarray(found.tk_output, dtype=np.int32),
        weights=np.ascontiguousarray(found.nb_ptc, dtype=np.float32),
        prior=np.asarray(found.nb_pc, dtype=np.float32),
        aliases=found._alias_pairs,
    )
