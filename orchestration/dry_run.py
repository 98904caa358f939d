"""What a job would be, without it: the spec, DeepSpeed's configuration, and the launcher's script.

Runs the asset's own work up to the moment at which it asks for its job, in a folder that is
thrown away. Nothing is begun in the lake, told to the tracker or given to a scheduler.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assets.checkpoints.train import make_checkpoint
from assets.lineage.build import Work, require_input
from assets.lineage.step import Step
from assets.lineage.storage import Folder
from assets.lineage.workspace import InputFiles, Workspace
from assets.platform import Platform
from assets.ports import JobRequest, JobSpec
from assets.reports.judge import make_report
from assets.reports.needle import make_needle
from assets.reports.perplexity import make_perplexity
from training.ds_config import ds_config
from training.spec import TrainSpec

_REPORTS: dict[str, Work] = {
    "benchmarks": make_report,
    "medical": make_report,
    "needle": make_needle,
    "perplexity": make_perplexity,
}


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """A job that was not started."""

    key: str
    fingerprint: str
    in_lake: bool
    """Whether materializing would find the artifact and start nothing."""
    launcher: str
    module: str
    world_size: int
    spec: dict[str, Any]
    ds_config: dict[str, Any] | None
    """None for an evaluation."""
    job: str
    """The script, manifest or command lines that the launcher would use."""


def dry_run(step: Step, platform: Platform) -> DryRun:
    """Return the job of an artifact; raises ValueError when it has none, and MissingInput."""
    work = work_of(step)
    lake = platform.lake
    inputs = tuple(InputFiles(lake, require_input(lake, parent)) for parent in step.inputs)
    job_dir = platform.job_root / f"{step.family}.{step.name}.{step.short}"
    # Beside the job folders, so that models are linked there and not copied.
    platform.job_root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".dry-run-", dir=platform.job_root) as temporary:
        scratch = Path(temporary)
        request = _ask(work, step, inputs, scratch, platform)

        def as_if(text: str) -> str:
            return text.replace(str(scratch / "job"), str(job_dir))

        spec = json.loads(as_if(request.spec_path.read_text()))
        is_training = request.module == "training.main"
        job = platform.launcher.describe(
            JobSpec(
                name=request.name,
                module=request.module,
                spec_path=str(request.spec_path),
                work_dir=str(job_dir),
                world_size=request.world_size,
                max_preemptions=platform.max_preemptions,
            )
        )
        return DryRun(
            key=step.key,
            fingerprint=step.fingerprint,
            in_lake=lake.find(step.family, step.name, step.fingerprint) is not None,
            launcher=platform.launcher.name,
            module=request.module,
            world_size=request.world_size,
            spec=spec,
            ds_config=ds_config(TrainSpec.from_dict(spec)) if is_training else None,
            job=as_if(job),
        )


def work_of(step: Step) -> Work:
    """Return the work that asks for an artifact's job; raises ValueError when there is none."""
    if step.family in ("checkpoints", "models"):
        return make_checkpoint
    if step.family == "reports" and step.name in _REPORTS:
        return _REPORTS[step.name]
    raise ValueError(
        f"{step.key} is made without a job: --dry-run is for checkpoints, models and the reports "
        f"{', '.join(sorted(_REPORTS))}"
    )


class _Asked(Exception):
    """The work has got as far as its job."""

    def __init__(self, request: JobRequest) -> None:
        self.request = request


def _ask(
    work: Work, step: Step, inputs: tuple[InputFiles, ...], scratch: Path, platform: Platform
) -> JobRequest:
    def run_job(request: JobRequest) -> None:
        raise _Asked(request)

    for name in ("out", "job", "shared"):
        (scratch / name).mkdir()
    workspace = Workspace(
        step=step,
        inputs=inputs,
        out=scratch / "out",
        out_folder=Folder(uri=str(scratch / "out")),
        scratch=Folder(uri=str(scratch / "shared")),
        compute=platform.compute,
        training=platform.training,
        job_dir=scratch / "job",
        run_job=run_job,
        progress=lambda message: None,
    )
    try:
        work(workspace)
    except _Asked as asked:
        return asked.request
    raise AssertionError(f"{step.key} was made without asking for a job: fix work_of")
