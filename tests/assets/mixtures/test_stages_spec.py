"""Specs of mixtures and contamination caps refuse what cannot be meant."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assets.recipes.data import BenchmarkCap, ContaminationCaps, GroupShare
from tests.assets.mixtures.decontamination_case import CAP
from tests.assets.mixtures.stage_case import FLAT, SPEC


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"max_items_per_ngram": 0}, "must be allowed in one item and one document"),
        ({"max_documents_per_ngram": 0}, "must be allowed in one item and one document"),
        ({"alarm_removed_share": 0.5, "max_removed_share": 0.4}, "alarm 0.5 and maximum 0.4"),
        ({"max_removed_share": 1.5}, "must rise within 0..1"),
    ],
)
def test_a_cap_that_cannot_be_meant_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replace(CAP, **changes)


def test_caps_need_one_default_and_no_name_twice() -> None:
    medqa = replace(CAP, benchmark="medqa")
    for caps in ((medqa,), (CAP, CAP), (CAP, medqa, medqa)):
        with pytest.raises(ValueError, match="need one default"):
            ContaminationCaps(caps=caps)


def test_a_benchmark_without_a_cap_has_the_default() -> None:
    medqa = BenchmarkCap(**{**vars(CAP), "benchmark": "medqa", "max_items_per_ngram": 3})
    caps = ContaminationCaps(caps=(CAP, medqa))
    assert caps.of("medqa") is medqa
    assert caps.of("arc") is CAP


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"hardness_width": 0.0}, "hidden threshold"),
        ({"quality_softness": 0.0}, "hidden threshold"),
        ({"hardness_floor": 0.0}, r"hardness_floor 0.0 not in \(0, 1\]"),
        ({"quality_low": 2.0}, "must be above 0 and rise"),
        ({"quality_low": 0.0}, "must be above 0 and rise"),
        (
            {
                "groups": (
                    GroupShare(name="a", medical=True, share=0.6),
                    GroupShare(name="b", medical=True, share=0.6),
                )
            },
            "groups claim 1.2 of the medical tokens",
        ),
        (
            {"groups": (GroupShare(name="a", medical=False, share=-0.1),)},
            "shares must be at least 0",
        ),
    ],
)
def test_preferences_that_cannot_be_meant_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replace(FLAT, **changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"multilingual_max_share": 1.1}, "multilingual_max_share 1.1 not in 0..1"),
        ({"perplexity_share": -0.1}, "perplexity_share -0.1 not in 0..1"),
        ({"max_document_share": 0.0}, r"max_document_share 0.0 not in \(0, 1\]"),
        ({"topic_weights": (("news", 0.0),)}, "topic weights must be above 0"),
        ({"source_max_repeats": (("wiki", 0),)}, "source_max_repeats must be at least 1"),
    ],
)
def test_a_mixture_that_cannot_be_meant_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replace(SPEC, **changes)
