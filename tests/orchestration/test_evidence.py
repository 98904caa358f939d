"""`materia evidence` and `materia verify --pack`, through the command, on a lake in a folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.commands.evidence import signing_key
from orchestration.lake import open_lake
from orchestration.settings import Settings
from tests.evidence_lake import make_release


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MATERIA_HOME", str(tmp_path / "home"))
    for name in ("MATERIA_LAKE", "MATERIA_SIGNING_KEY"):
        monkeypatch.delenv(name, raising=False)
    return Settings.from_env()


def test_a_pack_is_written_and_verified(settings: Settings, tmp_path: Path) -> None:
    release = make_release(open_lake(settings))
    reference, out = f"releases/release@{release.short}", tmp_path / "pack"
    done = CliRunner().invoke(app, ["evidence", reference, "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["release"], told["artifacts"]) == (f"releases/release[toy]@{release.short}", 24)
    assert [name.split("@")[0] for name in told["discloses"]] == ["corpora/raw[notes]"]
    trusted = ["verify", "--pack", str(out), "--trust", told["signer"]]
    assert CliRunner().invoke(app, trusted).exit_code == 0
    wrong = CliRunner().invoke(app, [*trusted, "--expect", "0" * 12, "--json"])
    assert wrong.exit_code == 1
    assert "an old or another release" in json.loads(wrong.stdout)["problems"][0]
    (out / "release" / "extra").touch()
    changed = CliRunner().invoke(app, trusted)
    assert (changed.exit_code, changed.stdout.splitlines()[0]) == (1, "release/extra was added")


def test_a_passport_is_the_page_of_the_pack(settings: Settings, tmp_path: Path) -> None:
    release = make_release(open_lake(settings))
    name, out = f"releases/release@{release.short}", tmp_path / "new" / "passport.html"
    done = CliRunner().invoke(app, ["passport", name, "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    pack = ["evidence", name, "--out", str(tmp_path / "pack"), "--no-files"]
    assert CliRunner().invoke(app, pack).exit_code == 0
    assert (tmp_path / "pack" / "passport.html").read_bytes() == out.read_bytes()
    again = CliRunner().invoke(app, ["passport", name, "--out", str(out)])
    assert f"sha256 {told['sha256']}" in again.stdout
    assert [path.name for path in out.parent.iterdir()] == ["passport.html"]


def test_an_artifact_that_is_no_release_has_no_passport(settings: Settings, tmp_path: Path) -> None:
    make_release(open_lake(settings))
    (mixture,) = open_lake(settings).manifests("mixtures", "stage1")
    name = f"mixtures/stage1@{mixture.short}"
    done = CliRunner().invoke(app, ["passport", name, "--out", str(tmp_path / "p.html")])
    assert isinstance(done.exception, ValueError)
    assert "is no release" in str(done.exception)
    assert not (tmp_path / "p.html").exists()


def test_people_are_told_the_key_and_what_a_pack_discloses(
    settings: Settings, tmp_path: Path
) -> None:
    release = make_release(open_lake(settings))
    out = ["--out", str(tmp_path / "pack"), "--no-files"]
    done = CliRunner().invoke(app, ["evidence", f"releases/release@{release.short}", *out])
    assert done.exit_code == 0, done.output
    signer = signing_key(settings).fingerprint
    assert f"signed with key {signer}: publish this number apart" in done.output
    assert "before you publish: its manifests name the files of corpora/raw[notes]" in done.output
    assert f"verify.py --trust {signer}" in done.output
    assert not (tmp_path / "pack" / "release").exists()


def test_an_old_pack_is_refused_beside_the_newest_index(settings: Settings, tmp_path: Path) -> None:
    lake = open_lake(settings)
    made = [make_release(lake, weights=b"old", day=2), make_release(lake, day=3)]
    packs = [tmp_path / "old", tmp_path / "new"]
    for release, out in zip(made, packs, strict=True):
        write = ["evidence", f"releases/release@{release.short}", "--out", str(out)]
        assert CliRunner().invoke(app, write).exit_code == 0
    newest = ["--trust", signing_key(settings).fingerprint, "--newest"]
    newest.append(str(packs[1] / "index.dsse.json"))
    old, new = (CliRunner().invoke(app, ["verify", "--pack", str(p), *newest]) for p in packs)
    assert (old.exit_code, new.exit_code) == (1, 0)
    assert "this is release 1 of toy" in old.stdout


def test_the_key_of_the_installation_is_made_once(settings: Settings) -> None:
    first, second = signing_key(settings), signing_key(settings)
    assert first.fingerprint == second.fingerprint
    assert (settings.home / "keys" / "release.pem").stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_named_must_exist(tmp_path: Path) -> None:
    named = Settings.from_env({"MATERIA_SIGNING_KEY": str(tmp_path / "none.pem")})
    with pytest.raises(ValueError, match=r"MATERIA_SIGNING_KEY=.* is no file"):
        signing_key(named)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["verify", "--all", "--pack", "x"], "give one of an artifact, --all, --pack FOLDER"),
        (["verify", "--all", "--trust", "x"], "belong to --pack FOLDER"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    settings: Settings, arguments: list[str], told: str
) -> None:
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, ValueError)
    assert told in str(done.exception)
