"""Which exit code an error means: 1 for a problem that was found, 2 for bad usage."""

from __future__ import annotations

from assets.lineage.build import MissingInput
from assets.lineage.manifest import CommitConflict, StaleAttempt
from assets.lineage.workspace import LineageError
from assets.ports import JobFailed, TooCostly
from orchestration.mlflow_connection import TrackerError

FINE, FOUND_A_PROBLEM, BAD_USAGE = 0, 1, 2

_PROBLEMS = (
    CommitConflict, JobFailed, LineageError, LookupError, MissingInput, OSError, StaleAttempt,
    TooCostly, TrackerError,
)  # fmt: skip


def exit_code_of(error: BaseException) -> int | None:
    """Return the exit code of an error we foresaw, or None."""
    if isinstance(error, KeyError):
        return None
    if isinstance(error, ValueError):
        return BAD_USAGE
    return FOUND_A_PROBLEM if isinstance(error, _PROBLEMS) else None
