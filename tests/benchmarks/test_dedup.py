"""The truth that the deduplication benchmark measures against is the whole truth."""

from __future__ import annotations

import itertools
import random

from benchmarks.dedup import THRESHOLD, exact_pairs, ours, planted, word_shingles


def test_prefix_filtering_finds_every_pair_that_comparing_all_of_them_finds() -> None:
    rng = random.Random(1)
    words = [f"w{n}" for n in range(300)]
    texts = planted([" ".join(rng.choices(words, k=rng.randint(5, 60))) for _ in range(60)] * 3)
    texts += [text + " a few more words" for text in texts[:30]]
    expected = {}
    for left, right in itertools.combinations(range(len(texts)), 2):
        one, two = set(word_shingles(texts[left])), set(word_shingles(texts[right]))
        similarity = len(one & two) / max(1, len(one | two))
        if similarity >= THRESHOLD:
            expected[left, right] = similarity
    assert len(expected) > 20
    assert exact_pairs(texts) == expected
    assert ours(texts, 32) <= expected.keys()
