"""bits_per_byte: a proper code length, cross-fitted, low for likely text and high for gibberish."""

from __future__ import annotations

import random
import string

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.mixtures.scoring.language_model import (
    LanguageModel,
    PerplexityScorer,
    count_grams,
    fold_of,
    train_language_model,
)
from assets.mixtures.scoring.ngram_kernels import begin, find, gram_hashes, step
from assets.mixtures.scoring.text import Batch, batches
from tests.assets.mixtures.scoring.conftest import CARDIOLOGY, GENERAL, prose

CHINESE = (
    "\u5fc3\u810f\u6cf5\u8840\u5230\u5168\u8eab\u3002",
    "\u60a3\u8005\u53d1\u70e7\u54b3\u55fd\u3002",
    "\u533b\u751f\u68c0\u67e5\u4e86\u4ed6\u7684\u80ba\u3002",
    "\u8840\u538b\u5347\u9ad8\u4e86\u3002",
)  # fmt: skip
JAPANESE = (
    "\u60a3\u8005\u306f\u71b1\u304c\u3042\u3063\u305f\u3002",
    "\u533b\u5e2b\u306f\u80ba\u3092\u8abf\u3079\u305f\u3002",
    "\u8840\u5727\u304c\u9ad8\u304b\u3063\u305f\u3002",
)  # fmt: skip


SCHEMA = {"doc_id": pl.String, "text": pl.String}


def frame(texts: list[str]) -> pl.DataFrame:
    ids = [f"d{index}" for index in range(len(texts))]
    return pl.DataFrame({"doc_id": ids, "text": texts}, schema=SCHEMA)


def model(texts: list[str]) -> LanguageModel:
    return train_language_model(list(batches(frame(texts))))


def rates(trained: LanguageModel, *texts: str) -> list[float]:
    scorer = PerplexityScorer([trained, trained])
    return scorer.score(Batch(frame(list(texts))))["bits_per_byte"].to_list()


@pytest.fixture(scope="module")
def medical() -> LanguageModel:
    return model([prose(CARDIOLOGY, seed) for seed in range(200)])


def test_same_domain_is_best_shuffled_is_worse_and_gibberish_is_worst(
    medical: LanguageModel,
) -> None:
    draw = random.Random(1)
    text = prose(CARDIOLOGY, 999)
    words = text.split(" ")
    draw.shuffle(words)
    noise = "".join(draw.choice(string.ascii_letters + " ") for _ in range(len(text)))
    same, shuffled, other, gibberish = rates(
        medical, text, " ".join(words), prose(GENERAL, 999), noise
    )
    assert same < shuffled < other < gibberish
    assert same < 1.0 and gibberish > 5.0


@pytest.mark.parametrize("sentences", [CHINESE, JAPANESE], ids=["zh", "ja"])
def test_unspaced_scripts_work_alike(sentences: tuple[str, ...]) -> None:
    draw = random.Random(2)
    texts = ["".join(draw.choice(sentences) for _ in range(6)) for _ in range(80)]
    trained = model(texts)
    text = "".join(draw.choice(sentences) for _ in range(6))
    shuffled = list(text)
    draw.shuffle(shuffled)
    same, mixed = rates(trained, text, "".join(shuffled))
    assert same < mixed


def test_probabilities_of_all_symbols_sum_to_one() -> None:
    symbols = np.array([1, 2, 3, 1, 2, 1, 1, 3, 2, 2, 1], dtype=np.uint64)
    bounds = np.array([0, 6, 11], dtype=np.int64)
    grams = count_grams(symbols, bounds, 3)
    now, contexts = np.empty(4, np.uint64), np.empty(3, np.int64)
    for history in ([], [1], [1, 2], [9, 9], [3, 1]):
        total = 0.0
        for symbol in range(1, 6):  # 4 and 5 were never seen
            sequence = np.array([*history, symbol], dtype=np.uint64)
            begin(grams.table, 3, contexts)
            for at in range(len(sequence)):
                gram_hashes(sequence, at, 0, 3, now)
                first = find(grams.table, now[1])
                chance = step(grams.table, grams.discounts, now, first, contexts, 0.2)
            total += chance
        assert total == pytest.approx(1.0, abs=1e-12)


def test_lower_orders_count_what_precedes_and_not_how_often() -> None:
    # "2" follows only "1", however often; "3" follows two symbols.
    symbols = np.array([1, 2, 1, 2, 1, 2, 1, 3, 2, 3], dtype=np.uint64)
    grams = count_grams(symbols, np.array([0, 10], dtype=np.int64), 2)
    now = np.empty(3, np.uint64)
    found = []
    for symbol in (2, 3):
        gram_hashes(np.array([symbol], np.uint64), 0, 0, 2, now)
        found.append(int(grams.counts[grams.keys == now[1], 0][0]))
    assert found == [2, 2]


def test_the_model_does_not_depend_on_the_order_of_its_text() -> None:
    texts = [prose(CARDIOLOGY, seed) for seed in range(30)]
    first, second = model(texts), model(texts[::-1])
    assert np.array_equal(first.tokens.counts, second.tokens.counts)
    assert np.array_equal(first.spelling, second.spelling)


def test_a_document_is_never_scored_by_a_model_that_saw_it() -> None:
    texts = [prose(GENERAL, seed) for seed in range(40)]
    secret = "Quizzical zebrafish jinx my gnu vow; waltzing nymphs block quartz sphinx."
    for extra in ("first", "second"):
        documents = frame([*texts, secret]).with_columns(
            doc_id=pl.concat_str(pl.lit(extra), pl.col("doc_id"))
        )
        folds = pl.Series(fold_of(documents["doc_id"]))
        models = [
            train_language_model(list(batches(documents.filter(folds == fold))))
            for fold in range(2)
        ]
        blind = [model(texts), model(texts)]
        scored = PerplexityScorer(models).score(Batch(documents))["bits_per_byte"][-1]
        never = PerplexityScorer(blind).score(Batch(documents))["bits_per_byte"][-1]
        assert scored > 0.8 * never
        seen = PerplexityScorer([model([*texts, secret])] * 2)
        assert seen.score(Batch(documents))["bits_per_byte"][-1] < 0.5 * scored


def test_folds_halve_the_documents() -> None:
    folds = fold_of(pl.Series([f"document {number}" for number in range(2000)]))
    assert 900 < int(folds.sum()) < 1100


def test_an_empty_text_counts_as_unpredictable(medical: LanguageModel) -> None:
    assert rates(medical, "") == [8.0]


def test_a_model_of_nothing_spells_everything_uniformly() -> None:
    nothing = model([])
    # Three bytes and an end mark of one token, out of 257 each.
    assert rates(nothing, "abc")[0] == pytest.approx(4 * np.log2(257) / 3, rel=1e-4)


def test_a_very_long_run_costs_a_finite_rate(medical: LanguageModel) -> None:
    (rate,) = rates(medical, "A" * 200_000)
    assert np.isfinite(rate) and rate > 0


@settings(deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=3))
def test_wild_text_has_a_finite_rate(medical: LanguageModel, texts: list[str]) -> None:
    found = rates(medical, *texts)
    assert np.all(np.isfinite(found)) and np.all(np.array(found) > 0)
