"""What recording costs a recipe from its raw corpora to its release, made by the command itself.

A process makes the recipe in an empty installation with one worker, so that whatever is hashed by a
node is hashed in it and seen; training, generation and evaluation run in jobs of their own, as
always. Seconds are the wall's while recording goes on: hashing what is made, checking what is read,
attempts, commits (which wait for the disk), manifests; and telling MLflow, while a node waits for
it or beside a training job.

    python -m benchmarks.audit_recipe RECIPE FILE     the process: makes RECIPE, writes FILE
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.audit_provenance import Meter, metered
from benchmarks.processes import ROOT

MLFLOW = "MLflow"
CURVES = "MLflow, beside a job"
_RUN_LOG = {"open": MLFLOW, "finish": MLFLOW, "fail": MLFLOW, "log_metrics": CURVES, "send": CURVES}
_TRACKER = {"register_model": MLFLOW, "tag_run": MLFLOW}


def measure(folder: Path, recipe: str) -> dict[str, Any]:
    """Make the recipe in a process of its own; raises CalledProcessError when it fails."""
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
    lake = sum(path.stat().st_size for path in (folder / "lake").rglob("*") if path.is_file())
    own = sum(spent for name, spent in seconds.items() if name not in (MLFLOW, CURVES))
    return {
        "recipe": recipe,
        "wall_s": round(wall_s, 1),
        "artifacts": found["artifacts"],
        "lake_bytes": lake,
        "seconds": {name: round(spent, 3) for name, spent in sorted(seconds.items())},
        "share_without_mlflow": round(own / wall_s, 4),
        "share_of_mlflow": round(seconds.get(MLFLOW, 0.0) / wall_s, 4),
    }


@contextmanager
def told(meter: Meter) -> Iterator[None]:
    """Let a meter see the seconds that MLflow is told in."""
    from orchestration.tracker import MlflowRunLog, MlflowTracker

    with ExitStack() as stack:
        for owner, names in ((MlflowRunLog, _RUN_LOG), (MlflowTracker, _TRACKER)):
            for name, label in names.items():
                timed = meter.timed(label, getattr(owner, name))
                stack.enter_context(patch.object(owner, name, timed))
        yield


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
        wall_s = time.perf_counter() - started
    artifacts = len(open_lake(Settings.from_env()).addresses())
    out.write_text(json.dumps({"wall_s": wall_s, "seconds": meter.seconds, "artifacts": artifacts}))


if __name__ == "__main__":
    main()
