"""Near-duplicate search beside public peers, end to end: speed, memory, recall and precision.

Every side runs in a process of its own on the same two cores, from Parquet files of text to
clusters on disk; ours verifies every pair and writes evidence and the documents that stay, the
peers do not. Rounds are interleaved because the speed of a shared machine drifts: the result is the
ratio, and the CPU time beside it. The corpus is real text with planted copies (dedup_corpus.py).

    python -m benchmarks.dedup [--megabytes 60] [--rounds 3] [--peer-python PYTHON]
    python -m benchmarks.dedup --scale 1,4,16 --megabytes 10     peak memory against the size

The peer interpreter has `daft==0.7.26 datatrove==0.10.1 spacy orjson polars pyarrow`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.dedup_corpus import (
    exact_pairs,
    frame_of,
    megabytes,
    planted,
    quality,
    real_texts,
    shingle_sets,
    varied,
)
from benchmarks.dedup_ours import DEDUP, SIGNATURES

PART_BYTES = 4 << 20
SMALL_SHARE = 0.05
"""Of the corpus, for datatrove: it takes a minute for what others do in a second."""
Pairs = set[tuple[int, int]]


def write_corpus(folder: Path, num_bytes: int, copies: int) -> pl.DataFrame:
    """Write the corpus as each side wants it, and return it in the order of its rows."""
    base = list(real_texts(num_bytes))
    texts = [pair for copy in range(copies) for pair in planted(varied(base, copy), seed=2)]
    frame = frame_of(texts).with_row_index("row")
    write_sources(folder / "real", frame)
    write_sources(folder / "warm", frame.head(200))
    extra = frame_of([("extra", text) for _, text in varied(base, 99)[: max(1, len(base) // 100)]])
    write_sources(folder / "extra", extra)
    frame.write_parquet(folder / "real.parquet", row_group_size=max(1, frame.height // 8))
    frame.head(200).write_parquet(folder / "warm.parquet")
    small = frame.sample(fraction=SMALL_SHARE, seed=1)
    (folder / "small").mkdir()
    for index in range(2):
        small[index::2].write_parquet(folder / "small" / f"{index}.parquet")
    return frame


def write_sources(folder: Path, frame: pl.DataFrame) -> None:
    for (source,), rows in frame.group_by("source", maintain_order=True):
        target = folder / str(source)
        target.mkdir(parents=True)
        rows = rows.drop("row", strict=False)
        part = rows["text"].str.len_bytes().cast(pl.Int64).cum_sum() // PART_BYTES
        for number, (_, piece) in enumerate(rows.group_by(part, maintain_order=True)):
            piece.write_parquet(target / f"{number:05d}.parquet")


def side(command: list[str]) -> dict[str, Any]:
    """Run one side and return what it printed last."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def ours(folder: Path, workers: int = 2) -> dict[str, Any]:
    work = str(folder / "ours")
    return side(
        [sys.executable, "-m", "benchmarks.dedup_ours", str(folder / "real"), work, str(workers)]
    )


def peer(python: str, name: str, folder: Path) -> dict[str, Any]:
    out = folder / name
    shutil.rmtree(out, ignore_errors=True)
    script = str(Path(__file__).with_name("dedup_peers.py"))
    return side([python, script, name, str(folder / "real.parquet"), str(out)])


def our_pairs(result: dict[str, Any]) -> Pairs:
    """Return the links of our side: pairs of rows, each compared in full."""
    files = sorted(Path(result["scratch"], "links").glob("*.arrow"))
    links = pl.concat([pl.read_ipc(file, memory_map=False) for file in files])
    return set(links.select(pl.col("left").cast(int), pl.col("right").cast(int)).rows())


def distinct_texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the document of smallest id of every text."""
    return frame.sort("doc_id").unique("text_hash", keep="first").sort("row")


def truths(
    frame: pl.DataFrame, templates: dict[str, npt.NDArray[np.uint64]]
) -> dict[tuple[int, int], float]:
    """Return the true pairs among distinct texts, outside the given templates."""
    sets = shingle_sets(frame, SIGNATURES.shingle_words, templates)
    found = exact_pairs(*sets, DEDUP.threshold)
    rows = frame["row"].to_list()
    return {(rows[left], rows[right]): value for (left, right), value in found.items()}


def reading_and_hashing_s(path: Path) -> float:
    """Return the seconds to read the texts and pass over them once."""
    started = time.perf_counter()
    pl.read_parquet(path, columns=["text"])["text"].hash().sum()
    return time.perf_counter() - started


def compare(args: argparse.Namespace, folder: Path) -> None:
    frame = write_corpus(folder, int(args.megabytes * 1e6), 1)
    size = megabytes(frame)
    small = sum(megabytes(pl.read_parquet(f)) for f in (folder / "small").glob("*.parquet"))
    distinct = distinct_texts(frame)
    plain = truths(distinct, {})
    print(
        f"{frame.height:,} documents, {size:.1f} MB, {len(plain):,} true pairs of 5-word shingles"
    )
    peers = ["daft", "datatrove"] if args.peer_python else []
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in ["materia", *peers]}
    floor = []
    for number in range(args.rounds):
        floor.append(reading_and_hashing_s(folder / "real.parquet"))
        results["materia"].append(ours(folder))
        for name in peers:
            if number == 0 or name == "daft":
                results[name].append(peer(args.peer_python, name, folder))
    found = our_pairs(results["materia"][-1])
    templates = {
        source: pl.read_parquet(path)["shingle"].to_numpy()
        for source, path in results["materia"][-1]["templates"].items()
    }
    weighed = truths(distinct, templates)
    print(f"materia, {len(weighed):,} pairs outside templates: {quality(found, weighed)}")
    print(f"materia, templates counted: {quality(found, plain)}")
    for name, runs in results.items():
        amount = small if name == "datatrove" else size
        report(name, amount, runs, [size / each["seconds"] for each in results["materia"]])
    if "daft" in results:
        rows = set(distinct["row"].to_list())
        held = pl.read_parquet(results["daft"][-1]["pairs"]).rows()
        kept = {(a, b) for a, b in held if a in rows and b in rows}
        print(f"daft: {quality(kept, plain)}")
    last = results["materia"][-1]
    print(
        f"signing {last['signing_s']:.2f} s, merging {last['merging_s']:.2f} s; 1% more data: "
        f"{last['more_s']:.2f} s, {last['more_s'] / last['seconds']:.1%} of the whole; reading and "
        f"one hash pass alone: {statistics.median(floor):.2f} s"
    )
    print(json.dumps(last["counts"]))


def report(name: str, amount: float, runs: list[dict[str, Any]], own: list[float]) -> None:
    speeds = [amount / each["seconds"] for each in runs]
    ratios = [mine / theirs for mine, theirs in zip(own, speeds, strict=False)]
    print(
        f"{name:>9}: {statistics.median(speeds):6.2f} MB/s wall, "
        f"{amount / statistics.median(each['cpu_s'] for each in runs):6.2f} MB per CPU second, "
        f"peak {max(each['peak_mb'] for each in runs):.0f} MB; materia is "
        f"{statistics.median(ratios):.2f} times as fast "
        f"(min {min(ratios):.2f}, max {max(ratios):.2f})"
    )


def scales(args: argparse.Namespace, folder: Path) -> None:
    for scale in [int(each) for each in args.scale.split(",")]:
        place = folder / str(scale)
        frame = write_corpus(place, int(args.megabytes * 1e6), scale)
        size, height = megabytes(frame), frame.height
        del frame
        shutil.rmtree(place / "extra")
        found = ours(place, workers=1)
        print(
            f"scale {scale:>2}: {size:7.1f} MB, {height:,} documents, {found['seconds']:.1f} s, "
            f"peak {found['peak_mb']:.0f} MB"
        )
        shutil.rmtree(place)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--megabytes", type=float, default=60.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer-python", help="interpreter that has the peers installed")
    parser.add_argument("--scale", help="comma-separated multiples: peak memory instead of speed")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        (scales if args.scale else compare)(args, Path(name))


if __name__ == "__main__":
    main()
