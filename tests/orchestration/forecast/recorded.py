"""A lake in which recipe smoke was made, with usage in round figures, and what asks it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from assets.corpora.benchmarks import benchmark_package
from assets.corpora.places import Places
from assets.corpora.snapshot import resolve
from assets.corpora.sources import SOURCES, source
from assets.fakes import fake_manifest
from assets.lineage.manifest import Cost, InputRecord, Manifest
from assets.lineage.step import Step
from assets.lineage.usage import NO_JOB, Usage
from assets.recipes.catalogue import recipe
from assets.recipes.graph import RecipeGraph, documents_step, raw_step, signatures_step
from assets.resources import LAPTOP
from orchestration.cost_settings import factors_from
from orchestration.forecast.forecast import Forecaster
from orchestration.forecast.size import has_job
from orchestration.lake import ObjectLake
from orchestration.stores import FileStore

SOURCE_NODES = ("corpora/raw", "corpora/documents", "mixtures/signatures")
SAMPLES = 40


@dataclass
class Recorded:
    """An installation in a folder; `device` is what its jobs ran on."""

    home: Path
    device: str = "NVIDIA H200"

    def __post_init__(self) -> None:
        self.lake = ObjectLake(FileStore(self.home / "lake"), self.home / "cache")
        self.places = Places(inbox=self.home / "inbox", fetched=self.home / "fetched")
        folder = self.places.inbox / "inbox"
        folder.mkdir(parents=True)
        self.note = folder / "notes.jsonl"
        self.note.write_text(json.dumps({"id": "a", "title": "A", "text": "b" * 100}) + "\n")

    def forecaster(self, **env: str) -> Forecaster:
        return Forecaster(
            lake=self.lake, places=self.places, factors=factors_from(env), training=LAPTOP,
            device_here="cpu",
        )  # fmt: skip

    @cached_property
    def raw(self) -> dict[str, Step]:
        names = recipe("smoke").source_names
        return {
            name: raw_step(SOURCES[name].to_dict(), resolve(source(name), self.places).to_dict())
            for name in names
        }

    def graph(self, name: str = "smoke") -> RecipeGraph:
        return RecipeGraph(recipe(name), self.raw, benchmark_package())

    def make_sources(self) -> None:
        for raw in self.raw.values():
            documents = documents_step(raw)
            self.make([raw, documents, signatures_step(documents)])

    def make_all(self) -> None:
        self.make_sources()
        self.make(self.graph().steps.values())

    def make(self, steps: Iterable[Step], **changes: Any) -> None:
        for step in steps:
            attempt = self.lake.begin(step.family, step.name, step.fingerprint)
            (attempt.scratch / "data").write_bytes(b"x" * 1000)
            manifest = fake_manifest(step, attempt.scratch)
            self.lake.commit(attempt, replace(self._measured(step, manifest), **changes))

    def _measured(self, step: Step, manifest: Manifest) -> Manifest:
        """An hour for everything; a job holds two devices, and starts for a tenth of its time."""
        job = has_job(step)
        usage = Usage(
            cpu_s=3600.0, device=self.device, ranks=2, device_s=7200.0, energy_j=None, attempts=1
        )
        counts = {"samples": SAMPLES} if "shards" in step.name else {}
        trained = step.family in ("checkpoints", "models")
        found = [self.lake.find(i.family, i.name, i.fingerprint) for i in step.inputs]
        return replace(
            manifest,
            inputs=tuple(_record(each) for each in found if each is not None),
            counts={**counts, **({"steps": 10} if trained else {})},
            usage=usage if job else replace(NO_JOB, cpu_s=3600.0),
            cost=Cost(
                wall_s=3600.0,
                device_s=6480.0 if job else 0.0,
                flops=1e12 if job else 0.0,
                tokens=1000 if job else 0,
            ),
        )


def _record(manifest: Manifest) -> InputRecord:
    return InputRecord(
        family=manifest.family, name=manifest.name, partition=manifest.partition,
        fingerprint=manifest.fingerprint, digest=manifest.digest, files_read=manifest.files,
    )  # fmt: skip
