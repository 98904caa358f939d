"""The trained models as plain files: safetensors for numbers, JSON for names; never a pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assets.lineage.storage import StoredFile
from assets.mixtures.scoring.language_model import Grams, LanguageModel
from assets.mixtures.scoring.linear import BUCKETS, Head
from assets.mixtures.scoring.terms import TermFrequency

FILES = ("models.json", "classifiers.safetensors", "language_model.safetensors")
"""In the order in which `load` takes them."""

Arrays = dict[str, npt.NDArray[np.generic]]


@dataclass(frozen=True, kw_only=True)
class Models:
    """All that mixtures/classifiers made."""

    heads: tuple[Head, ...]
    chunk_words: int
    terms: TermFrequency
    language: tuple[LanguageModel, LanguageModel]
    """One per fold of documents; a document is scored by the other one."""


def save(models: Models, out: Mapping[str, Path]) -> None:
    """Write the files of FILES."""
    from safetensors.numpy import save_file

    names = {
        "chunk_words": models.chunk_words,
        "num_windows": models.terms.num_windows,
        "heads": [
            {"name": head.name, "labels": list(head.labels), "temperature": head.temperature}
            for head in models.heads
        ],
    }
    out[FILES[0]].write_text(json.dumps(names, indent=1) + "\n")
    arrays: Arrays = {"terms.windows": models.terms.windows}
    for head in models.heads:
        rows = np.flatnonzero(np.abs(head.weights).sum(axis=1) > 0)
        arrays[f"{head.name}.rows"] = rows.astype(np.int32)
        arrays[f"{head.name}.weights"] = np.ascontiguousarray(head.weights[rows])
        arrays[f"{head.name}.bias"], arrays[f"{head.name}.shift"] = head.bias, head.shift
    save_file(arrays, out[FILES[1]])
    counts: Arrays = {}
    for fold, model in enumerate(models.language):
        counts |= _packed(f"fold{fold}.tokens", model.tokens)
        counts |= _packed(f"fold{fold}.bytes", model.bytes)
        counts[f"fold{fold}.tokens.spelling"] = model.spelling
    save_file(counts, out[FILES[2]])


def load(files: Sequence[StoredFile]) -> Models:
    """Read what `save` wrote; a process keeps the last models it read."""
    return _load(tuple(files))


@lru_cache(maxsize=1)
def _load(files: tuple[StoredFile, ...]) -> Models:
    from safetensors.numpy import load_file

    names = json.loads(files[0].local().read_text())
    arrays, counts = load_file(files[1].local()), load_file(files[2].local())
    heads = []
    for entry in names["heads"]:
        name, labels = entry["name"], tuple(entry["labels"])
        weights = np.zeros((BUCKETS, len(labels)), dtype=np.float32)
        weights[arrays[f"{name}.rows"]] = arrays[f"{name}.weights"]
        heads.append(
            Head(
                name=name,
                labels=labels,
                weights=weights,
                bias=arrays[f"{name}.bias"],
                temperature=entry["temperature"],
                shift=arrays[f"{name}.shift"],
            )
        )
    terms = TermFrequency(windows=arrays["terms.windows"], num_windows=names["num_windows"])
    first, second = (_language_model(counts, f"fold{fold}") for fold in range(2))
    return Models(
        heads=tuple(heads), chunk_words=names["chunk_words"], terms=terms, language=(first, second)
    )


def _language_model(counts: Mapping[str, npt.NDArray[np.generic]], fold: str) -> LanguageModel:
    return LanguageModel(
        tokens=_unpacked(counts, f"{fold}.tokens"),
        spelling=counts[f"{fold}.tokens.spelling"].astype(np.float32),
        bytes=_unpacked(counts, f"{fold}.bytes"),
    )


def _packed(name: str, grams: Grams) -> Arrays:
    return {
        f"{name}.keys": grams.keys,
        f"{name}.counts": grams.counts,
        f"{name}.discounts": grams.discounts,
    }


def _unpacked(counts: Mapping[str, npt.NDArray[np.generic]], name: str) -> Grams:
    return Grams(
        keys=counts[f"{name}.keys"].astype(np.uint64),
        counts=counts[f"{name}.counts"].astype(np.uint32),
        discounts=counts[f"{name}.discounts"].astype(np.float64),
    )
