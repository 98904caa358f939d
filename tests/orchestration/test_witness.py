"""What was in the lake when a witness was written is still there, or is named."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assets.releases.evidence.dsse import PAYLOAD_TYPE, envelope_bytes
from assets.releases.evidence.signing import SigningKey
from orchestration.cli import app
from orchestration.lake import ObjectLake
from orchestration.stores import FileStore
from orchestration.witness import lost_since, read_witness, write_witness
from tests.evidence_lake import make_release

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return SigningKey.create(tmp_path / "keys" / "release.pem")


@pytest.mark.slow
def test_a_witness_names_every_artifact_and_finds_all_of_them(
    lake: ObjectLake, key: SigningKey, tmp_path: Path
) -> None:
    make_release(lake)
    path = tmp_path / "witness.json"
    written = write_witness(lake, key, path, NOW)
    assert len(written.records) == len(list(lake.manifests())) > 20
    assert read_witness(path, key.fingerprint) == written
    assert list(lost_since(lake, written)) == []
    again = tmp_path / "again.json"
    write_witness(lake, key, again, NOW)
    assert again.read_bytes() == path.read_bytes()


def test_what_came_later_is_no_problem_and_what_is_gone_or_rewritten_is(
    key: SigningKey, tmp_path: Path
) -> None:
    lake = ObjectLake(FileStore(tmp_path / "lake"), tmp_path / "cache")
    release = make_release(lake)
    witness = write_witness(lake, key, tmp_path / "witness.json", NOW)
    make_release(lake, weights=b"later", day=3)
    assert list(lost_since(lake, witness)) == []
    places = sorted(witness.records)
    removed, edited = (tmp_path / "lake" / place for place in places[:2])
    removed.unlink()
    edited.chmod(0o644)
    edited.write_text(edited.read_text() + "\n")
    assert list(lost_since(lake, witness)) == [
        f"{witness.names[places[0]]} was in the lake on 2026-11-28T12:00:00+00:00 and is not any "
        "more: it was removed, or the lake was set back",
        f"{witness.names[places[1]]}: its record is not the one that was there on "
        "2026-11-28T12:00:00+00:00",
    ]
    assert f"{release.key}@{release.short}" in witness.names.values()


def test_a_witness_has_one_signer_and_cannot_be_changed(key: SigningKey, tmp_path: Path) -> None:
    lake = ObjectLake(FileStore(tmp_path / "lake"), tmp_path / "cache")
    make_release(lake)
    path = tmp_path / "witness.json"
    write_witness(lake, key, path, NOW)
    with pytest.raises(ValueError, match=r"is signed with key [0-9a-f]{64}, not with 1234: give"):
        read_witness(path, "1234")
    content = path.read_bytes()
    path.write_bytes(content + b" ")
    with pytest.raises(ValueError, match="was changed after it was signed"):
        read_witness(path, key.fingerprint)
    envelope = json.loads(content)
    statement = json.loads(base64.b64decode(envelope["payload"]))
    del statement["subject"][0]
    payload = json.dumps(statement).encode()
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    path.write_bytes(envelope_bytes(PAYLOAD_TYPE, payload, signature, key.fingerprint))
    with pytest.raises(ValueError, match="was changed after it was signed"):
        read_witness(path, key.fingerprint)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"payload": "e30="}', '{"payload": 3}'])
def test_another_file_is_no_witness(tmp_path: Path, text: str) -> None:
    path = tmp_path / "witness.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="is no witness as `materia witness` writes it"):
        read_witness(path, "1234")


def test_another_signed_statement_is_no_witness(key: SigningKey, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [],
        "predicateType": "urn:materia:evidence-index:1",
        "predicate": {"made_at": "", "names": {}, "public_key": key.public_text},
    }
    path.write_bytes(key.envelope(statement))
    with pytest.raises(ValueError, match="statement of another kind: urn:materia:evidence-index"):
        read_witness(path, key.fingerprint)


def test_a_witness_needs_a_new_file_and_a_lake_with_something_in_it(
    key: SigningKey, tmp_path: Path
) -> None:
    lake = ObjectLake(FileStore(tmp_path / "lake"), tmp_path / "cache")
    with pytest.raises(ValueError, match="holds nothing that a witness could name"):
        write_witness(lake, key, tmp_path / "witness.json", NOW)
    (tmp_path / "taken").touch()
    with pytest.raises(ValueError, match="exists already: a witness is a new file"):
        write_witness(lake, key, tmp_path / "taken", NOW)
    with pytest.raises(ValueError, match="lies in no folder that exists"):
        write_witness(lake, key, tmp_path / "none" / "witness.json", NOW)


@pytest.mark.parametrize(
    "arguments",
    [["releases/release[tiny]", "--trust", "12"], ["--all"], ["--pack", ".", "--trust", "12"]],
)
def test_verify_takes_a_witness_with_the_whole_lake_and_a_key_only(
    tmp_path: Path, arguments: list[str]
) -> None:
    path = tmp_path / "witness.json"
    path.write_text("{}")
    done = CliRunner().invoke(
        app,
        ["verify", *arguments, "--witness", str(path)],
        env={"MATERIA_HOME": str(tmp_path / "home")},
    )
    assert isinstance(done.exception, ValueError)
    assert "--witness FILE goes with --all" in str(done.exception)
