"""What an artifact cost as one HTML file that needs nothing beside it: bars, tables, factors."""

from __future__ import annotations

from html import escape

from assets.lineage.cost import CostReport
from assets.lineage.cost_picture import label_of, shown_field
from assets.lineage.cost_text import LEGEND, cells, columns_of, gone, told
from assets.lineage.factors import Factors
from orchestration.cost_view import factor_rows

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0; font-size: 14px }
td, th { padding: .25rem .6rem; border-bottom: 1px solid #ddd; text-align: right }
td:first-child, th:first-child { text-align: left }
.bar { display: inline-block; height: .8rem; background: #08519c; vertical-align: middle }
.estimated { background: #6baed6 }
.bars { width: 100% }
.bars td:nth-child(2) { text-align: left; width: 75% }
.wide { overflow-x: auto }
"""


def cost_page(report: CostReport, factors: Factors) -> str:
    """Return the page."""
    first = report.artifacts[0]
    name = escape(f"{first.key}@{first.fingerprint[:12]}")
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>Cost of {name}</title>',
            f"<style>{_STYLE}</style></head><body>",
            f"<h1>What {name} cost</h1>",
            f"<p>{len(report.artifacts)} artifacts went into it, each counted once. "
            f"{escape(' '.join([LEGEND, *gone(report)]))}</p>",
            _bars(report, factors.currency),
            "<h2>By node</h2>",
            _nodes(report, factors.currency),
            "<h2>Factors</h2>",
            _factors(report, factors),
            "</body></html>",
            "",
        ]
    )


def _bars(report: CostReport, currency: str) -> str:
    field = shown_field(report)
    title, scale = columns_of(report.total, currency)[field]
    largest = max(getattr(node.own, field).value or 0.0 for node in report.nodes) or 1.0
    rows = []
    for node in report.nodes:
        figure = getattr(node.own, field)
        width = 80 * (figure.value or 0.0) / largest
        rows.append(
            f"<tr><td>{escape(label_of(node))}</td><td><span class='bar {figure.basis}' "
            f"style='width:{width:.2f}%'></span> {escape(told(field, figure, scale))}</td></tr>"
        )
    return f"<h2>{escape(title)}</h2><table class='bars'>{''.join(rows)}</table>"


def _nodes(report: CostReport, currency: str) -> str:
    columns = columns_of(report.total, currency)
    head = "".join(f"<th>{escape(title)}</th>" for title, _ in columns.values())
    rows = [(label_of(node), node.own) for node in report.nodes]
    rows += [("own", report.own), ("inherited", report.inherited), ("total", report.total)]
    body = "".join(_row(escape(label), cells(figures, columns)) for label, figures in rows)
    return f"<div class='wide'><table><tr><th>node</th>{head}</tr>{body}</table></div>"


def _factors(report: CostReport, factors: Factors) -> str:
    rows = [
        _row(escape(name), [value, source]) for name, value, source in factor_rows(report, factors)
    ]
    return f"<table><tr><th>factor</th><th>value</th><th>source</th></tr>{''.join(rows)}</table>"


def _row(label: str, values: list[str]) -> str:
    return f"<tr><td>{label}</td>{''.join(f'<td>{escape(v)}</td>' for v in values)}</tr>"
