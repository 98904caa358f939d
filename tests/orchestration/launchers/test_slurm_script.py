"""The batch script as text: golden, and closed to whatever a value might smuggle in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.launchers.slurm_script import BatchScript
from orchestration.launchers.slurm_settings import SlurmSettings
from tests.golden.text import assert_golden

SCRIPT = BatchScript(
    job_name="checkpoints-stage1-0f3a5c7e9b1d.00112233445566ff",
    world_size=16,
    job_dir=Path("/shared/materia/jobs/checkpoints.stage1.0f3a5c7e9b1d/job-00112233445566ff"),
    log=Path("/shared/materia/jobs/checkpoints.stage1.0f3a5c7e9b1d/stdout.log"),
    project=Path("/shared/materia/code"),
    settings=SlurmSettings(
        partition="gpu",
        account="medlm",
        qos="long",
        gres="gpu:h200",
        ranks_per_node=8,
        cpus_per_task=12,
        memory="900G",
        time_minutes=1440,
        warn_seconds=600,
        max_restarts=20,
        constraint="ib&h200",
        options=("--exclusive", "--exclude=node[7-9]"),
        python="/shared/materia/venv/bin/python",
    ),
)


def test_the_script_of_a_large_job_is_golden() -> None:
    assert_golden("slurm-job.sh", SCRIPT.render())


def test_what_is_not_set_is_left_to_the_cluster() -> None:
    settings = SlurmSettings(python="/usr/bin/python3")
    text = replace(SCRIPT, world_size=1, settings=settings).render()
    for option in ("partition", "account", "qos", "gres", "mem", "time", "signal", "constraint"):
        assert f"--{option}=" not in text


def test_a_job_smaller_than_a_node_asks_for_its_own_gpus_only() -> None:
    text = replace(SCRIPT, world_size=2).render()
    assert "--nodes=1\n" in text
    assert "--gres=gpu:h200:2\n" in text


def test_ranks_that_do_not_fill_nodes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"12 ranks are no multiple of MATERIA_SLURM_RANKS_PER_N"):
        replace(SCRIPT, world_size=12)


@pytest.mark.parametrize("field", ["job_dir", "log", "project"])
@pytest.mark.parametrize(
    "path", ["/a b", "/a$(touch x)", "/a;id", "/a\n#SBATCH --uid=0", "/a%j", "relative", "/a'b"]
)
def test_a_path_that_could_mean_something_else_is_refused(field: str, path: str) -> None:
    with pytest.raises(ValueError, match=r"path .* does not match"):
        replace(SCRIPT, **{field: Path(path)})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MATERIA_SLURM_PARTITION", "main\n#SBATCH --uid=0"),
        ("MATERIA_SLURM_PARTITION", "$(touch x)"),
        ("MATERIA_SLURM_ACCOUNT", "a b"),
        ("MATERIA_SLURM_QOS", "-x"),
        ("MATERIA_SLURM_GRES", "gpu:h200:8"),
        ("MATERIA_SLURM_GRES", "gpu;id"),
        ("MATERIA_SLURM_MEMORY", "lots"),
        ("MATERIA_SLURM_CONSTRAINT", "a`id`"),
        ("MATERIA_SLURM_PYTHON", "python; id"),
        ("MATERIA_SLURM_PYTHON", "python3"),
        ("MATERIA_SLURM_OPTIONS", "--uid=0"),
        ("MATERIA_SLURM_OPTIONS", "--wrap=id"),
        ("MATERIA_SLURM_OPTIONS", "--nodelist=$(id)"),
        ("MATERIA_SLURM_OPTIONS", "--exclusive;id"),
        ("MATERIA_SLURM_RANKS_PER_NODE", "0"),
        ("MATERIA_SLURM_CPUS_PER_TASK", "two"),
        ("MATERIA_SLURM_TIME_MINUTES", "0"),
        ("MATERIA_SLURM_TIME_MINUTES", "1-00:00:00"),
        ("MATERIA_SLURM_WARN_SECONDS", "-1"),
        ("MATERIA_SLURM_GRACE_SECONDS", "0"),
        ("MATERIA_SLURM_MAX_RESTARTS", "1.5"),
    ],
)
def test_a_setting_that_is_not_what_it_should_be_is_refused_by_name(
    variable: str, value: str
) -> None:
    with pytest.raises(ValueError, match=variable):
        SlurmSettings.from_mapping({variable: value})


def test_a_warning_needs_a_limit_and_a_restart_needs_a_warning() -> None:
    with pytest.raises(ValueError, match=r"WARN_SECONDS=60 needs a limit .* set MATERIA_SLURM_TI"):
        SlurmSettings(warn_seconds=60)
    with pytest.raises(ValueError, match=r"MAX_RESTARTS=2 needs a warning .* set MATERIA_SLURM_WA"):
        SlurmSettings(max_restarts=2, time_minutes=60)
