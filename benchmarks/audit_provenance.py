"""What recording costs a pipeline: the data nodes of recipe `tiny`, made with
hashing, durable commits and manifests, made without, and made with MLflow told of it too.

Off: hashes are constants and no file is read for one, commits wait for no disk. Manifests are
written in all, because without them nothing is found again. The share is that of the seconds spent
in recording while it is on; on over off is the same as a ratio, with the machine's noise. Told over
on is what MLflow adds, its last answer included, when its process is there: by the wall, and in CPU
seconds of the pipeline's own process.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from assets.compute import InlineCompute
from assets.corpora.benchmarks import benchmark_package, make_benchmarks
from assets.corpora.documents import make_documents
from assets.corpora.raw import make_raw
from assets.corpora.snapshot import Snapshot, resolve
from assets.corpora.sources import source
from assets.fakes import FakeTracker, RecordingJobRunner
from assets.lineage import build as building
from assets.lineage import storage, workspace
from assets.lineage.build import Work, build
from assets.lineage.provenance import Provenance
from assets.lineage.step import Step
from assets.mixtures.decontaminate import make_decontaminated
from assets.mixtures.deduplication.deduped import make_deduped
from assets.mixtures.deduplication.signatures import make_signatures
from assets.mixtures.scoring.classifiers import make_classifiers
from assets.mixtures.scoring.scores import make_scores
from assets.mixtures.stages import make_stage
from assets.ports import Tracker
from assets.recipes.graph import RecipeGraph, documents_step, raw_step, signatures_step
from assets.recipes.tiny import tiny
from assets.synthesis.questions import make_questions
from assets.tokenizers.shards import make_sft_shards, make_shards
from assets.tokenizers.train import make_tokenizer
from benchmarks.speed import interleaved, ratio
from orchestration import lake as lakes
from orchestration.lake import ObjectLake
from orchestration.stores import FileStore
from orchestration.tracker import MlflowTracker

_WORK: dict[str, Work] = {
    "corpora/benchmarks": make_benchmarks,
    "mixtures/deduped": make_deduped,
    "mixtures/decontaminated": make_decontaminated,
    "mixtures/classifiers": make_classifiers,
    "mixtures/scores": make_scores,
    "tokenizers/tokenizer": make_tokenizer,
    "synthesis/questions": make_questions,
    "mixtures/stage1": make_stage,
    "mixtures/stage2": make_stage,
    "mixtures/stage3": make_stage,
    "tokenizers/shards_stage1": make_shards,
    "tokenizers/shards_stage2": make_shards,
    "tokenizers/shards_stage3": make_shards,
    "tokenizers/shards_sft_medical": make_sft_shards,
}
_HASHING = (storage, building)
"""Modules that hash files that are made."""
_CHECKING = (storage, workspace)
"""Modules that check the hashes of files that are read."""
_NOBODY = Provenance(git_commit="", git_dirty=False, packages={}, host="", dagster_run_id="")


class Meter:
    """Seconds spent in recording, nested calls of a thread counted once."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._thread = threading.local()

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            if getattr(self._thread, "is_inside", False):
                return function(*args, **kwargs)
            self._thread.is_inside = True
            started = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self._thread.is_inside = False
                spent = time.perf_counter() - started
                self.seconds[name] = self.seconds.get(name, 0.0) + spent

        return run


def measure(folder: Path, rounds: int) -> dict[str, Any]:
    snapshots = {name: resolve(source(name), folder) for name in tiny().source_names}
    pipeline(folder / "first", snapshots)  # loops are compiled
    on: list[dict[str, float]] = []
    walls: dict[str, list[float]] = {"on": [], "told": []}
    tracker = MlflowTracker(f"sqlite:///{folder}/mlflow.db", folder, beside=True)
    tracker.prepare()
    sizes: list[tuple[int, int]] = []

    def recorded() -> None:
        meter = Meter()
        started = time.perf_counter()
        with metered(meter):
            lake = pipeline(folder / "on", snapshots)
        walls["on"].append(time.perf_counter() - started)
        on.append(meter.seconds)
        sizes.append(_sizes(Path(lake.root)))
        shutil.rmtree(folder / "on")

    def bare() -> None:
        with unrecorded():
            pipeline(folder / "off", snapshots)
        shutil.rmtree(folder / "off")

    def told() -> None:
        started = time.perf_counter()
        pipeline(folder / "told", snapshots, tracker)
        tracker.wait()
        walls["told"].append(time.perf_counter() - started)
        assert not list(tracker.pending.runs()), "MLflow was not told everything"
        shutil.rmtree(folder / "told")

    sides: dict[str, Callable[[], object]] = {"on": recorded, "off": bare, "told": told}
    times = interleaved(sides, rounds=rounds, clock=time.process_time)
    shares = [sum(seconds.values()) / wall for seconds, wall in zip(on, walls["on"], strict=True)]
    return {
        "pipeline_wall_s": [round(wall, 2) for wall in walls["on"]],
        "share_of_wall": {
            "min": round(min(shares), 4),
            "median": round(sorted(shares)[len(shares) // 2], 4),
            "max": round(max(shares), 4),
        },
        "seconds": [{name: round(s, 3) for name, s in each.items()} for each in on],
        "on_over_off_cpu": ratio(times["on"], times["off"]),
        "told_over_on_wall": ratio(walls["told"], walls["on"]),
        "told_over_on_cpu": ratio(times["told"], times["on"]),
        "artifact_bytes": sizes[0][0],
        "manifest_bytes": sizes[0][1],
    }


def pipeline(
    folder: Path, snapshots: dict[str, Snapshot], tracker: Tracker | None = None
) -> ObjectLake:
    """Make every data node of recipe `tiny`; without a tracker nobody is told."""
    lake = ObjectLake(FileStore(folder / "lake"), folder / "cache")
    told = tracker or FakeTracker()

    def make(step: Step, work: Work) -> None:
        build(
            step,
            work,
            lake=lake,
            tracker=told,
            provenance=_NOBODY,
            job_root=folder / "jobs",
            compute=InlineCompute(),
            run_job=lambda run_log: RecordingJobRunner(),
            progress=lambda message: None,
        )

    raw: dict[str, Step] = {}
    for name, snapshot in snapshots.items():
        raw[name] = raw_step(source(name).to_dict(), snapshot.to_dict())
        documents = documents_step(raw[name])
        make(raw[name], make_raw(snapshot.paths))
        make(documents, make_documents)
        make(signatures_step(documents), make_signatures)
    graph = RecipeGraph(tiny(), raw, benchmark_package())
    for node, work in _WORK.items():
        make(graph.step(node), work)
    return lake


@contextmanager
def metered(meter: Meter) -> Iterator[None]:
    with ExitStack() as stack:
        for module in _HASHING:
            timed = meter.timed("hashing", module.sha256_of_file)
            stack.enter_context(patch.object(module, "sha256_of_file", timed))
        for module in _CHECKING:
            timed = meter.timed("checking", module.holds)
            stack.enter_context(patch.object(module, "holds", timed))
        for name in ("begin", "commit"):
            timed = meter.timed(name, getattr(ObjectLake, name))
            stack.enter_context(patch.object(ObjectLake, name, timed))
        for name in ("digest_of", "inherited_cost"):
            timed = meter.timed("manifest", getattr(building, name))
            stack.enter_context(patch.object(building, name, timed))
        yield


@contextmanager
def unrecorded() -> Iterator[None]:
    with ExitStack() as stack:
        for module in _HASHING:
            stack.enter_context(patch.object(module, "sha256_of_file", lambda path: "0" * 64))
        for module in _CHECKING:
            stack.enter_context(patch.object(module, "holds", lambda *asked: True))
        for name in ("_make_durable", "sync_folder"):
            stack.enter_context(patch.object(lakes, name, lambda path: None))
        yield


def _sizes(root: Path) -> tuple[int, int]:
    every = [path for path in root.rglob("*") if path.is_file()]
    manifests = sum(path.stat().st_size for path in every if path.name == "manifest.json")
    return sum(path.stat().st_size for path in every) - manifests, manifests
