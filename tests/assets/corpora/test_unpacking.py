"""Archives from strangers: what is wanted comes out, and nothing else is ever written."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.corpora import unpacking as module
from assets.corpora.unpacking import UnpackError, unpack
from tests.archives import make_deb, make_tgz, make_wheel

FILES = {"usr/share/a.txt": b"alpha", "usr/share/more/b.txt": b"beta", "usr/bin/tool": b"x"}


def _archive(tmp_path: Path, kind: str) -> Path:
    if kind == "deb":
        return make_deb(tmp_path, "some-data", "1.0", FILES)
    make = make_tgz if kind == "tgz" else make_wheel
    return make(tmp_path / f"a.{kind}", FILES)


def _written(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize("kind", ["deb", "tgz", "whl"])
def test_wanted_files_come_out_and_no_others(tmp_path: Path, kind: str) -> None:
    out = tmp_path / "out"
    found = unpack(_archive(tmp_path, kind), ("usr/share/*.txt",), out)
    assert _written(out) == ["usr/share/a.txt", "usr/share/more/b.txt"]
    assert (out / "usr/share/a.txt").read_bytes() == b"alpha"
    assert (found.files, found.size_bytes, found.skipped) == (2, 9, 0)


@pytest.mark.parametrize(
    "name", ["../evil.txt", "a/../../evil.txt", "/tmp/evil.txt", "a/-rf.txt", "a/b\nc.txt"]
)
def test_a_path_that_leaves_the_folder_or_is_odd_is_left_out(tmp_path: Path, name: str) -> None:
    archive = make_tgz(tmp_path / "a.tgz", {name: b"evil", "a/good.txt": b"good"})
    out = tmp_path / "deep" / "out"
    found = unpack(archive, ("*.txt",), out)
    assert _written(tmp_path / "deep") == ["out/a/good.txt"]
    assert (found.files, found.skipped) == (1, 1)


def test_links_are_left_out_and_nothing_is_written_through_them(tmp_path: Path) -> None:
    archive = tmp_path / "a.tgz"
    make_tgz(archive, {}, {"a": "/etc", "a.txt": "/etc/passwd"})
    found = unpack(archive, ("a*",), tmp_path / "out")
    assert (found.files, found.skipped) == (0, 2)
    assert not (tmp_path / "out").exists()


def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "a.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        for _ in range(2):
            tar.addfile(tarfile.TarInfo("a.txt"))
    with pytest.raises(UnpackError, match="cannot be unpacked"):
        unpack(archive, ("*.txt",), tmp_path / "out")


@pytest.mark.parametrize("limit", ["MAX_FILES", "MAX_BYTES"])
def test_an_archive_that_holds_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(module, limit, 2)
    with pytest.raises(UnpackError, match="the archive holds more than"):
        unpack(make_tgz(tmp_path / "a.tgz", FILES), ("none",), tmp_path / "out")


@pytest.mark.parametrize("name", ["a.deb", "a.tgz", "a.whl"])
def test_a_damaged_archive_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(UnpackError, match=rf"{name} (cannot be unpacked|is damaged)"):
        unpack(path, ("*",), tmp_path / "out")


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.rar"
    path.touch()
    with pytest.raises(UnpackError, match=r"a\.rar is no \.deb, \.tgz or \.whl file"):
        unpack(path, ("*",), tmp_path / "out")


@settings(max_examples=40, deadline=None)
@given(content=st.binary(max_size=2000), suffix=st.sampled_from(["tgz", "whl"]))
def test_rubbish_is_refused_or_empty(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str
) -> None:
    folder = tmp_path_factory.mktemp("rubbish")
    path = folder / f"a.{suffix}"
    path.write_bytes(content)
    try:
        found = unpack(path, ("*",), folder / "out")
    except UnpackError:
        return
    assert found.files == 0
