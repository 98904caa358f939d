"""Tracing one document among many: the document index, built and asked, on tables as assets write
them: parts of 25,000 documents sorted by id, packed indexes of row groups of 262,144.

Twenty sources; a twentieth as many records were dropped, a fiftieth of the documents merged and
another held out; stage 1 selects and packs all others, in one or two pieces, stages 2 and 3 a tenth
each. Texts are left short: a trace reads none, and a hundred million of real length are 250 GB.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from assets.corpora.sources import SOURCES
from assets.lineage.manifest import FileEntry, Manifest, digest_of
from assets.lineage.trace import trace
from benchmarks.audit_lake import made, write
from benchmarks.processes import evict, run, told
from orchestration.lake import ObjectLake
from orchestration.stores import FileStore
from training.shards import ShardsInfo

NUM_SOURCES = 20
PART_DOCUMENTS = 25_000
"""64 MiB of texts of 2.5 KB: PART_BYTES of assets/corpora/document_schema.py."""
ROW_GROUP = 1 << 18
CONTEXT, PER_SHARD = 8192, 8192
ASKED = 50

_HEX = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), dtype="<u2")
_BUILD = """
import resource, time
from assets.lineage.document_index import DocumentIndex
from orchestration.lake import open_lake
from orchestration.settings import Settings
lake = open_lake(Settings.from_env())
started = time.perf_counter(), time.process_time()
with DocumentIndex.open(lake):
    pass
peak = [line for line in open("/proc/self/status") if line.startswith("VmHWM")][0].split()[1]
print(time.perf_counter() - started[0], time.process_time() - started[1], int(peak) << 10)
"""
"""In a process of its own, for its peak of memory."""


def measure(folder: Path, num_documents: int, rounds: int) -> dict[str, Any]:
    root, home = folder / "lake", folder / "home"
    ids = generate(root, num_documents)
    env = {"MATERIA_LAKE": str(root), "MATERIA_HOME": str(home)}
    wall_s, cpu_s, peak = map(float, run(["-c", _BUILD], env).output.split())
    lake = ObjectLake(FileStore(root), home / "cache")
    index = sum(path.stat().st_size for path in (lake.derived / "documents").iterdir())
    found: dict[str, Any] = {
        "documents": num_documents,
        "tables_bytes": sum(path.stat().st_size for path in root.rglob("*.parquet")),
        "index_bytes": index,
        "index_bytes_per_million_documents": round(index / num_documents * 1e6),
        "index_built_wall_s": round(wall_s, 2),
        "index_built_cpu_s": round(cpu_s, 2),
        "index_built_peak_mb": round(peak / 1e6),
    }
    command = ["-m", "orchestration.cli", "trace", "--json", "--doc"]
    run([*command, ids[0]], env)
    found["python_start"] = told([run(["-c", "pass"], env) for _ in range(rounds)])
    found["trace_process"] = told([run([*command, ids[n]], env) for n in range(rounds)])
    files = [path for path in folder.rglob("*") if path.is_file()]
    cold = []
    for number in range(rounds):
        evict(files)
        cold.append(run([*command, ids[rounds + number]], env))
    found["trace_process_out_of_the_cache"] = told(cold)
    found |= _in_process(lake, ids)
    return found


def _in_process(lake: ObjectLake, ids: list[str]) -> dict[str, Any]:
    seconds, right = [], 0
    for doc_id in ids:
        started = time.perf_counter()
        result = trace(lake, doc_id=doc_id)
        seconds.append(1e3 * (time.perf_counter() - started))
        steps = [t["steps"] for o in result.occurrences for t in o["training"]]
        right += result.doc_ids == [doc_id] and bool(result.occurrences) and any(steps)
    unknown = "0" * 32
    started = time.perf_counter()
    assert trace(lake, doc_id=unknown).status == "unknown"
    return {
        "trace_in_process_ms": {
            "min": round(min(seconds), 2),
            "median": round(statistics.median(seconds), 2),
            "max": round(max(seconds), 2),
        },
        "unknown_in_process_ms": round(1e3 * (time.perf_counter() - started), 2),
        "documents_followed_to_their_steps": f"{right} of {len(ids)}",
    }


def generate(root: Path, num_documents: int) -> list[str]:
    """Write a lake; return ids of documents that were trained on."""
    rng = np.random.default_rng(1)
    names = sorted(SOURCES)[:NUM_SOURCES]
    ranges = max(1, round(num_documents / NUM_SOURCES / PART_DOCUMENTS))
    size = num_documents // NUM_SOURCES // ranges
    tables = _Tables(root, names)
    asked: list[str] = []
    for number in range(ranges):
        ids = []
        for name in names:
            own = hexes(rng, size, number, ranges)
            tables.write_part(name, number, own, rng)
            ids.append(own)
        every = pl.concat(ids).sort()
        asked += tables.pack(number, every, rng)
    tables.close()
    random.Random(1).shuffle(asked)
    return asked[:ASKED]


def hexes(rng: np.random.Generator, count: int, part: int = 0, parts: int = 1) -> pl.Series:
    """Return sorted random hashes of one range out of several."""
    high = np.sort((part + rng.random(count)) / parts * (1 << 63)).astype(np.uint64) << np.uint64(1)
    low = rng.integers(0, 1 << 64, count, dtype=np.uint64)
    octets = np.stack([high.byteswap(), low], axis=1).view(np.uint8)
    content = _HEX[octets].tobytes()
    offsets = pa.py_buffer(np.arange(0, 32 * (count + 1), 32, dtype=np.int64))
    array = pa.LargeStringArray.from_buffers(count, offsets, pa.py_buffer(content))
    return pl.Series("doc_id", array)


class _Tables:
    """The artifacts of one recipe, written as documents come."""

    def __init__(self, root: Path, names: list[str]) -> None:
        self._root, self._number = root, 0
        self._corpora: dict[str, Manifest] = {}
        for name in names:
            config = {"source": SOURCES[name].to_dict(), "snapshot": {"files": []}}
            raw = self._commit(made("corpora/raw", name, number=0, config=config))
            self._corpora[name] = made("corpora/documents", name, [raw], number=1)
        corpora = list(self._corpora.values())
        self._deduped = made("mixtures/deduped", "tiny", corpora, number=2)
        self._clean = made("mixtures/decontaminated", "tiny", [self._deduped], number=3)
        self._chosen = [
            made(f"mixtures/stage{stage}", "tiny", [self._clean], number=3) for stage in (1, 2, 3)
        ]
        self._stages = [
            made(f"tokenizers/shards_{chosen.name}", "tiny", [self._clean, chosen], number=4)
            for chosen in self._chosen
        ]
        self._writers: dict[Path, pq.ParquetWriter] = {}
        self._samples = [0, 0, 0]

    def write_part(self, name: str, number: int, ids: pl.Series, rng: np.random.Generator) -> None:
        """Write one part of a source's documents, and of its dropped ones."""
        rows = pl.DataFrame({"doc_id": ids}).with_columns(
            pl.lit(name).alias("source"),
            pl.format("{}/{}", pl.lit(number), pl.int_range(len(ids))).alias("native_id"),
            pl.lit("A title").alias("title"),
            pl.lit("A text.").alias("text"),
            hexes(rng, len(ids)).shuffle(seed=number).alias("text_hash"),
            pl.lit("en").alias("language"),
            pl.lit("medical").alias("domain"),
            pl.lit("CC-BY-4.0").alias("licence"),
            pl.lit("{}").alias("provenance"),
        )
        dropped = hexes(rng, len(ids) // 20)
        gone = pl.DataFrame({"doc_id": dropped}).select(
            "doc_id",
            pl.lit(name).alias("source"),
            pl.lit("n").alias("native_id"),
            pl.lit("A title").alias("title"),
            pl.lit("too_short").alias("reason"),
            pl.lit("").alias("excerpt"),
            hexes(rng, len(dropped)).alias("text_hash"),
        )
        folder = self._folder(self._corpora[name])
        for table, frame in (("documents", rows), ("dropped", gone)):
            path = folder / table / f"{number:05d}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            frame.write_parquet(path, compression="zstd")

    def pack(self, number: int, ids: pl.Series, rng: np.random.Generator) -> list[str]:
        """Merge, hold out and pack the documents of one range; return some that were packed."""
        fate = rng.random(len(ids))
        merged, heldout = ids.filter(pl.Series(fate < 0.02)), ids.filter(pl.Series(fate > 0.98))
        left = ids.filter(pl.Series((fate >= 0.02) & (fate <= 0.98)))
        others = {"source": "s", "native_id": "n", "licence": "CC-BY-4.0", "domain": "medical"}
        near = {"source": "s", "kept_doc_id": left[0], "similarity": 0.9, "rule": "near"}
        self._append(self._deduped, "merged", merged, near)
        self._append(self._clean, "heldout", heldout, others)
        self._write(self._deduped, number, ids.filter(pl.Series(fate >= 0.02)), others)
        self._write(self._clean, number, left, others)
        for stage, share in enumerate((1.0, 0.1, 0.1)):
            chosen = left.filter(pl.Series(rng.random(len(left)) < share))
            self._append(
                self._chosen[stage], "selection", chosen, {"num_tokens": 800, "repeats": 1}
            )
            times = rng.integers(1, 3, len(chosen))
            pieces = chosen.gather(np.repeat(np.arange(len(chosen)), times))
            self._append(self._stages[stage], "index", pieces, self._places(stage, pieces, rng))
        return list(left.sample(min(ASKED, len(left)), seed=1))

    def close(self) -> None:
        """Commit everything, and the models that read it."""
        for writer in self._writers.values():
            writer.close()
        for manifest in (
            *self._corpora.values(), self._deduped, self._clean, *self._chosen,
        ):  # fmt: skip
            self._commit(manifest)
        before: list[Manifest] = []
        for stage, shards in enumerate(self._stages):
            info = ShardsInfo(
                context_tokens=CONTEXT,
                vocab_size=133_120,
                pad_id=0,
                dtype="uint32",
                num_samples=self._samples[stage] + 1,
                samples_per_shard=PER_SHARD,
                num_tokens=1,
                has_loss_mask=False,
            )
            (self._folder(shards) / "shards.json").write_text(json.dumps(asdict(info)))
            read = self._commit(shards)
            steps = -(-info.num_samples // 64)
            model = made(
                f"checkpoints/stage{stage + 1}", "tiny", [read, *before], number=10 + stage
            )
            config = {"data_seed": 1, "batch_samples": 64}
            before = [
                self._commit(replace(model, config=config, counts={"steps": steps, "tokens": 1}))
            ]
        self._commit(made("releases/release", "tiny", before, number=20))

    def _places(self, stage: int, pieces: pl.Series, rng: np.random.Generator) -> dict[str, Any]:
        """Give each piece a place: samples hold some ten pieces, drawn as packing scatters them."""
        first = self._samples[stage]
        samples = max(1, len(pieces) // 10)
        self._samples[stage] += samples
        start: npt.NDArray[np.uint32] = rng.integers(0, CONTEXT - 800, len(pieces), dtype=np.uint32)
        return {
            "sample": rng.integers(first, first + samples, len(pieces), dtype=np.uint32),
            "start": start,
            "end": start + np.uint32(800),
            "piece": np.zeros(len(pieces), np.uint32),
            "copy": np.zeros(len(pieces), np.uint32),
        }

    def _write(self, manifest: Manifest, part: int, ids: pl.Series, others: dict[str, Any]) -> None:
        """Write one part of a table of documents."""
        path = self._folder(manifest) / "documents" / f"{part:05d}.parquet"
        path.parent.mkdir(exist_ok=True)
        _frame(ids, others).write_parquet(path, compression="zstd")

    def _append(
        self, manifest: Manifest, table: str, ids: pl.Series, others: dict[str, Any]
    ) -> None:
        """Add rows to a table in one file."""
        path = self._folder(manifest) / f"{table}.parquet"
        rows = _frame(ids, others).to_arrow()
        if path not in self._writers:
            self._writers[path] = pq.ParquetWriter(path, rows.schema, compression="zstd")
        self._writers[path].write_table(rows, row_group_size=ROW_GROUP)

    def _folder(self, manifest: Manifest) -> Path:
        folder = self._root / manifest.family / manifest.name / manifest.short / manifest.data_dir
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _commit(self, manifest: Manifest) -> Manifest:
        """Write the manifest of the files that are there, with their sizes and no hashes."""
        files = tuple(_entries(self._folder(manifest))) or manifest.files
        manifest = replace(manifest, files=files, digest=digest_of(files))
        return write(self._root, manifest)


def _frame(ids: pl.Series, others: dict[str, Any]) -> pl.DataFrame:
    columns = [
        pl.Series(name, value) if isinstance(value, np.ndarray) else pl.lit(value).alias(name)
        for name, value in others.items()
    ]
    return pl.DataFrame({"doc_id": ids}).with_columns(columns)


def _entries(folder: Path) -> Iterator[FileEntry]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            yield FileEntry(path=name, size_bytes=path.stat().st_size, sha256="0" * 64)
