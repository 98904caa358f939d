"""What came of a rebuild: a verdict for every artifact, what was compared, and why it differs.

Values only; rebuild.py fills them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from assets.lineage.difference import Difference
from assets.lineage.manifest import Manifest
from assets.ports import Lake
from orchestration.reproduce.circumstances import explanations
from orchestration.reproduce.compare import FileDifference, Tolerances, compare_files
from orchestration.reproduce.overlay import OverlayLake

UNEXPLAINED = (
    "no difference that is recorded explains it: its work gives another result each time, or "
    "depends on something that nobody records"
)


class Verdict(StrEnum):
    BIT_EQUAL = "bit-equal"
    WITHIN = "equal within tolerance"
    DIFFERENT = "different"
    NOT_REBUILT = "not rebuilt"
    TAKEN = "taken from the lake"
    """What cannot be made again (a source that has changed, a person's request); its recorded copy
    was checked and used."""


@dataclass(frozen=True, kw_only=True)
class Result:
    key: str
    fingerprint: str
    verdict: Verdict
    digest: str = ""
    """Of the rebuild."""
    files: tuple[FileDifference, ...] = ()
    """Those whose bytes are not equal."""
    explained_by: tuple[Difference, ...] = ()
    reason: str = ""

    @property
    def is_equal(self) -> bool:
        return self.verdict not in (Verdict.DIFFERENT, Verdict.NOT_REBUILT)

    def to_dict(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "fingerprint": self.fingerprint,
            "verdict": str(self.verdict),
            "digest": self.digest,
            "files": [each.to_dict() for each in self.files],
            "explained_by": [dict(vars(each)) for each in self.explained_by],
            "reason": self.reason,
        }


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    results: tuple[Result, ...]
    """In the order of making; the artifact that was asked for last."""
    damaged: tuple[str, ...]
    """What in the lake is no longer what its record says, a sentence each."""

    @property
    def is_equal(self) -> bool:
        return all(result.is_equal for result in self.results) and not self.damaged


def outcome_of(
    record: Manifest,
    rebuilt: Manifest,
    *,
    lake: Lake,
    clean: OverlayLake,
    tolerances: Tolerances,
    changed: Iterable[str],
) -> Result:
    """Compare a rebuild with its record, file by file, and say what explains a difference."""
    if rebuilt.digest == record.digest:
        return Result(
            key=record.key, fingerprint=record.fingerprint, verdict=Verdict.BIT_EQUAL,
            digest=rebuilt.digest,
        )  # fmt: skip
    files = tuple(_differences(record, rebuilt, lake, clean, tolerances))
    is_different = any(each.verdict == "different" for each in files)
    found = tuple(explanations(record, rebuilt, set(changed)))
    return Result(
        key=record.key,
        fingerprint=record.fingerprint,
        verdict=Verdict.DIFFERENT if is_different else Verdict.WITHIN,
        digest=rebuilt.digest,
        files=files,
        explained_by=found,
        reason="" if found else UNEXPLAINED,
    )


def _differences(
    record: Manifest, rebuilt: Manifest, lake: Lake, clean: OverlayLake, tolerances: Tolerances
) -> Iterable[FileDifference]:
    before = {entry.path: entry for entry in record.files}
    after = {entry.path: entry for entry in rebuilt.files}
    for path in sorted(before.keys() | after.keys()):
        if path not in before or path not in after:
            where = "was not written" if path in before else "was not there"
            yield FileDifference(
                path=path, kind="bytes", largest=None, where=where, tolerance=None,
                verdict="different",
            )  # fmt: skip
        elif before[path].sha256 != after[path].sha256:
            old, new = lake.fetch(record, before[path]), clean.fetch(rebuilt, after[path])
            yield compare_files(path, old, new, tolerances)
