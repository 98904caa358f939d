"""From a suite's findings to asset checks: what is critical blocks, what is unusual warns."""

from __future__ import annotations

from functools import lru_cache

from assets.expectations.catalogue import suites_of
from assets.expectations.engine import validate
from assets.expectations.suite import Report, Severity
from assets.lineage.checks import Check, Verdict
from assets.lineage.manifest import Manifest
from assets.lineage.tables import scan
from assets.ports import Lake

_KEPT_REPORTS = 16
_NAMES_SHOWN = 10


def reports_of(manifest: Manifest, lake: Lake) -> tuple[Report, ...]:
    """Return the findings of an artifact's suites, evaluated once in a process."""
    return _reports_of(_Validated(manifest, lake))


def expectations_are_met(manifest: Manifest, lake: Lake) -> Verdict:
    return verdict(reports_of(manifest, lake), "critical")


def nothing_is_unusual(manifest: Manifest, lake: Lake) -> Verdict:
    return verdict(reports_of(manifest, lake), "warning")


def verdict(reports: tuple[Report, ...], severity: Severity) -> Verdict:
    """Judge the expectations of one severity; facts hold counts and names, never values."""
    asked = [f for report in reports for f in report.findings if f.severity == severity]
    failed = [f for f in asked if not f.success]
    told = "; ".join(
        f"{f.says} ({f.note or f'{f.unexpected:,} of {f.evaluated:,} are not'})" for f in failed
    )
    validated = sum(report.rows_validated for report in reports)
    rows = sum(report.rows for report in reports)
    return Verdict(
        passed=bool(reports) and not failed,
        reason=f"{len(asked) - len(failed)} of {len(asked)} expectations hold over {validated:,} "
        f"of {rows:,} rows" + (f"; not: {told}" if failed else ""),
        facts={
            "evaluated": len(asked),
            "unsuccessful": len(failed),
            "unsuccessful_names": ", ".join(f.name for f in failed[:_NAMES_SHOWN]) or "none",
            "rows": rows,
            "rows_validated": validated,
        },
    )


SUITE_CHECKS = (
    Check(
        name="expectations_are_met",
        description="Every critical expectation of the artifact's Great Expectations suites holds.",
        run=expectations_are_met,
    ),
    Check(
        name="nothing_is_unusual",
        description="No expectation that only warns is unsuccessful.",
        run=nothing_is_unusual,
        blocking=False,
    ),
)


class _Validated:
    """An artifact in its lake, equal to another when its bytes are."""

    def __init__(self, manifest: Manifest, lake: Lake) -> None:
        self.manifest, self.lake = manifest, lake
        self._identity = (lake.root, manifest.fingerprint, manifest.digest)

    def __hash__(self) -> int:
        return hash(self._identity)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Validated) and self._identity == other._identity


@lru_cache(maxsize=_KEPT_REPORTS)
def _reports_of(asked: _Validated) -> tuple[Report, ...]:
    manifest = asked.manifest
    node = f"{manifest.family}/{manifest.name}"
    return tuple(
        validate(suite, scan(asked.lake, manifest, suite.table))
        for suite in suites_of(node, manifest.config)
    )
