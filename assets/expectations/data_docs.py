"""reports/data_docs: what every suite found in a recipe's artifacts, as a site without a server.

The pages are our own rendering of Great Expectations' results: its renderer loads style sheets and
scripts from the net, and shows values of the tables.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from assets.expectations.catalogue import SUITES, suites_of
from assets.expectations.engine import validate
from assets.expectations.site import Page, index_page, suite_page
from assets.expectations.suite import Suite
from assets.lineage.checks import Check, Verdict
from assets.lineage.manifest import Manifest
from assets.lineage.tables import has_file
from assets.lineage.workspace import InputFiles, LineageError, Outcome, Workspace
from assets.ports import Lake

INDEX = "index.html"
RESULTS = "results.json"


def make_data_docs(ws: Workspace) -> Outcome:
    """Run every suite of the inputs and write index.html, a page per suite and results.json."""
    inputs = [files for files in ws.all_inputs() if _node(files) in SUITES]
    if not inputs:
        raise LineageError(
            f"{ws.step.key} has no input with a suite: it needs one of {', '.join(SUITES)}"
        )
    pages: list[Page] = []
    for files in inputs:
        for suite in suites_of(_node(files), files.manifest.config):
            ws.progress(f"validating {files.manifest.key}: {suite.title.lower()}")
            pages.append(_page(files, suite))
    for page in pages:
        ws.out(page.file).write_text(suite_page(page), encoding="utf-8")
    ws.out(INDEX).write_text(index_page(ws.step.partition, pages), encoding="utf-8")
    results = [page.to_dict() for page in pages]
    ws.out(RESULTS).write_text(
        json.dumps(results, indent=1, sort_keys=True, allow_nan=False) + "\n", encoding="utf-8"
    )
    return Outcome(counts=_counts(pages), summary=_summary(pages))


def index_url(uri: str) -> str:
    """Return the address of the site's first page from that of the artifact's files."""
    return f"{uri if '://' in uri else f'file://{uri}'}/{INDEX}"


def read_results(text: str) -> list[dict[str, Any]]:
    """Parse results.json; raises ValueError when it is not a list of suites."""
    results = json.loads(text)
    if not isinstance(results, list) or not all("report" in entry for entry in results):
        raise ValueError(f"{RESULTS} does not hold suites: make reports/data_docs again")
    return results


def site_is_whole(manifest: Manifest, lake: Lake) -> Verdict:
    """Every suite of the results has its page, and the index leads to it."""
    missing = [name for name in (INDEX, RESULTS) if not has_file(manifest, name)]
    if missing:
        return Verdict(passed=False, reason=f"missing {', '.join(missing)}")
    results = read_results(_text(manifest, lake, RESULTS))
    index = _text(manifest, lake, INDEX)
    pages = [str(entry["page"]) for entry in results]
    lost = [page for page in pages if not has_file(manifest, page) or f'"{page}"' not in index]
    return Verdict(
        passed=bool(pages) and not lost,
        reason=f"{len(pages)} suites, pages missing or not linked: {', '.join(lost) or 'none'}",
        facts={"suites": len(pages)},
    )


def every_suite_holds(manifest: Manifest, lake: Lake) -> Verdict:
    """No critical expectation of any suite is unsuccessful."""
    results = read_results(_text(manifest, lake, RESULTS))
    failed = [
        f"{entry['key']}: {finding['says']}"
        for entry in results
        for finding in entry["report"]["findings"]
        if finding["severity"] == "critical" and not finding["success"]
    ]
    return Verdict(
        passed=not failed,
        reason=f"{len(failed)} critical expectations do not hold"
        + (f": {'; '.join(failed[:5])}" if failed else ""),
        facts={"unsuccessful": len(failed)},
    )


DATA_DOCS_CHECKS = (
    Check(
        name="site_is_whole",
        description="Every suite has its page, and the index leads to it.",
        run=site_is_whole,
    ),
    Check(
        name="every_suite_holds",
        description="No critical expectation is unsuccessful anywhere in the recipe.",
        run=every_suite_holds,
        blocking=False,
    ),
)


def _text(manifest: Manifest, lake: Lake, name: str) -> str:
    return lake.fetch(manifest, manifest.file(name)).read_text(encoding="utf-8")


def _page(files: InputFiles, suite: Suite) -> Page:
    manifest = files.manifest
    return Page(
        key=manifest.key,
        node=_node(files),
        fingerprint=manifest.fingerprint,
        digest=manifest.digest,
        report=validate(suite, files.table(suite.table)),
    )


def _node(files: InputFiles) -> str:
    return f"{files.manifest.family}/{files.manifest.name}"


def _counts(pages: Sequence[Page]) -> Mapping[str, int]:
    return {
        "suites": len(pages),
        "expectations": sum(len(page.report.findings) for page in pages),
        "unsuccessful_critical": sum(len(page.report.unsuccessful("critical")) for page in pages),
        "unsuccessful_warning": sum(len(page.report.unsuccessful("warning")) for page in pages),
        "rows": sum(page.report.rows for page in pages),
        "rows_validated": sum(page.report.rows_validated for page in pages),
    }


def _summary(pages: Sequence[Page]) -> str:
    rows: list[str] = []
    for page in pages:
        report = page.report
        held = len(report.findings) - len(report.unsuccessful())
        rows.append(
            f"| {page.key} | {report.suite} | {held} of {len(report.findings)} "
            f"| {', '.join(f.says for f in report.unsuccessful()) or 'none'} "
            f"| {report.rows_validated:,} of {report.rows:,} |"
        )
    return "\n".join(
        [
            "| artifact | suite | expectations that hold | those that do not | rows validated |",
            "| --- | --- | ---: | --- | ---: |",
            *rows,
        ]
    )
