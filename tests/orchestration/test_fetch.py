"""The command `materia fetch`: what it prints, its exit codes, no traceback."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestration.cli import main
from tests.archives import make_deb

NAME = "debian_reference_zh"
FILE = "usr/share/debian-reference/debian-reference.zh-cn.txt.gz"


@dataclass(frozen=True, kw_only=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def _fetch(home: Path, *arguments: str, path: str | None = None) -> Done:
    """Run the command as its process would, in this one: a process costs seconds of imports."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        patch.setattr(sys, "argv", ["materia", "fetch", *arguments])
        patch.setenv("MATERIA_HOME", str(home))
        if path:
            patch.setenv("PATH", path)
        main()
    code = ended.value.code
    return Done(returncode=int(code or 0), stdout=out.getvalue(), stderr=err.getvalue())


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("deb")
    return str(make_deb(folder, "debian-reference-zh-cn", "2.100", {FILE: b"x"}))


def test_an_archive_is_unpacked_and_the_second_time_it_is_there(
    tmp_path: Path, archive: str
) -> None:
    first = _fetch(tmp_path, NAME, "--archive", archive)
    assert first.returncode == 0, first.stderr
    assert f"{NAME} fetched deb:debian-reference-zh-cn 2.100: 1 files, 1 bytes" in first.stdout
    assert (tmp_path / "fetched" / NAME / FILE).is_file()
    second = _fetch(tmp_path, NAME, "--json")
    assert json.loads(second.stdout)["fetched"][0]["is_new"] is False


def test_without_a_source_it_lists_them(tmp_path: Path) -> None:
    listed = json.loads(_fetch(tmp_path, "--json").stdout)
    assert {"source": "gcide", "package": "deb:dict-gcide", "licence": "GPL-3.0-or-later",
            "fetched": False} in listed  # fmt: skip


def test_a_problem_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    done = _fetch(tmp_path, NAME, path=str(tmp_path))
    assert done.returncode == 1
    assert f"x {NAME}: apt-get is not installed" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing",), "no source 'nothing' to fetch: choose from"),
        (("hpo",), "source hpo needs no fetching"),
        (("gcide", "edict", "--archive", "a.deb"), "--archive is for one source, got 2"),
    ],
)
def test_bad_usage_is_exit_code_2(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    done = _fetch(tmp_path, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
