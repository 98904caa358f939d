"""A small world for deduplication: documents, both artifacts made of them, and their outcome."""

from __future__ import annotations

import hashlib
import io
import random
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from assets.compute import InlineCompute
from assets.fakes import FakeLake, commit_folder, fake_manifest, fake_workspace
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome, part_name
from assets.mixtures.deduplication.deduped import Limits, dedupe
from assets.mixtures.deduplication.signatures import SigningLimits, sign_source
from assets.ports import Compute

SHINGLE_WORDS = 3
SIGNATURES = {
    "shingle_words": SHINGLE_WORDS,
    "num_hashes": 128,
    "seed": 1,
    "max_template_share": 0.001,
    "min_template_documents": 20,
    "form_share": 0.5,
    "min_shingles": 1,
    "num_bands": 32,
    "threshold": 0.7,
}
DEDUP = {
    "shingle_words": SHINGLE_WORDS,
    "num_hashes": 128,
    "num_bands": 32,
    "threshold": 0.7,
    "seed": 1,
}
WORDS = [f"word{number}" for number in range(400)]


class Threads:
    """Several workers at once, in an order that nobody controls."""

    name = "threads"
    workers = 3

    def map(self, function: Any, items: Sequence[Any], label: str = "") -> list[Any]:
        backwards = list(reversed(items))
        with ThreadPoolExecutor(self.workers) as pool:
            return list(reversed(list(pool.map(function, backwards))))


@dataclass(frozen=True, kw_only=True)
class Result:
    documents: pl.DataFrame
    merged: pl.DataFrame
    outcome: Outcome
    folder: Path

    def bytes_of_all(self) -> dict[str, bytes]:
        names = sorted(path for path in self.folder.rglob("*.parquet"))
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in names}


def document(source: str, native_id: str, text: str, title: str = "") -> dict[str, Any]:
    return {
        "doc_id": hashlib.sha256(f"{source}/{native_id}/{text}".encode()).hexdigest()[:32],
        "source": source,
        "native_id": native_id,
        "title": title or native_id,
        "text": text,
        "text_hash": hashlib.sha256(text.encode()).hexdigest()[:32],
        "language": "en",
        "domain": "medical" if source == "journal" else "general",
        "licence": "CC0-1.0",
        "provenance": "{}",
    }


def sentence(seed: int, length: int = 60) -> list[str]:
    return random.Random(seed).choices(WORDS, k=length)


def brute_jaccard(left: str, right: str, shingle_words: int = SHINGLE_WORDS) -> float:
    sets = []
    for text in (left, right):
        words = re.findall(r"\w+", text.lower())
        sets.append(
            {tuple(words[i : i + shingle_words]) for i in range(len(words) - shingle_words + 1)}
        )
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def committed(
    lake: FakeLake, documents: Sequence[Mapping[str, Any]], num_parts: int = 1
) -> dict[str, Manifest]:
    """Commit corpora/documents of every source, cut into parts."""
    manifests = {}
    for source in sorted({str(item["source"]) for item in documents}):
        frame = pl.DataFrame([item for item in documents if item["source"] == source])
        if num_parts > 1:
            frame = frame.sort("doc_id")
        files = {}
        size = max(1, -(-frame.height // num_parts))
        for index in range(num_parts):
            buffer = io.BytesIO()
            frame.slice(index * size, size).write_parquet(buffer)
            files[part_name("documents", index)] = buffer.getvalue()
        manifests[source] = commit_folder(
            lake, "corpora/documents", files, partition=source, source=source
        )
    return manifests


def signed(
    folder: Path,
    lake: FakeLake,
    documents: Manifest,
    spec: Mapping[str, Any] = SIGNATURES,
    compute: Compute | None = None,
    limits: SigningLimits | None = None,
) -> tuple[Manifest, Outcome]:
    """Make mixtures/signatures of one source."""
    step = Step(
        family="mixtures",
        name="signatures",
        partition=documents.partition,
        code_version=f"{documents.partition}-{documents.digest}",
        config=spec,
    )
    ws = fake_workspace(folder, step, (documents,), lake=lake, compute=compute)
    outcome = sign_source(ws, limits or SigningLimits())
    manifest = fake_manifest(step, ws.out_dir)
    lake.commit(lake.begin("mixtures", "signatures", step.fingerprint), manifest)
    return manifest, outcome


def merge(
    folder: Path,
    lake: FakeLake,
    inputs: Sequence[Manifest],
    *,
    caps: Mapping[str, int],
    dedup: Mapping[str, Any] = DEDUP,
    limits: Limits | None = None,
    compute: Compute | None = None,
) -> Result:
    """Make mixtures/deduped from documents and signatures."""
    sources = {name: {"max_text_bytes": cap, "licences": None} for name, cap in caps.items()}
    config = {"policy": "research", "sources": sources, "dedup": dict(dedup)}
    step = Step(family="mixtures", name="deduped", partition="p", code_version="1", config=config)
    ws = fake_workspace(folder, step, tuple(inputs), lake=lake, compute=compute or InlineCompute())
    outcome = dedupe(ws, limits or Limits())
    return Result(
        documents=pl.read_parquet(ws.out_dir / "documents" / "*.parquet"),
        merged=pl.read_parquet(ws.out_dir / "merged" / "*.parquet"),
        outcome=outcome,
        folder=ws.out_dir,
    )


def deduped(
    folder: Path,
    documents: Sequence[Mapping[str, Any]],
    *,
    caps: Mapping[str, int] | None = None,
    dedup: Mapping[str, Any] = DEDUP,
    signatures: Mapping[str, Any] = SIGNATURES,
    num_parts: int = 1,
    limits: Limits | None = None,
    signing: SigningLimits | None = None,
    compute: Compute | None = None,
) -> Result:
    """Commit documents, sign them and merge them."""
    lake = FakeLake(folder / "lake")
    manifests = committed(lake, documents, num_parts)
    sketches = [
        signed(folder, lake, each, signatures, compute, signing)[0] for each in manifests.values()
    ]
    return merge(
        folder,
        lake,
        [*manifests.values(), *sketches],
        caps=caps or dict.fromkeys(manifests, 10**9),
        dedup=dedup,
        limits=limits,
        compute=compute,
    )
