"""27 topic classes: agreement with labelled passages, and what a text without words gets."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.mixtures.scoring import embedding
from assets.mixtures.scoring.classes import CLASS_NAMES, CLASSES
from assets.mixtures.scoring.embedding import WordVectors
from assets.mixtures.scoring.text import Batch
from assets.mixtures.scoring.topics import TopicScorer
from tests.assets.mixtures.scoring.conftest import SPEC
from tests.assets.mixtures.scoring.passages import PASSAGES

AGREEMENT_FLOOR = 0.9
"""Measured: 80 of 81 passages, 53 of the 54 that were not looked at."""


@pytest.fixture(scope="module")
def scorer() -> TopicScorer:
    return TopicScorer(SPEC.topic_temperature)


def topics(scorer: TopicScorer, texts: list[str]) -> pl.DataFrame:
    return scorer.score(Batch(pl.DataFrame({"text": texts}, schema={"text": pl.String})))


def test_there_are_27_classes_and_each_has_passages() -> None:
    assert len(CLASSES) == 27
    assert set(PASSAGES) == set(CLASSES)
    assert sum(map(len, PASSAGES.values())) >= 80


def test_topics_agree_with_labelled_passages(scorer: TopicScorer) -> None:
    # The first passage of each class was looked at while the descriptions were written.
    unseen = [(name, text) for name, texts in PASSAGES.items() for text in texts[1:]]
    found = topics(scorer, [text for _, text in unseen])["topic"].to_list()
    agreed = [name == topic for (name, _), topic in zip(unseen, found, strict=True)]
    assert np.mean(agreed) >= AGREEMENT_FLOOR


def test_every_class_can_win(scorer: TopicScorer) -> None:
    found = topics(scorer, [text for texts in PASSAGES.values() for text in texts])
    assert set(found["topic"].to_list()) == set(CLASS_NAMES)


def test_probabilities_sum_to_one_and_the_best_is_given(scorer: TopicScorer) -> None:
    texts = [PASSAGES["medicine"][0], PASSAGES["news"][1]]
    chances = scorer.probabilities(scorer.vectors.embed_texts(texts))
    assert chances.sum(axis=1) == pytest.approx([1.0, 1.0])
    assert topics(scorer, texts)["topic_p"].to_list() == pytest.approx(chances.max(axis=1))


def test_a_text_without_words_is_no_class_in_particular(scorer: TopicScorer) -> None:
    found = topics(scorer, ["", "12 34 ... !"])
    assert found["topic_p"].to_list() == pytest.approx([1 / 27, 1 / 27], abs=0.01)


def test_words_remembered_or_forgotten_give_the_same_topics(
    scorer: TopicScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [text for listed in PASSAGES.values() for text in listed]
    expected = topics(scorer, texts)
    monkeypatch.setattr(embedding, "MAX_KNOWN_WORDS", 50)
    forgetful = TopicScorer(SPEC.topic_temperature)
    assert pl.concat([topics(forgetful, [text]) for text in texts]).equals(expected)


def test_only_the_beginning_of_a_long_text_counts(scorer: TopicScorer) -> None:
    heart, law = PASSAGES["medicine"][0], PASSAGES["law"][0]
    long = " ".join([heart] * 100 + [law] * 900)
    assert topics(scorer, [long])["topic"].to_list() == ["medicine"]


def test_a_temperature_must_be_positive() -> None:
    with pytest.raises(ValueError, match="topic_temperature 0 must be above 0"):
        TopicScorer(0)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "PACKAGE", "no_such_package_here")
    with pytest.raises(FileNotFoundError, match="no_such_package_here has no file weights"):
        WordVectors().embed_texts(["heart"])


@settings(deadline=None)
@given(st.lists(st.text(max_size=80), max_size=3))
def test_wild_text_gets_a_class(scorer: TopicScorer, texts: list[str]) -> None:
    found = topics(scorer, texts)
    assert found.height == len(texts)
    assert found["topic_p"].is_between(0.0, 1.0).all()
