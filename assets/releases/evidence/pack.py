"""An evidence pack: what one release is, whence it comes, and who says so, in one folder.

A view of the lake: the same lake, key and factors of cost give the same bytes; nothing is written
to the lake.
"""

from __future__ import annotations

import ast
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assets.lineage.audit import ArtifactGraph
from assets.lineage.canonical import sha256_of_file
from assets.lineage.factors import Factors
from assets.lineage.manifest import Manifest
from assets.lineage.workspace import LineageError
from assets.ports import Lake
from assets.releases.evidence import verify_pack
from assets.releases.evidence.documents import documents
from assets.releases.evidence.facts import Facts
from assets.releases.evidence.passport.page import passport
from assets.releases.evidence.passport.proof import Proof
from assets.releases.evidence.signing import SigningKey
from assets.releases.evidence.statements import (
    host_hash,
    index_statement,
    provenance_statement,
    reference,
)
from assets.releases.evidence.verify_pack import INDEX, KEY_FILE, file_name

VERIFIER = "verify.py"
RELEASE = ("releases", "release")
_OWN = ("folder", "s3")
"""Origins whose file names nobody has published."""
_OURS = "assets.releases.evidence."
_FUTURE = "from __future__ import annotations\n"


@dataclass(frozen=True, kw_only=True)
class Pack:
    """What was written."""

    folder: Path
    release: str
    artifacts: int
    files: int
    signer: str
    sequence: int
    discloses: tuple[str, ...]
    """Raw corpora of the owner's own, whose file names the manifests tell."""


def write_pack(
    lake: Lake,
    release: Manifest,
    folder: Path,
    key: SigningKey,
    *,
    with_files: bool = True,
    factors: Factors | None = None,
    progress: Callable[[str], None] = lambda message: None,
) -> Pack:
    """Write the pack of a release into a new folder; raises ValueError when there is one."""
    _check_is_release(release)
    _check_free(folder)
    graph = ArtifactGraph.of(lake)
    chain, earlier = ancestry(graph, release), earlier_releases(graph, release)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
        out = Path(scratch, "pack")
        out.mkdir()
        if with_files:
            _copy_release(lake, release, out / "release", progress)
        progress(f"signing for {len(chain)} artifacts")
        _write_chain(chain, out, key)
        progress("writing documents")
        facts = Facts.gathered(lake, release, chain, key.fingerprint)
        texts = documents(lake, facts, Proof.of(release, earlier, key), factors)
        _write_texts({**texts, VERIFIER: verifier_source(), KEY_FILE: key.public_text}, out)
        hashes = _hashes(out)
        (out / INDEX).write_bytes(key.envelope(index_statement(release, earlier, hashes)))
        out.chmod(0o755)
        out.replace(folder)
    return Pack(
        folder=folder,
        release=reference(release),
        artifacts=len(chain),
        files=len(hashes) + 1,
        signer=key.fingerprint,
        sequence=len(earlier) + 1,
        discloses=tuple(reference(manifest) for manifest in chain if _is_own(manifest)),
    )


def release_passport(
    lake: Lake, release: Manifest, key: SigningKey, factors: Factors | None = None
) -> str:
    """Return passport.html as the release's pack holds it; raises ValueError for no release."""
    _check_is_release(release)
    graph = ArtifactGraph.of(lake)
    facts = Facts.gathered(lake, release, ancestry(graph, release), key.fingerprint)
    proof = Proof.of(release, earlier_releases(graph, release), key)
    return passport(lake, facts, proof, factors)


def ancestry(graph: ArtifactGraph, release: Manifest) -> list[Manifest]:
    """Return the release and all that went into it; raises LineageError when a part is gone."""
    chain = graph.ancestors(release)
    for manifest in chain:
        for record in manifest.inputs:
            if record.fingerprint not in graph.nodes:
                raise LineageError(
                    f"{reference(manifest)} read {record.family}/{record.name}"
                    f"@{record.fingerprint[:12]}, which is not in the lake: without it there is "
                    "no chain to the corpora"
                )
    return sorted(chain, key=lambda m: (m.family, m.name, m.fingerprint))


def earlier_releases(graph: ArtifactGraph, release: Manifest) -> list[Manifest]:
    """Return the releases of the same recipe that were made before, oldest first."""
    made = [
        manifest
        for manifest in graph.nodes.values()
        if (manifest.family, manifest.name) == RELEASE
        and manifest.config.get("recipe") == release.config["recipe"]
    ]
    made.sort(key=lambda manifest: (manifest.finished_at, manifest.fingerprint))
    return made[: [manifest.fingerprint for manifest in made].index(release.fingerprint)]


def verifier_source() -> str:
    """Return verify.py, one file: the verifier with its parts in place of their imports."""
    head = Path(verify_pack.__file__).read_text(encoding="utf-8").split(_FUTURE, 1)[0]
    return head + _FUTURE + _inlined(Path(verify_pack.__file__))


def _inlined(path: Path) -> str:
    """Return a module's code below its head, our own imports replaced by what they import."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines(keepends=True)
    for node in reversed(ast.parse(source).body):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_OURS):
            part = path.parent / f"{str(node.module).removeprefix(_OURS)}.py"
            lines[node.lineno - 1 : node.end_lineno] = [_inlined(part).strip("\n") + "\n\n"]
    return "".join(lines).split(_FUTURE, 1)[1]


def _check_is_release(manifest: Manifest) -> None:
    if (manifest.family, manifest.name) != RELEASE:
        raise ValueError(f"{manifest.key} is no release: name one, 'releases/release[tiny]', say")


def _check_free(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} is not empty: name a folder that does not exist yet")


def _write_chain(chain: Sequence[Manifest], out: Path, key: SigningKey) -> None:
    """Write each artifact's manifest, without the name of its machine, and the statement on it."""
    for name in ("manifests", "attestations"):
        (out / name).mkdir()
    for manifest in chain:
        name = file_name(manifest.family, manifest.name, manifest.fingerprint)
        public = replace(manifest, host=f"sha256:{host_hash(manifest.host)}")
        _write(out / "manifests" / f"{name}.json", public.to_json())
        signed = key.envelope(provenance_statement(manifest))
        (out / "attestations" / f"{name}.dsse.json").write_bytes(signed)


def _write_texts(texts: Mapping[str, str], out: Path) -> None:
    for name, text in texts.items():
        _write(out / name, text)


def _copy_release(
    lake: Lake, release: Manifest, target: Path, progress: Callable[[str], None]
) -> None:
    for entry in release.files:
        progress(f"copying {entry.path}")
        copy = target / entry.path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(lake.fetch(release, entry), copy)
        if sha256_of_file(copy) != entry.sha256:
            raise LineageError(
                f"{release.key}: {entry.path} differs from its manifest; "
                f"run `materia verify '{release.key}'`"
            )


def _is_own(manifest: Manifest) -> bool:
    raw = (manifest.family, manifest.name) == ("corpora", "raw")
    return raw and manifest.config["source"]["origin"] in _OWN


def _hashes(folder: Path) -> Mapping[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256_of_file(path) for path in files}


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
