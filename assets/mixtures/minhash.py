"""MinHash signatures and their bands: which documents are worth comparing.

A signature is an estimate and decides nothing: every pair it proposes is verified elsewhere.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.mixtures.words import I64, U64, mix

U32 = npt.NDArray[np.uint32]

_CHUNK_SHINGLES = 1 << 15
"""128 KiB of 32-bit values: the working set of one hash stays in the second-level cache."""

_BAND_STEP = np.uint64(0xE7037ED1A0B428DB)


def signatures(shingles: U64, bounds: I64, *, num_hashes: int, seed: int) -> U32:
    """Return [documents, num_hashes] minima; every document must have a shingle.

    Each hash is a seeded permutation of the 32-bit integers (odd factor, offset); the shingles
    are well mixed already, which is what the simple permutation asks of its input.
    """
    num_documents = len(bounds) - 1
    if num_documents and int(np.diff(bounds).min()) < 1:
        raise ValueError("a document without shingles has no signature: leave it out")
    random = np.random.Generator(np.random.PCG64(seed))
    factors = random.integers(0, 1 << 32, num_hashes, dtype=np.uint32) | np.uint32(1)
    offsets = random.integers(0, 1 << 32, num_hashes, dtype=np.uint32)
    values = (shingles >> np.uint64(32)).astype(np.uint32)
    minima = np.empty((num_hashes, num_documents), dtype=np.uint32)
    first = 0
    while first < num_documents:
        reach = int(bounds[first]) + _CHUNK_SHINGLES
        last = max(first + 1, int(np.searchsorted(bounds, reach, side="right")) - 1)
        chunk = values[bounds[first] : bounds[last]]
        starts = bounds[first:last] - bounds[first]
        hashed = np.empty_like(chunk)
        for row in range(num_hashes):
            np.multiply(chunk, factors[row], out=hashed)
            np.add(hashed, offsets[row], out=hashed)
            np.minimum.reduceat(hashed, starts, out=minima[row, first:last])
        first = last
    return np.ascontiguousarray(minima.T)


def band_keys(signature: U32, num_bands: int) -> U64:
    """Return [num_bands, documents]: equal keys mean an equal band of the signature."""
    num_documents, num_hashes = signature.shape
    if num_bands < 1 or num_hashes % num_bands:
        raise ValueError(
            f"{num_hashes} hashes do not split into {num_bands} bands: fix dedup in the recipe"
        )
    rows = num_hashes // num_bands
    keys = np.empty((num_bands, num_documents), dtype=np.uint64)
    for band in range(num_bands):
        key = np.full(num_documents, band + 1, dtype=np.uint64)
        for column in range(band * rows, (band + 1) * rows):
            key = key * _BAND_STEP + signature[:, column]
        keys[band] = mix(key)
    return keys
