"""`materia reproduce` through the command: what it says first, its JSON, its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.errors import BAD_USAGE, FOUND_A_PROBLEM, exit_code_of
from orchestration.reproduce.outcome import Verdict
from tests.orchestration.reproduce.made import Made


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    monkeypatch.setenv("MATERIA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MATERIA_WORKERS", "1")
    return Made(tmp_path / "home")


def run(made: Made, *options: str) -> Result:
    reference = f"corpora/documents@{made.documents.short}"
    return CliRunner().invoke(app, ["reproduce", reference, *options], env={"COLUMNS": "200"})


def told(made: Made, *options: str, code: int) -> dict[str, Any]:
    done = run(made, *options, "--json")
    assert done.exit_code == code, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_an_artifact_that_comes_out_the_same_is_exit_code_0(made: Made) -> None:
    done = run(made)
    assert done.exit_code == 0, done.output
    assert "program and packages are those it was made with" in done.output
    assert f"corpora/documents[inbox]@{made.documents.short}: bit-equal" in done.output
    assert "together: 1 bit-equal" in done.output
    assert not list((made.home / "reproduced").iterdir())


def test_everything_behind_it_is_rebuilt_inputs_first(made: Made, tmp_path: Path) -> None:
    found = told(made, "--from-corpora", "--into", str(tmp_path / "new"), code=0)
    assert set(found) == {
        "artifact", "artifacts", "circumstances", "damaged", "equal", "fingerprint", "into",
        "rebuilt",
    }  # fmt: skip
    assert [each["key"] for each in found["artifacts"]] == [
        "corpora/raw[inbox]", "corpora/documents[inbox]",
    ]  # fmt: skip
    assert {each["verdict"] for each in found["artifacts"]} == {Verdict.BIT_EQUAL}
    assert found["equal"] is True
    assert set(found["artifacts"][0]) == {
        "digest", "explained_by", "files", "fingerprint", "key", "reason", "verdict",
    }  # fmt: skip
    assert len(list((tmp_path / "new" / "lake").glob("corpora/*/*/manifest.json"))) == 2


def test_a_changed_package_is_named_first_and_nothing_is_rebuilt_unless_allowed(
    made: Made,
) -> None:
    made.rewrite(made.documents, packages={**made.documents.packages, "polars": "0.20.1"})
    done = run(made)
    assert done.exit_code == FOUND_A_PROBLEM
    assert "package polars: made with 0.20.1, now " in done.output
    assert "Nothing was rebuilt; --allow-other-code goes on." in done.output
    found = told(made, code=FOUND_A_PROBLEM)
    assert (found["rebuilt"], found["equal"], found["artifacts"]) == (False, False, [])
    assert found["circumstances"][0]["what"] == "package polars"
    allowed = run(made, "--allow-other-code")
    assert allowed.exit_code == 0, allowed.output
    assert "package polars: made with 0.20.1, now " in allowed.output
    assert "bit-equal" in allowed.output


def test_a_tampered_input_is_named_and_exit_code_1(made: Made) -> None:
    made.damage(made.raw, "files/notes.jsonl")
    done = run(made)
    assert done.exit_code == FOUND_A_PROBLEM
    assert "not rebuilt" in done.output
    assert f"corpora/raw[inbox]@{made.raw.short}: files/notes.jsonl has changed" in done.output


def test_a_damaged_copy_in_the_lake_is_exit_code_1_though_the_record_holds(made: Made) -> None:
    made.damage(made.documents, "documents/00000.parquet")
    done = run(made)
    assert done.exit_code == FOUND_A_PROBLEM
    assert "in the lake, corpora/documents[inbox]" in done.output


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--tolerance", "2"], r"tolerance for weights 2.0 is not in \[0, 1\)"),
        (["--into", "HOME"], r"--into .* is not empty"),
    ],
)
def test_bad_usage_is_refused_with_what_to_do(made: Made, options: list[str], says: str) -> None:
    given = [str(made.home) if option == "HOME" else option for option in options]
    done = run(made, *given)
    assert done.exception is not None
    assert exit_code_of(done.exception) == BAD_USAGE
    with pytest.raises(ValueError, match=says):
        raise done.exception


def test_an_artifact_that_is_not_there_is_a_problem_and_no_traceback(made: Made) -> None:
    assert made.home.is_dir()
    done = CliRunner().invoke(app, ["reproduce", "corpora/documents@000000"])
    assert isinstance(done.exception, LookupError)
    assert exit_code_of(done.exception) == FOUND_A_PROBLEM
