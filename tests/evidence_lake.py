"""A small lake with every kind of artifact that stands behind a release, identities and all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from assets.fakes import fake_manifest
from assets.lineage.manifest import Cost, InputRecord, Manifest
from assets.lineage.step import Step
from assets.ports import Lake
from tests.artifacts import encoded, parquet
from tests.evidence_records import CREDITS, SETTINGS, training_files
from training.shards import SampleOrder

MODEL = {
    "conv_window": 2,
    "hidden_size": 64,
    "initializer_range": 0.02,
    "intermediate_size": 216,
    "max_position_embeddings": 512,
    "num_global_heads": 2,
    "num_global_kv_heads": 1,
    "num_layers": 2,
    "num_swa_heads": 4,
    "num_swa_kv_heads": 2,
    "rms_norm_eps": 1e-06,
    "rope_theta": 1e6,
    "sliding_window": 32,
    "sliding_window_layers": [1],
    "vocab_size": 2048,
}
BATCH, STEPS, SAMPLES, SEED = 2, 5, 4, 7


def source(name: str, licence: str, **more: Any) -> dict[str, Any]:
    facts = {
        "name": name,
        "title": name.upper(),
        "licence": licence,
        "citation": f"Authors of {name}",
        "description": f"Texts of {name}.",
        "domain": "medical",
        "kind": "prose",
        "language": "en",
        "origin": "package",
        "package": f"pkg-{name}",
        "version": "1.0",
        "web": False,
        "deidentify": "none",
        "location": "",
        "revision": "",
    }
    return {**facts, **more}


SOURCES = [
    source("pmc", "CC-BY-4.0"),
    source("notes", "LicenseRef-HPO", origin="folder", deidentify="safe_harbor", package=""),
]


@dataclass
class Maker:
    """Commits artifacts whose fingerprints are those of their config and inputs."""

    lake: Lake
    steps: dict[str, Step] = field(default_factory=dict)
    made: dict[str, Manifest] = field(default_factory=dict)

    def __call__(
        self,
        node: str,
        files: Mapping[str, bytes],
        inputs: Sequence[str] = (),
        *,
        partition: str = "toy",
        counts: Mapping[str, int] | None = None,
        day: int = 1,
        **config: Any,
    ) -> Manifest:
        family, name = node.split("/")
        step = Step(
            family=family,
            name=name,
            partition=partition,
            code_version="1",
            config=config,
            inputs=tuple(self.steps[key] for key in inputs),
        )
        self.steps[step.key] = step
        if found := self.lake.find(family, name, step.fingerprint):
            self.made[step.key] = found
            return found
        attempt = self.lake.begin(family, name, step.fingerprint)
        for path, content in files.items():
            target = attempt.scratch / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        manifest = replace(
            fake_manifest(step, attempt.scratch),
            inputs=tuple(_record(self.made[key]) for key in inputs),
            counts=dict(counts or {}),
            cost=Cost(tokens=10, flops=100.0, wall_s=1.5),
            host="build-host-7",
            git_commit="c0ffee" * 6,
            finished_at=f"2026-01-{day:02d}T10:00:00+00:00",
        )
        self.lake.commit(attempt, manifest)
        self.made[manifest.key] = manifest
        return manifest


def _record(manifest: Manifest) -> InputRecord:
    return InputRecord(
        family=manifest.family,
        name=manifest.name,
        partition=manifest.partition,
        fingerprint=manifest.fingerprint,
        digest=manifest.digest,
        files_read=manifest.files,
    )


def make_release(
    lake: Lake, *, weights: bytes = b"weights", day: int = 2, skipped: Sequence[int] = ()
) -> Manifest:
    """Commit a release of recipe `toy` and everything behind it that is not there yet.

    `skipped` are steps of the first stage that leave no update.
    """
    make = Maker(lake)
    _data(make)
    _training(make, weights, skipped)
    t = "[toy]"
    files = {
        "model.safetensors": weights,
        "config.json": encoded(MODEL),
        "README.md": b"# Toy\n",
        "attributions.json": encoded({"policy": "research", "credits": CREDITS}),
    }
    inputs = [
        f"models/sft_medical{t}",
        f"tokenizers/tokenizer{t}",
        f"reports/scorecard{t}",
        f"reports/data_docs{t}",
        f"mixtures/decontaminated{t}",
        *[f"mixtures/stage{n}{t}" for n in (1, 2, 3)],
        f"synthesis/questions{t}",
    ]
    return make(
        "releases/release",
        files,
        inputs,
        day=day,
        recipe="toy",
        title="Toy release",
        policy="research",
        model=MODEL,
        sources=SOURCES,
    )


def _data(make: Maker) -> None:
    for entry in SOURCES:
        name = entry["name"]
        make(
            "corpora/raw",
            {f"files/{name}.txt": b"raw"},
            partition=name,
            source=entry,
            snapshot=[["files", 3]],
        )
        make(
            "corpora/documents",
            {"documents.parquet": parquet([{"doc_id": name}])},
            [f"corpora/raw[{name}]"],
            partition=name,
            counts={"read": 3, "kept": 2, "dropped": 1},
            source=entry,
        )
    documents = [f"corpora/documents[{entry['name']}]" for entry in SOURCES]
    make(
        "mixtures/deduped",
        {"x": b"1"},
        documents,
        counts={"documents_in": 4, "documents_kept": 3, "merged_exact": 1, "merged_near": 0},
    )
    rows = [
        {"doc_id": "a", "source": "pmc", "licence": "CC-BY-4.0"},
        {"doc_id": "b", "source": "pmc", "licence": "CC0-1.0"},
        {"doc_id": "c", "source": "notes", "licence": "LicenseRef-HPO"},
    ]
    make(
        "mixtures/decontaminated",
        {"documents.parquet": parquet(rows)},
        ["mixtures/deduped[toy]"],
        counts={"documents_in": 3, "documents": 3, "removed": 0},
    )
    make(
        "tokenizers/tokenizer",
        {"tokenizer.json": b"{}"},
        ["mixtures/decontaminated[toy]"],
        counts={"documents": 3},
    )
    for stage in (1, 2, 3):
        make(
            f"mixtures/stage{stage}",
            {"selection.parquet": b"s"},
            ["mixtures/decontaminated[toy]", "tokenizers/tokenizer[toy]"],
            stage=stage,
        )
    asked = [
        {"item_id": "i", "source": "notes", "domain": "general"},
        {"item_id": "j", "source": "pmc", "domain": "medical"},
    ]
    make(
        "synthesis/questions",
        {"questions.parquet": parquet(asked)},
        ["mixtures/decontaminated[toy]"],
        counts={"made": 2, "kept": 2},
    )


def _shards(make: Maker, name: str, inputs: Sequence[str], rows: list[dict[str, Any]]) -> str:
    index = parquet(rows, sample=pl.UInt32, start=pl.UInt32, end=pl.UInt32)
    info = encoded({"num_samples": SAMPLES, "samples_per_shard": 2})
    total = sum(row["end"] - row["start"] for row in rows)
    return make(
        f"tokenizers/{name}",
        {"index.parquet": index, "shards.json": info},
        [*inputs, "tokenizers/tokenizer[toy]"],
        counts={"tokens": total},
    ).key


def piece(doc_id: str, sample: int, start: int, end: int) -> dict[str, Any]:
    return {"doc_id": doc_id, "sample": sample, "start": start, "end": end}


PRETRAINING = [piece("a", 0, 0, 10), piece("b", 1, 0, 7), piece("c", 2, 0, 4), piece("a", 3, 0, 6)]
ASKED = {"general": [piece("i", 0, 0, 5)], "medical": [piece("j", 1, 0, 3)]}


def _training(make: Maker, weights: bytes, skipped: Sequence[int]) -> None:
    facts: dict[str, Any] = {"data_seed": SEED, "batch_samples": BATCH, "init": "random"}
    facts |= {**SETTINGS, "model": MODEL}
    order = SampleOrder(SAMPLES, SEED)

    def counts(rows: list[dict[str, Any]]) -> dict[str, int]:
        """Count as training does: a sample's tokens at every step that reads it."""
        steps = {
            r["sample"]: order.steps_of(r["sample"], batch_samples=BATCH, steps=STEPS) for r in rows
        }
        read = sum((r["end"] - r["start"]) * len(steps[r["sample"]]) for r in rows)
        return {"steps": STEPS, "tokens": read}

    last: list[str] = []
    for stage in (1, 2, 3):
        shards = _shards(
            make,
            f"shards_stage{stage}",
            ["mixtures/decontaminated[toy]", f"mixtures/stage{stage}[toy]"],
            PRETRAINING,
        )
        last = [
            make(
                f"checkpoints/stage{stage}",
                {"w": b"w", **training_files(STEPS, skipped if stage == 1 else ())},
                [shards, *last],
                counts=counts(PRETRAINING),
                **facts,
            ).key
        ]
    for domain, rows in ASKED.items():
        shards = _shards(make, f"shards_sft_{domain}", ["synthesis/questions[toy]"], rows)
        config = {**facts, "run": weights.decode()} if domain == "medical" else facts
        content = weights if domain == "medical" else b"general"
        last = [
            make(
                f"models/sft_{domain}",
                {"model.safetensors": content, **training_files(STEPS, ())},
                [shards, *last],
                counts=counts(rows),
                **config,
            ).key
        ]
    scores = [
        {
            "benchmark": "medqa",
            "title": "MedQA",
            "metric": "accuracy",
            "model": "final",
            "value": 0.25,
            "ci_low": 0.1,
            "ci_high": 0.4,
            "chance": 0.25,
            "n": 10,
        }
    ]
    make("reports/scorecard", {"scorecard.json": encoded({"scores": scores})}, last)
    make(
        "reports/data_docs",
        {"results.json": b"{}"},
        ["mixtures/deduped[toy]"],
        counts={"expectations": 9, "unsuccessful_critical": 0, "unsuccessful_warning": 1},
    )
