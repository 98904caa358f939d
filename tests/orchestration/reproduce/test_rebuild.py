"""Artifacts made again from their records by the real works, and every way that can end."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

import orchestration.definitions  # noqa: F401  (says what makes the nodes)
from assets.corpora.tombstones import request_step
from assets.fakes import fake_manifest
from assets.lineage.build import hash_files
from assets.lineage.manifest import Manifest, digest_of
from orchestration.lake import ObjectLake
from orchestration.reproduce.bench import open_bench
from orchestration.reproduce.outcome import UNEXPLAINED, Verdict
from orchestration.settings import Settings
from orchestration.stores import FileStore
from tests.orchestration.reproduce.made import Made


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path / "home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "clean"


def test_a_chain_is_rebuilt_from_its_source_bit_for_bit(made: Made, folder: Path) -> None:
    results, damaged = made.rebuild(folder, [made.raw, made.documents])
    assert [result.verdict for result in results] == [Verdict.BIT_EQUAL, Verdict.BIT_EQUAL]
    assert [result.digest for result in results] == [made.raw.digest, made.documents.digest]
    assert damaged == ()
    clean = ObjectLake(FileStore(folder / "lake"), folder / "cache")
    assert {m.fingerprint for m in clean.manifests()} == {
        made.raw.fingerprint, made.documents.fingerprint,
    }  # fmt: skip


def test_an_artifact_alone_reads_its_inputs_from_the_lake(made: Made, folder: Path) -> None:
    (result,), _ = made.rebuild(folder, [made.documents], [made.raw])
    assert result.verdict is Verdict.BIT_EQUAL
    assert not (folder / "lake" / "corpora" / "raw").exists()


def test_a_tampered_input_is_named_with_its_file_and_nothing_is_made_of_it(
    made: Made, folder: Path
) -> None:
    made.damage(made.raw, "files/notes.jsonl")
    (result,), _ = made.rebuild(folder, [made.documents], [made.raw])
    assert result.verdict is Verdict.NOT_REBUILT
    assert result.reason.startswith(
        f"its input was tampered with or damaged: corpora/raw[inbox]@{made.raw.short}: "
        "files/notes.jsonl has changed"
    )


def test_an_input_that_is_another_than_was_read_is_named(made: Made, folder: Path) -> None:
    record = replace(made.documents, inputs=(replace(made.documents.inputs[0], digest="0" * 64),))
    (result,), _ = made.rebuild(folder, [record], [made.raw])
    assert result.verdict is Verdict.NOT_REBUILT
    assert "corpora/raw[inbox]@" in result.reason
    assert "read was 000000000000" in result.reason


def test_an_input_that_is_gone_is_named(made: Made, folder: Path) -> None:
    (result,), _ = made.rebuild(folder, [made.documents])
    assert result.verdict is Verdict.NOT_REBUILT
    assert result.reason == f"its input corpora/raw[inbox]@{made.raw.short} is not in the lake"


def test_a_damaged_copy_of_what_is_rebuilt_is_said_though_the_record_holds(
    made: Made, folder: Path
) -> None:
    made.damage(made.documents, "documents/00000.parquet")
    (result,), damaged = made.rebuild(folder, [made.documents], [made.raw])
    assert result.verdict is Verdict.BIT_EQUAL
    assert "documents/00000.parquet has changed" in damaged[0]


def test_an_edited_record_is_refused_by_its_fingerprint(made: Made, folder: Path) -> None:
    edited = made.rewrite(made.documents, code_version="1")
    (result,), damaged = made.rebuild(folder, [edited], [made.raw])
    assert result.verdict is Verdict.NOT_REBUILT
    assert "was edited: config, code version and inputs give fingerprint" in result.reason
    assert damaged


def test_a_source_that_has_changed_is_taken_from_the_lake_and_said(
    made: Made, folder: Path
) -> None:
    made.note.write_text(json.dumps({"id": "b", "title": "B", "text": "other"}) + "\n")
    results, _ = made.rebuild(folder, [made.raw, made.documents])
    assert [result.verdict for result in results] == [Verdict.TAKEN, Verdict.BIT_EQUAL]
    assert results[0].reason == "its source is no longer what it was: notes.jsonl changed"


def test_a_source_that_has_changed_and_whose_copy_is_damaged_cannot_be_had(
    made: Made, folder: Path
) -> None:
    made.note.unlink()
    made.damage(made.raw, "files/notes.jsonl")
    results, _ = made.rebuild(folder, [made.raw, made.documents])
    assert [result.verdict for result in results] == [Verdict.NOT_REBUILT] * 2
    assert "and its recorded copy: corpora/raw[inbox]" in results[0].reason
    assert results[1].reason == f"its input corpora/raw[inbox]@{made.raw.short} was not rebuilt"


def test_what_a_person_wrote_down_is_taken_from_the_lake_and_said(made: Made, folder: Path) -> None:
    step = request_step({"previous": [], "by": "ada"})
    attempt = made.lake.begin(step.family, step.name, step.fingerprint)
    (attempt.scratch / "statement").write_bytes(b"forget")
    record = fake_manifest(step, attempt.scratch)
    made.lake.commit(attempt, record)
    (result,), damaged = made.rebuild(folder, [record])
    assert (result.verdict, damaged) == (Verdict.TAKEN, ())
    assert result.reason == "corpora/tombstones was written down by a person, not computed"


def edit_table(made: Made) -> Manifest:
    """Record another title than the work finds, and other circumstances."""
    file = made.lake.fetch(made.documents, made.documents.file("documents/00000.parquet"))
    table = pl.read_parquet(file).with_columns(title=pl.lit("Changed"))
    file.chmod(0o644)
    table.write_parquet(file)
    files = hash_files(Path(made.lake.uri(made.documents)))
    return made.rewrite(
        made.documents, files=files, digest=digest_of(files),
        packages={**made.documents.packages, "polars": "0.1"}, machine="Pentium, 1 cores",
    )  # fmt: skip


def test_another_result_names_the_column_and_what_explains_it(made: Made, folder: Path) -> None:
    record = edit_table(made)
    (result,), damaged = made.rebuild(folder, [record], [made.raw])
    assert damaged == ()
    assert result.verdict is Verdict.DIFFERENT
    (difference,) = result.files
    assert difference.where == "column title differs in 1 of 1 rows"
    assert [each.field for each in result.explained_by] == ["package.polars", "machine"]
    assert result.explained_by[0].before == "0.1"


def test_another_result_that_nothing_explains_says_so(made: Made, folder: Path) -> None:
    record = edit_table(made)
    same = made.rewrite(record, packages=made.documents.packages, machine=made.documents.machine)
    (result,), _ = made.rebuild(folder, [same], [made.raw])
    assert (result.verdict, result.reason) == (Verdict.DIFFERENT, UNEXPLAINED)


def test_a_result_whose_recorded_files_are_gone_is_different_by_its_digest(
    made: Made, folder: Path
) -> None:
    record = edit_table(made)
    made.damage(record, "documents/00000.parquet")
    (result,), _ = made.rebuild(folder, [record], [made.raw])
    assert result.verdict is Verdict.DIFFERENT
    assert "its recorded files cannot be compared" in result.reason


def test_work_that_fails_is_not_rebuilt_and_says_why(made: Made, folder: Path) -> None:
    broken = {**made.documents.config, "source": {}}
    record = made.rewrite(made.documents, config=broken)
    (result,), _ = made.rebuild(folder, [record], [made.raw])
    assert result.verdict is Verdict.NOT_REBUILT


def test_a_bench_below_the_home_goes_and_one_that_is_named_stays(tmp_path: Path) -> None:
    installation = Settings.from_env({"MATERIA_HOME": str(tmp_path / "home")})
    lake = ObjectLake(FileStore(tmp_path / "lake"), tmp_path / "cache")
    with open_bench(installation, lake, None, print) as bench:
        inside = bench.folder
        assert inside.is_dir()
        assert inside.parent == tmp_path / "home" / "reproduced"
    assert not inside.exists()
    with open_bench(installation, lake, tmp_path / "kept", print) as bench:
        (bench.folder / "a").touch()
    assert (tmp_path / "kept" / "a").exists()
    with (
        pytest.raises(ValueError, match=r"--into .*kept is not empty"),
        open_bench(installation, lake, tmp_path / "kept", print),
    ):
        pass
