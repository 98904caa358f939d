"""One side of the deduplication benchmark in a process of its own, timed from file to result.

Run by the interpreter that has the peer installed; imports nothing of ours. Prints one JSON line:
seconds, peak memory, and where the pairs it found are.

    PEER_PYTHON benchmarks/dedup_peers.py daft CORPUS.parquet OUT
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import time
from collections import defaultdict
from pathlib import Path

SHINGLE_WORDS, HASHES, BANDS = 5, 128, 32


def used_s() -> float:
    """Return the CPU seconds of this process and of its children that ended."""
    return sum(os.times()[:4])


def daft_side(corpus: str, out: Path) -> tuple[float, float, Path]:
    """Normalise and sketch with daft's own expressions, band with Polars; it verifies nothing."""
    import daft  # type: ignore[import-not-found]
    import numpy as np
    import polars as pl
    from daft import col

    def sketch(path: str) -> pl.DataFrame:
        text = col("text").normalize(
            remove_punct=True, lowercase=True, nfd_unicode=True, white_space=True
        )
        sketched = text.minhash(num_hashes=HASHES, ngram_size=SHINGLE_WORDS, seed=1)
        frame = pl.from_arrow(daft.read_parquet(path).select(col("row"), sketched).to_arrow())
        assert isinstance(frame, pl.DataFrame)
        return frame

    sketch(str(Path(corpus).with_name("warm.parquet")))
    started, used = time.perf_counter(), used_s()
    sketches = sketch(corpus)
    flat = sketches["text"].explode().to_numpy().reshape(-1, BANDS, HASHES // BANDS)
    keys = np.ascontiguousarray(flat).view(f"V{4 * HASHES // BANDS}").reshape(-1)
    halves = keys.view(np.uint64).reshape(len(sketches), BANDS, -1)
    rows = np.repeat(sketches["row"].to_numpy(), BANDS)
    columns = {f"key{n}": halves[:, :, n].reshape(-1) for n in range(halves.shape[2])}
    listed = pl.DataFrame(
        {"row": rows, "band": np.tile(np.arange(BANDS), len(sketches)), **columns}
    )
    grouped = (
        listed.group_by("band", *columns).agg(pl.col("row")).filter(pl.col("row").list.len() > 1)
    )
    held = grouped["row"].to_list()
    parent: dict[int, int] = {}

    def root(row: int) -> int:
        while parent.setdefault(row, row) != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for members in held:
        first = root(min(members))
        for member in members:
            parent[root(member)] = first
    labels = {row: root(row) for row in parent}
    pl.DataFrame({"row": list(labels), "label": list(labels.values())}).write_parquet(
        out / "clusters.parquet"
    )
    seconds, cpu_s = time.perf_counter() - started, used_s() - used
    return seconds, cpu_s, _pairs(held, out)


def datatrove_side(corpus: str, out: Path) -> tuple[float, float, Path]:
    """The four stages of datatrove's MinHash deduplication, two tasks at a time."""
    from datatrove.executor import LocalPipelineExecutor  # type: ignore[import-not-found]
    from datatrove.pipeline.dedup import (  # type: ignore[import-not-found]
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.dedup.minhash import MinhashConfig  # type: ignore[import-not-found]
    from datatrove.pipeline.readers import ParquetReader  # type: ignore[import-not-found]
    from datatrove.pipeline.writers import JsonlWriter  # type: ignore[import-not-found]
    from datatrove.utils.hashing import HashConfig  # type: ignore[import-not-found]

    config = MinhashConfig(
        hash_config=HashConfig(precision=64),
        n_grams=SHINGLE_WORDS,
        num_buckets=BANDS,
        hashes_per_bucket=HASHES // BANDS,
    )
    folder = str(Path(corpus).with_name("small"))
    reader = ParquetReader(folder, id_key="doc_id", read_metadata=False)
    sig, buckets, remove = (str(out / name) for name in ("signatures", "buckets", "remove"))
    stages = [
        ([reader, MinhashDedupSignature(output_folder=sig, config=config)], 2),
        ([MinhashDedupBuckets(input_folder=sig, output_folder=buckets, config=config)], BANDS),
        ([MinhashDedupCluster(input_folder=buckets, output_folder=remove, config=config)], 1),
        ([reader, MinhashDedupFilter(input_folder=remove), JsonlWriter(str(out / "kept"))], 2),
    ]
    started, used = time.perf_counter(), used_s()
    for number, (pipeline, tasks) in enumerate(stages):
        LocalPipelineExecutor(
            pipeline=pipeline,
            tasks=tasks,
            workers=2,
            logging_dir=str(out / f"log{number}"),
            skip_completed=False,
        ).run()
    return time.perf_counter() - started, used_s() - used, out / "none"


def _pairs(buckets: list[list[int]], out: Path) -> Path:
    """Write every pair that shares a bucket: what the side would merge."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pairs: dict[tuple[int, int], None] = defaultdict()
    for members in buckets:
        if len(members) <= 1000:
            pairs.update(dict.fromkeys(itertools.combinations(sorted(members), 2)))
    path = out / "pairs.parquet"
    pq.write_table(pa.table({"left": [a for a, _ in pairs], "right": [b for _, b in pairs]}), path)
    return path


def main() -> None:
    side, corpus, out = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    out.mkdir(parents=True, exist_ok=True)
    seconds, cpu_s, pairs = {"daft": daft_side, "datatrove": datatrove_side}[side](corpus, out)
    # Of this process since it began; ru_maxrss would count the memory of whoever started it.
    status = Path("/proc/self/status").read_text()
    peak = int(next(line for line in status.splitlines() if "VmHWM" in line).split()[1])
    result = {"seconds": seconds, "cpu_s": cpu_s, "peak_mb": peak / 1024, "pairs": str(pairs)}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
