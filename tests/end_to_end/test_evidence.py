"""The evidence pack of a release that was really made, checked by its own program."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.installation import RECIPE, Installation

pytestmark = pytest.mark.slow

NUM_TRAININGS = 5
"""Three stages of pre-training and two of fine-tuning, each with its curve."""


def test_the_pack_of_a_real_release_verifies_offline_down_to_the_raw_corpora(
    installation: Installation, tmp_path: Path
) -> None:
    out = tmp_path / "pack"
    told = installation.json("evidence", f"releases/release[{RECIPE}]", "--out", str(out))
    verify = [sys.executable, "-I", "-S", str(out / "verify.py"), "--trust", told["signer"]]
    done = subprocess.run([*verify, "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["artifacts"] == told["artifacts"] > 30
    assert list((out / "manifests").glob("corpora.raw.*"))
    page = (out / "passport.html").read_text()
    assert page.count("data-artifact=") == told["artifacts"]
    assert page.count('<path class="mean"') == NUM_TRAININGS
    with (out / "release" / "model.safetensors").open("r+b") as weights:
        weights.seek(100)
        byte = weights.read(1)
        weights.seek(100)
        weights.write(bytes([byte[0] ^ 1]))
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "release/model.safetensors has changed" in done.stdout
