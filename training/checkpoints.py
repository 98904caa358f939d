"""Step checkpoints of one job: committed by a manifest written last, verified before any use.

    resume_dir/step-000123/weights.safetensors, optimizer.safetensors, history.safetensors,
                           rng.safetensors, state.json, manifest.json

A folder without a manifest does not exist; nothing points at "the latest". Only safetensors and
JSON are read, so a checkpoint can hold wrong numbers but no code.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.crashpoints import crashpoint

_SCHEMA = "materia.step/1"
_LOCK_WAIT_S = 30.0
"""How long a new attempt waits for the last one to die (our choice: Kubernetes' grace period)."""


class ResumeError(RuntimeError):
    """Step checkpoints exist, but the job cannot go on from any of them."""


@dataclass(frozen=True, kw_only=True)
class StepCheckpoint:
    """A committed checkpoint whose files have the hashes of its manifest."""

    folder: Path
    step: int
    """Steps done: the next step to run."""
    manifest_sha256: str

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.folder / "state.json").read_text())
        return state


def commit_checkpoint(root: Path, step: int, write_files: Callable[[Path], None]) -> Path:
    """Write files into staging, hash and sync them, then publish; return the folder."""
    staging, folder = root / f".staging-{step:06d}", root / f"step-{step:06d}"
    shutil.rmtree(staging, ignore_errors=True)
    if folder.exists() and not (folder / "manifest.json").exists():
        shutil.rmtree(folder)  # Left by an attempt that died before its manifest.
    staging.mkdir(parents=True)
    crashpoint("checkpoint.before_files")
    write_files(staging)
    files = {}
    for path in sorted(staging.iterdir()):
        _sync(path)
        files[path.name] = {"size_bytes": path.stat().st_size, "sha256": _sha256(path)}
    _sync(staging)
    staging.rename(folder)
    _sync(root)
    crashpoint("checkpoint.before_manifest")
    manifest = {"schema": _SCHEMA, "step": step, "files": files}
    _create(folder / "manifest.json", json.dumps(manifest, indent=1, sort_keys=True))
    crashpoint("checkpoint.after_manifest")
    return folder


def find_checkpoint(root: Path, say: Callable[[str], None]) -> StepCheckpoint | None:
    """Return the highest checkpoint whose hashes hold, or None when none was ever committed.

    Raises ResumeError when there are manifests and all of them fail: training again from step 0
    would silently throw work away.
    """
    folders = _committed(root)
    problems = []
    for folder in reversed(folders):
        try:
            return _verified(folder)
        except ResumeError as error:
            problems.append(str(error))
            say(f"checkpoint not usable, trying the one before: {error}")
    if folders:
        raise ResumeError(
            f"none of the {len(folders)} checkpoints in {root} can be used ({problems[0]}): "
            "remove the folder to train from the start"
        )
    return None


def set_aside_above(root: Path, step: int) -> None:
    """Rename the checkpoints above the one in use: they are damaged, and kept to be looked at."""
    for folder in _committed(root):
        if int(folder.name.removeprefix("step-")) > step:
            target = folder.with_name(folder.name.replace("step-", "damaged-"))
            shutil.rmtree(target, ignore_errors=True)
            folder.rename(target)
    _sync(root)


def keep_newest(root: Path, keep: int) -> None:
    """Remove all but the newest checkpoints, each one's manifest first."""
    for folder in _committed(root)[:-keep]:
        (folder / "manifest.json").unlink()
        _sync(folder)
        shutil.rmtree(folder)


def refuse_drift(saved: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Raise ResumeError with every field that differs between a checkpoint and the spec."""
    before, now = dict(_flat("", saved)), dict(_flat("", asked))
    lines = [
        f"  {field}: checkpoint {before.get(field)!r}, spec {now.get(field)!r}"
        for field in sorted(before.keys() | now.keys())
        if before.get(field) != now.get(field)
    ]
    if lines:
        raise ResumeError(
            "the checkpoint belongs to another job:\n" + "\n".join(lines) + "\n"
            "restore these fields, or give the job a resume_dir of its own"
        )


@contextmanager
def exclusive(root: Path) -> Iterator[None]:
    """Hold the folder for one attempt; the lock dies with its process."""
    root.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + _LOCK_WAIT_S
    with (root / "lock").open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise ResumeError(
                        f"{root} is in use by another attempt of this job: wait for it, or end it"
                    ) from None
                time.sleep(0.2)
        for leftover in root.glob(".staging-*"):
            shutil.rmtree(leftover)
        yield


def _committed(root: Path) -> list[Path]:
    return sorted(path.parent for path in root.glob("step-*/manifest.json"))


def _verified(folder: Path) -> StepCheckpoint:
    text = (folder / "manifest.json").read_text()
    try:
        manifest = json.loads(text)
        step, files = manifest["step"], manifest["files"]
    except (ValueError, KeyError, TypeError):
        raise ResumeError(f"{folder.name}/manifest.json is not a {_SCHEMA} manifest") from None
    for name, entry in files.items():
        path = folder / name
        if not path.is_file():
            raise ResumeError(f"{folder.name}/{name} is missing")
        if path.stat().st_size != entry["size_bytes"] or _sha256(path) != entry["sha256"]:
            raise ResumeError(f"{folder.name}/{name} differs from its manifest")
    digest = hashlib.sha256(text.encode()).hexdigest()
    return StepCheckpoint(folder=folder, step=step, manifest_sha256=digest)


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key in value:
            yield from _flat(f"{prefix}.{key}" if prefix else str(key), value[key])
    else:
        yield prefix, value


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _create(path: Path, text: str) -> None:
    """Create a file with its whole content or not at all; raises FileExistsError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text)
    _sync(temporary)
    os.link(temporary, path)
    temporary.unlink()
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
