"""How far a classifier can be believed: F1 per class, reliability table, ECE, and its repair.

Temperature scaling with a shift per class (Guo et al. 2017, arXiv 1706.04599; Alexandari et al.
2020, arXiv 1901.06852), fitted on documents that were neither trained on nor tested on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from assets.mixtures.scoring.linear import softmax
from assets.mixtures.scoring.linear_kernels import F64, I32

NUM_BINS = 15
"""Guo et al. 2017."""
_STEPS, _RATE, _SHRINK = 300, 0.3, 1e-3


def fit_calibration(logits: F64, labels: I32) -> tuple[float, F64]:
    """Return (temperature, shift) that minimise the negative log-likelihood of the labels.

    Gradient descent with momentum; without documents nothing is changed.
    """
    num_labels = logits.shape[1]
    log_scale, shift = 0.0, np.zeros(num_labels, dtype=np.float64)
    if not len(labels):
        return 1.0, shift
    target = np.eye(num_labels, dtype=np.float64)[labels]
    speed_scale, speed_shift = 0.0, np.zeros(num_labels, dtype=np.float64)
    for _ in range(_STEPS):
        scale = float(np.exp(log_scale))
        wrong = softmax(logits * scale + shift) - target
        slope_scale = float((wrong * logits).sum(axis=1).mean()) * scale
        # A class that the split does not hold would be shifted away without end.
        slope_shift = wrong.mean(axis=0) + _SHRINK * shift
        speed_scale = 0.9 * speed_scale - _RATE * float(np.clip(slope_scale, -1.0, 1.0))
        speed_shift = 0.9 * speed_shift - _RATE * slope_shift
        log_scale = float(np.clip(log_scale + speed_scale, -4.0, 4.0))
        shift = shift + speed_shift
    return float(np.exp(-log_scale)), shift


def f1_report(predicted: I32, labels: I32, names: Sequence[str]) -> dict[str, Any]:
    """Return precision, recall, F1 and support per class, and their mean over classes met."""
    classes: dict[str, Any] = {}
    for index, name in enumerate(names):
        hits = int(((predicted == index) & (labels == index)).sum())
        said, held = int((predicted == index).sum()), int((labels == index).sum())
        precision, recall = hits / said if said else 0.0, hits / held if held else 0.0
        total = precision + recall
        classes[name] = {
            "precision": round(precision, 4),
            "recall": round(recall, 4),
            "f1": round(2 * precision * recall / total, 4) if total else 0.0,
            "documents": held,
        }
    met = [row["f1"] for row in classes.values() if row["documents"]]
    return {
        "documents": len(labels),
        "accuracy": round(float((predicted == labels).mean()), 4) if len(labels) else 0.0,
        "macro_f1": round(float(np.mean(met)), 4) if met else 0.0,
        "classes": classes,
    }


def reliability(chances: F64, labels: I32) -> dict[str, Any]:
    """Return the expected calibration error and its table: confidence against accuracy, in bins.

    Few documents show an error even if there is none: `ece_if_perfect` is what chance alone makes
    of bins of this size, the mean of |binomial - its mean| in the normal approximation.
    """
    confidence = chances.max(axis=1, initial=0.0)
    right = chances.argmax(axis=1) == labels if len(labels) else np.zeros(0, dtype=np.bool_)
    bins = np.clip((confidence * NUM_BINS).astype(np.int64), 0, NUM_BINS - 1)
    table, error, chance = [], 0.0, 0.0
    for index in range(NUM_BINS):
        inside = bins == index
        number = int(inside.sum())
        if not number:
            continue
        said, held = float(confidence[inside].mean()), float(right[inside].mean())
        error += number / len(labels) * abs(said - held)
        spread = float((confidence[inside] * (1 - confidence[inside])).mean())
        chance += number / len(labels) * float(np.sqrt(2 * spread / (np.pi * number)))
        table.append(
            {
                "bin": index,
                "documents": number,
                "confidence": round(said, 4),
                "accuracy": round(held, 4),
            }
        )
    return {"ece": round(error, 4), "ece_if_perfect": round(chance, 4), "table": table}
