"""Asks Slurm and tells it what to do: argument lists, time limits, and no shell.

Jobs are found by the unique name we gave them. A number is only a hint: a controller that dies
right after it accepted a job forgets it and gives the same number to the next one (seen).
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestration.launchers.cluster import ClusterRefused, ClusterUnavailable

_COMMAND_S = 60.0
"""Slurm's own clients give up after MessageTimeout (10 s by default) and a few retries."""
_FIELDS = ("JobID", "Name", "State", "Reason", "exit_code", "RestartCnt", "NodeList")
_FORMAT = ",".join(f"{field}:|" for field in _FIELDS)
"""`|` after each field instead of a width: a width would cut long names."""
_UNREACHABLE = re.compile(
    r"unable to contact slurm controller|connect failure|connection (refused|timed out)"
    r"|socket timed out|zero bytes were transmitted|communication connection failure",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class SlurmJob:
    """One job as the controller sees it."""

    job_id: str
    state: str
    """COMPLETED, TIMEOUT, NODE_FAIL and so on, in full."""
    reason: str
    exit_status: int
    """As wait() gives it: the signal in the low byte, the code above."""
    restarts: int
    nodes: str


class SlurmQueue:
    """The commands of one cluster, run with a given environment."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = dict(env)

    def submit(self, script: Path, env: Mapping[str, str]) -> str:
        """Return the number of the accepted job; `env` goes to the job and is in no file of ours.

        Raises ClusterRefused, or ClusterUnavailable when it is not known whether it was accepted.
        """
        done = self._run("sbatch", "--parsable", str(script), env={**env, **self._env})
        return done.split(";")[0].strip()

    def find(self, name: str, hint: str = "") -> SlurmJob | None:
        """Return the job of that name, whatever has become of it; None when Slurm has none."""
        if hint:
            # One job is cheap to ask for; by name the controller sends all of them.
            job = self._ask(name, f"--jobs={hint}")
            if job is not None:
                return job
        return self._ask(name, f"--name={name}")

    def signal(self, name: str) -> None:
        """Send SIGTERM to the ranks; not to the batch script, whose srun would kill them."""
        self._run("scancel", f"--name={name}", "--signal=TERM", "--quiet")

    def cancel(self, name: str) -> None:
        """End a job of any state: SIGTERM, Slurm's KillWait, SIGKILL."""
        self._run("scancel", f"--name={name}", "--quiet")

    def requeue(self, job_id: str) -> None:
        """Queue a running job again, under its number."""
        self._run("scontrol", "requeue", job_id)

    def _ask(self, name: str, selection: str) -> SlurmJob | None:
        try:
            told = self._run(
                "squeue", "--noheader", "--states=all", selection, f"--Format={_FORMAT}"
            )
        except ClusterRefused as error:
            if "Invalid job id" in str(error):
                return None
            raise
        jobs = [line.split("|") for line in told.splitlines() if line.strip()]
        ours = [_job(fields) for fields in jobs if fields[1] == name]
        return ours[-1] if ours else None

    def _run(self, *command: str, env: Mapping[str, str] | None = None) -> str:
        try:
            done = subprocess.run(
                command,
                env=self._env if env is None else dict(env),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=_COMMAND_S,
            )
        except FileNotFoundError:
            raise ClusterRefused(
                f"{command[0]} is not installed here: install Slurm's client, or set "
                "MATERIA_LAUNCHER=local"
            ) from None
        except subprocess.TimeoutExpired:
            raise ClusterUnavailable(f"{command[0]} got no answer in {_COMMAND_S:.0f} s") from None
        if done.returncode == 0:
            return done.stdout
        problem = done.stderr.strip() or f"exit code {done.returncode}"
        kind = ClusterUnavailable if _UNREACHABLE.search(problem) else ClusterRefused
        raise kind(f"{command[0]}: {problem}")


def _job(fields: list[str]) -> SlurmJob:
    job_id, _, state, reason, exit_status, restarts, nodes, *_ = fields
    return SlurmJob(
        job_id=job_id,
        state=state,
        reason=reason,
        exit_status=int(exit_status),
        restarts=int(restarts),
        nodes=nodes,
    )
