"""Artifacts of a recipe made again from their records, and what everything of it has cost."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.installation import RECIPE, Installation

pytestmark = pytest.mark.slow


def copy_of(installation: Installation, folder: Path) -> Installation:
    """Return an installation with the same lake and inbox, which may be damaged."""
    copy = replace(installation, home=folder / "home")
    shutil.copytree(installation.lake, copy.lake)
    shutil.copytree(installation.home / "inbox", copy.home / "inbox")
    return copy


def record_of(installation: Installation, key: str) -> Path:
    return Path(installation.manifests()[key]["folder"]).parent / "manifest.json"


def test_a_chain_from_the_corpora_and_a_training_come_out_bit_for_bit(
    installation: Installation, tmp_path: Path
) -> None:
    chain = installation.json(
        "reproduce",
        f"mixtures/deduped[{RECIPE}]",
        "--from-corpora",
        "--into",
        str(tmp_path / "new"),
    )
    assert chain["circumstances"] == []
    assert len(chain["artifacts"]) == 16
    assert {each["verdict"] for each in chain["artifacts"]} == {"bit-equal"}
    trained = installation.json("reproduce", f"checkpoints/stage1[{RECIPE}]")
    (result,) = trained["artifacts"]
    assert result["verdict"] == "bit-equal", result


def test_a_tampered_input_and_a_changed_package_are_named(
    installation: Installation, tmp_path: Path
) -> None:
    copy = copy_of(installation, tmp_path)
    model = f"models/sft_general[{RECIPE}]"
    weights = copy.file(f"checkpoints/stage3[{RECIPE}]", "model.safetensors")
    weights.chmod(0o644)
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    (result,) = copy.json("reproduce", model, code=1)["artifacts"]
    assert result["verdict"] == "not rebuilt"
    assert f"checkpoints/stage3[{RECIPE}]@" in result["reason"]
    assert "model.safetensors has changed" in result["reason"]
    path = record_of(copy, f"reports/scorecard[{RECIPE}]")
    record: dict[str, Any] = json.loads(path.read_text())
    record["packages"]["torch"] = "1.0"
    path.unlink()
    path.write_text(json.dumps(record))
    done = copy.run("reproduce", f"reports/scorecard[{RECIPE}]")
    assert done.returncode == 1
    assert "package torch: made with 1.0, now " in done.stdout
    allowed = copy.json("reproduce", f"reports/scorecard[{RECIPE}]", "--allow-other-code")
    assert allowed["artifacts"][0]["verdict"] == "bit-equal"


def test_weights_that_are_a_little_apart_are_told_with_tensor_and_distance(
    installation: Installation, tmp_path: Path
) -> None:
    """A training on another number of ranks adds up in another order."""
    copy = copy_of(installation, tmp_path)
    two = copy.run_with(
        {"MATERIA_RANKS": "2"}, "reproduce", f"checkpoints/stage1[{RECIPE}]", "--json"
    )
    (result,) = json.loads(two.stdout)["artifacts"]
    assert result["verdict"] in ("bit-equal", "equal within tolerance"), result
    if result["verdict"] == "equal within tolerance":
        weights = next(f for f in result["files"] if f["path"] == "model.safetensors")
        assert 0 < weights["largest"] <= weights["tolerance"]
        assert weights["where"]
        assert {"ranks"} <= {each["field"] for each in result["explained_by"]}


def test_every_artifact_says_what_it_took(installation: Installation) -> None:
    told = installation.json("cost", f"releases/release[{RECIPE}]")
    assert told["total"]["cpu_hours"]["num_unknown"] == 0
    assert told["total"]["price"]["num_unknown"] == 0
    by_node = {node["node"]: node["own"] for node in told["nodes"]}
    trained = by_node["checkpoints/stage1"]
    assert trained["device_hours"]["basis"] == "measured"
    assert trained["device_hours"]["value"] > 0
    assert by_node["reports/medical"]["device_hours"]["value"] > 0
    assert by_node["mixtures/deduped"]["device_hours"]["value"] == 0
    parts = sum(node["own"]["price"]["value"] for node in told["nodes"])
    assert told["total"]["price"]["value"] == pytest.approx(parts)


def test_what_is_made_costs_nothing_and_a_limit_keeps_the_rest_from_starting(
    installation: Installation, tmp_path: Path
) -> None:
    nothing = installation.json("materialize", "--recipe", RECIPE, "--forecast")
    assert nothing["artifacts"] == []
    copy = copy_of(installation, tmp_path)
    shutil.rmtree(copy.lake / "checkpoints" / "stage3")
    target = f"checkpoints/stage3[{RECIPE}]"
    refused = copy.run("materialize", target, "--max-cost", "0")
    assert refused.returncode == 1
    assert "is above the limit of USD 0 (MATERIA_MAX_COST, --max-cost)" in refused.stderr
    assert not (copy.lake / "checkpoints" / "stage3").exists()
    agreed = copy.run("materialize", target, "--max-cost", "0", "--yes")
    assert agreed.returncode == 0, agreed.stdout + agreed.stderr
    assert "1 artifact is to be made: about " in agreed.stdout
