"""Dagster as its users use it: the page, a run from it, a sensor and a schedule ticked by the real
daemon, a cancelled job, and one that goes on where it was stopped.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.end_to_end.dagster_page import PATIENCE_S, DagsterPage, dagster_page, wait_for
from tests.end_to_end.installation import OTHER, RECIPE, Installation

pytestmark = pytest.mark.slow

CHROMIUM = shutil.which("chromium")
BROWSER_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """One of its own: these tests change what its recipe stands for."""
    return Installation.made(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def page(installation: Installation) -> Iterator[DagsterPage]:
    with dagster_page(installation, MATERIA_CORPORA_CRON="* * * * *") as running:
        yield running


def test_materializing_one_partition_from_the_page_works(page: DagsterPage) -> None:
    assert page.wait(page.launch("corpora/raw", "hpo")) == "SUCCESS"


def test_mlflow_and_dagster_tell_the_same_story_and_lead_to_each_other(
    page: DagsterPage, installation: Installation
) -> None:
    folder = installation.home / "inbox" / "inbox_public"
    folder.mkdir()
    (folder / "olives.jsonl").write_text(json.dumps({"id": "olives", "text": OTHER}) + "\n")
    nodes = ("corpora/raw", "corpora/documents", "mixtures/signatures")
    runs = {node: page.launch_and_wait(node, "inbox_public") for node in nodes}
    made = installation.manifests()
    for node in nodes:
        manifest = made[f"{node}[inbox_public]"]
        told = page.materialization(node, "inbox_public")
        assert told["runId"] == runs[node] == manifest["dagster_run_id"]
        link = told["metadata"]["mlflow_run"]
        assert link == f"{page.mlflow_url}/#/runs/{manifest['mlflow_run_id']}"
        assert told["metadata"]["digest"] == manifest["digest"]
        run = page.ask_mlflow("runs/get", run_id=link.rsplit("/", 1)[1])["run"]
        tags = {tag["key"]: tag["value"] for tag in run["data"]["tags"]}
        assert tags["materia.digest"] == manifest["digest"]
        back = f"{page.url}/runs/{runs[node]}"
        assert tags["materia.dagster_url"] == back and f"({back})" in tags["mlflow.note.content"]
        assert page.status(back.rsplit("/", 1)[1]) == "SUCCESS"
        read = {
            (i["dataset"]["name"], tag["value"])
            for i in run.get("inputs", {}).get("dataset_inputs", ())
            for tag in i["tags"]
            if tag["key"] == "materia.digest"
        }
        assert read == {
            (f"{i['family']}/{i['name']}[{i['partition']}]", i["digest"])
            for i in manifest["inputs"]
        }


def test_mlflow_is_searched_by_source_and_licence_and_shows_the_release_with_its_alias(
    page: DagsterPage, installation: Installation
) -> None:
    made = installation.manifests()
    release = made[f"releases/release[{RECIPE}]"]
    for tag in ("source.hpo", "licence.CC-BY-SA-3.0"):
        query = f"tags.`materia.{tag}` = 'true' and tags.`materia.key` = 'releases/release'"
        found = page.search_mlflow("releases", query)
        assert [run["info"]["run_id"] for run in found] == [release["mlflow_run_id"]]
    version = page.ask_mlflow(
        "registered-models/alias", name=f"materia-{RECIPE}", alias="candidate"
    )["model_version"]
    tags = {tag["key"]: tag["value"] for tag in version["tags"]}
    assert version["run_id"] == release["mlflow_run_id"]
    assert tags["materia.digest"] == release["digest"]
    assert tags["materia.source.inbox"] == "true"
    final = made[f"models/sft_medical[{RECIPE}]"]
    run = page.ask_mlflow("runs/get", run_id=release["mlflow_run_id"])["run"]
    read = [item["model_id"] for item in run["inputs"]["model_inputs"]]
    model = page.ask_mlflow(f"logged-models/{read[0]}")["model"]
    assert model["info"]["source_run_id"] == final["mlflow_run_id"]


@pytest.mark.skipif(CHROMIUM is None, reason="needs the chromium program")
def test_a_browser_shows_the_asset_with_its_summary_and_checks(page: DagsterPage) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(BROWSER_FLAGS))
        tab = browser.new_page(viewport={"width": 1600, "height": 1000})
        tab.goto(f"{page.url}/assets/mixtures/deduped?view=overview")
        tab.get_by_text("exact and near duplicates merged").first.wait_for(timeout=60_000)
        tab.goto(f"{page.url}/assets/mixtures/deduped?view=checks")
        tab.get_by_text("no_exact_duplicate_is_left").first.wait_for(timeout=60_000)
        browser.close()


def test_cancelling_stops_the_job_and_a_new_run_goes_on_from_its_last_checkpoint(
    page: DagsterPage, installation: Installation
) -> None:
    key = f"checkpoints/stage1[{RECIPE}]"
    manifest = installation.manifests()[key]
    artifact = Path(manifest["folder"]).parent
    (artifact / "manifest.json").unlink()
    job = installation.home / "jobs" / f"checkpoints.stage1.{manifest['fingerprint'][:12]}"
    shutil.rmtree(job)
    run_id = page.launch("checkpoints/stage1", RECIPE)
    rank = wait_for(lambda: _training_rank(page, run_id, job), PATIENCE_S)
    os.kill(rank, signal.SIGSTOP)  # held in the middle, so that the cancel surely meets it
    page.terminate(run_id)
    wait_for(lambda: any(job.rglob("cancel*")), PATIENCE_S)
    os.kill(rank, signal.SIGCONT)
    assert page.wait(run_id) == "CANCELED"
    wait_for(lambda: not psutil.pid_exists(rank), PATIENCE_S)
    assert page.wait(page.launch("checkpoints/stage1", RECIPE)) == "SUCCESS"
    remade = installation.manifests()[key]
    events = _events(job / "journal.jsonl")
    assert events.index("preempted") < events.index("resumed")
    assert remade["metrics"]["final_loss"] == manifest["metrics"]["final_loss"]
    weights = {entry["path"]: entry["sha256"] for entry in manifest["files"]}
    again = {entry["path"]: entry["sha256"] for entry in remade["files"]}
    assert again["model.safetensors"] == weights["model.safetensors"]


def test_a_new_file_in_the_inbox_is_picked_up_by_the_sensor(
    page: DagsterPage, installation: Installation
) -> None:
    before = _documents(installation)
    text = " ".join(reversed(OTHER.split(". "))) + " Almonds are another matter."
    folder = installation.home / "inbox" / "inbox"
    (folder / "more.jsonl").write_text(json.dumps({"id": "almonds", "text": text}) + "\n")
    page.start_sensor("ingest_on_new_files")
    tick = wait_for(lambda: _tick_with_run(page, "ingest_on_new_files"), PATIENCE_S)
    assert page.wait(tick["runIds"][0]) == "SUCCESS"
    assert len(_documents(installation) - before) == 1


def test_the_nightly_schedule_is_ticked_by_the_daemon(
    page: DagsterPage, installation: Installation
) -> None:
    page.start_schedule("build_corpora_nightly")
    tick = wait_for(lambda: _finished_tick(page, "build_corpora_nightly"), PATIENCE_S)
    assert tick["status"] == "SKIPPED" and tick["skipReason"] == "nothing is stale"


def _documents(installation: Installation) -> set[str]:
    return {
        path.parent.name for path in installation.lake.glob("corpora/documents/*/manifest.json")
    }


def _tick_with_run(page: DagsterPage, name: str) -> dict[str, list[str]] | None:
    return next((tick for tick in page.ticks(name) if tick["runIds"]), None)


def _finished_tick(page: DagsterPage, name: str) -> dict[str, str] | None:
    return next((tick for tick in page.ticks(name) if tick["status"] != "STARTED"), None)


def _training_rank(page: DagsterPage, run_id: str, job: Path) -> int | None:
    """Return the process of a rank that has begun to log steps, if there is one."""
    assert page.status(run_id) in ("QUEUED", "STARTING", "STARTED")
    if not any(path.stat().st_size for path in job.rglob("journal.jsonl")):
        return None
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if "training.main" in command and any(str(job) in part for part in command):
            return int(process.pid)
    return None


def _events(journal: Path) -> list[str]:
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    return [line["name"] for line in lines if line["kind"] == "event"]
