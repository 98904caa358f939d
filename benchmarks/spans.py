"""The index from answers to training documents (tokenizers/spans), by size: building and asking.

Shards are generated in the real format: documents of 200 to 2,000 tokens drawn from a Zipf
distribution over 133,120 entries, packed into samples of 8,192 as uint32. Answers of 400 tokens
hold four runs of 60 copied from random documents; a run counts as found when its place is among the
matches. Cold: the lake's files are put out of the page cache before each answer.

    python -m benchmarks.spans [--tokens 1e7,1e8,1e9] [--answers 20] [--folder DIR]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.fakes import FakeLake, fake_workspace
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome
from assets.tokenizers.span_search import SpanIndex
from assets.tokenizers.spans import make_spans
from benchmarks.processes import evict
from benchmarks.speed import write_result
from benchmarks.tokenizing_memory import peak_during
from training.shards import ShardsInfo

CONTEXT, VOCABULARY, PER_FILE = 8192, 133_120, 8192
ANSWER, RUN = 400, 60


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--tokens", default="1e7,1e8")
    parser.add_argument("--answers", type=int, default=20)
    parser.add_argument("--folder", type=Path)
    args = parser.parse_args()
    figures: dict[str, Any] = {}
    for size in args.tokens.split(","):
        with tempfile.TemporaryDirectory(dir=args.folder) as folder:
            figures[size] = measure(Path(folder), int(float(size)), args.answers)
            print(size, json.dumps(figures[size], indent=1), flush=True)
    print(f"written to {write_result('spans', {'answers': args.answers}, figures)}")


def measure(folder: Path, num_tokens: int, answers: int) -> dict[str, Any]:
    lake = FakeLake(folder / "lake")
    shards = generated(lake, num_tokens)
    step = Step(
        family="tokenizers",
        name="spans",
        partition="benchmark",
        code_version="1",
        config={"gram_tokens": 8, "window_grams": 8},
    )
    ws = fake_workspace(folder / "work", step, (shards,), lake=lake)
    outcomes: list[Outcome] = []
    started, cpu = time.perf_counter(), time.process_time()
    peak = peak_during(lambda: outcomes.append(make_spans(ws)))
    built_s, built_cpu_s = time.perf_counter() - started, time.process_time() - cpu
    manifest = committed(lake, step, ws.out_dir)
    size = sum(entry.size_bytes for entry in manifest.files)
    found = {
        "tokens": num_tokens,
        "documents": outcomes[0].counts["pieces"],
        "built_wall_s": round(built_s, 1),
        "built_cpu_s": round(built_cpu_s, 1),
        "built_peak_anonymous_mib": round(peak),
        "index_bytes": size,
        "index_bytes_per_token": round(size / num_tokens, 3),
    }
    return found | _asked(folder, lake, shards, manifest, answers)


def _asked(
    folder: Path, lake: FakeLake, shards: Manifest, manifest: Manifest, answers: int
) -> dict[str, Any]:
    rng = np.random.default_rng(7)
    asked = [answer(lake, shards, rng) for _ in range(answers)]
    files = [path for path in folder.rglob("*") if path.is_file()]
    SpanIndex(lake, manifest).search(asked[0][0], [shards.fingerprint])  # loops are compiled
    told: dict[str, Any] = {}
    right = 0
    for name in ("cold", "warm"):
        seconds = []
        for ids, places in asked:
            if name == "cold":
                evict(files)
            started = time.perf_counter()
            matches = SpanIndex(lake, manifest).search(ids, [shards.fingerprint]).matches
            seconds.append(1e3 * (time.perf_counter() - started))
            if name == "warm":
                held = {(m.sample, m.start) for m in matches if m.length >= RUN}
                right += sum(
                    any(s == sample and t <= start for s, t in held) for sample, start in places
                )
        told[f"{name}_ms_per_answer"] = {
            "min": round(min(seconds), 1),
            "median": round(statistics.median(seconds), 1),
            "max": round(max(seconds), 1),
        }
    return told | {"copied_runs_found": f"{right} of {4 * answers}"}


def generated(lake: FakeLake, num_tokens: int) -> Manifest:
    """Write a shards artifact of random documents and return its manifest."""
    samples = max(1, num_tokens // CONTEXT)
    step = Step(
        family="tokenizers", name="shards_stage1", partition="b", code_version="1", config={}
    )
    folder = lake.begin("tokenizers", "shards_stage1", step.fingerprint).scratch
    (folder / "tokens").mkdir(parents=True)
    rng = np.random.default_rng(1)
    rows: list[pl.DataFrame] = []
    weights = 1 / np.arange(1, VOCABULARY + 1)
    edges = np.cumsum(weights / weights.sum())
    for number, first in enumerate(range(0, samples, PER_FILE)):
        here = min(PER_FILE, samples - first)
        drawn = np.searchsorted(edges, rng.random(here * CONTEXT)).astype("<u4")
        drawn.tofile(folder / f"tokens/{number:05d}.bin")
        rows.append(documents(rng, first, here))
    table = pl.concat(rows).with_row_index("n")
    table.select(
        pl.format("{}", pl.col("n")).str.zfill(32).alias("doc_id"), "sample", "start", "end",
        pl.lit(0, pl.UInt32).alias("piece"), pl.lit(0, pl.UInt32).alias("copy"),
    ).write_parquet(folder / "index.parquet")  # fmt: skip
    info = ShardsInfo(
        context_tokens=CONTEXT,
        vocab_size=VOCABULARY,
        pad_id=0,
        dtype="uint32",
        num_samples=samples,
        samples_per_shard=PER_FILE,
        num_tokens=samples * CONTEXT,
        has_loss_mask=False,
    )
    (folder / "shards.json").write_text(json.dumps(asdict(info)))
    return committed(lake, step, folder)


def documents(rng: np.random.Generator, first: int, samples: int) -> pl.DataFrame:
    """Cut samples into documents of 200 to 2,000 tokens."""
    lengths = rng.integers(200, 2000, (samples, 12))
    ends = np.minimum(np.cumsum(lengths, axis=1), CONTEXT)
    ends[:, -1] = CONTEXT
    starts = np.concatenate([np.zeros((samples, 1), ends.dtype), ends[:, :-1]], axis=1)
    sample = np.repeat(np.arange(first, first + samples), 12)
    frame = pl.DataFrame({"sample": sample, "start": starts.ravel(), "end": ends.ravel()})
    return frame.filter(pl.col("end") > pl.col("start")).cast(pl.UInt32)


def committed(lake: FakeLake, step: Step, folder: Path) -> Manifest:
    from assets.fakes import fake_manifest

    manifest = fake_manifest(step, folder)
    lake.commit(lake.begin(step.family, step.name, step.fingerprint), manifest)
    return manifest


def answer(
    lake: FakeLake, shards: Manifest, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], list[tuple[int, int]]]:
    """Return random tokens with four runs copied from documents, and the runs' places."""
    index = pl.scan_parquet(lake.fetch(shards, shards.file("index.parquet")))
    height = index.select(pl.len()).collect().item()
    ids = rng.integers(0, VOCABULARY, ANSWER)
    places = []
    for at in range(20, ANSWER - RUN, ANSWER // 4):
        row = index.slice(int(rng.integers(height)), 1).collect().row(0, named=True)
        if row["end"] - row["start"] < RUN:
            row["start"], row["end"] = 0, RUN
        sample, start = row["sample"], row["start"]
        path = lake.fetch(shards, shards.file(f"tokens/{sample // PER_FILE:05d}.bin"))
        tokens = np.memmap(path, "<u4", mode="r").reshape(-1, CONTEXT)[sample % PER_FILE]
        ids[at : at + RUN] = tokens[start : start + RUN]
        places.append((sample, start))
    return ids, places


if __name__ == "__main__":
    main()
