"""Verify an evidence pack with the standard library alone; every pack holds it as verify.py.

    python -I verify.py [PACK] --trust HEX      exit code 0: every claim holds, 1: one does not

It reads files and prints sentences; it writes nothing and asks no network.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assets.releases.evidence.dsse import (
    PAYLOAD_TYPE,
    envelope_bytes,
    pre_authentication,
    read_key,
    sha256_hex,
)
from assets.releases.evidence.ed25519 import verify_signature

INDEX, KEY_FILE = "index.dsse.json", "public_key.pem"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
INDEX_TYPE = "urn:materia:evidence-index:1"
PROVENANCE_TYPE = "https://slsa.dev/provenance/v1"
MERKLE = "materiaMerkleSha256"
_MALFORMED = (
    AttributeError, IndexError, KeyError, OSError, RecursionError, TypeError, ValueError,
)  # fmt: skip


@dataclass
class Report:
    """What was found: `problems` are claims that do not hold, `notes` what was not looked at."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    artifacts: int = 0
    release: str = ""
    signer: str = ""


@dataclass
class Trust:
    """Whose signature counts, and which release is expected."""

    key: bytes = b""
    """The public key itself, 32 bytes."""
    fingerprint: str = ""
    """Or its SHA-256 in hex."""
    any_signer: bool = False
    expect: str = ""
    """Fingerprint of the release that this must be, or its first 12 characters or more."""
    newest: Path | None = None
    """An index.dsse.json from the publisher: the release it names is the newest one."""


def verify_pack(pack: Path, trust: Trust, release: Path | None = None) -> Report:
    """Check everything a pack claims; `release` is a copy of the release kept elsewhere."""
    report = Report()
    signer = _signer(pack, trust, report)
    try:
        index = _statement(pack / INDEX, signer, INDEX_TYPE, report)
        listed = {s["name"]: s["digest"]["sha256"] for s in index["subject"]}
        claim = index["predicate"]
        fingerprint, digest = claim["release"]["fingerprint"], claim["release"]["digest"]
        report.release = f"{claim['release']['key']}@{fingerprint[:12]}"
        _files(pack, listed, report)
        _is_expected(claim, trust, signer, report)
    except _MALFORMED as error:
        report.problems.append(f"{INDEX} is not the index of a pack: {_told(error)}")
        return report
    manifests = _manifests(pack, report)
    report.artifacts = len(manifests)
    for key, manifest in manifests.items():
        try:
            _identity(manifest, report)
            _inputs(manifest, manifests, report)
            _attestation(pack, manifest, signer, report)
        except _MALFORMED as error:
            told = file_name(manifest["family"], manifest["name"], key)
            report.problems.append(f"{told}: its record is malformed: {_told(error)}")
    found = manifests.get(fingerprint)
    if found is None or found.get("digest") != digest:
        report.problems.append(f"{INDEX} names {report.release}, whose manifest is not in the pack")
        return report
    try:
        _belongs(fingerprint, manifests, report)
        _release(pack, found, release, report)
    except _MALFORMED as error:
        report.problems.append(f"{report.release} cannot be followed: {_told(error)}")
    return report


def _signer(pack: Path, trust: Trust, report: Report) -> bytes:
    """Return the key that signatures are held against, after noting whether it is trusted."""
    try:
        public_key = read_key(pack / KEY_FILE)
    except (OSError, ValueError) as error:
        report.problems.append(f"{KEY_FILE} cannot be read as an Ed25519 key: {error}")
        public_key = trust.key
    signer = trust.key or public_key
    report.signer = sha256_hex(public_key)
    wanted = sha256_hex(trust.key) if trust.key else trust.fingerprint
    if wanted and report.signer != wanted:
        report.problems.append(f"signed with the key {report.signer}, not with {wanted}")
        signer = public_key
    elif not wanted and not trust.any_signer:
        report.problems.append(
            f"the signer is unknown: give --key or --trust {report.signer}, if that is the "
            "fingerprint which the publisher names elsewhere, or --any-signer"
        )
    return signer


def _statement(path: Path, key: bytes, kind: str, report: Report) -> dict[str, Any]:
    """Return what an envelope says, after noting whether its signature holds."""
    text = path.read_bytes()
    envelope = json.loads(text)
    payload = base64.b64decode(envelope["payload"], validate=True)
    (entry,) = envelope["signatures"]
    signature = base64.b64decode(entry["sig"], validate=True)
    if not verify_signature(key, pre_authentication(envelope["payloadType"], payload), signature):
        report.problems.append(
            f"{path.name}: the signature does not hold under key {sha256_hex(key)}"
        )
    # One form only: what no signature covers (spaces, the key's id) cannot be changed either.
    elif text != envelope_bytes(envelope["payloadType"], payload, signature, sha256_hex(key)):
        report.problems.append(f"{path.name}: its signed content holds, but it was written anew")
    statement: dict[str, Any] = json.loads(payload)
    types = (envelope["payloadType"], statement["_type"], statement["predicateType"])
    if types != (PAYLOAD_TYPE, STATEMENT_TYPE, kind):
        raise ValueError(f"{path.name} holds another kind of statement: {', '.join(types)}")
    return statement


def _files(pack: Path, listed: dict[str, str], report: Report) -> None:
    there = _walk(pack) - {INDEX}
    held = {name: _sha256(pack / name) for name in sorted(there & set(listed))}
    _compare("", listed, held, there, report)


def _compare(
    where: str, listed: dict[str, str], held: dict[str, str], there: set[str], report: Report
) -> None:
    changed = [name for name in listed if name in held and held[name] != listed[name]]
    for name in changed:
        twin = next((n for n in changed if n != name and held[name] == listed[n]), "")
        if twin and held[twin] == listed[name]:
            if name < twin:
                report.problems.append(f"{where}{name} and {where}{twin} were swapped")
        else:
            report.problems.append(
                f"{where}{name} has changed (sha256 {held[name][:12]}, "
                f"recorded {listed[name][:12]})"
                + (f": it holds the bytes of {twin}" if twin else "")
            )
    report.problems += [f"{where}{name} is missing" for name in sorted(set(listed) - there)]
    report.problems += [f"{where}{name} was added" for name in sorted(there - set(listed))]


def _walk(folder: Path) -> set[str]:
    # A link to a folder is listed like a file: it is nothing that we wrote.
    found = set()
    for parent, folders, files in os.walk(folder):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        found |= {Path(parent, n).relative_to(folder).as_posix() for n in [*files, *links]}
    return found


def _is_expected(claim: dict[str, Any], trust: Trust, key: bytes, report: Report) -> None:
    release, number = claim["release"], claim["sequence"]
    told = f"this is release {number} of {claim['recipe']}, {report.release}"
    if trust.expect and not release["fingerprint"].startswith(trust.expect):
        report.problems.append(f"{told}; expected was {trust.expect}: an old or another release")
    if trust.newest is None:
        return
    try:
        newest = _statement(trust.newest, key, INDEX_TYPE, report)["predicate"]
    except _MALFORMED as error:
        report.problems.append(f"--newest {trust.newest} is no index of a pack: {_told(error)}")
        return
    if newest["recipe"] != claim["recipe"]:
        report.problems.append(f"{told}; {trust.newest} is about recipe {newest['recipe']}")
    elif newest["release"]["fingerprint"] != release["fingerprint"]:
        report.problems.append(
            f"{told}; {trust.newest} names release {newest['sequence']}, "
            f"{newest['release']['key']}@{newest['release']['fingerprint'][:12]}, as the newest"
        )


def _manifests(pack: Path, report: Report) -> dict[str, dict[str, Any]]:
    found = {}
    for path in sorted((pack / "manifests").glob("*.json")):
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
            name = file_name(manifest["family"], manifest["name"], manifest["fingerprint"])
            if path.name != f"{name}.json":
                report.problems.append(f"manifests/{path.name} holds the manifest of {name}")
            found[manifest["fingerprint"]] = manifest
        except _MALFORMED as error:
            report.problems.append(f"manifests/{path.name} is no manifest: {_told(error)}")
    return found


def file_name(family: str, name: str, fingerprint: str) -> str:
    """Return the name of an artifact's files in a pack, without a suffix."""
    return f"{family}.{name}.{fingerprint[:12]}"


def _identity(manifest: dict[str, Any], report: Report) -> None:
    files = [[f["path"], f["size_bytes"], f["sha256"]] for f in manifest["files"]]
    if _sha256_of(sorted(map(_sha256_of, files))) != manifest["digest"]:
        report.problems.append(f"{_name(manifest)}: the digest is not that of the listed files")
    asked = _sha256_of(
        {
            "node": f"{manifest['family']}/{manifest['name']}",
            "config": manifest["config"],
            "code_version": manifest["code_version"],
            "inputs": [
                [f"{i['family']}/{i['name']}", i["fingerprint"]] for i in manifest["inputs"]
            ],
        }
    )
    if asked != manifest["fingerprint"]:
        report.problems.append(
            f"{_name(manifest)}: config, code version and inputs give fingerprint {asked[:12]}, "
            "so one of them was edited"
        )


def _inputs(manifest: dict[str, Any], manifests: dict[str, dict[str, Any]], report: Report) -> None:
    if not manifest["inputs"] and manifest["family"] != "corpora":
        report.problems.append(f"{_name(manifest)} has no inputs, and is no corpus: a broken chain")
    for record in manifest["inputs"]:
        name, source = _name(record), manifests.get(record["fingerprint"])
        if source is None:
            report.problems.append(f"{_name(manifest)}: its input {name} is not in the pack")
            continue
        if source["digest"] != record["digest"]:
            report.problems.append(
                f"{_name(manifest)}: read {name} with digest {record['digest'][:12]}, the pack "
                f"has {source['digest'][:12]}"
            )
        files = {f["path"]: f["sha256"] for f in source["files"]}
        for read in record["files_read"]:
            if files.get(read["path"]) != read["sha256"]:
                report.problems.append(
                    f"{_name(manifest)}: read {read['path']} of {name}, which has no such file"
                )


def _attestation(pack: Path, manifest: dict[str, Any], key: bytes, report: Report) -> None:
    base = file_name(manifest["family"], manifest["name"], manifest["fingerprint"])
    path = pack / "attestations" / f"{base}.dsse.json"
    if not path.is_file():
        report.problems.append(f"{_name(manifest)}: nobody signed for it, {path.name} is missing")
        return
    statement = _statement(path, key, PROVENANCE_TYPE, report)
    subjects = {s["name"]: s["digest"] for s in statement["subject"]}
    definition = statement["predicate"]["buildDefinition"]
    inputs = {
        d["uri"]: d["digest"][MERKLE]
        for d in definition["resolvedDependencies"]
        if MERKLE in d["digest"]
    }
    agree = {
        "digest": subjects.pop(_name(manifest), {}).get(MERKLE) == manifest["digest"],
        "files": subjects == {f["path"]: {"sha256": f["sha256"]} for f in manifest["files"]},
        "config": definition["externalParameters"]["config"] == manifest["config"],
        "code version": definition["internalParameters"]["codeVersion"] == manifest["code_version"],
        "inputs": inputs == {artifact_uri(i): i["digest"] for i in manifest["inputs"]},
    }
    for part in [part for part, same in agree.items() if not same]:
        report.problems.append(f"{_name(manifest)}: {path.name} was signed for another {part}")


def artifact_uri(record: Any) -> str:
    """Return the name of an artifact as a dependency, whatever recipe made it first."""
    return f"urn:materia:artifact:{record['family']}/{record['name']}@{record['fingerprint']}"


def _belongs(start: str, manifests: dict[str, dict[str, Any]], report: Report) -> None:
    queue, seen = [start], set()
    while queue:
        fingerprint = queue.pop()
        if fingerprint in manifests and fingerprint not in seen:
            seen.add(fingerprint)
            queue += [record["fingerprint"] for record in manifests[fingerprint]["inputs"]]
    for fingerprint in sorted(set(manifests) - seen):
        report.problems.append(f"{_name(manifests[fingerprint])} did not go into the release")


def _release(pack: Path, manifest: dict[str, Any], copy: Path | None, report: Report) -> None:
    listed = {f["path"]: f["sha256"] for f in manifest["files"]}
    folders = [("release/", pack / "release"), (f"{copy}/", copy)]
    folders = [(where, path) for where, path in folders if path is not None and path.is_dir()]
    if not folders:
        report.notes.append("the release's own files were not checked: give --release FOLDER")
    for where, folder in folders:
        assert folder is not None
        there = _walk(folder)
        held = {name: _sha256(folder / name) for name in sorted(there & set(listed))}
        found = Report()
        _compare(where, listed, held, there, found)
        # Files of the pack itself were compared with the index already.
        report.problems += [p for p in found.problems if p not in report.problems]


def _name(record: dict[str, Any]) -> str:
    partition = f"[{record['partition']}]" if record["partition"] else ""
    return f"{record['family']}/{record['name']}{partition}@{record['fingerprint'][:12]}"


def _sha256_of(value: object) -> str:
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return sha256_hex(text.encode())


def _sha256(path: Path) -> str:
    # A pipe or a device would hold us up for ever, and a link leads out of the pack.
    if path.is_symlink() or not path.is_file():
        return "a link, not a file" if path.is_symlink() else "not a file"
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError:
        return "not readable"
    return digest.hexdigest()


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Verify an evidence pack offline.")
    parser.add_argument("pack", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--key", type=Path, help="the publisher's public key, a PEM file")
    parser.add_argument("--trust", default="", help="or the SHA-256 of the key, 64 hex digits")
    parser.add_argument("--any-signer", action="store_true", help="whoever signed is fine")
    parser.add_argument("--expect", default="", help="fingerprint of the release it must be")
    parser.add_argument("--newest", type=Path, help="the publisher's newest index.dsse.json")
    parser.add_argument("--release", type=Path, help="a copy of the release to check as well")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    for folder in (options.pack, options.release):
        if folder is not None and not folder.is_dir():
            parser.error(f"{folder} is no folder")
    if options.trust and not re.fullmatch(r"[0-9a-f]{64}", options.trust):
        parser.error("--trust takes 64 hex digits, the SHA-256 of the public key's 32 bytes")
    if options.expect and not re.fullmatch(r"[0-9a-f]{12,64}", options.expect):
        parser.error("--expect takes a release's fingerprint, at least its first 12 digits")
    return options


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    try:
        key = read_key(options.key) if options.key else b""
    except (OSError, ValueError) as error:
        print(f"--key: {error}", file=sys.stderr)
        return 2
    trust = Trust(key, options.trust, options.any_signer, options.expect, options.newest)
    report = verify_pack(options.pack, trust, options.release)
    if options.json:
        print(json.dumps(vars(report), indent=1, sort_keys=True, ensure_ascii=False))
    else:
        for line in [*report.problems, *[f"note: {note}" for note in report.notes]]:
            print(line)
        print(f"{report.artifacts} artifacts verified, {len(report.problems)} problems")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
