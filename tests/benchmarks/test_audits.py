"""The generated lakes are what the audits take them for, and every figure is of a right answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assets.lineage.audit import ArtifactGraph
from assets.lineage.document_index import DocumentIndex
from assets.lineage.find import find_artifact
from benchmarks import audit_documents, audit_recipe, audit_texts, audit_verify
from benchmarks.audit_lake import write_lake
from benchmarks.audit_provenance import Meter
from benchmarks.audits import of_lake, sizes
from benchmarks.processes import Spent, cached_bytes, evict, run, told
from orchestration.lake import ObjectLake
from orchestration.stores import FileStore
from orchestration.tracker import MlflowTracker


def test_a_generated_lake_has_a_release_with_everything_behind_it(tmp_path: Path) -> None:
    release = write_lake(tmp_path / "lake", 700)
    lake = ObjectLake(FileStore(tmp_path / "lake"), tmp_path / "cache")
    assert 600 <= len(lake.addresses()) <= 700
    assert find_artifact("releases/release[tiny]", lake) == release
    behind = ArtifactGraph.of(lake).ancestors(release)
    nodes = {manifest.node for manifest in behind}
    assert {"corpora/raw", "mixtures/signatures", "checkpoints/stage3", "reports/needle"} <= nodes
    raw = next(manifest for manifest in behind if manifest.node == "corpora/raw")
    assert release in ArtifactGraph.of(lake).descendants(raw)


@pytest.mark.slow
def test_lineage_is_timed_both_ways(tmp_path: Path) -> None:
    found = of_lake(tmp_path, 400, rounds=1)
    for name in ("backward", "backward_out_of_the_cache", "forward_of_a_snapshot"):
        assert found[name]["wall_s_median"] >= found[name]["wall_s_min"] > 0
    assert found["catalogue_bytes"] > 0


@pytest.mark.slow
def test_generated_documents_are_traced_to_their_steps(tmp_path: Path) -> None:
    found = audit_documents.measure(tmp_path, 4000, rounds=1)
    right, _, asked = found["documents_followed_to_their_steps"].partition(" of ")
    assert right == asked != "0"
    assert found["index_bytes"] > 8 * 4000
    assert found["index_built_peak_mb"] > 0


@pytest.mark.slow
def test_generated_texts_are_found_in_every_way(tmp_path: Path) -> None:
    found = audit_texts.measure(tmp_path, 800, rounds=1)
    for how in ("exact", "normalised", "near"):
        assert found[f"{how}_found"] == f"{audit_texts.ASKED} of {audit_texts.ASKED}"
    assert all(found["bytes_per_million_documents"].values())


def test_a_text_is_told_without_the_compiler(tmp_path: Path) -> None:
    root, home = tmp_path / "lake", tmp_path / "home"
    asked = dict(audit_texts.generate(root, 4 * audit_texts.ASKED))
    lake = ObjectLake(FileStore(root), home / "cache")
    with DocumentIndex.open(lake):
        pass  # making it compiles
    code = (
        "import sys; from orchestration.commands.trace import trace; "
        "trace(text=sys.argv[1], as_json=True); sys.exit(3 * ('numba' in sys.modules))"
    )
    env = {"MATERIA_LAKE": str(root), "MATERIA_HOME": str(home)}
    for doc_id, text in list(asked.items())[:2]:
        words = text.split(" ")
        told = json.loads(run(["-c", code, " ".join([*words[:-3], "changed"])], env).output)
        (match,) = [match for match in told["matches"] if match["doc_id"] == doc_id]
        assert match["how"] == "near", "proved, that is: found, estimated, read and compared"
        assert match["similarity"] > 0.9


def test_verification_is_compared_with_reading_and_hashing_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_verify, "FILE_BYTES", 1 << 24)
    monkeypatch.setattr(audit_verify, "_HASHED_BYTES", 1 << 24)
    found = audit_verify.measure(tmp_path, 2 << 24, rounds=2)
    assert found["bytes"] == 2 << 24
    assert found["verify_over_lower_of_both"].rounds == 2
    assert set(found["limit"]) <= {"disk", "hash"}


def test_time_within_time_is_counted_once() -> None:
    meter = Meter()
    inner = meter.timed("inner", lambda: 1)
    outer = meter.timed("outer", lambda: inner() + inner())
    assert outer() == 2
    assert list(meter.seconds) == ["outer"]
    assert inner() == 1
    assert set(meter.seconds) == {"outer", "inner"}


def test_figures_of_processes_are_least_median_and_most() -> None:
    spent = [
        Spent(wall_s=wall, cpu_s=wall / 2, read_bytes=0, output="") for wall in (3.0, 1.0, 2.0)
    ]
    assert told(spent) == {
        "wall_s_min": 1.0,
        "wall_s_median": 2.0,
        "wall_s_max": 3.0,
        "cpu_s_median": 1.0,
    }


def test_what_was_read_of_a_file_is_in_the_page_cache(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(50_000))
    assert cached_bytes(path) >= 50_000, "it has just been written"
    evict([path, tmp_path / "missing"])
    path.read_bytes()
    assert cached_bytes(path) >= 50_000
    path.write_bytes(b"")
    assert cached_bytes(path) == 0


def test_sizes_may_be_written_in_powers_of_ten() -> None:
    assert sizes("1e3,250") == [1000, 250]


@pytest.mark.slow
def test_what_mlflow_is_told_is_seen_by_the_meter(tmp_path: Path) -> None:
    meter = Meter()
    with audit_recipe.told(meter):
        tracker = MlflowTracker(f"sqlite:///{tmp_path}/mlflow.db", tmp_path, beside=True)
        log = tracker.start_run(
            family="reports", name="n", partition="", fingerprint="f" * 64, dagster_run_id=""
        )
        assert log.run_id
        log.fail("only a test")
        audit_recipe.wait_for_answers(tmp_path)
    assert set(meter.seconds) == {audit_recipe.MLFLOW, audit_recipe.PROCESS}
    assert meter.seconds[audit_recipe.PROCESS] > 0
    with audit_recipe.told(Meter()):
        pass
    assert MlflowTracker.tag_run.__qualname__ == "MlflowTracker.tag_run"
