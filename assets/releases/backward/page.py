"""A backward audit as one page: plain HTML with its style inside, nothing fetched, no script.

Everything is escaped: names, licences and reasons come from strangers.
"""

from __future__ import annotations

from html import escape

from assets.releases.backward.ingredients import Ingredients
from assets.releases.backward.tables import Table, tables

_STYLE = """
body { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; color: #1d2733; background: #fff;
  margin: 0 auto; max-width: 90rem; padding: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 .25rem; }
p { color: #55606e; margin: 0 0 .75rem; overflow-wrap: anywhere; }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #dde3ea;
  vertical-align: top; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
th { background: #f3f6f9; font-weight: 600; }
nav a { margin-right: 1rem; }
a { color: #0b5cad; }
"""


def audit_page(found: Ingredients, *, dagster_url: str = "", mlflow_url: str = "") -> str:
    """Return the page; runs are links where the addresses of the two pages are known."""
    links = {
        **{j.dagster_run: f"{dagster_url}/runs/{j.dagster_run}" for j in found.jobs if dagster_url},
        **{j.mlflow_run: f"{mlflow_url}/#/runs/{j.mlflow_run}" for j in found.jobs if mlflow_url},
    }
    links.pop("", None)
    parts = tables(found)
    contents = "".join(f'<a href="#{_anchor(table)}">{escape(table.title)}</a>' for table in parts)
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f"<title>What went into {escape(found.artifact)}</title>",
            f"<style>{_STYLE}</style></head><body>",
            f"<h1>What went into {escape(found.artifact)}</h1>",
            f"<p>fingerprint {found.fingerprint}<br>digest {found.digest}<br>"
            f"{escape(found.uri)}</p>",
            f"<nav>{contents}</nav>",
            *[_section(table, links) for table in parts],
            "</body></html>\n",
        ]
    )


def _section(table: Table, links: dict[str, str]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in table.head)
    rows = "\n".join(
        f"<tr>{''.join(f'<td>{_cell(cell, links)}</td>' for cell in row)}</tr>"
        for row in table.rows
    )
    note = f"<p>{escape(table.note)}</p>" if table.note else ""
    return (
        f'<h2 id="{_anchor(table)}">{escape(table.title)}</h2>{note}\n'
        f'<div class="wide"><table><thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table>'
        "</div>"
    )


def _cell(text: str, links: dict[str, str]) -> str:
    if text in links:
        return f'<a href="{escape(links[text])}">{escape(text)}</a>'
    return escape(text)


def _anchor(table: Table) -> str:
    return table.title.lower().replace(" ", "-").replace(",", "")
