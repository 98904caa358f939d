"""The embedded dagster.yaml: SQLite or PostgreSQL, no telemetry, limits that Dagster leaves open.

The file is ours as long as its first line is; one that a person has taken over is left alone.
"""

from __future__ import annotations

import fcntl
import importlib.util
from pathlib import Path

import dagster as dg

from orchestration.settings import without_password

FILE = "dagster.yaml"


class DatabaseUnavailable(OSError):
    """Dagster's database does not answer, or refuses us."""


_FIRST_LINE = (
    "# Written by materia and rewritten when it changes; delete this line to keep yours.\n"
)

MAX_RUNTIME_S = 14 * 24 * 3600
"""Our choice: two weeks. Without it a run whose worker vanished would stay STARTED for ever."""

_SQLITE = """\
storage:
  sqlite:
    base_dir: {storage}
"""
_POSTGRES = """\
storage:
  postgres:
    # Read when Dagster starts: the address holds a password.
    postgres_url:
      env: MATERIA_DAGSTER_DB
"""
_TEMPLATE = """\
local_artifact_storage:
  module: dagster.core.storage.root
  class: LocalArtifactStorage
  config:
    base_dir: {storage}
compute_logs:
  module: dagster.core.storage.local_compute_log_manager
  class: LocalComputeLogManager
  config:
    base_dir: {compute_logs}
telemetry:
  enabled: false
nux:
  enabled: false
run_monitoring:
  enabled: true
  # Dagster reports a late start as failed without ending it: be patient on a busy machine.
  start_timeout_seconds: 300
  cancel_timeout_seconds: 180
  max_runtime_seconds: {max_runtime_s}
  # The default launcher cannot resume a run; asking for it would fail at start-up.
  max_resume_run_attempts: 0
  poll_interval_seconds: 30
  # Unset, a killed run would keep its pool slot for ever.
  free_slots_after_run_end_seconds: 60
run_retries:
  enabled: false
  max_retries: 0
  # A failed step is retried by its own policy; both together would multiply.
  retry_on_asset_or_op_failure: false
concurrency:
  pools:
    # One job at a time on one machine.
    default_limit: 1
    granularity: op
  runs:
    max_concurrent_runs: 4
"""


def prepare_instance(dagster_home: Path, database: str = "") -> None:
    """Write dagster.yaml and create its databases, one process at a time.

    With a database the environment has MATERIA_DAGSTER_DB, as prepare_environment leaves it.
    Dagster creates them without a lock: of two processes that first meet an empty home at once,
    such as our webserver and daemon, one ends with two heads in `alembic_version` and does not
    start again.
    """
    if database:
        _require_driver()
    write_dagster_yaml(dagster_home, database)
    with (dagster_home / ".creating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            with dg.DagsterInstance.from_config(str(dagster_home)) as instance:
                # Opens each of the three storages.
                instance.get_runs_count()
        except Exception as error:
            if not database or not _is_of_database(error):
                raise
            raise DatabaseUnavailable(
                f"Dagster's database {without_password(database)} cannot be opened: start it, make "
                f"the database, or correct MATERIA_DAGSTER_DB ({type(error).__name__}: {error})"
            ) from error


def write_dagster_yaml(dagster_home: Path, database: str = "") -> Path:
    """Write dagster.yaml unless a person has made it theirs; returns its path."""
    dagster_home.mkdir(parents=True, exist_ok=True)
    path = dagster_home / FILE
    home = dagster_home.absolute()
    template = (_POSTGRES if database else _SQLITE) + _TEMPLATE
    content = _FIRST_LINE + template.format(
        storage=_quoted(home / "storage"),
        compute_logs=_quoted(home / "compute_logs"),
        max_runtime_s=MAX_RUNTIME_S,
    )
    current = path.read_text() if path.exists() else _FIRST_LINE
    if current.startswith(_FIRST_LINE) and current != content:
        temporary = path.with_suffix(".new")
        temporary.write_text(content)
        temporary.replace(path)
    return path


def _is_of_database(error: Exception) -> bool:
    return type(error).__module__.split(".")[0] in ("dagster_postgres", "sqlalchemy", "psycopg2")


def _require_driver() -> None:
    if importlib.util.find_spec("dagster_postgres") is None:
        raise ValueError(
            "MATERIA_DAGSTER_DB is set, but Dagster's PostgreSQL storage is not installed: "
            "pip install 'materia[postgres]', or unset it to use SQLite"
        )


def _quoted(path: Path) -> str:
    """Return a path as a YAML string, whatever characters it has."""
    return "'" + str(path).replace("'", "''") + "'"
