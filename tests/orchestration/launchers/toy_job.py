"""A job for launcher tests: does what its spec says, per rank, without any engine."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

from dagster_pipes import open_dagster_pipes


def main() -> None:
    spec = json.loads(Path(sys.argv[1]).read_text())
    rank = os.environ["RANK"]
    out = Path(spec["out"])
    (out / f"env-{rank}.json").write_text(json.dumps(dict(os.environ)))
    (out / f"arguments-{rank}.json").write_text(json.dumps(sys.argv[2:]))
    print(f"rank {rank} of {os.environ['WORLD_SIZE']} started in {Path.cwd()}", flush=True)
    action = spec.get(rank, spec.get("all", {"do": "succeed"}))
    if action["do"] == "fail":
        time.sleep(action.get("after_s", 0))
        print(f"rank {rank} gives up: {action['says']}", flush=True)
        sys.exit(action["code"])
    if action["do"] == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if action["do"] == "report" or action.get("reports"):
        with open_dagster_pipes() as pipes:
            pipes.log.info(f"said by rank {rank}")
    if action["do"] == "grow":
        resource.setrlimit(resource.RLIMIT_AS, (action["limit_bytes"],) * 2)
        bytearray(2 * action["limit_bytes"])
    if action["do"] == "spawn":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        (out / "grandchild").write_text(str(child.pid))
    if action["do"] == "resume" and (out / f"saved-{rank}").exists():
        print(f"rank {rank} goes on from what it saved", flush=True)
        return
    if action["do"] in ("trap", "resume"):
        signal.signal(signal.SIGTERM, lambda *_: _save_and_leave(out, rank, action["code"]))
    if action["do"] == "ignore":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (out / f"ready-{rank}").touch()
    if action["do"] not in ("succeed", "report"):
        _wait_for(out / "release", action.get("at_most_s", 60))
    print(f"rank {rank} done", flush=True)


def _save_and_leave(out: Path, rank: str, code: int) -> None:
    (out / f"saved-{rank}").touch()
    sys.exit(code)


def _wait_for(path: Path, at_most_s: float) -> None:
    deadline = time.monotonic() + at_most_s
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)


if __name__ == "__main__":
    main()
