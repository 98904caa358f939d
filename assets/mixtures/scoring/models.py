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
from assets.mixtures.scoring.hash_kernels import place, room_for
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
        counts |= _packed(f"fold{fold}.tokens", model.tokens, model.spelled)
        counts |= _packed(f"fold{fold}.bytes", model.bytes, None)
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
    tokens, spelled = _unpacked(counts, f"{fold}.tokens")
    spelling, _ = _unpacked(counts, f"{fold}.bytes")
    return LanguageModel(tokens=tokens, spelled=spelled, bytes=spelling)


def _packed(name: str, grams: Grams, spelled: npt.NDArray[np.float32] | None) -> Arrays:
    """Return a table without its free slots, in the order of its keys."""
    slots = _sorted_slots(grams.gram_keys)
    context_slots = _sorted_slots(grams.context_keys)
    found: Arrays = {
        f"{name}.gram_keys": grams.gram_keys[slots],
        f"{name}.gram_counts": grams.gram_counts[slots],
        f"{name}.context_keys": grams.context_keys[context_slots],
        f"{name}.context_counts": grams.context_counts[context_slots],
        f"{name}.discounts": grams.discounts,
    }
    if spelled is not None:
        found[f"{name}.spelled"] = spelled[slots]
    return found


def _unpacked(
    counts: Mapping[str, npt.NDArray[np.generic]], name: str
) -> tuple[Grams, npt.NDArray[np.float32]]:
    keys, slots = _placed(counts[f"{name}.gram_keys"])
    context_keys, context_slots = _placed(counts[f"{name}.context_keys"])
    gram_counts = np.zeros(len(keys), dtype=np.uint32)
    gram_counts[slots] = counts[f"{name}.gram_counts"]
    context_counts = np.zeros((len(context_keys), 2), dtype=np.uint32)
    context_counts[context_slots] = counts[f"{name}.context_counts"]
    spelled = np.zeros(len(keys), dtype=np.float32)
    if f"{name}.spelled" in counts:
        spelled[slots] = counts[f"{name}.spelled"]
    grams = Grams(
        gram_keys=keys,
        gram_counts=gram_counts,
        context_keys=context_keys,
        context_counts=context_counts,
        discounts=counts[f"{name}.discounts"].astype(np.float64),
    )
    return grams, spelled


def _sorted_slots(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    taken = np.flatnonzero(keys)
    return taken[np.argsort(keys[taken], kind="stable")]


def _placed(
    keys: npt.NDArray[np.generic],
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    found = keys.astype(np.uint64)
    table, slots = place(found, room_for(len(found)))
    return table, slots
