"""Sources on S3, against a real server: listing, streaming, and objects that change meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assets.corpora.places import Places, SourceUnavailable, open_bucket
from assets.corpora.raw import SnapshotChanged, make_raw
from assets.corpora.snapshot import Snapshot, resolve
from assets.corpora.sources import Source, source
from assets.fakes import fake_workspace
from assets.lineage.step import Step
from tests.s3 import ACCESS_KEY, BUCKET, SECRET_KEY, s3_server

BIG = bytes(range(256)) * 80_000  # 20 MB: more than one piece


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with s3_server(tmp_path_factory.mktemp("s3")) as address:
        yield address


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


def _source(prefix: str) -> Source:
    entry = source("inbox_public")
    return replace(entry, name="bucket", origin="s3", location=f"s3://{BUCKET}/{prefix}")


def _resolve(prefix: str, endpoint: str) -> Snapshot:
    nowhere = Path("nowhere")
    return resolve(_source(prefix), Places(inbox=nowhere, fetched=nowhere, s3_endpoint=endpoint))


def _step(entry: Source, snapshot: Snapshot) -> Step:
    config = {"source": entry.to_dict(), "snapshot": snapshot.to_dict()}
    return Step(family="corpora", name="raw", partition=entry.name, code_version="1", config=config)


def _put(endpoint: str, prefix: str, **files: bytes) -> Any:
    store = open_bucket(endpoint)
    for name, content in files.items():
        store.pipe_file(f"{BUCKET}/{prefix}/{name.replace('__', '/')}.txt", content)
    return store


def test_objects_are_streamed_byte_for_byte(tmp_path: Path, endpoint: str) -> None:
    _put(endpoint, "whole", a=b"small", sub__b=BIG, empty=b"")
    snapshot = _resolve("whole", endpoint)
    assert [(f.path, f.size_bytes) for f in snapshot.files] == [
        ("a.txt", 5), ("empty.txt", 0), ("sub/b.txt", len(BIG)),
    ]  # fmt: skip
    literals = json.loads(json.dumps(snapshot.to_dict()))
    assert set(literals["etags"]) == {"a.txt", "empty.txt", "sub/b.txt"}
    assert "127.0.0.1" not in json.dumps(literals)
    ws = fake_workspace(tmp_path, _step(_source("whole"), snapshot))
    outcome = make_raw(snapshot.paths)(ws)
    assert outcome.counts == {"files": 3, "bytes": 5 + len(BIG)}
    assert (ws.out_dir / "files/sub/b.txt").read_bytes() == BIG


@pytest.mark.slow
def test_a_new_or_changed_object_changes_the_identity(endpoint: str) -> None:
    _put(endpoint, "grows", a=b"one")
    first = _resolve("grows", endpoint).to_dict()
    assert _resolve("grows", endpoint).to_dict() == first
    _put(endpoint, "grows", b=b"two")
    second = _resolve("grows", endpoint).to_dict()
    _put(endpoint, "grows", a=b"eno")
    assert first != second != _resolve("grows", endpoint).to_dict()


@pytest.mark.parametrize(
    "change",
    ["edited", *(pytest.param(how, marks=pytest.mark.slow) for how in ("grown", "removed"))],
)
def test_an_object_that_changed_since_its_listing_is_an_error(
    tmp_path: Path, endpoint: str, change: str
) -> None:
    store = _put(endpoint, change, a=b"before")
    snapshot = _resolve(change, endpoint)
    if change == "removed":
        store.rm(f"{BUCKET}/{change}/a.txt")
    else:
        _put(endpoint, change, a=b"after!" if change == "edited" else b"before and after")
    ws = fake_workspace(tmp_path, _step(_source(change), snapshot))
    with pytest.raises(SnapshotChanged, match=r"bucket: a\.txt has changed since its snapshot"):
        make_raw(snapshot.paths)(ws)


def test_an_empty_prefix_is_refused_like_an_empty_folder(tmp_path: Path, endpoint: str) -> None:
    snapshot = _resolve("none", endpoint)
    assert snapshot.files == ()
    ws = fake_workspace(tmp_path, _step(_source("none"), snapshot))
    with pytest.raises(ValueError, match=r"has no file like .* put one into its prefix"):
        make_raw(snapshot.paths)(ws)


@pytest.mark.slow
def test_a_missing_server_is_told_with_the_remedy() -> None:
    with pytest.raises(SourceUnavailable, match=r"cannot be listed .*check the bucket"):
        _resolve("any", "http://127.0.0.1:9")


def test_wrong_credentials_are_told_without_showing_them(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-wrong-secret")
    with pytest.raises(SourceUnavailable, match="cannot be listed") as caught:
        _resolve("any", endpoint)
    assert "a-wrong-secret" not in str(caught.value)


@pytest.mark.parametrize("location", ["", "bucket/prefix", "s3://", "s3://UPPER/x", "s3://b/../x"])
def test_a_location_that_is_none_is_refused(location: str) -> None:
    with pytest.raises(ValueError, match="is no s3 location"):
        replace(source("inbox_public"), origin="s3", location=location)
