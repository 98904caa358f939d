"""Whether the program and its packages are those an artifact was made with, said before anything
is rebuilt; and which difference explains a result that is not the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assets.lineage.difference import Difference, differences
from assets.lineage.manifest import Manifest
from assets.lineage.provenance import Provenance
from assets.recipes.code_versions import CODE_VERSIONS

_EXPLAIN = ("code_version", "input ", "code_digest", "git_commit", "package.", "machine", "device",
            "ranks", "host")  # fmt: skip
"""Fields that may change a result, the likeliest first."""
_UNKNOWN = ("", None, "unknown", "(absent)")


@dataclass(frozen=True, kw_only=True)
class Other:
    """Something that is not as it was."""

    what: str
    then: str
    now: str
    artifacts: int
    """Of those that are to be rebuilt, how many were made with it."""

    def sentence(self) -> str:
        return f"{self.what}: made with {self.then}, now {self.now} ({self.artifacts} artifacts)"


def others(manifests: Sequence[Manifest], now: Provenance) -> list[Other]:
    """Return in what program and packages differ from those of some records."""
    found: dict[tuple[str, str, str], int] = {}
    for manifest in manifests:
        for key in (*_code(manifest, now), *_packages(manifest, now)):
            found[key] = found.get(key, 0) + 1
    return [
        Other(what=what, then=then, now=present, artifacts=count)
        for (what, then, present), count in found.items()
    ]


def explanations(record: Manifest, rebuilt: Manifest, changed: set[str]) -> list[Difference]:
    """Return the differences that may explain another result, the likeliest first.

    `changed` are fingerprints of inputs whose own rebuild is not bit-equal: where one is there, it
    explains enough, and what is unknown on one side explains nothing.
    """
    found = [
        each
        for each in differences(record, rebuilt)
        if each.before not in _UNKNOWN and each.after not in _UNKNOWN and _rank(each.field) >= 0
    ]
    if changed:
        found = [each for each in found if each.field.startswith("input ")]
    if any(each.field == "code_digest" for each in found) or _same_code(record, rebuilt):
        # The digest says more than the commit, which also changes with the documentation.
        found = [each for each in found if each.field != "git_commit"]
    return sorted(found, key=lambda each: (_rank(each.field), each.field))


def _rank(field: str) -> int:
    return next((n for n, prefix in enumerate(_EXPLAIN) if field.startswith(prefix)), -1)


def _same_code(record: Manifest, rebuilt: Manifest) -> bool:
    return bool(record.code_digest) and record.code_digest == rebuilt.code_digest


def _code(manifest: Manifest, now: Provenance) -> list[tuple[str, str, str]]:
    node = f"{manifest.family}/{manifest.name}"
    version = CODE_VERSIONS.get(node, "none")
    found = []
    if version != manifest.code_version:
        found.append((f"code version of {node}", manifest.code_version, version))
    if manifest.code_digest and now.code_digest:
        if manifest.code_digest != now.code_digest:
            then, present = manifest.code_digest[:12], now.code_digest[:12]
            commits = f" (commit {manifest.git_commit[:12]})", f" (commit {now.git_commit[:12]})"
            found.append(("program", then + commits[0], present + commits[1]))
    elif manifest.git_commit != now.git_commit:
        found.append(("commit", manifest.git_commit[:12], now.git_commit[:12]))
    elif manifest.git_dirty or now.git_dirty:
        dirty = "a checkout with changes that nobody recorded"
        commit = f"commit {now.git_commit[:12]}"
        then = dirty if manifest.git_dirty else commit
        found.append(("program", then, dirty if now.git_dirty else commit))
    return found


def _packages(manifest: Manifest, now: Provenance) -> list[tuple[str, str, str]]:
    return [
        (f"package {name}", then, now.packages.get(name, "not installed"))
        for name, then in sorted(manifest.packages.items())
        if now.packages.get(name) != then
    ]
