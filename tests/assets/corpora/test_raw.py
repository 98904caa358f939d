"""corpora/raw: byte for byte, and only what the snapshot saw."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.corpora.raw import SnapshotChanged, make_raw
from assets.corpora.snapshot import Snapshot, resolve
from assets.corpora.sources import source
from assets.fakes import fake_workspace
from assets.lineage.workspace import Workspace
from assets.recipes.graph import raw_step


def _inbox(tmp_path: Path, files: dict[str, bytes]) -> Snapshot:
    for name, content in files.items():
        path = tmp_path / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return resolve(source("inbox"), tmp_path)


def _workspace(tmp_path: Path, snapshot: Snapshot) -> Workspace:
    return fake_workspace(tmp_path, raw_step(source("inbox").to_dict(), snapshot.to_dict()))


def test_files_are_copied_byte_for_byte(tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    snapshot = _inbox(tmp_path, {"a.txt": content, "sub/b.jsonl": b"{}"})
    ws = _workspace(tmp_path, snapshot)
    outcome = make_raw(snapshot.paths)(ws)
    assert (ws.out_dir / "files/a.txt").read_bytes() == content
    assert (ws.out_dir / "files/sub/b.jsonl").read_bytes() == b"{}"
    assert outcome.counts == {"files": 2, "bytes": len(content) + 2}
    assert "sub/b.jsonl" in outcome.summary


@pytest.mark.parametrize("change", ["edited", "removed"])
def test_a_file_that_changed_since_the_snapshot_is_an_error(tmp_path: Path, change: str) -> None:
    snapshot = _inbox(tmp_path, {"a.txt": b"before"})
    path = snapshot.paths["a.txt"]
    if change == "edited":
        path.write_bytes(b"after!")
    else:
        path.unlink()
    with pytest.raises(SnapshotChanged, match=r"a\.txt has changed since its snapshot"):
        make_raw(snapshot.paths)(_workspace(tmp_path, snapshot))


def test_paths_of_another_snapshot_are_an_error(tmp_path: Path) -> None:
    snapshot = _inbox(tmp_path, {"a.txt": b"x"})
    with pytest.raises(SnapshotChanged, match=r"no local path for a\.txt"):
        make_raw({})(_workspace(tmp_path, snapshot))


def test_an_empty_source_is_refused(tmp_path: Path) -> None:
    snapshot = _inbox(tmp_path, {})
    with pytest.raises(
        ValueError, match=r"source inbox has no file like \*\.jsonl or .*its folder"
    ):
        make_raw(snapshot.paths)(_workspace(tmp_path, snapshot))
