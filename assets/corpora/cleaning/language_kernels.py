"""Compiled loops of language identification: the automaton and the sums of py3langid's model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.corpora.cleaning.compiled import compiled

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]


@compiled
def score_languages(
    data: U8, offsets: I64, moves: U32, rows: I32, features: I32, weights: F32, prior: F32,
    counts: I32, out: F64,
) -> None:  # fmt: skip
    """Write the log score of each class for each text; `counts` is all zero before and after.

    A text without a feature scores 0 everywhere, as in the package.
    """
    met = np.zeros(int(np.diff(offsets).max()) + 1 if len(offsets) > 1 else 1, dtype=np.int32)
    for text in range(len(offsets) - 1):
        size, state = 0, np.int64(0)
        for at in range(offsets[text], offsets[text + 1]):
            state = np.int64(moves[np.int64(rows[state]) * 256 + data[at]])
            feature = features[state]
            if feature >= 0:
                if counts[feature] == 0:
                    met[size] = feature
                    size += 1
                counts[feature] += 1
        if size:
            out[text, :] = prior
        for place in range(size):
            feature = met[place]
            weight = np.log1p(np.float32(counts[feature]))
            counts[feature] = 0
            for label in range(len(prior)):
                out[text, label] += weight * weights[feature, label]
