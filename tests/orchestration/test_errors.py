"""Which exit code an error means, and that nobody is shown a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.lineage.build import MissingInput
from assets.lineage.workspace import LineageError
from assets.ports import JobFailed
from orchestration import cli
from orchestration.errors import BAD_USAGE, FOUND_A_PROBLEM, exit_code_of


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ValueError("no recipe"), BAD_USAGE),
        (MissingInput("not in the lake"), FOUND_A_PROBLEM),
        (LineageError("differs"), FOUND_A_PROBLEM),
        (JobFailed("out of memory"), FOUND_A_PROBLEM),
        (LookupError("materialize it first"), FOUND_A_PROBLEM),
        (PermissionError("lake"), FOUND_A_PROBLEM),
        (KeyError("a bug of ours"), None),
        (ZeroDivisionError(), None),
    ],
)
def test_an_error_means_its_exit_code(error: Exception, code: int | None) -> None:
    assert exit_code_of(error) == code


def test_what_nobody_foresaw_goes_to_a_file_and_exits_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setenv("MATERIA_HOME", str(tmp_path))
    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == FOUND_A_PROBLEM
    told = capsys.readouterr().err
    assert "unexpected ZeroDivisionError: a bug" in told
    assert "Traceback" not in told
    (log,) = (tmp_path / "logs").glob("error-*.log")
    assert "Traceback" in log.read_text()
