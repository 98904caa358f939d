"""The CPU time of compiling: counted when a kernel is new, once, in this process and in workers."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from assets.compiler import njit
from assets.compute import InlineCompute
from assets.fakes import FakeLake, fake_workspace
from assets.lineage.build import usage_of
from assets.lineage.compiling import add_compiled_s, compiled_s
from assets.lineage.workspace import Outcome, Workspace
from tests.assets.lineage.test_build import run, step_over, write_one


def fresh_kernels() -> Callable[[int], int]:
    """Return a kernel that calls another, compiled for nothing yet and kept nowhere."""

    @njit
    def inner(number: int) -> int:
        return number * number + 1

    @njit
    def outer(number: int) -> int:
        total = 0
        for i in range(number):
            total += inner(i)
        return total

    return outer


def test_a_kernel_is_counted_when_it_is_compiled_and_not_when_it_runs() -> None:
    kernel = fresh_kernels()
    before, cpu = compiled_s(), time.thread_time()
    assert kernel(3) == 0 + 1 + 1 + 1 + 4 + 1
    taken, cpu = compiled_s() - before, time.thread_time() - cpu
    # The kernel inside is compiled while the one around it is: not counted twice.
    assert 0.3 * cpu < taken <= cpu
    before = compiled_s()
    kernel(100_000)
    assert compiled_s() == before


def test_what_a_worker_tells_is_added() -> None:
    before = compiled_s()
    add_compiled_s(2.5)
    assert compiled_s() - before == pytest.approx(2.5)


def test_an_artifact_says_what_of_its_time_was_compiling(tmp_path: Path) -> None:
    def compiling(ws: Workspace) -> Outcome:
        fresh_kernels()(3)
        return write_one(ws)

    usage = run(FakeLake(tmp_path / "a"), step_over(), compiling, tmp_path / "a").manifest.usage
    assert usage.compile_s is not None and usage.cpu_s is not None
    assert 0 < usage.compile_s <= usage.cpu_s
    usage = run(FakeLake(tmp_path / "b"), step_over(), write_one, tmp_path / "b").manifest.usage
    assert usage.compile_s == 0.0


@pytest.mark.parametrize(("engine", "known"), [("inline", 0.5), ("local", 0.5), ("ray", None)])
def test_what_workers_elsewhere_compile_is_not_known(
    tmp_path: Path, engine: str, known: float | None
) -> None:
    compute = InlineCompute()
    compute.name = engine
    workspace = fake_workspace(tmp_path, step_over(), compute=compute)
    assert usage_of(workspace, 2.0, 0.5).compile_s == known


def test_nobody_imports_the_compiler_who_makes_nothing() -> None:
    code = (
        "import sys, assets.lineage.build, orchestration.compute.local; "
        "assets.lineage.build.compiled_s(); "
        "assert 'numba' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])


def test_every_kernel_is_compiled_under_the_clock() -> None:
    assets = Path(__file__).parents[3] / "assets"
    imported = re.compile(r"^\s*(from numba import .*\bnjit\b|import numba)", re.MULTILINE)
    found = [path for path in assets.rglob("*.py") if imported.search(path.read_text())]
    assert found == [assets / "compiler.py"]
