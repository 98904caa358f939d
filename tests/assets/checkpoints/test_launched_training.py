"""Real training jobs through the local launcher: preempted, and moved to another machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from assets.checkpoints.train import make_checkpoint, make_spec
from assets.fakes import FakeLake
from assets.lineage.workspace import Workspace
from assets.ports import JobFailed, JobRequest, JobSpec
from orchestration.launchers.open import open_launcher
from orchestration.launchers.wait import run_and_wait
from orchestration.settings import Settings
from tests.assets.checkpoints.test_train import CONFIG, _shards, _workspace
from tests.s3 import ACCESS_KEY, BUCKET, SECRET_KEY, s3_server

pytestmark = pytest.mark.slow

LONGER = {**CONFIG, "steps": 400}


def launch(
    settings: Settings,
    on_tick: Callable[[], None] = lambda: None,
    say: Callable[[str], None] = lambda line: None,
) -> Callable[[JobRequest], None]:
    def run_job(request: JobRequest) -> None:
        spec = JobSpec(
            name=request.name,
            module=request.module,
            spec_path=str(request.spec_path),
            work_dir=str(request.work_dir),
            world_size=request.world_size,
            max_preemptions=settings.max_preemptions,
        )
        run_and_wait(open_launcher(settings), spec, poll_s=0.1, on_tick=on_tick, say=say)

    return run_job


def stop_once(ws: Workspace, *, after_steps: int, number: int) -> Callable[[], None]:
    """Return a tick that sends a signal to the job's supervisor once it has taken some steps."""
    stopped: list[int] = []

    def tick() -> None:
        journal = ws.job_dir / "journal.jsonl"
        if not stopped and journal.exists() and journal.read_bytes().count(b"lr") > after_steps:
            record = json.loads((ws.job_dir / "processes.json").read_text())
            stopped.append(record["supervisor"]["pid"])
            os.kill(stopped[0], number)

    return tick


def events(ws: Workspace) -> dict[str, dict[str, int]]:
    lines = map(json.loads, (ws.job_dir / "journal.jsonl").read_text().splitlines())
    return {line["name"]: line for line in lines if line["kind"] == "event"}


def log_of(ws: Workspace) -> str:
    return "".join(path.read_text() for path in sorted(ws.job_dir.rglob("stdout.log")))


def weights(ws: Workspace) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in ws.out_dir.glob("*.safetensors")}


def test_a_preempted_job_goes_on_by_itself_to_the_same_bits(tmp_path: Path) -> None:
    """SIGTERM from outside, as a scheduler sends it; nobody starts anything again by hand."""
    lake, settings = FakeLake(tmp_path / "lake"), Settings.from_env(dict(os.environ))
    shards, made = _shards(lake), {}
    told: list[str] = []
    for name in ("undisturbed", "preempted"):
        ws = _workspace(tmp_path / name, "checkpoints/stage1", LONGER, shards, lake=lake)
        stop = stop_once(ws, after_steps=4, number=signal.SIGTERM)
        tick = stop if name == "preempted" else lambda: None
        ws.run_job = launch(settings, tick, told.append)
        make_checkpoint(ws)
        made[name] = weights(ws)
    assert made["preempted"] == made["undisturbed"]
    assert len(told) == 1 and "1 of at most 10 times" in told[0]
    preempted, resumed = events(ws)["preempted"], events(ws)["resumed"]
    assert preempted["saved_step"] == resumed["step"] > 0
    assert f"preempted at step {preempted['step']}" in log_of(ws)
    assert f"resumed at step {resumed['step']} of {LONGER['steps']}" in log_of(ws)


def test_a_job_of_a_lake_on_s3_goes_on_on_another_machine_without_any_setting_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "s3").mkdir()
    with s3_server(tmp_path / "s3") as endpoint:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        settings = Settings.from_env(
            {"MATERIA_LAKE": f"s3://{BUCKET}/lake", "MATERIA_S3_ENDPOINT": endpoint}
        )
        lake = FakeLake(tmp_path / "lake")
        shards = _shards(lake)

        def on_machine(name: str) -> Workspace:
            return _workspace(
                tmp_path / name, "checkpoints/stage1", LONGER, shards, lake=lake,
                training=settings.training,
            )  # fmt: skip

        here = on_machine("here")
        spec = make_spec(here)
        assert spec.execution.remote_dir == (
            f"s3://{BUCKET}/lake/.steps/checkpoints/stage1/{here.step.short}"
        )
        die = stop_once(here, after_steps=LONGER["steps"] // 2, number=signal.SIGKILL)
        here.run_job = launch(settings, die)
        with pytest.raises(JobFailed, match="job lost"):
            make_checkpoint(here)
        secrets = [p for p in here.job_dir.rglob("*") if p.is_file() and p.suffix == ".json"]
        assert secrets and not any(SECRET_KEY in path.read_text() for path in secrets)
        shutil.rmtree(here.job_dir)

        there = on_machine("there")
        there.run_job = launch(settings)
        make_checkpoint(there)
        assert "fetched the checkpoint of step" in log_of(there)
        assert events(there)["resumed"]["step"] > 0


def test_a_job_with_the_planners_layout_trains_and_says_what_was_chosen(tmp_path: Path) -> None:
    settings = Settings.from_env(
        {"MATERIA_LAYOUT": "auto", "MATERIA_DEVICE": "cpu", "MATERIA_RANKS": "2"}
    )
    lake, said = FakeLake(tmp_path / "lake"), list[str]()
    ws = _workspace(
        tmp_path / "auto", "checkpoints/stage1", CONFIG, _shards(lake), lake=lake,
        training=settings.training,
    )  # fmt: skip
    ws.run_job = launch(settings)
    ws.progress = said.append  # type: ignore[method-assign]
    outcome = make_checkpoint(ws)
    spec = json.loads((ws.job_dir / "spec.json").read_text())["execution"]
    assert (spec["world_size"], spec["zero_stage"], spec["micro_batch_samples"]) == (2, 0, 2)
    assert said[0].endswith("on 2 ranks; planned: ZeRO 0, 2 samples at once")
    assert outcome.metrics["final_loss"] < outcome.metrics["first_loss"]
