"""One hash of a run of tokens, whether a text or a whole shard is hashed."""

from __future__ import annotations

import numpy as np
import pytest

from assets.tokenizers.gram_hash import hashes_of
from assets.tokenizers.span_kernels import gram_hashes


@pytest.mark.parametrize("gram", [1, 3, 8])
@pytest.mark.parametrize("size", [0, 2, 3, 8, 400])
def test_a_text_is_hashed_as_shards_are(gram: int, size: int) -> None:
    ids = np.random.default_rng(size).integers(0, 133_120, size)
    compiled = np.empty(max(1, size), dtype=np.uint64)
    count = gram_hashes(ids.astype(np.uint32), size, gram, compiled)
    found = hashes_of(ids, gram)
    assert found.dtype == np.uint64
    assert found.tolist() == compiled[:count].tolist()


def test_the_hash_is_the_one_that_committed_indexes_hold() -> None:
    assert hashes_of(np.arange(8), 8).tolist() == [3855091905884683216]
