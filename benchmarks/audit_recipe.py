"""What recording costs a recipe from its raw corpora to its release, made by the command itself.

A process makes the recipe in an empty installation with one worker, so that whatever is hashed by a
node is hashed in it and seen; training, generation and evaluation run in jobs of their own, as
always. Seconds are the wall's while recording goes on: hashing what is made, checking what is read,
attempts, commits (which wait for the disk), manifests; and waiting for MLflow, its last answer at
the end included. MLflow is told beside the work: the CPU seconds of the process that does it, its
import and database among them, stand beside the others.

`again` makes the recipe in an installation that is empty but for MLflow's database, as all runs but
the first find it.

    python -m benchmarks.audit_recipe RECIPE FILE     the process: makes RECIPE, writes FILE
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psutil

from benchmarks.audit_provenance import Meter, metered
from benchmarks.processes import ROOT

MLFLOW = "MLflow"
CURVES = "MLflow, beside a job"
PROCESS = "MLflow, CPU of its process"
_ANSWERS_S = 60.0
_RUN_LOG = {"finish": MLFLOW, "fail": MLFLOW, "log_metrics": MLFLOW, "send": CURVES}
_TRACKER = {"start_run": MLFLOW, "register_model": MLFLOW, "tag_run": MLFLOW}


def measure(folder: Path, recipe: str) -> dict[str, Any]:
    """Make the recipe in processes of its own; raises CalledProcessError when one fails."""
    first, second = folder / "first", folder / "second"
    for installation in (first, second):
        (installation / "home").mkdir(parents=True)
    new = _made(first, recipe)
    shutil.copy(first / "home" / "mlflow.db", second / "home")
    return {"recipe": recipe, "new": new, "again": _made(second, recipe)}


def _made(folder: Path, recipe: str) -> dict[str, Any]:
    out = folder / "seconds.json"
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MATERIA_")},
        "MATERIA_HOME": str(folder / "home"),
        "MATERIA_LAKE": str(folder / "lake"),
        "MATERIA_WORKERS": "1",
    }
    command = [sys.executable, "-m", "benchmarks.audit_recipe", recipe, str(out)]
    subprocess.run(command, cwd=ROOT, env=env, check=True)
    found = json.loads(out.read_text())
    wall_s, seconds = found["wall_s"], found["seconds"]
    size = sum(path.stat().st_size for path in (folder / "lake").rglob("*") if path.is_file())
    own = sum(spent for name, spent in seconds.items() if name not in (MLFLOW, CURVES, PROCESS))
    waited = seconds.get(MLFLOW, 0.0)
    return {
        "wall_s": round(wall_s, 1),
        "artifacts": found["artifacts"],
        "lake_bytes": size,
        "seconds": {name: round(spent, 3) for name, spent in sorted(seconds.items())},
        "share": round((own + waited) / wall_s, 4),
        "share_without_mlflow": round(own / wall_s, 4),
        "share_of_waiting_for_mlflow": round(waited / wall_s, 4),
    }


@contextmanager
def told(meter: Meter) -> Iterator[None]:
    """Let a meter see the seconds that MLflow is waited for, and the CPU's of its process."""
    from orchestration.mlflow_process import RemoteWriter
    from orchestration.mlflow_run_log import MlflowRunLog
    from orchestration.tracker import MlflowTracker

    processes: dict[int, psutil.Process] = {}

    def remembering(writer: RemoteWriter) -> Any:
        channel = opened(writer)
        pid = writer._process.pid
        processes.setdefault(pid, psutil.Process(pid))
        return channel

    opened = RemoteWriter._open
    with ExitStack() as stack:
        for owner, names in ((MlflowRunLog, _RUN_LOG), (MlflowTracker, _TRACKER)):
            for name, label in names.items():
                timed = meter.timed(label, getattr(owner, name))
                stack.enter_context(patch.object(owner, name, timed))
        run_id = property(meter.timed(MLFLOW, lambda log: log._opening.result() or log._run_id))
        stack.enter_context(patch.object(MlflowRunLog, "run_id", run_id))
        stack.enter_context(patch.object(RemoteWriter, "_open", remembering))
        yield
        times = [process.cpu_times() for process in processes.values()]
        meter.seconds[PROCESS] = sum(each.user + each.system for each in times)


def wait_for_answers(home: Path) -> None:
    """Return when MLflow has been told everything; raises TimeoutError."""
    from orchestration.pending import Pending

    deadline = time.monotonic() + _ANSWERS_S
    while any(Pending(home / "sync").runs()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"MLflow was not told everything within {_ANSWERS_S} s")
        time.sleep(0.002)


def main() -> None:
    from orchestration import cli
    from orchestration.lake import open_lake
    from orchestration.settings import Settings

    recipe, out = sys.argv[1], Path(sys.argv[2])
    sys.argv = ["materia", "materialize", "--recipe", recipe, "--yes"]
    meter = Meter()
    with metered(meter), told(meter):
        started = time.perf_counter()
        try:
            cli.main()
        except SystemExit as ended:
            if ended.code:
                raise
        settings = Settings.from_env()
        meter.timed(MLFLOW, wait_for_answers)(settings.home)
        wall_s = time.perf_counter() - started
    artifacts = len(open_lake(settings).addresses())
    out.write_text(json.dumps({"wall_s": wall_s, "seconds": meter.seconds, "artifacts": artifacts}))


if __name__ == "__main__":
    main()
