"""Pages of a validation: plain HTML with its style inside, nothing fetched, no script.

Shows names, sentences and counts. Everything is escaped, and no value of a table comes this far.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from assets.expectations.suite import Finding, Report

_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; color: #1d2733; background: #fff;
  margin: 0 auto; max-width: 84rem; padding: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
p.sub { color: #55606e; margin: 0 0 1.25rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: 0 0 1.5rem; }
th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid #dde3ea;
  vertical-align: top; }
td { overflow-wrap: anywhere; }
th { background: #f3f6f9; font-weight: 600; white-space: nowrap; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font: 13px/1.4 ui-monospace, "DejaVu Sans Mono", monospace; color: #3a4653; }
.tag { display: inline-block; padding: 0 .5rem; border-radius: .25rem; font-size: 13px;
  font-weight: 600; white-space: nowrap; }
.held { background: #dff2e6; color: #14532d; }
.failed { background: #fbe0dc; color: #8a1c10; }
.warned { background: #fdf0cd; color: #6b4a00; }
a { color: #0b5cad; }
"""
_UNSAFE = re.compile(r"[^a-z0-9._-]+")


@dataclass(frozen=True, kw_only=True)
class Page:
    """One suite over one artifact."""

    key: str
    node: str
    fingerprint: str
    digest: str
    report: Report

    @property
    def file(self) -> str:
        """Name of its page; the fingerprint keeps two sources of one name apart."""
        stem = _UNSAFE.sub("-", self.key.lower()).strip("-")
        return f"{stem}-{self.report.suite}-{self.fingerprint[:12]}.html"

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "page": self.file}


def index_page(recipe: str, pages: Sequence[Page]) -> str:
    """Return the first page: a line per suite."""
    rows = [
        [
            _link(page.file, page.key),
            escape(page.report.title),
            _tag(page.report),
            _number(len(page.report.findings) - len(page.report.unsuccessful())),
            _number(len(page.report.findings)),
            _number(page.report.rows_validated),
            _number(page.report.rows),
        ]
        for page in pages
    ]
    head = ["artifact", "suite", "result", "held", "expected", "rows validated", "rows"]
    told = f"Recipe {escape(recipe)}: " if recipe else ""
    expectations = sum(len(page.report.findings) for page in pages)
    unsuccessful = sum(len(page.report.unsuccessful()) for page in pages)
    return _document(
        "Data quality",
        f"{told}{expectations} expectations in {len(pages)} suites, {unsuccessful} of them "
        "unsuccessful. Results are in <a href='results.json'>results.json</a>.",
        _table(head, rows, numbers=4),
    )


def suite_page(page: Page) -> str:
    """Return a suite's page: a line per expectation, those that do not hold first."""
    findings = sorted(page.report.findings, key=lambda f: (f.success, f.severity != "critical"))
    rows = [
        [
            _outcome(finding),
            escape(finding.says) + (f"<br>{escape(finding.note)}" if finding.note else ""),
            f"<code>{escape(finding.name)}</code>",
            escape(finding.severity),
            _number(finding.unexpected),
            _number(finding.evaluated),
        ]
        for finding in findings
    ]
    head = ["result", "expectation", "name", "severity", "unexpected", "rows"]
    validated, total = page.report.rows_validated, page.report.rows
    part = "All" if validated == total else f"The first {validated:,} of"
    return _document(
        f"{page.report.title}: {page.key}",
        f"{part} {total:,} rows of <code>{escape(page.report.table)}</code>, fingerprint "
        f"<code>{escape(page.fingerprint[:12])}</code>, digest "
        f"<code>{escape(page.digest[:12])}</code>. <a href='index.html'>All suites</a>",
        _table(head, rows, numbers=2),
    )


def _document(title: str, subtitle: str, body: str) -> str:
    return (
        "<!doctype html>\n"
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body>\n"
        f'<h1>{escape(title)}</h1>\n<p class="sub">{subtitle}</p>\n{body}\n</body></html>\n'
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int) -> str:
    """Return a table whose last `numbers` columns are aligned to the right."""
    first = len(head) - numbers
    marks = [' class="n"' if index >= first else "" for index in range(len(head))]
    top = "".join(f"<th{mark}>{name}</th>" for mark, name in zip(marks, head, strict=True))
    lines = [
        "".join(f"<td{mark}>{cell}</td>" for mark, cell in zip(marks, row, strict=True))
        for row in rows
    ]
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{top}</tr></thead><tbody>\n{body}\n</tbody></table>"


def _tag(report: Report) -> str:
    if report.unsuccessful("critical"):
        return '<span class="tag failed">failed</span>'
    if report.unsuccessful():
        return '<span class="tag warned">warning</span>'
    return '<span class="tag held">held</span>'


def _outcome(finding: Finding) -> str:
    if finding.success:
        return '<span class="tag held">held</span>'
    kind = "failed" if finding.severity == "critical" else "warned"
    return f'<span class="tag {kind}">not held</span>'


def _link(file: str, text: str) -> str:
    return f'<a href="{escape(file, quote=True)}">{escape(text)}</a>'


def _number(value: int) -> str:
    return f"{value:,}"
