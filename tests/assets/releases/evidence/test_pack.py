"""What a pack holds: the chain to the corpora, a statement for each artifact, equal bytes."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from assets.fakes import FakeLake
from assets.lineage.manifest import Manifest
from assets.lineage.workspace import LineageError
from assets.releases.evidence.pack import write_pack
from assets.releases.evidence.signing import SigningKey
from tests.evidence_lake import make_release


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return SigningKey.create(tmp_path / "keys" / "release.pem")


@pytest.fixture
def lake(tmp_path: Path) -> FakeLake:
    return FakeLake(tmp_path / "lake")


def files(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def statement(folder: Path, name: str) -> dict[str, Any]:
    (path,) = folder.glob(name)
    found: dict[str, Any] = json.loads(base64.b64decode(json.loads(path.read_text())["payload"]))
    return found


def test_the_same_lake_and_key_give_the_same_bytes(
    lake: FakeLake, key: SigningKey, tmp_path: Path
) -> None:
    release = make_release(lake)
    one, two = (write_pack(lake, release, tmp_path / n, key).folder for n in ("one", "two"))
    assert files(one) == files(two)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_the_chain_goes_down_to_every_corpus_and_nothing_else_is_in_it(
    lake: FakeLake, key: SigningKey, tmp_path: Path
) -> None:
    make_release(lake, weights=b"old", day=1)
    pack = write_pack(lake, make_release(lake), tmp_path / "pack", key)
    manifests = [Manifest.from_json(p.read_text()) for p in (pack.folder / "manifests").iterdir()]
    raw = sorted(m.key for m in manifests if m.name == "raw")
    assert raw == ["corpora/raw[notes]", "corpora/raw[pmc]"]
    assert sum(m.family == "releases" for m in manifests) == 1
    assert pack.artifacts == len(manifests) == len(list((pack.folder / "attestations").iterdir()))


def test_a_statement_tells_what_from_what_how_when_and_at_what_cost(
    lake: FakeLake, key: SigningKey, tmp_path: Path
) -> None:
    pack = write_pack(lake, make_release(lake), tmp_path / "pack", key)
    made = statement(pack.folder, "attestations/mixtures.stage1.*.dsse.json")
    assert (made["_type"], made["predicateType"]) == (
        "https://in-toto.io/Statement/v1",
        "https://slsa.dev/provenance/v1",
    )
    assert made["subject"][0]["name"].startswith("mixtures/stage1[toy]@")
    assert made["subject"][1]["name"] == "selection.parquet"
    definition, details = (made["predicate"][k] for k in ("buildDefinition", "runDetails"))
    assert definition["externalParameters"]["config"] == {"stage": 1}
    assert [d["name"] for d in definition["resolvedDependencies"]] == [
        "mixtures/decontaminated", "tokenizers/tokenizer", "source code",
    ]  # fmt: skip
    assert definition["resolvedDependencies"][2]["digest"] == {"gitCommit": "c0ffee" * 6}
    assert details["metadata"]["finishedOn"] == "2026-01-01T10:00:00Z"
    assert details["metadata"]["materia_cost"]["flops"] == 100.0


def test_no_file_of_a_pack_names_the_machine(
    lake: FakeLake, key: SigningKey, tmp_path: Path
) -> None:
    pack = write_pack(lake, make_release(lake), tmp_path / "pack", key)
    for name, content in files(pack.folder).items():
        text = content
        if name.endswith(".dsse.json"):
            text = base64.b64decode(json.loads(content)["payload"])
        assert b"build-host-7" not in text, name


def test_corpora_whose_file_names_nobody_has_published_are_told(
    lake: FakeLake, key: SigningKey, tmp_path: Path
) -> None:
    pack = write_pack(lake, make_release(lake), tmp_path / "pack", key)
    (told,) = pack.discloses
    assert told.startswith("corpora/raw[notes]@")
    assert any(b"files/notes.txt" in content for content in files(pack.folder).values())


def test_the_index_numbers_the_releases_of_a_recipe(
    lake: FakeLake, key: SigningKey, tmp_path: Path
) -> None:
    old = make_release(lake, weights=b"old", day=1)
    pack = write_pack(lake, make_release(lake), tmp_path / "pack", key)
    claim = statement(pack.folder, "index.dsse.json")["predicate"]
    assert (claim["sequence"], claim["earlier"]) == (2, [old.fingerprint])
    assert write_pack(lake, old, tmp_path / "old", key).sequence == 1


def test_a_broken_chain_is_refused(lake: FakeLake, key: SigningKey, tmp_path: Path) -> None:
    release = make_release(lake)
    (raw,) = [m for m in lake.manifests("corpora", "raw") if m.partition == "pmc"]
    del lake.committed["corpora", "raw", raw.fingerprint]
    with pytest.raises(LineageError, match=r"read corpora/raw@\w{12}, which is not in the lake"):
        write_pack(lake, release, tmp_path / "pack", key)
    assert not (tmp_path / "pack").exists()


def test_a_release_whose_bytes_have_changed_is_not_signed_for(
    lake: FakeLake, key: SigningKey, tmp_path: Path
) -> None:
    release = make_release(lake)
    Path(lake.uri(release), "README.md").write_text("other")
    with pytest.raises(LineageError, match=r"README\.md differs from its manifest"):
        write_pack(lake, release, tmp_path / "pack", key)
    assert not (tmp_path / "pack").exists()


def test_a_pack_is_never_written_over_something(
    lake: FakeLake, key: SigningKey, tmp_path: Path
) -> None:
    release = make_release(lake)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(ValueError, match="is not empty"):
        write_pack(lake, release, tmp_path / "full", key)


def test_only_a_release_has_a_pack(lake: FakeLake, key: SigningKey, tmp_path: Path) -> None:
    make_release(lake)
    (mixture,) = lake.manifests("mixtures", "stage1")
    with pytest.raises(ValueError, match=r"mixtures/stage1\[toy\] is no release"):
        write_pack(lake, mixture, tmp_path / "pack", key)
