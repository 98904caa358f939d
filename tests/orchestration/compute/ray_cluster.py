"""A two-node Ray cluster and an S3 server of their own, in a network namespace: run by test_ray.py.

    unshare -n --pid --fork --mount-proc --kill-child python -m tests...ray_cluster OUT

Writes OUT: what the cluster made of the same inputs as one process, and what became of the work
when a node was killed in the middle of it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from assets.compute import InlineCompute
from assets.corpora import documents
from assets.corpora.benchmarks import benchmark_package, make_benchmarks
from assets.corpora.raw import make_raw
from assets.corpora.snapshot import resolve
from assets.corpora.sources import source
from assets.fakes import FakeTracker, RecordingJobRunner
from assets.lineage.build import Work, build
from assets.lineage.provenance import Provenance
from assets.lineage.step import Step
from assets.lineage.storage import Folder
from assets.mixtures.decontaminate import make_decontaminated
from assets.mixtures.deduplication.deduped import make_deduped
from assets.mixtures.deduplication.signatures import make_signatures
from assets.mixtures.scoring.classifiers import make_classifiers
from assets.mixtures.scoring.scores import make_scores
from assets.mixtures.stages import make_stage
from assets.ports import Compute
from assets.recipes.graph import RecipeGraph, documents_step, raw_step, signatures_step
from assets.recipes.smoke import smoke
from assets.tokenizers.shards import make_shards
from assets.tokenizers.train import make_tokenizer
from orchestration.compute.ray import RayCompute
from orchestration.lake import ObjectLake
from orchestration.stores import FileStore, S3Store
from tests.s3 import ACCESS_KEY, BUCKET, SECRET_KEY, s3_server

HEAD, NODE, PORT, CLIENT_PORT = "127.0.0.2", "127.0.0.3", 6399, 10001
"""Not 127.0.0.1: Ray replaces it by the address of a network card, which this namespace lacks."""

SOURCES = ("python_stdlib", "icd10cm", "hpo", "wikipedia_gensim106")
WORK: dict[str, Work] = {
    "corpora/benchmarks": make_benchmarks,
    "mixtures/deduped": make_deduped,
    "mixtures/decontaminated": make_decontaminated,
    "mixtures/classifiers": make_classifiers,
    "mixtures/scores": make_scores,
    "tokenizers/tokenizer": make_tokenizer,
    "mixtures/stage1": make_stage,
    "tokenizers/shards_stage1": make_shards,
}
START_S = 60.0
SHARD_S = 2.0
"""How long a shard of the killing test works: long enough to be hit."""


@dataclass(frozen=True, kw_only=True)
class Slow:
    index: int
    out: Folder


def work_slowly(item: Slow) -> str:
    """Write who works on a shard, work, and write what came out."""
    import ray

    node = ray.util.get_node_ip_address()
    item.out.write(f"started/{item.index}-{os.getpid()}", lambda path: path.write_text(node))
    time.sleep(SHARD_S)
    stored = item.out.write(f"done/{item.index}", lambda path: path.write_text(str(item.index)))
    return stored.local().read_text()


def start_node(*arguments: str) -> None:
    command = [
        str(Path(sys.executable).with_name("ray")),
        "start",
        "--num-cpus=1",
        "--disable-usage-stats",
        "--object-store-memory=100000000",
        *arguments,
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=120)


def make(lake: ObjectLake, compute: Compute, scratch: Path) -> dict[str, str]:
    """Build the data plane of a small recipe in small shards; return the digests by artifact."""

    def run(step: Step, work: Work) -> str:
        return build(
            step,
            work,
            lake=lake,
            tracker=FakeTracker(),
            provenance=Provenance(
                git_commit="", git_dirty=False, packages={}, host="", dagster_run_id=""
            ),
            job_root=scratch,
            compute=compute,
            run_job=lambda run_log: RecordingJobRunner(),
            progress=lambda message: None,
        ).manifest.digest

    digests, raw = {}, {}
    for name in SOURCES:
        snapshot = resolve(source(name), scratch)
        raw[name] = raw_step(source(name).to_dict(), snapshot.to_dict())
        run(raw[name], make_raw(snapshot.paths))
        held = documents_step(raw[name])
        for step, work in (
            (held, documents.make_documents),
            (signatures_step(held), make_signatures),
        ):
            digests[step.key] = run(step, work)
    base = smoke()
    recipe = replace(base, sources=tuple(use for use in base.sources if use.source in SOURCES))
    graph = RecipeGraph(recipe, raw, benchmark_package())
    for node, work in WORK.items():
        digests[node] = run(graph.step(node), work)
    return digests


def kill_a_node(out: Folder) -> dict[str, Any]:
    """Kill the second node's processes while it works, and see that every shard came out."""
    killer = threading.Thread(target=_kill_when_busy, args=(out,))
    killer.start()
    shards = [Slow(index=index, out=out) for index in range(8)]
    results = RayCompute(f"ray://{HEAD}:{CLIENT_PORT}").map(
        work_slowly, shards, label="slow shards"
    )
    killer.join()
    started = sorted(path.name for path in Path(out.uri, "started").iterdir())
    return {
        "results": results,
        "attempts": len(started),
        "nodes": sorted({Path(out.uri, "started", name).read_text() for name in started}),
        "done": sorted(path.name for path in Path(out.uri, "done").iterdir()),
    }


def _kill_when_busy(out: Folder) -> None:
    """Kill the second node as soon as a shard runs there."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        for path in Path(out.uri, "started").glob("[0-9]*"):
            if path.read_text() == NODE:
                for pid in _processes_of(NODE):
                    os.kill(pid, signal.SIGKILL)
                return
        time.sleep(0.05)


def _processes_of(address: str) -> list[int]:
    """Return a node's processes: its raylet and, since workers rename themselves, all below it."""
    parents, found = {}, set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            command = (folder / "cmdline").read_bytes()
            # The name in stat may hold spaces; what follows its bracket does not.
            parents[int(folder.name)] = int(
                (folder / "stat").read_text().rpartition(")")[2].split()[1]
            )
            if b"raylet/raylet" in command and f"node_ip_address={address}".encode() in command:
                found.add(int(folder.name))
    assert found, f"no raylet runs at {address}"
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found)


def main(out: Path) -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    os.environ |= {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
    # Small shards, so that there is something to spread; what comes out must not depend on where.
    documents.GROUP_BYTES, documents.PART_BYTES = 300_000, 1_000_000
    folder = out.parent
    (folder / "s3").mkdir()
    alone = make(ObjectLake(FileStore(folder / "lake"), folder / "c1"), InlineCompute(), folder)
    with s3_server(folder / "s3") as endpoint, TemporaryDirectory(prefix="ray-") as temporary:
        start_node(
            "--head",
            f"--node-ip-address={HEAD}",
            f"--port={PORT}",
            f"--ray-client-server-port={CLIENT_PORT}",
            "--include-dashboard=false",
            # Ray's socket paths must stay below 108 characters, however deep the test's folder.
            f"--temp-dir={temporary}",
        )
        start_node(f"--address={HEAD}:{PORT}", f"--node-ip-address={NODE}")
        lake = ObjectLake(S3Store(f"s3://{BUCKET}/lake", endpoint), folder / "c2")
        compute = RayCompute(f"ray://{HEAD}:{CLIENT_PORT}")
        together = make(lake, compute, folder)
        left = lake._store.glob(".shared/*")
        found = {
            "alone": alone,
            "cluster": together,
            "workers": compute.workers,
            "scratch_left": list(left),
            "killed": kill_a_node(Folder(uri=str(folder / "slow"))),
        }
    out.write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
