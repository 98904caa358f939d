"""A small corpus of four sources in the form of mixtures/decontaminated, and its models."""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from assets.fakes import FakeLake, commit_folder, fake_manifest, fake_workspace
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome
from assets.mixtures.scoring.classifiers import make_classifiers
from assets.mixtures.scoring.spec import classifier_config, scores_config
from assets.recipes.data import ScoringSpec

SPEC = ScoringSpec(
    seed=5,
    train_bytes_per_source=1_000_000,
    reference_bytes_per_source=1_000_000,
    chunk_words=40,
    epochs=5,
    topic_temperature=0.05,
    quality_weights=(
        ("educational", 0.3),
        ("knowledge_density", 0.25),
        ("reasoning_density", 0.2),
        ("bits_per_byte", 0.25),
    ),
)

CARDIOLOGY = (
    "the ventricle pumps blood through the aorta", "angina improved after coronary bypass",
    "cardiac output fell because the mitral valve was stenotic",
    "the electrocardiogram showed atrial fibrillation", "digoxin slowed the heart rate",
    "myocardial infarction was treated with thrombolysis",
)  # fmt: skip
NEUROLOGY = (
    "seizures began in the temporal lobe", "the electroencephalogram was abnormal",
    "migraine attacks were preceded by an aura", "stroke caused weakness of the left arm",
    "nerve conduction was slow because myelin was lost", "the tremor responded to levodopa",
)  # fmt: skip
GENERAL = (
    "the village lies on a river near the border", "the novel was published after the war",
    "the king granted the town a charter", "tourists visit the castle in summer",
    "the football club won the cup twice", "trains connect the city with the coast",
)  # fmt: skip
CODE = (
    "def read(path): return open(path)", "import os", "for item in items: total += item.size",
    "raise ValueError(message)", "class Parser: buffer = None", "if not self.ready: return False",
)  # fmt: skip


def row(source: str, number: int, text: str, *, domain: str, title: str = "", **provenance: str):  # type: ignore[no-untyped-def]
    """Return one row of the documents table."""
    doc_id = hashlib.sha256(f"{source}/{number}".encode()).hexdigest()[:32]
    return {
        "doc_id": doc_id,
        "source": source,
        "native_id": str(number),
        "title": title,
        "text": text,
        "text_hash": hashlib.sha256(text.encode()).hexdigest()[:32],
        "language": "en",
        "domain": domain,
        "licence": "CC0-1.0",
        "provenance": json.dumps({"file": "f", "offset": number, **provenance}),
        "cluster_id": doc_id,
        "duplicate_count": 1,
    }


def prose(sentences: Sequence[str], seed: int, count: int = 9) -> str:
    """Return sentences of a subject in a drawn order."""
    draw = random.Random(seed)
    return " ".join(draw.choice(sentences).capitalize() + "." for _ in range(count))


def corpus(*, mesh: bool = True) -> pl.DataFrame:
    """Return documents of four sources, sorted by doc_id."""
    rows = []
    for number in range(160):
        heart = number % 2 == 0
        headings = "Heart Diseases; Humans" if heart else "Epilepsy; Humans"
        text = prose(CARDIOLOGY if heart else NEUROLOGY, number)
        labels = {"pmid": str(number), **({"mesh": headings} if mesh else {})}
        title = "A case report" if number % 5 == 0 else "On a study"
        rows.append(
            row("pubmed", number, f"{title}\n\n{text}", domain="medical", title=title, **labels)
        )
    for number in range(60):
        rows.append(row("hpo", number, prose(NEUROLOGY, 900 + number, 3), domain="medical"))
        rows.append(row("towns", number, prose(GENERAL, 500 + number), domain="general"))
        rows.append(row("python_stdlib", number, prose(CODE, 700 + number), domain="code"))
    return pl.DataFrame(rows).sort("doc_id")


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


@dataclass
class World:
    """A lake with documents and, once made, the classifiers over them."""

    folder: Path
    lake: FakeLake
    documents: Manifest
    spec: ScoringSpec

    def classifiers(self) -> tuple[Manifest, Outcome]:
        """Make mixtures/classifiers and commit it."""
        step = self.step("classifiers", classifier_config(self.spec))
        ws = fake_workspace(self.folder, step, (self.documents,), lake=self.lake)
        outcome = make_classifiers(ws)
        manifest = fake_manifest(step, ws.out_dir)
        attempt = self.lake.begin(step.family, step.name, step.fingerprint)
        self.lake.commit(attempt, manifest)
        return manifest, outcome

    def step(self, name: str, config: dict[str, object]) -> Step:
        return Step(family="mixtures", name=name, partition="p", code_version="1", config=config)

    def scores_step(self) -> Step:
        return self.step("scores", scores_config(self.spec))


def world(folder: Path, frame: pl.DataFrame, num_parts: int = 1, spec: ScoringSpec = SPEC) -> World:
    """Return a lake that holds the documents, in one file or in parts."""
    lake = FakeLake(folder / "lake")
    if num_parts == 1:
        files = {"documents.parquet": parquet(frame)}
    else:
        size = -(-frame.height // num_parts)
        files = {
            f"documents/{index:05d}.parquet": parquet(frame.slice(index * size, size))
            for index in range(num_parts)
        }
    documents = commit_folder(lake, "mixtures/decontaminated", files)
    return World(folder=folder, lake=lake, documents=documents, spec=spec)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Manifest, Outcome]:
    """The corpus and its classifiers, made once."""
    found = world(tmp_path_factory.mktemp("scoring"), corpus())
    manifest, outcome = found.classifiers()
    return found, manifest, outcome
