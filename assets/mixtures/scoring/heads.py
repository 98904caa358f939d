"""Training one classifier and judging it: three splits by document, F1, calibration, transfer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.mixtures.scoring.calibration import f1_report, fit_calibration, reliability
from assets.mixtures.scoring.linear import Bodies, Head, logits_of, softmax, train
from assets.mixtures.scoring.linear_kernels import F64, I32
from assets.mixtures.scoring.spec import ClassifierSpec
from assets.mixtures.scoring.text_kernels import I64, U64

TEST_SHARE, CALIBRATION_SHARE = 0.15, 0.15
"""Of the documents, by a keyed hash of their id; the rest is trained on. Our choice."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One classification task: its labels' origin, and what they need to be learned at all."""

    name: str
    how: str
    """How the labels were made, for the report."""
    title: bool
    """Whether the title belongs to what the classifier reads."""
    min_documents: int
    """Labels with fewer documents in the sample are left out. Our choice."""


TASKS = (
    Task(
        name="medical",
        how="domain of the source (medical against general and code); words of the whole text "
        "without numbers, symbols, line labels and layout, in chunks of equal length",
        title=True,
        min_documents=5,
    ),
    Task(
        name="department",
        how="MeSH headings of PubMed records through the table in departments.py; the department "
        "that most headings name, the empty one where they name none",
        title=True,
        min_documents=40,
    ),
    Task(
        name="content_type",
        how="the source where all its documents are of a kind; PubMed's publication types where "
        "stated, words of the title otherwise; the classifier does not see the title",
        title=False,
        min_documents=20,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Data:
    """Everything a task needs of the sample."""

    bodies: Bodies
    labels: pl.Series
    sources: pl.Series
    drawn: U64
    """Uniform numbers by document: they decide the split."""
    spec: ClassifierSpec


def train_task(task: Task, data: Data) -> tuple[Head | None, dict[str, Any]]:
    """Return the calibrated classifier and its report; None and the reason when labels lack."""
    counts = _label_counts(data.labels)
    names = sorted(name for name, number in counts.items() if number >= task.min_documents)
    left_out = {name: number for name, number in counts.items() if name not in names}
    if len(names) < 2:
        reason = (
            f"labels with at least {task.min_documents} documents: {names or 'none'}; "
            f"labels found: {dict(sorted(counts.items())) or 'none'}"
        )
        return None, {"absent": reason}
    encoded = _encode(data.labels, names)
    learn, tune, test = (np.flatnonzero(mask & (encoded >= 0)) for mask in splits(data.drawn))
    weights, bias = _fit(data, learn, encoded, len(names))
    logits = logits_of(data.bodies, weights, bias, data.spec.chunk_words)
    temperature, shift = fit_calibration(logits[tune], encoded[tune])
    head = Head(
        name=task.name,
        labels=tuple(names),
        weights=weights,
        bias=bias,
        temperature=temperature,
        shift=shift,
    )
    chances = head.probabilities(logits[test])
    report = {
        "labels_from": task.how,
        "documents": _split_counts(names, encoded, learn, tune, test),
        "left_out": left_out,
        "heldout": f1_report(chances.argmax(axis=1).astype(np.int32), encoded[test], names),
        "calibration": {
            "temperature": round(temperature, 4),
            "shift": {
                name: round(float(value), 4) for name, value in zip(names, shift, strict=True)
            },
            "before": reliability(softmax(logits[test]), encoded[test]),
            "after": reliability(chances, encoded[test]),
        },
    }
    return head, report


def transfer(task: Task, data: Data) -> list[dict[str, Any]]:
    """Train without one source and test on it alone, for every source: what is left of recall.

    A classifier that had learned the layout of its sources would fail here.
    """
    names = sorted(_label_counts(data.labels))
    encoded = _encode(data.labels, names)
    learn, _, _ = splits(data.drawn)
    rows = []
    for source in sorted(set(data.sources.to_list())):
        inside = (data.sources == source).to_numpy() & (encoded >= 0)
        others = np.flatnonzero(learn & ~inside & (encoded >= 0))
        row: dict[str, Any] = {"source": source, "documents": int(inside.sum())}
        if not inside.any():
            continue
        missing = sorted(set(encoded[inside]) - set(encoded[others]))
        if missing or len(set(encoded[others])) < 2:
            row["absent"] = "no other source has " + ", ".join(names[index] for index in missing)
        else:
            weights, bias = _fit(data, others, encoded, len(names))
            logits = logits_of(data.bodies, weights, bias, data.spec.chunk_words)
            right = logits[inside].argmax(axis=1) == encoded[inside]
            row["recall"] = round(float(right.mean()), 4)
            row["trained_on"] = sorted(set(data.sources.gather(others).to_list()))
        rows.append(row)
    return rows


def splits(drawn: U64) -> tuple[npt.NDArray[np.bool_], ...]:
    """Return the masks of what is trained on, calibrated on and tested on."""
    place = drawn.astype(np.float64) / 2.0**64
    test = place < TEST_SHARE
    tune = ~test & (place < TEST_SHARE + CALIBRATION_SHARE)
    return ~test & ~tune, tune, test


def _fit(
    data: Data, rows: I64, encoded: I32, num_labels: int
) -> tuple[npt.NDArray[np.float32], F64]:
    return train(
        data.bodies,
        rows,
        encoded[rows],
        num_labels=num_labels,
        chunk_words=data.spec.chunk_words,
        epochs=data.spec.epochs,
        seed=data.spec.seed,
    )


def _label_counts(labels: pl.Series) -> Mapping[str, int]:
    return dict(sorted(labels.drop_nulls().value_counts().iter_rows()))


def _encode(labels: pl.Series, names: list[str]) -> I32:
    """Return the index of each label, -1 where it is unknown or left out."""
    codes = labels.replace_strict(names, list(range(len(names))), default=-1, return_dtype=pl.Int32)
    encoded: I32 = codes.fill_null(-1).to_numpy()
    return encoded


def _split_counts(names: list[str], encoded: I32, *parts: I64) -> dict[str, dict[str, int]]:
    kinds = ("trained", "calibrated", "tested")
    return {
        name: {
            kind: int((encoded[part] == index).sum())
            for kind, part in zip(kinds, parts, strict=True)
        }
        for index, name in enumerate(names)
    }
