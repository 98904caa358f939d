"""The truth that the deduplication benchmark measures against is the whole truth."""

from __future__ import annotations

import itertools
import random
import re

import polars as pl

from benchmarks.dedup_corpus import exact_pairs, planted, shingle_sets


def word_shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}


def test_prefix_filtering_finds_every_pair_that_comparing_all_of_them_finds() -> None:
    rng = random.Random(1)
    words = [f"w{n}" for n in range(300)]
    base = [("x", " ".join(rng.choices(words, k=rng.randint(5, 60)))) for _ in range(120)]
    texts = [text for _, text in planted(base, seed=3)]
    texts += [text + " a few more words" for text in texts[:30]]
    expected = {}
    for left, right in itertools.combinations(range(len(texts)), 2):
        one, two = word_shingles(texts[left]), word_shingles(texts[right])
        similarity = len(one & two) / max(1, len(one | two))
        if similarity >= 0.7:
            expected[left, right] = similarity
    assert len(expected) > 20
    frame = pl.DataFrame({"source": ["x"] * len(texts), "text": texts})
    assert exact_pairs(*shingle_sets(frame, 5, {}), 0.7) == expected
