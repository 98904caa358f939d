"""What every launcher asks of a job before it takes it, and what a rank may inherit.

Nothing that is checked here is ever read by a shell; the checks are the first of two walls.
"""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from assets.ports import JobHandle, JobSpec
from orchestration.launchers.files import EXIT, HANDLE

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}")
_MODULE = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_INHERITED = re.compile(
    r"PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|VIRTUAL_ENV"
    r"|XDG_\w+|SSL_CERT_\w+|OMP_\w+|MKL_\w+|CUDA_\w+|NVIDIA_\w+|NCCL_\w+|GLOO_\w+|TORCH_\w+"
)
"""What a rank may inherit; all else, credentials above all, stays with the control plane."""


class JobAlreadyRunning(RuntimeError):
    """A job lives in this folder; two would write the same files."""


def validate(spec: JobSpec) -> None:
    """Raise ValueError for a job whose name, module, size, spec or variables are not sound."""
    if not _NAME.fullmatch(spec.name):
        raise ValueError(f"job name {spec.name!r} does not match {_NAME.pattern}: choose another")
    if not _MODULE.fullmatch(spec.module):
        raise ValueError(f"job module {spec.module!r} is not a dotted Python name")
    if spec.world_size < 1:
        raise ValueError(f"job {spec.name}: world_size is {spec.world_size}, must be at least 1")
    if not Path(spec.spec_path).is_file():
        raise ValueError(f"job {spec.name}: spec {spec.spec_path} does not exist: write it first")
    for variable, value in spec.env.items():
        if not _VARIABLE.fullmatch(variable) or "\0" in value:
            raise ValueError(f"job {spec.name}: {variable!r} is no environment variable")


def refuse_foreign(earlier: JobHandle, launcher: str) -> None:
    """Raise JobAlreadyRunning when another launcher's job in this folder has no recorded end.

    Only the launcher that started a job can say whether it still runs.
    """
    work_dir = Path(earlier.work_dir)
    ends = (work_dir / EXIT, *work_dir.glob(f"job-*/{EXIT}"))
    if earlier.launcher != launcher and not any(path.exists() for path in ends):
        raise JobAlreadyRunning(
            f"job {earlier.name} in {work_dir} was started by the launcher {earlier.launcher} and "
            f"left no {EXIT}: cancel it with MATERIA_LAUNCHER={earlier.launcher}, or remove "
            f"{HANDLE} there if it is gone"
        )


def inheritable(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of an environment that jobs may see."""
    return {name: value for name, value in environ.items() if _INHERITED.fullmatch(name)}


@contextmanager
def exclusive(work_dir: Path) -> Iterator[None]:
    """Let one submission at a time into a folder; the lock goes with the process that held it."""
    with (work_dir / "submit.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
