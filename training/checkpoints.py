"""Step checkpoints of one job: committed by a manifest written last, verified before any use.

    resume_dir/step-000123/weights.safetensors, optimizer.safetensors, history.safetensors,
                           rng.safetensors, state.json, manifest.json

A folder without a manifest does not exist; nothing points at "the latest". Only safetensors and
JSON are read, so a checkpoint can hold wrong numbers but no code.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from training.crashpoints import crashpoint

_SCHEMA = "materia.step/2"
_LOCK_WAIT_S = 30.0
"""How long a new attempt waits for the last one to die (our choice: Kubernetes' grace period)."""


class ResumeError(RuntimeError):
    """Step checkpoints exist, but the job cannot go on from any of them."""


class CheckpointError(OSError):
    """A checkpoint could not be written; the ones before are as they were."""


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


def commit_checkpoint(
    root: Path, step: int, write_files: Callable[[Path], None], *, num_bytes: int = 0
) -> Path:
    """Write files into staging, hash and sync them, then publish; return the folder.

    Raises CheckpointError when the disk refuses (`num_bytes` are about what it has to take), after
    removing what was written.
    """
    staging, folder = root / f".staging-{step:06d}", root / f"step-{step:06d}"
    try:
        root.mkdir(parents=True, exist_ok=True)
        _require_space(root, num_bytes)
        _write(root, staging, folder, step, write_files)
    except (OSError, SafetensorError) as error:
        for leftover in (staging, folder):
            if not (leftover / "manifest.json").exists():
                shutil.rmtree(leftover, ignore_errors=True)
        raise CheckpointError(
            f"checkpoint {folder} of about {num_bytes / 1e6:,.1f} MB was not written ({error}), "
            f"{_free_bytes(root) / 1e6:,.1f} MB are free: make room or mend the disk; the "
            "checkpoints before are whole"
        ) from error
    return folder


def _write(
    root: Path, staging: Path, folder: Path, step: int, write_files: Callable[[Path], None]
) -> None:
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
        if _step_of(folder) > step:
            target = folder.with_name(folder.name.replace("step-", "damaged-"))
            shutil.rmtree(target, ignore_errors=True)
            folder.rename(target)
    _sync(root)


def open_checkpoint(root: Path, step: int) -> StepCheckpoint:
    """Return the checkpoint of one step, verified; raises ResumeError when it is not usable."""
    folder = root / f"step-{step:06d}"
    if not (folder / "manifest.json").exists():
        raise ResumeError(f"there is no checkpoint {folder} to go back to")
    return _verified(folder)


def keep_only(
    root: Path,
    *,
    newest: int,
    every_steps: int = 0,
    anchor_of: Callable[[int], int | None] = lambda step: None,
) -> set[int]:
    """Remove checkpoints, each one's manifest first, and return the steps that are left.

    Kept are the newest, every multiple of `every_steps`, and the anchors that the kept ones may
    have to go back to.
    """
    folders = {_step_of(folder): folder for folder in _committed(root)}
    kept = set(sorted(folders)[-newest:])
    if every_steps:
        kept |= {step for step in folders if step % every_steps == 0}
    kept |= {anchor for step in kept if (anchor := anchor_of(step)) is not None}
    for step, folder in sorted(folders.items()):
        if step not in kept:
            (folder / "manifest.json").unlink()
            _sync(folder)
            shutil.rmtree(folder)
    return kept & folders.keys()


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
        _collect_garbage(root)
        yield


def _committed(root: Path) -> list[Path]:
    return sorted((path.parent for path in root.glob("step-*/manifest.json")), key=_step_of)


def _step_of(folder: Path) -> int:
    return int(folder.name.removeprefix("step-"))


def _collect_garbage(root: Path) -> None:
    """Remove what attempts that died have left: staging, and folders without a manifest."""
    for leftover in root.glob(".staging-*"):
        shutil.rmtree(leftover)
    for folder in root.glob("step-*"):
        if not (folder / "manifest.json").exists():
            shutil.rmtree(folder)


def _free_bytes(root: Path) -> int:
    try:
        return shutil.disk_usage(root).free
    except OSError:
        return 0  # The folder itself could not be made.


def _require_space(root: Path, num_bytes: int) -> None:
    """Leave a hundredth of the disk to the journal and to others (our choice)."""
    usage = shutil.disk_usage(root)
    if num_bytes and usage.free < num_bytes + usage.total // 100:
        raise OSError(errno.ENOSPC, "not enough space to begin")


def _verified(folder: Path) -> StepCheckpoint:
    text = (folder / "manifest.json").read_text()
    try:
        manifest = json.loads(text)
        schema, step, files = manifest["schema"], manifest["step"], manifest["files"]
    except (ValueError, KeyError, TypeError):
        raise ResumeError(f"{folder.name}/manifest.json is not a {_SCHEMA} manifest") from None
    if schema != _SCHEMA:
        raise ResumeError(f"{folder.name} is of {schema}, and this program reads {_SCHEMA} only")
    for name, entry in files.items():
        path = folder / name
        if not path.is_file():
            raise ResumeError(f"{folder.name}/{name} is missing")
        if path.stat().st_size != entry["size_bytes"] or _sha256(path) != entry["sha256"]:
            raise ResumeError(f"{folder.name}/{name} differs from its manifest")
    digest = hashlib.sha256(text.encode()).hexdigest()
    return StepCheckpoint(folder=folder, step=step, manifest_sha256=digest)


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
