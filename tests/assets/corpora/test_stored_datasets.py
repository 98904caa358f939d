"""Data sets through the real `datasets` library, offline: folders and what save_to_disk wrote."""

from __future__ import annotations

import json
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.corpora import stored_datasets as module
from assets.corpora.places import Places, SourceUnavailable
from assets.corpora.raw import SnapshotChanged, make_raw
from assets.corpora.readers.catalogue import read_file
from assets.corpora.readers.record import Bad, Fields, Record
from assets.corpora.snapshot import Snapshot, resolve
from assets.corpora.sources import Source, source
from assets.fakes import fake_workspace
from assets.lineage.step import Step
from assets.lineage.workspace import Workspace

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")

ROWS = [{"id": i, "body": f"text {i}", "score": i / 2} for i in range(25)]
ENTRY = replace(
    source("inbox_public"),
    name="stored",
    origin="hub",
    location="./my_set",
    split="train",
    files=("*.arrow",),
    fields=Fields(text="body"),
)


def _save(folder: Path, form: str) -> None:
    folder.mkdir(parents=True)
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), folder / "train-00000.parquet")
    elif form == "jsonl":
        (folder / "train.jsonl").write_text("\n".join(json.dumps(row) for row in ROWS))
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import datasets

            saved = datasets.Dataset.from_list(ROWS)
            whole = datasets.DatasetDict({"train": saved}) if form == "splits" else saved
            whole.save_to_disk(str(folder))


def _step(entry: Source, snapshot: Snapshot) -> Step:
    config = {"source": entry.to_dict(), "snapshot": snapshot.to_dict()}
    return Step(family="corpora", name="raw", partition=entry.name, code_version="1", config=config)


def _make(tmp_path: Path, entry: Source) -> tuple[Workspace, Snapshot]:
    snapshot = resolve(entry, Places(inbox=tmp_path / "inbox", fetched=tmp_path / "fetched"))
    ws = fake_workspace(tmp_path, _step(entry, snapshot))
    make_raw(snapshot.paths, snapshot.dataset)(ws)
    return ws, snapshot


def _read(ws: Workspace, entry: Source) -> list[Record | Bad]:
    found = []
    for path in sorted((ws.out_dir / "files").iterdir()):
        found += read_file(entry.reader, path, path.name, entry.reading)
    return found


@pytest.mark.parametrize(
    "form",
    [
        "parquet",
        "jsonl",
        *(pytest.param(form, marks=pytest.mark.slow) for form in ("splits", "plain")),
    ],
)
def test_rows_of_a_local_data_set_become_records(tmp_path: Path, form: str) -> None:
    _save(tmp_path / "inbox/my_set", form)
    ws, snapshot = _make(tmp_path, ENTRY)
    records = _read(ws, ENTRY)
    assert [(r.native_id, r.text) for r in records if isinstance(r, Record)] == [
        (str(row["id"]), row["body"]) for row in ROWS
    ]
    literals = json.dumps(snapshot.to_dict())
    assert str(tmp_path) not in literals
    assert all(len(digest) == 64 for digest in json.loads(literals)["dataset"]["files"].values())


@pytest.mark.slow
def test_a_long_data_set_is_written_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROWS_PER_BATCH", 2)
    monkeypatch.setattr(module, "BATCHES_PER_FILE", 5)
    _save(tmp_path / "inbox/my_set", "parquet")
    ws, _ = _make(tmp_path, ENTRY)
    assert [p.name for p in sorted((ws.out_dir / "files").iterdir())] == [
        "00000.arrow", "00001.arrow", "00002.arrow",
    ]  # fmt: skip
    assert len(_read(ws, ENTRY)) == 25


def test_a_changed_file_changes_the_identity(tmp_path: Path) -> None:
    _save(tmp_path / "inbox/my_set", "jsonl")
    first = resolve(ENTRY, tmp_path / "inbox").to_dict()
    (tmp_path / "inbox/my_set/train.jsonl").write_text('{"body": "new"}')
    assert resolve(ENTRY, tmp_path / "inbox").to_dict() != first


def test_a_file_that_changes_before_it_is_read_is_an_error(tmp_path: Path) -> None:
    _save(tmp_path / "inbox/my_set", "jsonl")
    snapshot = resolve(ENTRY, tmp_path / "inbox")
    (tmp_path / "inbox/my_set/train.jsonl").write_text('{"body": "new"}')
    ws = fake_workspace(tmp_path, _step(ENTRY, snapshot))
    with pytest.raises(SourceUnavailable, match=r"train\.jsonl has changed while it was read"):
        make_raw(snapshot.paths, snapshot.dataset)(ws)


def test_another_data_set_than_the_snapshots_is_an_error(tmp_path: Path) -> None:
    _save(tmp_path / "inbox/my_set", "jsonl")
    snapshot = resolve(ENTRY, tmp_path / "inbox")
    ws = fake_workspace(tmp_path, _step(ENTRY, snapshot))
    with pytest.raises(SnapshotChanged, match="not the data set of its snapshot"):
        make_raw(snapshot.paths, None)(ws)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fields": Fields(text="text")}, r"has no column 'text'; its columns are body, id, score"),
        ({"split": "test"}, r"split 'test', cannot be read|no split 'test'"),
    ],
)
@pytest.mark.parametrize("form", ["jsonl", "splits"])
def test_what_the_data_set_lacks_is_named(
    tmp_path: Path, form: str, change: dict[str, object], message: str
) -> None:
    _save(tmp_path / "inbox/my_set", form)
    with pytest.raises(SourceUnavailable, match=message):
        _make(tmp_path, replace(ENTRY, **change))  # type: ignore[arg-type]


def test_an_absent_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match=r"data-set folder .* does not exist or is empty"):
        resolve(ENTRY, tmp_path)


def test_the_missing_library_is_named_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _save(tmp_path / "inbox/my_set", "jsonl")
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(SourceUnavailable, match=r"pip install 'materia\[hub\]'"):
        _make(tmp_path, ENTRY)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"location": "/absolute/path"}, "is no hub location"),
        ({"split": ""}, "a data set is read by split"),
        ({"location": "owner/name"}, "revision is for data sets of the hub and required"),
        ({"revision": "abc"}, "revision is for data sets of the hub and required"),
    ],
)
def test_an_incomplete_entry_is_refused(change: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(ENTRY, **change)  # type: ignore[arg-type]
