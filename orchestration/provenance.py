"""Gathers who, where and with what: git commit, package versions, host."""

from __future__ import annotations

import socket
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from assets.lineage.provenance import Provenance
from orchestration.settings import PROJECT_ROOT

_PACKAGES = (
    "dagster", "deepspeed", "mlflow", "numpy", "polars", "pyarrow", "safetensors", "tokenizers",
    "torch",
)  # fmt: skip


def gather(dagster_run_id: str) -> Provenance:
    """Return the provenance of artifacts made by this process."""
    commit, dirty = _git()
    return Provenance(
        git_commit=commit,
        git_dirty=dirty,
        packages=dict(_versions()),
        host=socket.gethostname(),
        dagster_run_id=dagster_run_id,
    )


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
    found = []
    for name in _PACKAGES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return tuple(found)
