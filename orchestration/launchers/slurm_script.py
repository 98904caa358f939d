"""The batch script of a Slurm job: a function of checked values, and nothing else in it.

What a job runs stands in plan.json beside it, which no shell reads; the script only starts
orchestration/launchers/slurm_batch.py on the first node.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orchestration.launchers.slurm_settings import SAFE_PATH, SlurmSettings


@dataclass(frozen=True, kw_only=True)
class BatchScript:
    """Everything that differs between two scripts."""

    job_name: str
    world_size: int
    job_dir: Path
    log: Path
    project: Path
    settings: SlurmSettings

    def __post_init__(self) -> None:
        for path in (self.job_dir, self.log, self.project):
            if not SAFE_PATH.fullmatch(str(path)):
                raise ValueError(
                    f"path {str(path)!r} does not match {SAFE_PATH.pattern}: a batch script could "
                    "read it as something else; choose another MATERIA_HOME"
                )
        per_node = self.settings.ranks_per_node
        if self.world_size > per_node and self.world_size % per_node:
            raise ValueError(
                f"job {self.job_name}: {self.world_size} ranks are no multiple of "
                f"MATERIA_SLURM_RANKS_PER_NODE={per_node}: change one of them"
            )

    def render(self) -> str:
        """Return the script."""
        lines = ["#!/bin/bash", *(f"#SBATCH {option}" for option in self._options())]
        python, project = self.settings.python, self.project
        return "\n".join(
            [
                *lines,
                "",
                "# One process on the first node: it starts the ranks and writes how they ended.",
                f"export PYTHONPATH={project}${{PYTHONPATH:+:$PYTHONPATH}}",
                f"exec {python} -m orchestration.launchers.slurm_batch {self.job_dir}",
                "",
            ]
        )

    def _options(self) -> list[str]:
        settings = self.settings
        per_node = min(self.world_size, settings.ranks_per_node)
        optional = {
            "partition": settings.partition,
            "account": settings.account,
            "qos": settings.qos,
            "constraint": settings.constraint,
            "mem": settings.memory,
            "gres": f"{settings.gres}:{per_node}" if settings.gres else "",
            "time": str(settings.time_minutes or ""),
            # To the ranks only: srun, told itself, would kill them at once.
            "signal": f"TERM@{settings.warn_seconds}" if settings.warn_seconds else "",
        }
        return [
            f"--job-name={self.job_name}",
            f"--nodes={self.world_size // per_node}",
            f"--ntasks={self.world_size}",
            f"--ntasks-per-node={per_node}",
            f"--cpus-per-task={settings.cpus_per_task}",
            *(f"--{name}={value}" for name, value in optional.items() if value),
            *settings.options,
            # A node that dies costs the way back to the last step checkpoint, not the job.
            "--requeue",
            "--open-mode=append",
            f"--output={self.log}",
            f"--chdir={self.project}",
        ]
