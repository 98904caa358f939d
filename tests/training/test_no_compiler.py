"""A job compiles nothing, wherever its optimizer lives: compilers on its path are never called."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from training_jobs import make_spec, outputs, write_shards

COMPILERS = ("c++", "cc", "clang", "clang++", "g++", "gcc", "ninja", "nvcc")


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"zero_stage": 2, "offload_optimizer": True},
        {"zero_stage": 3, "offload_optimizer": True, "precision": "bf16"},
    ],
    ids=["fp32", "bf16"],
)
def test_no_compiler_is_called(changes: dict[str, Any], tmp_path: Path) -> None:
    folder, calls = tmp_path / "bin", tmp_path / "calls.txt"
    folder.mkdir()
    for name in COMPILERS:
        script = folder / name
        script.write_text(f'#!/bin/sh\necho "$0 $*" >> {calls}\nexit 1\n')
        script.chmod(0o755)
    spec = make_spec(tmp_path, write_shards(tmp_path / "shards"), steps=2, **changes)
    spec.write(tmp_path / "spec.json")
    env = {
        **os.environ,
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "TORCH_EXTENSIONS_DIR": str(tmp_path / "extensions"),
    }
    command = [sys.executable, "-m", "training.main", str(tmp_path / "spec.json")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "result.json" in outputs(spec)
    assert not calls.exists(), calls.read_text()
    assert not (tmp_path / "extensions").exists()
