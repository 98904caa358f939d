"""A pack as a stranger gets it: its own verify.py, no platform, and every change to it named."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assets.fakes import FakeLake
from assets.releases.evidence.pack import Pack, write_pack
from assets.releases.evidence.signing import SigningKey
from assets.releases.evidence.verify_pack import Trust, verify_pack
from tests.evidence_lake import make_release


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return SigningKey.create(tmp_path_factory.mktemp("keys") / "release.pem")


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory, key: SigningKey) -> tuple[Pack, Pack]:
    """The packs of two releases of one recipe, the older one first."""
    folder = tmp_path_factory.mktemp("packs")
    lake = FakeLake(folder / "lake")
    releases = [make_release(lake, weights=b"old", day=2), make_release(lake, day=3)]
    old, new = (write_pack(lake, r, folder / f"pack{n}", key) for n, r in enumerate(releases))
    return old, new


@pytest.fixture
def pack(packs: tuple[Pack, Pack], tmp_path: Path) -> Path:
    return Path(shutil.copytree(packs[1].folder, tmp_path / "copy"))


def verify(pack: Path, *options: str) -> tuple[int, list[str]]:
    """Run the pack's own program without site packages, and return its code and sentences."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(pack / "verify.py"), *options],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert not done.stderr or done.returncode == 2, done.stderr
    return done.returncode, (done.stdout + done.stderr).splitlines()


def flip_a_byte(pack: Path) -> None:
    path = pack / "release" / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)


def add_a_file(pack: Path) -> None:
    (pack / "release" / "extra.py").write_text("print()")


def remove_a_file(pack: Path) -> None:
    (pack / "release" / "README.md").unlink()


def swap_two(pack: Path) -> None:
    one, two = pack / "release" / "README.md", pack / "release" / "config.json"
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)


def swap_two_manifests(pack: Path) -> None:
    one, two = sorted((pack / "manifests").glob("checkpoints.*"))[:2]
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)


def edit_a_manifest(pack: Path) -> None:
    path = min((pack / "manifests").glob("corpora.raw.*"))
    path.write_text(path.read_text().replace("Texts of", "Lies of"))


def remove_a_manifest(pack: Path) -> None:
    next((pack / "manifests").glob("mixtures.deduped.*")).unlink()


def remove_an_attestation(pack: Path) -> None:
    next((pack / "attestations").glob("mixtures.deduped.*")).unlink()


def edit_an_attestation(pack: Path) -> None:
    path = next((pack / "attestations").glob("mixtures.deduped.*"))
    envelope = json.loads(path.read_text())
    first = envelope["payload"][0]
    envelope["payload"] = ("e" if first != "e" else "f") + envelope["payload"][1:]
    sig = envelope["signatures"][0]["sig"]
    envelope["signatures"][0]["sig"] = ("A" if sig[0] != "A" else "B") + sig[1:]
    path.write_text(json.dumps(envelope))


def edit_the_index(pack: Path) -> None:
    path = pack / "index.dsse.json"
    envelope = json.loads(path.read_text())
    sig = envelope["signatures"][0]["sig"]
    envelope["signatures"][0]["sig"] = ("A" if sig[0] != "A" else "B") + sig[1:]
    path.write_text(json.dumps(envelope))


def break_the_index(pack: Path) -> None:
    (pack / "index.dsse.json").write_text("[]")


def break_a_manifest(pack: Path) -> None:
    next((pack / "manifests").glob("mixtures.deduped.*")).write_text("{")


def link_out_of_the_pack(pack: Path) -> None:
    path = pack / "release" / "README.md"
    path.unlink()
    path.symlink_to("/etc/hostname")


def put_a_pipe_in_the_place_of_a_file(pack: Path) -> None:
    path = pack / "release" / "README.md"
    path.unlink()
    os.mkfifo(path)


def rewrite_the_index(pack: Path) -> None:
    path = pack / "index.dsse.json"
    path.write_text(json.dumps(json.loads(path.read_text())))


def rename_the_signer_in_the_index(pack: Path) -> None:
    path = pack / "index.dsse.json"
    envelope = json.loads(path.read_text())
    envelope["signatures"][0]["keyid"] = "0" * 64
    path.write_text(json.dumps(envelope, indent=1, sort_keys=True) + "\n")


def empty_fields_of_a_manifest(pack: Path) -> None:
    path = next((pack / "manifests").glob("mixtures.deduped.*"))
    kept = {
        k: v for k, v in json.loads(path.read_text()).items() if k not in ("files", "partition")
    }
    path.write_text(json.dumps(kept))


def nest_a_manifest_deeply(pack: Path) -> None:
    path = next((pack / "manifests").glob("mixtures.deduped.*"))
    path.write_text("[" * 100_000)


ATTACKS: list[tuple[Callable[[Path], None], str]] = [
    (flip_a_byte, r"release/model\.safetensors has changed \(sha256 \w{12}, recorded \w{12}\)"),
    (add_a_file, r"release/extra\.py was added"),
    (remove_a_file, r"release/README\.md is missing"),
    (swap_two, r"release/README\.md and release/config\.json were swapped"),
    (swap_two_manifests, r"manifests/checkpoints\.\S+ and manifests/checkpoints\.\S+ were swapped"),
    (swap_two_manifests, r"manifests/checkpoints\.\S+ holds the manifest of checkpoints\.stage\d"),
    (edit_a_manifest, r"manifests/corpora\.raw\.\w+\.json has changed"),
    (edit_a_manifest, r"corpora/raw\[\w+\]@\w+: config, code version and inputs give fingerprint"),
    (edit_a_manifest, r"corpora/raw\[\w+\]@\w+: \S+ was signed for another config"),
    (remove_a_manifest, r"manifests/mixtures\.deduped\.\w+\.json is missing"),
    (remove_a_manifest, r"decontaminated\S+: its input mixtures/deduped\S+ is not in the pack"),
    (remove_an_attestation, r"mixtures/deduped\S+: nobody signed for it"),
    (edit_an_attestation, r"attestations/mixtures\.deduped\.\w+\.dsse\.json has changed"),
    (edit_an_attestation, r"mixtures\.deduped\.\w+\.dsse\.json: the signature does not hold"),
    (edit_the_index, r"index\.dsse\.json: the signature does not hold"),
    (break_the_index, r"index\.dsse\.json is not the index of a pack"),
    (break_a_manifest, r"manifests/mixtures\.deduped\.\w+\.json is no manifest"),
    (put_a_pipe_in_the_place_of_a_file, r"release/README\.md has changed \(sha256 not a file"),
    (rewrite_the_index, r"index\.dsse\.json: its signed content holds, but it was written anew"),
    (rename_the_signer_in_the_index, r"index\.dsse\.json: its signed content holds, but"),
    (empty_fields_of_a_manifest, r"mixtures\.deduped\.\w+: its record is malformed: KeyError"),
    (nest_a_manifest_deeply, r"manifests/mixtures\.deduped\.\w+\.json is no manifest"),
    (link_out_of_the_pack, r"release/README\.md has changed \(sha256 a link"),
]


def test_an_untouched_pack_verifies_without_the_platform(pack: Path, key: SigningKey) -> None:
    code, said = verify(pack, "--trust", key.fingerprint)
    assert (code, said) == (0, ["24 artifacts verified, 0 problems"])


QUICK = (flip_a_byte, add_a_file, swap_two, edit_a_manifest, remove_an_attestation, edit_the_index)
"""Of the attacks, those that `make check` takes: one of each kind."""


@pytest.mark.parametrize(
    "attack",
    [
        pytest.param(attack, marks=[] if attack in QUICK else [pytest.mark.slow])
        for attack in dict.fromkeys(attack for attack, _ in ATTACKS)
    ],
)
def test_every_change_is_named(pack: Path, key: SigningKey, attack: Callable[[Path], None]) -> None:
    attack(pack)
    code, said = verify(pack, "--trust", key.fingerprint)
    assert code == 1
    for named in (sentence for of, sentence in ATTACKS if of is attack):
        assert any(re.search(named, line) for line in said), (named, said)


def test_a_change_to_one_file_is_one_sentence(pack: Path, key: SigningKey) -> None:
    flip_a_byte(pack)
    _, said = verify(pack, "--trust", key.fingerprint)
    assert said[-1] == "24 artifacts verified, 1 problems"


def test_an_old_signed_release_is_refused_where_the_newest_is_known(
    packs: tuple[Pack, Pack], key: SigningKey
) -> None:
    old, new = packs
    trust = ("--trust", key.fingerprint)
    assert verify(old.folder, *trust)[0] == 0, "every signature of an old release holds"
    code, said = verify(old.folder, *trust, "--newest", str(new.folder / "index.dsse.json"))
    assert code == 1
    assert re.search(r"this is release 1 of toy, .* names release 2, .* as the newest", said[0])
    newest = new.release.split("@")[1]
    code, said = verify(old.folder, *trust, "--expect", newest)
    assert code == 1
    assert f"expected was {newest}: an old or another release" in said[0]
    assert verify(new.folder, *trust, "--newest", str(new.folder / "index.dsse.json"))[0] == 0


def test_the_signer_must_be_known(pack: Path, key: SigningKey) -> None:
    code, said = verify(pack)
    assert code == 1
    assert f"the signer is unknown: give --key or --trust {key.fingerprint}" in said[0]
    assert verify(pack, "--any-signer")[0] == 0
    assert verify(pack, "--key", str(pack / "public_key.pem"))[0] == 0


@pytest.mark.slow
def test_any_flipped_bit_of_any_file_is_a_problem_and_never_a_crash(
    pack: Path, key: SigningKey
) -> None:
    rng = random.Random(20261128)
    files = sorted(path for path in pack.rglob("*") if path.is_file())
    chosen = [*rng.sample(files, 12), *[pack / "index.dsse.json"] * 8, pack / "public_key.pem"]
    for path in chosen:
        content = path.read_bytes()
        place = rng.randrange(len(content))
        changed = bytearray(content)
        changed[place] ^= 1 << rng.randrange(8)
        path.write_bytes(changed)
        found = verify_pack(pack, Trust(fingerprint=key.fingerprint))
        assert found.problems, f"byte {place} of {path}"
        path.write_bytes(content)
    assert not verify_pack(pack, Trust(fingerprint=key.fingerprint)).problems


def test_what_is_no_index_is_refused_as_the_newest(pack: Path, key: SigningKey) -> None:
    for name in ("evidence.json", "nowhere.json"):
        code, said = verify(pack, "--trust", key.fingerprint, "--newest", str(pack / name))
        assert code == 1
        assert re.search(rf"--newest \S+{name} is no index of a pack", said[0]), said


def test_a_newest_index_signed_by_another_is_refused(
    pack: Path, tmp_path: Path, key: SigningKey
) -> None:
    lake = FakeLake(tmp_path / "lake")
    stranger = SigningKey.create(tmp_path / "stranger.pem")
    forged = write_pack(lake, make_release(lake, day=3), tmp_path / "forged", stranger)
    newest = str(forged.folder / "index.dsse.json")
    code, said = verify(pack, "--trust", key.fingerprint, "--newest", newest)
    assert code == 1
    assert "index.dsse.json: the signature does not hold" in said[0]


@pytest.mark.parametrize("how", ["--trust", "--key"])
def test_a_pack_of_another_signer_is_refused(
    packs: tuple[Pack, Pack], tmp_path: Path, key: SigningKey, how: str
) -> None:
    lake = FakeLake(tmp_path / "lake")
    stranger = SigningKey.create(tmp_path / "keys" / "stranger.pem")
    forged = write_pack(lake, make_release(lake), tmp_path / "forged", stranger)
    known = key.fingerprint if how == "--trust" else str(packs[1].folder / "public_key.pem")
    code, said = verify(forged.folder, how, known)
    assert code == 1
    assert any("signed with the key" in line for line in said), said
    assert any(stranger.fingerprint in line for line in said)


def test_a_forged_pack_that_shows_the_publisher_s_key_is_refused(
    pack: Path, tmp_path: Path, key: SigningKey
) -> None:
    lake = FakeLake(tmp_path / "lake")
    stranger = SigningKey.create(tmp_path / "stranger.pem")
    forged = write_pack(lake, make_release(lake, weights=b"bad"), tmp_path / "forged", stranger)
    shutil.copyfile(pack / "public_key.pem", forged.folder / "public_key.pem")
    code, said = verify(forged.folder, "--trust", key.fingerprint)
    assert code == 1
    assert "index.dsse.json: the signature does not hold under key" in said[0]
    assert sum("the signature does not hold" in line for line in said) == forged.artifacts + 1


def test_parts_of_an_old_release_in_a_new_pack_are_named(
    pack: Path, packs: tuple[Pack, Pack], key: SigningKey
) -> None:
    old = packs[0].folder
    for name in ("manifests", "attestations", "release"):
        shutil.copytree(old / name, pack / name, dirs_exist_ok=True)
    code, said = verify(pack, "--trust", key.fingerprint)
    assert code == 1
    text = "\n".join(said)
    assert "release/model.safetensors has changed" in text
    assert re.search(r"manifests/releases\.release\.\w+\.json was added", text)
    assert re.search(r"releases/release\[toy\]@\w+ did not go into the release", text)
    shutil.copyfile(old / "index.dsse.json", pack / "index.dsse.json")
    code, said = verify(pack, "--trust", key.fingerprint, "--expect", packs[1].release[-12:])
    assert code == 1
    assert any("an old or another release" in line for line in said)


def test_a_key_exchanged_in_the_pack_does_not_help(
    pack: Path, packs: tuple[Pack, Pack], tmp_path: Path, key: SigningKey
) -> None:
    stranger = SigningKey.create(tmp_path / "stranger.pem")
    (pack / "public_key.pem").write_bytes(stranger.public_pem)
    for how in ("--trust", "--key"):
        known = key.fingerprint if how == "--trust" else str(packs[1].folder / "public_key.pem")
        code, said = verify(pack, how, known)
        assert code == 1
        assert any("public_key.pem has changed" in line for line in said), said


def test_a_release_copied_elsewhere_is_checked_against_a_pack_without_files(
    tmp_path: Path, key: SigningKey
) -> None:
    lake = FakeLake(tmp_path / "lake")
    release = make_release(lake)
    pack = write_pack(lake, release, tmp_path / "pack", key, with_files=False)
    trust = ("--trust", key.fingerprint)
    code, said = verify(pack.folder, *trust)
    assert code == 0
    assert said[0] == "note: the release's own files were not checked: give --release FOLDER"
    copy = Path(shutil.copytree(lake.uri(release), tmp_path / "copy"))
    assert verify(pack.folder, *trust, "--release", str(copy))[1][0].startswith("24 artifacts")
    (copy / "model.safetensors").write_bytes(b"other")
    code, said = verify(pack.folder, *trust, "--release", str(copy))
    assert code == 1
    assert f"{copy}/model.safetensors has changed" in said[0]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--trust", "abc"], "--trust takes 64 hex digits"),
        (["--expect", "xyz"], "--expect takes a release's fingerprint"),
        (["/nowhere"], "/nowhere is no folder"),
        (["--key", "/nowhere"], "--key: "),
    ],
)
def test_bad_usage_exits_with_2(pack: Path, options: list[str], told: str) -> None:
    code, said = verify(pack, *options)
    assert code == 2
    assert any(told in line for line in said), said


def test_the_result_is_printed_as_json(pack: Path, key: SigningKey) -> None:
    code, said = verify(pack, "--trust", key.fingerprint, "--json")
    found = json.loads("\n".join(said))
    assert code == 0
    assert (found["problems"], found["artifacts"], found["signer"]) == ([], 24, key.fingerprint)
