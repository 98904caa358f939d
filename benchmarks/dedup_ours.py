"""Our side of the deduplication benchmark in a process of its own: from stored text to evidence.

Two processes of one thread work on parts, each on a core of its own. They are started, and kernels
loaded on a small table, before the clock starts, as the peers' are. Prints one JSON line.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from assets.fakes import FakeLake, commit_folder, fake_manifest, fake_workspace
from assets.lineage.build import hash_files
from assets.lineage.manifest import Manifest, digest_of
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome, part_name
from assets.mixtures.deduplication.deduped import make_deduped
from assets.mixtures.deduplication.signatures import make_signatures
from assets.recipes.data import DedupSpec, SignatureSpec
from orchestration.compute.local import ONE_THREAD

SIGNATURES = SignatureSpec(
    shingle_words=5,
    num_hashes=64,
    seed=1,
    max_template_share=0.01,
    min_template_documents=50,
    form_share=0.5,
    min_shingles=8,
    num_bands=16,
    threshold=0.7,
)
DEDUP = DedupSpec(shingle_words=5, num_hashes=64, num_bands=16, threshold=0.7, seed=1)


class Workers:
    """Processes of one thread, as the platform's local engine has, started and warm beforehand."""

    name = "workers"

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.wall_s: dict[str, float] = {}
        """Per label of a step."""
        self.cpu_s: dict[str, float] = {}
        """The same, of all processes that worked on it."""
        context = multiprocessing.get_context("spawn")
        cores = context.Queue()
        held = sorted(os.sched_getaffinity(0))
        for number in range(workers):
            cores.put(held[number % len(held)])
        self._pool = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(cores,))

    def map(
        self, function: Callable[[Any], Any], items: Sequence[Any], label: str = ""
    ) -> list[Any]:
        started = time.perf_counter()
        timed = _Timed(function)
        # As in the platform's own engine, a single shard is worked on in this process.
        done = list(map(timed, items) if len(items) < 2 else self._pool.map(timed, items))
        passed = time.perf_counter() - started
        self.wall_s[label] = self.wall_s.get(label, 0.0) + passed
        self.cpu_s[label] = self.cpu_s.get(label, 0.0) + sum(cpu_s for _, cpu_s in done)
        return [result for result, _ in done]

    def usage(self) -> tuple[float, float]:
        """Return the CPU seconds of all processes, and the most memory each held, added up."""
        found = {os.getpid(): _usage(0)[1:]}
        while len(found) <= self.workers:
            found |= {pid: held for pid, *held in self._pool.map(_usage, range(2 * self.workers))}
        return sum(each[0] for each in found.values()), sum(each[1] for each in found.values())

    def release(self) -> None:
        self._pool.shutdown()


class _Timed:
    """A function that also returns the CPU seconds that it took."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def __call__(self, item: Any) -> tuple[Any, float]:
        before = time.process_time()
        result = self.function(item)
        return result, time.process_time() - before


def _begin(cores: Any) -> None:
    """Give a worker one thread and a core of its own, before the libraries look."""
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    os.sched_setaffinity(0, {cores.get()})


def _usage(pause: int) -> tuple[int, float, float]:
    time.sleep(0.01 if pause else 0.0)
    status = Path("/proc/self/status").read_text()
    # ru_maxrss would count the memory of whoever started the process.
    peak = int(next(line for line in status.splitlines() if "VmHWM" in line).split()[1])
    times = os.times()
    return os.getpid(), times.user + times.system, peak / 1024


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


def sign(folder: Path, lake: FakeLake, documents: Manifest, engine: Workers) -> Manifest:
    step = Step(
        family="mixtures",
        name="signatures",
        partition=documents.partition,
        code_version=documents.fingerprint,
        config=asdict(SIGNATURES),
    )
    ws = fake_workspace(folder, step, (documents,), lake=lake, compute=engine)
    outcome = make_signatures(ws)
    # As in the platform: what workers published is not hashed again.
    files = hash_files(ws.out_dir, ws.published)
    manifest = replace(fake_manifest(step, folder / "none"), files=files, digest=digest_of(files))
    manifest = replace(manifest, counts=dict(outcome.counts))
    lake.commit(lake.begin("mixtures", "signatures", step.fingerprint), manifest)
    return manifest


def sign_all(
    folder: Path, lake: FakeLake, documents: Sequence[Manifest], engine: Workers
) -> list[Manifest]:
    """Sign the sources side by side, as partitions are; their parts share the engine's workers."""
    with ThreadPoolExecutor(max(1, len(documents))) as partitions:
        return list(partitions.map(lambda each: sign(folder, lake, each, engine), documents))


def merge(
    folder: Path, lake: FakeLake, inputs: Sequence[Manifest], engine: Workers
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


def run(folder: Path, lake: FakeLake, documents: list[Manifest], engine: Workers) -> dict[str, Any]:
    """Sign every source and merge all; return times and where everything is."""
    before = engine.usage()[0]
    engine.wall_s, engine.cpu_s = {}, {}
    started = time.perf_counter()
    sketches = sign_all(folder, lake, documents, engine)
    signed = time.perf_counter()
    outcome, scratch = merge(folder, lake, [*documents, *sketches], engine)
    done = time.perf_counter()
    return {
        "seconds": done - started,
        "writing_s": engine.wall_s["write documents"],
        "writing_cpu_s": engine.cpu_s["write documents"],
        "cpu_s": engine.usage()[0] - before,
        "signing_s": signed - started,
        "merging_s": done - signed,
        "steps": engine.wall_s,
        "cpu_steps": engine.cpu_s,
        "counts": dict(outcome.counts),
        "scratch": str(scratch),
        "templates": {
            each.partition: str(lake.fetch(each, each.file("templates.parquet")))
            for each in sketches
        },
        "relations": [
            (
                each.counts["documents"],
                [str(lake.fetch(each, e)) for e in each.files if e.path.startswith("relations/")],
            )
            for each in sorted(sketches, key=lambda each: each.partition)
        ],
        "sketches": sketches,
    }


def more(
    folder: Path,
    lake: FakeLake,
    inputs: tuple[Path, list[Manifest], list[Manifest]],
    engine: Workers,
) -> dict[str, Any]:
    """Return the seconds of one more source when the signatures of the others stand."""
    corpus, documents, sketches = inputs
    extra = commit_documents(lake, corpus, "extra")
    engine.wall_s, engine.cpu_s = {}, {}
    before = engine.usage()[0]
    started = time.perf_counter()
    added = sign_all(folder, lake, extra, engine)
    merge(folder, lake, [*documents, *extra, *sketches, *added], engine)
    passed = time.perf_counter() - started
    return {
        "more_s": passed,
        "more_writing_s": engine.wall_s["write documents"],
        "more_cpu_s": engine.usage()[0] - before,
        "more_writing_cpu_s": engine.cpu_s["write documents"],
        "more_steps": engine.wall_s,
        "more_cpu_steps": engine.cpu_s,
    }


def main() -> None:
    corpus, folder, workers = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    shutil.rmtree(folder, ignore_errors=True)
    lake = FakeLake(folder / "lake")
    started = time.perf_counter()
    engine = Workers(workers)
    warm = corpus.with_name("warm")
    for number in range(3 if warm.is_dir() else 0):
        run(folder, lake, commit_documents(lake, warm, f"warm{number}"), engine)
    starting_s = time.perf_counter() - started
    documents = commit_documents(lake, corpus, "real")
    result = run(folder, lake, documents, engine)
    sketches = result.pop("sketches")
    result["starting_s"] = starting_s
    result["peak_mb"] = engine.usage()[1]
    extra = corpus.with_name("extra")
    if extra.is_dir():
        result |= more(folder, lake, (extra, documents, sketches), engine)
    engine.release()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
