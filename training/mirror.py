"""Step checkpoints kept a second time, on S3, so that a job can go on on another machine.

    remote_dir/owner.json                          the attempt that may commit (fencing token)
    remote_dir/step-000123/TOKEN/weights.safetensors, ..., journal.jsonl
    remote_dir/step-000123/manifest.json           created last and exclusively

Local checkpoints stay what a job resumes from; what the mirror has beyond them is fetched first.
Files lie under the token of their attempt, so a stale one cannot overwrite what is committed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Collection
from pathlib import Path
from typing import Any

from training.checkpoints import (
    CheckpointError,
    ResumeError,
    commit_checkpoint,
    find_checkpoint,
    set_aside_above,
)
from training.objects import Objects, open_objects
from training.progress import Say
from training.spec import TrainExecution

_SCHEMA = "materia.step-mirror/1"
_JOURNAL = "journal.jsonl"


class MirrorError(CheckpointError):
    """A checkpoint is committed on this machine, but not on the mirror."""


class StaleAttempt(ResumeError):
    """A later attempt of the same job has taken over; this one may commit nothing more."""


class Mirror:
    """One attempt's view of the remote folder."""

    def __init__(self, root: str, objects: Objects, say: Say) -> None:
        self._root, self._objects, self._say = root, objects, say
        self._token = uuid.uuid4().hex[:12]

    def claim(self) -> None:
        """Take over from any attempt before; its next commit is refused."""
        self._objects.write("owner.json", json.dumps({"token": self._token}).encode())

    def fetch_newer(self, local: Path, journal: Path) -> None:
        """Bring the newest whole checkpoint to this machine, unless it has one as new.

        Raises ResumeError when checkpoints exist, here or there, and none of them is whole.
        """
        here, problem = _newest_here(local, self._say)
        damaged: list[int] = []
        for step in sorted((s for s in self._steps() if s > here), reverse=True):
            try:
                self._fetch(step, local, journal, above=here)
            except ResumeError as error:
                problem = problem or error
                damaged.append(step)
                self._say(f"mirrored checkpoint not usable, trying the one before: {error}")
            else:
                self._say(f"fetched the checkpoint of step {step} from {self._root}")
                here = step
                break
        if problem and not here:
            raise problem
        for step in damaged:
            self._set_aside(step)

    def push(self, folder: Path, step: int, journal: Path, journal_bytes: int) -> None:
        """Commit a local checkpoint on the mirror too.

        Raises StaleAttempt when another attempt owns the folder, MirrorError for the network.
        """
        try:
            self._refuse_if_stale()
            files = self._upload(folder, step, journal, journal_bytes)
            manifest = {"schema": _SCHEMA, "step": step, "data": self._token, "files": files}
            self._refuse_if_stale()
            content = json.dumps(manifest, indent=1, sort_keys=True).encode()
            self._objects.create(f"{_name(step)}/manifest.json", content)
        except FileExistsError:
            raise StaleAttempt(
                f"step {step} in {self._root} was committed by another attempt: this one ends"
            ) from None
        except OSError as error:
            raise MirrorError(
                f"checkpoint {step} was not mirrored to {self._root} ({error}); it is whole in "
                f"{folder}: look at the network and the credentials"
            ) from error

    def keep_only(self, steps: Collection[int]) -> None:
        """Remove older checkpoints, each one's manifest first, and what dead attempts left."""
        newest = max(steps, default=0)
        try:
            self._refuse_if_stale()
            names = list(self._objects.names())
            for name in sorted(names, key=lambda name: not name.endswith("/manifest.json")):
                step = _step_of(name)
                if step is not None and step < newest and step not in steps:
                    self._objects.remove(name)
        except OSError as error:
            raise MirrorError(f"old checkpoints in {self._root} remain: {error}") from error

    def _steps(self) -> list[int]:
        names = self._objects.names()
        steps = [_step_of(name) for name in names if name.endswith("/manifest.json")]
        return [step for step in steps if step is not None]

    def _upload(
        self, folder: Path, step: int, journal: Path, journal_bytes: int
    ) -> dict[str, dict[str, Any]]:
        told: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
        files: dict[str, dict[str, Any]] = told["files"]
        for name in files:
            self._objects.upload(folder / name, f"{_name(step)}/{self._token}/{name}")
        with journal.open("rb") as file:
            head = file.read(journal_bytes)
        self._objects.write(f"{_name(step)}/{self._token}/{_JOURNAL}", head)
        entry = {"size_bytes": len(head), "sha256": hashlib.sha256(head).hexdigest()}
        return {**files, _JOURNAL: entry}

    def _fetch(self, step: int, local: Path, journal: Path, *, above: int) -> None:
        text = self._objects.read(f"{_name(step)}/manifest.json")
        try:
            manifest = json.loads(text or b"")
            data, files = manifest["data"], manifest["files"]
        except (ValueError, KeyError, TypeError):
            raise ResumeError(f"{self._root}/{_name(step)} has no {_SCHEMA} manifest") from None
        folder = local / ".fetched"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, entry in files.items():
            if Path(name).name != name:
                raise ResumeError(f"{self._root}/{_name(step)} names a file {name!r}")
            self._download(f"{_name(step)}/{data}/{name}", folder / name, entry)
        head = (folder / _JOURNAL).read_bytes()
        (folder / _JOURNAL).unlink()
        if not journal.exists() or journal.stat().st_size < len(head):
            journal.parent.mkdir(parents=True, exist_ok=True)
            journal.write_bytes(head)
        size = sum(entry["size_bytes"] for entry in files.values())
        set_aside_above(local, above)
        commit_checkpoint(local, step, lambda target: _move(folder, target), num_bytes=size)
        shutil.rmtree(folder)

    def _download(self, name: str, target: Path, entry: dict[str, Any]) -> None:
        try:
            self._objects.download(name, target)
        except FileNotFoundError:
            raise ResumeError(f"{self._root}/{name} is missing") from None
        with target.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != entry["sha256"]:
            raise ResumeError(f"{self._root}/{name} differs from its manifest")

    def _set_aside(self, step: int) -> None:
        """Free the name of a damaged checkpoint; what it was can still be looked at."""
        content = self._objects.read(f"{_name(step)}/manifest.json")
        self._objects.write(f"damaged-{step:06d}/manifest.json", content or b"")
        self._objects.remove(f"{_name(step)}/manifest.json")

    def _refuse_if_stale(self) -> None:
        owner = self._objects.read("owner.json")
        if owner is None or json.loads(owner)["token"] != self._token:
            raise StaleAttempt(
                f"another attempt has taken over {self._root}: this one may commit no more"
            )


def open_mirror(execution: TrainExecution, say: Say) -> Mirror | None:
    """Take over the remote folder of a job and fetch what it has beyond the local one."""
    if execution.remote_dir is None:
        return None
    mirror = Mirror(execution.remote_dir, open_objects(execution.remote_dir), say)
    mirror.claim()
    mirror.fetch_newer(Path(execution.resume_dir), Path(execution.journal_path))
    return mirror


def _newest_here(local: Path, say: Say) -> tuple[int, ResumeError | None]:
    """Return (step of the newest whole local checkpoint or 0, why there is none)."""
    try:
        found = find_checkpoint(local, say)
    except ResumeError as problem:
        return 0, problem
    return (found.step if found else 0), None


def _move(source: Path, target: Path) -> None:
    for path in source.iterdir():
        path.rename(target / path.name)


def _name(step: int) -> str:
    return f"step-{step:06d}"


def _step_of(name: str) -> int | None:
    head = name.split("/")[0].removeprefix("step-")
    return int(head) if head.isdigit() and "/" in name else None
