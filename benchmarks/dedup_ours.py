"""Our side of the deduplication benchmark in a process of its own: from stored text to evidence.

Two threads work on parts, as two workers would. Kernels are loaded on a small table before the
clock starts, as the peers' are. Prints one JSON line.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from assets.fakes import FakeLake, commit_folder, fake_manifest, fake_workspace
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome, part_name
from assets.mixtures.deduplication.deduped import make_deduped
from assets.mixtures.deduplication.signatures import make_signatures
from assets.recipes.data import DedupSpec, SignatureSpec

SIGNATURES = SignatureSpec(
    shingle_words=5,
    num_hashes=128,
    seed=1,
    max_template_share=0.01,
    min_template_documents=50,
    form_share=0.5,
    min_shingles=8,
)
DEDUP = DedupSpec(shingle_words=5, num_hashes=128, num_bands=32, threshold=0.7, seed=1)


class Threads:
    """An engine of threads: the kernels and Polars hold no lock."""

    name = "threads"

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.wall_s: dict[str, float] = {}
        """Per label of a step."""
        self._pool = ThreadPoolExecutor(workers, initializer=_pin, initargs=(_cores(),))

    def map(
        self, function: Callable[[Any], Any], items: Sequence[Any], label: str = ""
    ) -> list[Any]:
        started = time.perf_counter()
        results = list(self._pool.map(function, items))
        passed = time.perf_counter() - started
        self.wall_s[label] = self.wall_s.get(label, 0.0) + passed
        return results

    def release(self) -> None:
        pass


def _cores() -> Iterator[int]:
    return itertools.cycle(sorted(os.sched_getaffinity(0)))


def _pin(cores: Iterator[int]) -> None:
    """Give a worker a core of its own: some kernels wake short-lived work on one core only."""
    os.sched_setaffinity(0, {next(cores)})


def commit_documents(lake: FakeLake, corpus: Path, name: str) -> list[Manifest]:
    """Commit CORPUS/source/*.parquet as the documents of each source."""
    return [
        commit_folder(
            lake,
            "corpora/documents",
            {
                part_name("documents", number): path.read_bytes()
                for number, path in enumerate(sorted(folder.glob("*.parquet")))
            },
            partition=folder.name,
            source=f"{name}/{folder.name}",
        )
        for folder in sorted(p for p in corpus.iterdir() if p.is_dir())
    ]


def sign(folder: Path, lake: FakeLake, documents: Manifest, engine: Threads) -> Manifest:
    step = Step(
        family="mixtures",
        name="signatures",
        partition=documents.partition,
        code_version=documents.fingerprint,
        config=asdict(SIGNATURES),
    )
    ws = fake_workspace(folder, step, (documents,), lake=lake, compute=engine)
    make_signatures(ws)
    manifest = fake_manifest(step, ws.out_dir)
    lake.commit(lake.begin("mixtures", "signatures", step.fingerprint), manifest)
    return manifest


def sign_all(
    folder: Path, lake: FakeLake, documents: Sequence[Manifest], engine: Threads
) -> list[Manifest]:
    """Sign the sources side by side, as partitions are; their parts share the engine's workers."""
    with ThreadPoolExecutor(max(1, len(documents))) as partitions:
        return list(partitions.map(lambda each: sign(folder, lake, each, engine), documents))


def merge(
    folder: Path, lake: FakeLake, inputs: Sequence[Manifest], engine: Threads
) -> tuple[Outcome, Path]:
    use = {"max_text_bytes": 1 << 50, "licences": None}
    sources = dict.fromkeys(sorted({each.partition for each in inputs}), use)
    config = {"policy": "research", "sources": sources, "dedup": asdict(DEDUP)}
    version = "-".join(each.fingerprint[:8] for each in inputs)
    step = Step(
        family="mixtures", name="deduped", partition="p", code_version=version, config=config
    )
    ws = fake_workspace(folder, step, tuple(inputs), lake=lake, compute=engine)
    return make_deduped(ws), Path(ws.scratch.uri)


def run(folder: Path, lake: FakeLake, documents: list[Manifest], engine: Threads) -> dict[str, Any]:
    started = time.perf_counter(), time.process_time()
    sketches = sign_all(folder, lake, documents, engine)
    signed = time.perf_counter()
    outcome, scratch = merge(folder, lake, [*documents, *sketches], engine)
    done = time.perf_counter(), time.process_time()
    return {
        "seconds": done[0] - started[0],
        "cpu_s": done[1] - started[1],
        "signing_s": signed - started[0],
        "merging_s": done[0] - signed,
        "counts": dict(outcome.counts),
        "scratch": str(scratch),
        "templates": {
            each.partition: str(lake.fetch(each, each.file("templates.parquet")))
            for each in sketches
        },
        "sketches": sketches,
    }


def more(
    folder: Path, lake: FakeLake, corpus: Path, documents: list[Manifest], sketches: list[Manifest]
) -> float:
    """Return the seconds that one more source costs when the signatures of the others stand."""
    extra = commit_documents(lake, corpus, "extra")
    engine = Threads(2)
    started = time.perf_counter()
    added = sign_all(folder, lake, extra, engine)
    merge(folder, lake, [*documents, *extra, *sketches, *added], engine)
    return time.perf_counter() - started


def peak_mb() -> float:
    """Return the most memory this process held since it began (ru_maxrss counts its parent's)."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if "VmHWM" in line).split()[1]) / 1024


def main() -> None:
    corpus, folder, workers = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    shutil.rmtree(folder, ignore_errors=True)
    lake = FakeLake(folder / "lake")
    engine = Threads(workers)
    warm = corpus.with_name("warm")
    if warm.is_dir():
        run(folder, lake, commit_documents(lake, warm, "warm"), engine)
    documents = commit_documents(lake, corpus, "real")
    result = run(folder, lake, documents, engine)
    sketches = result.pop("sketches")
    result["peak_mb"] = peak_mb()
    extra = corpus.with_name("extra")
    if extra.is_dir():
        result["more_s"] = more(folder, lake, extra, documents, sketches)
    result["threads"] = (workers, pl.thread_pool_size(), os.cpu_count())
    print(json.dumps(result))


if __name__ == "__main__":
    main()
