"""Near-duplicate search beside public peers, end to end: speed, memory, recall and precision.

Every side works on the same two cores, from Parquet files of text to clusters on disk; ours
verifies every pair and writes the evidence, which the peers do not. Neither the peer's time nor
ours "to evidence", which is the one compared, holds a second copy of the documents; ours with it
stands beside. Rounds are interleaved because the speed of a shared machine drifts: the result is
the ratio, and the CPU time beside it. The corpus is real text with planted copies; --copies
repeats it with other words (dedup_corpus.py).

    python -m benchmarks.dedup [--megabytes 60] [--copies 2] [--rounds 3] [--peer-python PYTHON]
    python -m benchmarks.dedup --judge --megabytes 20     recall and precision per source
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
import pyarrow as pa

from assets.corpora.document_schema import PART_BYTES
from assets.corpora.document_tables import write_documents
from assets.mixtures.deduplication.relations import Kind
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

WARM_PART_BYTES = 1 << 17
SMALL_SHARE = 0.05
"""Of the corpus, for datatrove: it takes a minute for what others do in a second."""
Pairs = set[tuple[int, int]]


def write_corpus(folder: Path, num_bytes: int, copies: int) -> pl.DataFrame:
    """Write the corpus as each side wants it, and return it in the order of its rows."""
    base = list(real_texts(num_bytes))
    texts = [pair for copy in range(copies) for pair in planted(varied(base, copy), seed=2)]
    frame = frame_of(texts).with_row_index("row")
    write_sources(folder / "real", frame)
    # Copies in many parts, so that every worker meets every step before the clock starts.
    few = [rows.head(400) for _, rows in frame.group_by("source", maintain_order=True)]
    write_sources(folder / "warm", twice(pl.concat(few)), WARM_PART_BYTES)
    one_percent = varied(base, 99)[: max(1, len(base) * copies // 100)]
    extra = frame_of([("extra", text) for _, text in one_percent])
    write_sources(folder / "extra", extra)
    frame.write_parquet(folder / "real.parquet", row_group_size=max(1, frame.height // 8))
    frame.head(200).write_parquet(folder / "warm.parquet")
    small = frame.sample(fraction=SMALL_SHARE, seed=1)
    (folder / "small").mkdir()
    for index in range(2):
        small[index::2].write_parquet(folder / "small" / f"{index}.parquet")
    return frame


def twice(frame: pl.DataFrame) -> pl.DataFrame:
    """Return every document and a near copy of it."""
    copy = frame.with_columns(
        pl.col("doc_id", "text_hash").str.reverse(), (pl.col("text") + " and more").alias("text")
    )
    return pl.concat([frame, copy]).sort("source", "doc_id")


def write_sources(folder: Path, frame: pl.DataFrame, part_bytes: int = PART_BYTES) -> None:
    for (source,), rows in frame.group_by("source", maintain_order=True):
        target = folder / str(source)
        target.mkdir(parents=True)
        rows = rows.drop("row", strict=False)
        part = rows["text"].str.len_bytes().cast(pl.Int64).cum_sum() // part_bytes
        for number, (_, piece) in enumerate(rows.group_by(part, maintain_order=True)):
            write_documents(piece, target / f"{number:05d}.parquet")


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
    pairs: Pairs = set()
    first_row = 0
    for num_documents, files in result["relations"]:
        for file in files:
            pairs |= {(left + first_row, right + first_row) for left, right in links_of(Path(file))}
        first_row += num_documents
    for file in Path(result["scratch"], "links").rglob("*.arrow"):
        pairs |= links_of(file)
    return pairs


def links_of(file: Path) -> Pairs:
    """Return the pairs of one file of relations that are links."""
    relations = pl.from_arrow(pa.ipc.open_file(file).read_all())
    assert isinstance(relations, pl.DataFrame)
    links = relations.filter(pl.col("kind") == Kind.LINK)
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


def judge(args: argparse.Namespace, folder: Path) -> None:
    """Print recall and precision against both truths, per source."""
    frame = write_corpus(folder, int(args.megabytes * 1e6), 1)
    distinct = distinct_texts(frame)
    result = ours(folder)
    templates = {
        source: pl.read_parquet(path)["shingle"].to_numpy()
        for source, path in result["templates"].items()
    }
    truth = {"plain": truths(distinct, {}), "outside templates": truths(distinct, templates)}
    sides = {"materia": our_pairs(result)}
    if args.peer_python:
        rows = set(distinct["row"].to_list())
        held = pl.read_parquet(peer(args.peer_python, "daft", folder)["pairs"]).rows()
        sides["daft"] = {(a, b) for a, b in held if a in rows and b in rows}
    sources = frame["source"].to_list()
    print(f"{frame.height:,} documents, {megabytes(frame):.1f} MB")
    for name, pairs in sides.items():
        for which, true in truth.items():
            for source in sorted(set(sources)):
                own = {each for each in pairs if sources[each[0]] == source}
                meant = {each: value for each, value in true.items() if sources[each[0]] == source}
                print(f"{name}, {source}, {which}: {len(meant):,} pairs, {quality(own, meant)}")
    print(json.dumps(result["counts"]))


def compare(args: argparse.Namespace, folder: Path) -> None:
    frame = write_corpus(folder, int(args.megabytes * 1e6), args.copies)
    size = megabytes(frame)
    small = sum(megabytes(pl.read_parquet(f)) for f in (folder / "small").glob("*.parquet"))
    print(f"{frame.height:,} documents, {size:.1f} MB")
    del frame
    peers = ["daft", "datatrove"] if args.peer_python else []
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in ["materia", *peers]}
    floor = []
    for number in range(args.rounds):
        floor.append(reading_and_hashing_s(folder / "real.parquet"))
        results["materia"].append(ours(folder))
        for name in peers:
            if number == 0 or name == "daft":
                results[name].append(peer(args.peer_python, name, folder))
    own = results.pop("materia")
    for each in own:
        each["evidence_s"] = each["seconds"] - each["writing_s"]
        each["evidence_cpu_s"] = each["cpu_s"] - each["writing_cpu_s"]
    report("materia, to evidence on disk", size, own, "evidence_s", "evidence_cpu_s")
    report("materia, and documents on disk", size, own, "seconds", "cpu_s")
    for name, runs in results.items():
        amount = small if name == "datatrove" else size
        report(name, amount, runs, "seconds", "cpu_s")
        for what, mine, theirs in (
            ("wall time", "evidence_s", "seconds"),
            ("CPU time", "evidence_cpu_s", "cpu_s"),
        ):
            ratios = [
                their[theirs] / amount * size / our[mine]
                for our, their in zip(own, runs, strict=False)
            ]
            print(f"  its {what} over ours, to evidence: {spread(ratios)}")
    added(own)
    print(f"reading and one hash pass alone: {statistics.median(floor):.2f} s")


def spread(values: list[float], digits: int = 2) -> str:
    least, most = min(values), max(values)
    return f"{statistics.median(values):.{digits}f} ({least:.{digits}f} to {most:.{digits}f})"


def added(own: list[dict[str, Any]]) -> None:
    """Print what 1% more data costs, and where the time of the median run went."""
    wall = [(e["more_s"] - e["more_writing_s"]) / e["evidence_s"] * 100 for e in own]
    cpu = [(e["more_cpu_s"] - e["more_writing_cpu_s"]) / e["evidence_cpu_s"] * 100 for e in own]
    print(
        f"1% more data, to evidence, percent of the whole: {spread(wall, 1)} of its wall time, "
        f"{spread(cpu, 1)} of its CPU time"
    )
    last = sorted(own, key=lambda each: float(each["evidence_cpu_s"]))[len(own) // 2]
    print(f"processes start in {last['starting_s']:.1f} s, not counted")
    for name in ("steps", "cpu_steps", "more_cpu_steps"):
        print(name, json.dumps({key: round(value, 2) for key, value in last[name].items()}))


def report(name: str, amount: float, runs: list[dict[str, Any]], wall: str, cpu: str) -> None:
    print(
        f"{name}: {spread([amount / each[wall] for each in runs], 1)} MB/s wall, "
        f"{spread([amount / each[cpu] for each in runs], 1)} MB per CPU second, "
        f"peak {max(each['peak_mb'] for each in runs):.0f} MB"
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
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--judge", action="store_true", help="recall and precision, not speed")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer-python", help="interpreter that has the peers installed")
    parser.add_argument("--scale", help="comma-separated multiples: peak memory instead of speed")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        (scales if args.scale else judge if args.judge else compare)(args, Path(name))


if __name__ == "__main__":
    main()
