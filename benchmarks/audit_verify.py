"""`materia verify` against the machine: a plain loop of reads, the hash alone, and both at once.

All sides read the same files, put out of the page cache before each; the limit is the lower of what
the disk gives and what the cores hash. The ratio of CPU seconds holds on a busy machine too: the
bytes that verification gets through in a second of CPU, over those of the hash alone.
"""

from __future__ import annotations

import hashlib
import os
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from assets.lineage.build import hash_files
from assets.lineage.manifest import Manifest, digest_of
from assets.lineage.step import fingerprint_of
from benchmarks.audit_lake import made, write
from benchmarks.processes import evict
from benchmarks.speed import interleaved, ratio
from orchestration.lake import ObjectLake
from orchestration.stores import FileStore
from orchestration.verify import THREADS, Speed, Verification

FILE_BYTES = 256 << 20
"""A full shard of uint32 tokens: MAX_SHARD_TOKENS of assets/tokenizers/shards.py."""
_READ_BYTES = 1 << 20
_DROP_BYTES = 8 << 20
_HASHED_BYTES = 512 << 20


def measure(folder: Path, num_bytes: int, rounds: int) -> dict[str, Any]:
    lake, manifest, files = generate(folder, num_bytes)
    total = sum(entry.size_bytes for entry in manifest.files)
    speeds: list[Speed] = []
    cpu: dict[str, list[float]] = {"hash": [], "verify": []}

    def verified() -> None:
        evict(files)
        verification = Verification(lake)
        started = time.process_time()
        problems = verification.problems([manifest], [])
        cpu["verify"].append((time.process_time() - started) / total)
        assert not problems, problems
        speeds.append(verification.speed)
        started = time.process_time()
        hash_rate(1)
        cpu["hash"].append((time.process_time() - started) / _HASHED_BYTES)

    sides: dict[str, Callable[[], object]] = {
        "verify": verified,
        "read_1_thread": lambda: read(files, 1),
        f"read_{THREADS}_threads": lambda: read(files, THREADS),
        f"read_{THREADS}_threads_dropping": lambda: read(files, THREADS, drop=True),
    }
    times = interleaved(sides, rounds=rounds, clock=time.perf_counter)
    hashing = [hash_rate(THREADS) for _ in range(rounds)]
    reads = {name: seconds for name, seconds in times.items() if name != "verify"}
    best, plain = (
        min(names, key=lambda name: statistics.median(reads[name]))
        for names in (reads, [name for name in reads if not name.endswith("dropping")])
    )
    walls = [speed.wall_s for speed in speeds]
    by_hash = [total / rate for rate in hashing]
    by_both = [max(one, other) for one, other in zip(reads[best], by_hash, strict=True)]
    return {
        "bytes": total,
        "verify_mb_per_s": _rates(total, walls),
        **{f"{name}_mb_per_s": _rates(total, seconds) for name, seconds in reads.items()},
        "hash_in_memory_mb_per_s": {
            "1 thread": round(hash_rate(1) / 1e6),
            f"{THREADS} threads": round(statistics.median(hashing) / 1e6),
        },
        "verify_over_plain_read": ratio(reads[plain], walls),
        "verify_over_fastest_read": ratio(reads[best], walls),
        "verify_over_hash": ratio(by_hash, walls),
        "verify_over_lower_of_both": ratio(by_both, walls),
        "bytes_per_cpu_s_over_hash": ratio(cpu["hash"], cpu["verify"]),
        "limit": [speed.limit for speed in speeds],
        "share_of_time_reading": [
            round(speed.read_s / (speed.read_s + speed.hash_s), 2) for speed in speeds
        ],
    }


def generate(folder: Path, num_bytes: int) -> tuple[ObjectLake, Manifest, list[Path]]:
    """Commit an artifact of so many bytes that no file system compresses."""
    root = folder / "lake"
    manifest = made("checkpoints/stage1", "tiny", number=1)
    data = root / manifest.family / manifest.name / manifest.short / manifest.data_dir
    data.mkdir(parents=True)
    for number in range(max(1, num_bytes // FILE_BYTES)):
        with (data / f"{number:05d}.bin").open("wb") as file:
            for _ in range(FILE_BYTES >> 24):
                file.write(os.urandom(1 << 24))
    files = hash_files(data)
    print_of = fingerprint_of(manifest.node, manifest.config, manifest.code_version, [])
    target = root / manifest.family / manifest.name / print_of[:12]
    (data.parent).rename(target)
    manifest = replace(manifest, fingerprint=print_of, files=files, digest=digest_of(files))
    write(root, manifest)
    lake = ObjectLake(FileStore(root), folder / "cache")
    return lake, manifest, sorted((target / manifest.data_dir).iterdir())


def read(files: Sequence[Path], threads: int, *, drop: bool = False) -> None:
    """Read all files to their ends and do nothing with them; drop what was read, as verify does."""
    evict(files)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(partial(_read, drop=drop), files))


def hash_rate(threads: int) -> float:
    """Return bytes hashed per second by so many threads, from memory."""
    chunk = os.urandom(1 << 18)

    def work(_: int) -> None:
        digest = hashlib.sha256()
        for _ in range(_HASHED_BYTES // threads // len(chunk)):
            digest.update(chunk)

    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))
    return _HASHED_BYTES / (time.perf_counter() - started)


def _read(path: Path, drop: bool) -> None:
    buffer, done, dropped = bytearray(_READ_BYTES), 0, 0
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            done += count
            if drop and done - dropped >= _DROP_BYTES:
                os.posix_fadvise(file.fileno(), dropped, done - dropped, os.POSIX_FADV_DONTNEED)
                dropped = done


def _rates(total: int, seconds: Sequence[float]) -> dict[str, int]:
    rates = sorted(round(total / each / 1e6) for each in seconds)
    return {"min": rates[0], "median": round(statistics.median(rates)), "max": rates[-1]}
