"""F1, calibration error and its repair, on cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from assets.mixtures.scoring.calibration import f1_report, fit_calibration, reliability
from assets.mixtures.scoring.linear import softmax


def test_f1_by_hand() -> None:
    labels = np.array([0, 0, 0, 1, 1], dtype=np.int32)
    said = np.array([0, 0, 1, 1, 0], dtype=np.int32)
    report = f1_report(said, labels, ["a", "b", "never"])
    assert report["classes"]["a"] == {
        "precision": 0.6667, "recall": 0.6667, "f1": 0.6667, "documents": 3,
    }  # fmt: skip
    assert report["classes"]["b"]["f1"] == 0.5
    assert report["macro_f1"] == pytest.approx((2 / 3 + 0.5) / 2, abs=1e-4)
    assert report["accuracy"] == 0.6


def test_no_documents_give_zeros() -> None:
    nothing = np.zeros(0, dtype=np.int32)
    assert f1_report(nothing, nothing, ["a"])["macro_f1"] == 0.0
    assert reliability(np.zeros((0, 2)), nothing) == {
        "ece": 0.0, "ece_if_perfect": 0.0, "table": [],
    }  # fmt: skip
    assert fit_calibration(np.zeros((0, 2)), nothing)[0] == 1.0


def test_the_error_is_the_gap_between_confidence_and_accuracy() -> None:
    chances = np.array([[0.9, 0.1]] * 10)
    labels = np.array([0] * 6 + [1] * 4, dtype=np.int32)
    found = reliability(chances, labels)
    assert found["ece"] == pytest.approx(0.3)
    assert found["table"] == [{"bin": 13, "documents": 10, "confidence": 0.9, "accuracy": 0.6}]


def test_few_documents_show_an_error_that_is_none() -> None:
    draw = np.random.Generator(np.random.PCG64(2))
    errors, expected = [], []
    for _ in range(40):
        chances = softmax(draw.normal(size=(200, 3)) * 2)
        labels = np.array([draw.choice(3, p=row) for row in chances], dtype=np.int32)
        found = reliability(chances, labels)
        errors.append(found["ece"])
        expected.append(found["ece_if_perfect"])
    assert np.mean(errors) == pytest.approx(np.mean(expected), rel=0.15)


def test_overconfidence_is_repaired() -> None:
    draw = np.random.Generator(np.random.PCG64(1))
    true = draw.normal(size=(4000, 3)) * 1.5
    labels = np.array([draw.choice(3, p=row) for row in softmax(true)], dtype=np.int32)
    loud = true * 4 + np.array([2.0, 0.0, 0.0])
    temperature, shift = fit_calibration(loud, labels)
    assert temperature == pytest.approx(4.0, rel=0.15)
    repaired = softmax(loud / temperature + shift)
    assert reliability(repaired, labels)["ece"] < 0.03 < reliability(softmax(loud), labels)["ece"]


def test_a_class_that_the_split_lacks_keeps_a_finite_shift() -> None:
    logits = np.array([[2.0, 0.0, 1.0], [0.0, 2.0, 1.0]] * 20)
    labels = np.array([0, 1] * 20, dtype=np.int32)
    _, shift = fit_calibration(logits, labels)
    assert np.isfinite(shift).all() and shift.min() > -50
