"""Gathers who, where and with what: commit, hash of the program, packages, host, processor."""

from __future__ import annotations

import hashlib
import os
import platform
import socket
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from assets.lineage.provenance import Provenance
from orchestration.settings import PROJECT_ROOT

_PACKAGES = (
    "dagster", "deepspeed", "gigatoken", "great-expectations", "matplotlib", "mlflow", "numba",
    "numpy", "polars", "py3langid", "pyarrow", "safetensors", "tokenizers", "torch", "wordllama",
    "zstandard",
)  # fmt: skip
"""Those that write or compute an artifact's bytes, and the two that record it."""
_PROGRAM = ("assets", "evaluation", "model", "orchestration", "training")
_CPUINFO = Path("/proc/cpuinfo")


def gather(dagster_run_id: str) -> Provenance:
    """Return the provenance of artifacts made by this process."""
    commit, dirty = _git()
    return Provenance(
        git_commit=commit,
        git_dirty=dirty,
        packages=dict(_versions()),
        host=socket.gethostname(),
        dagster_run_id=dagster_run_id,
        machine=machine(),
        code_digest=code_digest(),
    )


@cache
def machine() -> str:
    """Return processor and cores, as far as the system tells: "AMD EPYC 9654, 8 cores"."""
    lines = _CPUINFO.read_text().splitlines() if _CPUINFO.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    processor = next(names, "") or platform.machine()
    return f"{processor}, {os.cpu_count()} cores"


@cache
def code_digest() -> str:
    """Return a hash of the program's own source files: a dirty checkout, or none, has one too."""
    digest = hashlib.sha256()
    for package in _PROGRAM:
        for path in sorted((PROJECT_ROOT / package).rglob("*.py")):
            digest.update(f"{path.relative_to(PROJECT_ROOT).as_posix()}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@cache
def _git() -> tuple[str, bool]:
    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", *arguments], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
            )
        except FileNotFoundError:
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    commit = git("rev-parse", "HEAD")
    return (commit, bool(git("status", "--porcelain"))) if commit else ("unknown", True)


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    found = [("python", platform.python_version())]
    for name in _PACKAGES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return tuple(found)
