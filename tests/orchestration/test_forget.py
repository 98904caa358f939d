"""`materia forget`: what it refuses, and receipts as they are kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assets.fakes import FakeLake
from assets.lineage.forgetting.receipt import Receipt, Search
from assets.lineage.forgetting.receipt_page import MAX_OLDER, receipt_page
from assets.lineage.provenance import Provenance
from assets.releases.evidence.signing import SigningKey
from orchestration.cli import app
from orchestration.errors import exit_code_of
from orchestration.forgetting import PAGE, RECEIPT, commit_receipt, signed_view

NOBODY = Provenance(git_commit="abc", git_dirty=False, packages={}, host="h", dagster_run_id="")
ID = "0" * 32


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MATERIA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MATERIA_LAKE", raising=False)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "give documents"),
        (["--doc", ID, "--receipt"], "give documents"),
        (["--doc", ID, "--run"], "--run goes with --apply"),
        (["--doc", ID, "--apply"], "--apply needs --reason"),
        (["--doc", ID, "--recipe", "tiny"], "--recipe goes with --receipt"),
        (["--doc", ID, "--reason", "r", "--apply", "--run", "--json"], "--json does not go with"),
        (["--doc", "xyz"], "'xyz' is no document id"),
        (["--source", "nowhere"], "source 'nowhere' has no documents in the lake"),
    ],
)
def test_bad_usage_is_refused_with_what_to_do(arguments: list[str], told: str) -> None:
    done = CliRunner().invoke(app, ["forget", *arguments])
    assert done.exception is not None
    assert exit_code_of(done.exception) == 2
    assert told in str(done.exception)


def test_a_list_that_is_not_understood_forgets_nothing(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"doc_id,reason\n{ID},asked\nxyz,asked\n")
    done = CliRunner().invoke(app, ["forget", "--list", str(path)])
    assert "list.csv line 3: doc_id is not 32 hexadecimal digits" in str(done.exception)
    assert "nothing is forgotten by half" in str(done.exception)


def test_a_row_that_names_nobody_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text(json.dumps({"source": "s", "native_id": "n", "reason": "asked"}))
    done = CliRunner().invoke(app, ["forget", "--list", str(path)])
    assert done.exception is not None
    assert exit_code_of(done.exception) == 1
    assert "no document 'n' of source 's' is in the lake" in str(done.exception)


def test_a_plan_of_an_unknown_id_says_that_it_reaches_nothing() -> None:
    done = CliRunner().invoke(app, ["forget", "--doc", ID, "--json"])
    assert done.exit_code == 0, done.output
    plan = json.loads(done.stdout)
    assert plan["documents"][0]["doc_id"] == ID
    assert (plan["holding"], plan["exposures"], plan["affected"]) == ([], [], [])
    assert plan["applied"] is False


def test_a_receipt_of_an_empty_lake_cannot_be_given() -> None:
    done = CliRunner().invoke(app, ["forget", "--receipt"])
    assert done.exception is not None
    assert exit_code_of(done.exception) == 1
    assert "no recipe has trained anything" in str(done.exception)


def receipt(*problems: str) -> Receipt:
    search = Search(
        artifact="tokenizers/shards_stage1[toy]@abc", digest="d" * 64, kind="tokens",
        looked_at=1000, found=len(problems), told=problems,
    )  # fmt: skip
    kept = Search(
        artifact="mixtures/deduped[toy]@abc", digest="e" * 64, kind="documents", looked_at=5,
        found=1, told=("x",), by_design=True,
    )  # fmt: skip
    older = [{"artifact": f"models/{n}", "digest": "", "told": "holds 1"} for n in range(60)]
    return Receipt(
        recipe="toy", requests=[], num_documents=1, searches=[search, kept], older=older,
        problems=list(problems),
    )  # fmt: skip


def test_a_page_says_the_verdict_what_stays_and_no_more() -> None:
    page = receipt_page(receipt())
    assert "**Nothing was found.**" in page
    assert (
        "| tokenizers/shards_stage1[toy]@abc | `dddddddddddddddd` | tokens | 1,000 | nothing |"
        in page
    )
    assert "1 (by design: mode restart)" in page
    assert f"and {60 - MAX_OLDER} more, in `receipt.json`" in page
    bad = receipt_page(receipt("the whole text in sample 3"))
    assert "**1 problems were found**" in bad
    assert "- the whole text in sample 3" in bad


def test_a_receipt_is_signed_and_an_edit_is_noticed(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    key = SigningKey.create(tmp_path / "key.pem")
    now = datetime(2026, 1, 2, tzinfo=UTC)
    made = commit_receipt(lake, receipt(), key=key, now=now, provenance=NOBODY)
    again = commit_receipt(lake, receipt(), key=key, now=now, provenance=NOBODY)
    assert again is made
    assert made.key == "reports/receipt[toy]"
    assert signed_view(lake)(made) == []
    path = lake.fetch(made, made.file(RECEIPT))
    path.write_text(path.read_text().replace("1000", "1001"))
    assert signed_view(lake)(made) == [
        f"reports/receipt[toy]@{made.short}: what was signed is something else"
    ]
    assert lake.fetch(made, made.file(PAGE)).read_text() == made.summary
