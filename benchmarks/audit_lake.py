"""Generated lakes for benchmarks/audits.py: artifacts with real manifests, at a given number.

Sources have snapshots, recipes choose among them, and every recipe goes from deduplication to a
release; what a manifest says has the size and the shape of recipe `small`'s.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assets.corpora.sources import SOURCES
from assets.lineage.manifest import Cost, FileEntry, InputRecord, Manifest, digest_of

SNAPSHOTS = 100
"""Of each source: two years of weekly ones."""
RECIPE_SOURCES = 20
_CHAIN = (
    "mixtures/deduped", "mixtures/decontaminated", "tokenizers/tokenizer", "mixtures/classifiers",
    "mixtures/scores", "mixtures/stage1", "mixtures/stage2", "mixtures/stage3",
    "tokenizers/shards_stage1", "tokenizers/shards_stage2", "tokenizers/shards_stage3",
    "checkpoints/stage1", "checkpoints/stage2", "checkpoints/stage3", "models/sft_general",
    "models/sft_medical", "reports/perplexity", "reports/benchmarks", "reports/medical",
    "reports/needle", "reports/scorecard",
)  # fmt: skip


def entry(path: str, content: str, size_bytes: int = 1 << 20) -> FileEntry:
    sha = hashlib.sha256(content.encode()).hexdigest()
    return FileEntry(path=path, size_bytes=size_bytes, sha256=sha)


def record(manifest: Manifest) -> InputRecord:
    return InputRecord(
        family=manifest.family,
        name=manifest.name,
        partition=manifest.partition,
        fingerprint=manifest.fingerprint,
        digest=manifest.digest,
        files_read=manifest.files,
    )


def made(
    node: str,
    partition: str,
    inputs: Sequence[Manifest] = (),
    *,
    number: int,
    files: Sequence[FileEntry] | None = None,
    config: dict[str, Any] | None = None,
    counts: dict[str, int] | None = None,
) -> Manifest:
    """Return a manifest; `number` sets its time and makes it differ from others."""
    family, _, name = node.partition("/")
    seed = f"{node}/{partition}/{number}/{'/'.join(each.fingerprint for each in inputs)}"
    given = files or [entry(f"data/{index:05d}.parquet", f"{seed}/{index}") for index in range(6)]
    return Manifest(
        family=family,
        name=name,
        partition=partition,
        fingerprint=hashlib.sha256(seed.encode()).hexdigest(),
        digest=digest_of(given),
        code_version="1",
        config=config or {"values": list(range(60)), "seed": number},
        inputs=tuple(record(each) for each in inputs),
        files=tuple(given),
        data_dir="a1",
        token=1,
        counts=counts or {f"count_{index}": index for index in range(12)},
        metrics={},
        summary="One line.\n" * 10,
        pictures=(),
        cost=Cost(),
        inherited_cost=Cost(),
        git_commit="0" * 40,
        git_dirty=False,
        packages={f"package-{index}": "1.2.3" for index in range(12)},
        host="host",
        dagster_run_id="run",
        mlflow_run_id="run",
        started_at="2026-01-01T00:00:00+00:00",
        finished_at=f"2026-01-01T00:00:00.{number:09d}+00:00",
    )


def write(root: Path, manifest: Manifest) -> Manifest:
    folder = root / manifest.family / manifest.name / manifest.short
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(manifest.to_json())
    return manifest


def write_lake(root: Path, num_artifacts: int) -> Manifest:
    """Write the manifests of a lake; return the release that was made last, of recipe `tiny`."""
    rng = random.Random(1)
    names = sorted(SOURCES)[:RECIPE_SOURCES]
    snapshots = min(SNAPSHOTS, max(1, num_artifacts // (6 * len(names))))
    number = 0
    signed: dict[str, list[tuple[Manifest, Manifest]]] = {name: [] for name in names}
    for _ in range(snapshots):
        for name in names:
            config = {"source": SOURCES[name].to_dict(), "snapshot": {"files": [], "at": number}}
            raw = write(root, made("corpora/raw", name, number=number, config=config))
            documents = write(root, made("corpora/documents", name, [raw], number=number + 1))
            signatures = made("mixtures/signatures", name, [documents], number=number + 2)
            signed[name].append((documents, write(root, signatures)))
            number += 3
    while True:
        is_last = number + 2 * (len(_CHAIN) + 1) > num_artifacts
        chosen = [rng.choice(signed[name]) for name in names]
        partition = "tiny" if is_last else f"recipe-{number}"
        release = _write_recipe(root, partition, chosen, number)
        number += len(_CHAIN) + 1
        if is_last:
            return release


def _write_recipe(
    root: Path, partition: str, chosen: Sequence[tuple[Manifest, Manifest]], number: int
) -> Manifest:
    before = [each for pair in chosen for each in pair]
    recent: list[Manifest] = []
    for step, node in enumerate(_CHAIN):
        inputs = recent[-3:] or before
        manifest = made(node, partition, inputs, number=number + step)
        if node.startswith(("checkpoints", "models")):
            config = {"data_seed": 1, "batch_samples": 64}
            manifest = replace(manifest, config=config, counts={"steps": 1000, "tokens": 1})
        recent.append(write(root, manifest))
    return write(
        root, made("releases/release", partition, recent[-7:], number=number + len(_CHAIN))
    )
